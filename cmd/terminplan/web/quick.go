package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/booking/typed"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// previewLine says what a line about a class was understood as: "Di Do 18 Yoga Flow 60 Lena".
func (s *Server) previewLine(r *request) (response, error) {
	line, err := s.readLine(r, &r.query)
	if err != nil {
		return response{}, err
	}
	quick := templates.QuickAdd{
		Line: line.Text, Next: localPath(r.query.values.Get("next"), "/schedule"), From: r.query.values.Get("from"),
		Preview: s.present(r).QuickPreview(line),
	}
	return response{
		page: s.renderQuick(r, quick), part: func() error { return s.renderFragment(r, parts.QuickPreview, quick.Preview) },
		json: toLineJSON(line, r.studio.Zone),
	}, nil
}

type lineJSON struct {
	Title    string        `json:"title"`
	Missing  []string      `json:"missing"` // of day, time, title
	Unclear  []string      `json:"unclear"` // words
	Complete bool          `json:"complete"`
	Classes  []plannedJSON `json:"classes"`
}

func toLineJSON(l present.QuickLine, zone *time.Location) lineJSON {
	return lineJSON{l.Said.Title, list(l.Said.Missing()), list(l.Said.Unclear), l.Complete(), toPlannedJSON(l.Draft.Classes, zone)}
}

// list is never nil, so that it is a list in JSON.
func list(words []string) []string { return append([]string{}, words...) }

// addByLine creates what a line says, once the person has seen how it was understood. A line
// that says too little, or that has a conflict, leads to the form.
func (s *Server) addByLine(r *request) (response, error) {
	line, err := s.readLine(r, &r.form)
	if err != nil {
		return response{}, err
	}
	pr := s.present(r)
	quick := templates.QuickAdd{
		Line: line.Text, Next: r.back("/schedule?view=week"), From: r.form.values.Get("from"), Key: newKey(),
		Preview: pr.QuickPreview(line),
	}
	show := func(status int) response {
		return response{
			status: status, page: s.renderQuick(r, quick), part: func() error { return s.renderFragment(r, parts.QuickForm, quick) },
			json: toLineJSON(line, r.studio.Zone),
		}
	}
	if line.Text == "" || r.form.values.Get("understood") != line.Text {
		return show(http.StatusOK), nil
	}
	if !line.Complete() {
		return response{redirect: quick.Preview.FormURL, reload: true, json: toLineJSON(line, r.studio.Zone)}, nil
	}
	n, err := s.create(r, line)
	if code := booking.CodeOf(err); err != nil && r.format != asJSON && canRedisplay(err) && code != booking.KeyReused {
		quick.Refusal = pr.Refusal(refusal(err))
		again := show(0)
		return response{}, &redisplay{err: err, page: again.page, part: again.part}
	}
	if err != nil {
		return response{}, err
	}
	done := s.receipt(r, "receipt.quick", "Title", line.Class.Title, "N", n)
	quick.Line, quick.Receipt, quick.Preview = "", done.text, templates.QuickPreview{}
	res := show(http.StatusOK) // the script makes the button of a 201 deaf for a while, but the next line is another one
	if r.format == asJSON {
		res.status = http.StatusCreated
	}
	res.page, res.redirect, res.notice = nil, quick.Next, done
	return res, nil
}

// create creates the class or the series of a line, without holidays, and returns the number of
// classes.
func (s *Server) create(r *request, line present.QuickLine) (int, error) {
	line.Class.Key = r.key()
	if line.Pattern == nil {
		_, err := s.engine.CreateClass(r.Request.Context(), r.actor, line.Class)
		return 1, err
	}
	out, err := s.engine.CreateSeries(r.Request.Context(), r.actor, booking.SeriesRequest{
		Key: line.Class.Key, Class: line.Class, Pattern: *line.Pattern,
	})
	return len(out.Classes), err
}

func (s *Server) renderQuick(r *request, quick templates.QuickAdd) func() error {
	return func() error {
		return s.renderPage(r, &templates.QuickPage{Layout: s.layoutOf(r, "schedule", "", booking.Personal{}), Quick: quick})
	}
}

