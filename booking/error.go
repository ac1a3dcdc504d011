package booking

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Code names a refusal that a person may meet. Only package web turns it, with the
// arguments of the [Error], into a sentence and a status.
type Code string

// The codes of refusals. A request that got Busy, Unknown or Interrupted may be repeated.
const (
	NotFound         Code = "not_found"
	Forbidden        Code = "forbidden"
	Busy             Code = "busy"              // a lock or a connection was not available in time: repeat
	Unknown          Code = "unknown"           // the connection broke during the commit: repeat with the same key
	KeyReused        Code = "key_reused"        // the same key came with a different request
	Invalid          Code = "invalid"           // Field names the field
	Full             Code = "full"              // no free seat; the waitlist may be open
	HeldForWaitlist  Code = "held_for_waitlist" // the free seats are reserved for waiters
	NoCredits        Code = "no_credits"        // Args: needed, have
	OnlineOff        Code = "online_off"        // S3: only staff may book this class
	BookInstead      Code = "book_instead"      // the waiter could not accept an offer; the front desk must book the person
	NotOpenYet       Code = "not_open_yet"      // Args: at
	Closed           Code = "closed"            // Args: at
	ClassCancelled   Code = "class_cancelled"
	ClassOver        Code = "class_over"
	Overlap          Code = "overlap"        // Args: title, at
	LimitOpen        Code = "limit_open"     // Args: limit
	LimitDay         Code = "limit_day"      // Args: limit
	LimitWeek        Code = "limit_week"     // Args: limit
	Suspended        Code = "suspended"      // the person may not book at present
	CostChanged      Code = "cost_changed"   // Args: cost
	TimeChanged      Code = "time_changed"   // Args: at
	NowBinding       Code = "now_binding"    // Args: at; the cut-off has passed since the page was shown
	RefundChanged    Code = "refund_changed" // Args: at; the refund would be less than the page showed
	AlreadyBooked    Code = "already_booked"
	WaitlistFull     Code = "waitlist_full"
	WaitlistClosed   Code = "waitlist_closed"
	SeatsFree        Code = "seats_free" // the person can book instead of waiting
	OfferGone        Code = "offer_gone" // Args: why (expired, withdrawn, taken, declined, online_off), place
	ReasonMissing    Code = "reason_missing"
	ReasonText       Code = "reason_text_missing"
	NotCancellable   Code = "not_cancellable"  // the class has begun and the person has checked in, or the booking is a no-show
	CapacityBelow    Code = "capacity_below"   // Args: taken, capacity; needs a confirmation
	RoomTaken        Code = "room_taken"       // Args: title, at; needs a confirmation
	InstructorTaken  Code = "instructor_taken" // Args: title, at; needs a confirmation
	StaleClass       Code = "stale_class"      // the class was edited since the form was shown
	NotOver          Code = "not_over"         // a no-show can be recorded only after the class
	StaleSettings    Code = "stale_settings"
	TooLateForWaiter Code = "too_late_for_waiter" // the waiter's own limit "not later than" has passed
	WrongPassword    Code = "wrong_password"
	WrongCode        Code = "wrong_code" // of an invitation
	Throttled        Code = "throttled"  // Args: seconds
	SignedOut        Code = "signed_out"
	Interrupted      Code = "interrupted" // the server is stopping: repeat
)

// Error is a refusal: nothing was changed. Err is for the log only.
type Error struct {
	Code  Code
	Field string         // the form field; empty: the whole request
	Args  map[string]any // the arguments of the sentence: numbers, names, instants
	Also  []*Error       `json:",omitempty"` // the refusals of other fields
	Err   error          `json:"-"`          // not stored with the result for repeats, since it could not be decoded
}

// All returns this refusal and those of the other fields.
func (e *Error) All() []*Error { return append([]*Error{e}, e.Also...) }

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of a refusal anywhere in err's chain, or "".
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// OutOfReach reports whether err says that PostgreSQL cannot be used at present: it is not
// running, it is shutting down, it is full, or it was too slow. The request may be
// repeated.
func OutOfReach(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "55P03", "25P03", "25006": // lock not available, idle transaction timeout, read-only server
			return true
		}
		// Classes of codes: connection, resources, operator intervention.
		return slices.Contains([]string{"08", "53", "57"}, pg.Code[:min(2, len(pg.Code))])
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTimeout reports whether err is a timeout: PostgreSQL's own for a statement or a lock,
// or ours for opening a connection.
func isTimeout(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "57014" || pg.Code == "55P03"
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// ConnectionLost reports whether err says that an existing connection to PostgreSQL was
// lost. A read may be repeated at once, see [Reader.Reconnect].
func ConnectionLost(err error) bool {
	var pg *pgconn.PgError
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return false // this program closed it
	case errors.As(err, &pg):
		return slices.Contains([]string{"57P01", "57P02", "57P05"}, pg.Code) // the server shut down, crashed, or ended this connection
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func refuse(code Code, args ...any) *Error {
	e := &Error{Code: code}
	for i := 0; i+1 < len(args); i += 2 {
		if e.Args == nil {
			e.Args = map[string]any{}
		}
		e.Args[args[i].(string)] = args[i+1]
	}
	return e
}

func invalid(field, why string) *Error {
	return &Error{Code: Invalid, Field: field, Args: map[string]any{"why": why}}
}

func during(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// translate turns the violation of a database constraint into a refusal.
func translate(pg *pgconn.PgError) error {
	switch pg.ConstraintName {
	case "one_active_booking", "one_standing_booking":
		return &Error{Code: AlreadyBooked, Err: pg}
	case "one_account_per_email":
		return &Error{Code: Invalid, Field: "email", Args: map[string]any{"why": "taken"}, Err: pg}
	case "class_class_type_id_fkey":
		return invalid("type", "unknown")
	case "class_room_id_fkey":
		return invalid("room", "unknown")
	case "class_instructor_id_fkey":
		return invalid("instructor", "unknown")
	case "class_substitute_id_fkey":
		return invalid("substitute", "unknown")
	case "class_location_id_fkey", "room_location_id_fkey":
		return invalid("location", "unknown")
	}
	return fmt.Errorf("writing: %w", pg)
}

// refusalFor returns a refusal if err is a violated constraint, else err.
func refusalFor(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return translate(pg)
	}
	return err
}

// refusalOr returns refusals unchanged and adds to other errors what was being done.
func refusalOr(what string, err error) error {
	err = refusalFor(err)
	if errors.As(err, new(*Error)) {
		return err
	}
	return during(what, err)
}
