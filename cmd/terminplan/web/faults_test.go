package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
)

// One response names every wrong field, as a page and as JSON, for fields that cannot be read
// and for fields that the engine refuses. The page keeps the typed values.
func TestAFormNamesEveryFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class := s.Class(nil)
	seat, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
	if err != nil {
		t.Fatal(err)
	}
	grant := path("%d", s.Int(`select id from account where kind = 'grant' and person_id = $1`, anna.ID))
	member, long := path("/members/%d", anna.ID), strings.Repeat("x", 600)
	invitation, err := s.Invite(t.Context(), s.Owner, anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct {
		by     booking.Actor
		at     string
		fields string
		wrong  string // names of the wrong fields, in the order of the form
		typed  string
	}{
		{
			s.Owner, "/classes",
			"title=&date=&time=", "title time date", "",
		},
		{
			s.Owner, "/classes",
			"date=2030-02-30&time=25:00&cost=-1&minutes=zwei&note=Handtuch", "title time minutes date cost", "Handtuch",
		},
		{
			s.Owner, "/classes",
			"title=Yoga&date=2030-02-28&time=10:00&capacity=viele&instructor=9&substitute=9&waitlist_mode=x",
			"substitute capacity waitlist_mode", "Yoga",
		},
		{
			s.Owner, "/classes",
			"repeat=1&title=&date=&every_weeks=99", "title time date every_weeks until", "",
		},
		{
			s.Owner, "/classes",
			"repeat=1&title=Serie&date=2030-02-28&time=10:00&weekday=9&until=2029-01-01", "weekdays until", "Serie",
		},
		{
			s.Owner, path("/classes/%d/edit", class),
			"title=&date=2030-02-28&time=&cost=x&version=1", "title time cost", "",
		},
		{
			s.Owner, "/members",
			"given_name=&family_name=&email=anna@&number=A-77", "given_name email", "A-77",
		},
		{
			s.Owner, member + "/edit",
			"form=facts&given_name=&family_name=&email=x&phone=" + long + "&language=fr&note=treu",
			"given_name email phone language", "treu",
		},
		{
			s.Owner, member + "/credits",
			"quantity=0&valid_from=gestern&expires=2001-01-01&name=Zehnerkarte", "quantity valid_from expires", "Zehnerkarte",
		},
		{
			s.Owner, member + "/corrections",
			"form=correct-" + grant + "&grant=" + grant + "&amount=viel&reason=", "amount reason", "",
		},
		{
			s.Owner, member + "/periodic",
			"form=periodic&name=Abo&quantity=0&every=year&starts_on=&valid_days=-1", "quantity every starts_on valid_days", "Abo",
		},
		{
			s.Owner, member + "/erasure",
			"form=erase", "confirm", "",
		},
		{
			s.Owner, path("/classes/%d/participants", class),
			"guest_name=&guest_email=gast@", "guest_name guest_email", "gast@",
		},
		{
			s.Owner, path("/classes/%d/participants", class),
			"guest_name=&guest_email=", "guest_name", "",
		},
		{
			s.Owner, "/settings",
			"form=studio&version=1&name=&zone=Mond", "name zone", "Mond",
		},
		{
			s.Owner, "/settings",
			"form=booking&version=1&max_open=-1&free_cancel_hours=x&horizon_days=0&max_per_day=7",
			"free_cancel_hours max_open horizon_days", "7",
		},
		{
			s.Owner, "/settings/reasons",
			"form=reason-0&text_de=&text_en=&audience=", "text_de text_en audience", "",
		},
		{
			s.Owner, "/settings/class-types",
			"form=type-0&name=&hue=pink&minutes=0&cost=x&description=Ruhig", "name hue minutes cost", "Ruhig",
		},
		{
			s.Owner, "/settings/rooms",
			"form=room-0&name=", "name", "",
		},
		{
			s.Owner, "/settings/locations",
			"form=location-0&name=&address=" + long, "name address", "",
		},
		{
			s.Owner, "/settings/holidays",
			"form=holiday-new&day=&holiday_name=", "day holiday_name", "",
		},
		{
			booking.Actor{},
			"/login",
			"email=&password=", "email password", "",
		},
		{
			booking.Actor{},
			"/invitation",
			"code=&password=kurz", "code password", "",
		},
		{
			booking.Actor{},
			"/invitation",
			"code=" + invitation.Code + "&password=kurz", "password", invitation.Code,
		},
	} {
		page := s.as(c.by).do("POST", c.at, form, c.fields).wants(http.StatusUnprocessableEntity).shows(`id="errors"`)
		if !regexp.MustCompile(`<title>(Fehler|Error): `).MatchString(page.body) {
			t.Errorf("%s: the page title does not mention the error", c.at)
		}
		var wrong []string
		for _, link := range regexp.MustCompile(`<a id="to-[^"]*" href="#([^"]+)">([^<]+)</a>`).FindAllStringSubmatch(page.body, -1) {
			id := link[1]
			field := regexp.MustCompile(`<(?:input|select|textarea|fieldset)[^>]*\bid="` + id + `"[^>]*>`).FindString(page.body)
			marked := strings.Contains(field, "aria-invalid") || strings.HasPrefix(field, "<fieldset")
			if !marked || !strings.Contains(field, id+"-error") {
				t.Errorf("%s %v: the link to %s leads to %q, want a field with its error", c.at, c.fields, id, field)
			}
			page.shows(`id="` + id + `-error"`)
			name := regexp.MustCompile(`\bname="([^"]+)"`).FindStringSubmatch(field)
			if name == nil {
				name = []string{"", id}
			}
			wrong = append(wrong, name[1])
		}
		if got := strings.Join(wrong, " "); got != c.wrong {
			t.Errorf("%s %v: the page names %q, want %q", c.at, c.fields, got, c.wrong)
		}
		page.shows(c.typed)

		doc := s.as(c.by).json().do("POST", c.at, form, c.fields).wants(http.StatusUnprocessableEntity)
		var p problem
		if err := json.Unmarshal([]byte(doc.body), &p); err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, f := range p.Fields {
			if f.Message == "" || f.Code == booking.Invalid && f.Why == "" {
				t.Errorf("%s %v: %+v has no message or no reason", c.at, c.fields, f)
			}
			fields = append(fields, f.Field)
		}
		if len(fields) > 0 && (p.Field != fields[0] || p.Message != p.Fields[0].Message || p.Args["why"] != p.Fields[0].Why) {
			t.Errorf("%s: the problem has the field %s, its list begins with %s", c.at, p.Field, fields[0])
		}
		slices.Sort(fields)
		slices.Sort(wrong)
		if !slices.Equal(fields, wrong) {
			t.Errorf("%s %v: JSON names %v, the page %v", c.at, c.fields, fields, wrong)
		}
	}
	s.as(s.Owner).post(path("/classes/%d/participants", class)).wants(http.StatusUnprocessableEntity).shows("Wähl mindestens eine Person.")
	// A dialog shows its messages at the fields.
	s.as(anna).post(path("/bookings/%d/cancellation", seat.BookingID), "text", long).
		wants(http.StatusUnprocessableEntity).shows(`id="reasons-error"`).shows(`id="reason-text-error"`)
	s.as(s.Owner).post(path("/classes/%d/cancellation", class), "note", long).
		wants(http.StatusUnprocessableEntity).shows(`id="cancel-note-error"`)
}

