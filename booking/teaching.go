package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// Messages to people who teach. They come from the history, which says for each class who did what:
// an alert would stand among the own bookings of the person, and one edit of a series would be
// many. The relay finds the rows by time, in the same stretch as receipts.

// digestMinute is the minute of the day at which people are told of the classes that they teach
// tomorrow.
const digestMinute = 20 * 60

// taughtClass is what happened to a class, as a delivery keeps it.
type taughtClass struct {
	Class int64          `json:"class"`
	What  TeachingChange `json:"what"`
}

// teachingSQL reads the edits, cancellations and restorations of each class that has one from $1 on
// and before $2, the newest first. Later ones are among them, so that the teachers of each instant
// follow from those of now.
const teachingSQL = `
	select h.class_id, h.at, h.verb, coalesce(h.actor_id, 0), coalesce(h.details->'instructor'->0, '0')::bigint,
		coalesce(h.details->'substitute'->0, '0')::bigint, h.details ? 'instructor', h.details ? 'substitute',
		c.starts_at, coalesce(c.instructor_id, 0), coalesce(c.substitute_id, 0)
	from class c
	join history h on h.class_id = c.id and h.at >= $1 and h.verb in ('edit_class', 'cancel_class', 'restore_class')
	where c.starts_at > $2 and c.id in (
		select class_id from history where at >= $1 and at < $2 and verb in ('edit_class', 'cancel_class', 'restore_class'))
	order by c.id, h.id desc`

// taughtRow is a row of the history of a class, with the class as it is now.
type taughtRow struct {
	classID                 int64
	at                      time.Time
	verb                    historyVerb
	actor                   int64
	instructor, substitute  int64 // before the edit, if it changed them
	instructs, substitutes  bool  // whether the edit changed them
	startsAt                time.Time
	instructsNow, standsNow int64
}

// fewerAhead is how long before the start a cancellation is news for the teacher.
const fewerAhead = 2 * time.Hour

// fewerSQL lists the classes in which a seat ended shortly before the start, from $1 on and before
// $2, with their teachers.
const fewerSQL = `
	select b.class_id, coalesce(c.substitute_id, c.instructor_id), c.starts_at, min(b.ended_at)
	from booking b join class c on c.id = b.class_id
	where ` + endedBetween + ` and b.ended_cause in ('member', 'staff')
		and c.starts_at > $2 and c.starts_at - b.ended_at < $3
		and b.ended_by <> coalesce(c.substitute_id, c.instructor_id)
	group by 1, 2, 3`

// teachingNews is what teachers are told, by the id of the teacher.
type teachingNews map[int64]*teacherNews

// teacherNews is what one teacher is told.
type teacherNews struct {
	first   time.Time // when the first thing happened
	starts  time.Time // the first start
	last    time.Time // the last start
	classes []taughtClass
}

func (news teachingNews) tell(teacher int64, at, startsAt time.Time, class taughtClass) {
	n := news[teacher]
	if n == nil {
		n = &teacherNews{first: at, starts: startsAt, last: startsAt}
		news[teacher] = n
	}
	n.first, n.starts = earliest(n.first, at), earliest(n.starts, startsAt)
	if startsAt.After(n.last) {
		n.last = startsAt
	}
	n.classes = append(n.classes, class)
}

