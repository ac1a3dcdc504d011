package web

import (
	"cmp"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

type classCancelledJSON struct {
	ClassID  int64 `json:"class_id"`
	Version  int64 `json:"version"`
	Already  bool  `json:"already"`
	Classes  int   `json:"classes"`
	Bookings int   `json:"bookings"`
	Guests   int   `json:"guests"`
	Waiting  int   `json:"waiting"`
	Credits  int   `json:"credits"`
}

func toClassCancelled(o booking.CancelClassOutcome) classCancelledJSON {
	return classCancelledJSON{o.ClassID, o.Version, o.Already, o.Classes, o.Bookings, o.Guests, o.Waiting, o.Credits}
}

// cancelClassPage is the dialog with the number of people to notify and of credits to refund.
func (s *Server) cancelClassPage(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	p, err := s.engine.CancelClassPreview(r.Request.Context(), r.actor, id, booking.Scope(r.query.values.Get("scope")))
	if err != nil {
		return response{}, err
	}
	page, part := s.renderCancelClass(r, id, p, nil)
	return response{page: page, part: part, json: toClassCancelled(p)}, nil
}

// cancelClass cancels a class. All its bookings are refunded, and alerts tell the people.
func (s *Server) cancelClass(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.CancelClassRequest{
		Key: r.key(), ClassID: id, Scope: booking.Scope(r.form.values.Get("scope")), Note: r.form.text("note", booking.RemarkMax),
	}
	if err = r.form.failed(); err == nil {
		var out booking.CancelClassOutcome
		if out, err = s.engine.CancelClass(r.Request.Context(), r.actor, req); err == nil {
			return response{redirect: present.ClassPath(id), reload: true, json: toClassCancelled(out)}, nil
		}
	}
	return response{}, s.redisplayCancelClass(r, id, err)
}

// redisplayCancelClass displays the question again with the reason of the refusal.
func (s *Server) redisplayCancelClass(r *request, id int64, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	p, err := s.engine.CancelClassPreview(r.Request.Context(), r.actor, id, booking.Scope(r.form.values.Get("scope")))
	if err != nil {
		return refused
	}
	page, part := s.renderCancelClass(r, id, p, refusal(refused))
	return &redisplay{err: refused, page: page, part: part}
}

// restoreClass restores a cancelled class without its bookings (rule 20).
func (s *Server) restoreClass(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.RestoreClass(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	return response{redirect: present.ClassPath(id), reload: true, json: toClassOutcome(out)}, nil
}

func (s *Server) renderCancelClass(r *request, id int64, p booking.CancelClassOutcome, refused *booking.Error) (page, part func() error) {
	read := func() (templates.CancelClass, error) {
		c, err := s.engine.Class(r.Request.Context(), id)
		if err != nil {
			return templates.CancelClass{}, err
		}
		scope := booking.Scope(cmp.Or(r.form.values.Get("scope"), r.query.values.Get("scope")))
		unreachable, err := s.engine.Unreachable(r.Request.Context(), r.actor, id, scope)
		return s.present(r).CancelClass(c, scope, p, unreachable, r.sent(refused)), err
	}
	part = func() error {
		d, err := read()
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.CancelClass, d)
	}
	page = func() error {
		d, err := read()
		if err != nil {
			return err
		}
		return s.renderPage(r, &templates.CancelClassPage{Layout: s.layoutOf(r, "", "", booking.Personal{}), Dialog: d})
	}
	return page, part
}
