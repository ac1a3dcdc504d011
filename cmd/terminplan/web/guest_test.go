package web

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// guest gives a guest a seat and returns the booking and the path of the guest's page.
func (s *site) guest(class int64, g booking.Guest) (bookingID int64, page string) {
	s.t.Helper()
	out, err := s.AddParticipants(context.Background(), s.Owner, booking.AddRequest{ClassID: class, Guests: []booking.Guest{g}})
	if err != nil || out.Added[0].Err != nil {
		s.t.Fatalf("the guest has no seat: %+v, %v", out, err)
	}
	return out.Added[0].BookingID, present.GuestPath(s.GuestToken(out.Added[0].BookingID))
}

// Rule 30, S104, S105.
func TestAGuestSeesAndCancelsTheOwnSeatWithoutAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(func(r *booking.ClassRequest) {
		r.Title, r.Rules.Capacity, r.Rules.FreeCancel = "Abendkurs", 2, time.Hour
	})
	s.as(anna).post(path("/classes/%d/bookings", class))
	id, at := s.guest(class, booking.Guest{Name: "Eva <b>Gast", Email: "eva@example.org"})
	page := s.as(visitor).
		get(at).
		wants(200).
		shows("Abendkurs", "Eva &lt;b&gt;Gast", "Your seat is booked", "Cancel my seat", `name="reason"`)
	page.hides("Anna", "eva@example.org", "<b>Gast")
	for name, want := range map[string]string{
		"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Referrer-Policy": "same-origin", "Content-Encoding": "",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	s.as(visitor).get(at+"/calendar.ics").wants(200).shows("BEGIN:VEVENT", "Abendkurs", at).hides("Anna", "Eva")
	s.as(visitor).get(at + "a/calendar.ics").wants(404)
	// Mail programs and messengers fetch links before people do.
	version := s.Int(`select version from class where id = $1`, class)
	for _, method := range []string{"GET", "HEAD", "GET", "HEAD", "GET", "HEAD"} {
		s.as(visitor).do(method, at+"?reason=1&text=x", "", "").wants(200)
	}
	if now := s.Int(`select version from class where id = $1`, class); now != version {
		t.Errorf("looking at the link changed the class: version %d, then %d", version, now)
	}
	s.as(visitor).post(at).wants(422).shows("Eva &lt;b&gt;Gast", `id="reasons-error"`)
	s.as(visitor).with("Origin", "https://elsewhere.example").post(at, "reason", "1").wants(403)
	s.as(visitor).post(at, "reason", "1", "booking_id", "1", "path", "profile").leadsTo(at)
	s.as(visitor).get(at).wants(200).shows("You cancelled your seat").hides("Cancel my seat", "Anna")
	s.as(visitor).post(at, "reason", "1").leadsTo(at) // a second press
	if n := s.Int(`select count(*) from booking where id = $1 and state = 'cancelled' and ended_path = 'guest_link'`, id); n != 1 {
		t.Error("the seat of the guest is not cancelled by the link")
	}
	if n := s.Int(`select booked from class where id = $1`, class); n != 1 {
		t.Errorf("%d seats are taken, want that of the member", n)
	}
	s.CheckInvariants()
}

// Rule 14: the page warns before a late cancellation.
func TestTheGuestIsWarnedBeforeALateCancellation(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.FreeCancel = 24 * time.Hour })
	_, at := s.guest(class, booking.Guest{Name: "Eva Gast"})
	s.as(visitor).get(at).wants(200).shows("Cancel until").hides("Cancel anyway")
	s.MoveStart(class, time.Hour)
	s.as(visitor).get(at).wants(200).shows("The deadline was", "Cancel anyway")
	s.as(visitor).post(at, "reason", "1").leadsTo(at)
	if n := s.Int(`select count(*) from booking where class_id = $1 and state = 'late_cancelled'`, class); n != 1 {
		t.Error("the late cancellation has no mark")
	}
}

func TestAWrongGuestLinkIsNotFoundInTheLanguageOfTheVisitor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	_, at := s.guest(s.Class(nil), booking.Guest{Name: "Eva Gast"})
	for _, wrong := range []string{
		at + "a", at[:len(at)-1], strings.ToUpper(at), "/guest/x", "/guest/-", "/guest/" + strings.Repeat("z", 3000), "/guest/..%2f",
		"/guest/8myi-%0d%0aX-Evil:%201",
	} {
		for _, language := range []string{"de", "en"} {
			as := s.as(visitor).with("Accept-Language", language)
			reply := as.get(wrong).wants(404).hides("Eva")
			if reply.header.Get("Content-Language") != language || reply.header.Get("X-Evil") != "" {
				t.Errorf("%s: %v", wrong, reply.header)
			}
			as.post(wrong, "reason", "1").wants(404)
		}
	}
}

// A guest who chose no language reads the page in that of the mails.
func TestTheGuestPageSpeaksTheLanguageOfWhoAddedTheGuest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class := s.Class(nil)
	s.as(s.Owner).with("Accept-Language", "en").json().post(path("/classes/%d/participants", class), "guest_name", "Eva Gast").wants(201)
	id := int64(s.Int(`select id from booking where class_id = $1`, class))
	want := s.as(s.Owner).get(path("/bookings/%d/link", id)).wants(200).header.Get("Content-Language")
	reply := s.as(visitor).with("Accept-Language", "").get(present.GuestPath(s.GuestToken(id))).wants(200)
	if got := reply.header.Get("Content-Language"); got != want {
		t.Errorf("the page speaks %s, want %s as the person who added the guest", got, want)
	}
}

