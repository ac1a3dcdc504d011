package present_test

import (
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

var anna = booking.Actor{ID: 1, Role: booking.RoleMember, Name: "Anna Arnold"}

// shownClass is a class of the first page with the person's state in it.
type shownClass struct {
	class    booking.Class
	personal booking.PersonalState
}

func home(t *testing.T, list []shownClass, change ...func(*present.HomeData)) templates.Home {
	t.Helper()
	d := present.HomeData{Now: now, Days: present.PersonalRows{
		Len: len(list), State: func(i int) booking.PersonalState { return list[i].personal },
		Class: func(i int) booking.Class { return list[i].class },
	}}
	for _, f := range change {
		f(&d)
	}
	return presenter(t).Home(anna, d, templates.Notice{})
}

func free(id int64, change ...func(*booking.Class)) shownClass {
	c := yoga(change...)
	c.ID = id
	return shownClass{class: c}
}

// The page offers what the person can book today; if that is nothing, what there is tomorrow.
func TestTheFirstPageOffersClassesOfTodayOrElseOfTomorrow(t *testing.T) {
	has := func(s shownClass, m booking.PersonalState) shownClass { s.personal = m; return s }
	blocked := func(code booking.Code) booking.PersonalState {
		return booking.PersonalState{Block: &booking.Error{Code: code}}
	}
	today := func(hour int) func(*booking.Class) {
		return func(c *booking.Class) { starts(25, hour)(c); c.Rules.FreeCancel = time.Hour }
	}
	for _, c := range []struct {
		name string
		list []shownClass
		when string
		ids  []int64
	}{
		{"nothing at all", nil, "", nil},
		{"in the evening", []shownClass{free(1, today(18)), free(2)}, "tonight", []int64{1}},
		{"in the afternoon", []shownClass{free(1, today(15)), free(2, today(18))}, "today", []int64{1, 2}},
		{
			"three at most",
			[]shownClass{free(1, today(17)), free(2, today(18)), free(3, today(19)), free(4, today(20))},
			"tonight",
			[]int64{1, 2, 3},
		},
		{"a full one is left out", []shownClass{free(1, today(18), taken(12)), free(2)}, "tomorrow", []int64{2}},
		{"one that has begun, too", []shownClass{free(1, today(14)), free(2)}, "tomorrow", []int64{2}},
		{"one that overlaps", []shownClass{has(free(1, today(18)), blocked(booking.Overlap)), free(2)}, "tomorrow", []int64{2}},
		{"one without credits stays", []shownClass{has(free(1, today(18)), blocked(booking.NoCredits))}, "tonight", []int64{1}},
		{
			"one that was booked a moment ago stays",
			[]shownClass{has(
				free(1, today(18)), booking.PersonalState{Booking: &booking.Booking{State: booking.StateBooked, BookedAt: now}},
			)},
			"tonight",
			[]int64{1},
		},
		{
			"one that was booked yesterday does not",
			[]shownClass{has(free(1, today(18)), booking.PersonalState{
				Booking: &booking.Booking{State: booking.StateBooked, BookedAt: at(24, 9, 0)},
			})},
			"",
			nil,
		},
		{"a hidden one is never shown", []shownClass{free(1, today(18), func(c *booking.Class) { c.Hidden = true })}, "", nil},
	} {
		got := home(t, c.list).Free
		var ids []int64
		for _, row := range got.Rows {
			ids = append(ids, row.ID)
		}
		if got.When != c.when || len(ids) != len(c.ids) {
			t.Errorf("%s: %s %v, want %s %v", c.name, got.When, ids, c.when, c.ids)
			continue
		}
		for i := range ids {
			if ids[i] != c.ids[i] {
				t.Errorf("%s: %v, want %v", c.name, ids, c.ids)
			}
		}
	}
}

func TestTheWeekOfTheFirstPageHasSevenDaysWithTheClassesOfThePerson(t *testing.T) {
	of := func(id int64, start func(*booking.Class), m booking.PersonalState) shownClass {
		s := free(id, start)
		s.personal = m
		return s
	}
	week := home(t, []shownClass{
		of(1, starts(23, 7), booking.PersonalState{Booking: &booking.Booking{State: booking.StateCheckedIn}}),
		of(2, starts(25, 18), booking.PersonalState{Booking: &booking.Booking{State: booking.StateBooked}}),
		free(3, starts(26, 18)),
		of(4, starts(28, 16), booking.PersonalState{Entry: &booking.WaitlistEntry{Position: 2}}),
		of(5, starts(24, 16), booking.PersonalState{Entry: &booking.WaitlistEntry{Position: 1}}), // it is over
		of(6, starts(30, 16), booking.PersonalState{Booking: &booking.Booking{State: booking.StateBooked}}),
	}).Week
	if len(week) != 7 || week[0].Number != 23 || week[6].Number != 29 {
		t.Fatalf("%d days from %d to %d", len(week), week[0].Number, week[len(week)-1].Number)
	}
	var got strings.Builder
	for _, d := range week {
		for _, item := range d.Items {
			got.WriteString(d.Weekday + " " + item.State + ", ")
		}
		if passed := d.Number < 25; passed != (d.URL == "") {
			t.Errorf("the %d. leads to %q", d.Number, d.URL)
		}
		if d.Today != (d.Number == 25) {
			t.Errorf("the %d. is today: %t", d.Number, d.Today)
		}
	}
	want(t, "the week", got.String(), "Mo checked_in, Mi booked, Sa waiting, ")
}

func TestTheNextClassIsCountedDownOnItsLastDay(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		text  string
		left  int
	}{
		{-time.Minute, "läuft gerade", 0},
		{30 * time.Second, "in 1 Min.", 30},
		{time.Hour, "in 1 Std. 0 Min.", 3600},
		{4*time.Hour + 12*time.Minute, "in 4 Std. 12 Min.", 15120},
		{40 * time.Hour, "in 2 Tagen", 0},
	} {
		class := yoga(func(y *booking.Class) { y.StartsAt, y.EndsAt = now.Add(c.after), now.Add(c.after+time.Hour) })
		next := home(t, nil, func(d *present.HomeData) {
			d.Next = &booking.BookedClass{Booking: booking.Booking{State: booking.StateBooked}, Class: class}
		}).Next
		want(t, c.after.String(), next.In, c.text)
		if next.Left != c.left {
			t.Errorf("%s: %d seconds, want %d", c.after, next.Left, c.left)
		}
	}
}

