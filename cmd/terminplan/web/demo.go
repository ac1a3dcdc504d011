package web

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// Demo is the content of a demo studio: of its login page and of the page /demo. The program
// decides whether the studio is a demo.
type Demo struct {
	present.Demo
	Phone, Desk string   // the e-mail addresses of the people on the screens of /demo
	Crowd       []string // of the members who book and cancel there
}

// DemoAccount is an account that the login page of a demo offers.
type DemoAccount = present.DemoAccount

// demoPage shows three screens of the studio side by side. Without a demo there is no such page.
func (s *Server) demoPage(r *request) (response, error) {
	if s.demo == nil {
		return response{}, refuse(booking.NotFound)
	}
	class, err := s.demoClass(r.Request.Context(), r.studio)
	if err != nil {
		return response{}, err
	}
	r.Header("Content-Security-Policy", policy+"; frame-src 'self'")
	return response{page: func() error { return s.renderPage(r, s.present(r).Demo(r.studio, class)) }}, nil
}

// demoSteps is what the page may ask the crowd to do.
const (
	demoBeat   = "beat"   // one of them books, cancels or joins the waitlist
	demoSnatch = "snatch" // they take all free seats
)

type demoJSON struct {
	What  string `json:"what"` // booked, cancelled, promoted, joined, accepted, snatched; empty: nothing
	Text  string `json:"text"`
	Class int64  `json:"class"`
}

// demoStep lets members of the demo do something in the class that the screens show. The page
// asks for each step, so nothing happens while nobody watches; all pages together get one step
// in a second.
func (s *Server) demoStep(r *request) (response, error) {
	if s.demo == nil {
		return response{}, refuse(booking.NotFound)
	}
	if !s.steps.allow("demo") {
		return response{}, &booking.Error{Code: booking.Throttled, Args: map[string]any{"seconds": 1}}
	}
	ctx := r.Request.Context()
	class, err := s.demoClass(ctx, r.studio)
	if err != nil || class == nil {
		return response{json: demoJSON{}}, err
	}
	m := metronome{Server: s, class: *class}
	if m.owner, err = s.engine.Owner(ctx); err == nil {
		err = m.read(ctx)
	}
	if err != nil {
		return response{}, err
	}
	var what, name string
	if r.form.values.Get("step") == demoSnatch {
		what, name, err = m.snatch(ctx)
	} else {
		what, name, err = m.beat(ctx)
	}
	if err != nil {
		return response{}, err
	}
	said := demoJSON{What: what, Class: class.ID}
	if what != "" {
		said.Text = s.present(r).Text(fmt.Sprintf("text.demo_%s", what), "Name", name, "Title", class.Title)
	}
	return response{json: said}, nil
}

// demoRows is how many rows of the board are certainly on its first page.
const demoRows = 7

// demoSeats is the largest class of which the crowd soon takes the last seat.
const demoSeats = 12

// demoClass returns the class with which the three screens show what happens: the first on the
// board that is small and that a member can book with one press, else one of the others that can
// be booked; nil: none.
func (s *Server) demoClass(ctx context.Context, studio booking.Studio) (*booking.Class, error) {
	today := present.Midnight(time.Now(), studio.Zone)
	classes, err := s.engine.Schedule(ctx, today, present.AddDays(today, boardDays))
	if err != nil {
		return nil, err
	}
	classes = slices.DeleteFunc(classes, func(c booking.Class) bool { return c.Hidden || c.Over() })
	classes = classes[:min(demoRows, len(classes))]
	var large, late *booking.Class
	for i := range classes {
		c := &classes[i]
		phase := c.Phase()
		if !c.Rules.Online || c.StartsAt.Sub(c.ReadAt) < 10*time.Minute || c.Rules.WaitlistMode == booking.ModeNotifyAll {
			continue
		}
		onePress := phase == booking.PhaseOpen || phase == booking.PhaseLate && c.Rules.Cost == 0
		switch {
		case onePress && c.Rules.Capacity <= demoSeats:
			return c, nil
		case onePress && large == nil:
			large = c
		case late == nil && phase == booking.PhaseLate:
			late = c
		}
	}
	return cmp.Or(large, late), nil
}

// metronome does one step of the demo.
type metronome struct {
	*Server
	owner  booking.Actor
	class  booking.Class
	roster booking.Roster
	crowd  []booking.Actor // in any order
}

func (m *metronome) read(ctx context.Context) (err error) {
	if m.roster, err = m.engine.Roster(ctx, m.owner, m.class.ID); err != nil {
		return err
	}
	members, _, err := m.engine.Members(ctx, m.owner, booking.DirectoryQuery{Who: "members", Limit: 200})
	for _, p := range members {
		if slices.Contains(m.demo.Crowd, p.Email) {
			m.crowd = append(m.crowd, booking.Actor{ID: p.ID, Role: booking.RoleMember, Name: p.Name, Email: p.Email})
		}
	}
	rand.Shuffle(len(m.crowd), func(i, j int) { m.crowd[i], m.crowd[j] = m.crowd[j], m.crowd[i] })
	return err
}

