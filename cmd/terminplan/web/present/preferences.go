package present

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

// ReminderField is the name of the switch for reminders while nobody waits (rule 31).
const ReminderField = "free_until_always"

// The choices of the hours without messages, as the API names them.
const (
	QuietAsStudio = "studio"
	QuietOwn      = "own"
	QuietNone     = "none"
)

// QuietChoice is the choice of the hours without messages, as the API names it.
func QuietChoice(q booking.QuietHours) string {
	switch {
	case !q.Own:
		return QuietAsStudio
	case q.On:
		return QuietOwn
	}
	return QuietNone
}

// Preferences returns the page of what the actor gets outside the page. email is the actor's address.
func (pr Presenter) Preferences(
	l templates.Layout, studio booking.Studio, p booking.Preferences, email string, sent Sent,
) *templates.PreferencesPage {
	page := &templates.PreferencesPage{Layout: l, Quiet: pr.QuietHours(studio, p.Quiet, sent, false), Devices: p.Devices}
	if p.EmailFailed {
		page.NoMailTo = email
	}
	for _, c := range p.Categories {
		page.Rows = append(page.Rows, pr.PreferenceRow(c, p.Always, false))
	}
	page.Problems, _ = pr.Problems(sent.Refused, []Field{
		{Name: "quiet_from", ID: "quiet-from", Label: "pref.quiet_from"},
		{Name: "quiet_until", ID: "quiet-until", Label: "pref.quiet_until"},
	})
	return page
}

// PreferenceRow returns a category with its switches. saved is true after one of them was changed.
func (pr Presenter) PreferenceRow(c booking.CategoryPreference, always, saved bool) templates.PreferenceRow {
	text := "pref." + string(c.Category)
	row := templates.PreferenceRow{
		ID: parts.PreferenceID(string(c.Category)), Name: pr.Text(text), Help: pr.Text(text + "_help"),
		Push: pr.preferenceSwitch(booking.Choice{Category: c.Category, Channel: booking.ChannelPush}, c.Push),
		Mail: pr.preferenceSwitch(booking.Choice{Category: c.Category, Channel: booking.ChannelMail}, c.Mail),
	}
	if c.Mail == booking.ChoiceFixed {
		row.Fixed = pr.Text(text + "_fixed")
	}
	if saved {
		row.Saved = pr.savedPreference(row.Name, c)
	}
	if c.Category == booking.CategoryFreeUntil {
		row.Always = &templates.PreferenceSwitch{Field: ReminderField, Label: pr.Text("pref.free_until_always"), On: always}
	}
	return row
}

// savedPreference says how the switches of a category are now.
func (pr Presenter) savedPreference(what string, c booking.CategoryPreference) string {
	var list []string
	for _, channel := range []struct {
		name  booking.Channel
		state booking.ChoiceState
	}{{booking.ChannelPush, c.Push}, {booking.ChannelMail, c.Mail}} {
		switch name := pr.Text("pref." + string(channel.name)); channel.state {
		case booking.ChoiceOn:
			list = append(list, name+" "+pr.Text("text.on"))
		case booking.ChoiceOff:
			list = append(list, name+" "+pr.Text("text.off"))
		}
	}
	return pr.Text("pref.saved", "What", what, "Now", strings.Join(list, ", "))
}

func (pr Presenter) preferenceSwitch(c booking.Choice, is booking.ChoiceState) templates.PreferenceSwitch {
	what, channel := pr.Text("pref."+string(c.Category)), pr.Text("pref."+string(c.Channel))
	switch is {
	case booking.ChoiceFixed:
		return templates.PreferenceSwitch{On: true, Label: pr.Text("pref.always", "Channel", channel)}
	case booking.ChoiceNone:
		return templates.PreferenceSwitch{Label: pr.Text("pref.never", "Channel", channel)}
	}
	label := pr.Text("pref.switch", "What", what, "Channel", channel)
	return templates.PreferenceSwitch{Field: c.Field(), Label: label, On: is == booking.ChoiceOn}
}

// QuietHours returns the form of the hours without messages. A person without own hours finds those
// of the studio to begin with. saved is true after they were changed.
func (pr Presenter) QuietHours(studio booking.Studio, q booking.QuietHours, sent Sent, saved bool) templates.QuietHours {
	hours := q.Rest
	if q.Own && !q.On {
		hours = studio.Night
	}
	form := templates.QuietHours{
		Choice: QuietChoice(q), Studio: pr.Text("pref.quiet_studio_none"),
		From: booking.ClockText(hours.From), Until: booking.ClockText(hours.Until),
	}
	if night := studio.Night; night.On {
		form.Studio = pr.Text("pref.quiet_studio", "From", booking.ClockText(night.From), "Until", booking.ClockText(night.Until))
	}
	if saved {
		form.Saved = pr.Text("text.saved") + ". " + map[string]string{
			QuietAsStudio: form.Studio, QuietOwn: pr.Text("pref.quiet_own") + ": " + form.From + "–" + form.Until,
			QuietNone: pr.Text("pref.quiet_none"),
		}[form.Choice]
	}
	if sent.Refused != nil && sent.Values.Has("quiet") {
		form.Choice, form.From, form.Until = sent.Values.Get("quiet"), sent.Values.Get("quiet_from"), sent.Values.Get("quiet_until")
		for _, e := range sent.Refused.All() {
			switch e.Field {
			case "quiet_from":
				form.FromError = pr.Refusal(e)
			case "quiet_until":
				form.UntilError = pr.Refusal(e)
			}
		}
	}
	return form
}

// Unsubscribe returns the page that switches mail of a category off.
func (pr Presenter) Unsubscribe(f Frame, u booking.Unsubscription, action string) *templates.UnsubscribePage {
	what := pr.Text("pref." + string(u.Category))
	return &templates.UnsubscribePage{Layout: pr.Layout(f), Category: what, Action: action, Wanted: u.Wanted}
}
