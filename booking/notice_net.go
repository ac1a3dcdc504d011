package booking

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// A notice tells the difference between what its person knows and what is true when it is sent
// (rule 28). What a person knows is counted for each channel by itself: a mail continues the mails,
// a push message the push messages. Times, places and so on are known up to a version of the class:
// the one that a message told last, or the one at which the person took the seat or the place.
//
// A message that is being sent may have arrived: a node may have died before it recorded that. It
// counts as told where a silence would be wrong, and as not told where it would hide a difference.

// classNotices are the kinds of alerts about what became of a class. A newer one takes the place of
// an older one, except that news of the room or the instructor does not hide a move.
var classNotices = []AlertKind{AlertClassMoved, AlertClassChanged, AlertClassCancelled, AlertClassRestored}

// untrueNow returns why an alert has nothing to tell by the channel of d; empty: it has. It sets Was
// and Changed of an alert about a changed class to the difference to what the person knows.
func untrueNow(ctx context.Context, db readFrom, d *Delivery, a *Alert) (why string, err error) {
	switch {
	case a.Class == nil:
	case a.Kind == AlertBookingAdded:
		return addedNow(ctx, db, d, a)
	case a.Kind == AlertBookingCancelled:
		return removedNow(ctx, db, d, a)
	case slices.Contains(classNotices, a.Kind):
		return changedNow(ctx, db, d, a)
	}
	return "", nil
}

// alertToldSQL reports whether alert x was told by channel $2, or may have been.
const alertToldSQL = `exists (select from delivery t where t.alert_id = x.id and t.channel = $2 and t.state in ('sending', 'sent'))`

// unknownSQL reports whether staff made booking y and the person does not know of it.
const unknownSQL = `exists (
	select from alert x
	where x.person_id = y.person_id and x.class_id = y.class_id and x.booking_id = y.id and x.kind = 'booking_added'
		and not ` + alertToldSQL + `)`

// addedNow is silent about a seat that takes the place of one that was removed, if the person knew
// that one and does not know of the removal.
func addedNow(ctx context.Context, db readFrom, d *Delivery, a *Alert) (why string, err error) {
	var same bool
	err = db.QueryRow(ctx, `
		select exists (
			select from booking b
			join booking y on y.id = b.restores
			join alert x on x.class_id = y.class_id and x.person_id = y.person_id and x.cause_v = y.to_v and x.kind = 'booking_cancelled'
			where b.id = $1 and not `+alertToldSQL+` and not `+unknownSQL+`)`, a.BookingID, d.Channel).Scan(&same)
	if same {
		why = whyNothingChanged
	}
	return why, during("reading what a person knows about a seat", err)
}

// removedNow is silent about the end of a seat of which the person does not know.
func removedNow(ctx context.Context, db readFrom, d *Delivery, a *Alert) (why string, err error) {
	var unknown bool
	err = db.QueryRow(ctx, `
		select exists (
			select from alert z
			join booking y on y.class_id = z.class_id and y.person_id = z.person_id and y.to_v = z.cause_v
			where z.id = $1 and y.restores is null and `+unknownSQL+`)`, a.ID, d.Channel).Scan(&unknown)
	if unknown {
		why = whyNothingChanged
	}
	return why, during("reading what a person knows about a seat", err)
}

// knowledge is what a person knows about a class by one channel.
type knowledge struct {
	version int64 // of the alert
	told    int64 // the version of the class that was told
	perhaps int64 // the version that may have been told
	since   int64 // the version at which the person took the seat or the place; 0: has none any more
	newer   bool  // a newer alert takes the place of this one
	seated  bool  // the person has a seat or a place now
	now     map[string]any
	changes []map[string]json.RawMessage // the alerts about changes since, oldest first: facts, from and to
}

