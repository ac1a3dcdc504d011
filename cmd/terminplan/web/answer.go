package web

import (
	"net/http"
)

// answer is what a handler has to say, in each form that a client may ask for.
// The forms are made only when they are wanted.
type answer struct {
	status int          // 0: 200
	page   func() error // writes the whole page
	part   func() error // writes what htmx swaps in
	json   any
	see    string // after a POST of a plain form: the page to go to
	said   notice // what the page there says
	reload bool   // after a POST by htmx: go there too, nothing can be swapped
	text   string // for machines: probes
}

// send writes the answer in the form that the client asked for.
func (s *Server) send(r *request, a answer) error {
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	switch {
	case r.Writer.Written():
		return nil // the connection is a WebSocket now
	case a.text != "":
		r.String(status, a.text)
	case r.wants == asJSON && a.json != nil:
		r.JSON(status, a.json)
	case r.wants == asJSON, status == http.StatusNoContent:
		r.Status(http.StatusNoContent)
		r.Writer.WriteHeaderNow()
	case r.wants == asPart && a.part != nil:
		r.Status(status)
		return a.part()
	case r.wants == asPart && a.see != "" && (a.reload || a.page == nil):
		r.Header("HX-Redirect", a.see)
		r.Status(http.StatusOK)
		r.Writer.WriteHeaderNow()
	case a.see != "":
		if a.said.text != "" {
			s.keepNotice(r, a.said)
		}
		r.see(a.see)
	case a.page != nil:
		r.Status(status)
		return a.page()
	default:
		r.Status(http.StatusNoContent)
		r.Writer.WriteHeaderNow()
	}
	return nil
}
