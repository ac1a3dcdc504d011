package booking

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Periodic issues a grant every week or month, for example for a membership with two
// classes a week.
type Periodic struct {
	ID        int64
	PersonID  int64
	Name      string
	Quantity  int
	Every     string    // "week" or "month"
	StartsOn  time.Time // a day as in Pattern; the first grant is issued on it
	EndsOn    time.Time // zero: never
	ValidDays int       // lifetime of each grant in days; 0: for ever
}

// due returns the first day of the period that contains today; false: before the first or
// after the last period. Only the present period is issued: after a pause, missed periods
// are not made up for.
func (p *Periodic) due(today time.Time) (time.Time, bool) {
	if today.Before(p.StartsOn) || !p.EndsOn.IsZero() && today.After(p.EndsOn) {
		return time.Time{}, false
	}
	if p.Every == "week" {
		days := int(today.Sub(p.StartsOn).Hours() / 24)
		return today.AddDate(0, 0, -(days % 7)), true
	}
	for m := range 2 { // the day in this month, else in the month before
		day := dayOfMonth(today.Year(), today.Month()-time.Month(m), p.StartsOn.Day())
		if !day.After(today) {
			return day, !day.Before(p.StartsOn)
		}
	}
	return time.Time{}, false
}

// dayOfMonth returns a day of a month, as in Pattern; of a shorter month, its last day. A month may
// be before the first or after the last of the year.
func dayOfMonth(year int, month time.Month, day int) time.Time {
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, min(day, first.AddDate(0, 1, -1).Day())-1)
}

// Check returns an Invalid error that names every wrong field.
func (p *Periodic) Check() error {
	var f Faults
	f.wantPlain(p.Name, NameMax, "name")
	f.Want(within(p.Quantity, 1, CreditsMax), "quantity", "range")
	f.Want(p.Every == "week" || p.Every == "month", "every", "choice")
	f.Want(saneYear(p.StartsOn), "starts_on", "date")
	f.Want(p.EndsOn.IsZero() || !p.EndsOn.Before(p.StartsOn) && saneYear(p.EndsOn), "ends_on", "range")
	f.Want(within(p.ValidDays, 0, ValidDaysMax), "valid_days", "range")
	return f.Err()
}

// AddPeriodic starts a periodic grant, issues its first grant if that is due, and returns
// its id. Refusals: Forbidden, NotFound, Invalid.
func (e *Engine) AddPeriodic(ctx context.Context, a Actor, p Periodic) (int64, error) {
	p.Name = strings.TrimSpace(p.Name)
	if !a.Can(GrantCredits) {
		return 0, refuse(Forbidden)
	}
	if err := p.Check(); err != nil {
		return 0, err
	}
	if _, err := e.Member(ctx, a, p.PersonID); err != nil {
		return 0, err
	}
	id, err := e.writeRecorded(ctx, 0, func(tx pgx.Tx, id int64) (history, error) {
		_, err := tx.Exec(ctx, `
			insert into periodic_grant (id, person_id, name, quantity, every, starts_on, ends_on, valid_days, created_by)
			values ($1, $2, $3, $4, $5, $6, $7, nullif($8, 0), $9)`,
			id, p.PersonID, p.Name, p.Quantity, p.Every, p.StartsOn, orNil(p.EndsOn), p.ValidDays, a.ID)
		return history{
			actorID: a.ID, verb: verbAddPeriodic, personID: p.PersonID,
			details: map[string]any{"quantity": p.Quantity, "name": p.Name, "every": p.Every},
		}, err
	})
	if err != nil {
		return 0, err
	}
	return id, e.issuePeriodic(ctx)
}

