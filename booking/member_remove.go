package booking

import (
	"context"
	"slices"
)

// SuspendOutcome counts the seats that [Engine.Suspend] or [Engine.Erase] freed.
type SuspendOutcome struct{ Freed int }

func (o SuspendOutcome) effect() (resultName, int64) { return resultSuspended, 0 }

// Suspend bars a member. Future bookings end with the cause ByMemberLeaves and their seats
// go to the waitlists; waitlist entries and sessions end. Refusals: Forbidden, NotFound.
func (e *Engine) Suspend(ctx context.Context, a Actor, personID int64) (SuspendOutcome, error) {
	return e.remove(ctx, a, personID, PersonSuspended)
}

// remove suspends or erases a person. Freed seats go to the waitlists.
func (e *Engine) remove(ctx context.Context, a Actor, personID int64, state PersonState) (SuspendOutcome, error) {
	if !a.Can(EditMembers) || personID == a.ID {
		return SuspendOutcome{}, refuse(Forbidden)
	}
	out, err := runWithWaitlists(ctx, e, personID, func(locks lockSet) (SuspendOutcome, error) {
		return e.removeNow(ctx, a, personID, state, locks)
	})
	if err == nil {
		e.sessions.forget(personID)
		e.log.InfoContext(ctx, "access ended", "person", personID, "state", state, "by", a.ID)
	}
	return out, err
}

func (e *Engine) removeNow(ctx context.Context, a Actor, personID int64, state PersonState, locks lockSet) (SuspendOutcome, error) {
	rows, _ := e.readPool.Query(ctx, `select b.id from booking b join class c on c.id = b.class_id
		where b.person_id = $1 and b.state in ('booked', 'checked_in') and c.starts_at > clock_timestamp()`, personID)
	bookings, err := collectIDs(rows)
	if err != nil {
		return SuspendOutcome{}, during("reading the member's bookings", err)
	}
	locks.bookings, locks.people, locks.frees = bookings, []int64{personID, a.ID}, len(bookings)+len(locks.classes)
	return run(ctx, e, a, "", personID, locks, func(s *snapshot) (SuspendOutcome, error) {
		var out SuspendOutcome
		p := s.people[personID]
		if p == nil || p.role == RoleGuest || p.state == PersonErased || p.role.Staff() && !s.people[a.ID].may(EditRoles) {
			return out, refuse(NotFound)
		}
		for _, o := range p.bookings {
			if o.startsAt.After(s.now) && !slices.Contains(bookings, o.bookingID) {
				return out, errJoinedMeanwhile // booked after the bookings were read: read again
			}
		}
		p = s.changePerson(p.id)
		p.state = state
		s.signedOut = append(s.signedOut, p.id)
		path := PathSuspension
		if state == PersonErased {
			path = PathErasure
		}
		for _, c := range byID(s.classes) {
			if entry := c.entryOf(p.id); entry != nil {
				if o := c.offerOf(entry.id); o != nil {
					s.closeOffer(c, o, offerWithdrawn)
				}
				s.endEntry(c, entry, EntryWithdrawn)
			}
			if b := c.bookingOf(p.id); b != nil && c.StartsAt.After(s.now) {
				s.unseat(c, b, refundVerdict(s.now, c.freeUntil(b), ByMemberLeaves, false), ByMemberLeaves, path, a.ID)
				out.Freed++
			}
		}
		verb := verbSuspend
		if state == PersonErased {
			verb = verbErase
			s.erase(p)
		}
		s.record(history{actorID: a.ID, verb: verb, personID: p.id, details: map[string]any{"freed": out.Freed}})
		return out, nil
	})
}

// Erase removes a person's name, contact data, notes and password. Credits lapse; sessions
// and future bookings end. Bookings and ledger entries stay without a name, so that counts
// and sums stay right. Erase cannot be undone. Refusals: Forbidden, NotFound.
func (e *Engine) Erase(ctx context.Context, a Actor, personID int64) (SuspendOutcome, error) {
	return e.remove(ctx, a, personID, PersonErased)
}

const eraseSQL = `
	with gone as (delete from invitation where person_id = $1),
		tries as (` + forgetTriesSQL + `),
		links as (delete from mail_link where person_id = $1),
		registered as (delete from registration where person_id = $1),
		keys as (delete from passkey where person_id = $1),
		apps as (delete from totp where person_id = $1),
		codes as (delete from recovery_code where person_id = $1),
		devices as (delete from push_device where person_id = $1),
		choices as (delete from preference where person_id = $1),
		imports as (delete from imported where person_id = $1),
		cells as (
			update import_row x set cells = '{}', problems = '[]' from import m where m.id = x.import_id and ` + rowsAboutPersonSQL + `),
		mails as (update delivery set address = case when address <> '' then '–' else '' end, details = '{}' where person_id = $1),
		stopped as (update periodic_grant set ended_at = clock_timestamp() where person_id = $1 and ended_at is null),
		ended as (update recurring set ended_at = clock_timestamp() where person_id = $1 and ended_at is null)
	update person set
		given_name = '–', family_name = '', email = null, shared_email = null, phone = '', number = '', note = '',
		password_hash = null, password_by = null, search = '',
		quiet_from = null, quiet_until = null, email_failed_at = null
	where id = $1`

func (s *snapshot) erase(p *person) {
	for _, g := range p.grants {
		if g.remaining > 0 {
			s.transfers = append(s.transfers, &transfer{from: g.id, to: accountLapsed, amount: g.remaining, kind: TransferLapse})
			g.remaining, g.dirty = 0, true
		}
	}
	s.erased = append(s.erased, p.id)
}

// Reactivate lets a suspended member book again. It changes nothing if the member is
// active. Refusals: Forbidden, NotFound.
func (e *Engine) Reactivate(ctx context.Context, a Actor, personID int64) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	_, err := run(ctx, e, a, "", personID, lockSet{people: []int64{personID}}, func(s *snapshot) (nothing, error) {
		p := s.people[personID]
		switch {
		case p == nil || p.role == RoleGuest || p.state == PersonErased:
			return nothing{}, refuse(NotFound)
		case p.state == PersonActive:
			return nothing{}, nil // the button was pressed twice
		}
		s.changePerson(p.id).state = PersonActive
		s.record(history{actorID: a.ID, verb: verbReactivate, personID: p.id})
		return nothing{}, nil
	})
	return err
}