func (m *metronome) seatOf(a booking.Actor) int64 {
	for _, p := range m.roster.Participants {
		if p.PersonID == a.ID && p.State == booking.StateBooked {
			return p.Booking.ID
		}
	}
	return 0
}

func (m *metronome) entryOf(a booking.Actor) *booking.WaitlistEntry {
	for i := range m.roster.Waiting {
		if m.roster.Waiting[i].PersonID == a.ID {
			return &m.roster.Waiting[i]
		}
	}
	return nil
}

// beat accepts an open offer, or else lets the class become fuller until somebody waits, and
// emptier again.
func (m *metronome) beat(ctx context.Context) (what, name string, err error) {
	for _, a := range m.crowd {
		if e := m.entryOf(a); e != nil && e.Offer != nil {
			_, err := m.engine.AcceptOffer(ctx, a, booking.AcceptRequest{OfferID: e.Offer.ID})
			return done("accepted", a, err)
		}
	}
	free, waiting, coin := m.roster.Class.Free(), len(m.roster.Waiting), rand.IntN(4)
	switch {
	case free > 1 && coin > 0, free == 1 && coin > 1:
		if what, name, err = m.book(ctx); what != "" || err != nil {
			return what, name, err
		}
	case free == 0 && waiting == 0 && coin > 1:
		if what, name, err = m.join(ctx); what != "" || err != nil {
			return what, name, err
		}
	}
	return m.cancel(ctx, waiting > 0)
}

// snatch takes all free seats. Where no member may book, the front desk adds guests.
func (m *metronome) snatch(ctx context.Context) (what, name string, err error) {
	for left := m.roster.Class.Free(); left > 0; left-- {
		one, who, err := m.book(ctx)
		if err != nil {
			return what, name, err
		}
		if one == "" {
			guests := make([]booking.Guest, left)
			for i := range guests {
				guests[i].Name = demoGuests[i%len(demoGuests)]
			}
			add := booking.AddRequest{ClassID: m.class.ID, Guests: guests, ConfirmDuplicate: true}
			_, err := m.engine.AddParticipants(ctx, m.owner, add)
			return done("snatched", booking.Actor{Name: guests[left-1].Name}, err)
		}
		what, name = "snatched", who
	}
	return what, name, nil
}

var demoGuests = []string{"Nina Neu", "Per Probe", "Otto Offen", "Eva Gast"}

func (m *metronome) book(ctx context.Context) (what, name string, err error) {
	for i, a := range m.crowd {
		if m.seatOf(a) != 0 || m.entryOf(a) != nil {
			continue
		}
		_, err := m.engine.Book(ctx, a, booking.BookRequest{ClassID: m.class.ID})
		if what, name, err := done("booked", a, err); what != "" || err != nil {
			m.crowd = slices.Delete(m.crowd, i, i+1)
			return what, name, err
		}
	}
	return "", "", nil
}

func (m *metronome) join(ctx context.Context) (what, name string, err error) {
	for _, a := range m.crowd {
		if m.seatOf(a) != 0 || m.entryOf(a) != nil {
			continue
		}
		_, err := m.engine.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: m.class.ID})
		if what, name, err := done("joined", a, err); what != "" || err != nil {
			return what, name, err
		}
	}
	return "", "", nil
}

// cancel gives a seat back. If somebody waits, the waitlist moves up.
func (m *metronome) cancel(ctx context.Context, waited bool) (what, name string, err error) {
	if what = "cancelled"; waited {
		what = "promoted"
	}
	for _, a := range m.crowd {
		if seat := m.seatOf(a); seat != 0 {
			_, err := m.engine.Cancel(ctx, a, booking.CancelRequest{BookingID: seat, ReasonID: 1})
			if what, name, err := done(what, a, err); what != "" || err != nil {
				return what, name, err
			}
		}
	}
	for _, p := range m.roster.Participants {
		if p.Guest && p.State == booking.StateBooked {
			_, err := m.engine.Cancel(ctx, m.owner, booking.CancelRequest{BookingID: p.Booking.ID, ReasonID: 1})
			return done(what, booking.Actor{Name: p.Name}, err)
		}
	}
	return "", "", nil
}

// done reports what a member has done. A refusal is no error: somebody else may do something.
func done(what string, a booking.Actor, err error) (string, string, error) {
	switch {
	case err == nil:
		return what, a.Name, nil
	case refusal(err).Code == internal:
		return "", "", err
	}
	return "", "", nil
}