// The link is a secret like a password: only staff who may edit participants gets it, and no log
// and no roster has it.
func TestOnlyTheDeskGetsTheLinkOfAGuest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var log bytes.Buffer
	s.server.log = slog.New(slog.NewTextHandler(&log, nil))
	ina, mia := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Member("Mia Muster", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Rules.Capacity = ina.ID, 4 })
	id, at := s.guest(class, booking.Guest{Name: "Eva Gast"})
	token := s.GuestToken(id)
	s.as(s.Owner).json().get(path("/bookings/%d/link", id)).wants(200).shows(at)
	s.as(s.Owner).htmx().get(path("/bookings/%d/link", id)).wants(200).shows(at, "Link für Eva Gast", "Keine E-Mail-Adresse")
	for _, a := range []booking.Actor{ina, mia} {
		s.as(a).get(path("/bookings/%d/link", id)).wants(403).hides(token)
	}
	for _, a := range []booking.Actor{ina, s.Owner} {
		s.as(a).get(path("/classes/%d", class)).wants(200).shows("Eva Gast").hides(token)
	}
	own, err := s.Book(t.Context(), mia, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).json().get(path("/bookings/%d/link", own.BookingID)).wants(404) // a member has an account
	s.as(visitor).get(at).wants(200)
	s.as(visitor).post(at, "reason", "1").leadsTo(at)
	if strings.Contains(log.String(), token) || !strings.Contains(log.String(), "/guest/:token") {
		t.Errorf("the log has the secret, or not the route:\n%s", log.String())
	}
}

// Strangers who guess tokens wait like others who are not signed in.
func TestGuessingGuestLinksIsSlow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.strangers = newRateLimiter(0.001, 3)
	statuses := []int{}
	for range 5 {
		statuses = append(statuses, s.as(visitor).get("/guest/1-aaaaaaaaaaaaaaaaaaaaaaaaaa").status)
	}
	if want := []int{404, 404, 404, 429, 429}; !slices.Equal(statuses, want) {
		t.Errorf("the answers are %v, want %v", statuses, want)
	}
}

// sendAll relays all notices, and starts the deliveries.
func (s *site) sendAll() {
	s.t.Helper()
	for {
		n, err := s.Relay(context.Background(), func(ctx context.Context, _ pgx.Tx, list []booking.QueuedDelivery) error { return nil })
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// Rule 30.
func TestTheDeskCallsWhomNoMessageReached(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, ina := s.Staff(booking.RoleFrontDesk, "Dora Empfang"), s.Staff(booking.RoleInstructor, "Ina Trainer")
	silent := s.Member("Stine Still", 3)
	class := s.Class(func(r *booking.ClassRequest) { r.Title, r.Rules.Capacity, r.InstructorID = "Abendkurs", 4, ina.ID })
	if _, err := s.Book(t.Context(), silent, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	s.as(silent).get("/bookings").wants(200) // signs in
	s.Exec(`update person set email = null, phone = '0170 / 12 34' where id = $1`, silent.ID)
	s.guest(class, booking.Guest{Name: "Eva Gast"})
	s.as(s.Owner).json().post(path("/classes/%d/participants", class), "guest_name", "Otto Offen", "guest_phone", "+49 40 / 55").wants(201)
	ask := s.as(s.Owner).get(path("/classes/%d/cancellation", class)).wants(200)
	ask.shows("3 Personen erreicht keine Nachricht",
		"Still, Stine", `href="tel:01701234"`, "Eva Gast", "keine Telefonnummer", `href="tel:&#43;494055"`)
	s.as(desk).get("/today").wants(200).shows(`id="unreached"`).hides("nicht erreicht")
	if _, err := s.CancelClass(t.Context(), s.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	s.sendAll()
	s.as(desk).get("/today").wants(200).shows(
		"3 Personen nicht erreicht", "40 / 55", "Stine Still", `href="tel:01701234"`, "Kurs abgesagt", "Abendkurs", "keine E-Mail-Adresse",
	)
	s.as(ina).get("/today").wants(200).hides("nicht erreicht", "Stine", "1234", `id="unreached"`)
	s.as(ina).get("/today/unreached").wants(403)
	s.as(silent).get("/today/unreached").wants(403)
	id := s.Int(`select id from delivery where person_id = $1 and state = 'failed'`, silent.ID)
	done := path("/today/unreached/%d/ending", id)
	s.as(ina).post(done).wants(403)
	s.as(desk).get(done).wants(405)
	s.as(desk).htmx().post(done).wants(200).shows("2 Personen nicht erreicht", "Eva Gast").hides("Stine")
	s.as(desk).post(done).leadsTo("/today") // a second press, without script
	s.as(desk).json().get("/today/unreached").wants(200).shows(`"kind":"class_cancelled"`, `"name":"Eva Gast"`).hides("Stine")
	s.as(s.Owner).get(path("/members/%d/history", silent.ID)).wants(200).shows("Dora Empfang hat Stine Still Bescheid gesagt")
}

func TestTheProfileSaysThatMailsDoNotArrive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bella := s.Member("Bella Bounce", 1)
	profile := path("/members/%d", bella.ID)
	s.as(s.Owner).get(profile).wants(200).hides("unzustellbar")
	if err := s.RefuseAddress(t.Context(), bella.ID, bella.Email); err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).get(profile).wants(200).shows("E-Mail unzustellbar seit")
	edit := booking.MemberEdit{PersonID: bella.ID, Email: "bella@example.org", Only: []string{"email"}}
	if err := s.EditMember(t.Context(), s.Owner, edit); err != nil {
		t.Fatal(err)
	}
	s.as(s.Owner).get(profile).wants(200).hides("unzustellbar")
}
