package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
)

// inAWeek is a class on the Wednesday of the week after the next, at 18:05 on the studio's clock.
func (s *site) inAWeek(change func(*booking.ClassRequest)) (class int64, wednesday time.Time) {
	studio, err := s.Studio(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	today := booking.CalendarDay(time.Now(), studio.Zone)
	wednesday = today.AddDate(0, 0, 16-(int(today.Weekday())+6)%7)
	return s.Class(func(c *booking.ClassRequest) {
		c.StartsAt = booking.WallTime(wednesday, 18, 5, studio.Zone)
		c.EndsAt = c.StartsAt.Add(50 * time.Minute)
		if change != nil {
			change(c)
		}
	}), wednesday
}

func TestAStaffPageShowsAClassAtItsPlaceInTheWeek(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class, wednesday := s.inAWeek(nil)
	page := s.as(s.Owner).get("/schedule?date=" + wednesday.Format(time.DateOnly)).wants(http.StatusOK)
	page.shows(path(`id="class-%d-link" href="/classes/%d" class="blk col-3 t-18 m-5 d-0 dm-50"`, class, class), `from-6 to-22`, `shows-3`)
	// The page of another day of the week shows it, too; it is another day on a phone.
	s.as(s.Owner).get("/schedule?date="+wednesday.AddDate(0, 0, 3).Format(time.DateOnly)).wants(http.StatusOK).
		shows(path(`id="class-%d-block"`, class), `shows-6`)
	if strings.Contains(page.body, "style=") {
		t.Error("the grid has an inline style")
	}
	s.as(s.Member("Anna Arnold", 3)).get("/schedule?date=" + wednesday.Format(time.DateOnly)).wants(http.StatusOK).hides(`class="blk`)
	s.as(s.Staff(booking.RoleInstructor, "Ina Trainer")).get("/schedule?date="+wednesday.Format(time.DateOnly)).wants(http.StatusOK).
		shows(path(`id="class-%d-block"`, class)).hides(`id="new-class"`, `id="copy-week"`, "data-edit")
}

func TestABlockOfTheTimeGridIsPushedAsThePageShowsIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class, wednesday := s.inAWeek(func(c *booking.ClassRequest) { c.Rules.Capacity = 1 })
	monday := wednesday.AddDate(0, 0, -2).Format(time.DateOnly)
	p := s.open(s.Owner, "view=schedule&grid=1&days=7&from="+monday)
	block := path(`id="class-%d-block"`, class)
	first := p.next(block, `data-v="1"`, "0/<wbr>1")
	page := s.as(s.Owner).get("/schedule?date=" + monday).wants(http.StatusOK).body
	if element := elementOf(t, first, block); !strings.Contains(page, element) {
		t.Errorf("page and push differ in %s", element)
	}
	desk := s.open(s.Owner, "view=schedule&days=1&from="+wednesday.Format(time.DateOnly))
	desk.next(path(`id="class-%d-staff"`, class), `data-v="1"`)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	p.next(block, `data-v="2"`, "1/<wbr>1", "isfull", `width="1" height="1"`)
	desk.next(path(`id="class-%d-staff"`, class), `data-v="2"`)
	if p.saw(path(`id="class-%d-staff"`, class)) || desk.saw(block) {
		t.Error("a page gets the fragments of another page")
	}
	if _, err := s.CancelClass(t.Context(), s.Owner, booking.CancelClassRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	p.next(block, `bk hue-slate off`)
	// For a new class or another day the page fetches itself.
	other, _ := s.inAWeek(nil)
	p.next(path(`id="class-%d-block"`, other), `data-v="1"`)
	c, err := s.Engine.Class(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.EditClass(t.Context(), s.Owner, booking.EditRequest{
		ClassID: other, Only: []string{"starts_at"}, Class: booking.ClassRequest{StartsAt: c.StartsAt.AddDate(0, 0, 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.next(path(`<i id="class-%d-block" data-e="resync"`, other))
}

func TestTheSummaryOffersOnlyWhatTheReaderMayDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ina, otto := s.Staff(booking.RoleInstructor, "Ina Trainer"), s.Staff(booking.RoleInstructor, "Otto Trainer")
	class := s.Class(func(c *booking.ClassRequest) { c.InstructorID = ina.ID })
	summary := path("/classes/%d/summary", class)
	edit, cancel := path(`href="/classes/%d/edit"`, class), path(`/classes/%d/cancellation`, class)
	s.as(s.Owner).htmx().get(summary).wants(http.StatusOK).shows("Teilnehmer", edit, cancel, path("copy=%d", class))
	s.as(ina).htmx().get(summary).wants(http.StatusOK).shows("Teilnehmer").hides(edit, cancel, "copy=")
	s.as(otto).htmx().get(summary).wants(http.StatusOK).shows("Details").hides("Teilnehmer", edit)
	s.as(s.Member("Anna Arnold", 3)).htmx().get(summary).wants(http.StatusForbidden)
	s.as(s.Owner).get(summary).leadsTo(path("/classes/%d", class))
	s.as(s.Owner).htmx().get("/classes/999999/summary").wants(http.StatusNotFound)
}

func TestAKeyLeadsToTheReviewOfTheNewTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna := s.Member("Anna Arnold", 3)
	class, wednesday := s.inAWeek(nil)
	if _, err := s.Book(t.Context(), anna, booking.BookRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	friday := wednesday.AddDate(0, 0, 2).Format(time.DateOnly)
	move := path("/classes/%d/move", class)
	page := s.as(s.Owner).get(move+"?date="+friday+"&time=18:20").wants(http.StatusOK).
		shows("Arnold, Anna", path(`action="%s"`, move), "18:20")
	before := s.start(class)
	s.as(s.Staff(booking.RoleFrontDesk, "Fred Empfang")).get(move + "?date=" + friday + "&time=18:20").wants(http.StatusForbidden)
	s.as(s.Owner).get(move + "?date=" + friday).wants(http.StatusUnprocessableEntity)
	if !s.start(class).Equal(before) || !strings.Contains(page.body, `name="version" value="2"`) {
		t.Error("the review has changed the class, or does not know its version")
	}
	sent := []string{"date", friday, "time", "18:20", "version", "2", "confirmed", "1"}
	s.as(s.Owner).post(move, append(sent, "change", "1")...).leadsTo(path("/classes/%d/edit", class))
	s.as(s.Owner).post(move, sent...).leadsTo("/schedule?date=" + friday)
	c, err := s.Engine.Class(t.Context(), class)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.StartsAt.Sub(before); got < 48*time.Hour || c.EndsAt.Sub(c.StartsAt) != 50*time.Minute {
		t.Errorf("the class moved by %s and lasts %s", got, c.EndsAt.Sub(c.StartsAt))
	}
	if s.Int(`select count(*) from alert where person_id = $1 and kind = 'class_moved'`, anna.ID) != 1 {
		t.Error("Anna was not told")
	}
	s.as(s.Owner).post(move, "date", friday, "time", "19:00", "version", "1").wants(http.StatusConflict)
}

func TestTheManagerCopiesAWeek(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	class, wednesday := s.inAWeek(nil)
	monday := wednesday.AddDate(0, 0, -2)
	next := wednesday.AddDate(0, 0, 7).Format(time.DateOnly)
	address := "/schedule/copy?week=" + monday.Format(time.DateOnly)
	value := path("%d %s", class, next)
	s.as(s.Owner).get(address).wants(http.StatusOK).shows(path(`value="%s" checked`, value), "1 Kurs anlegen")
	after := wednesday.AddDate(0, 0, 14).Format(time.DateOnly)
	s.as(s.Owner).get(address+"&to="+next+"&to="+after).wants(http.StatusOK).
		shows(path(`value="%d %s" checked`, class, after), "2 Kurse anlegen")
	s.as(s.Staff(booking.RoleFrontDesk, "Fred Empfang")).get(address).wants(http.StatusForbidden)
	s.as(s.Owner).get("/schedule/copy?week=2026-13-01").wants(http.StatusUnprocessableEntity)
	s.as(s.Owner).post("/schedule/copy", "week", monday.Format(time.DateOnly), "to", next).wants(http.StatusUnprocessableEntity)
	s.as(s.Owner).post("/schedule/copy", "week", monday.Format(time.DateOnly), "to", next, "copy", value).leadsTo("/schedule?date=" + next)
	s.as(s.Owner).get(address).wants(http.StatusOK).shows("steht schon im Plan").hides(path(`value="%s" checked`, value))
	if n := s.Int(`select count(*) from class`); n != 2 {
		t.Errorf("there are %d classes", n)
	}
}