// EndPeriodic stops a periodic grant and returns its person. Grants that were issued stay.
// Refusals: Forbidden, NotFound.
func (e *Engine) EndPeriodic(ctx context.Context, a Actor, id int64) (personID int64, err error) {
	if !a.Can(GrantCredits) {
		return 0, refuse(Forbidden)
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			update periodic_grant set ended_at = coalesce(ended_at, clock_timestamp())
			where id = $1 returning person_id`, id).Scan(&personID)
		if err == pgx.ErrNoRows {
			return refuse(NotFound)
		}
		if err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbEndPeriodic, personID: personID})
	})
	return personID, refusalOr("ending a periodic grant", err)
}

const periodicSQL = `
	select p.id, p.person_id, p.name, p.quantity, p.every, p.starts_on, p.ends_on, coalesce(p.valid_days, 0)
	from periodic_grant p
	where p.ended_at is null`

func scanPeriodic(row pgx.CollectableRow) (Periodic, error) {
	var p Periodic
	var ends *time.Time
	err := row.Scan(&p.ID, &p.PersonID, &p.Name, &p.Quantity, &p.Every, &p.StartsOn, &ends, &p.ValidDays)
	if ends != nil {
		p.EndsOn = *ends
	}
	return p, err
}

// Periodics lists the periodic grants of a person that have not ended. To everybody but the
// person and staff with SeeMembers it is NotFound.
func (rd *Reader) Periodics(ctx context.Context, a Actor, personID int64) ([]Periodic, error) {
	if err := maySeePerson(a, personID); err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, periodicSQL+` and p.person_id = $1 order by p.id`, personID)
	list, err := pgx.CollectRows(rows, scanPeriodic)
	return list, during("reading periodic grants", err)
}

// issuePeriodic issues the grants that are due. The row that names period and grant is
// written with the grant, so two nodes never issue one twice.
func (e *Engine) issuePeriodic(ctx context.Context) error {
	var today time.Time
	if err := e.readPool.QueryRow(ctx, `select (clock_timestamp() at time zone zone)::date from studio`).Scan(&today); err != nil {
		return during("asking which day it is", err)
	}
	rows, _ := e.readPool.Query(ctx, periodicSQL+`
			and p.starts_on <= $1 and (p.ends_on is null or p.ends_on >= $1)
			and not exists (
				select from periodic_issue i
				where i.periodic_id = p.id and i.due > $1::date - case p.every when 'week' then 7 else 28 end)
			and exists (select from person m where m.id = p.person_id and m.state = 'active')
		order by p.id limit 1000`, today)
	list, err := pgx.CollectRows(rows, scanPeriodic)
	if err != nil {
		return during("reading periodic grants that are due", err)
	}
	for _, p := range list {
		due, ok := p.due(today)
		if !ok {
			continue
		}
		if err := e.issue(ctx, p, due); err != nil {
			e.log.Error("a periodic grant was not issued and is tried again", "periodic", p.ID, "err", err)
		}
	}
	return nil
}

func (e *Engine) issue(ctx context.Context, p Periodic, due time.Time) error {
	var issued bool
	err := e.readPool.QueryRow(ctx, `
		select exists (select from periodic_issue where periodic_id = $1 and due = $2)`, p.ID, due).Scan(&issued)
	if err != nil || issued {
		return during("looking for the period", err)
	}
	_, err = runWithWaitlists(ctx, e, p.PersonID, func(locks lockSet) (nothing, error) { return e.issueNow(ctx, p, due, locks) })
	if err == nil {
		e.creditsArrived(ctx, p.PersonID)
	}
	return err
}

func (e *Engine) issueNow(ctx context.Context, p Periodic, due time.Time, locks lockSet) (nothing, error) {
	return run(ctx, e, Actor{}, "", p.ID, locks, func(s *snapshot) (nothing, error) {
		person := s.people[p.PersonID]
		if person == nil || person.state != PersonActive {
			return nothing{}, nil
		}
		g := &grant{
			id: s.newID(), personID: person.id, name: p.Name, quantity: p.Quantity, remaining: p.Quantity,
			validFrom: s.now, isNew: true,
		}
		if p.ValidDays > 0 {
			g.expiresAt = WallTime(due.AddDate(0, 0, p.ValidDays), 0, 0, s.studio.Zone)
		}
		person.grants = append(person.grants, g)
		s.transfers = append(s.transfers, &transfer{from: accountIssued, to: g.id, amount: g.quantity, kind: TransferGrant})
		s.issues = append(s.issues, issue{periodicID: p.ID, due: due, grantID: g.id})
		s.ease(person.id)
		s.record(history{verb: verbGrantCredits, personID: person.id, details: map[string]any{"quantity": g.quantity, "name": g.name}})
		return nothing{}, nil
	})
}

// issue names the grant that was issued for a period.
type issue struct {
	periodicID int64
	due        time.Time
	grantID    int64
}

func (s *snapshot) queueIssues(b *pgx.Batch) {
	for _, i := range s.issues {
		b.Queue(`insert into periodic_issue (periodic_id, due, account_id) values ($1, $2, $3)`, i.periodicID, i.due, i.grantID)
	}
}
