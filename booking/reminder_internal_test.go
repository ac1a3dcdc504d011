package booking

import (
	"strings"
	"testing"
	"time"
)

func TestTheReminderOfFreeCancellationAvoidsTheNight(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	night := Rest{On: true, From: 22 * 60, Until: 7 * 60}
	for name, c := range map[string]struct {
		rest        Rest
		until, want string
	}{
		"by day":                       {night, "2026-06-10T18:00:00+02:00", "2026-06-10T15:00:00+02:00"},
		"at the end of the rest":       {night, "2026-06-10T10:00:00+02:00", "2026-06-10T07:00:00+02:00"},
		"before the end of the rest":   {night, "2026-06-10T09:59:00+02:00", "2026-06-09T19:00:00+02:00"},
		"at the begin of the rest":     {night, "2026-06-11T01:00:00+02:00", "2026-06-10T19:00:00+02:00"},
		"before the begin of the rest": {night, "2026-06-11T00:59:00+02:00", "2026-06-10T21:59:00+02:00"},
		"no rest":                      {Rest{}, "2026-06-10T06:00:00+02:00", "2026-06-10T03:00:00+02:00"},
		"a rest after midnight": {
			Rest{On: true, From: 30, Until: 7 * 60}, "2026-06-10T08:00:00+02:00", "2026-06-09T19:00:00+02:00",
		},
		"a rest that begins before 19:00": {
			Rest{On: true, From: 18 * 60, Until: 7 * 60}, "2026-06-10T08:00:00+02:00", "2026-06-08T19:00:00+02:00",
		},
		"a rest at noon": {
			Rest{On: true, From: 13 * 60, Until: 15 * 60}, "2026-06-10T17:00:00+02:00", "2026-06-09T19:00:00+02:00",
		},
		"spring forward in the rest":      {night, "2026-03-29T09:30:00+02:00", "2026-03-28T19:00:00+01:00"},
		"three hours of spring":           {Rest{}, "2026-03-29T05:00:00+02:00", "2026-03-29T01:00:00+01:00"},
		"three hours of autumn":           {Rest{}, "2026-10-25T05:00:00+01:00", "2026-10-25T02:00:00+01:00"},
		"19:00 before the autumn's night": {night, "2026-10-25T08:00:00+01:00", "2026-10-24T19:00:00+02:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parse := func(text string) time.Time {
				at, err := time.Parse(time.RFC3339, text)
				if err != nil {
					t.Fatal(err)
				}
				return at
			}
			if got := c.rest.remindAt(parse(c.until), berlin); !got.Equal(parse(c.want)) {
				t.Errorf("the reminder is at %v, want %v", got.In(berlin), c.want)
			}
		})
	}
}

