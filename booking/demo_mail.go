package booking

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// A demo sends no mails. It keeps the newest ones, which everybody who visits it can read.

// DemoMail is a mail of a demo.
type DemoMail struct {
	ID        int64
	Recipient string // e-mail address
	Message   []byte // as it would leave, with headers; in a list its beginning only
	At        time.Time
}

// demoMailsMost is how many mails a demo keeps, and demoHeadBytes how much of each a list has.
const (
	demoMailsMost = 500
	demoHeadBytes = 4096
)

// KeepDemoMail keeps a mail of a delivery, once.
func (e *Engine) KeepDemoMail(ctx context.Context, deliveryID int64, recipient string, message []byte) error {
	b := &pgx.Batch{}
	b.Queue(`
		insert into demo_mail (delivery_id, recipient, message)
		select $1, $2, $3 where not exists (select from demo_mail where delivery_id = $1)`, deliveryID, recipient, message)
	b.Queue(`delete from demo_mail where id <= (select id from demo_mail order by id desc offset $1 limit 1)`, demoMailsMost)
	return during("keeping a mail of the demo", e.recordPool.SendBatch(ctx, b).Close())
}

// DemoMails lists the mails of a demo, newest first.
func (rd *Reader) DemoMails(ctx context.Context) ([]DemoMail, error) {
	rows, _ := rd.readPool.Query(ctx, `
		select id, recipient, substring(message from 1 for $1), at from demo_mail order by id desc`, demoHeadBytes)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DemoMail])
	return list, during("reading the mails of the demo", err)
}

// DemoMail returns one mail of a demo. Refusal: NotFound.
func (rd *Reader) DemoMail(ctx context.Context, id int64) (DemoMail, error) {
	rows, _ := rd.readPool.Query(ctx, `select id, recipient, message, at from demo_mail where id = $1`, id)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[DemoMail])
	if errors.Is(err, pgx.ErrNoRows) {
		return m, refuse(NotFound)
	}
	return m, during("reading a mail of the demo", err)
}
