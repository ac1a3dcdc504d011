// Package static serves the files that pages use besides HTML: the style sheets, the
// scripts, the fonts and the icons.
//
// All files are embedded. [Pack] bundles their parts, puts a hash of the content into each
// name, and keeps brotli and gzip forms in memory. Browsers may therefore cache the files for
// ever, and the build needs no tool besides Go. A file is served under its present name only;
// an old or unknown name is 404.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed css js icons vendor
var sources embed.FS

// bundles lists the sources of each file in their order. The file with the order of the CSS
// layers comes first, since that order decides precedence. Members do not load the styles and
// scripts of staff, nor the other way round.
var bundles = map[string][]string{
	"htmx.js":                  {"vendor/htmx-4.0.1/htmx.min.js", "vendor/htmx-4.0.1/hx-ws.min.js"},
	"app.js":                   {"js/app.js", "js/dialog.js", "js/sheet.js", "js/toast.js", "js/recurring.js", "js/setting.js"},
	"live.js":                  {"js/live.js"},
	"staff.js":                 {"js/keys.js", "js/timegrid.js", "js/class_form.js", "js/settings.js", "js/desk.js", "js/palette.js"},
	"archivo.woff2":            {"vendor/archivo-5.3.0/archivo-latin-wght-normal.woff2"},
	"archivo-ext.woff2":        {"vendor/archivo-5.3.0/archivo-latin-ext-wght-normal.woff2"},
	"archivo-vietnamese.woff2": {"vendor/archivo-5.3.0/archivo-vietnamese-wght-normal.woff2"},
	"icons.svg":                {"icons/icons.svg"},
	"icon.svg":                 {"icons/icon.svg"},
	"icon-192.png":             {"icons/icon-192.png"},
	"icon-512.png":             {"icons/icon-512.png"},
	"member.css":               slices.Concat(shared, memberStyles),
	"staff.css":                slices.Concat(shared, staffStyles),
	"board.css":                {"css/layers.css", "css/tokens.css", "css/base.css", "css/marks.css", "css/board.css"},
	"demo.css":                 {"css/layers.css", "css/tokens.css", "css/base.css", "css/controls.css", "css/demo.css"},
	"demo.js":                  {"js/demo.js"},
	"board.js":                 {"js/board.js"},
}

var (
	shared = []string{
		"css/layers.css", "css/tokens.css", "css/base.css", "css/controls.css", "css/marks.css", "css/frame.css",
		"css/sheet.css", "css/dialog.css", "css/lines.css", "css/forms.css", "css/alerts.css", "css/account.css",
	}
	memberStyles = []string{"css/row.css", "css/schedule.css", "css/home.css"}
	staffStyles  = []string{
		"css/row.css", "css/plates.css", "css/desk.css", "css/roster.css", "css/palette.css", "css/timegrid.css", "css/class_form.css",
		"css/settings.css", "css/people.css", "css/history.css", "css/start.css", "css/print.css",
	}
)

var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".png": "image/png", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json",
}

const manifestPath = "/manifest.webmanifest"

// file is a served file. The compressed forms are nil for formats that are compressed already.
type file struct {
	kind              string
	plain, gzip, brot []byte
	forever           bool // the name contains a hash, so it may be cached for ever
	tag               string
}

// Files holds the files by URL, and the URLs by name.
type Files struct {
	files map[string]file
	urls  map[string]string
}

// Pack returns the files. The first call compresses them, which takes a quarter of a second,
// or many times that on a busy machine. So a node calls it before it is ready and not during a
// request. Pack panics only if an embedded file is missing or does not parse, which the
// tests would find.
func Pack() *Files { return packed() }

var packed = sync.OnceValue(func() *Files {
	a := &Files{files: map[string]file{}, urls: map[string]string{}}
	// The style sheets contain the URLs of the fonts, so they are packed last.
	for name := range bundles {
		if path.Ext(name) != ".css" {
			a.add(name, bundle(name))
		}
	}
	for name := range bundles {
		if path.Ext(name) == ".css" {
			a.add(name, a.withFonts(bundle(name)))
		}
	}
	manifest := pack("manifest.webmanifest", a.manifest())
	a.files[manifestPath] = manifest
	a.urls["manifest.webmanifest"] = manifestPath
	return a
})

