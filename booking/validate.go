package booking

import (
	"errors"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
	return err == nil && a.Address == s && len(s) <= 200 && strings.Contains(s[strings.LastIndex(s, "@"):], ".") && plainText(s, 200)
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
	f.Want(plainText(s, limit), field, "text")
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
