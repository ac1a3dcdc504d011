package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// DataSection is a part of what is stored about a person (rule 36): rows of facts, the newest first.
type DataSection struct {
	Name  string
	Facts []string // the names of the facts of each row
	Rows  [][]any  // nil, bool, number, text, time.Time, or a decoded JSON value
	More  bool     // there are more rows than DataMost
}

// DataMost is how many rows a section has at most.
const DataMost = 20_000

// PersonData is everything about a person, as it was at one instant. It names no other person but
// instructors, as members see them; who did something is "self", "team" or "system". It has no
// secret and no hash.
type PersonData struct {
	PersonID int64
	At       time.Time
	Sections []DataSection // "person" is the first and has one row
}

// byWhom says in SQL who did something.
func byWhom(column string) string {
	return `case when ` + column + ` is null then 'system' when ` + column + ` = $1 then 'self' else 'team' end`
}

// aboutClass are columns of class c; each query joins c and its location, room and instructor.
const (
	aboutClass = `c.id as class_id, c.title as class, c.starts_at, c.ends_at, l.name as location, r.name as room,
		coalesce(nullif(u.given_name, ''), u.family_name, nullif(i.given_name, ''), i.family_name) as instructor`
	classJoins = ` left join class c on c.id = x.class_id left join location l on l.id = c.location_id left join room r on r.id = c.room_id
		left join person i on i.id = c.instructor_id left join person u on u.id = c.substitute_id`
)

// dataQueries read the sections of a person $1, at most $2 rows each. A test compares them with the
// columns of the database that name a person.
var dataQueries = []struct{ name, sql string }{
	{"person", `
		select x.id, x.role, x.state, x.given_name, x.family_name, x.email, x.shared_email, x.email_failed_at, x.phone, x.number,
			x.language, x.note, x.created_at, x.password_hash is not null as has_password, x.quiet_from, x.quiet_until,
			x.calendar_waitlist, x.device_marked_at, m.created_at as imported_at
		from person x left join import m on m.id = x.import_id where x.id = $1 limit $2`},
	{"sessions", `
		select x.device, x.created_at, x.used_at, x.expires_at, x.password_at, x.second_factor_at
		from session x where x.person_id = $1 order by x.used_at desc limit $2`},
	{"devices", `
		select x.name as device, x.language, substring(x.endpoint from '^[a-z]+://([^/]+)') as service, x.created_at, x.seen_at
		from push_device x where x.person_id = $1 order by x.id desc limit $2`},
	{"bookings", `
		select x.id, ` + aboutClass + `, x.state, x.cost, x.booked_at, ` + byWhom(`x.booked_by`) + ` as booked_by,
			x.entry_id is not null as from_waitlist, x.overbooked_by is not null as overbooked, x.free_until, x.checked_in_at, x.ended_at,
			case when x.ended_at is not null then ` + byWhom(`x.ended_by`) + ` end as ended_by, x.ended_cause, x.ended_path, x.in_time,
			x.refund_anyway, n.text_de as reason, x.reason_text, x.restores
		from booking x` + classJoins + ` left join reason n on n.id = x.reason_id
		where x.person_id = $1 order by x.booked_at desc, x.id desc limit $2`},
	{"waitlist", `
		select x.id, ` + aboutClass + `, x.state, x.since, ` + byWhom(`x.added_by`) + ` as added_by, x.auto, x.latest as not_later,
			x.priority, x.skip_reason, x.cost_shown, x.start_shown, x.ended_at
		from waitlist_entry x` + classJoins + ` where x.person_id = $1 order by x.since desc, x.id desc limit $2`},
	{"offers", `
		select x.entry_id, ` + aboutClass + `, x.shared, x.state, x.opened_at, x.expires_at
		from offer x join waitlist_entry w on w.id = x.entry_id` + classJoins + `
		where w.person_id = $1 order by x.opened_at desc, x.id desc limit $2`},
	{"credits", `
		select x.id, x.name, x.quantity, x.remaining, x.valid_from, x.expires_at,
			(select string_agg(t.name, ', ' order by t.name) from class_type t where t.id = any(x.class_type_ids)) as class_types,
			k.name as pack, x.created_at, ` + byWhom(`x.created_by`) + ` as created_by
		from account x left join pack k on k.id = x.pack_id where x.person_id = $1 order by x.id desc limit $2`},
	{"ledger", `
		select x.id, x.at, x.kind, case when t.person_id = $1 then x.amount else -x.amount end as amount,
			coalesce(nullif(t.name, ''), f.name) as pack, case when t.person_id = $1 then t.id else f.id end as credits_id,
			x.booking_id, x.note, ` + byWhom(`x.actor_id`) + ` as done_by
		from transfer x join account f on f.id = x.from_id join account t on t.id = x.to_id
		where x.id in (
			select a.id from transfer a where a.from_id in (select id from account where person_id = $1)
			union select a.id from transfer a where a.to_id in (select id from account where person_id = $1))
		order by x.id desc limit $2`},
	{"periodic_credits", `
		select x.id, x.name, x.quantity, x.every, x.starts_on::text as starts_on, x.ends_on::text as ends_on, x.valid_days, x.created_at,
			` + byWhom(`x.created_by`) + ` as created_by, x.ended_at
		from periodic_grant x where x.person_id = $1 order by x.id desc limit $2`},
	{"periodic_issues", `
		select x.periodic_id, x.due::text as due_on, x.account_id as credits_id
		from periodic_issue x join periodic_grant p on p.id = x.periodic_id
		where p.person_id = $1 order by x.due desc limit $2`},
	{"recurring", `
		select x.id, x.standing, x.waitlist, x.from_at, x.created_at, ` + byWhom(`x.created_by`) + ` as created_by, x.ended_at,
			case when x.ended_at is not null then ` + byWhom(`x.ended_by`) + ` end as ended_by
		from recurring x where x.person_id = $1 order by x.id desc limit $2`},
	{"recurring_dates", `
		select x.recurring_id, ` + aboutClass + `, x.state, x.why, x.at
		from recurring_date x join recurring g on g.id = x.recurring_id` + classJoins + `
		where g.person_id = $1 order by x.at desc, x.class_id desc limit $2`},
	{"teaching", `
		select ` + aboutClass + `, case when x.instructor_id = $1 then 'instructor' else 'substitute' end as as_what
		from (
			select id as class_id, instructor_id, substitute_id from class
			where instructor_id = $1 or substitute_id = $1) x` + classJoins + `
		order by c.starts_at desc, c.id desc limit $2`},
	{"alerts", `
		select x.id, x.kind, ` + aboutClass + `, x.created_at, x.withdrawn_at, x.dismissed_at,
			case when x.class_id is null then x.details end as details
		from alert x` + classJoins + ` where x.person_id = $1 order by x.id desc limit $2`},
	{"messages", `
		select x.id, x.kind, x.channel, x.address, ` + aboutClass + `, x.state, x.why, x.created_at, x.due_at, x.ended_at,
			v.name as device, x.told_at
		from delivery x` + classJoins + ` left join push_device v on v.id = x.device_id
		where x.person_id = $1 order by x.id desc limit $2`},
	{"preferences", `
		select x.category, x.channel, x.wanted from preference x where x.person_id = $1 order by 1, 2 limit $2`},
	{"registration", `
		select x.next as came_from, x.created_at, x.expires_at, x.code_tries, x.confirmed_at, x.decided_at, x.approved,
			case when x.decided_at is not null then ` + byWhom(`x.decided_by`) + ` end as decided_by
		from registration x where x.person_id = $1 limit $2`},
	{"invitations", `
		select x.created_at, ` + byWhom(`x.created_by`) + ` as created_by, x.expires_at
		from invitation x where x.person_id = $1 order by x.created_at desc limit $2`},
	{"mail_links", `
		select x.kind, x.email, x.created_at, x.expires_at from mail_link x where x.person_id = $1 order by x.created_at desc limit $2`},
	{"sign_in_tries", `
		select x.failures, x.day_tries, x.at, x.blocked_until from sign_in_failure x where x.person_id = $1 order by x.at desc limit $2`},
	{"passkeys", `select x.name, x.created_at, x.used_at from passkey x where x.person_id = $1 order by x.created_at desc limit $2`},
	{"app_codes", `select x.created_at, x.confirmed_at from totp x where x.person_id = $1 limit $2`},
	{"recovery_codes", `
		select x.created_at, x.used_at from recovery_code x where x.person_id = $1 order by x.created_at desc limit $2`},
	{"ceremonies", `select x.kind, x.created_at, x.expires_at from ceremony x where x.person_id = $1 order by x.created_at desc limit $2`},
	{"imports", `select x.kind, m.created_at from imported x left join import m on m.id = x.import_id where x.person_id = $1 limit $2`},
	{"import_rows", `
		select m.kind, m.created_at, x.line, array_to_string(x.cells, ' · ') as cells
		from import_row x join import m on m.id = x.import_id
		where ` + rowsAboutPersonSQL + ` order by m.created_at desc, x.line limit $2`},
	{"history", `
		select x.at, x.verb, ` + byWhom(`x.actor_id`) + ` as done_by, x.person_id = $1 as about_you, ` + aboutClass + `,
			case when x.person_id = $1 then x.details end as details
		from history x` + classJoins + `
		where x.person_id = $1 or x.actor_id = $1 order by x.id desc limit $2`},
}

