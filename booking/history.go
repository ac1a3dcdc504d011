package booking

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Event is one entry of the history: an action with its actor and its time. Entries come
// from the append-only history table and, for what members do with their own seats, from
// the rows of bookings and waitlist entries.
type Event struct {
	At         time.Time
	Verb       string
	Actor      string // empty: the system
	ActorID    int64
	Person     string // the person whom the action concerns
	PersonID   int64
	ClassID    int64
	ClassTitle string
	ClassStart time.Time
	Details    map[string]any
	Names      []PersonName // of the actor and of the person, if there are any
}

// EventsQuery selects the events of a class, of a person or, if both are 0, of the studio:
// settings, lists and roles.
type EventsQuery struct {
	ClassID, PersonID int64
	ActorID           int64     // only actions of this person; 0: of everybody
	Kind              EventKind // empty: all
	Before            time.Time // only events before this instant; zero: from the newest
	Limit             int       // number of events, 1 to 500
}

// EventKind selects events by what they are about.
type EventKind string

// The kinds of events.
const (
	EventsOfClass    EventKind = "class"
	EventsOfBookings EventKind = "bookings"
	EventsOfWaitlist EventKind = "waitlist"
	EventsOfCredits  EventKind = "credits"
	EventsOfAccount  EventKind = "account"
	EventsOfSettings EventKind = "settings"
	EventsOfLists    EventKind = "lists"
	EventsOfRoles    EventKind = "roles"
)

// eventVerbs are the verbs of each kind. The history of a class or of a person also has
// verbs that its query derives from bookings and waitlist entries.
var eventVerbs = map[EventKind][]string{
	EventsOfClass: verbTexts(verbCreateClass, verbCreateSeries, verbEditClass, verbCancelClass, verbRestoreClass),
	EventsOfBookings: append(verbTexts(verbCancel, verbForgive, verbOverbook, verbOverride, verbNoShow, verbNoShowUndone,
		verbBookRecurring, verbEndRecurring, verbTellPerson), "moved_up", "accepted", "added", "booked", "booking_ended"),
	EventsOfWaitlist: append(verbTexts(verbOfferSeat, verbRemoveFromWaitlist, verbSetPriority), "put_on_waitlist", "joined",
		"waitlist_declined", "waitlist_expired", "waitlist_withdrawn"),
	EventsOfCredits: verbTexts(verbGrantCredits, verbCorrectCredits, verbAddPeriodic, verbEndPeriodic),
	EventsOfAccount: verbTexts(verbChangeFactor, verbCreateMember, verbEditMember, verbErase, verbInvite, verbReactivate,
		verbResetCalendar, verbSetPassword, verbSetRole, verbSuspend,
		verbApproveRegistration, verbJoinRegistration, verbReadData, verbRegister),
	EventsOfSettings: verbTexts(verbEditSettings, verbExport, verbImport),
	EventsOfLists:    verbTexts(verbSaveClassType, verbSaveHoliday, verbSaveLocation, verbSavePack, verbSaveReason, verbSaveRoom),
	EventsOfRoles:    verbTexts(verbSetRole),
}

// Kinds returns the kinds of events that the history has, in the order of a list.
func (q EventsQuery) Kinds() []EventKind {
	switch {
	case q.ClassID != 0:
		return []EventKind{EventsOfClass, EventsOfBookings, EventsOfWaitlist}
	case q.PersonID != 0:
		return []EventKind{EventsOfBookings, EventsOfWaitlist, EventsOfCredits, EventsOfAccount}
	}
	return []EventKind{EventsOfSettings, EventsOfLists, EventsOfRoles}
}

