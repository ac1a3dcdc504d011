package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// What staff changes about a person: facts, packs, periodic grants, the way in,
// and the end of it all.

// profileGroups are the forms of a profile that the actor may send.
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
			b := s.formOf(r, "correct-"+strconv.FormatInt(g.ID, 10), at+"/corrections", pr.Text("field.correct", "Name", g.Name, "N", g.Remaining), refused)
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
	b := s.formOf(r, "facts", at+"/edit", pr.Text("field.edit_facts"), refused)
	b.text("given_name", m.GivenName, "")
	b.text("family_name", m.FamilyName, "")
	b.text("email", m.Email, "")
	b.text("phone", m.Phone, "")
	b.text("number", m.Number, "")
	b.choose("language", m.Language, "", pr.Text("language.browser"), "de", "Deutsch", "en", "English")
	b.form.Fields[len(b.form.Fields)-1].Label = pr.Text("profile.language") // a studio's means something else
	b.area("note", m.Note)
	add("facts", "", b.done())
	if m.State == "active" {
		b = s.formOf(r, "invite", at+"/invitation", pr.Text("field.invite_title"), refused)
		b.form.Submit = pr.Text("field.invite")
		add("invitation", "invite_help", b.done())
	}
	if m.ID != r.actor.ID {
		b = s.formOf(r, "erase", at+"/erasure", pr.Text("field.erase_title"), refused)
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
		b := s.formOf(r, "periodic-"+id, "/periodic/"+id+"/ending", pr.Text(key, "Name", p.Name, "N", p.Quantity), refused)
		b.form.Submit = pr.Text("field.periodic_end")
		forms = append(forms, b.done())
	}
	b := s.formOf(r, "periodic", at+"/periodic", pr.Text("field.new_periodic"), refused)
	b.text("name", "", "")
	b.number("quantity", 4, "")
	b.choose("every", "month", "week", pr.Text("field.week"), "month", pr.Text("field.month"))
	b.date("starts_on", time.Now().In(pr.Zone).Format(time.DateOnly))
	b.date("ends_on", "")
	b.number("valid_days", 31, "valid_help")
	return append(forms, b.done())
}

// editMember changes the facts about a person.
func (s *Server) editMember(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	f := &r.form
	m := booking.MemberEdit{
		PersonID: id, GivenName: f.text("given_name", 100), FamilyName: f.text("family_name", 100), Email: f.text("email", 200), Phone: f.text("phone", 50),
		Number: f.text("number", 50), Language: f.values.Get("language"), Note: f.text("note", 5000),
	}
	if r.wants == asJSON { // an app sends what it changes, and the engine checks the whole
		m.Only = sent(f.values, "given_name", "family_name", "email", "phone", "number", "language", "note")
		err = f.failed()
	} else {
		err = f.failed(m.Check)
	}
	if err == nil {
		err = s.engine.EditMember(r.Request.Context(), r.actor, m)
	}
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	a := s.afterMember(r, id, s.receipt(r, "receipt.saved"))
	a.json = map[string]any{"person_id": id}
	return a, nil
}

// correctCredits takes credits of a pack back, or adds some.
func (s *Server) correctCredits(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	req := booking.CorrectRequest{Key: r.key(), PersonID: id, GrantID: r.form.id("grant"), Amount: r.form.number("amount", -10_000, 10_000, 0), Reason: r.form.text("reason", 500)}
	var out booking.GrantOutcome
	if err = r.form.failed(req.Check); err == nil {
		out, err = s.engine.CorrectCredits(r.Request.Context(), r.actor, req)
	}
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	a := s.afterMember(r, id, s.receipt(r, "receipt.corrected", "N", out.Balance))
	a.json = map[string]any{"grant_id": out.GrantID, "balance": out.Balance}
	return a, nil
}

// addPeriodic begins a periodic grant.
func (s *Server) addPeriodic(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	f := &r.form
	p := booking.Periodic{
		PersonID: id, Name: f.text("name", 100), Quantity: f.number("quantity", 1, 10_000, 0), Every: f.values.Get("every"), StartsOn: f.day("starts_on", time.UTC),
		EndsOn: f.day("ends_on", time.UTC), ValidDays: f.number("valid_days", 0, 3650, 0),
	}
	if err = f.failed(p.Check); err == nil {
		p.ID, err = s.engine.AddPeriodic(r.Request.Context(), r.actor, p)
	}
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	a := s.afterMember(r, id, s.receipt(r, "receipt.saved"))
	a.status, a.json = http.StatusCreated, map[string]any{"periodic_id": p.ID}
	return a, nil
}

