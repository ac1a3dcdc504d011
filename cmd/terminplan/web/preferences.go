package web

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
)

// What a person gets by mail and push, and when. A form sends what it shows; fields that are not
// sent stay as they are.

type preferencesJSON struct {
	Choices         []choiceJSON `json:"choices"`
	FreeUntilAlways bool         `json:"free_until_always"`
	Quiet           string       `json:"quiet"`      // studio, own or none
	QuietFrom       string       `json:"quiet_from"` // "22:00"; empty without hours; also for the next field
	QuietUntil      string       `json:"quiet_until"`
	PushDevices     int          `json:"push_devices"`
	EmailFailed     bool         `json:"email_failed"`
}

type choiceJSON struct {
	Category booking.Category `json:"category"`
	Push     any              `json:"push"` // true, false, "fixed"; null: no notice goes out by push; also for the next field
	Mail     any              `json:"mail"`
}

func toPreferencesJSON(p booking.Preferences) preferencesJSON {
	j := preferencesJSON{
		FreeUntilAlways: p.Always, Quiet: present.QuietChoice(p.Quiet), PushDevices: p.Devices, EmailFailed: p.EmailFailed,
	}
	if p.Quiet.On {
		j.QuietFrom, j.QuietUntil = booking.ClockText(p.Quiet.From), booking.ClockText(p.Quiet.Until)
	}
	state := map[booking.ChoiceState]any{booking.ChoiceOn: true, booking.ChoiceOff: false, booking.ChoiceFixed: "fixed"}
	for _, c := range p.Categories {
		j.Choices = append(j.Choices, choiceJSON{c.Category, state[c.Push], state[c.Mail]})
	}
	return j
}

// preferences shows what the person gets outside the page, and when.
func (s *Server) preferences(r *request) (response, error) {
	p, err := s.engine.Preferences(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderPreferences(r, p, nil), json: toPreferencesJSON(p)}, nil
}

func (s *Server) renderPreferences(r *request, p booking.Preferences, refused *booking.Error) func() error {
	return func() error {
		personal, err := s.personal(r)
		if err != nil {
			return err
		}
		l := s.layoutOf(r, "profile", "view=person", personal)
		return s.renderPage(r, s.present(r).Preferences(l, r.studio, p, r.actor.Email, r.sent(refused)))
	}
}

// setPreferences changes what the fields of the request name: choices, the reminder and the hours
// without messages.
func (s *Server) setPreferences(r *request) (response, error) {
	choices, err := r.choices()
	if err == nil {
		err = s.savePreferences(r, choices)
	}
	p, readErr := s.engine.Preferences(r.Request.Context(), r.actor)
	if err == nil {
		err = readErr
	}
	if err != nil {
		if r.format == asJSON || !canRedisplay(err) || readErr != nil {
			return response{}, err
		}
		return response{}, &redisplay{
			err: err, page: s.renderPreferences(r, p, refusal(err)),
			part: func() error { return s.writePreference(r, p, refusal(err)) },
		}
	}
	return response{
		redirect: "/profile/notifications", notice: s.receipt(r, "receipt.saved"), json: toPreferencesJSON(p),
		part: func() error { return s.writePreference(r, p, nil) },
	}, nil
}

func (s *Server) savePreferences(r *request, choices map[booking.Choice]bool) error {
	ctx := r.Request.Context()
	for c, wanted := range choices {
		if err := s.engine.SetChoice(ctx, r.actor, c, wanted); err != nil {
			return err
		}
	}
	if r.form.values.Has(present.ReminderField) {
		always := r.form.flag(present.ReminderField)
		if err := r.form.failed(); err != nil {
			return err
		}
		if err := s.engine.RemindAlways(ctx, r.actor, always); err != nil {
			return err
		}
	}
	if !r.form.values.Has("quiet") {
		return nil
	}
	q, err := r.quietHours()
	if err != nil {
		return err
	}
	return s.engine.SetQuietHours(ctx, r.actor, q)
}

// choices reads the switches of the request: fields named as [booking.Choice.Field].
func (r *request) choices() (map[booking.Choice]bool, error) {
	choices := map[booking.Choice]bool{}
	for field := range r.form.values {
		for _, channel := range []booking.Channel{booking.ChannelPush, booking.ChannelMail} {
			if category, ok := strings.CutSuffix(field, "_"+string(channel)); ok {
				choices[booking.Choice{Category: booking.Category(category), Channel: channel}] = r.form.flag(field)
			}
		}
	}
	return choices, r.form.failed()
}

func (r *request) quietHours() (booking.QuietHours, error) {
	var q booking.QuietHours
	switch r.form.values.Get("quiet") {
	case present.QuietAsStudio:
	case present.QuietNone:
		q.Own = true
	case present.QuietOwn:
		q = booking.QuietHours{Own: true, Rest: booking.Rest{On: true}}
		for _, field := range []string{"quiet_from", "quiet_until"} {
			if !r.form.has(field) {
				r.form.wrong(field, "missing")
			}
		}
		q.From, q.Until = r.form.clock("quiet_from", 0), r.form.clock("quiet_until", 0)
	default:
		r.form.wrong("quiet", "choice")
	}
	return q, r.form.failed()
}

// writePreference writes the element of the page that sent the form.
func (s *Server) writePreference(r *request, p booking.Preferences, refused *booking.Error) error {
	pr := s.present(r)
	if r.form.values.Has("quiet") {
		return s.renderFragment(r, parts.QuietHours, pr.QuietHours(r.studio, p.Quiet, r.sent(refused), refused == nil))
	}
	for _, c := range p.Categories {
		if r.targetElement() == parts.PreferenceID(string(c.Category)) {
			return s.renderFragment(r, parts.Preference, pr.PreferenceRow(c, p.Always, refused == nil))
		}
	}
	if refused != nil {
		return s.renderFragment(r, parts.Notice, present.Refused(pr.Refusal(refused)))
	}
	return s.renderFragment(r, parts.Notice, present.Done(pr.Text("receipt.saved")))
}
