package present

import (
	"net/url"
	"strconv"

	"terminplan/booking"
	"terminplan/templates"
)

// memberRow returns a person in the directory.
func (pr Presenter) memberRow(m booking.Member, names Names) templates.MemberRow {
	return templates.MemberRow{
		ID: m.ID, Name: names.Listed(m.PersonName()), Initials: initials(m.Name), Email: m.Email + m.SharedEmail,
		Phone: m.Phone, Number: m.Number,
		Role: pr.Role(m.Role), Suspended: m.State == booking.PersonSuspended, Credits: m.Balance,
	}
}

var memberFields = []Field{
	{Name: "given_name", ID: "given_name", Label: "members.given_name"},
	{Name: "family_name", ID: "family_name", Label: "members.family_name"},
	{Name: "email", ID: "email", Label: "members.email"},
	{Name: "phone", ID: "phone", Label: "members.phone"},
	{Name: "number", ID: "number", Label: "members.number"},
}

// newMember returns the form for a new member.
func (pr Presenter) newMember(sent Sent) *templates.NewMember {
	f := sent.Values
	n := &templates.NewMember{
		GivenName: f.Get("given_name"), FamilyName: f.Get("family_name"), Email: f.Get("email"), Phone: f.Get("phone"),
		Number: f.Get("number"),
	}
	n.Open, n.Bounds, n.Invite = sent.Refused != nil, memberBounds, sent.Refused == nil || sent.is("invite")
	n.AskShare, n.Share = takenEmail(sent.Refused) || sent.is("share_email"), sent.is("share_email")
	n.Problems, n.Errors = pr.Problems(sent.Refused, memberFields)
	return n
}

// Found is a page of hits in the directory.
type Found struct {
	Query   booking.DirectoryQuery // its Limit is the page size
	Page    int                    // from 1
	Members []booking.Member
	Total   int
}

// Members returns a page of the directory of customers and staff.
func (pr Presenter) Members(f Frame, found Found, sent Sent) *templates.MembersPage {
	q, counted := found.Query, booking.CountLimit
	if q.Search != "" {
		counted = found.Page * q.Limit
	}
	f.Active = "members"
	p := &templates.MembersPage{
		Layout: pr.Layout(f), Query: q.Search, Total: min(found.Total, counted), More: found.Total > counted,
		Who: []templates.Choice{
			{Value: "", Name: pr.Text("text.everybody")},
			{Value: "members", Name: pr.Text("text.members")},
			{Value: "staff", Name: pr.Text("text.staff")},
			{Value: "suspended", Name: pr.Text("text.suspended")},
		},
		Sort: []templates.Choice{
			{Value: "", Name: pr.Text("text.by_name")},
			{Value: "newest", Name: pr.Text("text.by_age")},
			{Value: "number", Name: pr.Text("text.by_number")},
		},
	}
	if f.Actor.Can(booking.EditMembers) {
		p.New = pr.newMember(sent)
	}
	for i := range p.Who {
		p.Who[i].Selected = p.Who[i].Value == q.Who
	}
	for i := range p.Sort {
		p.Sort[i].Selected = p.Sort[i].Value == q.Sort
	}
	names := pr.TellApart(namesOf(found.Members, booking.Member.PersonName))
	for _, m := range found.Members {
		p.Rows = append(p.Rows, pr.memberRow(m, names))
	}
	link := func(n int) string {
		return "/members?" + url.Values{"q": {q.Search}, "who": {q.Who}, "sort": {q.Sort}, "page": {strconv.Itoa(n)}}.Encode()
	}
	if found.Page > 1 {
		p.PrevURL = link(found.Page - 1)
	}
	if found.Page*q.Limit < min(found.Total, booking.CountLimit) {
		p.NextURL = link(found.Page + 1)
	}
	return p
}
