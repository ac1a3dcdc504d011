package web

import (
	"errors"
	"fmt"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// member is the profile with bookings and ledger. Staff can cancel bookings here, too
// (S10).
func (s *Server) member(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	p, err := s.readProfile(r, id)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderMember(r, p, notice{}, nil), json: toProfileJSON(p)}, nil
}

func (s *Server) readProfile(r *request, id int64) (p present.Profile, err error) {
	ctx := r.Request.Context()
	if p.Member, err = s.engine.Member(ctx, r.actor, id); err != nil {
		return p, err
	}
	if p.Upcoming, err = s.engine.Bookings(ctx, r.actor, id, false); err != nil {
		return p, err
	}
	if p.Past, err = s.engine.Bookings(ctx, r.actor, id, true); err != nil {
		return p, err
	}
	if p.Waiting, err = s.engine.Waiting(ctx, r.actor, id); err != nil {
		return p, err
	}
	if p.Credits, err = s.engine.Credits(ctx, r.actor, id); err != nil {
		return p, err
	}
	if p.Periodics, err = s.engine.Periodics(ctx, r.actor, id); err != nil {
		return p, err
	}
	options, err := s.engine.FormOptions(ctx)
	if err != nil {
		return p, err
	}
	p.Types = options.Types
	if p.NoShows, p.LateCancels, err = s.engine.AttendanceRecord(ctx, r.actor, id); err != nil {
		return p, err
	}
	p.Recurring, err = s.recurring(r, id)
	return p, err
}

func toProfileJSON(p present.Profile) any {
	member, periodic := toMemberJSON(p.Member), make([]periodicJSON, 0, len(p.Periodics))
	member.Note = p.Member.Note
	for _, x := range p.Periodics {
		periodic = append(periodic, periodicJSON{x.ID, x.Name, x.Quantity, x.Every})
	}
	return struct {
		Member   memberJSON         `json:"member"`
		Upcoming []bookedClassJSON  `json:"upcoming"`
		Waiting  []waitingClassJSON `json:"waiting"`
		Past     []bookedClassJSON  `json:"past"`
		Credits  creditsJSON        `json:"credits"`
		Periodic []periodicJSON     `json:"periodic"`
	}{
		member, toBookedJSON(p.Upcoming, booking.CountsExact), toWaitingJSON(p.Waiting, booking.CountsExact),
		toBookedJSON(p.Past, booking.CountsExact), toCreditsJSON(p.Credits), periodic,
	}
}

// periodicJSON is a periodic grant. Its id is needed to end it.
type periodicJSON struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Every    string `json:"every"`
}

func (s *Server) memberView(r *request, p present.Profile, n notice, refused *booking.Error) templates.Member {
	if refused != nil {
		return s.present(r).RefusedMember(r.studio, r.actor, p, strings.HasSuffix(r.route(), "/credits"), r.sent(refused))
	}
	return s.present(r).Member(r.studio, r.actor, p, n.view())
}

func (s *Server) renderMember(r *request, p present.Profile, n notice, refused *booking.Error) func() error {
	return func() error {
		return s.renderPage(
			r, &templates.MemberPage{Layout: s.layoutOf(r, "members", "", booking.Personal{}), Member: s.memberView(r, p, n, refused)},
		)
	}
}

// respondMember is the response to an action that concerns a person.
func (s *Server) respondMember(r *request, id int64, n notice) response {
	return response{redirect: r.back(present.MemberPath(id)), notice: n, part: func() error {
		p, err := s.readProfile(r, id)
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.MemberBody, s.memberView(r, p, n, nil))
	}}
}

// redisplayMember displays the profile again with the reason of the refusal.
func (s *Server) redisplayMember(r *request, id int64, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	p, err := s.readProfile(r, id)
	if err != nil {
		return errors.Join(refused, fmt.Errorf("showing the profile again: %w", err))
	}
	e := refusal(refused)
	return &redisplay{
		err: refused, page: s.renderMember(r, p, notice{}, e),
		part: func() error { return s.renderFragment(r, parts.MemberBody, s.memberView(r, p, notice{}, e)) },
	}
}
