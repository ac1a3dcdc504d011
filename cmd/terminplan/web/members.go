package web

import (
	"errors"
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

const membersPerPage = 50

type memberJSON struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Email   string `json:"email,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Number  string `json:"number,omitempty"`
	Role    string `json:"role"`
	State   string `json:"state"`
	Balance int    `json:"balance"`

	GivenName  string `json:"given_name"`
	FamilyName string `json:"family_name"`
	Language   string `json:"language,omitempty"`
	Note       string `json:"note,omitempty"` // in the profile
}

func toMemberJSON(m booking.Member) memberJSON {
	return memberJSON{
		ID: m.ID, Name: m.Name, Email: m.Email, Phone: m.Phone, Number: m.Number, Role: string(m.Role), State: m.State, Balance: m.Balance,
		GivenName: m.GivenName, FamilyName: m.FamilyName, Language: m.Language,
	}
}

// members is the directory of customers and staff.
func (s *Server) members(r *request) (answer, error) {
	page := r.query.number("page", 1, booking.CountLimit/membersPerPage, 1)
	q := booking.DirectoryQuery{
		Search: r.query.text("q", 100), Who: r.query.values.Get("who"), Sort: r.query.values.Get("sort"), Limit: membersPerPage, Offset: (page - 1) * membersPerPage,
	}
	if err := r.query.failed(); err != nil {
		return answer{}, err
	}
	found, total, err := s.engine.Members(r.Request.Context(), r.actor, q)
	if err != nil {
		return answer{}, err
	}
	list := make([]memberJSON, 0, len(found))
	for _, m := range found {
		list = append(list, toMemberJSON(m))
	}
	view := s.membersView(r, q, page, total, found, nil)
	part := func() error { return s.fragment(r, parts.People, view()) }
	whole := func() error { return s.show(r, view()) }
	return answer{page: whole, part: part, json: map[string]any{"total": total, "page": page, "members": list}}, nil
}

// createMember makes an account; what was typed is kept where it is refused.
func (s *Server) createMember(r *request) (answer, error) {
	f := r.form.values
	if r.form.has("password") { // a program of before must not believe that it was set
		return answer{}, invalid("password", "invite")
	}
	role := booking.RoleMember
	if f.Get("role") != "" {
		role = booking.Role(f.Get("role"))
	}
	id, err := s.engine.AddMember(r.Request.Context(), r.actor, booking.NewPerson{
		Role: role, GivenName: f.Get("given_name"), FamilyName: f.Get("family_name"), Email: f.Get("email"),
		Phone: f.Get("phone"), Number: f.Get("number"), Language: f.Get("language"),
	})
	if err == nil {
		return answer{status: http.StatusCreated, see: present.MemberPath(id), reload: true, json: map[string]any{"person_id": id}}, nil
	}
	if r.wants == asJSON || !reshow(err) {
		return answer{}, err
	}
	found, total, listErr := s.engine.Members(r.Request.Context(), r.actor, booking.DirectoryQuery{Limit: membersPerPage})
	if listErr != nil {
		return answer{}, errors.Join(err, listErr)
	}
	view := s.membersView(r, booking.DirectoryQuery{}, 1, total, found, refusal(err))
	page := func() error { return s.show(r, view()) }
	return answer{}, &again{err: err, page: page, part: page}
}

// newMember is the form for another member, with what was typed and refused.
func (s *Server) newMember(r *request, refused *booking.Error) *templates.NewMember {
	if !r.actor.Can(booking.EditMembers) {
		return nil
	}
	f := r.form.values
	n := &templates.NewMember{
		GivenName: f.Get("given_name"), FamilyName: f.Get("family_name"), Email: f.Get("email"), Phone: f.Get("phone"), Number: f.Get("number"),
	}
	n.Open = refused != nil
	n.Problems, n.Errors = s.present(r).Problems(refused, memberFields)
	return n
}

var memberFields = []present.Field{
	{Name: "given_name", ID: "given_name", Label: "members.given_name"},
	{Name: "family_name", ID: "family_name", Label: "members.family_name"},
	{Name: "email", ID: "email", Label: "members.email"},
	{Name: "phone", ID: "phone", Label: "members.phone"},
	{Name: "number", ID: "number", Label: "members.number"},
}

// member is a profile with bookings and ledger: the second path to cancel (S10).
func (s *Server) member(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	p, err := s.readProfile(r, id)
	if err != nil {
		return answer{}, err
	}
	return answer{page: s.showMember(r, p, notice{}, nil), json: toProfileJSON(p)}, nil
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
	places, err := s.engine.Places(ctx)
	if err != nil {
		return p, err
	}
	p.Types = places.Types
	if p.NoShows, p.LateCancels, err = s.engine.Missed(ctx, r.actor, id); err != nil {
		return p, err
	}
	p.Recurring, err = s.recurringItems(r, id)
	return p, err
}

type bookedClassJSON struct {
	Booking bookingJSON `json:"booking"`
	Class   classJSON   `json:"class"`
}

type waitingClassJSON struct {
	Entry entryJSON  `json:"entry"`
	Offer *offerJSON `json:"offer,omitempty"`
	Class classJSON  `json:"class"`
}

func toBookedJSON(list []booking.BookedClass, counts booking.SeatCounts) []bookedClassJSON {
	out := make([]bookedClassJSON, 0, len(list))
	for _, b := range list {
		out = append(out, bookedClassJSON{toBookingJSON(b.Booking), toClassJSON(b.Class, nil, counts)})
	}
	return out
}

func toWaitingJSON(list []booking.WaitingClass, counts booking.SeatCounts) []waitingClassJSON {
	out := make([]waitingClassJSON, 0, len(list))
	for _, w := range list {
		out = append(out, waitingClassJSON{toEntryJSON(w.Entry), toOfferJSON(w.Entry.Offer), toClassJSON(w.Class, nil, counts)})
	}
	return out
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

// periodicJSON is a grant that comes again; its id is what ends it.
type periodicJSON struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity"`
	Every    string `json:"every"`
}

