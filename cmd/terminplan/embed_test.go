package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// A page of another site has the schedule in a frame, in a browser that blocks cookies of third
// parties: seats move there, the height follows, and nothing is kept.
func TestTheScheduleIsLiveInAFrameOfAnotherSite(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	class := p.classAfter("Abendkurs", 1, 9)
	day := dayOf(t, p, class)
	other := p.siteWithFrame(t, "localhost", day)
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Public, studio.PublicSeats, studio.FrameOrigins = true, booking.CountsExact, []string{other}
	if err := p.EditStudio(t.Context(), p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	stranger := p.visitor(t, "a stranger at another site", desktop)
	stranger.do("opens the other site", network.SetCookieControls(true), chromedp.Navigate(other))
	stranger.sees(`document.getElementById("plan").offsetHeight > 200`)
	frame, seats := stranger.frame(p.url+"/embed"), fmt.Sprintf(`document.querySelector("#class-%d-seats .state").textContent`, class)
	frame.sees(`/9\s*frei/.test(` + seats + `)`)
	frame.sees(`document.getElementById("pill").textContent.includes("Live")`)
	frame.sees(`document.documentElement.scrollWidth <= 300`)
	p.booked(p.Member("Anna Alt", 3), class)
	frame.sees(`/8\s*frei/.test(` + seats + `)`)
	// A class leaves the frame, since nobody could sign in there.
	frame.sees(`document.querySelector("base").target === "_blank"`)
	var cookies []*network.Cookie
	stranger.do("counts the cookies", chromedp.ActionFunc(func(ctx context.Context) (err error) {
		cookies, err = network.GetCookies().WithURLs([]string{p.url, other}).Do(ctx)
		return err
	}))
	if len(cookies) > 0 {
		t.Errorf("the browser keeps the cookies %v", cookies)
	}
}

// A site that the studio does not list gets an error of the browser in the frame.
func TestAnotherSiteThanThoseOfTheStudioCannotFrameTheSchedule(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	day := dayOf(t, p, p.classAfter("Abendkurs", 1, 9))
	listed, other := p.siteWithFrame(t, "127.0.0.1", day), p.siteWithFrame(t, "127.0.0.1", day)
	studio, err := p.Studio(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	studio.Public, studio.FrameOrigins = true, []string{listed}
	if err := p.EditStudio(t.Context(), p.Owner, studio, ""); err != nil {
		t.Fatal(err)
	}
	stranger := p.visitor(t, "a stranger at two sites", desktop)
	stranger.tolerate(true) // the browser reports the frame that it refuses
	for site, want := range map[string]string{listed: p.url + "/embed", other: "chrome-error://"} {
		stranger.do("opens a site", chromedp.Navigate(site)) // until the frame is loaded, too
		frames := stranger.frames()
		if len(frames) != 1 || !strings.HasPrefix(frames[0], want) {
			t.Errorf("the frame shows %q, want %s", frames, want)
		}
	}
}

// siteWithFrame starts a site with the schedule of a day in a frame, and returns its origin. Of
// the names of this machine, the one that the program does not have makes it another site for
// cookies; then the frame has a process of its own. The other one makes it another origin only.
func (p *program) siteWithFrame(t *testing.T, host, day string) (origin string) {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Studio</title><link rel="icon" href="data:,">
<iframe id="plan" src="%[1]s/embed?date=%[2]s&lang=de" width="300" height="50" data-terminplan></iframe>
<script async src="%[1]s/embed.js"></script>`, p.url, day)
	}))
	t.Cleanup(site.Close)
	return strings.Replace(site.URL, "127.0.0.1", host, 1)
}

// frames returns the addresses of the frames of the page.
func (who *person) frames() (urls []string) {
	who.t.Helper()
	who.do("looks at the frames", chromedp.ActionFunc(func(ctx context.Context) error {
		tree, err := page.GetFrameTree().Do(ctx)
		if err != nil {
			return err
		}
		for _, child := range tree.ChildFrames {
			urls = append(urls, child.Frame.URL)
		}
		return nil
	}))
	return urls
}

// frame returns the frame at an address, of another site than its page, as if it were a page.
func (who *person) frame(prefix string) *person {
	who.t.Helper()
	targets, err := chromedp.Targets(who.tab)
	if err != nil {
		who.t.Fatal(err)
	}
	for _, one := range targets {
		if one.Type != "iframe" || !strings.HasPrefix(one.URL, prefix) {
			continue
		}
		tab, leave := chromedp.NewContext(who.tab, chromedp.WithTargetID(one.TargetID))
		who.t.Cleanup(leave)
		if err := chromedp.Run(tab); err != nil { // a context with a deadline must not begin
			who.t.Fatal(err)
		}
		return &person{t: who.t, name: who.name + " in the frame", tab: tab, url: who.url}
	}
	who.t.Fatalf("the page has no frame of another site at %s, but %v", prefix, targets)
	return nil
}
