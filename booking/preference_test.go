package booking_test

import (
	"errors"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

type choiceStates map[booking.Choice]booking.ChoiceState

func preferences(t *testing.T, env *bookingtest.Env, a booking.Actor) (booking.Preferences, choiceStates) {
	t.Helper()
	p, err := env.Preferences(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	states := choiceStates{}
	for _, c := range p.Categories {
		states[booking.Choice{Category: c.Category, Channel: booking.ChannelPush}] = c.Push
		states[booking.Choice{Category: c.Category, Channel: booking.ChannelMail}] = c.Mail
	}
	return p, states
}

func TestEverythingButOwnBookingsAndTheAccountCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for _, a := range []booking.Actor{env.Member("Anna Amsel", 0), env.Staff(booking.RoleInstructor, "Ina Igel")} {
		_, before := preferences(t, env, a)
		for c, is := range before {
			fixed := c.Category == booking.CategoryClasses || c.Category == booking.CategoryAccount
			if fixed != (is == booking.ChoiceFixed) {
				t.Errorf("%s of %s is %q", c.Field(), a.Name, is)
			}
			if is == booking.ChoiceOn || is == booking.ChoiceOff {
				if err := env.SetChoice(ctx, a, c, is == booking.ChoiceOff); err != nil {
					t.Errorf("%s: %v", c.Field(), err)
				}
			} else if err := env.SetChoice(ctx, a, c, false); booking.CodeOf(err) != booking.Invalid {
				t.Errorf("%s of %s can be switched off: %v", c.Field(), a.Name, err)
			}
		}
		_, after := preferences(t, env, a)
		for c, was := range before {
			want := was
			switch was {
			case booking.ChoiceOn:
				want = booking.ChoiceOff
			case booking.ChoiceOff:
				want = booking.ChoiceOn
			}
			if after[c] != want {
				t.Errorf("%s of %s was %q and is %q", c.Field(), a.Name, was, after[c])
			}
		}
		teaching := booking.Choice{Category: booking.CategoryTeaching, Channel: booking.ChannelMail}
		if _, has := before[teaching]; has != a.Role.Staff() {
			t.Errorf("%s has the switches of instructors: %t", a.Role, has)
		}
	}
}

func TestAReminderOfEveryEndIsAChoiceBesideItsChannels(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Amsel", 0)
	push := booking.Choice{Category: booking.CategoryFreeUntil, Channel: booking.ChannelPush}
	mail := booking.Choice{Category: booking.CategoryFreeUntil, Channel: booking.ChannelMail}
	set := func(c booking.Choice, wanted bool) func() error {
		return func() error { return env.SetChoice(ctx, anna, c, wanted) }
	}
	always := func(on bool) func() error { return func() error { return env.RemindAlways(ctx, anna, on) } }
	for _, step := range []struct {
		name             string
		do               func() error
		always, push, by bool
	}{
		{"as shipped", func() error { return nil }, false, true, true},
		{"switching a channel on changes nothing else", set(push, true), false, true, true},
		{"without mail", set(mail, false), false, true, false},
		{"always, by the channel that is on", always(true), true, true, false},
		{"with mail again", set(mail, true), true, true, true},
		{"only while people wait", always(false), false, true, true},
		{"no push", set(push, false), false, false, true},
		{"nothing", set(mail, false), false, false, false},
		{"always switches both on", always(true), true, true, true},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		p, states := preferences(t, env, anna)
		if p.Always != step.always || (states[push] == booking.ChoiceOn) != step.push || (states[mail] == booking.ChoiceOn) != step.by {
			t.Errorf("%s: always %t, push %q, mail %q", step.name, p.Always, states[push], states[mail])
		}
	}
}

func TestQuietHoursAreThoseOfTheStudioOrOwnOrNone(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	setNight(t, env, booking.Rest{On: true, From: 1320, Until: 420})
	anna := env.Member("Anna Amsel", 0)
	for _, test := range []struct {
		set   booking.QuietHours
		want  booking.QuietHours
		field string // of the refusal
	}{
		{booking.QuietHours{}, booking.QuietHours{Rest: booking.Rest{On: true, From: 1320, Until: 420}}, ""},
		{
			booking.QuietHours{Own: true, Rest: booking.Rest{On: true, From: 1200, Until: 540}},
			booking.QuietHours{Own: true, Rest: booking.Rest{On: true, From: 1200, Until: 540}},
			"",
		},
		{booking.QuietHours{Own: true}, booking.QuietHours{Own: true}, ""},
		{booking.QuietHours{Own: true, Rest: booking.Rest{On: true, From: 60, Until: 60}}, booking.QuietHours{Own: true}, "quiet_until"},
		{booking.QuietHours{Own: true, Rest: booking.Rest{On: true, From: 1440, Until: 60}}, booking.QuietHours{Own: true}, "quiet_from"},
		{booking.QuietHours{Own: true, Rest: booking.Rest{On: true, From: 60, Until: -1}}, booking.QuietHours{Own: true}, "quiet_until"},
		{booking.QuietHours{}, booking.QuietHours{Rest: booking.Rest{On: true, From: 1320, Until: 420}}, ""},
	} {
		err := env.SetQuietHours(ctx, anna, test.set)
		refused := new(booking.Error)
		if errors.As(err, &refused) != (test.field != "") || refused.Field != test.field {
			t.Errorf("%+v: %v", test.set, err)
		}
		p, _ := preferences(t, env, anna)
		if p.Quiet != test.want {
			t.Errorf("after %+v the hours are %+v, want %+v", test.set, p.Quiet, test.want)
		}
	}
}

func TestALinkUnsubscribesOneCategoryOfOnePerson(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, bert := env.Member("Anna Amsel", 0), env.Member("Bert Bussard", 0)
	token := env.UnsubscribeToken(anna.ID, booking.CategoryFreeUntil)
	for _, wanted := range []bool{true, false, true} {
		u, err := env.Unsubscription(ctx, token)
		if err != nil || u.Category != booking.CategoryFreeUntil || u.Wanted != wanted || u.Language != "de" {
			t.Errorf("the link is about %+v, %v; want %t", u, err, wanted)
		}
		if u, err := env.Unsubscribe(ctx, token, !wanted); err != nil || u.Wanted == wanted {
			t.Errorf("unsubscribing: %+v, %v", u, err)
		}
	}
	for c := range map[booking.Category]bool{booking.CategoryClasses: true, booking.CategoryAccount: true, "moon": true} {
		if made := env.UnsubscribeToken(anna.ID, c); made != "" {
			t.Errorf("the category %s has the link %s", c, made)
		}
	}
	_, signature, _ := strings.Cut(token, "-free_until-")
	if len(signature) < 22 {
		t.Errorf("the signature %q is too short", signature)
	}
	other := env.UnsubscribeToken(bert.ID, booking.CategoryFreeUntil)
	person, _, _ := strings.Cut(other, "-")
	for _, forged := range []string{
		"", "-", "--", token + "x", token[1:], strings.ToUpper(token), strings.Replace(token, "free_until", "waitlist", 1),
		strings.Replace(token, "free_until", "classes", 1), person + "-free_until-" + signature, "0" + token, "+" + token,
		"zzzzzzzzzzzzzzzzzzzz-free_until-" + signature,
	} {
		if u, err := env.Unsubscribe(ctx, forged, false); booking.CodeOf(err) != booking.NotFound {
			t.Errorf("the forged link %q unsubscribes %+v, %v", forged, u, err)
		}
	}
	if _, states := preferences(t, env, bert); states[booking.Choice{Category: "free_until", Channel: "mail"}] != booking.ChoiceOn {
		t.Error("the link of one person unsubscribed another")
	}
	if _, err := env.Erase(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Unsubscription(ctx, token); booking.CodeOf(err) != booking.NotFound {
		t.Errorf("the link of an erased person: %v", err)
	}
	if n := env.Int(`select count(*) from preference where person_id = $1`, anna.ID); n != 0 {
		t.Errorf("an erased person has %d choices", n)
	}
}