// suspend keeps a member from booking; seats to come are freed.
func (s *Server) suspend(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.Suspend(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	a := s.afterMember(r, id, s.receipt(r, "receipt.suspended", "N", out.Freed))
	a.json = map[string]any{"person_id": id, "freed": out.Freed}
	return a, nil
}

// reactivate lets a member book again.
func (s *Server) reactivate(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	if err := s.engine.Reactivate(r.Request.Context(), r.actor, id); err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	a := s.afterMember(r, id, s.receipt(r, "receipt.reactivated"))
	a.json = map[string]any{"person_id": id, "at": time.Now().UTC().Truncate(time.Second)}
	return a, nil
}

// setRole makes staff of a member, or the reverse; open pages of the person lose
// at once what the new role may not see.
func (s *Server) setRole(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	role := booking.Role(r.form.values.Get("role"))
	out, err := s.engine.SetRole(r.Request.Context(), r.actor, id, role)
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	said := "receipt.role"
	if out.PasswordVoid {
		said = "receipt.role_invite"
	}
	a := s.afterMember(r, id, s.receipt(r, said, "Role", s.present(r).Text("role."+string(role))))
	a.json = map[string]any{"person_id": id, "role": role, "password_void": out.PasswordVoid}
	return a, nil
}

// myBookings is what the person has, waits for and had.
func (s *Server) myBookings(r *request) (answer, error) {
	ctx := r.Request.Context()
	upcoming, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, false)
	if err != nil {
		return answer{}, err
	}
	past, err := s.engine.Bookings(ctx, r.actor, r.actor.ID, true)
	if err != nil {
		return answer{}, err
	}
	waiting, err := s.engine.Waiting(ctx, r.actor, r.actor.ID)
	if err != nil {
		return answer{}, err
	}
	return answer{
		page: s.showMyBookings(r, upcoming, waiting, past),
		json: map[string]any{"upcoming": toBookedJSON(upcoming, r.counts()), "waiting": toWaitingJSON(waiting, r.counts()), "past": toBookedJSON(past, r.counts())},
	}, nil
}

// profile is who the person is to the studio.
func (s *Server) profile(r *request) (answer, error) {
	return answer{page: s.showProfile(r), json: map[string]any{
		"id": r.actor.ID, "name": r.actor.Name, "email": r.actor.Email, "role": string(r.actor.Role), "language": r.lang,
		"chosen_language": chosenLanguage(r.Request, r.actor.Language),
	}}, nil
}
