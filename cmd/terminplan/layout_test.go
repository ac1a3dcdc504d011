package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"terminplan/booking/bookingtest"
	"terminplan/cmd/terminplan/web/sample"
	"terminplan/static"
	"terminplan/templates"
)

// gallery serves every sample page with the real files, and without a database.
func gallery(t *testing.T) (url string, names []string) {
	t.Helper()
	files := static.Pack()
	set, err := templates.New(templates.Options{Asset: files.URL})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", files)
	for _, lang := range templates.Languages {
		for _, p := range sample.Pages(sample.Presenter(set, lang)) {
			name := string(lang) + "/" + p.Name
			names = append(names, name)
			rendered := httptest.NewRecorder()
			if err := set.Page(lang, p.Page).Render(rendered); err != nil {
				t.Fatal(err)
			}
			// There is no socket here; the page then is at rest.
			body := bytes.ReplaceAll(rendered.Body.Bytes(), []byte("hx-ws:connect"), []byte("data-socket"))
			mux.HandleFunc("/"+name, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write(body)
			})
		}
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, names
}

// visitor opens a browser, and returns a function that runs actions in it.
func visitor(t *testing.T) func(page string, actions ...chromedp.Action) {
	t.Helper()
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(bookingtest.Patience))...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	if err := chromedp.Run(tab); err != nil { // a context with a deadline must not start the browser
		t.Fatal(err)
	}
	return func(page string, actions ...chromedp.Action) {
		t.Helper()
		ctx, cancel := context.WithTimeout(tab, bookingtest.Patience)
		defer cancel()
		if err := chromedp.Run(ctx, actions...); err != nil {
			t.Fatalf("%s: %v", page, err)
		}
	}
}

// outside lists what is cut off at the right or the left: elements beyond the screen, and text
// that is wider than a box which hides the rest. A name may end in an ellipsis; the row of filters
// is there to be scrolled, and so are the time grid where its columns need more width, and on wide
// screens the table of a file that is imported, which may have 200 columns.
const outside = `[...document.querySelectorAll("body *")].filter(el => {
	if (el.closest(".vh, svg, dialog, .chips, [hidden], details:not([open]) > :not(summary), .skip, option")) return false;
	if (!el.getClientRects().length || innerWidth >= 768 && el.closest(".import-rows")) return false;
	const r = el.getBoundingClientRect(), style = getComputedStyle(el);
	const box = el.closest(".column, .row, .line, .card, .panel, .box, .offercard, .next, .mine-week");
	if (r.width <= 1 || el.matches(".tg")) return false;
	if (!el.closest(".tg") && (r.right > innerWidth + 1 || r.left < -1 ||
		(box && r.right > box.getBoundingClientRect().right + 1))) return true;
	return style.overflowX !== "visible" && style.textOverflow !== "ellipsis" && !el.matches("input, select, textarea") &&
		el.scrollWidth > el.clientWidth + 1;
}).map(el => el.outerHTML.slice(0, 110))`

// No page scrolls sideways or cuts anything off: on the narrowest phones, and with text of
// twice the size.
func TestNoPageIsWiderThanTheScreen(t *testing.T) {
	t.Parallel()
	url, names := gallery(t)
	see := visitor(t)
	for _, name := range names {
		if strings.Contains(name, "/board") { // it is as wide as its screen by its own unit
			continue
		}
		see(name, chromedp.EmulateViewport(390, 844), chromedp.Navigate(url+"/"+name), chromedp.WaitReady("main"))
		for _, s := range []struct {
			width   int64
			percent int
		}{{320, 100}, {390, 200}, {390, 100}, {640, 200}, {1024, 100}, {1280, 100}, {1280, 200}} {
			if s.width > 390 && strings.HasPrefix(name, "en/") { // its words are shorter
				continue
			}
			var wide bool
			var cut []string
			see(name, chromedp.EmulateViewport(s.width, 844),
				chromedp.Evaluate(fmt.Sprintf(`document.documentElement.style.fontSize = "%d%%"`, s.percent), nil),
				chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide), chromedp.Evaluate(outside, &cut))
			if wide || len(cut) > 0 {
				t.Errorf("%s at %d px, text %d %%: scrolls sideways: %v, cut off: %s",
					name, s.width, s.percent, wide, strings.Join(cut, "\n\t"))
			}
		}
	}
}

// In forced colours a taken seat, a free one and a held one look different, an unticked box is
// empty, and the current tab is marked.
func TestForcedColoursKeepWhatColoursTell(t *testing.T) {
	t.Parallel()
	url, _ := gallery(t)
	see := visitor(t)
	force := emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}})
	look := func(page, script string) (said []string) {
		t.Helper()
		see(page, force, chromedp.EmulateViewport(390, 844), chromedp.Navigate(url+page), chromedp.WaitReady("#main"),
			chromedp.Evaluate(script, &said))
		return said
	}
	seats := look("/de/schedule", `
		["main .meter rect:not(.held)", "main .meter .held"].map(at => getComputedStyle(document.querySelector(at)).fill).concat(
			getComputedStyle(document.querySelector("main .meter")).backgroundColor)`)
	if len(seats) != 3 || seats[0] == seats[1] || seats[1] == seats[2] || seats[0] == seats[2] {
		t.Errorf("taken, free and held seats look alike: %q", seats)
	}
	ticks := look("/de/today_panel", `["true", "false"].map(on => getComputedStyle(document.querySelector(
		".attend[aria-pressed=" + on + "] .bx .i")).visibility)`)
	if strings.Join(ticks, " ") != "visible hidden" {
		t.Errorf("the ticks of a present and of an absent person are %q", ticks)
	}
	for page, current := range map[string]string{
		"/de/schedule": ".tabs, .strip, .seg, .chips", "/de/today_panel": ".tabs, .ptabs",
	} {
		for nav := range strings.SplitSeq(current, ", ") {
			marks := look(page, fmt.Sprintf(`["[aria-current]", "a:not([aria-current])"].map(a => {
				const style = getComputedStyle(document.querySelector(%q + " " + a));
				return style.outlineStyle + style.outlineWidth;
			})`, nav))
			if marks[0] == marks[1] {
				t.Errorf("%s: the current element of %s has no mark", page, nav)
			}
		}
	}
}
