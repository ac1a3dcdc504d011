package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"terminplan/booking"
)

// A browser has one session in all its tabs. When another person signs in, the pages in the
// other tabs still show the first one. Each page therefore says for whom it was made, in a
// header with every request of its script and in a field of its forms, and no request of it is
// carried out for another person.

// madeForHeader and madeForField contain the id of a person. Empty: the client does not say.
const (
	madeForHeader = "Made-For"
	madeForField  = "made_for"
)

// checkMadeFor refuses a request that was made for another person than the one who is signed
// in. Apps send a token of their own, so nobody can sign in between.
func (r *request) checkMadeFor() error {
	if _, app := bearerOf(r.Request); app || r.actor.ID == 0 {
		return nil
	}
	for _, person := range []string{r.GetHeader(madeForHeader), r.form.values.Get(madeForField)} {
		if person != "" && person != strconv.FormatInt(r.actor.ID, 10) {
			return refuse(otherPerson)
		}
	}
	return nil
}

// signedIn is where a page goes when its session has ended: to itself if the same person is
// signed in, for instance with another role, to the login if nobody is, and otherwise to a page
// that names the person.
func (s *Server) signedIn(r *request) (response, error) {
	next := localPath(r.query.values.Get("next"), "/")
	switch {
	case r.actor.ID == 0:
		return response{redirect: "/login?next=" + url.QueryEscape(next)}, nil
	case r.query.values.Get("was") == strconv.FormatInt(r.actor.ID, 10):
		return response{redirect: next}, nil
	}
	return response{page: func() error { return s.renderSignedIn(r, next) }}, nil
}

func (s *Server) renderSignedIn(r *request, next string) error {
	return s.renderPage(r, s.present(r).SignedIn(s.layoutOf(r, "", "", booking.Personal{}), r.actor, next))
}

// failMadeFor answers a request that was made for another person.
func (s *Server) failMadeFor(r *request, status int) error {
	if r.format == asFragment { // htmx follows this redirect and loads a whole page
		r.Header("HX-Redirect", "/signed-in?next="+url.QueryEscape(r.cameFrom()))
		r.Status(status)
		r.Writer.WriteHeaderNow()
		return nil
	}
	r.Status(status)
	return s.renderSignedIn(r, r.here())
}

// bearerOf returns the token of an app. Cookies have no effect beside it, also if it is wrong.
func bearerOf(r *http.Request) (token string, ok bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}