const knowledgeSQL = `
	with z as (select * from alert where id = $1), told as (
		select (t.details->>'told_v')::bigint as version, t.state
		from delivery t, z
		where t.class_id = z.class_id and t.person_id = z.person_id and t.channel = $2 and t.state in ('sending', 'sent')
			and t.alert_id is distinct from z.id and t.details ? 'told_v'
		union all
		select x.cause_v, t.state
		from z
		join delivery t on t.person_id = z.person_id and t.kind = 'morning' and t.state in ('sending', 'sent') and t.id <> $3
		join alert x on x.class_id = z.class_id and x.person_id = z.person_id and t.details->'alerts' @> to_jsonb(x.id) and x.id <> z.id
		where $2 = 'mail'),
	taken as (
		select b.from_v, b.to_v from booking b, z where b.class_id = z.class_id and b.person_id = z.person_id
		union all
		select w.from_v, w.to_v from waitlist_entry w, z where w.class_id = z.class_id and w.person_id = z.person_id),
	known as (
		select coalesce((select max(version) from told where state = 'sent'), 0) as told,
			coalesce((select max(version) from told), 0) as perhaps,
			coalesce((select max(k.from_v) from taken k, z where k.to_v is null or k.to_v >= z.cause_v), 0) as since)
	select z.cause_v, k.told, k.perhaps, k.since,
		exists (
			select from alert x
			where x.class_id = z.class_id and x.person_id = z.person_id and x.kind = any($4) and x.withdrawn_at is null
				and x.cause_v > z.cause_v and (x.kind <> 'class_changed' or z.kind = 'class_changed')),
		exists (select from taken where to_v is null),
		jsonb_build_object('starts_at', c.starts_at, 'ends_at', c.ends_at, 'location', coalesce(c.location_id, 0),
			'room', coalesce(c.room_id, 0), 'instructor', coalesce(c.substitute_id, c.instructor_id, 0)),
		array(
			select x.details from alert x
			where x.class_id = z.class_id and x.person_id = z.person_id and x.kind in ('class_moved', 'class_changed')
				and x.cause_v > greatest(k.told, k.since)
			order by x.cause_v)
	from z cross join known k join class c on c.id = z.class_id`

// changedNow is silent about an alert whose place a newer one has taken, about what was told
// already, and about a change that was taken back before the person heard of it.
func changedNow(ctx context.Context, db readFrom, d *Delivery, a *Alert) (why string, err error) {
	var k knowledge
	rows, _ := db.Query(ctx, knowledgeSQL, a.ID, d.Channel, d.ID, classNotices)
	k, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (k knowledge, err error) {
		err = row.Scan(&k.version, &k.told, &k.perhaps, &k.since, &k.newer, &k.seated, &k.now, &k.changes)
		return k, err
	})
	if err != nil {
		return "", during("reading what a person knows about a class", err)
	}
	was, changed, same := k.difference()
	switch {
	case k.newer:
		return whySuperseded, nil
	case a.Kind == AlertClassCancelled:
		a.Was = was
	case a.Kind == AlertClassRestored:
		// Restoring brings back no booking (rule 20). A person who has booked again knows it.
		if k.seated {
			return whyNothingChanged, nil
		}
	case k.told >= k.version:
		return whySuperseded, nil
	case !same:
		a.Was, a.Changed = was, changed
	case k.perhaps <= max(k.told, k.since):
		return whyNothingChanged, nil
	}
	return "", nil
}

// difference returns the start of the class as the person knows it, if it is another one, and
// the other facts that are not as the person knows them. same reports that there is no difference.
func (k *knowledge) difference() (was time.Time, changed []string, same bool) {
	known := map[string]json.RawMessage{} // the first value that changed
	same = true
	for _, facts := range k.changes {
		same = same && len(facts) > 0 // an alert of an earlier program did not say that the end changed
		for fact, values := range facts {
			var pair []json.RawMessage
			if json.Unmarshal(values, &pair) == nil && len(pair) == 2 && known[fact] == nil {
				known[fact] = pair[0]
			}
		}
	}
	for _, fact := range []string{"starts_at", "ends_at"} {
		var then, now time.Time
		if json.Unmarshal(known[fact], &then) != nil {
			continue
		}
		text, _ := k.now[fact].(string)
		now, _ = time.Parse(time.RFC3339, text)
		if !then.Equal(now) {
			same = false
			if fact == "starts_at" {
				was = then
			}
		}
	}
	for _, fact := range []string{"location", "room", "instructor"} {
		var then float64
		if json.Unmarshal(known[fact], &then) == nil && then != k.now[fact] {
			changed, same = append(changed, fact), false
		}
	}
	return was, changed, same
}
