//go:build unix

package chaos

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"terminplan/cmd/terminplan/web/notify/smtptest"
)

// startMail starts the mail server of a node and the proxy in front of it. Each node has one, so
// that a fault knows which node sends.
func (n *node) startMail() (err error) {
	if n.mails, err = smtptest.Start(smtptest.Options{}); err != nil {
		return err
	}
	n.mail, err = listenProxy(func() (string, string) { return "tcp", n.mails.Addr }, nil)
	return err
}

// mailsByID counts the mails that the mail servers took, by Message-ID.
func (s *studio) mailsByID() (map[string]int, error) {
	count := map[string]int{}
	for _, n := range s.nodes {
		if n == nil { // a studio without nodes
			continue
		}
		for _, m := range n.mails.Mails() {
			parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
			if err != nil {
				return nil, fmt.Errorf("reading a mail: %w", err)
			}
			count[parsed.Header.Get("Message-ID")]++
		}
	}
	return count, nil
}

// wrongMails compares the mails that arrived with the deliveries: none is missing, and none came
// twice except after an answer that got lost.
func (s *studio) wrongMails(ctx context.Context, pool *pgxpool.Pool) (found []string, err error) {
	arrived, err := s.mailsByID()
	if err != nil {
		return nil, err
	}
	doubles, all := 0, 0
	for id, n := range arrived {
		all += n
		doubles += n - 1
		if id == "" {
			found = append(found, "a mail has no Message-ID")
		}
	}
	s.totals.mails.Store(int64(all))
	if doubles > s.mayDouble {
		found = append(found, fmt.Sprintf("%d mails arrived twice, though the faults explain %d", doubles, s.mayDouble))
	}
	var sent int
	var jobless int
	err = pool.QueryRow(ctx, `
		select (select count(*) from delivery where channel = 'mail' and state = 'sent'),
			(select count(*) from delivery d where d.state in ('waiting', 'sending') and d.queued and not exists (
				select from river.river_job j where j.kind = d.channel and (j.args->>'delivery')::bigint = d.id
					and j.state in ('available', 'running', 'retryable', 'scheduled', 'pending')))`).Scan(&sent, &jobless)
	if err != nil {
		return nil, fmt.Errorf("reading the deliveries: %w", err)
	}
	if sent > len(arrived) {
		found = append(found, fmt.Sprintf("%d mails were sent and %d arrived", sent, len(arrived)))
	}
	if jobless > 0 {
		found = append(found, fmt.Sprintf("%d deliveries wait, and no job will send them", jobless))
	}
	return found, nil
}

// quietNights switches the night rest off: messages must flow at any hour of the run.
func (s *studio) quietNights(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.postgres.dsn())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `update studio set night_rest = false`)
	return err
}
