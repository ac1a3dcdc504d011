package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ical "github.com/emersion/go-ical"

	"terminplan/booking"
)

// feedOf returns the path of a person's feed.
func (s *site) feedOf(a booking.Actor) string {
	s.t.Helper()
	c, err := s.CalendarSettings(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return calendarPath(c)
}

// read returns the events of a calendar by UID, and fails if the bytes are not iCalendar: every
// line ends with CRLF, has at most 75 octets, and breaks no character.
func (r reply) read() map[string]ical.Event {
	r.t.Helper()
	r.wants(http.StatusOK)
	if got := r.header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		r.t.Errorf("%s is %q", r.what, got)
	}
	lines := strings.Split(r.body, "\r\n")
	if lines[len(lines)-1] != "" {
		r.t.Errorf("%s does not end with CRLF", r.what)
	}
	for _, line := range lines {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
			r.t.Errorf("%s has the line %q of %d octets", r.what, line, len(line))
		}
	}
	cal, err := ical.NewDecoder(strings.NewReader(r.body)).Decode()
	if err != nil {
		r.t.Fatalf("%s: %v\n%s", r.what, err, r.body)
	}
	events := map[string]ical.Event{}
	for _, e := range cal.Events() {
		uid := said(r.t, e, ical.PropUID)
		if _, twice := events[uid]; twice {
			r.t.Errorf("%s has two events %s", r.what, uid)
		}
		if len(e.Children) > 0 {
			r.t.Errorf("%s: the event %s holds a %s", r.what, uid, e.Children[0].Name)
		}
		events[uid] = e
	}
	return events
}

// said is the text of a property; empty: the event has none.
func said(t *testing.T, e ical.Event, name string) string {
	t.Helper()
	text, err := e.Props.Text(name)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return text
}

func (s *site) uid(class int64, a booking.Actor) string {
	return path("class-%d.person-%d@", class, a.ID) + s.CalendarHost()
}

func (s *site) book(a booking.Actor, class int64) int64 {
	s.t.Helper()
	out, err := s.Book(s.t.Context(), a, booking.BookRequest{ClassID: class})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.BookingID
}

func TestAFeedShowsBookingsAndWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 5)
	ina := s.Staff(booking.RoleInstructor, "Ina Trainer")
	class := s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.Note = ina.ID, "Bring ein Handtuch mit, bitte" })
	id := s.book(mia, class)
	feed := s.as(visitor).get(s.feedOf(mia))
	e := feed.read()[s.uid(class, mia)]
	if e.Component == nil {
		t.Fatalf("the feed lacks the booking:\n%s", feed.body)
	}
	for name, want := range map[string]string{
		"SUMMARY": "Yoga Flow", "STATUS": "CONFIRMED", "URL": s.url + path("/classes/%d", class), "TRANSP": "",
	} {
		got := ""
		if prop := e.Props.Get(name); prop != nil {
			got = prop.Value
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{"Kursleitung: Ina", "Kostenlos stornieren bis", "Bring ein Handtuch mit, bitte"} {
		if text := said(t, e, "DESCRIPTION"); !strings.Contains(text, want) {
			t.Errorf("the description does not say %q: %q", want, text)
		}
	}
	for _, want := range []string{
		"METHOD:PUBLISH\r\n", "X-WR-CALNAME:Studio Nord\r\n", "X-WR-TIMEZONE:Europe/Berlin\r\n",
		"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n", "X-PUBLISHED-TTL:PT1H\r\n",
	} {
		if !strings.Contains(feed.body, want) {
			t.Errorf("the feed lacks %q:\n%s", want, feed.body)
		}
	}
	for _, never := range []string{"ATTENDEE", "ORGANIZER", "VALARM", "VTIMEZONE"} {
		if strings.Contains(feed.body, never) {
			t.Errorf("the feed has %s", never)
		}
	}
	if _, err := s.Cancel(t.Context(), mia, booking.CancelRequest{BookingID: id, ReasonID: 1}); err != nil {
		t.Fatal(err)
	}
	e = s.as(visitor).get(s.feedOf(mia)).read()[s.uid(class, mia)]
	if e.Component == nil || said(t, e, "STATUS") != "CANCELLED" || said(t, e, "SUMMARY") != "Storniert: Yoga Flow" {
		t.Errorf("a cancelled booking is shown as %v", e)
	}
	s.Exec(`update booking set ended_at = ended_at - interval '31 days', booked_at = booked_at - interval '31 days' where id = $1`, id)
	if list := s.as(visitor).get(s.feedOf(mia)).read(); len(list) > 0 {
		t.Errorf("a booking that was cancelled 31 days ago is still there: %v", list)
	}
}

func TestAFeedShowsPlacesInLineOnlyIfWished(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, otto := s.Member("Mia Kunde", 5), s.Member("Otto Andrer", 5)
	class := s.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	s.book(otto, class)
	if _, err := s.JoinWaitlist(t.Context(), mia, booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	at := s.feedOf(mia)
	if list := s.as(visitor).get(at).read(); len(list) > 0 {
		t.Errorf("a place in line is shown without the wish: %v", list)
	}
	s.as(mia).post("/profile/calendar", "waitlist", "1").leadsTo("/profile/calendar")
	e := s.as(visitor).get(at).read()[s.uid(class, mia)]
	if e.Component == nil || said(t, e, "STATUS") != "TENTATIVE" || said(t, e, "TRANSP") != "TRANSPARENT" {
		t.Errorf("a place in line is shown as %v", e)
	}
	if _, err := s.CancelClass(t.Context(), s.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	e = s.as(visitor).get(at).read()[s.uid(class, mia)]
	if e.Component == nil || said(t, e, "STATUS") != "CANCELLED" || said(t, e, "SUMMARY") != "Abgesagt: Yoga Flow" {
		t.Errorf("a place in the line of a cancelled class is shown as %v", e)
	}
}

func TestTheFeedOfStaffShowsTheClassesThatTheyTeach(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, ole := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Ole Aushilfe")
	taught := func(edit func(*booking.ClassRequest)) int64 {
		return s.Class(func(r *booking.ClassRequest) { r.InstructorID, r.ConfirmConflict = ina.ID, true; edit(r) })
	}
	own := taught(func(*booking.ClassRequest) {})
	given := taught(func(r *booking.ClassRequest) { r.SubstituteID = ole.ID })
	s.book(s.Member("Mia Kunde", 5), own)
	uid := func(class int64, a booking.Actor) string {
		return strings.Replace(s.uid(class, a), "person", "instructor", 1)
	}
	list := s.as(visitor).get(s.feedOf(ina)).read()
	if e := list[uid(own, ina)]; len(list) != 1 || e.Component == nil || said(t, e, "SUMMARY") != "Du leitest: Yoga Flow" {
		t.Errorf("the feed of the instructor shows %v", list)
	}
	list = s.as(visitor).get(s.feedOf(ole)).read()
	if e := list[uid(given, ole)]; len(list) != 1 || e.Component == nil {
		t.Errorf("the feed of the substitute shows %v", list)
	}
	if _, err := s.CancelClass(t.Context(), s.Owner, booking.CancelClassRequest{ClassID: own}); err != nil {
		t.Fatal(err)
	}
	if e := s.as(visitor).get(s.feedOf(ina)).read()[uid(own, ina)]; e.Component == nil || said(t, e, "STATUS") != "CANCELLED" {
		t.Errorf("a cancelled class is shown to its instructor as %v", e)
	}
}

func TestAFeedIsFoundByItsPresentAddressOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, otto := s.Member("Mia Kunde", 5), s.Member("Otto Andrer", 5)
	at, token := s.feedOf(mia), strings.TrimSuffix(strings.TrimPrefix(s.feedOf(mia), "/calendar/"), ".ics")
	number, _, _ := strings.Cut(token, "-")
	_, foreign, _ := strings.Cut(s.feedOf(otto), "-")
	for _, wrong := range []string{
		token, token[:len(token)-1] + ".ics", token + "A.ics", strings.ToUpper(token) + ".ics", number + "-" + foreign, number + "-.ics",
		number + ".ics", ".ics", "-.ics", "zzzzzzzzzzzzzzzzzzzz-" + foreign, "-1-" + foreign, "%00.ics", "bookings",
	} {
		if r := s.as(s.Owner).get("/calendar/" + wrong); r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
			t.Errorf("/calendar/%s: %d", wrong, r.status)
		}
	}
	s.as(mia).get("/profile/calendar").wants(http.StatusOK).shows(s.url + at)
	s.as(mia).post("/profile/calendar/reset", "former", "another").leadsTo("/profile/calendar")
	s.as(visitor).get(at).wants(http.StatusOK)
	s.as(mia).post("/profile/calendar/reset", "former", token).leadsTo("/profile/calendar")
	s.as(visitor).get(at).wants(http.StatusNotFound)
	now := s.feedOf(mia)
	s.as(mia).post("/profile/calendar/reset", "former", token).leadsTo("/profile/calendar") // the form is sent twice
	s.as(visitor).get(now).wants(http.StatusOK)

	if _, err := s.Suspend(t.Context(), s.Owner, mia.ID); err != nil {
		t.Fatal(err)
	}
	s.as(visitor).get(now).wants(http.StatusNotFound)
	at = s.feedOf(otto)
	if _, err := s.Erase(t.Context(), s.Owner, otto.ID); err != nil {
		t.Fatal(err)
	}
	s.as(visitor).get(at).wants(http.StatusNotFound)
}

func TestAFeedIsServedToEveryProgramAndOnlyOnceUnchanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia := s.Member("Mia Kunde", 50)
	for i := range 12 { // long enough to be compressed
		s.book(mia, s.Class(func(r *booking.ClassRequest) {
			r.StartsAt = r.StartsAt.Add(time.Duration(2*i) * time.Hour)
			r.EndsAt = r.StartsAt.Add(time.Hour)
		}))
	}
	at := s.feedOf(mia)
	first := s.as(visitor).get(at)
	for _, accept := range []string{"", "*/*", "application/json", "text/html", "text/calendar"} {
		r := s.as(visitor).with("Accept", accept).with("Accept-Language", "en").get(at)
		if r.read(); r.body != first.body {
			t.Errorf("a client that accepts %q gets something else", accept)
		}
	}
	packed := s.as(visitor).with("Accept-Encoding", "gzip").get(at).wants(http.StatusOK)
	if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(first.body) {
		t.Errorf("the feed is not compressed: %v", packed.header)
	}
	tag := first.header.Get("ETag")
	if tag == "" || packed.header.Get("ETag") != tag {
		t.Errorf("the tags are %q and %q", tag, packed.header.Get("ETag"))
	}
	for header, want := range map[string]string{
		"Cache-Control": "private, max-age=300", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": "",
	} {
		if got := first.header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	for _, known := range []string{tag, strings.TrimPrefix(tag, "W/"), `"other", ` + tag, "*"} {
		if r := s.as(visitor).with("If-None-Match", known).get(at).wants(http.StatusNotModified); r.body != "" {
			t.Errorf("an unchanged feed has a body: %q", r.body)
		}
	}
	s.as(s.Member("Otto Andrer", 5)).json().post(path("/classes/%d/bookings", s.Int(`select max(class_id) from booking`))).wants(201)
	s.as(visitor).with("If-None-Match", tag).get(at).wants(http.StatusNotModified) // what others do is not in it
	s.Exec(`update person set given_name = given_name`)                            // nothing changes
	s.Exec(`update class set note = 'Heute draußen'`)
	if r := s.as(visitor).with("If-None-Match", tag).get(at).wants(http.StatusOK); r.header.Get("ETag") == tag {
		t.Error("a changed feed has the same tag")
	}
}

func TestOneBookingIsAFileForItsPersonOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mia, otto, fred := s.Member("Mia Kunde", 5), s.Member("Otto Andrer", 5), s.Staff(booking.RoleFrontDesk, "Fred Empfang")
	class := s.Class(nil)
	id := s.book(mia, class)
	for _, at := range []string{path("/calendar/bookings/%d.ics", id), path("/calendar/bookings/%d", id)} {
		for _, a := range []booking.Actor{mia, fred} {
			if list := s.as(a).get(at).read(); len(list) != 1 || list[s.uid(class, mia)].Component == nil {
				t.Errorf("%s shows %s %v", at, a.Name, list)
			}
		}
		s.as(otto).get(at).wants(http.StatusNotFound)
		s.as(visitor).json().get(at).wants(http.StatusUnauthorized)
	}
	s.as(mia).get("/calendar/bookings/x.ics").wants(http.StatusNotFound)
	s.as(mia).get("/bookings").shows(path(`href="/calendar/bookings/%d.ics"`, id))
	s.as(mia).get(path("/classes/%d", class)).shows(path(`href="/calendar/bookings/%d.ics"`, id))

	add := booking.AddRequest{ClassID: class, Guests: []booking.Guest{{Name: "Gerda Gast"}}}
	if _, err := s.AddParticipants(t.Context(), fred, add); err != nil {
		t.Fatal(err)
	}
	guest := int64(s.Int(`select max(id) from booking`))
	if e, err := s.CalendarOfGuest(t.Context(), guest); err != nil || e.Class.ID != class || e.Cancelled {
		t.Errorf("the seat of a guest is %v, %v", e, err)
	}
	if _, err := s.CalendarOfGuest(t.Context(), id); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("the seat of a member is read as that of a guest: %v", err)
	}
}
