package web

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"terminplan/booking"
	"terminplan/booking/typed"
)

const (
	maxBody   = 64 << 10 // bytes of a form or a JSON document
	maxFields = 300      // values in one request; the longest form has 30
)

// validText reports whether PostgreSQL accepts the text: valid UTF-8 without NUL.
func validText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func checkValues(v url.Values) error {
	n := 0
	for key, values := range v {
		n += len(values)
		if n > maxFields {
			return invalid("", "too_many")
		}
		for _, value := range values {
			if !validText(key) || !validText(value) {
				return invalid("", "encoding")
			}
		}
	}
	return nil
}

// readQuery parses the query and refuses broken escapes.
func readQuery(r *http.Request) (url.Values, error) {
	if !validText(r.URL.Path) {
		return nil, refuse(badRequest)
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(badRequest)
	}
	return q, checkValues(q)
}

// readBody reads a form or a JSON document into the same type, so that handlers do not
// distinguish them.
func readBody(r *http.Request) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") == "" && r.ContentLength == 0 {
		return url.Values{}, nil
	}
	if err != nil || r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(wrongType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if errors.As(err, new(*http.MaxBytesError)) {
		return nil, refuse(tooLarge)
	}
	if err != nil {
		return nil, refuse(badRequest)
	}
	var values url.Values
	switch kind {
	case "application/x-www-form-urlencoded":
		values, err = url.ParseQuery(string(body))
		if err != nil {
			return nil, invalid("", "form")
		}
	case "application/json":
		if values, err = jsonValues(body); err != nil {
			return nil, err
		}
	default:
		return nil, refuse(wrongType)
	}
	return values, checkValues(values)
}

// isMultipart reports whether the body of a request is a form of parts.
func isMultipart(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// jsonValues reads an object of scalars and of lists of scalars. A list becomes several
// values of one name, as in an HTML form.
func jsonValues(body []byte) (url.Values, error) {
	values := url.Values{}
	if len(body) == 0 {
		return values, nil
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	var doc map[string]any
	if err := dec.Decode(&doc); err != nil {
		return nil, invalid("", "json")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, invalid("", "json")
	}
	for key, v := range doc {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, item := range list {
			text, ok := scalar(item)
			if !ok {
				return nil, invalid(key, "type")
			}
			if item != nil {
				values.Add(key, text)
			}
		}
	}
	return values, nil
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "1", true
		}
		return "0", true
	}
	return "", false
}

// parseID reads an id as this program writes it: 1 to 2^63-1, without sign and leading
// zeros.
func parseID(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 19 || s[0] < '1' || s[0] > '9' {
		return 0, false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil
}

// form reads fields and collects the wrong ones, so that a handler checks for errors once, at
// the end.
type form struct {
	values url.Values
	faults booking.Faults
}

func (f *form) wrong(field, why string) { f.faults.Add(field, why) }

// failed returns an error if fields could not be read. The engine does not see such a
// request, so check runs here and adds the other wrong fields.
func (f *form) failed(check ...func() error) error {
	if len(f.faults) == 0 {
		return nil
	}
	for _, also := range check {
		f.faults.Join(also())
	}
	return f.faults.Err()
}

func (f *form) has(field string) bool { return f.values.Get(field) != "" }

// text reads a line or a paragraph. The limit counts characters.
func (f *form) text(field string, limit int) string {
	// Browsers send a line break as two characters (CR LF) but count one.
	s := strings.TrimSpace(strings.ReplaceAll(f.values.Get(field), "\r\n", "\n"))
	if utf8.RuneCountInString(s) > limit {
		f.faults.Join(booking.TooLong(field, limit))
	}
	return s
}

// id reads an id; 0 if the field is empty.
func (f *form) id(field string) int64 {
	s := f.values.Get(field)
	if s == "" {
		return 0
	}
	id, ok := parseID(s)
	if !ok {
		f.wrong(field, "id")
	}
	return id
}

// sentFields returns the names that the request contains. The result is never nil.
func sentFields(values url.Values, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !values.Has(name) })
}

// version reads the version of the edited object. Without it an edit could overwrite a later
// one.
func (f *form) version() int64 {
	v, ok := parseID(strings.TrimSpace(f.values.Get("version")))
	switch {
	case !f.has("version"):
		f.wrong("version", "missing")
	case !ok:
		f.wrong("version", "number")
	}
	return v
}

func (f *form) ids(field string) []int64 {
	var ids []int64
	for _, s := range f.values[field] {
		if s == "" {
			continue
		}
		id, ok := parseID(s)
		if !ok {
			f.wrong(field, "id")
		}
		ids = append(ids, id)
	}
	return ids
}

// number reads a whole number between lo and hi; fallback if the field is empty.
func (f *form) number(field string, lo, hi, fallback int) int {
	s := strings.TrimSpace(f.values.Get(field))
	if s == "" {
		return fallback
	}
	n, err := strconv.Atoi(s)
	switch {
	case err != nil:
		f.wrong(field, "number")
		return fallback
	case n < lo || n > hi:
		e := invalid(field, "range")
		e.Args["min"], e.Args["max"] = lo, hi
		f.faults.Join(e)
		return fallback
	}
	return n
}