func (s *Server) endPeriodic(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	person, err := s.engine.EndPeriodic(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, err
	}
	return answer{see: present.MemberPath(person), said: s.receipt(r, "receipt.saved"), json: map[string]any{"periodic_id": id}}, nil
}

// forgive takes the mark of a late cancellation off and gives the credits back.
func (s *Server) forgive(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	out, err := s.engine.Forgive(r.Request.Context(), r.actor, r.key(), id)
	if err != nil {
		return answer{}, err
	}
	a := s.afterMember(r, out.PersonID, s.receipt(r, "receipt.forgiven", "N", out.Refunded))
	a.json = map[string]any{"booking_id": id, "refunded": out.Refunded, "balance": out.Balance}
	return a, nil
}

// eraseMember forgets who a person was.
func (s *Server) eraseMember(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	if !r.form.flag("confirm") {
		r.form.wrong("confirm", "missing")
	}
	var out booking.SuspendOutcome
	if err = r.form.failed(); err == nil {
		out, err = s.engine.Erase(r.Request.Context(), r.actor, id)
	}
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	return answer{see: "/members", reload: true, said: s.receipt(r, "receipt.erased"), json: map[string]any{"person_id": id, "freed": out.Freed}}, nil
}

// invite shows a code and a link, once: to print, to copy or to send.
func (s *Server) invite(r *request) (answer, error) {
	id, err := r.idParam()
	if err != nil {
		return answer{}, err
	}
	in, err := s.engine.Invite(r.Request.Context(), r.actor, id)
	if err != nil {
		return answer{}, s.memberAgain(r, id, err)
	}
	site := s.origin
	if site == "" {
		site = "http://" + r.Request.Host
	}
	link := site + "/invitation?code=" + in.Code
	page := func() error {
		m, err := s.engine.Member(r.Request.Context(), r.actor, id)
		if err != nil {
			return err
		}
		pr := s.present(r)
		return s.show(r, &templates.InvitePage{
			Layout: s.layoutOf(r, "members", "", booking.Mine{}), Name: m.Name, Code: in.Code, Link: link, Until: pr.DateTime(in.ExpiresAt), BackURL: present.MemberPath(id),
			// PathEscape writes a space as %20, as mail programs expect it.
			Mail: fmt.Sprintf("mailto:%s?subject=%s&body=%s", url.QueryEscape(m.Email), url.PathEscape(r.studio.Name), url.PathEscape(pr.Text("text.invitation", "Link", link, "Code", in.Code, "Until", pr.DateTime(in.ExpiresAt)))),
		})
	}
	return answer{status: http.StatusCreated, page: page, part: page, json: map[string]any{"code": in.Code, "link": link, "expires_at": in.ExpiresAt}}, nil
}

// invitationPage is where an invited person sets a password.
func (s *Server) invitationPage(r *request) (answer, error) {
	return answer{page: s.showInvitation(r, r.query.text("code", 40), nil)}, nil
}

func (s *Server) showInvitation(r *request, code string, refused *booking.Error) func() error {
	return func() error {
		p := &templates.InvitationPage{Layout: templates.Layout{Studio: r.studio.Name, Path: "/invitation", Wrong: r.wrong}, Code: code}
		var sentences map[string]string
		p.Problems, sentences = s.present(r).Problems(refused, invitationFields)
		p.CodeError, p.PasswordError = sentences["code"], sentences["password"]
		if refused != nil && refused.Field == "" {
			p.Notice = templates.Notice{Kind: "refused", Text: s.present(r).Refusal(refused)}
		}
		return s.show(r, p)
	}
}

var invitationFields = []present.Field{{Name: "code", ID: "code", Label: "invitation.code"}, {Name: "password", ID: "password", Label: "invitation.password"}}

// acceptInvitation sets the password, once; signing in comes after.
func (s *Server) acceptInvitation(r *request) (answer, error) {
	code, password := r.form.text("code", 40), r.form.values.Get("password")
	if code == "" {
		r.form.wrong("code", "missing")
	}
	err := r.form.failed(func() error { return booking.CheckPassword(password) })
	if err == nil {
		err = s.engine.AcceptInvitation(r.Request.Context(), code, password, neighbourhood(s.address(r.Request)))
	}
	if err != nil {
		if r.wants == asJSON || !reshow(err) {
			return answer{}, err
		}
		page := s.showInvitation(r, code, refusal(err))
		return answer{}, &again{err: err, page: page, part: page}
	}
	return answer{see: "/login", said: s.receipt(r, "receipt.password"), json: struct{}{}}, nil
}
