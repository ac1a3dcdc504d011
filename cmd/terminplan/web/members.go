package web

import (
	"errors"
	"net/http"

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
	Shared  string `json:"shared_email,omitempty"` // of somebody else's account, where messages go
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
		ID: m.ID, Name: m.Name, Email: m.Email, Shared: m.SharedEmail, Phone: m.Phone, Number: m.Number,
		Role: string(m.Role), State: string(m.State),
		Balance:   m.Balance,
		GivenName: m.GivenName, FamilyName: m.FamilyName, Language: m.Language,
	}
}

// members is the directory of customers and staff.
func (s *Server) members(r *request) (response, error) {
	page := r.query.number("page", 1, booking.CountLimit/membersPerPage, 1)
	q := booking.DirectoryQuery{
		Search: r.query.text("q", booking.NameMax), Who: r.query.values.Get("who"), Sort: r.query.values.Get("sort"), Limit: membersPerPage,
		Offset: (page - 1) * membersPerPage,
	}
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	found, total, err := s.engine.Members(r.Request.Context(), r.actor, q)
	if err != nil {
		return response{}, err
	}
	list := make([]memberJSON, 0, len(found))
	for _, m := range found {
		list = append(list, toMemberJSON(m))
	}
	view := func() *templates.MembersPage {
		return s.present(r).Members(s.frame(r), present.Found{Query: q, Page: page, Members: found, Total: total}, present.Sent{})
	}
	part := func() error { return s.renderFragment(r, parts.People, view()) }
	whole := func() error { return s.renderPage(r, view()) }
	return response{page: whole, part: part, json: map[string]any{"total": total, "page": page, "members": list}}, nil
}

// createMember creates an account. A refused form shows the typed values again.
func (s *Server) createMember(r *request) (response, error) {
	f := r.form.values
	if r.form.has("password") { // refuse old clients, which would assume that the password was set
		return response{}, invalid("password", "invite")
	}
	role := booking.RoleMember
	if f.Get("role") != "" {
		role = booking.Role(f.Get("role"))
	}
	id, err := s.engine.AddMember(r.Request.Context(), r.actor, booking.NewPerson{
		Role: role, GivenName: f.Get("given_name"), FamilyName: f.Get("family_name"), Email: f.Get("email"),
		Phone: f.Get("phone"), Number: f.Get("number"), Language: f.Get("language"), ShareEmail: r.form.flag("share_email"),
	})
	if err == nil && r.form.flag("invite") {
		return s.inviteNew(r, id)
	}
	if err == nil {
		return response{
			status: http.StatusCreated, redirect: present.MemberPath(id), reload: true, json: map[string]any{"person_id": id},
		}, nil
	}
	if r.format == asJSON || !canRedisplay(err) {
		return response{}, err
	}
	found := present.Found{Query: booking.DirectoryQuery{Limit: membersPerPage}, Page: 1}
	var listErr error
	if found.Members, found.Total, listErr = s.engine.Members(r.Request.Context(), r.actor, found.Query); listErr != nil {
		return response{}, errors.Join(err, listErr)
	}
	page := func() error { return s.renderPage(r, s.present(r).Members(s.frame(r), found, r.sent(refusal(err)))) }
	return response{}, &redisplay{err: err, page: page, part: page}
}

// suspend stops a member from booking and frees the seats to come.
func (s *Server) suspend(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.Suspend(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.suspended", "N", out.Freed))
	res.json = map[string]any{"person_id": id, "freed": out.Freed}
	return res, nil
}

// reactivate lets a member book again.
func (s *Server) reactivate(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err := s.engine.Reactivate(r.Request.Context(), r.actor, id); err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.reactivated"))
	res.json = map[string]any{"person_id": id, "freed": 0} // nothing is freed; the shape is that of a suspension
	return res, nil
}

// setRole changes the role of a person. Open pages immediately lose everything that the new
// role must not see.
func (s *Server) setRole(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	role := booking.Role(r.form.values.Get("role"))
	var out booking.RoleOutcome
	if err = s.confirmPassword(r); err == nil {
		out, err = s.engine.SetRole(r.Request.Context(), r.actor, id, role)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	said := "receipt.role"
	if out.PasswordVoid {
		said = "receipt.role_invite"
	}
	res := s.respondMember(r, id, s.receipt(r, said, "Role", s.present(r).Text("role."+string(role))))
	res.json = map[string]any{"person_id": id, "role": role, "password_void": out.PasswordVoid}
	return res, nil
}