// relayTeaching adds a message for each teacher whose classes changed in the stretch: one for all
// of them. It returns the number of changes.
func relayTeaching(ctx context.Context, tx pgx.Tx, studio *Studio, x stretch) (int, error) {
	rows, _ := tx.Query(ctx, teachingSQL, x.from, x.until)
	history, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r taughtRow, err error) {
		err = row.Scan(&r.classID, &r.at, &r.verb, &r.actor, &r.instructor, &r.substitute, &r.instructs, &r.substitutes,
			&r.startsAt, &r.instructsNow, &r.standsNow)
		return r, err
	})
	if err != nil {
		return 0, err
	}
	news := teachersOf(history, x)
	rows, _ = tx.Query(ctx, fewerSQL, x.from, x.until, fewerAhead)
	fewer := 0
	err = each(rows, func(rows pgx.Rows) error {
		var class, teacher int64
		var startsAt, at time.Time
		err := rows.Scan(&class, &teacher, &startsAt, &at)
		news.tell(teacher, at, startsAt, taughtClass{class, TeachingFewer})
		fewer++
		return err
	})
	if err != nil || len(news) == 0 {
		return len(history), err
	}
	rows, _ = tx.Query(ctx, `
		select `+recipientColumns+`, `+devicesSQL+` from person p where p.id = any($1) and p.state = 'active' order by p.id`,
		slices.Collect(maps.Keys(news)))
	b := &pgx.Batch{}
	err = each(rows, func(rows pgx.Rows) error {
		var p Recipient
		var devices []int64
		if err := scanRecipient(rows, &p, &devices); err != nil {
			return err
		}
		for _, d := range news[p.ID].deliveries(&p, devices, studio) {
			d.queue(b)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(history) + fewer, tx.SendBatch(ctx, b).Close()
}

// teachersOf walks back through the history, the newest row of each class first, and returns what
// the teachers of each row in the stretch are told. Nobody is told what the own click did.
func teachersOf(history []taughtRow, x stretch) teachingNews {
	news := teachingNews{}
	tell := func(r *taughtRow, teacher int64, what TeachingChange) {
		if teacher != 0 && teacher != r.actor {
			news.tell(teacher, r.at, r.startsAt, taughtClass{r.classID, what})
		}
	}
	var class Class // with its teachers after the row
	for i := range history {
		r := &history[i]
		if r.classID != class.ID {
			class = Class{ID: r.classID, InstructorID: r.instructsNow, SubstituteID: r.standsNow}
		}
		after := class.actualInstructor()
		if r.instructs {
			class.InstructorID = r.instructor
		}
		if r.substitutes {
			class.SubstituteID = r.substitute
		}
		before := class.actualInstructor()
		switch {
		case !x.contains(r.at):
		case r.verb == verbCancelClass:
			tell(r, after, TeachingCancelled)
		case r.verb == verbRestoreClass:
			tell(r, after, TeachingRestored)
		case before != after:
			tell(r, before, TeachingReplaced)
			tell(r, after, TeachingAssigned)
		}
	}
	return news
}

// deliveries are those of one teacher: to the devices and by mail.
func (n *teacherNews) deliveries(p *Recipient, devices []int64, studio *Studio) (list []newDelivery) {
	due := n.first
	if n.starts.Sub(n.first) > nearby {
		due = due.Add(SettleTime)
	}
	d := newDelivery{
		key: fmt.Sprintf("teaching %d at %d", p.ID, n.first.UnixMicro()), kind: NoticeTeaching, personID: p.ID,
		due: p.rest(studio).HoldUntil(due, n.starts, studio.Zone), expires: n.last, details: map[string]any{"classes": n.classes},
	}
	if len(n.classes) == 1 {
		d.classID = n.classes[0].Class
	}
	if p.wants(CategoryTeaching, ChannelPush) {
		list = d.pushes(devices)
	}
	onlyFewer := !slices.ContainsFunc(n.classes, func(t taughtClass) bool { return t.What != TeachingFewer })
	if p.Email != "" && p.wants(CategoryTeaching, ChannelMail) && !onlyFewer {
		list = append(list, d.mail())
	}
	return list
}

// opposites are the changes that take each other back.
var opposites = map[TeachingChange]TeachingChange{
	TeachingAssigned: TeachingReplaced, TeachingReplaced: TeachingAssigned,
	TeachingCancelled: TeachingRestored, TeachingRestored: TeachingCancelled,
}

// teaching reads what a message to a teacher tells: the changes that are still true. A change that
// takes back one that was never told is not told either.
func (e *Engine) teaching(ctx context.Context, d Delivery) (list []DigestClass, err error) {
	var details struct{ Classes []taughtClass }
	if err := json.Unmarshal(d.Details, &details); err != nil {
		return nil, during("reading a message to a teacher", err)
	}
	classes, err := classesOf(ctx, e.Reader, details.Classes, func(t taughtClass) int64 { return t.Class })
	if err != nil {
		return nil, err
	}
	for _, t := range details.Classes { // the newest first
		c, ok := classes[t.Class]
		ok = ok && (t.What != TeachingFewer || d.Channel == ChannelPush)
		told := slices.ContainsFunc(list, func(x DigestClass) bool { return x.Class.ID == c.ID })
		if !ok || told || c.Begun() || !t.What.isTrue(&c, d.To.ID) {
			continue
		}
		silent, err := e.takesBack(ctx, &d, t)
		if err != nil {
			return nil, err
		}
		if !silent {
			list = append(list, DigestClass{c, t.What})
		}
	}
	slices.SortFunc(list, func(a, b DigestClass) int { return a.Class.StartsAt.Compare(b.Class.StartsAt) })
	return list, nil
}

func (what TeachingChange) isTrue(c *Class, teacher int64) bool {
	teaches := c.actualInstructor() == teacher
	switch what {
	case TeachingReplaced:
		return !teaches
	case TeachingCancelled:
		return teaches && c.Cancelled
	}
	return teaches && !c.Cancelled
}

// takesBack reports whether the change takes back an earlier one that the teacher was not told by
// the channel.
func (e *Engine) takesBack(ctx context.Context, d *Delivery, t taughtClass) (silent bool, err error) {
	err = e.recordPool.QueryRow(ctx, `
		select coalesce((
			select x.state = 'cancelled'
				and x.details->'classes' @> jsonb_build_array(jsonb_build_object('class', $4::bigint, 'what', $5::text))
			from delivery x
			where x.person_id = $1 and x.kind = 'teaching' and x.channel = $2 and x.id < $3
				and x.details->'classes' @> jsonb_build_array(jsonb_build_object('class', $4::bigint))
			order by x.id desc limit 1), false)`, d.To.ID, d.Channel, d.ID, t.Class, opposites[t.What]).Scan(&silent)
	return silent, during("reading what a teacher knows", err)
}

// relayDigests tells teachers at 20:00 which classes they have tomorrow. Nobody without a class is
// written to. A digest ends when the first class begins, before the next one is made.
func relayDigests(ctx context.Context, tx pgx.Tx, studio *Studio, x stretch) (n int, err error) {
	day := CalendarDay(x.from, studio.Zone)
	for ; !day.After(CalendarDay(x.until, studio.Zone)); day = day.AddDate(0, 0, 1) {
		evening := WallTime(day, digestMinute/60, digestMinute%60, studio.Zone)
		if x.contains(evening) {
			found, err := addDigests(ctx, tx, studio, evening, day.AddDate(0, 0, 1))
			if err != nil {
				return n, err
			}
			n += found
		}
	}
	return n, nil
}

func addDigests(ctx context.Context, tx pgx.Tx, studio *Studio, evening, day time.Time) (n int, err error) {
	begin, end := WallTime(day, 0, 0, studio.Zone), WallTime(day.AddDate(0, 0, 1), 0, 0, studio.Zone)
	rows, _ := tx.Query(ctx, `
		select `+recipientColumns+`, c.first
		from (
			select coalesce(substitute_id, instructor_id) as teacher, min(starts_at) as first
			from class where starts_at >= $1 and starts_at < $2 and state = 'scheduled' group by 1) c
		join person p on p.id = c.teacher
		where p.state = 'active' and not exists (select from delivery d where d.key = 'digest ' || p.id || ' ' || $3::text)
		order by p.id`, begin, end, day.Format(time.DateOnly))
	b := &pgx.Batch{}
	err = each(rows, func(rows pgx.Rows) error {
		var p Recipient
		var first time.Time
		if err := scanRecipient(rows, &p, &first); err != nil || p.Email == "" || !p.wants(CategoryTeaching, ChannelMail) {
			return err
		}
		newDelivery{
			key: fmt.Sprintf("digest %d %s", p.ID, day.Format(time.DateOnly)), kind: NoticeDigest, channel: ChannelMail, personID: p.ID,
			from: evening, due: p.rest(studio).HoldUntil(evening, time.Time{}, studio.Zone), expires: first,
			details: map[string]any{"begin": begin.UTC(), "end": end.UTC()},
		}.queue(b)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return b.Len(), tx.SendBatch(ctx, b).Close()
}

// digest reads the classes of a day that the person teaches.
func (e *Engine) digest(ctx context.Context, d Delivery) ([]DigestClass, error) {
	var details struct{ Begin, End time.Time }
	if err := json.Unmarshal(d.Details, &details); err != nil {
		return nil, during("reading the day of a digest", err)
	}
	rows, _ := e.readPool.Query(ctx, readClassSQL+`
		where c.starts_at >= $1 and c.starts_at < $2 and c.state = 'scheduled' and coalesce(c.substitute_id, c.instructor_id) = $3
		order by c.starts_at, c.id`, details.Begin, details.End, d.To.ID)
	classes, err := pgx.CollectRows(rows, scanClass)
	return column(classes, func(c Class) DigestClass { return DigestClass{Class: c} }), during("reading the classes of a digest", err)
}
