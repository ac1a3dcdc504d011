package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// Changes that the staff makes to a person: facts, grants, periodic grants, and erasure.

// editMember changes the facts about a person.
func (s *Server) editMember(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	f := &r.form
	m := booking.MemberEdit{
		PersonID: id, GivenName: f.text("given_name", booking.NameMax), FamilyName: f.text("family_name", booking.NameMax),
		Email: f.text("email", booking.EmailMax), Phone: f.text("phone", booking.ContactMax), Number: f.text("number", booking.ContactMax),
		Language: f.values.Get("language"), Note: f.text("note", booking.MemberNoteMax),
	}
	m.ShareEmail = f.flag("share_email")
	if r.format == asJSON { // an app sends only changed facts
		m.Only = sentFields(f.values, "given_name", "family_name", "email", "phone", "number", "language", "note")
	}
	if err = f.failed(m.Check); err == nil {
		err = s.confirmEmail(r, m)
	}
	if err == nil {
		err = s.engine.EditMember(r.Request.Context(), r.actor, m)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.saved"))
	res.json = map[string]any{"person_id": id}
	return res, nil
}

// confirmEmail asks for the password before another address opens the account of staff.
func (s *Server) confirmEmail(r *request, m booking.MemberEdit) error {
	if m.Only != nil && !slices.Contains(m.Only, "email") {
		return nil
	}
	was, err := s.engine.Member(r.Request.Context(), r.actor, m.PersonID)
	if err != nil || !was.Role.Staff() || strings.EqualFold(was.Email+was.SharedEmail, strings.TrimSpace(m.Email)) {
		return err
	}
	return s.confirmPassword(r)
}

// correctCredits removes credits from a grant or adds some.
func (s *Server) correctCredits(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.CorrectRequest{
		Key: r.key(), PersonID: id, GrantID: r.form.id("grant"),
		Amount: r.form.number("amount", -booking.CreditsMax, booking.CreditsMax, 0),
		Reason: r.form.text("reason", booking.RemarkMax),
	}
	var out booking.GrantOutcome
	if err = r.form.failed(req.Check); err == nil {
		out, err = s.engine.CorrectCredits(r.Request.Context(), r.actor, req)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.corrected", "N", out.Balance))
	res.json = map[string]any{"grant_id": out.GrantID, "balance": out.Balance}
	return res, nil
}

// addPeriodic begins a periodic grant.
func (s *Server) addPeriodic(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	f := &r.form
	p := booking.Periodic{
		PersonID: id, Name: f.text("name", booking.NameMax), Quantity: f.number("quantity", 1, booking.CreditsMax, 0),
		Every:    f.values.Get("every"),
		StartsOn: f.day("starts_on", time.UTC),
		EndsOn:   f.day("ends_on", time.UTC), ValidDays: f.number("valid_days", 0, booking.ValidDaysMax, 0),
	}
	if err = f.failed(p.Check); err == nil {
		p.ID, err = s.engine.AddPeriodic(r.Request.Context(), r.actor, p)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.saved"))
	res.status, res.json = http.StatusCreated, map[string]any{"periodic_id": p.ID}
	return res, nil
}

func (s *Server) endPeriodic(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	person, err := s.engine.EndPeriodic(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	return response{
		redirect: present.MemberTabPath(person, present.TabCredits), notice: s.receipt(r, "receipt.saved"),
		json: map[string]any{"periodic_id": id},
	}, nil
}

// forgive removes the mark of a late cancellation and refunds the credits.
func (s *Server) forgive(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.Forgive(r.Request.Context(), r.actor, r.key(), id)
	if err != nil {
		return response{}, err
	}
	res := s.respondMember(r, out.PersonID, s.withLost(r, s.receipt(r, "receipt.forgiven", "N", out.Refunded), out.Lost))
	res.json = map[string]any{"booking_id": id, "refunded": out.Refunded, "balance": out.Balance}
	return res, nil
}

// eraseMember erases the personal data of a person.
func (s *Server) eraseMember(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if !r.form.flag("confirm") {
		r.form.wrong("confirm", "missing")
	}
	var out booking.SuspendOutcome
	if err = r.form.failed(); err == nil {
		out, err = s.engine.Erase(r.Request.Context(), r.actor, id)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	return response{
		redirect: "/members", reload: true, notice: s.receipt(r, "receipt.erased"),
		json: map[string]any{"person_id": id, "freed": out.Freed},
	}, nil
}
