package present

import (
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// Candidates returns the hits of the search q for members to add. People who cannot be added
// come last.
func (pr Presenter) Candidates(a booking.Actor, c booking.Class, q string, found []booking.Candidate, more int) templates.Candidates {
	t := templates.Candidates{
		ClassID: c.ID, Query: q, Searched: q != "", Key: pr.NewKey(), More: more, MayGuest: q != "",
	}
	names := pr.TellApart(namesOf(found, booking.Candidate.PersonName))
	for _, p := range found {
		name := names.Listed(p.PersonName())
		hit := templates.Candidate{
			PersonID: p.PersonID, Name: marked(name, q), Initials: initials(p.Name), Number: p.Number, Email: p.Email,
			Credits: p.Credits, Cost: c.Rules.Cost > 0,
		}
		switch {
		case p.Booked:
			hit.Off, hit.Why = true, pr.Text("hit.already")
		case p.Block != nil:
			hit.Off, hit.Why = !(p.Block.Overridable() && a.Can(booking.Override)), pr.shortWhy(p.Block)
		case p.Waiting:
			hit.Why = pr.Text("hit.waiting")
		}
		t.Hits = append(t.Hits, hit)
	}
	slices.SortStableFunc(t.Hits, func(a, b templates.Candidate) int {
		switch {
		case a.Off == b.Off:
			return 0
		case a.Off:
			return 1
		}
		return -1
	})
	return t
}

// shortWhy returns the reason of a refusal in a few words.
func (pr Presenter) shortWhy(e *booking.Error) string {
	switch e.Code {
	case booking.NoCredits:
		have, _ := e.Args["have"].(int)
		return pr.Text("hit.no_credits", "N", have)
	case booking.Overlap:
		at, _ := e.Args["at"].(time.Time)
		return pr.Text("why.overlap", "title", e.Args["title"], "at", pr.Clock(at))
	case booking.ClassCancelled, booking.ClassEnded:
		return pr.Refusal(e)
	}
	return pr.why(e.Code)
}

// marked marks the part of a name that the words of a query begin with.
func marked(name, query string) (pieces []templates.Marked) {
	at := 0
	for _, m := range booking.MatchedParts(name, query) {
		if m[0] > at {
			pieces = append(pieces, templates.Marked{Text: name[at:m[0]]})
		}
		pieces = append(pieces, templates.Marked{Text: name[m[0]:m[1]], Mark: true})
		at = m[1]
	}
	if at < len(name) {
		pieces = append(pieces, templates.Marked{Text: name[at:]})
	}
	return pieces
}

// AddQuestions returns the questions about people who were not added.
func (pr Presenter) AddQuestions(a booking.Actor, classID int64, asked []booking.Added) (list []templates.AddQuestion) {
	for _, who := range asked {
		q := templates.AddQuestion{ClassID: classID, Text: pr.Refusal(who.Err), PersonID: who.PersonID, Key: pr.NewKey()}
		if who.PersonID == 0 {
			q.GuestName, q.GuestEmail, q.GuestPhone = who.Name, who.Email, who.Phone
		}
		switch who.Err.Code {
		case booking.Duplicate:
			q.Duplicate = true
			if id, ok := who.Err.Args["person_id"].(int64); ok {
				q.MemberID = id
				q.Member, _ = who.Err.Args["name"].(string)
			}
		case booking.Full, booking.HeldForWaitlist:
			q.Waitlist, q.Overbook = who.PersonID != 0, a.Can(booking.Overbook)
			q.Text = pr.Text("receipt.not_added", "Name", who.Name, "Why", q.Text)
		default:
			q.Override = true
			q.Text = pr.Text("receipt.not_added", "Name", who.Name, "Why", q.Text)
		}
		list = append(list, q)
	}
	return list
}

// Asks reports whether the desk can decide about a refusal: then a question replaces the
// sentence.
func Asks(a booking.Actor, guest bool, e *booking.Error) bool {
	switch e.Code {
	case booking.Duplicate:
		return true
	case booking.Full, booking.HeldForWaitlist:
		return !guest || a.Can(booking.Overbook)
	}
	return e.Overridable() && a.Can(booking.Override)
}
