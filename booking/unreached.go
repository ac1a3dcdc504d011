package booking

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Unreached is a message about a class that did not reach its person, whom the desk should call
// (rule 30).
type Unreached struct {
	DeliveryID int64
	Kind       NoticeKind
	Why        string // WhyNoAddress, WhyUndeliverable or WhyRefused
	FailedAt   time.Time
	Person     PersonName // with phone and e-mail; both may be empty
	Class      Class
	Was        time.Time // class_moved: the start before; zero: it did not change
}

// unreachedMost is how many messages the list of the desk shows.
const unreachedMost = 100

// unreachedSQL finds the failed mails whose news still counts: the class has not begun, the notice
// was not withdrawn or put away, nothing later about the class and no device reached the person,
// and staff has not told it. A seat that staff books for a person without an address is not listed,
// since the person is told at the desk.
const unreachedSQL = `
	select d.id, d.kind, d.why, d.ended_at, d.class_id, coalesce(a.details, '{}'), ` + personNameColumns + `
	from delivery d
	join person p on p.id = d.person_id
	join class c on c.id = d.class_id
	left join alert a on a.id = d.alert_id
	left join offer o on o.id = a.offer_id
	where d.state = 'failed' and d.channel = 'mail' and d.told_at is null and d.kind = any($1)
		and d.ended_at > (select clock_timestamp()) - interval '90 days' and c.starts_at > (select clock_timestamp())
		and p.state <> 'erased' and not (d.kind = 'booking_added' and d.why = 'no_address')
		and (a.id is null or a.withdrawn_at is null and a.dismissed_at is null)
		and (o.id is null or o.state = 'open' and o.expires_at > (select clock_timestamp()))
		and not exists (
			select from delivery x
			where x.alert_id = d.alert_id and x.channel = 'push' and x.state = 'sent' and x.replaces is null)
		and not exists (
			select from delivery x
			where x.person_id = d.person_id and x.class_id = d.class_id and x.state = 'sent' and x.replaces is null
				and x.ended_at > d.ended_at)
	order by c.starts_at, c.id, p.family_name, p.given_name, d.id
	limit $2`

// UnreachedKinds lists the notices that a person must hear about own classes.
func UnreachedKinds() (kinds []NoticeKind) {
	for _, r := range noticeRules {
		must := r.Mail == MailMandatory || r.Mail == MailAlert
		if must && slices.Contains([]Category{CategoryClasses, CategoryWaitlist, CategoryTeaching}, r.Category) {
			kinds = append(kinds, r.Kind)
		}
	}
	return kinds
}

// Unreached lists the messages about classes to come that did not reach their people, by the start
// of the class; at most 100. Refusal: Forbidden.
func (rd *Reader) Unreached(ctx context.Context, a Actor) ([]Unreached, error) {
	if !a.Can(EditParticipants) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, unreachedSQL, UnreachedKinds(), unreachedMost)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (u Unreached, err error) {
		var details map[string]json.RawMessage
		err = row.Scan(append([]any{&u.DeliveryID, &u.Kind, &u.Why, &u.FailedAt, &u.Class.ID, &details}, scanPersonName(&u.Person)...)...)
		if u.Kind == NoticeKind(AlertClassMoved) {
			u.Was, _ = whatChanged(details)
		}
		return u, err
	})
	if err != nil || len(list) == 0 {
		return nil, during("reading whom no message reached", err)
	}
	classes, err := classesOf(ctx, rd, list, func(u Unreached) int64 { return u.Class.ID })
	for i := range list {
		list[i].Class = classes[list[i].Class.ID]
	}
	return list, err
}

// TellPerson records that staff told a person what a message could not, and takes it off the list
// of [Reader.Unreached]. A second call changes nothing. Refusals: Forbidden, NotFound.
func (e *Engine) TellPerson(ctx context.Context, a Actor, deliveryID int64) error {
	if !a.Can(EditParticipants) {
		return refuse(Forbidden)
	}
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		h := history{actorID: a.ID, verb: verbTellPerson}
		var kind NoticeKind
		var told bool
		err := tx.QueryRow(ctx, `
			select kind, person_id, coalesce(class_id, 0), coalesce(booking_id, 0), told_at is not null from delivery
			where id = $1 and state = 'failed' and channel = 'mail' for update`, deliveryID).
			Scan(&kind, &h.personID, &h.classID, &h.bookingID, &told)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refuse(NotFound)
		case err != nil || told:
			return err
		}
		h.details = map[string]any{"notice": kind}
		if _, err := tx.Exec(ctx, `update delivery set told_at = clock_timestamp(), told_by = $2 where id = $1`, deliveryID,
			a.ID); err != nil {
			return err
		}
		return insertHistory(ctx, tx, h)
	})
	return refusalOr("recording that a person was told", err)
}

// failUnreachable ends new mails of notices that have nowhere to go, and whose people have no
// device either. The desk sees them at once, also by night and where there is no mail server.
func failUnreachable(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		update delivery d set
			state = 'failed', why = case when coalesce(p.email, p.shared_email, '') = '' then 'no_address' else 'undeliverable' end,
			ended_at = clock_timestamp(), queued = true
		from person p
		where p.id = d.person_id and not d.queued and d.state = 'waiting' and d.channel = 'mail' and d.address = ''
			and d.alert_id is not null
			and (coalesce(p.email, p.shared_email, '') = '' or p.email_failed_at is not null)
			and not exists (select from push_device v where v.person_id = p.id)`)
	return during("ending mails that have nowhere to go", err)
}

// retryFailedMails lets the mails wait again for another address of the person that had none to go
// to or a wrong one, as long as their notices are true.
func retryFailedMails(ctx context.Context, tx pgx.Tx, personID int64) error {
	_, err := tx.Exec(ctx, `
		update delivery set state = 'waiting', why = '', ended_at = null, queued = false, tries = 0, due_at = clock_timestamp()
		where person_id = $1 and channel = 'mail' and state = 'failed' and why in ('no_address', 'undeliverable') and address = ''
			and alert_id is not null and told_at is null and expires_at > (select clock_timestamp())`, personID)
	return during("letting failed mails wait for another address", err)
}

// Unreachable lists the people with a seat or a place in the classes of the scope whom no message
// can reach, by name: without an address that works, and without a device. Only staff who may see
// members gets names; others get nobody.
func (rd *Reader) Unreachable(ctx context.Context, a Actor, classID int64, scope Scope) ([]PersonName, error) {
	if !a.Can(EditParticipants) || !a.Can(SeeMembers) {
		return nil, nil
	}
	ids, err := rd.inScope(ctx, classID, scope)
	if err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, `
		select `+personNameColumns+` from person p
		where p.id in (
				select b.person_id from booking b join class c on c.id = b.class_id
				where c.id = any($1) and c.state = 'scheduled' and b.state in ('booked', 'checked_in')
				union
				select e.person_id from waitlist_entry e join class c on c.id = e.class_id
				where c.id = any($1) and c.state = 'scheduled' and e.state in ('waiting', 'offered'))
			and p.state = 'active' and (coalesce(p.email, p.shared_email, '') = '' or p.email_failed_at is not null)
			and not exists (select from push_device d where d.person_id = p.id)
		order by p.family_name, p.given_name, p.id`, ids)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n PersonName, err error) {
		return n, row.Scan(scanPersonName(&n)...)
	})
	return list, during("reading whom no message can reach", err)
}
