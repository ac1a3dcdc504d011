package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// axe finds no barrier on any sample page: in turn German on a phone in light, and English on a
// wide screen in dark. The rules include those of best practice and the size of targets.
func TestNoSamplePageHasABarrier(t *testing.T) {
	t.Parallel()
	url, names := gallery(t)
	see := visitor(t)
	for i, page := range names[:len(names)/2] { // the German ones come first
		name, width, theme := page, int64(390), "light"
		if i%2 == 1 {
			name, width, theme = "en/"+strings.TrimPrefix(page, "de/"), 1280, "dark"
		}
		hasNoBarrier(t, see, url+"/"+name, width, theme)
	}
}

// hasNoBarrier examines a page with axe.
func hasNoBarrier(t *testing.T, see func(string, ...chromedp.Action), url string, width int64, theme string) {
	t.Helper()
	axe, err := os.ReadFile("testdata/axe-core-4.14.1/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	const examine = `axe.run(document, {rules: {"target-size": {enabled: true}}}).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html.slice(0, 120)).join(" | ")))`
	await := func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }
	var faults []string
	see(url, chromedp.EmulateViewport(width, 844),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
		chromedp.Navigate(url), chromedp.WaitReady("main, [role=main]"),
		chromedp.Evaluate(string(axe), nil), chromedp.Evaluate(examine, &faults, await))
	for _, fault := range faults {
		t.Errorf("%s: %s", url, fault)
	}
}

// axe finds no barrier in mails, of which each has another shape: on a phone in light, and in a
// mail program in dark.
func TestNoMailHasABarrier(t *testing.T) {
	t.Parallel()
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	mux, lang := http.NewServeMux(), templates.German
	shapes := []string{
		"seat_offered", "class_cancelled", "class_moved", "receipt", "booking_added_guest", "sign_in_failed", "reset",
		"booking_cancelled_late",
	}
	for _, m := range sample.Mails(sample.Presenter(set, lang)) {
		m.Mail.Off.URL = sample.PublicURL + "/unsubscribe/x"
		_, html, err := set.Mail(lang, m.Mail)
		if err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc("/"+m.Name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, html)
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	see := visitor(t)
	for _, name := range shapes {
		hasNoBarrier(t, see, server.URL+"/"+name, 360, "light")
		hasNoBarrier(t, see, server.URL+"/"+name, 600, "dark")
	}
}

// Nothing moves for a person who asked for reduced motion.
func TestReducedMotionStopsEveryTransition(t *testing.T) {
	t.Parallel()
	url, names := gallery(t)
	see := visitor(t)
	const moving = `[...document.querySelectorAll("*")].flatMap(el =>
		["", "::before", "::after"].map(part => [el, getComputedStyle(el, part || null)]))
		.filter(([, s]) => s.animationName !== "none" ||
			(s.transitionProperty !== "none" && s.transitionDuration.split(",").some(d => parseFloat(d) > 0)))
		.map(([el]) => el.outerHTML.slice(0, 100))`
	for _, name := range names {
		if !strings.HasPrefix(name, "de/") {
			continue
		}
		var calm, lively []string
		see(name, chromedp.EmulateViewport(1280, 844), chromedp.Navigate(url+"/"+name), chromedp.WaitReady("main"),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "no-preference"}}),
			chromedp.Evaluate(moving, &lively),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}),
			chromedp.Evaluate(moving, &calm))
		if len(calm) > 0 {
			t.Errorf("%s still moves: %s", name, strings.Join(calm, "\n\t"))
		}
		if name == "de/schedule" && len(lively) == 0 {
			t.Error("nothing moves on the schedule, so this test finds nothing")
		}
	}
}
