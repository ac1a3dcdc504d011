package present

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"terminplan/booking"
)

// Names tells people of the same name apart: in a list in which a name is there twice, each of
// them has the number with it, else the e-mail address, else the end of the telephone number.
type Names struct{ marks map[int64]string }

// phoneEnd is how many digits of a telephone number tell people apart.
const phoneEnd = 4

// TellApart returns the names of a list of people. Somebody may be in it several times.
func (pr Presenter) TellApart(list []booking.PersonName) Names {
	same := map[string][]booking.PersonName{}
	for _, n := range list {
		key := n.Folded()
		if key != "" && !slices.ContainsFunc(same[key], func(known booking.PersonName) bool { return known.ID == n.ID }) {
			same[key] = append(same[key], n)
		}
	}
	names := Names{map[int64]string{}}
	for _, group := range same {
		if len(group) < 2 {
			continue
		}
		used := map[string]int{}
		slices.SortFunc(group, func(a, b booking.PersonName) int { return cmp.Compare(a.ID, b.ID) })
		for _, n := range group {
			names.marks[n.ID] = pr.mark(n)
			used[names.marks[n.ID]]++
		}
		for nth, n := range group { // nothing that is stored tells these apart
			if mark := names.marks[n.ID]; used[mark] > 1 {
				names.marks[n.ID] = mark + " " + strconv.Itoa(nth+1)
			}
		}
	}
	return names
}

func (pr Presenter) mark(n booking.PersonName) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, n.Phone)
	switch {
	case n.Number != "":
		return n.Number
	case n.Email != "":
		return n.Email
	case digits != "":
		return "…" + digits[max(0, len(digits)-phoneEnd):]
	case n.Guest:
		return pr.Text("desk.guest")
	}
	return "#"
}

// Spoken returns a name as it is spoken: "Lena Müller", or "Lena Müller (10400)".
func (n Names) Spoken(id int64, name string) string {
	if mark := n.marks[id]; mark != "" {
		return name + " (" + mark + ")"
	}
	return name
}

// Listed returns a name for lists that are ordered by family name: "Müller, Lena", or
// "Müller, Lena (10400)". A guest's name stays as it was typed.
func (n Names) Listed(p booking.PersonName) string {
	name := strings.Trim(p.FamilyName+", "+p.GivenName, ", ")
	if p.Guest {
		name = p.Name()
	}
	return n.Spoken(p.ID, name)
}

// namesOf returns the names of a list.
func namesOf[T any](list []T, name func(T) booking.PersonName) (out []booking.PersonName) {
	for _, x := range list {
		out = append(out, name(x))
	}
	return out
}

// rosterNames returns the names of all people of a roster.
func (pr Presenter) rosterNames(r booking.Roster) Names {
	return pr.TellApart(slices.Concat(
		namesOf(r.Participants, booking.Participant.PersonName), namesOf(r.Waiting, booking.WaitlistEntry.PersonName),
		namesOf(r.Cancelled, booking.Participant.PersonName)))
}
