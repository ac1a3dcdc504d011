package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// importedSeat is a row of bookings or of a waitlist: a person in a coming class.
type importedSeat struct {
	classID  int64
	personID int64 // 0: a guest who is new
	guest    *Guest
	cost     int
	paid     bool // in the program that the file comes from
	position int  // on the waitlist; 0: that of the row

	bookingID int64 // as the run made it
	entry     *entry
	overlaps  bool // the person has another seat at that time
}

// judgeBookings gives a seat to each row that the rules of the front desk allow one: on the snapshot,
// which the run saves. The studio has promised these seats before, so the hours of booking and the
// limits of members do not bind the rows, and a second seat at the same time is a remark. A booking
// that was imported before is the same, also after it was cancelled.
func judgeBookings(ctx context.Context, tx pgx.Tx, im *importRun) error {
	s, err := im.loadSeats(ctx, tx, false)
	if err != nil {
		return err
	}
	imported, err := importedBefore(ctx, tx, im.Kind, im.keys())
	if err != nil {
		return err
	}
	im.paid = map[grantOfImport]*grant{}
	guests, err := im.bookedGuests(ctx, tx, s)
	if err != nil {
		return err
	}
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i)
		}
		if r.Verdict == VerdictWrong {
			continue
		}
		row := r.value.(*importedSeat)
		c := s.classes[row.classID]
		switch {
		case c == nil:
			r.refuse(about("title", "unknown_class"))
		case guests[string(r.key)], row.guest == nil && c.bookingOf(row.personID) != nil:
			r.Verdict = VerdictSame
		case imported[string(r.key)]:
			r.Verdict = VerdictSame
			r.note(about("title", "ended_since"))
		default:
			im.seat(s, c, r, row)
			guests[string(r.key)] = row.guest != nil && r.Verdict == VerdictNew
		}
	}
	return nil
}

// loadSeats reads the rows, and the classes and people whom they mean, with all waiters of the classes.
func (im *importRun) loadSeats(ctx context.Context, tx pgx.Tx, joins bool) (*snapshot, error) {
	members, err := im.findMembers(ctx, tx)
	if err != nil {
		return nil, err
	}
	classes, err := im.findClasses(ctx, tx)
	if err != nil {
		return nil, err
	}
	var secret []byte
	if err := tx.QueryRow(ctx, `select secret from studio`).Scan(&secret); err != nil {
		return nil, during("reading the secret of keys", err)
	}
	locks := lockSet{frees: everybody, joins: joins}
	for _, r := range im.rows {
		row := im.readSeat(r, members, classes)
		if r.value = row; r.Verdict == VerdictWrong {
			continue
		}
		locks.classes = append(locks.classes, row.classID)
		who := fmt.Sprint(row.personID)
		if row.guest != nil {
			who = row.guest.key()
		} else {
			locks.people = append(locks.people, row.personID)
		}
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "import %s %d %s", im.Kind, row.classID, who)
		r.key, r.TargetID = mac.Sum(nil), row.personID
	}
	slices.Sort(locks.people)
	locks.people = slices.Compact(locks.people)
	im.snapshot, err = im.load(ctx, tx, locks, 4*len(im.rows))
	return im.snapshot, err
}

// readSeat reads the cells of a row.
func (im *importRun) readSeat(r *importedRow, members *memberFinder, classes *classFinder) *importedSeat {
	row := &importedSeat{}
	if im.Kind == ImportBookings {
		row.cost, row.paid = im.number(r, "cost", 0, CostMax, 0), im.flag(r, "paid", false)
	} else {
		row.position = im.number(r, "position", 1, ImportRowsMax, 0)
	}
	if im.Kind == ImportBookings && im.flag(r, "guest", false) {
		email := im.text(r, "member_email")
		row.guest = &Guest{Name: strings.Join(strings.Fields(im.nameOf(r)), " "), Email: normalEmail(email), Language: im.studio.Language}
		var f Faults
		f.wantText(row.guest.Name, NameMax, "member_name")
		f.Want(email == "" || validEmail(row.guest.Email), "member_email", "email")
		for _, e := range f {
			r.refuse(e)
		}
	} else if id, problem := im.memberOf(r, members); problem != nil {
		r.refuse(problem)
	} else {
		row.personID = id
	}
	if c, problem := classes.of(r); problem != nil {
		r.refuse(problem)
	} else {
		row.classID = c.ID
	}
	return row
}

