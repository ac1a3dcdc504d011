package booking

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// DateState says what has become of a date of a recurring booking (rules 18, 19).
type DateState string

// The states of a date.
const (
	DateBookable DateState = "bookable" // preview only: can be booked
	DateFull     DateState = "full"     // preview only: full, the waitlist may be open

	DateBooked  DateState = "booked"
	DateWaiting DateState = "waiting"
	DatePending DateState = "pending_credits" // without a seat; booked when credits arrive
	DateRefused DateState = "refused"         // Why names the rule
	DateEnded   DateState = "ended"           // ended before it had a seat
)

// recurring is a request for seats in several classes of a series.
type recurring struct {
	id, personID, seriesID int64
	standing, waitlist     bool
	fromAt                 time.Time
	createdBy              int64
	endedAt                time.Time
	endedBy                int64
	dates                  map[int64]*recurringDate // by class
	isNew, dirty           bool
}

type recurringDate struct {
	state DateState
	why   Code
	dirty bool
}

const (
	readRecurringSQL = `
		select r.id, r.person_id, r.series_id, r.standing, r.waitlist, r.from_at, r.ended_at,
			d.class_id, d.state, coalesce(d.why, '')
		from recurring r left join recurring_date d on d.recurring_id = r.id
		where r.id = any($1)`

	insertRecurringSQL = `
		insert into recurring (id, person_id, series_id, standing, waitlist, from_at, created_by)
		values ($1, $2, $3, $4, $5, $6, $7)`

	endRecurringSQL = `update recurring set ended_at = $2, ended_by = $3, standing = $4 where id = $1`

	saveDateSQL = `
		insert into recurring_date (recurring_id, class_id, state, why, at) values ($1, $2, $3, $4, $5)
		on conflict (recurring_id, class_id) do update set state = excluded.state, why = excluded.why, at = excluded.at`
)

func (s *snapshot) scanRecurring(rows pgx.Rows) error {
	return each(rows, func(rows pgx.Rows) error {
		var r recurring
		var classID *int64
		var state *DateState
		var d recurringDate
		err := rows.Scan(&r.id, &r.personID, &r.seriesID, &r.standing, &r.waitlist, &r.fromAt, at{&r.endedAt}, &classID, &state, &d.why)
		if err != nil {
			return err
		}
		if s.recurring[r.id] == nil {
			r.dates = map[int64]*recurringDate{}
			s.recurring[r.id] = &r
		}
		if classID != nil {
			d.state = *state
			s.recurring[r.id].dates[*classID] = &d
		}
		return nil
	})
}

func (s *snapshot) queueRecurring(b *pgx.Batch) {
	for _, r := range byID(s.recurring) {
		switch {
		case r.isNew:
			b.Queue(insertRecurringSQL, r.id, r.personID, r.seriesID, r.standing, r.waitlist, r.fromAt, idOrNil(r.createdBy))
		case r.dirty:
			b.Queue(endRecurringSQL, r.id, orNil(r.endedAt), idOrNil(r.endedBy), r.standing)
		}
		for _, classID := range slices.Sorted(maps.Keys(r.dates)) {
			if d := r.dates[classID]; d.dirty {
				b.Queue(saveDateSQL, r.id, classID, d.state, textOrNil(string(d.why)), s.now)
			}
		}
	}
}

// tryDate books one date as the person would, or determines why that is not possible. It
// takes a seat or joins a waitlist only if no rule denies it.
func (s *snapshot) tryDate(r *recurring, c *class, via via, actorID int64) *recurringDate {
	d := r.dates[c.ID]
	if d == nil {
		d = &recurringDate{}
	}
	state, why := s.bookOrJoin(r, c, s.people[r.personID], via, actorID)
	if r.standing && why == NotOpenYet {
		return d // it is tried again when booking opens
	}
	if state != d.state || why != d.why {
		d.state, d.why, d.dirty = state, why, true
	}
	r.dates[c.ID] = d
	return d
}

