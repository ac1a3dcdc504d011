package web

import (
	"net/http"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Changes that the staff makes to a person: facts, packs, periodic grants, and erasure.

// profileGroups returns the forms of a profile that the actor may send.
func (s *Server) profileGroups(r *request, p present.Profile, refused *booking.Error) (groups []templates.FormGroup) {
	pr, m := s.present(r), p.Member
	at := present.MemberPath(m.ID)
	add := func(heading, help string, forms ...templates.Form) {
		g := templates.FormGroup{Heading: pr.Text("tab." + heading), Forms: forms}
		if help != "" {
			g.Help = pr.Text("field." + help)
		}
		groups = append(groups, g)
	}
	if r.actor.Can(booking.CorrectCredits) && len(p.Credits.Grants) > 0 {
		var forms []templates.Form
		for _, g := range p.Credits.Grants {
			b := s.newForm(
				r, "correct-"+strconv.FormatInt(g.ID, 10), at+"/corrections", pr.Text("field.correct", "Name", g.Name, "N", g.Remaining), refused,
			)
			b.hidden("grant", strconv.FormatInt(g.ID, 10))
			b.hidden("key", newKey())
			b.number("amount", -1, "amount_help")
			b.text("reason", "", "")
			forms = append(forms, b.done())
		}
		add("corrections", "", forms...)
	}
	if r.actor.Can(booking.GrantCredits) {
		add("periodic", "periodic_help", s.periodicForms(r, at, p.Periodics, refused)...)
	}
	if !r.actor.Can(booking.EditMembers) || m.Role.Staff() && !r.actor.Can(booking.EditRoles) {
		return groups
	}
	b := s.newForm(r, "facts", at+"/edit", pr.Text("field.edit_facts"), refused)
	b.text("given_name", m.GivenName, "")
	b.text("family_name", m.FamilyName, "")
	b.text("email", m.Email, "")
	b.text("phone", m.Phone, "")
	b.text("number", m.Number, "")
	b.choose("language", m.Language, "", pr.Text("language.browser"), "de", "Deutsch", "en", "English")
	b.form.Fields[len(b.form.Fields)-1].Label = pr.Text("profile.language") // this label differs from that of the studio
	b.area("note", m.Note)
	add("facts", "", b.done())
	if m.State == "active" {
		b = s.newForm(r, "invite", at+"/invitation", pr.Text("field.invite_title"), refused)
		b.form.Submit = pr.Text("field.invite")
		add("invitation", "invite_help", b.done())
	}
	if m.ID != r.actor.ID {
		b = s.newForm(r, "erase", at+"/erasure", pr.Text("field.erase_title"), refused)
		b.toggle("confirm", false, "erase_help")
		b.form.Submit = pr.Text("field.erase")
		add("erasure", "", b.done())
	}
	return groups
}

func (s *Server) periodicForms(r *request, at string, list []booking.Periodic, refused *booking.Error) (forms []templates.Form) {
	pr := s.present(r)
	for _, p := range list {
		key := "field.each_week"
		if p.Every == "month" {
			key = "field.each_month"
		}
		id := strconv.FormatInt(p.ID, 10)
		b := s.newForm(r, "periodic-"+id, "/periodic/"+id+"/ending", pr.Text(key, "Name", p.Name, "N", p.Quantity), refused)
		b.form.Submit = pr.Text("field.periodic_end")
		forms = append(forms, b.done())
	}
	b := s.newForm(r, "periodic", at+"/periodic", pr.Text("field.new_periodic"), refused)
	b.text("name", "", "")
	b.number("quantity", 4, "")
	b.choose("every", "month", "week", pr.Text("field.week"), "month", pr.Text("field.month"))
	b.date("starts_on", time.Now().In(pr.Zone).Format(time.DateOnly))
	b.date("ends_on", "")
	b.number("valid_days", 31, "valid_help")
	return append(forms, b.done())
}

// editMember changes the facts about a person.
func (s *Server) editMember(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	f := &r.form
	m := booking.MemberEdit{
		PersonID: id, GivenName: f.text("given_name", 100), FamilyName: f.text("family_name", 100), Email: f.text("email", 200),
		Phone:  f.text("phone", 50),
		Number: f.text("number", 50), Language: f.values.Get("language"), Note: f.text("note", 5000),
	}
	if r.format == asJSON { // an app sends only what it changes
		m.Only = sentFields(f.values, "given_name", "family_name", "email", "phone", "number", "language", "note")
	}
	if err = f.failed(m.Check); err == nil {
		err = s.engine.EditMember(r.Request.Context(), r.actor, m)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.saved"))
	res.json = map[string]any{"person_id": id}
	return res, nil
}

// correctCredits removes credits from a grant or adds some.
func (s *Server) correctCredits(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.CorrectRequest{
		Key: r.key(), PersonID: id, GrantID: r.form.id("grant"), Amount: r.form.number("amount", -10_000, 10_000, 0),
		Reason: r.form.text("reason", 500),
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
		PersonID: id, Name: f.text("name", 100), Quantity: f.number("quantity", 1, 10_000, 0), Every: f.values.Get("every"),
		StartsOn: f.day("starts_on", time.UTC),
		EndsOn:   f.day("ends_on", time.UTC), ValidDays: f.number("valid_days", 0, 3650, 0),
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
	return response{redirect: present.MemberPath(person), notice: s.receipt(r, "receipt.saved"), json: map[string]any{"periodic_id": id}}, nil
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
	res := s.respondMember(r, out.PersonID, s.receipt(r, "receipt.forgiven", "N", out.Refunded))
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
		redirect: "/members", reload: true, notice: s.receipt(r, "receipt.erased"), json: map[string]any{"person_id": id, "freed": out.Freed},
	}, nil
}
