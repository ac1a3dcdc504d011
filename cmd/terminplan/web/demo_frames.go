package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"terminplan/booking"
)

// The page /demo shows the screens of three people in one browser, but the cookies of a browser
// belong to the whole site. So each screen is the same site once more, below a prefix of its own:
// its cookies have other names and the path of the prefix, and the addresses in its pages get the
// prefix. The site itself knows nothing of it. Only a demo is served this way.

// demoFrame is one of the three screens.
type demoFrame struct {
	name  string
	email string // of its person; empty: nobody signs in
}

func (f demoFrame) prefix() string { return "/demo/" + f.name }

func (d *Demo) frames() []demoFrame {
	return []demoFrame{{"phone", d.Phone}, {"desk", d.Desk}, {"board", ""}}
}

// frameOf returns the frame to which a path belongs, and the path without its prefix.
func (d *Demo) frameOf(path string) (f demoFrame, rest string, ok bool) {
	for _, f := range d.frames() {
		if rest, ok := strings.CutPrefix(path, f.prefix()); ok && strings.HasPrefix(rest, "/") {
			return f, rest, true
		}
	}
	return demoFrame{}, path, false
}

// withDemoFrames serves the frames besides the site.
func (s *Server) withDemoFrames(site http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, rest, ok := s.demo.frameOf(r.URL.Path)
		if ok {
			s.serveFrame(w, r, f, rest, site)
			return
		}
		// Pushed fragments have addresses without the prefix. The referer names the frame.
		if from, err := url.Parse(r.Referer()); err == nil && !isShared(r.URL.Path) {
			if f, _, ok := s.demo.frameOf(from.Path); ok {
				http.Redirect(w, r, f.prefix()+r.URL.RequestURI(), http.StatusTemporaryRedirect)
				return
			}
		}
		site.ServeHTTP(w, r)
	})
}

// isShared reports whether a path is the same for all frames.
func isShared(path string) bool {
	return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/demo") || path == "/csp" || path == "/manifest.webmanifest" ||
		path == "/sw.js"
}

// serveFrame serves one request of a frame. The first one signs its person in.
func (s *Server) serveFrame(w http.ResponseWriter, r *http.Request, f demoFrame, rest string, site http.Handler) {
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = rest, ""
	for _, header := range []string{"Referer", "HX-Current-URL"} {
		if from := inner.Header.Get(header); from != "" {
			inner.Header.Set(header, strings.Replace(from, f.prefix()+"/", "/", 1))
		}
	}
	inner.Header.Del("Cookie")
	for _, c := range r.Cookies() {
		if name, ok := strings.CutPrefix(c.Name, f.name+"."); ok || c.Name == languageCookie {
			inner.AddCookie(&http.Cookie{Name: name, Value: c.Value})
		}
	}
	w.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	if r.Header.Get("Upgrade") != "" {
		site.ServeHTTP(w, inner)
		return
	}
	inner.Header.Del("Accept-Encoding") // the addresses in the body are changed
	out := &frameWriter{ResponseWriter: w, frame: f}
	defer out.finish()
	if f.email != "" && s.token(inner) == "" && r.Method == http.MethodGet {
		if err := s.signInFrame(out, inner, f); err != nil {
			s.log.Warn("the person of a frame of the demo cannot sign in", "frame", f.name, "err", err)
		} else {
			http.Redirect(out, inner, inner.URL.RequestURI(), http.StatusSeeOther)
			return
		}
	}
	site.ServeHTTP(out, inner)
}

func (s *Server) signInFrame(w http.ResponseWriter, r *http.Request, f demoFrame) error {
	in, err := s.engine.SignIn(r.Context(), booking.SignInRequest{
		Email: f.email, Password: s.demo.Password, Address: rateLimitKey(s.address(r)), Device: deviceName(r),
	})
	if err == nil {
		http.SetCookie(w, &http.Cookie{
			Name: s.cookieName(), Value: in.Token, Path: "/", Expires: in.ExpiresAt, Secure: s.public.Secure(), HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
	}
	return err
}

// frameWriter puts the prefix of a frame into a response.
type frameWriter struct {
	http.ResponseWriter
	frame  demoFrame
	status int
	page   bool // the body is HTML, and kept until it is complete
	body   bytes.Buffer
}

func (w *frameWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	h := w.Header()
	for _, name := range []string{"Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url"} {
		if to := h.Get(name); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, w.frame.prefix()+"/") {
			h.Set(name, w.frame.prefix()+to)
		}
	}
	h.Del("Clear-Site-Data")
	set := h.Values("Set-Cookie")
	h.Del("Set-Cookie")
	for _, line := range set {
		if c, err := http.ParseSetCookie(line); err == nil {
			c.Name, c.Path = w.frame.name+"."+c.Name, w.frame.prefix()+"/"
			h.Add("Set-Cookie", c.String())
		}
	}
	if w.page = strings.HasPrefix(h.Get("Content-Type"), "text/html"); !w.page {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	h.Del("Content-Length")
}

func (w *frameWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.page {
		return w.body.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// finish writes the page with the prefix in its addresses.
func (w *frameWriter) finish() {
	if !w.page {
		return
	}
	prefix := w.frame.prefix()
	body := bytes.ReplaceAll(w.body.Bytes(), []byte(`="/`), []byte(`="`+prefix+`/`))
	for _, same := range []string{"/static/", "/manifest.webmanifest"} {
		body = bytes.ReplaceAll(body, []byte(`="`+prefix+same), []byte(`="`+same))
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.ResponseWriter.Write(body) // an error means that the browser has left
}