func (s *snapshot) bookOrJoin(r *recurring, c *class, p *person, via via, actorID int64) (state DateState, why Code) {
	if c.bookingOf(p.id) != nil {
		return DateBooked, ""
	}
	entry := c.entryOf(p.id)
	if err := s.denial(p, c, via); err != nil {
		if err.Code == NoCredits {
			return DatePending, ""
		}
		return DateRefused, err.Code
	}
	if err := s.seatDenial(c, entry); err != nil {
		if entry != nil {
			return DateWaiting, ""
		}
		if !r.waitlist {
			return DateRefused, err.Code
		}
		if err := s.waitlistDenial(c, p, via == viaDesk); err != nil {
			return DateRefused, err.Code
		}
		s.join(c, p.id, actorID)
		return DateWaiting, ""
	}
	s.seat(c, p, seating{entry: entry, cost: c.Rules.Cost, by: actorID})
	return DateBooked, ""
}

// RecurringRequest books several classes of a series at once. A standing booking books each
// class from this one on when it comes within the horizon.
type RecurringRequest struct {
	Key      string `json:"-"`
	ClassID  int64  // the first class
	MemberID int64  // for staff; 0: the actor
	ClassIDs []int64
	Standing bool // book the later classes of the series too (rule 19)
	Waitlist bool // join the waitlist of full classes
	CostSeen *int `json:"-"` // credits per date that the page showed
}

// RecurringOutcome has a state for each date. Some may be booked and others not.
type RecurringOutcome struct {
	RecurringID int64
	Dates       []RecurringDate // by start
	Balance     int             // credits of all types that have not expired
}

func (o RecurringOutcome) effect() (resultName, int64) { return resultRecurring, 0 }

// RecurringDate is one class of a recurring booking.
type RecurringDate struct {
	ClassID   int64
	Title     string
	StartsAt  time.Time
	Cost      int
	State     DateState
	Why       Code  // the rule, if refused
	BookingID int64 // the booking, if booked
	Usable    int   // preview only: credits that could pay for this date if nothing else were booked
	Near      bool  // preview only: a standing booking would book it now
}

// recurringPerson returns the person of a recurring booking. The error is NotFound if the
// studio has no recurring bookings (S7) or no such member, and Forbidden for another person
// without EditParticipants.
func (rd *Reader) recurringPerson(ctx context.Context, a Actor, memberID int64) (int64, via, error) {
	studio, err := rd.Studio(ctx)
	switch {
	case err != nil:
		return 0, viaSelf, err
	case !studio.Recurring:
		return 0, viaSelf, refuse(NotFound)
	case memberID == 0 || memberID == a.ID:
		return a.ID, viaSelf, nil
	case !a.Can(EditParticipants):
		return 0, viaSelf, refuse(Forbidden)
	}
	var member bool
	err = rd.readPool.QueryRow(ctx, `select exists (select from person where id = $1 and role <> 'guest')`, memberID).Scan(&member)
	switch {
	case err != nil:
		return 0, viaDesk, during("looking for a member", err)
	case !member:
		return 0, viaDesk, refuse(NotFound)
	}
	return memberID, viaDesk, nil
}

// upcomingClasses reads the classes of the series from this one on that members may still
// book, at most 366.
func (rd *Reader) upcomingClasses(ctx context.Context, classID int64) ([]Class, error) {
	rows, _ := rd.readPool.Query(ctx, readClassSQL+`
		join class this on this.id = $1 and c.series_id = this.series_id and c.starts_at >= this.starts_at
		where c.state = 'scheduled' and not c.hidden and c.starts_at > clock_timestamp()
		order by c.starts_at, c.id limit 366`, classID)
	list, err := pgx.CollectRows(rows, scanClass)
	if err == nil && !slices.ContainsFunc(list, func(c Class) bool { return c.ID == classID }) {
		return nil, refuse(NotFound)
	}
	return list, during("reading the classes of a series", err)
}

