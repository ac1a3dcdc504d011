package booking

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainText reports whether s may be shown as it is: valid, bounded, without
// control characters and without marks that turn the direction of text.
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
	return err == nil && a.Address == s && len(s) <= 200 && strings.Contains(s[strings.LastIndex(s, "@"):], ".") && plainText(s, 200)
}

// Faults gathers what is wrong with a request, each field for one reason, so that one
// answer names them all. The zero value is a request with nothing wrong.
type Faults []*Error

// Add notes that a field is wrong; what was noted of it before stays.
func (f *Faults) Add(field, why string) { f.add(invalid(field, why)) }

func (f *Faults) add(e *Error) {
	if !slices.ContainsFunc(*f, func(known *Error) bool { return known.Field == e.Field }) {
		*f = append(*f, e)
	}
}

// Want notes a field as wrong unless it is right.
func (f *Faults) Want(right bool, field, why string) {
	if !right {
		f.Add(field, why)
	}
}

// wantText notes a text that must be there as missing, or as one that cannot be kept.
func (f *Faults) wantText(s string, limit int, field string) {
	f.Want(strings.TrimSpace(s) != "", field, "missing")
	f.Want(plainText(s, limit), field, "text")
}

// Join adds the fields that another check found wrong.
func (f *Faults) Join(err error) {
	var e *Error
	if errors.As(err, &e) && e.Field != "" {
		for _, one := range e.All() {
			f.add(&Error{Code: one.Code, Field: one.Field, Args: one.Args, Err: one.Err})
		}
	}
}

// Err is the refusal of all these fields, or nil.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	first := *f[0]
	first.Also = f[1:]
	return &first
}
