package booking_test

import (
	"slices"
	"testing"
	"time"

	"terminplan/booking"
)

// taught is a class with an instructor, a colleague who may stand in, and nobody else.
type taught struct {
	outbox
	class     int64
	tina, uwe booking.Actor
}

func newTaught(t *testing.T) *taught {
	t.Helper()
	h := &taught{outbox: newOutbox(t)}
	h.tina, h.uwe = h.Staff(booking.RoleInstructor, "Tina Trainer"), h.Staff(booking.RoleInstructor, "Uwe Vertreter")
	h.class = h.Class(func(r *booking.ClassRequest) { r.InstructorID = h.tina.ID })
	h.relay()
	return h
}

func (h *taught) substitute(by booking.Actor, id int64) {
	h.t.Helper()
	_, err := h.EditClass(ctx, by, booking.EditRequest{
		ClassID: h.class, Only: []string{"substitute"}, Class: booking.ClassRequest{SubstituteID: id, ConfirmConflict: true},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.relay()
}

// news flushes the mails to a teacher and returns what they say.
func (h *taught) news(a booking.Actor) (list []booking.TeachingChange) {
	h.t.Helper()
	for _, m := range h.flush(a, booking.ChannelMail) {
		if m.Kind != booking.NoticeTeaching {
			h.t.Errorf("%s gets a mail of kind %s", a.Name, m.Kind)
		}
		for _, c := range m.Digest {
			if c.Class.ID != h.class || c.Class.Title == "" {
				h.t.Errorf("the class is %+v", c.Class)
			}
			list = append(list, c.What)
		}
	}
	return list
}

func TestTeachersHearWhoTeachesTheirClass(t *testing.T) {
	t.Parallel()
	type step = func(h *taught)
	cancel := func(h *taught) {
		if _, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: h.class}); err != nil {
			h.t.Fatal(err)
		}
		h.relay()
	}
	restore := func(h *taught) {
		if _, err := h.RestoreClass(ctx, h.Owner, h.class); err != nil {
			h.t.Fatal(err)
		}
		h.relay()
	}
	standIn := func(h *taught) { h.substitute(h.Owner, h.uwe.ID) }
	back := func(h *taught) { h.substitute(h.Owner, 0) }
	tell := func(h *taught) { h.news(h.tina); h.news(h.uwe) }
	for name, c := range map[string]struct {
		steps     []step
		tina, uwe []booking.TeachingChange
	}{
		"a substitute": {
			[]step{standIn}, []booking.TeachingChange{booking.TeachingReplaced}, []booking.TeachingChange{booking.TeachingAssigned},
		},
		"a substitute, taken back at once": {[]step{standIn, back}, nil, nil},
		"a substitute, taken back later": {
			[]step{standIn, tell, back},
			[]booking.TeachingChange{booking.TeachingAssigned},
			[]booking.TeachingChange{booking.TeachingReplaced},
		},
		"cancelled": {[]step{cancel}, []booking.TeachingChange{booking.TeachingCancelled}, nil},
		"cancelled with a substitute": {
			[]step{standIn, tell, cancel}, nil, []booking.TeachingChange{booking.TeachingCancelled},
		},
		"cancelled and restored at once": {[]step{cancel, restore}, nil, nil},
		"cancelled and restored later":   {[]step{cancel, tell, restore}, []booking.TeachingChange{booking.TeachingRestored}, nil},
		"the own click": {[]step{func(h *taught) {
			h.Exec(`update person set role = 'manager' where id = $1`, h.uwe.ID)
			manager := h.uwe
			manager.Role = booking.RoleManager
			h.substitute(manager, h.uwe.ID)
		}}, []booking.TeachingChange{booking.TeachingReplaced}, nil},
		"switched off": {
			[]step{func(h *taught) { h.choose(h.tina, booking.CategoryTeaching, booking.ChannelMail, false) }, cancel}, nil, nil,
		},
		"begun before it is sent": {[]step{cancel, func(h *taught) { h.MoveStart(h.class, -time.Minute) }}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newTaught(t)
			for _, do := range c.steps {
				do(h)
			}
			if got := h.news(h.tina); !slices.Equal(got, c.tina) {
				t.Errorf("the instructor hears %v, want %v", got, c.tina)
			}
			if got := h.news(h.uwe); !slices.Equal(got, c.uwe) {
				t.Errorf("the substitute hears %v, want %v", got, c.uwe)
			}
		})
	}
}