// withinHorizon reports whether a standing booking books the class now.
func (s *Studio) withinHorizon(c Class) bool { return c.StartsAt.Before(c.ReadAt.Add(s.Horizon)) }

// PreviewRecurring lists the dates from the class on, with the result that a booking of
// each would have. It subtracts the credits along the list. Refusals: NotFound, Forbidden.
func (rd *Reader) PreviewRecurring(ctx context.Context, a Actor, classID, memberID int64) ([]RecurringDate, error) {
	person, _, err := rd.recurringPerson(ctx, a, memberID)
	if err != nil {
		return nil, err
	}
	classes, err := rd.upcomingClasses(ctx, classID)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(classes))
	for i, c := range classes {
		ids[i] = c.ID
	}
	personal, err := rd.Personal(ctx, Actor{ID: person}, ids)
	if err != nil {
		return nil, err
	}
	studio, err := rd.Studio(ctx)
	if err != nil {
		return nil, err
	}
	list, spent := make([]RecurringDate, len(classes)), 0
	for i, c := range classes {
		m := personal.Classes[c.ID]
		d := RecurringDate{
			ClassID: c.ID, Title: c.Title, StartsAt: c.StartsAt, Cost: c.Rules.Cost, State: DateBookable,
			Usable: m.Usable, Near: studio.withinHorizon(c),
		}
		switch {
		case m.Booking != nil && (m.Booking.State == StateBooked || m.Booking.State == StateCheckedIn):
			d.State, d.BookingID = DateBooked, m.Booking.ID
		case m.Entry != nil:
			d.State = DateWaiting
		case m.Block != nil && m.Block.Code != NoCredits:
			d.State, d.Why = DateRefused, m.Block.Code
		case c.Free() <= c.Reserved():
			d.State = DateFull
		case m.Block != nil || m.Usable < spent+c.Rules.Cost:
			d.State = DatePending
		default:
			spent += c.Rules.Cost
		}
		list[i] = d
	}
	return list, nil
}

