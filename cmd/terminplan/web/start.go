package web

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// startDays is how many days the page with the first steps draws and follows.
const startDays = 8

// welcomes reports whether the page with the first steps takes the place of the empty desk.
func (s *Server) welcomes(r *request) (bool, error) {
	if r.studio.Start != booking.StartOpen || !r.actor.Can(booking.EditSettings) || r.format != asPage || len(r.query.values) > 0 {
		return false, nil
	}
	steps, err := s.engine.FirstSteps(r.Request.Context(), r.actor)
	return steps.Empty(), err
}

type startJSON struct {
	Types   int `json:"types"` // each number is at most 1000
	Rooms   int `json:"rooms"`
	Classes int `json:"classes"` // planned
	Offline int `json:"offline"` // of them, those that members cannot book themselves
	Team    int `json:"team"`
	Members int `json:"members"`
}

type templateJSON struct {
	Already bool `json:"already"`
	Classes int  `json:"classes"`
}

type releaseJSON struct {
	Classes int `json:"classes"`
}

// start shows the first steps of a new studio.
func (s *Server) start(r *request) (response, error) {
	data, err := s.startData(r)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderStart(r, data), json: startJSON(data.Steps)}, nil
}

func (s *Server) startData(r *request) (d present.StartData, err error) {
	ctx := r.Request.Context()
	d.From, d.Link = present.Midnight(time.Now(), r.studio.Zone), s.siteURL(r)
	if d.Steps, err = s.engine.FirstSteps(ctx, r.actor); err != nil {
		return d, err
	}
	d.Week, err = s.engine.Schedule(ctx, d.From, present.AddDays(d.From, startDays))
	return d, err
}

func (s *Server) renderStart(r *request, d present.StartData) func() error {
	return func() error {
		f := s.frame(r)
		f.Live = present.DaysQuery(d.From, startDays, s.Live.Digest(d.Week))
		p, err := s.present(r).Start(f, d)
		if err != nil {
			return err
		}
		return s.renderPage(r, p)
	}
}

// leaveStart hides the page with the first steps, or brings it back.
func (s *Server) leaveStart(r *request) (response, error) {
	to := booking.StartPage(r.form.values.Get("start"))
	if err := s.engine.SetStart(r.Request.Context(), r.actor, to); err != nil {
		return response{}, err
	}
	return response{redirect: "/today", json: struct{}{}}, nil
}

// applyTemplate fills the empty studio.
func (s *Server) applyTemplate(r *request) (response, error) {
	out, err := s.engine.ApplyTemplate(r.Request.Context(), r.actor, r.key(), r.form.values.Get("template"))
	if err != nil {
		data, readErr := s.startData(r)
		if readErr != nil || r.format == asJSON || !canRedisplay(err) {
			return response{}, err
		}
		data.Sent = r.sent(refusal(err))
		page := s.renderStart(r, data)
		return response{}, &redisplay{err: err, page: page, part: page}
	}
	n := s.receipt(r, "receipt.template", "N", out.Classes)
	if out.Already {
		n = s.receipt(r, "receipt.template_already")
	}
	return response{redirect: "/start", notice: n, json: templateJSON(out)}, nil
}

// release lets members book all planned classes. After the last step nothing leads to the first
// steps any more.
func (s *Server) release(r *request) (response, error) {
	ctx := r.Request.Context()
	out, err := s.engine.OpenOnline(ctx, r.actor, r.key())
	if err != nil {
		return response{}, err
	}
	steps, err := s.engine.FirstSteps(ctx, r.actor)
	if err == nil && steps.Done() {
		err = s.engine.SetStart(ctx, r.actor, booking.StartOver)
	}
	return response{redirect: "/start", notice: s.receipt(r, "receipt.released", "N", out.Classes), json: releaseJSON(out)}, err
}