// readLine reads the field "line". A day that the line does not date is the next one from the
// field "from" on, but never in the past.
func (s *Server) readLine(r *request, f *form) (present.QuickLine, error) {
	ctx := r.Request.Context()
	l := present.QuickLine{Text: strings.TrimSpace(f.values.Get("line"))}
	today := r.today()
	from := f.day("from", time.UTC)
	if err := f.failed(); err != nil || l.Text == "" {
		return l, err
	}
	if from.Before(today) {
		from = today
	}
	options, err := s.engine.FormOptions(ctx)
	if err != nil {
		return l, err
	}
	if l.Types, err = s.engine.ActiveTypes(ctx); err != nil {
		return l, err
	}
	titles, err := s.engine.TitlesInUse(ctx, r.actor)
	if err != nil {
		return l, err
	}
	l.Options = options
	l.Said = typed.Line(l.Text, today, lineNames(options, titles), booking.Fold)
	if l.Class, err = s.classOfLine(ctx, r, l); err != nil {
		return l, err
	}
	if slices.Contains(l.Said.Missing(), "day") || slices.Contains(l.Said.Missing(), "time") {
		return l, nil
	}
	l.Date(from, time.Now(), r.studio.Zone)
	l.Draft, err = s.engine.PreviewDraft(ctx, r.actor, booking.DraftRequest{Class: l.Class, Pattern: l.Pattern})
	if booking.CodeOf(err) == booking.Invalid {
		l.Refused, err = refusal(err), nil
	}
	if l.Pattern != nil {
		for _, p := range l.Draft.Classes {
			if p.Holiday != "" {
				l.Pattern.Skip = append(l.Pattern.Skip, p.Day)
			}
		}
	}
	return l, err
}

func lineNames(o booking.FormOptions, titles []booking.TitleUse) (n typed.Names) {
	for _, t := range titles {
		n.Titles = append(n.Titles, typed.Name{ID: t.ClassID, Text: t.Title})
	}
	for _, t := range o.Types {
		n.Types = append(n.Types, typed.Name{ID: t.ID, Text: t.Name})
	}
	for _, t := range o.Rooms {
		n.Rooms = append(n.Rooms, typed.Name{ID: t.ID, Text: t.Name})
	}
	for _, t := range o.Instructors {
		n.Instructors = append(n.Instructors, typed.Name{ID: t.ID, Text: t.Name})
	}
	return n
}

// classOfLine returns the class of a line, without its date: like the last class with this title,
// else by the defaults of its type.
func (s *Server) classOfLine(ctx context.Context, r *request, l present.QuickLine) (booking.ClassRequest, error) {
	said := l.Said
	c := booking.ClassRequest{
		Title: said.Title, TypeID: said.TypeID, RoomID: said.RoomID, InstructorID: said.InstructorID, Rules: r.studio.ClassRules(),
	}
	minutes := 60
	for _, t := range l.Types {
		if t.ID == said.TypeID {
			c.Rules = t.Rules(c.Rules)
			if t.Minutes != nil {
				minutes = *t.Minutes
			}
		}
	}
	if said.TitleID != 0 {
		like, err := s.engine.Class(ctx, said.TitleID)
		if err != nil && booking.CodeOf(err) != booking.NotFound {
			return c, err
		}
		if err == nil {
			c.Rules, c.TypeID, c.LocationID = like.Rules, like.Type.ID, like.LocationID
			minutes = present.Minutes(like.EndsAt.Sub(like.StartsAt))
			if c.RoomID == 0 {
				c.RoomID = like.RoomID
			}
			if c.InstructorID == 0 {
				c.InstructorID = like.InstructorID
			}
		}
	}
	if said.Capacity >= 0 {
		c.Rules.Capacity = said.Capacity
	}
	if said.Cost >= 0 {
		c.Rules.Cost = said.Cost
	}
	if said.Minutes > 0 {
		minutes = said.Minutes
	}
	c.EndsAt = c.StartsAt.Add(time.Duration(minutes) * time.Minute) // Date moves both
	return c, nil
}