// An edit of a series is one message, on the devices too.
func TestTheDatesOfASeriesAreOneMessageToTheirTeacher(t *testing.T) {
	t.Parallel()
	h := newTaught(t)
	h.device(h.uwe)
	first := time.Now().Add(72 * time.Hour).Truncate(time.Minute)
	template := booking.ClassRequest{
		Title: "Yoga", StartsAt: first, EndsAt: first.Add(time.Hour), InstructorID: h.tina.ID, ConfirmConflict: true,
		Rules: booking.Rules{Online: true, Capacity: 5, WaitlistMode: booking.ModeOffer},
	}
	out, err := h.CreateSeries(ctx, h.Owner, booking.SeriesRequest{Class: template, Pattern: booking.Pattern{
		First: booking.CalendarDay(first, berlin), EveryWeeks: 1, Count: 4, Weekdays: []int{1, 2, 3, 4, 5, 6, 7},
	}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.EditClass(ctx, h.Owner, booking.EditRequest{
		ClassID: out.Classes[0], Scope: booking.WholeSeries, Only: []string{"instructor"},
		Class: booking.ClassRequest{InstructorID: h.uwe.ID, ConfirmConflict: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []booking.Channel{booking.ChannelPush, booking.ChannelMail} {
		list := h.flush(h.uwe, channel)
		if len(list) != 1 || len(list[0].Digest) != 4 {
			t.Errorf("%d messages by %s", len(list), channel)
		}
	}
}

// Two hours before the start it matters to the teacher that somebody does not come.
func TestTeachersHearOfALateCancellationOnTheirDevices(t *testing.T) {
	t.Parallel()
	h := newTaught(t)
	h.device(h.tina)
	anna, bert := h.Member("Anna Alt", 5), h.Member("Bert Bunt", 5)
	early, late := mustBook(t, h.Env, anna, h.class), mustBook(t, h.Env, bert, h.class)
	mustCancel(t, h.Env, anna, early.BookingID)
	if list := h.flush(h.tina, booking.ChannelPush); len(list) != 0 {
		t.Errorf("a cancellation days before is told: %+v", list)
	}
	h.MoveStart(h.class, time.Hour)
	mustCancel(t, h.Env, bert, late.BookingID)
	list := h.flush(h.tina, booking.ChannelPush)
	if len(list) != 1 || len(list[0].Digest) != 1 || list[0].Digest[0].What != booking.TeachingFewer ||
		list[0].Digest[0].Class.Booked != 0 {
		t.Errorf("the devices show %+v", list)
	}
	h.none(h.tina, "a late cancellation is no mail")
}

func TestTeachersHearInTheEveningWhatTheyTeachTomorrow(t *testing.T) {
	t.Parallel()
	h := newTaught(t)
	idle := h.Staff(booking.RoleInstructor, "Ida Frei")
	studio, err := h.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	// The relay has not looked since before the last 20:00, however late it is.
	today := booking.CalendarDay(time.Now(), studio.Zone)
	evening := booking.WallTime(today, 20, 0, studio.Zone)
	if evening.After(time.Now()) {
		evening = booking.WallTime(today.AddDate(0, 0, -1), 20, 0, studio.Zone)
	}
	day := booking.CalendarDay(evening, studio.Zone).AddDate(0, 0, 1)
	// After 20:00 that is tomorrow, so the last minutes of the day are always ahead.
	for i, a := range []int64{h.tina.ID, h.tina.ID, h.uwe.ID} {
		start := booking.WallTime(day, 23, 50, studio.Zone).Add(time.Duration(i) * time.Minute)
		id := h.Class(func(r *booking.ClassRequest) { r.InstructorID, r.ConfirmConflict = a, true })
		h.Exec(`update class set starts_at = $2, ends_at = $2::timestamptz + interval '1 minute' where id = $1`, id, start)
		if i == 2 {
			if _, err := h.CancelClass(ctx, h.Owner, booking.CancelClassRequest{ClassID: id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.relay()
	h.flush(h.uwe, booking.ChannelMail)
	h.Exec(`update relay_position set at = $1 where name = 'planned'`, evening.Add(-time.Second))
	m := h.only(h.tina, booking.NoticeDigest)
	if len(m.Digest) != 2 || m.Digest[0].Class.StartsAt.After(m.Digest[1].Class.StartsAt) || m.Digest[0].What != "" {
		t.Errorf("the digest has %+v", m.Digest)
	}
	h.Exec(`update relay_position set at = $1 where name = 'planned'`, evening.Add(-time.Second))
	h.none(h.tina, "told this evening")
	h.none(h.uwe, "the only class is cancelled")
	h.none(idle, "no class")
}
