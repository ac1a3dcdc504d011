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
	Usable    int          `json:"usable,omitempty"` // preview only, as what follows
	Near      bool         `json:"near,omitempty"`
}

func toRecurringJSON(dates []booking.RecurringDate) []recurringDateJSON {
	out := make([]recurringDateJSON, 0, len(dates))
	for _, d := range dates {
		out = append(out, recurringDateJSON{d.ClassID, d.StartsAt, d.Cost, d.State, d.Why, d.BookingID, d.Usable, d.Near})
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
	return response{page: s.renderRecurring(r, id, memberID, dates, nil), json: map[string]any{"dates": toRecurringJSON(dates)}}, nil
}

// bookRecurring books the dates, with a result for each.
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
			return response{status: http.StatusCreated, page: s.renderRecurringDone(r, id, req.MemberID, out), json: json}, nil
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
	page := s.renderRecurring(r, id, memberID, dates, refusal(refused))
	return &redisplay{err: refused, page: page, part: page}
}

func (s *Server) recurringView(r *request, classID, memberID int64, dates []booking.RecurringDate) (*templates.RecurringPage, error) {
	active := "bookings"
	if r.actor.Role.Staff() {
		active = "members"
	}
	l, err := s.layout(r, active, "")
	if err != nil {
		return nil, err
	}
	p := &templates.RecurringPage{
		Layout: l, ClassID: classID, BackURL: "/bookings", Key: newKey(), Horizon: int(r.studio.Horizon.Hours() / 24),
	}
	if memberID != 0 && memberID != r.actor.ID {
		m, err := s.engine.Member(r.Request.Context(), r.actor, memberID)
		if err != nil {
			return nil, err
		}
		p.MemberID, p.Member, p.Balance, p.BackURL = memberID, m.Name, m.Balance, present.MemberPath(memberID)
	} else {
		personal, err := s.personal(r)
		if err != nil {
			return nil, err
		}
		p.Balance = personal.Balance
	}
	pr := s.present(r)
	for _, d := range dates {
		p.Title, p.Cost = d.Title, max(p.Cost, d.Cost)
		p.Dates = append(p.Dates, pr.RecurringDate(d))
	}
	return p, nil
}

func (s *Server) renderRecurring(r *request, classID, memberID int64, dates []booking.RecurringDate, refused *booking.Error) func() error {
	return func() error {
		p, err := s.recurringView(r, classID, memberID, dates)
		if err != nil {
			return err
		}
		pr := s.present(r)
		ticked := present.Suggested(dates, pr.Zone)
		if refused != nil {
			p.Problems, p.Errors = pr.Problems(refused, recurringFields)
			if p.Problems == nil {
				p.Notice = s.refusedNotice(r, refused).view()
			}
			p.Standing, p.Waitlist = r.form.values.Get("standing") == "1", r.form.values.Get("waitlist") == "1"
			ticked = (&form{values: r.form.values}).ids("class_id")
		}
		pr.FillRecurring(p, dates, ticked)
		return s.renderPage(r, p)
	}
}

func (s *Server) renderRecurringDone(r *request, classID, memberID int64, out booking.RecurringOutcome) func() error {
	return func() error {
		p, err := s.recurringView(r, classID, memberID, out.Dates)
		if err != nil {
			return err
		}
		booked := 0
		for _, d := range out.Dates {
			if d.State == booking.DateBooked {
				booked++
			}
		}
		p.Done, p.Notice = true, s.receipt(r, "receipt.recurring", "N", booked, "Balance", out.Balance).view()
		return s.renderPage(r, p)
	}
}

// recurringItems lists the recurring bookings of a person, if the studio offers them.
func (s *Server) recurringItems(r *request, personID int64) ([]templates.RecurringItem, error) {
	if !r.studio.Recurring {
		return nil, nil
	}
	list, err := s.engine.Recurrings(r.Request.Context(), r.actor, personID)
	if booking.CodeOf(err) == booking.NotFound || booking.CodeOf(err) == booking.Forbidden {
		return nil, nil
	}
	pr := s.present(r)
	items := make([]templates.RecurringItem, 0, len(list))
	for _, one := range list {
		item := templates.RecurringItem{ID: one.ID, Title: one.Title, Standing: one.Standing}
		for _, d := range one.Dates {
			item.Dates = append(item.Dates, pr.RecurringDate(d))
		}
		items = append(items, item)
	}
	return items, err
}

// endRecurringPage says which bookings would end, with a verdict for each.
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
		page: s.renderEndRecurring(r, id, from, p, nil), json: map[string]any{"cancels": toEndedJSON(p.Cancelled), "refund": p.Refund},
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
		Key: r.key(), RecurringID: id, FromClassID: r.form.id("from"), ReasonID: r.form.id("reason"), Text: r.form.text("text", 500),
	}
	p, previewErr := s.engine.PreviewEndRecurring(ctx, r.actor, id, req.FromClassID)
	if previewErr != nil {
		return response{}, previewErr
	}
	if err = r.form.failed(reasonGiven(req.ReasonID)); err == nil {
		var out booking.EndRecurringOutcome
		if out, err = s.engine.EndRecurring(ctx, r.actor, req); err == nil {
			return response{
				redirect: s.homeOf(r, p.PersonID), notice: s.receipt(r, "receipt.recurring_ended", "N", len(out.Cancelled), "Refunded", out.Refunded),
				json: map[string]any{"recurring_id": id, "cancelled": toEndedJSON(out.Cancelled), "refunded": out.Refunded, "balance": out.Balance},
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
	return present.MemberPath(personID)
}

func (s *Server) renderEndRecurring(r *request, id, from int64, p booking.RecurringEndPreview, refused *booking.Error) func() error {
	return func() error {
		l, err := s.layout(r, "", "")
		if err != nil {
			return err
		}
		pr := s.present(r)
		page := &templates.EndRecurringPage{
			Layout: l, ID: id, From: from, Refund: p.Refund, Chosen: (&form{values: r.form.values}).id("reason"), Text: r.form.values.Get("text"),
			Key: newKey(), BackURL: s.homeOf(r, p.PersonID),
		}
		for _, d := range p.Cancelled {
			page.Dates = append(
				page.Dates,
				templates.EndingDate{
					ClassID: d.ClassID, When: d.Title + ", " + pr.DateTime(d.StartsAt), Cost: d.Cost, Late: !d.Verdict.Refund && d.Cost > 0,
				},
			)
		}
		for _, reason := range p.Reasons {
			page.Reasons = append(page.Reasons, templates.Reason{ID: reason.ID, Text: reason.Text[r.lang], NeedsText: reason.NeedsText})
		}
		if refused != nil {
			page.ReasonError, page.TextError, page.Notice = s.reasonErrors(r, refused)
		}
		return s.renderPage(r, page)
	}
}

var recurringFields = []present.Field{{Name: "class_id", ID: "dates", Label: "recurring.dates"}}
