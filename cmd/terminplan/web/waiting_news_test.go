package web

import (
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

// waiterPages are the open pages of a waiter: the class, the schedule and the own bookings.
type waiterPages struct {
	*site
	a                        booking.Actor
	class                    int64
	sheet, schedule, overall *page
}

func (s *site) waiterPages(a booking.Actor, class int64) *waiterPages {
	p := &waiterPages{site: s, a: a, class: class}
	p.sheet, p.schedule = s.open(a, path("view=class&class=%d", class)), s.open(a, s.scheduleOf(class))
	p.overall = s.open(a, "view=bookings")
	for _, open := range []*page{p.sheet, p.schedule} {
		open.next(path(`id="class-%d-personal"`, class))
	}
	return p
}

// wants waits until every open page of the waiter has the sentence and the brief text, and
// compares them with pages that are loaded now.
func (p *waiterPages) wants(sentence, brief string) {
	p.t.Helper()
	personal := path(`id="class-%d-personal"`, p.class)
	p.overall.next(`id="bookings"`, `data-e="resync"`) // this page fetches itself
	p.as(p.a).get("/bookings").wants(http.StatusOK).shows(sentence)
	for at, open := range map[string]*page{
		path("/classes/%d", p.class):              p.sheet,
		"/schedule?date=" + day(p.start(p.class)): p.schedule,
	} {
		frame := open.next(personal, sentence, brief)
		loaded := p.as(p.a).get(at).wants(http.StatusOK).shows(sentence).body
		if element := elementOf(p.t, frame, personal); open == p.schedule && !strings.Contains(loaded, element) {
			p.t.Errorf("%s differs from the open page, which shows %s", at, element)
		}
	}
	for _, open := range []*page{p.sheet, p.schedule, p.overall} {
		for _, name := range []string{"Cora", "Chic", "Anna", "Arnold"} {
			if open.saw(name) {
				p.t.Errorf("a page of %s names %s", p.a.Name, name)
			}
		}
	}
}

func TestEveryWaiterReadsLiveWhoIsOfferedTheSeat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, cora := s.Member("Anna Arnold", 3), s.Member("Cora Chic", 3)
	dora, emil := s.speaking(s.Member("Dora Dach", 3), "de"), s.speaking(s.Member("Emil Eck", 3), "en")
	class := s.Class(one)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []booking.Actor{cora, dora, emil} {
		s.as(a).json().post(path("/classes/%d/waitlist", class)).wants(http.StatusCreated)
	}
	doras, emils := s.waiterPages(dora, class), s.waiterPages(emil, class)
	s.as(anna).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1").wants(http.StatusOK)

	doras.wants("der Person vor dir angeboten. Du bist Nr. 2.", "angeboten bis")
	emils.wants("is offered to the person before you until", "offered until")
	s.as(emil).get(path("/classes/%d", class)).shows("You are number 3.")
	s.as(dora).json().get(path("/classes/%d", class)).shows(`"offered_ahead_until":"`).shows(`"position":2`)
	s.as(cora).get(path("/classes/%d", class)).hides("der Person vor dir")

	// The first declines: now the second has the offer, and the third is number 2.
	s.as(cora).json().post(path("/offers/%d/refusal", s.Int(`select id from offer where state = 'open'`))).wants(http.StatusOK)
	doras.sheet.next(path(`id="class-%d-personal"`, class), `data-personal="offer"`)
	emils.wants("You are number 2.", "offered until")
}