const eventsSQL = `
	with e as (
		select h.at, h.verb, h.actor_id, h.person_id, h.class_id, h.details
		from history h
		where case
			when $1 > 0 then h.class_id = $1
			when $2 > 0 then h.person_id = $2
			else h.class_id is null and (h.person_id is null or h.verb = 'set_role') end
		union all
		select b.booked_at, case
				when b.restores is not null then 'booking_restored'
				when b.booked_by is null then 'moved_up'
				when b.entry_id is not null then 'accepted'
				when b.booked_by <> b.person_id then 'added'
				else 'booked' end,
			b.booked_by, b.person_id, b.class_id, jsonb_build_object('cost', b.cost, 'overbooked', b.overbooked_by is not null)
		from booking b
		where $1 > 0 and b.class_id = $1 or $2 > 0 and b.person_id = $2
		union all
		select b.ended_at, 'booking_ended', b.ended_by, b.person_id, b.class_id, jsonb_build_object(
			'path', b.ended_path, 'in_time', b.in_time,
			'refunded', (select coalesce(sum(t.amount), 0) from transfer t where t.booking_id = b.id and t.kind = 'refund'))
		from booking b
		where b.ended_cause = 'member_removed' and $1 > 0 and b.class_id = $1
			or b.ended_cause in ('class_cancelled', 'member_removed') and $2 > 0 and b.person_id = $2
		union all
		select w.since, case when w.added_by <> w.person_id then 'put_on_waitlist' else 'joined' end,
			w.added_by, w.person_id, w.class_id, '{}'
		from waitlist_entry w
		where $1 > 0 and w.class_id = $1 or $2 > 0 and w.person_id = $2
		union all
		select w.ended_at, 'waitlist_' || w.state, null, w.person_id, w.class_id, '{}'
		from waitlist_entry w
		where w.state in ('declined', 'expired', 'withdrawn') and ($1 > 0 and w.class_id = $1 or $2 > 0 and w.person_id = $2))
	select e.at, e.verb, coalesce(trim(a.given_name || ' ' || a.family_name), ''), coalesce(a.id, 0),
		coalesce(trim(p.given_name || ' ' || p.family_name), ''), coalesce(p.id, 0),
		coalesce(c.id, 0), coalesce(c.title, ''), c.starts_at, e.details,
		coalesce(a.role = 'guest', false), coalesce(a.number, ''), coalesce(a.email, ''), coalesce(a.phone, ''),
		coalesce(p.role = 'guest', false), coalesce(p.number, ''), coalesce(p.email, ''), coalesce(p.phone, '')
	from e
	left join person a on a.id = e.actor_id
	left join person p on p.id = e.person_id
	left join class c on c.id = e.class_id
	where ($3::timestamptz is null or e.at < $3) and e.verb not in ('add_participant', 'restore_booking')
		and ($5 = 0::bigint or e.actor_id = $5) and ($6::text[] is null or e.verb = any($6))
	order by e.at desc, e.verb limit $4`

// Events reads the history, newest first, at most 500 events. The history of a class needs
// the right to see its roster, that of a person SeeMembers, that of the studio
// EditSettings; otherwise the error is NotFound or Forbidden. Ids of people, rooms, locations and
// class types in the details are replaced by their names.
func (rd *Reader) Events(ctx context.Context, a Actor, q EventsQuery) ([]Event, error) {
	var err error
	switch {
	case q.ClassID != 0:
		err = rd.CanSeeRoster(ctx, a, q.ClassID)
	case q.PersonID != 0 && !a.Can(SeeMembers), q.PersonID == 0 && !a.Can(EditSettings):
		err = refuse(Forbidden)
	}
	if err != nil {
		return nil, err
	}
	if q.Kind != "" && !slices.Contains(q.Kinds(), q.Kind) {
		return nil, invalid("kind", "choice")
	}
	rows, _ := rd.readPool.Query(
		ctx, eventsSQL, q.ClassID, q.PersonID, orNil(q.Before), min(max(q.Limit, 1), 500), q.ActorID, eventVerbs[q.Kind],
	)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Event, error) {
		var x Event
		var actor, person PersonName
		err := row.Scan(&x.At, &x.Verb, &x.Actor, &x.ActorID,
			&x.Person, &x.PersonID,
			&x.ClassID, &x.ClassTitle, at{&x.ClassStart}, &x.Details,
			&actor.Guest, &actor.Number, &actor.Email, &actor.Phone,
			&person.Guest, &person.Number, &person.Email, &person.Phone)
		actor.ID, actor.GivenName, person.ID, person.GivenName = x.ActorID, x.Actor, x.PersonID, x.Person
		for _, n := range []PersonName{actor, person} {
			if n.ID != 0 {
				x.Names = append(x.Names, n)
			}
		}
		return x, err
	})
	if err != nil {
		return nil, during("reading the history", err)
	}
	return list, rd.nameDetails(ctx, list)
}

