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

// The codes of refusals. "Args" lists the keys of [Error.Args]. A request that got Busy,
// Unknown or Interrupted may be repeated.
const (
	NotFound         Code = "not_found"         // there is no such thing, or the actor may not know of it
	Forbidden        Code = "forbidden"         // the actor lacks a permission
	Busy             Code = "busy"              // a lock or a connection was not available in time: repeat
	Unknown          Code = "unknown"           // the connection broke during the commit: repeat with the same key
	KeyReused        Code = "key_reused"        // the same key came with a different request
	Invalid          Code = "invalid"           // [Error.Field] names the field, Args["why"] the fault
	Full             Code = "full"              // no free seat; the waitlist may be open. Args: position
	HeldForWaitlist  Code = "held_for_waitlist" // the free seats are for waiters (rule 9). Args: position
	NoCredits        Code = "no_credits"        // S6. Args: needed, have
	OnlineOff        Code = "online_off"        // S3: only staff may book this class
	BookInstead      Code = "book_instead"      // S3: a waiter could not accept an offer; staff must book the person
	NotOpenYet       Code = "not_open_yet"      // booking has not opened (rule 23). Args: at
	Closed           Code = "closed"            // booking has closed (rule 23). Args: at
	ClassCancelled   Code = "class_cancelled"
	ClassOver        Code = "class_over"          // the class has begun
	ClassEnded       Code = "class_ended"         // for staff: the class is over, and its no-shows are counted
	ClassBegun       Code = "class_begun"         // the class keeps its time, length, capacity, price and cut-off (rule 21). Args: why
	Overlap          Code = "overlap"             // the person has a seat at that time (rule 23). Args: title, at
	LimitOpen        Code = "limit_open"          // future bookings per member (rule 23). Args: limit
	LimitDay         Code = "limit_day"           // bookings per member and day (rule 23). Args: limit
	LimitWeek        Code = "limit_week"          // bookings per member and week (rule 23). Args: limit
	LimitChanges     Code = "limit_changes"       // own changes of one class per member and 24 hours. Args: limit
	Suspended        Code = "suspended"           // the person may not book or sign in
	CostChanged      Code = "cost_changed"        // the cost is not the one that the page showed. Args: cost, seen
	TimeChanged      Code = "time_changed"        // the start is not the one that the page showed. Args: at
	NowBinding       Code = "now_binding"         // the cut-off has passed since the page was shown. Args: at
	RefundChanged    Code = "refund_changed"      // the refund would be less than the page showed. Args: at
	AlreadyBooked    Code = "already_booked"      // the person has the seat or, in a series, a standing booking (rule 2)
	Duplicate        Code = "duplicate"           // needs a confirmation. Args: why (listed or member), name, person_id of the member
	WaitlistFull     Code = "waitlist_full"       // Args: size
	WaitlistClosed   Code = "waitlist_closed"     // rule 10, or the class has no waitlist
	SeatsFree        Code = "seats_free"          // the person can book instead of waiting
	OfferGone        Code = "offer_gone"          // Args: at, position, why (a state, taken, class_cancelled or online_off)
	ReasonMissing    Code = "reason_missing"      // rule 17
	ReasonText       Code = "reason_text_missing" // the reason needs a text (rule 17)
	NotCancellable   Code = "not_cancellable"     // the booking has ended, is a no-show or, for members, is checked in or over
	CheckedIn        Code = "checked_in"          // needs a confirmation: the person is checked in
	RestoreOver      Code = "restore_over"        // the removal can no longer be undone, or was no removal by staff
	BookingEnded     Code = "booking_ended"       // nobody can be checked in with a cancelled booking
	ForgiveInstead   Code = "forgive_instead"     // the booking is cancelled late already: only Forgive refunds it
	CapacityBelow    Code = "capacity_below"      // needs a confirmation (rule 7). Args: taken, capacity
	RoomTaken        Code = "room_taken"          // needs a confirmation. Args: title, at
	InstructorTaken  Code = "instructor_taken"    // needs a confirmation. Args: title, at
	InThePast        Code = "in_the_past"         // needs a confirmation: the start is in the past. Args: at, year
	FarAhead         Code = "far_ahead"           // needs a confirmation: the start is more than two years ahead. Args: at, year
	StaleClass       Code = "stale_class"         // the class was edited since the form was shown
	NotOver          Code = "not_over"            // a no-show can be recorded only after the class
	StaleSettings    Code = "stale_settings"      // the settings were edited since the form was shown
	AskZoneChange    Code = "zone_change"         // needs a choice: see ZoneChange. Args: classes, bookings, waiting, title, at
	TooLateForWaiter Code = "too_late_for_waiter" // the waiter's own limit "not later than" has passed (rule 9)
	WrongPassword    Code = "wrong_password"      // also for an unknown e-mail address
	PasswordNeeded   Code = "password_needed"     // the password was last typed too long ago for this change
	WrongCode        Code = "wrong_code"          // of an invitation: wrong, used, expired or void
	SecondFactor     Code = "second_factor"       // the password was right, and a second factor is awaited. Args: token, until
	NeedsFactor      Code = "needs_factor"        // the role demands a second factor, which must be set up first
	WrongFactor      Code = "wrong_factor"        // a code, a recovery code or a passkey that is not right
	SignInExpired    Code = "sign_in_expired"     // the password was given too long ago: sign in again
	SetupGone        Code = "setup_gone"          // what was being set up is too old: begin again
	NoFactor         Code = "no_factor"           // there is no second factor
	LastFactor       Code = "last_factor"         // the role demands a second factor, so the last one stays
	LinkGone         Code = "link_gone"           // of a mail: used, expired, replaced or never made
	CodeUsedUp       Code = "code_used_up"        // of a registration: too old, or five wrong ones were typed
	Throttled        Code = "throttled"           // too many failures. Args: seconds
	ImportEmpty      Code = "import_empty"        // the file has no rows
	ImportUnchecked  Code = "import_unchecked"    // the dry run is needed first (rule 34)
	ImportChanged    Code = "import_changed"      // the run came to other verdicts than the dry run, so nothing was changed
	ImportNothing    Code = "import_nothing"      // no row of the file would change anything
	ImportBusy       Code = "import_busy"         // a step of the import is running
	ImportOver       Code = "import_over"         // the import is done
	RegisterClosed   Code = "registration_closed" // the studio allows no registrations any more
	SignedOut        Code = "signed_out"          // the session has ended
	Interrupted      Code = "interrupted"         // the server is stopping: repeat
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
