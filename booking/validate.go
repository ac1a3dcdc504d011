package booking

import (
	"errors"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// The bounds of what people type. The checks of this package, the forms and their
// attributes all use these. A text is measured in characters.
const (
	NameMax       = 100  // names of people, classes, class types, places, holidays, reasons and grants; a search
	EmailMax      = 200  // bytes, since an address is stored as it is sent
	ContactMax    = 50   // a telephone number, a member number
	AddressMax    = 300  // of a location
	RemarkMax     = 500  // words about one action: why a booking, a class or credits changed
	NoteMax       = 2000 // of a class to its participants; the description of a class type
	MemberNoteMax = 5000 // of the staff about a member
	PasswordMin   = 8
	PasswordMax   = 128
	CapacityMax   = 10_000 // seats of a class, entries of a waitlist
	CostMax       = 1000   // credits per seat
	CreditsMax    = 10_000 // of one grant or correction
	LimitMax      = 1000   // bookings of a member: open, per day, per week
	PositionMax   = 1000   // in a list of the studio
	PriorityMax   = 9      // on a waitlist; the least is its negative
	ValidDaysMax  = 3650   // lifetime of a periodic grant
	EveryWeeksMax = 52     // of a series
	SeriesMax     = 200    // classes of a series: a person can check this many before saving
	AddMax        = 50     // people that are added to a class at once
	LengthMin     = time.Minute
	LengthMax     = 7 * 24 * time.Hour   // of a class
	WindowMax     = 365 * 24 * time.Hour // before the start: cut-off, opening and closing of booking and waitlist
	HoldMin       = time.Minute
	HoldMax       = 7 * 24 * time.Hour // an offer, a reservation, the right to give a seat back
	UndoMax       = time.Hour          // the minutes in which members undo their own booking
	HorizonMin    = 24 * time.Hour
	HorizonMax    = 365 * 24 * time.Hour // of standing bookings
	NotLaterMax   = 30 * 24 * time.Hour  // a waiter's own limit before the start
	LinkMax       = 500                  // bytes of the address of a page elsewhere

	FrameOriginsMax = 50 // sites that may frame the public schedule
	FirstYear       = 2000
	LastYear        = 2200
)

// wantOrigins marks a list of sites as wrong, with the entries that are.
func (f *Faults) wantOrigins(list []string, field string) {
	f.Want(len(list) <= FrameOriginsMax, field, "too_many")
	wrong := slices.DeleteFunc(slices.Clone(list), validOrigin)
	if len(wrong) > 0 {
		e := invalid(field, "origin")
		e.Args["wrong"] = strings.Join(wrong[:min(len(wrong), 5)], ", ")
		f.add(e)
	}
}

// validOrigin reports whether a text names the sites that may frame a page: "*" for all, or one
// origin with its scheme (RFC 6454), which the header frame-ancestors takes as it is.
func validOrigin(text string) bool {
	if text == "*" {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && len(text) <= LinkMax && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		text == u.Scheme+"://"+u.Host &&
		!strings.ContainsFunc(u.Host, func(r rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.-:[]", r) })
}

// validLink reports whether a text is the whole address of a page, which browsers may open.
func validLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && plainText(text, LinkMax) && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// saneYear reports whether a date is not a slip of the finger.
func saneYear(t time.Time) bool { return t.Year() >= FirstYear && t.Year() <= LastYear }

// within reports whether n is in the bounds.
func within[N int | time.Duration](n, least, most N) bool { return n >= least && n <= most }

// withinOrNil reports whether n is not set or in the bounds.
func withinOrNil[N int | time.Duration](n *N, least, most N) bool {
	return n == nil || within(*n, least, most)
}

// plainText reports whether s can be shown as it is: valid UTF-8 of at most limit
// characters, without control characters and without characters that change the direction
// of text.
func plainText(s string, limit int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return false
		}
	}
	return true
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= EmailMax && strings.Contains(s[strings.LastIndex(s, "@"):], ".") &&
		plainText(s, EmailMax)
}

// normalEmail returns the one spelling of an address that is stored and compared: lower case,
// the domain in Unicode and not as "xn--".
func normalEmail(s string) string {
	s = strings.ToLower(norm.NFC.String(strings.TrimSpace(s)))
	at := strings.LastIndex(s, "@")
	if domain, err := idna.Lookup.ToUnicode(s[at+1:]); err == nil && at >= 0 {
		s = s[:at+1] + domain
	}
	return s
}

// emailSpellings returns the normal spelling of an address and the one with "xn--", which
// older programs stored as it was typed.
func emailSpellings(s string) []string {
	s = normalEmail(s)
	list, at := []string{s}, strings.LastIndex(s, "@")
	if domain, err := idna.Lookup.ToASCII(s[at+1:]); err == nil && at >= 0 && domain != s[at+1:] {
		list = append(list, s[:at+1]+domain)
	}
	return list
}

// Faults collects the wrong fields of a request, each with one reason, so that one refusal
// names them all. The zero value has no wrong fields.
type Faults []*Error

// Add marks a field as wrong. The first reason of a field stays.
func (f *Faults) Add(field, why string) { f.add(invalid(field, why)) }

func (f *Faults) add(e *Error) {
	if !slices.ContainsFunc(*f, func(known *Error) bool { return known.Field == e.Field }) {
		*f = append(*f, e)
	}
}

// Want marks a field as wrong unless right is true.
func (f *Faults) Want(right bool, field, why string) {
	if !right {
		f.Add(field, why)
	}
}

// wantText marks a mandatory text as missing, or as not plain or longer than limit
// characters.
func (f *Faults) wantText(s string, limit int, field string) {
	f.Want(strings.TrimSpace(s) != "", field, "missing")
	f.wantPlain(s, limit, field)
}

// wantPlain marks a text that may be empty as not plain or longer than limit characters.
func (f *Faults) wantPlain(s string, limit int, field string) { f.Join(textFault(s, limit, field)) }

// textFault refuses a text that is longer than limit characters, or that contains characters
// that plainText does not allow.
func textFault(s string, limit int, field string) error {
	switch {
	case utf8.RuneCountInString(s) > limit:
		return TooLong(field, limit)
	case !plainText(s, limit):
		return invalid(field, "characters")
	}
	return nil
}

// TooLong refuses a text that is longer than limit characters.
func TooLong(field string, limit int) *Error {
	e := invalid(field, "too_long")
	e.Args["limit"] = limit
	return e
}

// Join adds the wrong fields of another check.
func (f *Faults) Join(err error) {
	var e *Error
	if errors.As(err, &e) && e.Field != "" {
		for _, one := range e.All() {
			f.add(&Error{Code: one.Code, Field: one.Field, Args: one.Args, Err: one.Err})
		}
	}
}

// Err returns a refusal that names all these fields, or nil.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	first := *f[0]
	first.Also = f[1:]
	return &first
}