// withFonts puts the URLs of the fonts into a style sheet.
func (a *Files) withFonts(styles []byte) []byte {
	for name, url := range a.urls {
		if path.Ext(name) == ".woff2" {
			styles = bytes.ReplaceAll(styles, []byte("url("+name+")"), []byte("url("+url+")"))
		}
	}
	return styles
}

func bundle(name string) []byte {
	var all bytes.Buffer
	for _, source := range bundles[name] {
		body, err := fs.ReadFile(sources, source)
		if err != nil {
			panic("static: " + err.Error())
		}
		if short := minifiers[path.Ext(source)]; short != "" && !strings.HasPrefix(source, "vendor/") {
			if body, err = minifier.Bytes(short, body); err != nil {
				panic("static: " + source + ": " + err.Error())
			}
		}
		all.Write(body)
		if path.Ext(name) == ".js" {
			all.WriteString("\n;\n")
		}
	}
	return all.Bytes()
}

// minifiers are the kinds of our own files that leave without comments, spaces and long names.
// Vendored files leave as they came.
var minifiers = map[string]string{".js": "js", ".css": "css"}

var minifier = func() *minify.M {
	m := minify.New()
	m.AddFunc("js", js.Minify)
	m.AddFunc("css", css.Minify)
	return m
}()

func (a *Files) add(name string, body []byte) {
	f := pack(name, body)
	f.forever = true
	ext := path.Ext(name)
	url := "/static/" + strings.TrimSuffix(name, ext) + "." + f.tag + ext
	a.files[url], a.urls[name] = f, url
}

func pack(name string, body []byte) file {
	sum := sha256.Sum256(body)
	f := file{kind: kinds[path.Ext(name)], plain: body, tag: hex.EncodeToString(sum[:4])}
	if ext := path.Ext(name); ext == ".png" || ext == ".woff2" {
		return f
	}
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotli.BestCompression)
	_, _ = w.Write(body) // a write to memory does not fail
	_ = w.Close()
	f.brot = b.Bytes()
	var g bytes.Buffer
	z, _ := gzip.NewWriterLevel(&g, gzip.BestCompression)
	_, _ = z.Write(body)
	_ = z.Close()
	f.gzip = g.Bytes()
	return f
}

func (a *Files) manifest() []byte {
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose"`
	}
	type shortcut struct {
		Name string `json:"name"`
		URL  string `json:"url"`
	}
	body, _ := json.Marshal(struct {
		Name       string     `json:"name"`
		ShortName  string     `json:"short_name"`
		ID         string     `json:"id"`
		StartURL   string     `json:"start_url"`
		Scope      string     `json:"scope"`
		Display    string     `json:"display"`
		Background string     `json:"background_color"`
		Theme      string     `json:"theme_color"`
		Icons      []icon     `json:"icons"`
		Shortcuts  []shortcut `json:"shortcuts"`
	}{
		"Terminplan", "Terminplan", "/", "/", "/", "standalone", "#F5F2E9", "#F5F2E9",
		[]icon{
			{a.urls["icon.svg"], "any", "image/svg+xml", "any"},
			{a.urls["icon-192.png"], "192x192", "image/png", "any"},
			{a.urls["icon-512.png"], "512x512", "image/png", "any"},
			{a.urls["icon-512.png"], "512x512", "image/png", "maskable"},
		},
		[]shortcut{{"Terminplan", "/schedule"}, {"Buchungen", "/bookings"}},
	})
	return body
}

// URL returns the URL of a file: "member.css" is /static/member.3f2a91c4.css. For an unknown name it
// returns a path that is not served.
func (a *Files) URL(name string) string {
	if url, ok := a.urls[name]; ok {
		return url
	}
	return "/static/" + name
}

// ServeHTTP serves /static/… and /manifest.webmanifest as brotli, gzip or plain, by the
// Accept-Encoding of the request (RFC 9110, section 12.5.3).
func (a *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if !f.forever {
		h.Set("Cache-Control", "public, max-age=3600")
	}
	body, encoding := f.plain, ""
	accepts := r.Header.Get("Accept-Encoding")
	switch {
	case f.brot != nil && Takes(accepts, "br"):
		body, encoding = f.brot, "br"
	case f.gzip != nil && Takes(accepts, "gzip"):
		body, encoding = f.gzip, "gzip"
	}
	tag := `"` + f.tag + encoding + `"`
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // an error means that the client has left
}

// Takes reports whether the header Accept-Encoding lists the encoding and does not refuse it with q=0.
func Takes(header, encoding string) bool {
	for item := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(item), ";")
		if name == encoding {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
