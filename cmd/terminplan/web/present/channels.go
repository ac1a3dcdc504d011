package present

import (
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Channels is the state of mail and push, for the pages of staff.
type Channels struct {
	Health []booking.ChannelHealth
	MailOn bool // the studio has a mail server, or is a demo
	PushOn bool // push services can know who sends
}

// patience is how long a channel may fail before pages of managers say so.
const patience = 15 * time.Minute

// down reports whether the channel has failed, or left messages lying, for longer than patience.
func (c Channels) down(h booking.ChannelHealth) bool {
	return !h.FailingSince.IsZero() && h.ReadAt.Sub(h.FailingSince) >= patience || c.on(h.Channel) &&
		!h.OldestDue.IsZero() && h.ReadAt.Sub(h.OldestDue) >= patience
}

func (c Channels) on(channel booking.Channel) bool {
	if channel == booking.ChannelMail {
		return c.MailOn
	}
	return c.PushOn
}

// ChannelTrouble says what keeps messages from people; empty: nothing. It names the first channel
// that fails.
func (pr Presenter) ChannelTrouble(c Channels) string {
	for _, h := range c.Health {
		switch {
		case !c.on(h.Channel) && h.Channel == booking.ChannelMail && h.Waiting > 0:
			return pr.Text("text.channels_trouble_unset", "N", h.Waiting)
		case c.on(h.Channel) && c.down(h):
			return pr.Text(
				"text.channels_trouble_"+string(h.Channel),
				"Since",
				pr.clockOrDate(firstOf(h.FailingSince, h.OldestDue), pr.Now),
			)
		}
	}
	return ""
}

func firstOf(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// ChannelsPage returns the page of the state of mail and push.
func (pr Presenter) ChannelsPage(f Frame, d SettingsData, c Channels) *templates.ChannelsPage {
	f.Active, f.Channels = "settings", c
	p := &templates.ChannelsPage{Layout: pr.Layout(f), Nav: pr.settingsNav(f.Studio, "channels", d)}
	for _, h := range c.Health {
		id := string(h.Channel)
		s := templates.ChannelState{ID: id, Name: pr.Text("text.channels_" + id), Icon: "note"}
		if h.Channel == booking.ChannelPush {
			s.Icon = "bell"
		}
		if h.Waiting > 0 {
			s.Waiting = pr.Text("text.channels_waiting", "N", h.Waiting)
		}
		switch {
		case !c.on(h.Channel):
			s.State, s.Help = pr.Text("text.channels_unset_"+id), pr.Text("text.channels_help_unset_"+id)
			if h.Channel == booking.ChannelMail {
				s.Command = "terminplan serve --smtp-url smtp://user:password@host:587 --mail-from 'Studio <plan@studio.example>'"
			}
		case !h.FailingSince.IsZero():
			s.State = pr.Text("text.channels_failing", "Since", pr.clockOrDate(h.FailingSince, pr.Now))
			s.Why, s.Help = h.Why, pr.Text("text.channels_help_failing_"+id)
		case c.down(h):
			s.State, s.Help = pr.Text(
				"text.channels_stuck",
				"Since",
				pr.clockOrDate(h.OldestDue, pr.Now),
			), pr.Text(
				"text.channels_help_stuck",
			)
		default:
			s.Good, s.State = true, pr.Text("text.channels_works")
		}
		p.Channels = append(p.Channels, s)
	}
	return p
}
