//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// equalWithin is the promise of the program: within this time after a fault every screen
// equals a freshly loaded page.
const equalWithin = 2 * time.Second

// openScreens opens pages of all kinds: days and classes of members, days and rosters of the
// desk. Pages of members show their alerts as well.
func (s *studio) openScreens(ctx context.Context) error {
	classes, err := s.popular(ctx)
	if err != nil {
		return err
	}
	day := func(i int) string { return time.Now().AddDate(0, 0, i%4).Format(time.DateOnly) }
	for i, m := range s.members {
		s.addScreen(m.email, m.token, m.id, "/schedule?date="+day(i))
		if i%3 == 0 {
			s.addScreen(m.email, m.token, m.id, fmt.Sprintf("/classes/%d", classes[i%len(classes)]))
		}
		if i%4 == 0 {
			s.addScreen(m.email, m.token, m.id, "/schedule?view=week&date="+day(i))
		}
	}
	for i, email := range []string{deskEmail, managerEmail} {
		token, id, err := s.login(ctx, email)
		if err != nil {
			return err
		}
		s.addScreen(email, token, id, "/schedule?date="+day(i+1))
		s.addScreen(email, token, id, "/today?date="+day(i+2))
		for k := range 5 {
			s.addScreen(email, token, id, fmt.Sprintf("/classes/%d", classes[(5*i+k)%len(classes)]))
		}
	}
	var loading errgroup.Group
	loading.SetLimit(4)
	for _, c := range s.screens {
		loading.Go(func() error { return c.fetch(ctx) })
	}
	return loading.Wait()
}

func (s *studio) addScreen(owner, token string, person int64, path string) {
	s.screens = append(s.screens, &screen{
		studio: s, name: owner + " at " + path, path: path, token: token, personID: person,
		random: rand.New(rand.NewPCG(uint64(len(s.screens)), 3)),
		shown:  map[string]element{}, alerts: map[int64]bool{}, changed: make(chan struct{}),
	})
}

// popular returns classes of the days on which members click, the fullest first.
func (s *studio) popular(ctx context.Context) ([]int64, error) {
	conn, err := s.postgres.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, _ := conn.Query(ctx, `select id from class where state = 'scheduled' and online
		and starts_at between clock_timestamp() + interval '4 hours' and clock_timestamp() + interval '4 days'
		order by capacity - booked, id limit 10`)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err == nil && len(ids) == 0 {
		err = errors.New("the studio has no classes")
	}
	return ids, err
}

// waitUntilEqual waits until every screen has its socket and equals a page that is loaded
// now, and returns the differences that remain. No click may be in progress. A screen has
// equalWithin from since, or from the start of its socket if that is later. patience is how
// long a screen may take to reconnect. Sockets that were opened before silentUntil may be
// dead without the screen's knowledge, so their screens must reconnect even if they equal a
// page now.
func (s *studio) waitUntilEqual(
	ctx context.Context, since time.Time, patience time.Duration, silentUntil time.Time,
) (took time.Duration, wrong []string, err error) {
	var mu sync.Mutex
	var all errgroup.Group
	all.SetLimit(16)
	for _, c := range s.screens {
		all.Go(func() error {
			at, complaint, err := c.waitUntilEqual(ctx, since, patience, silentUntil)
			mu.Lock()
			defer mu.Unlock()
			if complaint != "" {
				wrong = append(wrong, complaint)
			}
			took = max(took, at.Sub(since))
			s.totals.compared.Add(1)
			return err
		})
	}
	err = all.Wait()
	slices.Sort(wrong)
	return took, wrong, err
}

