package web

import (
	"net/url"
	"strconv"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// A setting is saved alone as soon as it was changed. The page sends the value that it showed,
// so that nobody overwrites the change of another person unseen; changes of other settings do
// not matter.

// saveSetting saves the setting in the path.
func (s *Server) saveSetting(r *request) (response, error) {
	return s.changeSetting(r, false)
}

// undoSetting puts back the value before.
func (s *Server) undoSetting(r *request) (response, error) {
	return s.changeSetting(r, true)
}

// editTries is the number of times that a change is tried when other settings change at the
// same moment.
const editTries = 5

func (s *Server) changeSetting(r *request, undo bool) (response, error) {
	field := r.Param("field")
	page := present.SentencePage(field)
	if page == "" {
		return response{}, refuse(booking.NotFound)
	}
	f := r.settingForm(field, undo)
	var before, now booking.Studio
	var err error
	for range editTries {
		if before, err = s.engine.Studio(r.Request.Context()); err != nil {
			return response{}, err
		}
		if now, err = s.withSetting(r, f, field, before); err == nil {
			err = s.engine.EditStudio(r.Request.Context(), r.actor, now, "")
		}
		if refused := refusal(err); err == nil || refused.Code != booking.StaleSettings || refused.Field != "" {
			break
		}
	}
	if booking.CodeOf(err) == booking.AskZoneChange {
		// A page of its own asks whether clocks or instants stay.
		return response{redirect: "/settings/zone?" + url.Values{"zone": {now.Zone.String()}}.Encode(), reload: true}, nil
	}
	if err != nil {
		return response{}, s.redisplaySetting(r, page, field, before, err)
	}
	s.Live.UpdateSettings(now)
	res := response{redirect: present.SettingsURL(page), notice: s.receipt(r, "receipt.saved"), json: toSettingsJSON(now)}
	res.part = func() error {
		pr, said := s.present(r), ""
		one := pr.SavedSentence(field, now, nil, present.SettingValue(before, field), undo)
		if one.Saved != nil {
			said = pr.Text("text.saved")
		}
		return s.writeSentence(r, page, one, now, said)
	}
	return res, nil
}

// settingForm returns the value of one setting as the API names it. A switch that is off sends
// nothing.
func (r *request) settingForm(field string, undo bool) *form {
	f := &form{values: url.Values{}}
	if undo {
		f.values.Set(field, r.form.values.Get("undo_"+field))
	} else {
		for _, name := range []string{field, present.ChoiceField(field)} {
			if r.form.values.Has(name) {
				f.values.Set(name, r.form.values.Get(name))
			}
		}
		f.readChoices()
	}
	switch {
	case f.has(field) || len(f.faults) > 0:
	case present.IsOptional(field):
		f.values.Set(field, "")
	case present.IsSwitch(field):
		f.values.Set(field, "0")
	default:
		f.wrong(field, "missing")
	}
	return f
}

// withSetting returns the studio with the setting of the form. It refuses the change if the
// setting is not the one that the page showed.
func (s *Server) withSetting(r *request, f *form, field string, was booking.Studio) (booking.Studio, error) {
	if r.form.values.Has("was_"+field) && r.form.values.Get("was_"+field) != present.SettingValue(was, field) {
		return was, &booking.Error{Code: booking.StaleSettings, Field: field}
	}
	one := &form{values: f.values, faults: f.faults}
	one.values.Set("version", strconv.FormatInt(was.Version, 10))
	now := readStudio(one, was)
	if err := s.readZone(r, one, &now); err != nil {
		return was, err
	}
	if err := one.failed(); err != nil {
		return was, err
	}
	return now, now.Check()
}

// redisplaySetting displays the setting again with the typed value and the reason.
func (s *Server) redisplaySetting(r *request, page, field string, st booking.Studio, refused error) error {
	e := refusal(refused)
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	return &redisplay{
		err: refused, page: s.renderSettings(r, page, false, e),
		part: func() error {
			sent := r.sent(e)
			if e.Code == booking.StaleSettings { // the page shows the value of the other person
				sent.Values = url.Values{}
			}
			one := s.present(r).Sentence(field, st, nil, sent)
			if one.Error == "" {
				one.Error = s.present(r).Refusal(e)
			}
			return s.writeSentence(r, page, one, st, "")
		},
	}
}

// writeSentence writes a setting, and what else on its page follows from it.
func (s *Server) writeSentence(r *request, page string, one templates.Sentence, st booking.Studio, said string) error {
	lang, pr := templates.Lang(r.lang), s.present(r)
	beside := []struct {
		element, name string
		data          any
	}{
		{parts.SettingsSaidID, parts.SettingsSaid, said},
		{parts.SettingsNowID(page), parts.SettingsNow, pr.SettingNow(page, st)},
		{parts.TimelineID, parts.Timeline, pr.Figure(page, st)},
		{parts.PublicWaysID, parts.PublicWays, pr.PublicWays(st)},
	}
	main, err := s.pages.Fragment(lang, parts.Sentence, one)
	var others [][]byte
	for _, b := range beside {
		if b.name == parts.Timeline && pr.Figure(page, st) == nil || b.name == parts.PublicWays && page != "public" {
			continue
		}
		var body []byte
		if err == nil {
			body, err = s.pages.Fragment(lang, b.name, b.data)
		}
		others = append(others, parts.Partial(b.element, body))
	}
	if err != nil {
		return err
	}
	return s.writeFragments(r, main, others...)
}

// zonePage asks what shall stay in another zone.
func (s *Server) zonePage(r *request) (response, error) {
	zone, err := s.engine.Zone(r.Request.Context(), r.query.values.Get("zone"))
	if err != nil {
		return response{}, err
	}
	err = s.engine.PreviewZone(r.Request.Context(), r.actor)
	if err == nil { // no class is planned any more
		return response{redirect: present.SettingsURL("studio")}, nil
	}
	if booking.CodeOf(err) != booking.AskZoneChange {
		return response{}, err
	}
	form := url.Values{"form": {"studio"}, "version": {strconv.FormatInt(r.studio.Version, 10)}, "zone": {zone.String()}}
	asked := refusal(err)
	return response{page: func() error { return s.renderPage(r, s.present(r).ZoneReview(s.frame(r), zone, asked, form)) }}, nil
}
