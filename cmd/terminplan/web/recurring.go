package web

import (
	"net/http"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Recurring bookings (S7). If the studio does not offer them, the engine returns NotFound
// and no page has a link to them.

type recurringDateJSON struct {
	ClassID   int64        `json:"class_id"`
	StartsAt  time.Time    `json:"starts_at"`
	Cost      int          `json:"cost"`
	State     string       `json:"state"`
	Why       booking.Code `json:"why,omitempty"`
	BookingID int64        `json:"booking_id,omitempty"`
	Usable    int          `json:"usable,omitempty"` // preview only, like the fields below
	Near      bool         `json:"near,omitempty"`
}

func toRecurringJSON(dates []booking.RecurringDate) []recurringDateJSON {
	out := make([]recurringDateJSON, 0, len(dates))
	for _, d := range dates {
		out = append(out, recurringDateJSON{d.ClassID, d.StartsAt, d.Cost, string(d.State), d.Why, d.BookingID, d.Usable, d.Near})
	}
	return out
}

// recurringPage previews every date.
func (s *Server) recurringPage(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	memberID := r.query.id("member_id")
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	dates, err := s.engine.PreviewRecurring(r.Request.Context(), r.actor, id, memberID)
	if err != nil {
		return response{}, err
	}
	show := s.recurringView(r, id, memberID, dates, nil)
	return response{page: show.page, part: show.fragment, json: map[string]any{"dates": toRecurringJSON(dates)}}, nil
}

// bookRecurring books the dates. The response has a result for each date.
func (s *Server) bookRecurring(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	req := booking.RecurringRequest{
		Key: r.key(), ClassID: id, MemberID: r.form.id("member_id"), ClassIDs: r.form.ids("class_id"), Standing: r.form.flag("standing"),
		Waitlist: r.form.flag("waitlist"), CostSeen: r.form.seenNumber("cost_seen"),
	}
	if err = r.form.failed(); err == nil {
		var out booking.RecurringOutcome
		if out, err = s.engine.BookRecurring(r.Request.Context(), r.actor, req); err == nil {
			json := map[string]any{"recurring_id": out.RecurringID, "dates": toRecurringJSON(out.Dates), "balance": out.Balance}
			show := s.recurringDoneView(r, id, req.MemberID, out)
			return response{status: http.StatusCreated, page: show.page, part: show.fragment, json: json}, nil
		}
	}
	return response{}, s.redisplayRecurring(r, id, req.MemberID, err)
}

func (s *Server) redisplayRecurring(r *request, id, memberID int64, refused error) error {
	if r.format == asJSON || !canRedisplay(refused) {
		return refused
	}
	dates, err := s.engine.PreviewRecurring(r.Request.Context(), r.actor, id, memberID)
	if err != nil {
		return refused
	}
	show := s.recurringView(r, id, memberID, dates, refusal(refused))
	return &redisplay{err: refused, page: show.page, part: show.fragment}
}

// recurringFor returns the person for whom the dates are booked, with the balance.
func (s *Server) recurringFor(r *request, memberID int64) (present.RecurringFor, error) {
	if memberID != 0 && memberID != r.actor.ID {
		m, err := s.engine.Member(r.Request.Context(), r.actor, memberID)
		return present.RecurringFor{MemberID: memberID, Member: m.Name, Balance: m.Balance}, err
	}
	personal, err := s.personal(r)
	return present.RecurringFor{Balance: personal.Balance}, err
}

// recurringView shows the dates to choose from: in the sheet of the class, or on a page for
// staff.
func (s *Server) recurringView(r *request, classID, memberID int64, dates []booking.RecurringDate, refused *booking.Error) classPage {
	return readLater(func() (classPage, error) {
		person, err := s.recurringFor(r, memberID)
		if err != nil {
			return classPage{}, err
		}
		choice, n := s.present(r).Recurring(r.studio, classID, person, dates, r.sent(refused))
		return s.choiceView(r, person, dates, choice, n)
	})
}

func (s *Server) recurringDoneView(r *request, classID, memberID int64, out booking.RecurringOutcome) classPage {
	return readLater(func() (classPage, error) {
		person, err := s.recurringFor(r, memberID)
		if err != nil {
			return classPage{}, err
		}
		choice, n := s.present(r).RecurringDone(r.studio, classID, person, out)
		return s.choiceView(r, person, out.Dates, choice, n)
	})
}

// readLater reads a view only if the client asked for HTML.
func readLater(read func() (classPage, error)) classPage {
	show := func(form func(classPage) error) func() error {
		return func() error {
			view, err := read()
			if err != nil {
				return err
			}
			return form(view)
		}
	}
	return classPage{
		page:     show(func(v classPage) error { return v.page() }),
		fragment: show(func(v classPage) error { return v.fragment() }),
	}
}

func (s *Server) choiceView(
	r *request, person present.RecurringFor, dates []booking.RecurringDate, choice templates.RecurringChoice, n templates.Notice,
) (classPage, error) {
	if !r.actor.Role.Staff() {
		show, _, err := s.sheetView(r, choice.ClassID, n, &choice)
		return show, err
	}
	page := func() error {
		active := "bookings"
		if person.MemberID != 0 {
			active = "members"
		}
		l, err := s.layout(r, active, "")
		if err != nil {
			return err
		}
		l.Notice = n
		return s.renderPage(r, s.present(r).RecurringPage(l, person, dates, choice))
	}
	return classPage{page: page, fragment: page}, nil
}

// recurring reads the recurring bookings of a person, if the studio offers them.
func (s *Server) recurring(r *request, personID int64) ([]booking.Recurring, error) {
	if !r.studio.Recurring {
		return nil, nil
	}
	list, err := s.engine.Recurrings(r.Request.Context(), r.actor, personID)
	if code := booking.CodeOf(err); code == booking.NotFound || code == booking.Forbidden {
		return nil, nil
	}
	return list, err
}

// endRecurringPage is the page with the bookings that would end, and a refund verdict for
// each.
func (s *Server) endRecurringPage(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	from := r.query.id("from")
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	p, err := s.engine.PreviewEndRecurring(r.Request.Context(), r.actor, id, from)
	if err != nil {
		return response{}, err
	}
	return response{
		page: s.renderEndRecurring(r, id, from, p, nil),
		json: map[string]any{"already": p.Already, "cancels": toEndedJSON(p.Cancelled), "refund": p.Refund},
	}, nil
}

type endedJSON struct {
	ClassID   int64     `json:"class_id"`
	BookingID int64     `json:"booking_id"`
	StartsAt  time.Time `json:"starts_at"`
	InTime    bool      `json:"in_time"`
	Refund    int       `json:"refund"`
}

func toEndedJSON(list []booking.RecurringEndDate) []endedJSON {
	out := make([]endedJSON, 0, len(list))
	for _, d := range list {
		j := endedJSON{ClassID: d.ClassID, BookingID: d.BookingID, StartsAt: d.StartsAt, InTime: d.Verdict.InTime}
		if d.Verdict.Refund {
			j.Refund = d.Cost
		}
		out = append(out, j)
	}
	return out
}

// endRecurring ends a recurring booking, from a date on or as a whole.
func (s *Server) endRecurring(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	ctx := r.Request.Context()
	req := booking.EndRecurringRequest{
		Key: r.key(), RecurringID: id, FromClassID: r.form.id("from"), ReasonID: r.form.id("reason"),
		Text: r.form.text("text", booking.RemarkMax),
	}
	p, previewErr := s.engine.PreviewEndRecurring(ctx, r.actor, id, req.FromClassID)
	if previewErr != nil {
		return response{}, previewErr
	}
	if err = r.form.failed(reasonGiven(req.ReasonID)); err == nil {
		var out booking.EndRecurringOutcome
		if out, err = s.engine.EndRecurring(ctx, r.actor, req); err == nil {
			return response{
				redirect: s.homeOf(r, p.PersonID),
				notice:   s.receipt(r, "receipt.recurring_ended", "N", len(out.Cancelled), "Refunded", out.Refunded),
				json: map[string]any{
					"recurring_id": id, "already": out.Already, "cancelled": toEndedJSON(out.Cancelled),
					"refunded": out.Refunded, "balance": out.Balance,
				},
			}, nil
		}
	}
	if r.format == asJSON || !canRedisplay(err) {
		return response{}, err
	}
	page := s.renderEndRecurring(r, id, req.FromClassID, p, refusal(err))
	return response{}, &redisplay{err: err, page: page, part: page}
}

// homeOf is the page that lists the bookings of a person.
func (s *Server) homeOf(r *request, personID int64) string {
	if personID == r.actor.ID {
		return "/bookings"
	}
	return present.MemberTabPath(personID, present.TabTraining)
}

func (s *Server) renderEndRecurring(r *request, id, from int64, p booking.RecurringEndPreview, refused *booking.Error) func() error {
	return func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).EndRecurring(l, id, from, p, s.homeOf(r, p.PersonID), r.sent(refused)))
	}
}