// An offer stands above everything else and not once more in the news; what expires is said at
// the credits.
func TestTheFirstPageSaysEverythingOnce(t *testing.T) {
	class := yoga()
	offered := booking.Alert{
		ID: 1, Kind: booking.AlertSeatOffered, Class: &class, Offer: &booking.Offer{ID: 3, ExpiresAt: at(25, 14, 32)}, CreatedAt: now,
	}
	expiring := booking.Alert{ID: 2, Kind: booking.AlertCreditsExpiring7, Credits: 2, ExpiresAt: at(30, 0, 0), CreatedAt: now}
	cancelled := booking.Alert{ID: 3, Kind: booking.AlertClassCancelled, Class: &class, CreatedAt: at(24, 9, 0)}
	page := home(t, nil, func(d *present.HomeData) {
		d.Personal.Alerts = []booking.Alert{offered, expiring, cancelled}
		d.Alerts = []booking.Alert{offered, expiring, cancelled}
		d.Grants = []booking.Grant{{Name: "Bonus", Quantity: 3, Remaining: 2, ExpiresAt: at(30, 0, 0)}}
		d.Personal.Balance = 2
	})
	if len(page.Offers) != 1 || page.Offers[0].ID != 1 || len(page.News) != 1 || page.News[0].ID != 3 {
		t.Errorf("offers %+v, news %+v", page.Offers, page.News)
	}
	want(t, "yesterday's news", page.News[0].When, "gestern")
	want(t, "what expires", page.Credits.Expiring[0], "2 Punkte verfallen am 29.11.2026.")
	want(t, "the only grant", page.Credits.Grant, "Bonus bis 29.11.2026")
}

func TestTheListOfAlertsSaysWhatBecameOfAnOffer(t *testing.T) {
	class := yoga()
	for outcome, text := range map[booking.OfferState]string{
		"accepted": "Platz angenommen", "declined": "Platz abgelehnt", "expired": "Angebot abgelaufen",
		"withdrawn": "Angebot zurückgezogen",
	} {
		list := presenter(t).AlertList([]booking.Alert{{
			ID: 1, Kind: booking.AlertSeatOffered, Class: &class, Outcome: outcome, Stale: true, CreatedAt: now,
		}}, templates.Notice{})
		item := list.Days[0].Items[0]
		want(t, string(outcome), item.Headline, text)
		if item.Open || item.Detail != "" || list.Unread {
			t.Errorf("%s: %+v", outcome, item)
		}
	}
}