// OwnData reads everything about the actor. Refusal: SignedOut.
func (rd *Reader) OwnData(ctx context.Context, a Actor) (PersonData, error) {
	if a.ID == 0 {
		return PersonData{}, refuse(SignedOut)
	}
	return rd.personData(ctx, a.ID)
}

// MemberData reads everything about a member who asks for it at the desk. The history records it.
// Refusals: Forbidden, NotFound (also for staff, who read their own).
func (e *Engine) MemberData(ctx context.Context, a Actor, personID int64) (PersonData, error) {
	if !a.Can(SeeMembers) {
		return PersonData{}, refuse(Forbidden)
	}
	m, err := e.Member(ctx, a, personID)
	if err != nil {
		return PersonData{}, err
	}
	if m.Role.Staff() {
		return PersonData{}, refuse(NotFound)
	}
	_, err = e.writeRecorded(ctx, personID, func(pgx.Tx, int64) (history, error) {
		return history{actorID: a.ID, verb: verbReadData, personID: personID}, nil
	})
	if err != nil {
		return PersonData{}, err
	}
	return e.personData(ctx, personID)
}

func (rd *Reader) personData(ctx context.Context, personID int64) (d PersonData, err error) {
	d.PersonID = personID
	err = pgx.BeginTxFunc(ctx, rd.readPool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&d.At); err != nil {
			return err
		}
		for _, q := range dataQueries {
			section := DataSection{Name: q.name}
			rows, _ := tx.Query(ctx, q.sql, personID, DataMost+1)
			for _, f := range rows.FieldDescriptions() {
				section.Facts = append(section.Facts, f.Name)
			}
			err := each(rows, func(rows pgx.Rows) error {
				values, err := rows.Values()
				if len(section.Rows) == DataMost {
					section.More = true
					return err
				}
				section.Rows = append(section.Rows, values)
				return err
			})
			if err != nil {
				return during("reading "+q.name, err)
			}
			d.Sections = append(d.Sections, section)
		}
		return nil
	})
	return d, during("reading the data of a person", err)
}
