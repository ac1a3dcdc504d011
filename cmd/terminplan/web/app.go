package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// The installed app is the site itself. A browser needs a manifest to install it, and a service
// worker shows a page while the studio cannot be reached.

// manifest describes the app to browsers. They ask without cookies, so the address names the
// language.
func (s *Server) manifest(r *request) (response, error) {
	if lang := r.query.values.Get("lang"); slices.Contains(r.studio.Languages, lang) {
		r.lang = lang
	}
	body, err := json.Marshal(s.present(r).Manifest(r.studio, s.files.URL))
	if err != nil {
		return response{}, fmt.Errorf("writing the manifest: %w", err)
	}
	r.Header("Content-Language", r.lang)
	r.Header("Vary", "Accept-Language")
	r.Header("Cache-Control", "public, max-age=3600")
	r.serveFile("application/manifest+json", body)
	return response{}, nil
}

// serveFile writes a file that was made here, or says that the client has it already.
func (r *request) serveFile(kind string, body []byte) {
	sum := sha256.Sum256(body)
	r.Header("Content-Type", kind)
	r.Header("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(r.Writer, r.Request, "", time.Time{}, bytes.NewReader(body))
	r.Writer.WriteHeaderNow() // without a body the response is complete, too
}

// workerScript is the service worker of a studio. Browsers compare its bytes, so it holds everything
// that it keeps: other files or another text are another worker.
type workerScript struct {
	mu        sync.Mutex
	studio    string
	languages string
	body      []byte
}

// offlineFiles are the files of the offline page.
var offlineFiles = []string{"member.css", "app.css", "archivo.woff2", "icon.svg", "offline.js"}

// worker is the script of the service worker. Its folder is /, so it may serve all pages.
func (s *Server) worker(r *request) (response, error) {
	body, err := s.workerOf(r.studio)
	if err != nil {
		return response{}, err
	}
	r.Header("Cache-Control", "no-cache")
	r.Header("Service-Worker-Allowed", "/")
	r.serveFile("text/javascript; charset=utf-8", body)
	return response{}, nil
}

func (s *Server) workerOf(studio booking.Studio) ([]byte, error) {
	k, offered := &s.script, fmt.Sprint(studio.Languages)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.body != nil && k.studio == studio.Name && k.languages == offered {
		return k.body, nil
	}
	offline, shell := map[string]string{}, make([]string, len(offlineFiles))
	for i, name := range offlineFiles {
		shell[i] = s.files.URL(name)
	}
	for _, lang := range studio.Languages {
		page, err := s.pages.Document(templates.Lang(lang), present.Offline(studio))
		if err != nil {
			return nil, err
		}
		offline[lang] = string(page)
	}
	var script bytes.Buffer
	for _, c := range []struct {
		name  string
		value any
	}{
		{"shell", shell},
		{"offline", offline},
		{"headers", map[string]string{
			"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy, "Cache-Control": "no-store",
		}},
	} {
		value, err := json.Marshal(c.value)
		if err != nil {
			return nil, fmt.Errorf("writing the service worker: %w", err)
		}
		fmt.Fprintf(&script, "const %s=%s;\n", c.name, value)
	}
	// The script names the icon of a message without its hash.
	script.Write(bytes.ReplaceAll(s.files.Content("sw.js"), []byte("/static/icon-192.png"), []byte(s.files.URL("icon-192.png"))))
	sum := sha256.Sum256(script.Bytes())
	k.studio, k.languages = studio.Name, offered
	k.body = append(fmt.Appendf(nil, "const version=%q;\n", hex.EncodeToString(sum[:4])), script.Bytes()...)
	return k.body, nil
}

// keptBookings are the bookings of the person as texts, which the page keeps for times without a
// connection.
func (s *Server) keptBookings(r *request) (response, error) {
	ctx := r.Request.Context()
	var own present.MemberBookings
	var err error
	if own.Personal, err = s.personal(r); err != nil {
		return response{}, err
	}
	if own.Upcoming, err = s.engine.Bookings(ctx, r.actor, r.actor.ID, false); err != nil {
		return response{}, err
	}
	if own.Waiting, err = s.engine.Waiting(ctx, r.actor, r.actor.ID); err != nil {
		return response{}, err
	}
	return response{redirect: "/bookings", json: s.present(r).Kept(r.actor, own)}, nil
}

// guide is the page about the app on the phone. Its fragment is the hint about installing.
func (s *Server) guide(r *request) (response, error) {
	return response{
		part: func() error { return s.renderFragment(r, parts.InstallHint, nil) },
		page: func() error {
			l, err := s.layout(r, "", "")
			if err != nil {
				return err
			}
			return s.renderPage(r, present.Guide(l))
		},
	}, nil
}