// If room and instructor are both taken, one confirmation is enough for both.
func TestConflictsOfRoomAndInstructorAreShownTogether(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	trainer := s.Staff(booking.RoleInstructor, "Tom Trainer")
	room, err := s.SaveRoom(t.Context(), s.Owner, booking.LocationSettings{Name: "Saal 1", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Class(func(r *booking.ClassRequest) { r.RoomID = room })
	other := s.Class(func(r *booking.ClassRequest) { r.InstructorID = trainer.ID })
	at := s.start(other)
	s.as(s.Owner).
		post("/classes", "title", "Yoga", "date", at.Format(time.RFC3339), "room", fmt.Sprint(room), "instructor", fmt.Sprint(trainer.ID)).
		wants(http.StatusConflict).shows(`href="#room"`).shows(`href="#instructor"`).shows("confirm_conflict")
}

func TestTheEmailOfAnotherAccountIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 0)
	fields := []string{"given_name", "Anna", "family_name", "Zwei", "email", anna.Email}
	s.as(s.Owner).post("/members", fields...).wants(http.StatusUnprocessableEntity).shows("Diese Adresse hat schon Anna Arnold (")
	s.Exec(`update person set language = 'en' where id = $1`, s.Owner.ID)
	s.Forget(s.Owner.ID)
	s.as(s.Owner).post("/members",
		fields...).wants(http.StatusUnprocessableEntity).shows("Anna Arnold (").shows(") already has this address.")
}
