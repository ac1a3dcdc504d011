package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/static"
)

// framePolicy is the policy of a page that sites of the studio may frame. This site frames it in
// the settings.
func framePolicy(studio booking.Studio) string {
	may := strings.Join(append([]string{"frame-ancestors 'self'"}, studio.FrameOrigins...), " ")
	return strings.Replace(policy, "frame-ancestors 'none'", may, 1)
}

// embed lists the classes of a day or a week in a frame of another site. It is read-only: links to
// classes open a window of their own, since a frame of another site has no session.
func (s *Server) embed(r *request) (response, error) {
	if err := s.openPlan(r); err != nil {
		return response{}, err
	}
	looks := r.embedQuery()
	q, view, err := s.readPlan(r, present.EmbedPath)
	if err != nil {
		return response{}, err
	}
	keep := looks.Keep()
	maps.Copy(keep, q.Keep)
	q.Keep = keep
	r.Header("X-Robots-Tag", "noindex, nofollow")
	r.Header("Content-Security-Policy", framePolicy(r.studio))
	r.Header("Cross-Origin-Resource-Policy", "cross-origin") // a site may demand it of everything that it embeds
	return s.planResponse(r, q, view), nil
}

// embedQuery reads how the frame looks.
func (r *request) embedQuery() (looks present.EmbedQuery) {
	looks.Compact = r.query.flag("compact")
	if looks.Theme = r.query.values.Get("theme"); looks.Theme == "auto" {
		looks.Theme = ""
	}
	if looks.Theme != "" && !slices.Contains(static.Themes, looks.Theme) {
		r.query.wrong("theme", "choice")
	}
	if text := r.query.values.Get("accent"); text != "" {
		var ok bool
		if looks.Accent, ok = present.ReadAccent(text); !ok {
			r.query.wrong("accent", "colour")
		}
	}
	return looks
}

// embedColours serves the style sheet with the colour of another site. It depends on its address
// only, so browsers keep it.
func (s *Server) embedColours(r *request) (response, error) {
	looks := r.embedQuery()
	if looks.Accent == "" {
		r.query.wrong("accent", "missing")
	}
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	return response{page: func() error {
		r.Header("Cache-Control", "public, max-age=86400")
		r.Data(http.StatusOK, "text/css; charset=utf-8", []byte(present.EmbedColours(looks)))
		return nil
	}}, nil
}

// embedScript serves the script for other sites under a name that stays.
func (s *Server) embedScript(r *request) (response, error) {
	return response{page: func() error {
		r.Header("Cache-Control", "public, max-age=3600")
		r.Header("Cross-Origin-Resource-Policy", "cross-origin")
		r.Data(http.StatusOK, "text/javascript; charset=utf-8", s.files.Content("embed.js"))
		return nil
	}}, nil
}
