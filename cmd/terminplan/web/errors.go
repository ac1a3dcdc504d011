package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// statuses is the HTTP status of each refusal; present.Presenter.Refusal returns its sentence.
// A test fails if a code is missing.
var statuses = map[booking.Code]int{
	booking.SignedOut:      http.StatusUnauthorized,
	booking.WrongPassword:  http.StatusUnauthorized,
	booking.NoCredits:      http.StatusPaymentRequired,
	booking.SecondFactor:   http.StatusUnauthorized,
	booking.Forbidden:      http.StatusForbidden,
	booking.NeedsFactor:    http.StatusForbidden,
	booking.PasswordNeeded: http.StatusForbidden,
	booking.OnlineOff:      http.StatusForbidden,
	booking.NotFound:       http.StatusNotFound,
	booking.Invalid:        http.StatusUnprocessableEntity,
	booking.ReasonMissing:  http.StatusUnprocessableEntity,
	booking.ReasonText:     http.StatusUnprocessableEntity,
	booking.KeyReused:      http.StatusUnprocessableEntity,
	booking.Throttled:      http.StatusTooManyRequests,
	booking.Busy:           http.StatusServiceUnavailable,
	booking.Unknown:        http.StatusServiceUnavailable,
	booking.Interrupted:    http.StatusServiceUnavailable,

	// The state differs from the page, or does not allow the action.
	booking.Full:             http.StatusConflict,
	booking.HeldForWaitlist:  http.StatusConflict,
	booking.BookInstead:      http.StatusConflict,
	booking.NotOpenYet:       http.StatusConflict,
	booking.Closed:           http.StatusConflict,
	booking.ClassCancelled:   http.StatusConflict,
	booking.ClassOver:        http.StatusConflict,
	booking.ClassEnded:       http.StatusConflict,
	booking.ClassBegun:       http.StatusConflict,
	booking.Overlap:          http.StatusConflict,
	booking.LimitOpen:        http.StatusConflict,
	booking.LimitDay:         http.StatusConflict,
	booking.LimitWeek:        http.StatusConflict,
	booking.LimitChanges:     http.StatusConflict,
	booking.Suspended:        http.StatusConflict,
	booking.CostChanged:      http.StatusConflict,
	booking.TimeChanged:      http.StatusConflict,
	booking.NowBinding:       http.StatusConflict,
	booking.RefundChanged:    http.StatusConflict,
	booking.AlreadyBooked:    http.StatusConflict,
	booking.Duplicate:        http.StatusConflict,
	booking.WaitlistFull:     http.StatusConflict,
	booking.WaitlistClosed:   http.StatusConflict,
	booking.SeatsFree:        http.StatusConflict,
	booking.OfferGone:        http.StatusConflict,
	booking.NotCancellable:   http.StatusConflict,
	booking.CheckedIn:        http.StatusConflict,
	booking.BookingEnded:     http.StatusConflict,
	booking.RestoreOver:      http.StatusConflict,
	booking.ForgiveInstead:   http.StatusConflict,
	booking.CapacityBelow:    http.StatusConflict,
	booking.RoomTaken:        http.StatusConflict,
	booking.InstructorTaken:  http.StatusConflict,
	booking.WrongCode:        http.StatusUnprocessableEntity,
	booking.CodeUsedUp:       http.StatusUnprocessableEntity,
	booking.WrongFactor:      http.StatusUnprocessableEntity,
	booking.SetupGone:        http.StatusConflict,
	booking.NoFactor:         http.StatusConflict,
	booking.LastFactor:       http.StatusConflict,
	booking.SignInExpired:    http.StatusGone,
	booking.LinkGone:         http.StatusGone,
	booking.RegisterClosed:   http.StatusConflict,
	booking.NotOver:          http.StatusConflict,
	booking.StaleSettings:    http.StatusConflict,
	booking.AskZoneChange:    http.StatusConflict,
	booking.InThePast:        http.StatusConflict,
	booking.FarAhead:         http.StatusConflict,
	booking.StaleClass:       http.StatusConflict,
	booking.TooLateForWaiter: http.StatusConflict,
	booking.ImportEmpty:      http.StatusUnprocessableEntity,
	booking.ImportUnchecked:  http.StatusConflict,
	booking.ImportChanged:    http.StatusConflict,
	booking.ImportNothing:    http.StatusConflict,
	booking.ImportBusy:       http.StatusConflict,
	booking.ImportOver:       http.StatusConflict,

	// Refusals of HTTP itself.
	tooLarge:         http.StatusRequestEntityTooLarge,
	wrongType:        http.StatusUnsupportedMediaType,
	methodNotAllowed: http.StatusMethodNotAllowed,
	crossSite:        http.StatusForbidden,
	misdirected:      http.StatusMisdirectedRequest,
	otherPerson:      http.StatusConflict,
	badRequest:       http.StatusBadRequest,
	internal:         http.StatusInternalServerError,
}