// The channels of a reminder, by the devices, the address and the choices of its person.
func TestTheLadderOfReminders(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	studio := &Studio{Zone: berlin, Night: Rest{On: true, From: 22 * 60, Until: 7 * 60}}
	noon := time.Date(2026, 6, 10, 12, 0, 0, 0, berlin)
	const day = 24 * time.Hour
	chose := func(k Category, c Channel, wanted bool) map[Choice]bool { return map[Choice]bool{{k, c}: wanted} }
	for name, c := range map[string]struct {
		until, start time.Duration // after noon: the end of free cancellation, and the start; 0: the other day
		booked       time.Duration // before noon
		waiting      int
		devices      []int64
		guest        bool
		noAddress    bool
		chosen       map[Choice]bool
		want         string // the channels
	}{
		"nobody waits": {until: 3 * time.Hour, booked: day},
		"somebody waits, no device": {
			until: 3 * time.Hour, booked: day, waiting: 1, want: "mail",
		},
		"somebody waits, two devices": {
			until: 3 * time.Hour, booked: day, waiting: 1, devices: []int64{1, 2}, want: "push push",
		},
		"booked six hours before": {until: 3 * time.Hour, booked: 6 * time.Hour, waiting: 1, want: "mail"},
		"booked after that":       {until: 3 * time.Hour, booked: 6*time.Hour - time.Second, waiting: 1},
		"too early":               {until: 4 * time.Hour, booked: day, waiting: 1},
		"too late":                {until: 2 * time.Hour, booked: day, waiting: 1},
		"no address, no device":   {until: 3 * time.Hour, booked: day, waiting: 1, noAddress: true},
		"a guest": {
			until: 3 * time.Hour, booked: day, waiting: 1, guest: true, want: "mail",
		},
		"a guest, nobody waits": {until: 3 * time.Hour, booked: day, guest: true},
		"always, nobody waits": { // a row of either channel says always
			until: 3 * time.Hour, booked: day, devices: []int64{1}, chosen: chose(CategoryFreeUntil, ChannelMail, true),
			want: "push mail",
		},
		"chosen by mail, somebody waits": {
			until: 3 * time.Hour, booked: day, waiting: 1, devices: []int64{1}, chosen: chose(CategoryFreeUntil, ChannelMail, true),
			want: "push mail",
		},
		"always, without a device": {
			until: 3 * time.Hour, booked: day, chosen: chose(CategoryFreeUntil, ChannelPush, true), want: "mail",
		},
		"devices switched off": {
			until: 3 * time.Hour, booked: day, waiting: 1, devices: []int64{1}, chosen: chose(CategoryFreeUntil, ChannelPush,
				false), want: "mail",
		},
		"mail switched off": {
			until: 3 * time.Hour, booked: day, waiting: 1, chosen: chose(CategoryFreeUntil, ChannelMail, false),
		},
		"two hours before the start": {start: 2 * time.Hour, booked: day, devices: []int64{1}},
		"two hours before, chosen on devices": {
			start: 2 * time.Hour, booked: time.Hour, devices: []int64{1}, chosen: chose(CategoryReminders, ChannelPush, true), want: "push",
		},
		"two hours before, chosen by mail": {
			start: 2 * time.Hour, booked: time.Hour, devices: []int64{1}, chosen: chose(CategoryReminders, ChannelMail, true), want: "mail",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := seatToRemind{
				person:  Recipient{ID: 1, Role: RoleMember, State: PersonActive, Email: "anna@example.test", chosen: c.chosen},
				devices: c.devices, bookingID: 7, classID: 8, bookedAt: noon.Add(-c.booked), waiting: c.waiting,
				startsAt: noon.Add(72 * time.Hour), freeUntil: noon.Add(48 * time.Hour),
			}
			if c.until != 0 {
				s.freeUntil = noon.Add(c.until)
			}
			if c.start != 0 {
				s.startsAt = noon.Add(c.start)
			}
			if c.guest {
				s.person.Role = RoleGuest
			}
			if c.noAddress {
				s.person.Email = ""
			}
			var got []string
			keys := map[string]bool{}
			for _, d := range s.reminders(studio, stretch{noon.Add(-time.Second), noon.Add(time.Second)}) {
				got = append(got, string(d.channel))
				keys[d.key] = true
				if (d.kind == NoticeFreeUntil) != (c.until != 0) || !d.due.Equal(noon) || d.personID != 1 || d.bookingID != 7 ||
					d.classID != 8 {
					t.Errorf("the delivery is %+v", d)
				}
			}
			if strings.Join(got, " ") != c.want || len(keys) != len(got) {
				t.Errorf("the deliveries are %v, want %q", got, c.want)
			}
		})
	}
}

// The night holds the reminder of an early class until its end, and then there may be none.
func TestAReminderInTheNightWaits(t *testing.T) {
	t.Parallel()
	studio := &Studio{Zone: time.UTC, Night: Rest{On: true, From: 22 * 60, Until: 7 * 60}}
	for start, want := range map[int]int{8: 1, 7: 0} { // by the hour
		at := time.Date(2026, 6, 10, start, 0, 0, 0, time.UTC)
		s := seatToRemind{
			person: Recipient{
				Role: RoleMember, Email: "anna@example.test", chosen: map[Choice]bool{{CategoryReminders, ChannelMail}: true},
			},
			startsAt: at, freeUntil: at.Add(-24 * time.Hour), bookedAt: at.Add(-time.Hour),
		}
		x := stretch{at.Add(-ReminderAhead), at.Add(-ReminderAhead + time.Second)}
		list := s.reminders(studio, x)
		if len(list) != want {
			t.Fatalf("a class at %d:00 has the reminders %+v", start, list)
		}
		if want == 1 && !list[0].due.Equal(time.Date(2026, 6, 10, 7, 0, 0, 0, time.UTC)) {
			t.Errorf("it is due at %v", list[0].due)
		}
	}
}
