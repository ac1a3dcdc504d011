package web

import (
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// receipt returns the sentence of a key as a notice.
func (s *Server) receipt(r *request, key string, pairs ...any) notice {
	text := s.present(r).Text(key, pairs...)
	return notice{text: text, spoken: text}
}

// namesIn tells the people of a class apart. A receipt is for something that has happened, so
// a failed read leaves the names as they are.
func (s *Server) namesIn(r *request, classID int64) present.Names {
	return s.present(r).TellApart(s.readNames(r, classID))
}

func (s *Server) readNames(r *request, classID int64) []booking.PersonName {
	list, err := s.engine.NamesInClass(r.Request.Context(), r.actor, classID)
	if err != nil {
		s.log.Warn("reading the names for a receipt failed", "request", r.id, "err", err)
	}
	return list
}

// spokenName returns the name of a person of a class, with a number if somebody else there
// has the same name.
func (s *Server) spokenName(r *request, classID, personID int64, name string) string {
	return s.namesIn(r, classID).Spoken(personID, name)
}

// receiptBooked returns a notice with the cost of a booking and the end of free cancellation.
func (s *Server) receiptBooked(r *request, out booking.BookOutcome) notice {
	pr, key := s.present(r), "receipt.booked"
	switch {
	case out.Already:
		key = "receipt.already"
	case out.Cost == 0:
		key = "receipt.booked_free"
	case !out.UndoUntil.IsZero():
		key = "receipt.booked_undo"
	case out.Binding:
		key = "receipt.booked_binding"
	}
	n := s.receipt(r, key, "N", out.Cost, "Until", pr.DayClock(out.FreeUntil))
	if c, err := s.engine.Class(r.Request.Context(), out.ClassID); err == nil {
		n.spoken = pr.Text("spoken.booked", "Title", c.Title, "When", pr.DateTime(c.StartsAt), "N", out.Balance)
	}
	return n
}

// receiptCancelled returns a notice with the refund; for staff also with the name of the
// member and the reason.
func (s *Server) receiptCancelled(r *request, out booking.CancelOutcome) notice {
	key, staff := "receipt.cancelled", r.actor.Role.Staff()
	switch {
	case out.Already:
		key = "receipt.cancelled_already"
	case staff && out.Refunded > 0:
		key = "receipt.removed_refund"
	case staff && out.Verdict.Late:
		key = "receipt.removed_late"
	case staff:
		key = "receipt.removed_reason"
	case out.Refunded > 0:
	case out.Verdict.Late:
		key = "receipt.cancelled_late"
	case out.SeatGone:
		key = "receipt.cancelled_gone"
	default:
		key = "receipt.cancelled_free"
	}
	name := out.Name
	if staff {
		name = s.spokenName(r, out.ClassID, out.PersonID, out.Name)
	}
	n := s.receipt(r, key, "N", out.Refunded, "Balance", out.Balance, "Name", name, "Reason", out.Reason[r.lang])
	if staff && !out.Already {
		n.removed = out.BookingID
		for _, p := range s.readNames(r, out.ClassID) { // in the list of participants, as that list names the person
			if p.ID == out.PersonID {
				listed := s.namesIn(r, out.ClassID).Listed(p)
				n.text = s.present(r).Text(key, "N", out.Refunded, "Balance", out.Balance, "Name", listed, "Reason", out.Reason[r.lang])
			}
		}
	}
	return s.withLost(r, n, out.Lost)
}

// withLost adds to a receipt how many of the credits went back to a grant that has expired.
func (s *Server) withLost(r *request, n notice, lost int) notice {
	if lost > 0 {
		n.text += " " + s.present(r).Text("receipt.lost", "N", lost)
		n.spoken = n.text
	}
	return n
}

// receiptAdded returns a notice with the result for each person.
func (s *Server) receiptAdded(r *request, out booking.AddOutcome) notice {
	pr, n := s.present(r), notice{refused: true}
	var lines []string
	names := s.namesIn(r, out.ClassID)
	for _, a := range out.Added {
		a.Name = names.Spoken(a.PersonID, a.Name)
		if a.Err != nil && (a.Err.Code == booking.Duplicate || len(out.Added) == 1 && present.Asks(r.actor, a.PersonID == 0, a.Err)) {
			n.asked = append(n.asked, a)
			continue
		}
		if a.Err != nil {
			lines = append(lines, pr.Text("receipt.not_added", "Name", a.Name, "Why", pr.Refusal(a.Err)))
			continue
		}
		n.refused = false
		key := "receipt.added"
		if a.Already {
			key = "receipt.already_in"
		}
		lines = append(lines, pr.Text(key, "Name", a.Name))
	}
	n.refused = n.refused && len(lines) > 0
	n.text = strings.Join(lines, " ")
	n.spoken = n.text
	return n
}
