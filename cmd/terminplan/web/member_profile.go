package web

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// member is the first tab of a profile. As JSON it is the whole profile.
func (s *Server) member(r *request) (response, error) { return s.profileTab(r, present.TabOverview) }

// memberTraining shows the bookings. Staff can cancel them here, too (S10).
func (s *Server) memberTraining(r *request) (response, error) {
	return s.profileTab(r, present.TabTraining)
}

func (s *Server) memberCredits(r *request) (response, error) {
	return s.profileTab(r, present.TabCredits)
}

func (s *Server) memberAccess(r *request) (response, error) {
	return s.profileTab(r, present.TabAccess)
}

func (s *Server) profileTab(r *request, tab present.MemberTab) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if r.format == asJSON {
		p, err := s.readProfile(r, id, "")
		return response{json: toProfileJSON(p)}, err
	}
	p, err := s.readProfile(r, id, tab)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderMember(r, p, tab, notice{}, nil)}, nil
}

// usualGrants is the number of usual grants in a profile.
const usualGrants = 4

// readProfile reads what a tab of a profile shows; an empty tab means all.
func (s *Server) readProfile(r *request, id int64, tab present.MemberTab) (p present.Profile, err error) {
	ctx := r.Request.Context()
	if p.Member, err = s.engine.Member(ctx, r.actor, id); err != nil {
		return p, err
	}
	if p.Member.SharedEmail != "" || tab == present.TabOverview || tab == "" {
		if p.Sharing, err = s.engine.SharesEmail(ctx, r.actor, p.Member); err != nil {
			return p, err
		}
	}
	on := func(tabs ...present.MemberTab) bool { return err == nil && (tab == "" || slices.Contains(tabs, tab)) }
	if on(present.TabOverview, present.TabTraining) {
		p.Upcoming, err = s.engine.Bookings(ctx, r.actor, id, false)
	}
	if on(present.TabTraining) {
		p.Past, err = s.engine.Bookings(ctx, r.actor, id, true)
	}
	if on(present.TabTraining) {
		p.Waiting, err = s.engine.Waiting(ctx, r.actor, id)
	}
	if on(present.TabTraining) {
		p.Recurring, err = s.recurring(r, id)
	}
	if on(present.TabOverview, present.TabCredits) {
		p.Credits, err = s.engine.Credits(ctx, r.actor, id)
	}
	if on(present.TabCredits) {
		p.Periodics, err = s.engine.Periodics(ctx, r.actor, id)
	}
	if on(present.TabCredits) && r.actor.Can(booking.GrantCredits) {
		p.Packs, err = s.engine.Packs(ctx, r.actor)
	}
	if on(present.TabCredits) && r.actor.Can(booking.GrantCredits) && len(p.Packs) == 0 {
		p.Templates, err = s.engine.GrantTemplates(ctx, r.actor, usualGrants)
	}
	if on(present.TabCredits) {
		var options booking.FormOptions
		options, err = s.engine.FormOptions(ctx)
		p.Types = options.Types
	}
	if on(present.TabOverview) {
		p.NoShows, p.LateCancels, err = s.engine.AttendanceRecord(ctx, r.actor, id)
	}
	if on(present.TabAccess) {
		p.Access, err = s.engine.AccountAccess(ctx, r.actor, id)
	}
	return p, err
}

// tabOf is the tab with the form that was sent.
func (r *request) tabOf() present.MemberTab {
	switch route := r.route(); {
	case strings.HasSuffix(route, "/credits"), strings.HasSuffix(route, "/corrections"), strings.HasSuffix(route, "/periodic"):
		return present.TabCredits
	case strings.HasSuffix(route, "/edit"):
		return present.TabOverview
	case strings.HasPrefix(route, "/members/"):
		return present.TabAccess
	}
	return present.TabTraining
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

func (s *Server) memberView(r *request, p present.Profile, tab present.MemberTab, n notice, refused *booking.Error) templates.Member {
	if refused != nil {
		return s.present(r).RefusedMember(r.studio, r.actor, p, tab, strings.HasSuffix(r.route(), "/credits"), r.sent(refused))
	}
	return s.present(r).Member(r.studio, r.actor, p, tab, n.view())
}

func (s *Server) renderMember(r *request, p present.Profile, tab present.MemberTab, n notice, refused *booking.Error) func() error {
	return func() error {
		return s.renderPage(
			r, &templates.MemberPage{Layout: s.layoutOf(r, "members", "", booking.Personal{}), Member: s.memberView(r, p, tab, n, refused)},
		)
	}
}

// respondMember is the response to an action that concerns a person.
func (s *Server) respondMember(r *request, id int64, n notice) response {
	tab := r.tabOf()
	return response{redirect: r.back(present.MemberTabPath(id, tab)), notice: n, part: func() error {
		p, err := s.readProfile(r, id, tab)
		if err != nil {
			return err
		}
		return s.renderFragment(r, parts.MemberBody, s.memberView(r, p, tab, n, nil))
	}}
}

// redisplayMember displays the profile again with the reason of the refusal.
func (s *Server) redisplayMember(r *request, id int64, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	tab := r.tabOf()
	p, err := s.readProfile(r, id, tab)
	if err != nil {
		return errors.Join(refused, fmt.Errorf("showing the profile again: %w", err))
	}
	e := refusal(refused)
	return &redisplay{
		err: refused, page: s.renderMember(r, p, tab, notice{}, e),
		part: func() error { return s.renderFragment(r, parts.MemberBody, s.memberView(r, p, tab, notice{}, e)) },
	}
}