// The codes of refusals that concern HTTP and not bookings.
const (
	tooLarge         booking.Code = "too_large"
	wrongType        booking.Code = "wrong_type"
	methodNotAllowed booking.Code = "method_not_allowed"
	crossSite        booking.Code = "cross_site"
	misdirected      booking.Code = "misdirected"  // the Host is not that of the site
	otherPerson      booking.Code = "other_person" // the page was made for a person who is not signed in any more
	badRequest       booking.Code = "bad_request"
	internal         booking.Code = "internal"
)

// refusal returns an error as a visitor may see it: a code with arguments. Other errors
// become "internal", and their text stays in the log. If the database is out of reach, the
// code is "busy".
func refusal(err error) *booking.Error {
	var e *booking.Error
	if errors.As(err, &e) {
		if _, known := statuses[e.Code]; known {
			return e
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || booking.OutOfReach(err) {
		return &booking.Error{Code: booking.Busy, Err: err}
	}
	return &booking.Error{Code: internal, Err: err}
}

func refuse(code booking.Code) error { return &booking.Error{Code: code} }

func invalid(field, why string) *booking.Error {
	return &booking.Error{Code: booking.Invalid, Field: field, Args: map[string]any{"why": why}}
}

func statusOf(e *booking.Error) int { return statuses[e.Code] }

// retryAfter returns the seconds after which another try makes sense; 0: it makes no
// sense.
func retryAfter(e *booking.Error) int {
	switch statusOf(e) {
	case http.StatusTooManyRequests:
		if n, ok := e.Args["seconds"].(int); ok && n > 0 {
			return n
		}
		return 1
	case http.StatusServiceUnavailable:
		return 1
	}
	return 0
}

// problem is a refusal as JSON. It has the type, the detail and the extensions of RFC 9457
// under names that fit the rest of the API.
type problem struct {
	Code    booking.Code   `json:"code"`
	Status  int            `json:"status"`
	Message string         `json:"message"`
	Field   string         `json:"field,omitempty"`
	Args    map[string]any `json:"args,omitempty"`
	Fields  []fieldProblem `json:"fields,omitempty"`  // every field that is wrong; Field and Message repeat the first
	Request string         `json:"request,omitempty"` // the id of the request in the log
}

type fieldProblem struct {
	Field   string       `json:"field"`
	Code    booking.Code `json:"code"`
	Why     string       `json:"why,omitempty"`
	Message string       `json:"message"`
}

func (s *Server) problemOf(r *request, status int, e *booking.Error) problem {
	p := problem{Code: e.Code, Status: status, Message: s.present(r).Refusal(e), Field: e.Field, Args: jsonArgs(e.Args), Request: r.id}
	if e.Field == "" {
		return p
	}
	for _, one := range e.All() {
		why, _ := one.Args["why"].(string)
		p.Fields = append(p.Fields, fieldProblem{one.Field, one.Code, why, s.present(r).Refusal(one)})
	}
	return p
}

// fail writes an error as JSON or as a page. No other function writes errors.
func (s *Server) fail(r *request, err error) {
	if r.lang == "" { // it failed before the person was identified
		r.lang = languageOf(r.Request, "", booking.Studio{})
		r.Header("Content-Language", r.lang)
	}
	e := refusal(err)
	status := statusOf(e)
	if status >= 500 {
		s.log.Error("request failed", "request", r.id, "route", r.route(), "code", e.Code, "err", err)
	}
	if n := retryAfter(e); n > 0 {
		r.Header("Retry-After", strconv.Itoa(n))
	}
	var shown *redisplay
	if r.format != asJSON && errors.As(err, &shown) {
		show := shown.page
		if r.format == asFragment {
			show = shown.part
		}
		if show != nil {
			r.Status(status)
			r.wrong = e.Field != ""
			if err := show(); err == nil || r.Writer.Written() {
				return
			}
		}
	}
	switch {
	case r.format == asJSON:
		r.Header("Content-Type", "application/problem+json; charset=utf-8")
		r.JSON(status, s.problemOf(r, status, e))
	case e.Code == otherPerson:
		if err := s.failMadeFor(r, status); err != nil {
			s.errorPage(r, status, e)
		}
	case e.Code == booking.NeedsFactor && r.format == asPage:
		r.seeOther(present.SecondFactorPath)
	case e.Code == booking.NeedsFactor:
		r.Header("HX-Redirect", present.SecondFactorPath)
		r.Status(status)
		r.Writer.WriteHeaderNow()
	case e.Code == booking.SignedOut && r.format == asPage:
		r.seeOther("/login?next=" + url.QueryEscape(r.here()))
	case e.Code == booking.SignedOut:
		// htmx follows this redirect and loads a whole page, without parts of the old one.
		r.Header("HX-Redirect", "/login?next="+url.QueryEscape(r.cameFrom()))
		r.Status(status)
		r.Writer.WriteHeaderNow()
	default:
		s.errorPage(r, status, e)
	}
}

// jsonArgs prints instants as RFC 3339 and keeps other values.
func jsonArgs(args map[string]any) map[string]any {
	if len(args) == 0 {
		return nil
	}
	out := make(map[string]any, len(args))
	for k, v := range args {
		if t, ok := v.(time.Time); ok {
			v = t.UTC().Format(time.RFC3339Nano)
		}
		out[strings.ToLower(k)] = v
	}
	return out
}
