package present

import (
	"terminplan/booking"
	"terminplan/templates"
)

// unreachedOpen is up to how many people the list of the desk is open from the start.
const unreachedOpen = 3

// Unreached returns the list of people whom no message reached.
func (pr Presenter) Unreached(list []booking.Unreached) *templates.UnreachedList {
	t := &templates.UnreachedList{Open: len(list) <= unreachedOpen}
	for _, u := range list {
		one := templates.Unreached{
			ID: u.DeliveryID, Name: u.Person.Name(), Phone: u.Person.Phone, Digits: phoneDigits(u.Person.Phone),
			What: pr.Text("unreached.kind." + string(u.Kind)), Class: u.Class.Title + ", " + pr.whenNear(u.Class.StartsAt, pr.Now),
			ClassURL: ClassPath(u.Class.ID), Why: pr.Text("unreached.why." + u.Why),
		}
		if !u.Was.IsZero() {
			one.What = pr.Text("unreached.moved", "Was", pr.DateTime(u.Was))
		}
		if !u.Person.Guest {
			one.URL = MemberPath(u.Person.ID)
		}
		t.Items = append(t.Items, one)
	}
	return t
}

// contacts returns people to call, by name and number.
func (pr Presenter) contacts(list []booking.PersonName) (out []templates.Contact) {
	apart := pr.TellApart(list)
	for _, n := range list {
		out = append(out, templates.Contact{Name: apart.Listed(n), Phone: n.Phone, Digits: phoneDigits(n.Phone)})
	}
	return out
}