// BookRecurring books the selected dates. It joins the waitlists of full dates if asked to,
// and keeps dates that lack credits until credits arrive. A standing booking books the
// dates within the horizon; [Engine.Run] books the later ones. Refusals: NotFound,
// Forbidden, Invalid (no date), AlreadyBooked (a second standing booking), CostChanged.
func (e *Engine) BookRecurring(ctx context.Context, a Actor, r RecurringRequest) (RecurringOutcome, error) {
	personID, via, err := e.recurringPerson(ctx, a, r.MemberID)
	if err != nil {
		return refuseEarly[RecurringOutcome](ctx, e, a, r.Key, r, err)
	}
	coming, err := e.upcomingClasses(ctx, r.ClassID)
	if err != nil {
		return refuseEarly[RecurringOutcome](ctx, e, a, r.Key, r, err)
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return RecurringOutcome{}, err
	}
	var ids []int64
	for _, c := range coming {
		if slices.Contains(r.ClassIDs, c.ID) || r.Standing && studio.withinHorizon(c) {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 && !r.Standing {
		return refuseEarly[RecurringOutcome](ctx, e, a, r.Key, r, invalid("class_id", "no_date"))
	}
	seriesID, fromAt := coming[0].SeriesID, coming[0].StartsAt
	locks := lockSet{classes: ids, people: []int64{personID}, counted: ownChanges(a, personID)}
	return run(ctx, e, a, r.Key, r, locks, func(s *snapshot) (RecurringOutcome, error) {
		p := s.people[personID]
		if p == nil || p.role == RoleGuest {
			return RecurringOutcome{}, refuse(NotFound)
		}
		for _, c := range byStart(s, ids) {
			if r.CostSeen != nil && c.Rules.Cost > *r.CostSeen {
				return RecurringOutcome{}, refuse(CostChanged, "cost", c.Rules.Cost, "seen", *r.CostSeen)
			}
		}
		x := &recurring{
			id: s.newID(), personID: p.id, seriesID: seriesID, standing: r.Standing, waitlist: r.Waitlist, fromAt: fromAt, createdBy: a.ID,
			dates: map[int64]*recurringDate{}, isNew: true,
		}
		s.recurring[x.id] = x
		s.changePerson(p.id)
		for _, c := range byStart(s, ids) {
			s.tryDate(x, c, via, a.ID)
		}
		s.record(history{
			actorID: a.ID, verb: verbBookRecurring, classID: r.ClassID, personID: p.id,
			details: map[string]any{"dates": len(ids), "standing": r.Standing},
		})
		return RecurringOutcome{RecurringID: x.id, Dates: s.datesOf(x), Balance: p.balance(s.now)}, nil
	})
}

// byStart returns the classes ordered by start.
func byStart(s *snapshot, ids []int64) (list []*class) {
	for _, id := range ids {
		if c := s.classes[id]; c != nil {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *class) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (s *snapshot) datesOf(r *recurring) (list []RecurringDate) {
	for _, c := range byStart(s, slices.Collect(maps.Keys(r.dates))) {
		d := RecurringDate{
			ClassID: c.ID, Title: c.Title, StartsAt: c.StartsAt, Cost: c.Rules.Cost,
			State: r.dates[c.ID].state, Why: r.dates[c.ID].why,
		}
		if b := c.bookingOf(r.personID); b != nil {
			d.BookingID = b.ID
		}
		list = append(list, d)
	}
	return list
}

// Recurring is a recurring booking with its future dates.
type Recurring struct {
	ID       int64
	Standing bool
	Dates    []RecurringDate // booked, waiting or pending, by start; may be empty
	Title    string          // of the next class
}

// Recurrings lists the recurring bookings of a person that have not ended. Refusals:
// NotFound, Forbidden.
func (rd *Reader) Recurrings(ctx context.Context, a Actor, personID int64) ([]Recurring, error) {
	if err := maySeePerson(a, personID); err != nil {
		return nil, err
	}
	if _, _, err := rd.recurringPerson(ctx, a, personID); err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, `
		select r.id, r.standing, coalesce(c.id, 0), coalesce(c.title, ''), c.starts_at, coalesce(c.cost, 0),
			coalesce(c.state, ''), coalesce(c.booking_id, 0), n.title
		from recurring r
		left join lateral (
			select c.id, c.title, c.starts_at, c.cost, d.state, b.id as booking_id
			from recurring_date d
			join class c on c.id = d.class_id
			left join booking b on b.class_id = c.id and b.person_id = r.person_id and b.state in ('booked', 'checked_in')
			where d.recurring_id = r.id and c.starts_at > clock_timestamp() and c.state = 'scheduled'
				and (d.state = 'pending_credits' or b.id is not null or exists (
					select from waitlist_entry w
					where w.class_id = c.id and w.person_id = r.person_id and w.state in ('waiting', 'offered')))) c on true
		left join lateral (
			select k.title from class k
			where k.series_id = r.series_id and k.state = 'scheduled'
				and k.starts_at > clock_timestamp() and k.starts_at >= r.from_at
			order by k.starts_at limit 1) n on true
		where r.person_id = $1 and r.ended_at is null and (c.id is not null or r.standing and n.title is not null)
		order by r.id, c.starts_at`, personID)
	var list []Recurring
	err := each(rows, func(rows pgx.Rows) error {
		var r Recurring
		var d RecurringDate
		var title *string
		err := rows.Scan(&r.ID, &r.Standing, &d.ClassID, &d.Title, at{&d.StartsAt}, &d.Cost, &d.State, &d.BookingID, &title)
		if err != nil {
			return err
		}
		if title != nil {
			r.Title = *title
		}
		if len(list) == 0 || list[len(list)-1].ID != r.ID {
			list = append(list, r)
		}
		if d.BookingID != 0 {
			d.State = DateBooked
		}
		if d.ClassID != 0 {
			last := &list[len(list)-1]
			last.Dates = append(last.Dates, d)
		}
		return nil
	})
	return list, during("reading recurring bookings", err)
}