// nameDetails replaces the ids in the details of events by names, with one query for all.
func (rd *Reader) nameDetails(ctx context.Context, list []Event) error {
	ids := map[string][]int64{"type": {}, "location": {}, "room": {}, "person": {}}
	each := func(visit func(of string, details map[string]any, fact string, pair []any)) {
		for _, e := range list {
			for fact, of := range map[string]string{
				"type": "type", "location": "location", "room": "room", "instructor": "person", "substitute": "person",
			} {
				if pair, ok := e.Details[fact].([]any); ok && len(pair) == 2 {
					visit(of, e.Details, fact, pair)
				}
			}
		}
	}
	each(func(of string, _ map[string]any, _ string, pair []any) {
		for _, id := range pair {
			if n, ok := id.(float64); ok && n != 0 {
				ids[of] = append(ids[of], int64(n))
			}
		}
	})
	if len(ids["type"])+len(ids["location"])+len(ids["room"])+len(ids["person"]) == 0 {
		return nil
	}
	names := map[string]map[int64]string{"type": {}, "location": {}, "room": {}, "person": {}}
	var of, name string
	var id int64
	rows, _ := rd.readPool.Query(ctx, `
		select 'type', id, name from class_type where id = any($1)
		union all select 'location', id, name from location where id = any($2)
		union all select 'room', id, name from room where id = any($3)
		union all select 'person', id, trim(given_name || ' ' || family_name) from person where id = any($4)`,
		ids["type"], ids["location"], ids["room"], ids["person"])
	_, err := pgx.ForEachRow(rows, []any{&of, &id, &name}, func() error {
		names[of][id] = name
		return nil
	})
	each(func(of string, details map[string]any, fact string, pair []any) {
		was, _ := pair[0].(float64)
		now, _ := pair[1].(float64)
		details[fact] = []any{names[of][int64(was)], names[of][int64(now)]}
	})
	return during("reading the names in the history", err)
}

// historyVerb is the action that a row of history records. The rows are never changed, so
// a verb must not be renamed.
type historyVerb string

func verbTexts(verbs ...historyVerb) (texts []string) {
	for _, v := range verbs {
		texts = append(texts, string(v))
	}
	return texts
}

const (
	verbAddParticipant     historyVerb = "add_participant"
	verbAddPeriodic        historyVerb = "add_periodic"
	verbApplyTemplate      historyVerb = "apply_template"
	verbBookRecurring      historyVerb = "book_recurring"
	verbCancel             historyVerb = "cancel"
	verbCancelClass        historyVerb = "cancel_class"
	verbChangeFactor       historyVerb = "change_second_factor"
	verbCopyWeek           historyVerb = "copy_week"
	verbCorrectCredits     historyVerb = "correct_credits"
	verbCreateClass        historyVerb = "create_class"
	verbCreateMember       historyVerb = "create_member"
	verbCreateSeries       historyVerb = "create_series"
	verbEditClass          historyVerb = "edit_class"
	verbEditMember         historyVerb = "edit_member"
	verbEditSettings       historyVerb = "edit_settings"
	verbEndPeriodic        historyVerb = "end_periodic"
	verbEndRecurring       historyVerb = "end_recurring"
	verbErase              historyVerb = "erase"
	verbExport             historyVerb = "export"
	verbForgive            historyVerb = "forgive"
	verbGrantCredits       historyVerb = "grant_credits"
	verbImport             historyVerb = "import"
	verbInvite             historyVerb = "invite"
	verbNoShow             historyVerb = "no_show"
	verbNoShowUndone       historyVerb = "no_show_undone"
	verbOfferSeat          historyVerb = "offer_seat"
	verbOverbook           historyVerb = "overbook"
	verbOverride           historyVerb = "override"
	verbReactivate         historyVerb = "reactivate"
	verbRemoveFromWaitlist historyVerb = "remove_from_waitlist"
	verbRestoreBooking     historyVerb = "restore_booking"
	verbResetBoard         historyVerb = "reset_board"
	verbResetCalendar      historyVerb = "reset_calendar"
	verbRestoreClass       historyVerb = "restore_class"
	verbSaveClassType      historyVerb = "save_class_type"
	verbSaveHoliday        historyVerb = "save_holiday"
	verbSaveLocation       historyVerb = "save_location"
	verbSaveReason         historyVerb = "save_reason"
	verbSaveRoom           historyVerb = "save_room"
	verbSavePack           historyVerb = "save_pack"
	verbSetPassword        historyVerb = "set_password"
	verbSetPriority        historyVerb = "set_priority"
	verbSetRole            historyVerb = "set_role"
	verbSuspend            historyVerb = "suspend"
	verbTellPerson         historyVerb = "tell_person"

	verbApproveRegistration historyVerb = "approve_registration"
	verbJoinRegistration    historyVerb = "join_registration"
	verbReadData            historyVerb = "read_data"
	verbRefuseRegistration  historyVerb = "refuse_registration"
	verbRegister            historyVerb = "register"
)

// history is one row of the history table; rows never change.
type history struct {
	actorID                      int64
	verb                         historyVerb
	classID, personID, bookingID int64
	details                      map[string]any
}

func (s *snapshot) record(h history) { s.histories = append(s.histories, h) }