// key tells the guests of a class apart.
func (g *Guest) key() string {
	return "guest " + PersonName{GivenName: g.Name}.Folded() + " " + g.Email
}

// keys lists the keys of the rows that are not wrong.
func (im *importRun) keys() (list [][]byte) {
	for _, r := range im.rows {
		if r.key != nil {
			list = append(list, r.key)
		}
	}
	return list
}

// bookedGuests has the keys of the rows whose guests have seats in the classes.
func (im *importRun) bookedGuests(ctx context.Context, tx pgx.Tx, s *snapshot) (map[string]bool, error) {
	booked := map[string]bool{}
	ids := column(byID(s.classes), func(c *class) int64 { return c.ID })
	rows, _ := tx.Query(ctx, `
		select b.class_id, trim(p.given_name || ' ' || p.family_name), coalesce(p.email, '')
		from booking b join person p on p.id = b.person_id
		where b.class_id = any($1) and b.state in ('booked', 'checked_in') and p.role = 'guest'`, ids)
	seated := map[string]bool{}
	err := each(rows, func(rows pgx.Rows) error {
		var id int64
		var g Guest
		err := rows.Scan(&id, &g.Name, &g.Email)
		seated[fmt.Sprint(id, " ", g.key())] = true
		return err
	})
	for _, r := range im.rows {
		if row := r.value.(*importedSeat); row.guest != nil && r.key != nil {
			booked[string(r.key)] = seated[fmt.Sprint(row.classID, " ", row.guest.key())]
		}
	}
	return booked, during("reading the guests of classes", err)
}

// seat books the person of a row, or says why not.
func (im *importRun) seat(s *snapshot, c *class, r *importedRow, row *importedSeat) {
	p := &person{role: RoleGuest, state: PersonActive}
	if row.guest == nil {
		p = s.people[row.personID]
	}
	entry := c.entryOf(p.id)
	switch why := im.seatDenial(s, c, p, entry); {
	case why != nil:
		r.refuse(why)
		return
	case p.role != RoleGuest && !row.paid && p.usable(c, s.now) < row.cost:
		e := refuse(NoCredits, "needed", row.cost, "have", p.usable(c, s.now))
		e.Field = "cost"
		r.refuse(e)
		return
	}
	if o := s.overlapDenial(p, c); o != nil {
		r.note(about("title", "overlaps", "title", o.Args["title"]))
		row.overlaps = true
	}
	how := seating{entry: entry, cost: row.cost, by: im.actor.ID}
	if row.guest != nil {
		p = s.newGuest(*row.guest)
		row.personID = p.id
	} else if row.paid && row.cost > 0 {
		how.paidWith = im.paidElsewhere(s, c, p, row.cost)
	}
	r.Verdict, row.bookingID = VerdictNew, s.seat(c, p, how).ID
}

// seatDenial says why the person may not have a seat; nil: the person may.
func (im *importRun) seatDenial(s *snapshot, c *class, p *person, e *entry) *Error {
	if err := s.denial(p, c, viaImport); err != nil {
		return ofRow(err)
	}
	if e != nil { // a sweep ends the offer within a second
		if o := c.offerOf(e.id); o != nil && !s.now.Before(o.ExpiresAt) {
			return ofRow(refuse(HeldForWaitlist))
		}
	}
	if err := s.seatDenial(c, e); err != nil {
		return ofRow(err)
	}
	if e == nil && s.waiterIsNext(c) {
		return ofRow(refuse(HeldForWaitlist))
	}
	return nil
}

