package web

import (
	"slices"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// unsubscribePath is the route of the links in mails that switch a category off.
const unsubscribePath = "/unsubscribe/:token"

// speakAs makes the response speak the language of the person, unless the browser has
// chosen one.
func (r *request) speakAs(u booking.Unsubscription) {
	r.Header("X-Robots-Tag", "noindex, nofollow")
	if chosenLanguage(r.Request, r.actor.Language) == "" && slices.Contains(r.studio.Languages, u.Language) {
		r.lang = u.Language
		r.Header("Content-Language", r.lang)
	}
}

func (s *Server) renderUnsubscribe(r *request, u booking.Unsubscription) func() error {
	return func() error {
		action := "/unsubscribe/" + r.Param("token")
		return s.renderPage(r, s.present(r).Unsubscribe(present.Frame{Studio: r.studio, Path: action}, u, action))
	}
}

type unsubscriptionJSON struct {
	Category booking.Category `json:"category"`
	Wanted   bool             `json:"wanted"`
}

// unsubscribePage shows what a link switches off. It changes nothing: programs that check mails
// fetch links.
func (s *Server) unsubscribePage(r *request) (response, error) {
	u, err := s.engine.Unsubscription(r.Request.Context(), r.Param("token"))
	if err != nil {
		return response{}, err
	}
	r.speakAs(u)
	return response{secret: true, page: s.renderUnsubscribe(r, u), json: unsubscriptionJSON{u.Category, u.Wanted}}, nil
}

// unsubscribe switches mail of one category off. The page sends "wanted", which also takes it
// back. Mail programs send "List-Unsubscribe=One-Click" instead, from anywhere and without cookies;
// they follow no redirect (RFC 8058).
func (s *Server) unsubscribe(r *request) (response, error) {
	oneClick := !r.form.values.Has("wanted")
	wanted := r.form.flag("wanted")
	if err := r.form.failed(); err != nil {
		return response{}, err
	}
	u, err := s.engine.Unsubscribe(r.Request.Context(), r.Param("token"), wanted)
	if err != nil {
		return response{}, err
	}
	r.speakAs(u)
	res := response{secret: true, page: s.renderUnsubscribe(r, u), json: unsubscriptionJSON{u.Category, u.Wanted}}
	if !oneClick {
		res.redirect = "/unsubscribe/" + r.Param("token")
	}
	return res, nil
}
