package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, path, encoding, ifNoneMatch string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	r.Header.Set("If-None-Match", ifNoneMatch)
	w := httptest.NewRecorder()
	Pack().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFilesAreServedUnderTheirHash(t *testing.T) {
	for name := range bundles {
		url := Pack().URL(name)
		if !regexp.MustCompile(`^/static/[a-z0-9-]+\.[0-9a-f]{8}\.[a-z0-9]+$`).MatchString(url) {
			t.Errorf("%s is at %s", name, url)
		}
		res := get(t, url, "", "")
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") ||
			res.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", url, res.StatusCode, res.Header)
		}
		if again := get(t, url, "", res.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: %d although nothing changed", url, again.StatusCode)
		}
	}
}

func TestUnknownFilesAreNotServed(t *testing.T) {
	for _, path := range []string{
		"/static/", "/static/member.css", "/static/member.00000000.css", "/static/../static.go", "/static/css/base.css",
		"/static/vendor/htmx-4.0.1/htmx.min.js",
	} {
		if res := get(t, path, "br", ""); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestCompressedFormsHaveTheSameContent(t *testing.T) {
	plain := body(t, get(t, Pack().URL("member.css"), "", "").Body)
	br := get(t, Pack().URL("member.css"), "gzip, deflate, br, zstd", "")
	if br.Header.Get("Content-Encoding") != "br" || body(t, brotli.NewReader(br.Body)) != plain {
		t.Error("brotli differs")
	}
	gz := get(t, Pack().URL("member.css"), "gzip;q=1.0, br;q=0", "")
	z, err := gzip.NewReader(gz.Body)
	if err != nil || gz.Header.Get("Content-Encoding") != "gzip" || body(t, z) != plain {
		t.Errorf("gzip differs: %v", err)
	}
	if res := get(t, Pack().URL("archivo.woff2"), "br", ""); res.Header.Get("Content-Encoding") != "" {
		t.Error("the font is compressed twice")
	}
}

func TestStyleSheetNamesTheFont(t *testing.T) {
	css := body(t, get(t, Pack().URL("member.css"), "", "").Body)
	if !strings.Contains(css, "url("+Pack().URL("archivo.woff2")+")") {
		t.Error("the font's URL is not in the style sheet")
	}
	for _, m := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllStringSubmatch(css, -1) {
		if !strings.HasPrefix(m[1], "/static/") {
			t.Errorf("the style sheet asks for %s", m[1])
		}
	}
}

// The limits of ux.md D.6: compressed bytes that a phone loads before the first booking.
func TestSizeLimits(t *testing.T) {
	compressed := func(names ...string) (n int) {
		for _, name := range names {
			f := Pack().files[Pack().URL(name)]
			n += len(f.brot)
			if f.brot == nil {
				n += len(f.plain)
			}
		}
		return n
	}
	for _, c := range []struct {
		what  string
		limit int
		names []string
	}{
		{"own script", 11 << 10, []string{"app.js", "live.js"}},
		{"all scripts", 28 << 10, []string{"app.js", "live.js", "htmx.js"}},
		{"what is loaded later", 4 << 10, []string{"later.js"}},
		{"the offline page", 1 << 10, []string{"offline.js"}},
		{"style of members", 14<<10 + 256, []string{"member.css"}},
		{"style of staff", 24 << 10, []string{"staff.css"}},
		{"the board", 12 << 10, []string{"board.css", "board.js"}},
		{"the demo", 10 << 10, []string{"demo.css", "demo.js"}},
		{"icons", 3 << 10, []string{"icons.svg", "icon.svg"}},
		{"font", 36 << 10, []string{"archivo.woff2"}},
	} {
		n := compressed(c.names...)
		t.Logf("%s: %d bytes", c.what, n)
		if n > c.limit {
			t.Errorf("%s: %d bytes, at most %d", c.what, n, c.limit)
		}
	}
}

// ownScripts returns the scripts of this project by the path of their source.
func ownScripts(t *testing.T) map[string][]byte {
	t.Helper()
	texts := map[string][]byte{}
	for _, bundle := range []string{"app.js", "live.js", "later.js", "sw.js", "offline.js", "board.js", "demo.js"} {
		for _, name := range bundles[bundle] {
			text, err := sources.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts[name] = text
		}
	}
	return texts
}

// The clock of a device may be wrong by hours, storage may be missing, and old browsers have no
// properties for ARIA. Each has one place in the scripts that knows about it.
func TestTheScriptsAskNeitherTheDeviceForTheTimeNorOldBrowsersForMoreThanTheyHave(t *testing.T) {
	for name, text := range ownScripts(t) {
		for bad, allowed := range map[string]int{
			`\bnew Date\b|Date\.parse`:                   0,
			`Date\.now\(\)`:                              2, // the sleep of the device, a difference of two readings
			`(local|session)Storage\b`:                   2, // the guarded store reads and writes
			`\.aria[A-Z]\w*|[a-z]\.role\s*=[^=]|role:\s`: 0,
		} {
			if found := regexp.MustCompile(bad).FindAll(text, -1); len(found) > allowed {
				t.Errorf("%s: %q %d times, at most %d", name, found[0], len(found), allowed)
			}
		}
	}
}

// The content security policy of the pages forbids eval. Texts come from the templates, not
// from the scripts.
func TestTheScriptsNeedNoEval(t *testing.T) {
	for name, text := range ownScripts(t) {
		for _, bad := range []string{
			"eval(", "new Function", "innerHTML", "outerHTML =", "insertAdjacentHTML", "document.write", "setAttribute(\"style\"",
		} {
			if bytes.Contains(text, []byte(bad)) {
				t.Errorf("%s uses %s", name, bad)
			}
		}
	}
}

// The contrasts of ux.md D.3, computed from the colours in the style sheet.
func TestContrastOfColours(t *testing.T) {
	text, err := sources.ReadFile("css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(string(text), "@media (prefers-color-scheme: dark)")
	for name, theme := range map[string]map[string]string{
		"light": colours(light), "dark": merged(colours(light), colours(dark)),
	} {
		for _, c := range []struct {
			on, text string
			least    float64
		}{
			{"surface", "ink", 7},
			{"canvas", "ink", 7},
			{"surface", "ink-2", 7},
			{"canvas", "ink-2", 7},
			{"surface", "ink-3", 4.5},
			{"canvas", "ink-3", 4.5},
			{"surface", "mine", 4.5},
			{"canvas", "mine", 4.5},
			{"mine", "on-mine", 4.5},
			{"mine-soft", "mine", 4.5},
			{"mine-soft", "ink-3", 4.5},
			{"mine-soft", "ink-2", 4.5},
			{"sunken", "ink-2", 4.5},
			{"surface", "free", 4.5},
			{"canvas", "free", 4.5},
			{"surface", "few", 4.5},
			{"canvas", "few", 4.5},
			{"few-soft", "few", 4.5},
			{"few-soft", "ink", 7},
			{"full-soft", "ink-2", 4.5},
			{"surface", "bad", 4.5},
			{"canvas", "bad", 4.5},
			{"bad-soft", "bad", 4.5},
			{"ok-soft", "ok", 4.5},
			{"ok-soft", "ink", 7},
			{"offer", "on-offer", 7},
			{"night", "on-night", 7},
			{"night", "on-night-2", 4.5},
			{"wash", "ink", 7},
			{"wash", "ink-3", 4.5},
			{"surface", "line-2", 3},
			{"canvas", "line-2", 3},
			{"canvas", "focus", 3},
			{"surface", "focus", 3},
		} {
			if got := contrast(t, theme[c.on], theme[c.text]); got < c.least {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", name, c.text, c.on, got, c.least)
			}
		}
		for _, hue := range []string{"teal", "moss", "sky", "plum", "ember", "rose", "slate", "sand"} {
			strong, soft, deep := theme["h-"+hue], theme["h-"+hue+"-s"], theme["h-"+hue+"-d"]
			if on, tile, text := contrast(t, strong, theme["surface"]), contrast(t, strong, soft), contrast(t, deep, soft); on < 4.5 ||
				tile < 4.25 ||
				text < 7 {
				t.Errorf("%s, %s: %.2f on the surface, %.2f on its tile, text on the tile %.2f", name, hue, on, tile, text)
			}
		}
	}
}

func colours(css string) map[string]string {
	m := map[string]string{}
	for _, f := range regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})`).FindAllStringSubmatch(css, -1) {
		if _, there := m[f[1]]; !there {
			m[f[1]] = f[2]
		}
	}
	return m
}

func merged(base, over map[string]string) map[string]string {
	m := map[string]string{}
	maps.Copy(m, base)
	maps.Copy(m, over)
	return m
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("%q is not a colour", colour)
	}
	part := func(i int) float64 {
		n, err := strconv.ParseUint(colour[i:i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*part(1) + .7152*part(3) + .0722*part(5)
}

// The style sheet of a theme has the colours of that theme only, whatever the browser prefers.
func TestThemesDoNotAskTheBrowser(t *testing.T) {
	t.Parallel()
	files := Pack()
	for _, theme := range Themes {
		styles := string(files.Content("member-" + theme + ".css"))
		if strings.Contains(styles, "prefers-color-scheme") || !strings.Contains(styles, "color-scheme:"+theme) {
			t.Errorf("the styles of the theme %s ask the browser", theme)
		}
	}
	if dark := string(files.Content("member-dark.css")); !strings.Contains(dark, "@media all{:root{") {
		t.Error("the dark styles have no dark colours")
	}
	if light := string(files.Content("member-light.css")); !strings.Contains(light, "@media not all{:root{") {
		t.Error("the light styles have dark colours")
	}
}
