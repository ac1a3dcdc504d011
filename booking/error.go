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

// Code names a refusal that a person may meet. Package web turns it, with the
// arguments of the [Error], into a sentence and a status; nothing else does.
type Code string

// The refusals. Those marked "busy" or "unknown" may be tried again.
const (
	NotFound         Code = "not_found"
	Forbidden        Code = "forbidden"
	Busy             Code = "busy"              // a lock was not to be had in time: try again
	Unknown          Code = "unknown"           // the connection broke during the commit: ask again with the same key
	KeyReused        Code = "key_reused"        // the same key came with another request
	Invalid          Code = "invalid"           // Field says where
	Full             Code = "full"              // no seat; the waitlist may be open
	HeldForWaitlist  Code = "held_for_waitlist" // the free seats are reserved for waiters
	NoCredits        Code = "no_credits"        // Args: needed, have
	OnlineOff        Code = "online_off"        // S3: only staff books this class
	BookInstead      Code = "book_instead"      // the desk books this waiter, who could not accept an offer
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
	NowBinding       Code = "now_binding"    // Args: at; the cut-off passed since the page was shown
	RefundChanged    Code = "refund_changed" // Args: at; less would come back than was shown
	AlreadyBooked    Code = "already_booked"
	WaitlistFull     Code = "waitlist_full"
	WaitlistClosed   Code = "waitlist_closed"
	SeatsFree        Code = "seats_free" // no need to wait: book
	OfferGone        Code = "offer_gone" // Args: why (expired, withdrawn, taken, declined, online_off), place
	ReasonMissing    Code = "reason_missing"
	ReasonText       Code = "reason_text_missing"
	NotCancellable   Code = "not_cancellable"  // the class has begun and the person has checked in, or it was counted as a no-show
	CapacityBelow    Code = "capacity_below"   // Args: taken, capacity; wants an explicit confirmation
	RoomTaken        Code = "room_taken"       // Args: title, at; wants an explicit confirmation
	InstructorTaken  Code = "instructor_taken" // Args: title, at; wants an explicit confirmation
	StaleClass       Code = "stale_class"      // somebody else edited it meanwhile
	NotOver          Code = "not_over"         // a no-show is known after the class
	StaleSettings    Code = "stale_settings"
	TooLateForWaiter Code = "too_late_for_waiter" // the waiter's own "not later than" has passed
	WrongPassword    Code = "wrong_password"
	WrongCode        Code = "wrong_code" // of an invitation
	Throttled        Code = "throttled"  // Args: seconds
	SignedOut        Code = "signed_out"
	Interrupted      Code = "interrupted" // the server is stopping: try again
)

// Error is a refusal: nothing was changed. Err, when set, is for the log only.
type Error struct {
	Code  Code
	Field string         // the form field that it concerns; empty for the whole
	Args  map[string]any // what the sentence needs: numbers, names, instants
	Also  []*Error       `json:",omitempty"` // the other fields that are wrong
	Err   error          `json:"-"`          // not with the answer that is kept for repeats: it could not be read back
}

// All is the refusal of each field that is wrong, the first one first.
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

// OutOfReach reports whether err says that PostgreSQL is away or can take nothing
// more just now: it is not there, it ends, it is full, or it was too slow. What was
// asked may be asked again.
func OutOfReach(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "55P03", "25P03", "25006": // a lock that did not come, a transaction that froze, a server that only reads
			return true
		}
		return slices.Contains([]string{"08", "53", "57"}, pg.Code[:min(2, len(pg.Code))]) // connections, resources, operators
	}
	var network net.Error
	return errors.As(err, &network) || pgconn.SafeToRetry(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// tookTooLong reports whether err says that a limit of time was met: PostgreSQL's own
// for a statement or a lock, or ours for opening a connection.
func isTimeout(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "57014" || pg.Code == "55P03"
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// ConnectionLost reports whether err says that a connection to PostgreSQL that was there
// is gone. A reading may be asked for again at once, see [Engine.Reconnect].
func ConnectionLost(err error) bool {
	var pg *pgconn.PgError
	switch {
	case err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return false // we have closed it
	case errors.As(err, &pg):
		return slices.Contains([]string{"57P01", "57P02", "57P05"}, pg.Code) // the server ends, has crashed, or ended this connection
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
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

// translate turns the constraints that stand as the second wall into refusals.
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

// refused gives a refusal for a broken constraint, and err itself otherwise.
func refusalFor(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return translate(pg)
	}
	return err
}

// refusedOr leaves refusals as they are and says of failures what was being done.
func refusalOr(what string, err error) error {
	err = refusalFor(err)
	if errors.As(err, new(*Error)) {
		return err
	}
	return during(what, err)
}