func (c *screen) waitUntilEqual(
	ctx context.Context, since time.Time, patience time.Duration, silentUntil time.Time,
) (at time.Time, complaint string, err error) {
	patience = c.studio.atLeast(patience)
	var longest time.Duration // that the page took to load
	for {
		began := time.Now()
		p, err := c.load(ctx, true)
		longest = max(longest, time.Since(began))
		c.studio.slowestLoad.note(longest)
		switch {
		case ctx.Err() != nil:
			return at, "", ctx.Err()
		case err != nil && time.Since(since) > patience:
			return time.Now(), fmt.Sprintf(
				"%s cannot be loaded %s after the fault: %v", c.name, time.Since(since).Round(time.Millisecond), err,
			), nil
		case err != nil:
			pause(ctx, 50*time.Millisecond)
			continue
		}
		next := time.Now().Add(400 * time.Millisecond) // then load the page again, since a time boundary may have passed
		for {
			c.mu.Lock()
			difference, open, connected, changed := c.difference(p), c.open, c.since, c.changed
			aware := c.direct || connected.After(silentUntil)
			c.mu.Unlock()
			now := time.Now()
			if difference == "" && open && aware {
				return now, "", nil
			}
			deadline := since.Add(patience)
			if open && aware {
				deadline = later(since, connected).Add(c.studio.equalLimit(longest))
			}
			switch {
			case ctx.Err() != nil:
				return now, "", ctx.Err()
			case now.After(deadline) && !open:
				return now, fmt.Sprintf("%s has no socket %s after the fault", c.name, patience), nil
			case now.After(deadline):
				after := now.Sub(since).Round(time.Millisecond)
				return now, fmt.Sprintf("%s does not equal a fresh page %s after the fault: %s", c.name, after, difference), nil
			case now.After(next):
			default:
				select {
				case <-changed:
				case <-time.After(50 * time.Millisecond):
				}
				continue
			}
			break
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// difference describes a difference between the screen and a page, or is empty. The personal
// part of a row has no reliable version, and a sheet is not fetched for each change of its seats,
// so only their texts are compared. The caller holds mu.
func (c *screen) difference(p page) string {
	for _, id := range slices.Sorted(maps.Keys(p.elements)) {
		want, is := p.elements[id], c.shown[id]
		personal := strings.HasSuffix(id, "-personal")
		switch {
		case is.id == "":
			return "#" + id + " is missing"
		case is.epoch != want.epoch:
			return fmt.Sprintf("#%s is of epoch %s, not %s", id, is.epoch, want.epoch)
		case is.version != want.version && !personal && id != p.sheet:
			return fmt.Sprintf("#%s has version %d, not %d", id, is.version, want.version)
		case is.body != want.body:
			return fmt.Sprintf("#%s (version %d, %d) reads %s, not %s", id, is.version, want.version,
				excerpt(is.body, want.body), excerpt(want.body, is.body))
		}
	}
	for id := range c.shown {
		if _, ok := p.elements[id]; !ok {
			return "#" + id + " is still there"
		}
	}
	return ""
}

// excerpt is the part of a around its first difference from b.
func excerpt(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-30)
	return fmt.Sprintf("%q", a[from:min(len(a), from+150)])
}

// wrongAlerts compares the alerts on every screen with those that the database holds for its
// person, and returns the differences that remain after the limit. Alerts may be due at any
// moment, even without clicks, and need time to reach a screen.
func (s *studio) wrongAlerts(ctx context.Context, limit time.Duration) (wrong []string, err error) {
	conn, err := s.postgres.connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	for deadline := time.Now().Add(limit); ; pause(ctx, 50*time.Millisecond) {
		wrong, compared, err := s.compareAlerts(ctx, conn)
		if err != nil || len(wrong) == 0 || time.Now().After(deadline) {
			s.totals.alerts.Add(compared)
			return wrong, err
		}
	}
}

// compareAlerts compares them once. Credits that expire stand beside the balance, without an ID;
// the comparison with fresh pages covers them. compared is the number of alerts that are due on
// screens.
func (s *studio) compareAlerts(ctx context.Context, conn *pgx.Conn) (wrong []string, compared int64, err error) {
	due, about := map[int64][]int64{}, map[int64]string{}
	rows, _ := conn.Query(ctx, `select a.person_id, a.id, concat_ws(' ', a.kind, 'of class', a.class_id, 'at', a.created_at)
		from alert a left join offer o on o.id = a.offer_id
		where a.withdrawn_at is null and a.dismissed_at is null and a.created_at > clock_timestamp() - interval '7 days'
		and a.kind not in ('credits_expiring_7', 'credits_expiring_1')
		and (o.id is null or o.state = 'open' and o.expires_at > clock_timestamp())`)
	var person, id int64
	var what string
	if _, err := pgx.ForEachRow(rows, []any{&person, &id, &what}, func() error {
		due[person], about[id] = append(due[person], id), what
		return nil
	}); err != nil {
		return nil, 0, fmt.Errorf("reading the alerts: %w", err)
	}
	for _, c := range s.screens {
		c.mu.Lock()
		section, has := c.shown["alerts"]
		c.mu.Unlock()
		if !has {
			continue // pages of the desk have no alerts
		}
		compared += int64(len(due[c.personID]))
		shown := slices.Clone(section.alerts)
		for _, id := range due[c.personID] {
			i := slices.Index(shown, id)
			if i < 0 {
				wrong = append(wrong, fmt.Sprintf("%s misses alert %d, %s", c.name, id, about[id]))
				continue
			}
			shown = slices.Delete(shown, i, i+1)
		}
		for _, id := range shown {
			wrong = append(wrong, fmt.Sprintf("%s shows alert %d, which is withdrawn, of another person or a duplicate", c.name, id))
		}
	}
	return wrong, compared, nil
}