// waiterIsNext reports whether a waiter may have a seat and was not asked yet, which the allocator
// does within seconds.
func (s *snapshot) waiterIsNext(c *class) bool {
	if !c.Rules.Online || windowAt(s.now, c.StartsAt, c.Rules.FreeCancel, c.Rules.WaitlistCloses) >= windowClosed {
		return false
	}
	return slices.ContainsFunc(c.entries, func(e *entry) bool {
		return e.state == EntryWaiting && c.offerOf(e.id) == nil && s.waiterDenial(c, e) == nil
	})
}

// paidElsewhere issues the credits with which a booking was paid in another program, for the booking
// to spend: a cancellation gives them back. They are like those that would pay here, in one grant for
// all rows of a person.
func (im *importRun) paidElsewhere(s *snapshot, c *class, p *person, n int) *grant {
	like := p.paysFirst(c, s.now)
	if like == nil {
		like = &grant{}
	}
	of := grantOfImport{p.id, like.id}
	g := im.paid[of]
	if g == nil {
		g = &grant{
			id: s.newID(), personID: p.id, name: like.name, validFrom: s.now, expiresAt: like.expiresAt, typeIDs: like.typeIDs,
			createdBy: im.actor.ID, importedAt: s.now, isNew: true,
		}
		p.grants, im.paid[of] = append(p.grants, g), g
	}
	g.quantity += n
	g.remaining += n
	s.transfers = append(s.transfers, &transfer{from: accountIssued, to: g.id, amount: n, kind: TransferGrant, actorID: im.actor.ID})
	return g
}

// grantOfImport names a grant of paidElsewhere by the grant that it is like; 0: none.
type grantOfImport struct{ personID, likeID int64 }

// ofRow is a refusal of the rules as it is said of a row.
func ofRow(e *Error) *Error {
	e.Field = "title"
	if e.Code == Suspended {
		e.Field = "member_name"
	}
	return e
}

// writeSeats saves the snapshot, and what must not be imported again.
func (im *importRun) writeSeats(ctx context.Context, tx pgx.Tx, id func(*importedSeat) int64) ([]Change, error) {
	changes, err := im.snapshot.saveWithin(ctx, tx)
	if err != nil {
		return nil, err
	}
	added := im.added()
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"imported"}, strings.Fields("kind key import_id person_id target_id"),
		pgx.CopyFromSlice(len(added), func(i int) ([]any, error) {
			if i%1000 == 0 {
				im.progress(i)
			}
			row := added[i].value.(*importedSeat)
			return []any{string(im.Kind), added[i].key, im.ID, row.personID, id(row)}, nil
		}))
	return changes, during("writing what was imported", err)
}

// added lists the rows that the run adds.
func (im *importRun) added() (list []*importedRow) {
	for _, r := range im.rows {
		if r.Verdict == VerdictNew {
			list = append(list, r)
		}
	}
	return list
}

// writeBookings writes the history, too: many rows at once, since members wait for the locks.
func writeBookings(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error) {
	changes, err := im.writeSeats(ctx, tx, func(row *importedSeat) int64 { return row.bookingID })
	if err != nil {
		return nil, err
	}
	added := im.added()
	columns := strings.Fields("at actor_id verb class_id person_id booking_id details")
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"history"}, columns, pgx.CopyFromSlice(len(added), func(i int) ([]any, error) {
		row := added[i].value.(*importedSeat)
		verb, details := verbAddParticipant, map[string]any{"import": im.ID}
		if row.overlaps {
			verb, details["overridden"] = verbOverride, Overlap
		}
		return []any{im.snapshot.now, idOrNil(im.actor.ID), string(verb), row.classID, row.personID, row.bookingID, details}, nil
	}))
	return changes, during("writing the history of an import", err)
}