func TestAWaiterWhoIsSkippedReadsLiveWhy(t *testing.T) {
	t.Parallel()
	for _, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeAuto, booking.ModeNotifyAll} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			anna, cora := s.Member("Anna Arnold", 3), s.Member("Cora Chic", 3)
			poor := s.speaking(s.Member("Dora Dach", 0), "en")
			class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.WaitlistMode = 1, mode })
			seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range []booking.Actor{poor, cora} {
				s.as(a).json().post(path("/classes/%d/waitlist", class)).wants(http.StatusCreated)
			}
			pages := s.waiterPages(poor, class)
			s.as(anna).json().post(path("/bookings/%d/cancellation", seat.BookingID), "reason", "1").wants(http.StatusOK)
			pages.wants("you were skipped, because you do not have enough credits. You stay number 1.", "skipped: not enough credits")
			if !pages.sheet.saw("A seat opened, but not for you") {
				pages.sheet.next(`id="alerts"`, "A seat opened, but not for you")
			}
			s.as(poor).json().get(path("/classes/%d", class)).shows(`"skipped":"no_credits"`)
			s.as(poor).json().get("/alerts").shows(`"kind":"skipped"`).shows(`"skipped":"no_credits"`).shows(`"stale":false`)

			// With credits the reason is gone from the open page too.
			if err := grantCredit(s, poor); err != nil {
				t.Fatal(err)
			}
			for frame := pages.sheet.next(path(`id="class-%d-personal"`, class)); strings.Contains(frame, "skipped"); {
				frame = pages.sheet.next(path(`id="class-%d-personal"`, class))
			}
			s.as(poor).get(path("/classes/%d", class)).hides("skipped")
			s.as(poor).json().get("/alerts").shows(`"stale":true`)
		})
	}
}

func grantCredit(s *site, a booking.Actor) error {
	_, err := s.GrantCredits(s.t.Context(), s.Owner, booking.GrantRequest{PersonID: a.ID, Name: "Bonus", Quantity: 1})
	return err
}

func TestJoiningRefusesAnotherPriceOrStartThanThePageShowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.Cost = 0, 2 })
	cora := s.Member("Cora Chic", 3)
	at, start := path("/classes/%d/waitlist", class), s.start(class).UTC().Format("2006-01-02T15:04:05Z")
	s.as(cora).json().post(at, "cost_seen", "1").wants(http.StatusConflict).shows(`"code":"cost_changed"`)
	s.as(cora).json().post(at, "starts_seen", "2026-01-01T10:00:00Z").wants(http.StatusConflict).shows(`"code":"time_changed"`)
	s.as(cora).json().post(at, "cost_seen", "2", "starts_seen", start).wants(http.StatusCreated)
}

func TestTheDeskReadsThatNobodyIsAskedWhereOnlineBookingIsOff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.Online = 0, false })
	cora, dora := s.Member("Cora Chic", 3), s.Member("Dora Dach", 3)
	desk := s.speaking(s.Staff(booking.RoleFrontDesk, "Fred Empfang"), "en")
	at := path("/classes/%d/waitlist", class)
	entry := s.as(desk).json().post(at, "member_id", path("%d", cora.ID)).wants(http.StatusCreated).shows(`"desk_books":true`).
		number("entry_id")
	s.as(desk).htmx().with("HX-Target", path("article#panel-%d", class)).post(at, "member_id", path("%d", dora.ID)).
		wants(http.StatusCreated).shows("Online booking is off: nobody is asked")
	s.as(desk).json().post(path("/waitlist/%d/offer", entry)).wants(http.StatusConflict).shows("Book the person instead")
}

func TestARestoredClassIsOnEveryPageOfWhoWasTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, class := s.speaking(s.Member("Anna Arnold", 3), "en"), s.Class(nil)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	p := s.open(anna, "view=person")
	s.as(s.Owner).json().post(path("/classes/%d/cancellation", class)).wants(http.StatusOK)
	p.next(`id="alerts"`, "Cancelled: Yoga Flow")
	s.as(s.Owner).json().post(path("/classes/%d/restoration", class)).wants(http.StatusOK)
	if alert := p.next(`id="alerts"`, "Takes place after all: Yoga Flow", "was not restored"); strings.Contains(alert, "Cancelled:") {
		t.Error("the page still says that the class is cancelled")
	}
	s.as(anna).json().get("/alerts").shows(`"kind":"class_restored"`)
}
