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

//go:embed css js icons screens vendor
var sources embed.FS

// bundles lists the sources of each file in their order. The file with the order of the CSS
// layers comes first, since that order decides precedence. Members do not load the styles and
// scripts of staff, nor the other way round.
var bundles = map[string][]string{
	"htmx.js":                  {"vendor/htmx-4.0.1/htmx.min.js", "vendor/htmx-4.0.1/hx-ws.min.js"},
	"app.js":                   {"js/app.js", "js/dialog.js", "js/sheet.js", "js/toast.js", "js/recurring.js", "js/setting.js"},
	"live.js":                  {"js/live.js"},
	"later.js":                 {"js/kept.js", "js/install.js", "js/attention.js", "js/push.js"},
	"frame.js":                 {"js/frame.js"},
	"embed.js":                 {"js/embed.js"},
	"sw.js":                    {"js/sw_shell.js", "js/sw_push.js"},
	"offline.js":               {"js/offline.js"},
	"passkey.js":               {"js/passkey.js"},
	"staff.js":                 {"js/keys.js", "js/timegrid.js", "js/class_form.js", "js/settings.js", "js/desk.js", "js/palette.js"},
	"archivo.woff2":            {"vendor/archivo-5.3.0/archivo-latin-wght-normal.woff2"},
	"archivo-ext.woff2":        {"vendor/archivo-5.3.0/archivo-latin-ext-wght-normal.woff2"},
	"archivo-vietnamese.woff2": {"vendor/archivo-5.3.0/archivo-vietnamese-wght-normal.woff2"},
	"icons.svg":                {"icons/icons.svg"},
	"icon.svg":                 {"icons/icon.svg"},
	"icon-192.png":             {"icons/icon-192.png"},
	"icon-512.png":             {"icons/icon-512.png"},
	"icon-maskable-192.png":    {"icons/icon-maskable-192.png"},
	"icon-maskable-512.png":    {"icons/icon-maskable-512.png"},
	"icon-apple.png":           {"icons/icon-apple.png"},
	"shortcut-schedule.png":    {"icons/shortcut-schedule.png"},
	"shortcut-bookings.png":    {"icons/shortcut-bookings.png"},
	"narrow-de.webp":           {"screens/narrow-de.webp"},
	"narrow-en.webp":           {"screens/narrow-en.webp"},
	"wide-de.webp":             {"screens/wide-de.webp"},
	"wide-en.webp":             {"screens/wide-en.webp"},
	"embed.css":                {"css/embed.css"},
	"member.css":               slices.Concat(shared, memberStyles),
	"staff.css":                slices.Concat(shared, staffStyles),
	"board.css":                {"css/layers.css", "css/tokens.css", "css/base.css", "css/marks.css", "css/board.css"},
	"demo.css":                 {"css/layers.css", "css/tokens.css", "css/base.css", "css/controls.css", "css/demo.css"},
	"demo.js":                  {"js/demo.js"},
	"app.css":                  {"css/app.css"},
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
		"css/settings.css", "css/import.css", "css/people.css", "css/history.css", "css/start.css", "css/print.css",
	}
)

var kinds = map[string]string{
	".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	".png": "image/png", ".webp": "image/webp", ".woff2": "font/woff2",
}

// file is a served file. The compressed forms are nil for formats that are compressed already.
type file struct {
	kind              string
	plain, gzip, brot []byte
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
	for _, theme := range Themes {
		a.add("member-"+theme+".css", a.withFonts(inTheme(bundle("member.css"), theme)))
	}
	return a
})

// Themes are the themes that a page can have whatever the browser prefers, by the style sheet
// member-THEME.css.
var Themes = []string{"light", "dark"}

// inTheme returns minified styles that do not ask the browser for the theme.
func inTheme(styles []byte, theme string) []byte {
	dark := "@media not all"
	if theme == "dark" {
		dark = "@media all"
	}
	styles = bytes.ReplaceAll(styles, []byte("@media(prefers-color-scheme:dark)"), []byte(dark))
	return bytes.ReplaceAll(styles, []byte("color-scheme:light dark"), []byte("color-scheme:"+theme))
}

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
	ext := path.Ext(name)
	url := "/static/" + strings.TrimSuffix(name, ext) + "." + f.tag + ext
	a.files[url], a.urls[name] = f, url
}

func pack(name string, body []byte) file {
	sum := sha256.Sum256(body)
	f := file{kind: kinds[path.Ext(name)], plain: body, tag: hex.EncodeToString(sum[:4])}
	if ext := path.Ext(name); ext == ".png" || ext == ".webp" || ext == ".woff2" {
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

// URL returns the URL of a file: "member.css" is /static/member.3f2a91c4.css. For an unknown name it
// returns a path that is not served.
func (a *Files) URL(name string) string {
	if url, ok := a.urls[name]; ok {
		return url
	}
	return "/static/" + name
}

// Content returns a file as it is before compression; nil for an unknown name.
func (a *Files) Content(name string) []byte { return a.files[a.urls[name]].plain }

// ServeHTTP serves /static/… as brotli, gzip or plain, by the
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
