package web

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// responseFormat is the form of a response. Only formatOf derives it from headers; handlers
// use this value.
type responseFormat int

const (
	asPage     responseFormat = iota // a whole document
	asFragment                       // a fragment that htmx swaps into the page
	asJSON
)

// request is one HTTP request with its session and person.
type request struct {
	*gin.Context
	id      string        // also in the log and in the X-Request-Id header
	actor   booking.Actor // zero: nobody is signed in
	session string        // id of the session, never its token
	token   string
	lang    string
	studio  booking.Studio
	epoch   string // before anything was read: content of a later epoch is fetched again
	format  responseFormat
	query   form
	form    form // of a POST
	wrong   bool // fields were refused, and the page is displayed again
}

// route is the pattern of the URL, for the log. Unlike the URL it contains no ids and no
// names.
func (r *request) route() string { return r.FullPath() }

// here is the requested address, to return to after signing in.
func (r *request) here() string {
	if r.Request.Method == http.MethodPost {
		return r.cameFrom()
	}
	return localPath(r.Request.URL.RequestURI(), "/")
}

// today is the date in the studio, as in [typed.Date].
func (r *request) today() time.Time { return booking.CalendarDay(time.Now(), r.studio.Zone) }

// cameFrom is the page that sent the request.
func (r *request) cameFrom() string {
	if u := r.GetHeader("HX-Current-URL"); u != "" {
		return pathOf(u)
	}
	return pathOf(r.GetHeader("Referer"))
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/"
	}
	return localPath(u.RequestURI(), "/")
}

// back is the page to go to after a POST without script.
func (r *request) back(fallback string) string { return localPath(r.form.values.Get("next"), fallback) }

// seeOther sends the browser to another page with GET.
func (r *request) seeOther(path string) { r.Redirect(http.StatusSeeOther, path) }

// idParam reads the id in the path. For a malformed id the response is "not found".
func (r *request) idParam() (int64, error) {
	id, ok := parseID(r.Param("id"))
	if !ok {
		return 0, refuse(booking.NotFound)
	}
	return id, nil
}

// key is the idempotency key of the request. A repeated request with the same key gets the
// first result.
func (r *request) key() string {
	if k := r.GetHeader("Idempotency-Key"); k != "" {
		return k
	}
	return r.form.values.Get("key")
}

// seen returns the state that the page showed when its button was pressed.
func (r *request) seen() booking.Seen {
	return booking.Seen{
		Cost:       r.form.seenNumber("cost_seen"),
		StartsAt:   r.form.seenInstant("starts_seen"),
		Refundable: r.form.seenFlag("refundable_seen"),
	}
}

// spreadSeen replaces the field "seen" by the fields that other forms have one by one. It is the
// value of the button of a row, which says what the row showed: the action, the start in
// seconds of Unix time, the price, and 1 if a cancellation was free, else 0.
func spreadSeen(values url.Values) error {
	seen := values.Get("seen")
	if seen == "" {
		return nil
	}
	parts := strings.Split(seen, " ")
	if len(parts) != 4 {
		return invalid("seen", "form")
	}
	seconds, err := strconv.ParseFloat(parts[1], 64)
	if err != nil || !(math.Abs(seconds) < 1e11) { // NaN is not less either
		return invalid("seen", "time")
	}
	values.Del("seen")
	values.Set("intent", parts[0])
	values.Set("starts_seen", present.Timestamp(time.UnixMicro(int64(math.Round(seconds*1e6)))))
	values.Set("cost_seen", parts[2])
	values.Set("refundable_seen", parts[3])
	return nil
}

// formatOf derives the form of the response from the headers.
func formatOf(h http.Header) responseFormat {
	accept := strings.ToLower(h.Get("Accept"))
	json, html := strings.Index(accept, "application/json"), strings.Index(accept, "text/html")
	switch {
	case json >= 0 && (html < 0 || json < html), h.Get("Upgrade") != "":
		return asJSON
	case h.Get("HX-Request") == "true" && h.Get("HX-Request-Type") != "full":
		return asFragment
	}
	return asPage
}

// targetElement is the id of the element that htmx will replace with the response.
func (r *request) targetElement() string {
	_, id, _ := strings.Cut(r.GetHeader("HX-Target"), "#")
	return id
}

// sent returns the form of the request with the reason why it was refused.
func (r *request) sent(refused *booking.Error) present.Sent {
	return present.Sent{Values: r.form.values, Refused: refused}
}