// seenNumber reads a number that the page showed; nil if the field is empty.
func (f *form) seenNumber(field string) *int {
	if !f.has(field) {
		return nil
	}
	n := f.number(field, 0, 1_000_000, 0)
	return &n
}

func (f *form) flag(field string) bool {
	b := f.seenFlag(field)
	return b != nil && *b
}

func (f *form) seenFlag(field string) *bool {
	yes := false
	switch f.values.Get(field) {
	case "":
		return nil
	case "1", "true", "on":
		yes = true
	case "0", "false", "off":
	default:
		f.wrong(field, "flag")
	}
	return &yes
}

// seenInstant reads an instant in RFC 3339, as pages write it into hidden fields.
func (f *form) seenInstant(field string) *time.Time {
	s := f.values.Get(field)
	if s == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !saneYear(t) {
		f.wrong(field, "time")
	}
	return &t
}

// localTime reads a date and a time as people type them, in the zone of the studio; today is
// as in [typed.Date]. It also accepts an instant with an offset, as the API may send it.
func (f *form) localTime(date, clock string, zone *time.Location, today time.Time) time.Time {
	d, c := f.values.Get(date), f.values.Get(clock)
	if t, err := time.Parse(time.RFC3339, d); err == nil && saneYear(t) {
		return t
	}
	given := c
	if both := dateAndTime.FindStringSubmatch(d); both != nil && c == "" { // the API may send both in one field
		d, given = both[1], both[2]
	}
	on, ok := typed.Date(d, today)
	ok = ok && saneYear(on)
	switch {
	case strings.TrimSpace(d) == "":
		f.wrong(date, "missing")
	case !ok:
		f.wrong(date, "date")
	}
	at, isClock := typed.Clock(given)
	switch {
	case strings.TrimSpace(given) == "":
		f.wrong(clock, "missing")
	case !isClock || at == wholeDay:
		if c != "" || ok { // else both are in one field, and that is no date
			f.wrong(clock, "time")
		}
	case ok:
		return booking.WallTime(on, at/60, at%60, zone)
	}
	if !ok {
		return time.Time{}
	}
	return on // the date alone, so that the check of the class reports no further errors
}

// dateAndTime are a date and a time in one field, as the API may send them.
var dateAndTime = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T(.*)$`)

const wholeDay = 24 * 60 // minutes

// until reads the end of a class: the first instant after its start at which clocks show this
// time. The result is the start if the field is wrong.
func (f *form) until(clock string, starts time.Time, zone *time.Location) time.Time {
	at, ok := typed.Clock(f.values.Get(clock))
	if !ok {
		f.wrong("minutes", "time")
		return starts
	}
	at %= wholeDay
	for days := range 2 {
		end := booking.WallTime(booking.CalendarDay(starts, zone).AddDate(0, 0, days), at/60, at%60, zone)
		if end.After(starts) {
			return end
		}
	}
	return starts
}

// clock reads a time of day as people type it, as minutes since midnight below 1440; fallback if
// the field is empty.
func (f *form) clock(field string, fallback int) int {
	if !f.has(field) {
		return fallback
	}
	at, ok := typed.Clock(f.values.Get(field))
	if !ok {
		f.wrong(field, "time")
		return fallback
	}
	return at % wholeDay
}

// typedDay reads a day as people type it; the zero time if the field is empty. Without a year
// it is the next one from a day on.
func (f *form) typedDay(field string, from time.Time) time.Time {
	if !f.has(field) {
		return time.Time{}
	}
	day, ok := typed.Date(f.values.Get(field), from)
	if !ok || !saneYear(day) {
		f.wrong(field, "date")
		return time.Time{}
	}
	return day
}

// day reads a date; the zero time if the field is empty.
func (f *form) day(field string, zone *time.Location) time.Time {
	s := f.values.Get(field)
	if s == "" {
		return time.Time{}
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil || !saneYear(day) {
		f.wrong(field, "date")
		return time.Time{}
	}
	return booking.WallTime(day, 0, 0, zone)
}

func saneYear(t time.Time) bool { return t.Year() >= booking.FirstYear && t.Year() <= booking.LastYear }

// localPath returns next if it is a path of this site, else fallback. So no link leads to
// another host (S63).
func localPath(next, fallback string) string {
	if len(next) < 1 || len(next) > 2000 || next[0] != '/' || strings.HasPrefix(next, "//") {
		return fallback
	}
	for _, c := range next {
		if c <= ' ' || c == '\\' || c == 0x7f {
			return fallback
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, "\\") {
		return fallback
	}
	return next
}

// optionalNumber reads a number; nil if the field is empty.
func (f *form) optionalNumber(field string, lo, hi int) *int {
	if !f.has(field) {
		return nil
	}
	n := f.number(field, lo, hi, 0)
	return &n
}

func (f *form) optionalDuration(field string, unit time.Duration) *time.Duration {
	n := f.optionalNumber(field, 0, int(booking.WindowMax/unit))
	if n == nil {
		return nil
	}
	d := time.Duration(*n) * unit
	return &d
}
