package sample

import (
	"net/url"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// notifications adds the page of preferences and that of the links that unsubscribe.
func notifications(pr present.Presenter, add func(string, templates.Page)) {
	l, p := pr.Layout(ofMember("profile", "view=person")), preferences()
	add("preferences", pr.Preferences(l, studio, p, lena.Email, present.Sent{}))
	p.Quiet, p.Devices, p.EmailFailed, p.Always = booking.QuietHours{Own: true}, 2, true, true
	p.Categories = append(p.Categories,
		booking.CategoryPreference{Category: booking.CategoryTeaching, Push: booking.ChoiceOn, Mail: booking.ChoiceOff})
	add("preferences_staff", pr.Preferences(pr.Layout(of(ina, "profile")), studio, p, ina.Email, present.Sent{}))
	add("preferences_wrong", pr.Preferences(l, studio, p, lena.Email, present.Sent{
		Values:  url.Values{"quiet": {"own"}, "quiet_from": {"99:99"}, "quiet_until": {""}},
		Refused: wrong("quiet_from", "time", "quiet_until", "missing"),
	}))
	for _, u := range []booking.Unsubscription{{Category: booking.CategoryFreeUntil, Wanted: true}, {Category: booking.CategoryFreeUntil}} {
		name := "unsubscribed"
		if u.Wanted {
			name = "unsubscribe"
		}
		add(name, pr.Unsubscribe(present.Frame{Studio: studio, Path: "/unsubscribe/x"}, u, "/unsubscribe/x"))
	}
}

func preferences() booking.Preferences {
	p := booking.Preferences{Quiet: booking.QuietHours{Rest: studio.Night}}
	p.Categories = []booking.CategoryPreference{
		{Category: booking.CategoryClasses, Push: booking.ChoiceFixed, Mail: booking.ChoiceFixed},
		{Category: booking.CategoryWaitlist, Push: booking.ChoiceOn, Mail: booking.ChoiceOn},
		{Category: booking.CategoryFreeUntil, Push: booking.ChoiceOn, Mail: booking.ChoiceOff},
		{Category: booking.CategoryReminders, Push: booking.ChoiceOff, Mail: booking.ChoiceOff},
		{Category: booking.CategoryReceipts, Mail: booking.ChoiceOn},
		{Category: booking.CategoryChanges, Push: booking.ChoiceOn, Mail: booking.ChoiceOn},
		{Category: booking.CategoryCredits, Push: booking.ChoiceOn, Mail: booking.ChoiceOn},
		{Category: booking.CategoryAccount, Push: booking.ChoiceFixed, Mail: booking.ChoiceFixed},
	}
	return p
}
