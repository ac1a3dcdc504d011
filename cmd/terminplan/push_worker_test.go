package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"terminplan/booking/bookingtest"
	"terminplan/static"
)

// witness counts what the worker shows. getNotifications alone would not do: some browsers lose
// notifications that were shown.
const witness = `
const shown = [], real = ServiceWorkerRegistration.prototype.showNotification;
ServiceWorkerRegistration.prototype.showNotification = function (title, options) {
	const { body, tag, silent, renotify, data } = options;
	shown.push({ title, body, tag, silent, renotify, navigate: data.navigate });
	return real.call(this, title, options);
};
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", ev => ev.waitUntil(self.clients.claim()));
// Without a finger on the screen a worker may neither focus nor open windows, so the test sees what it asks for.
const asked = [];
self.addEventListener("message", async ev => {
	if (!ev.data.click) return ev.ports[0].postMessage(shown);
	const { click, pages } = ev.data;
	const page = url => ({
		url, focused: false, focus: async () => { asked.push("focus " + url); return page(url); },
		navigate: async to => { asked.push(url + " goes to " + to); },
	});
	Clients.prototype.matchAll = async () => pages.map(page);
	Clients.prototype.openWindow = async url => { asked.push("open " + url); };
	const event = new ExtendableEvent("notificationclick");
	event.notification = { close: () => asked.push("close"), data: click.navigate ? { navigate: click.navigate } : null };
	event.waitUntil = promise => promise.then(() => ev.ports[0].postMessage(asked.splice(0)));
	self.dispatchEvent(event);
});
`

// notification is what the worker has shown.
type notification struct {
	Title, Body, Tag, Navigate string
	Silent, Renotify           bool
}

// workerPage is an open page with the worker of the site.
type workerPage struct {
	*person
	registration serviceworker.RegistrationID
}

func newWorkerPage(t *testing.T) *workerPage {
	t.Helper()
	files := static.Pack()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sw.js":
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = fmt.Fprintf(w, "const version = 'test', shell = [], offline = {}, headers = {};\n%s%s", witness, files.Content("sw.js"))
		case "/":
			w.Header().Set("Content-Type", "text/html")
			_, _ = fmt.Fprint(w, `<!doctype html><html lang="de"><title>Studio</title><link rel="icon" href="data:,"><main>Studio</main>`)
		default:
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	p := &workerPage{person: (&program{url: server.URL}).visitor(t, "Anna", phone)}
	var once sync.Once
	known := make(chan serviceworker.RegistrationID, 1)
	chromedp.ListenTarget(p.tab, func(event any) {
		if e, ok := event.(*serviceworker.EventWorkerVersionUpdated); ok {
			for _, v := range e.Versions {
				if v.Status == serviceworker.VersionStatusActivated {
					once.Do(func() { known <- v.RegistrationID })
				}
			}
		}
	})
	p.do("installs the worker",
		chromedp.ActionFunc(func(ctx context.Context) error {
			grant := browser.SetPermission(&browser.PermissionDescriptor{Name: "notifications"}, browser.PermissionSettingGranted)
			return grant.WithOrigin(server.URL).Do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser))
		}),
		serviceworker.Enable(), chromedp.Navigate(server.URL),
		chromedp.Evaluate(`navigator.serviceWorker.register("/sw.js").then(() => navigator.serviceWorker.ready).then(() => true)`, nil,
			func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }),
	)
	select {
	case p.registration = <-known:
	case <-time.After(bookingtest.Patience):
		t.Fatal("the worker does not become active")
	}
	return p
}

// push delivers a message to the worker.
func (p *workerPage) push(data string) {
	p.t.Helper()
	p.do("gets a push", serviceworker.DeliverPushMessage(p.url, p.registration, data))
}

// ask sends a message to the worker and reads the answer.
func (p *workerPage) ask(message string, answer any) {
	p.t.Helper()
	var text string
	p.do("asks the worker", chromedp.Evaluate(`new Promise(async done => {
		const c = new MessageChannel();
		c.port1.onmessage = ev => done(JSON.stringify(ev.data));
		(await navigator.serviceWorker.ready).active.postMessage(`+message+`, [c.port2]);
	})`, &text, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	if err := json.Unmarshal([]byte(text), answer); err != nil {
		p.t.Fatal(err)
	}
}

// shown returns what the worker has shown up to the notification with this tag.
func (p *workerPage) shown(until string) []notification {
	p.t.Helper()
	for limit := time.Now().Add(bookingtest.Patience); time.Now().Before(limit); {
		var list []notification
		p.ask(`"shown"`, &list)
		for _, n := range list {
			if n.Tag == until {
				return list
			}
		}
	}
	p.t.Fatalf("%s is never shown", until)
	return nil
}

func pushed(fields string) string { return `{"web_push":8030,"notification":{` + fields + `}}` }

// iOS ends a subscription after three pushes that showed nothing.
func TestEveryPushShowsExactlyOneNotification(t *testing.T) {
	t.Parallel()
	p := newWorkerPage(t)
	for i, c := range []struct {
		name, data string
		want       notification
	}{
		{
			"an offer",
			pushed(`"title":"Platz frei","body":"bis 14:32","tag":"alert-1",` +
				`"navigate":"` + p.url + `/classes/7","silent":false,"app_badge":"2"`),
			notification{Title: "Platz frei", Body: "bis 14:32", Tag: "alert-1", Navigate: p.url + "/classes/7"},
		},
		{
			"its withdrawal",
			pushed(`"title":"Yoga","body":"Der Platz ist vergeben.","tag":"alert-1","navigate":"` + p.url + `/classes/7","silent":true`),
			notification{Title: "Yoga", Body: "Der Platz ist vergeben.", Tag: "alert-1", Navigate: p.url + "/classes/7", Silent: true},
		},
		{
			"a last call", pushed(`"title":"Noch 10 Minuten","tag":"alert-1","renotify":true`),
			notification{Title: "Noch 10 Minuten", Tag: "alert-1", Navigate: p.url + "/alerts", Renotify: true},
		},
		{
			"both loud and silent", pushed(`"title":"Beides","tag":"alert-1","renotify":true,"silent":true`),
			notification{Title: "Beides", Tag: "alert-1", Navigate: p.url + "/alerts", Silent: true},
		},
		{
			"a link to another site", pushed(`"title":"Fremd","tag":"alert-2","navigate":"https://elsewhere.example/steal"`),
			notification{Title: "Fremd", Tag: "alert-2", Navigate: p.url + "/alerts"},
		},
		{
			"a link that runs a script", pushed(`"title":"Fremd","tag":"alert-2","navigate":"javascript:alert(1)"`),
			notification{Title: "Fremd", Tag: "alert-2", Navigate: p.url + "/alerts"},
		},
		{"nothing", "", notification{}},
		{"no JSON", "Platz frei", notification{}},
		{"null", "null", notification{}},
		{"a number", "7", notification{}},
		{"no notification", `{"web_push":8030}`, notification{}},
		{"a text in its place", `{"notification":"Platz frei"}`, notification{}},
		{"wrong types", pushed(`"title":7,"body":[],"tag":{},"navigate":8,"silent":"yes","app_badge":-1,"lang":5`), notification{}},
	} {
		if c.want.Title == "" {
			c.want = notification{Tag: "news", Navigate: p.url + "/alerts"}
		}
		before := 0
		if i > 0 {
			before = len(p.shown(fmt.Sprint("sentinel-", i-1)))
		}
		p.push(c.data)
		sentinel := fmt.Sprint("sentinel-", i)
		p.push(pushed(`"title":"Ende","tag":"` + sentinel + `"`))
		news := p.shown(sentinel)[before:]
		if len(news) != 2 {
			t.Errorf("%s shows %+v before the sentinel, want one notification", c.name, news[:len(news)-1])
			continue
		}
		if c.want.Tag == "news" {
			if !strings.HasPrefix(news[0].Title, "Neu") && !strings.HasPrefix(news[0].Title, "News") {
				t.Errorf("%s shows the title %q", c.name, news[0].Title)
			}
			c.want.Title = news[0].Title
		}
		if news[0] != c.want {
			t.Errorf("%s shows %+v, want %+v", c.name, news[0], c.want)
		}
	}
}

func TestAPushWithTheSameTagTakesThePlaceOfTheFormer(t *testing.T) {
	t.Parallel()
	p := newWorkerPage(t)
	const titles = `navigator.serviceWorker.ready.then(r => r.getNotifications())
		.then(l => l.filter(n => n.tag === "alert-1").map(n => n.title).join("|"))`
	for _, title := range []string{"Platz frei", "Der Platz ist vergeben"} {
		var got string
		// Browsers lose some notifications in this list, so the push is repeated until it is there.
		for limit := time.Now().Add(bookingtest.Patience); got != title && time.Now().Before(limit); {
			p.push(pushed(`"title":"` + title + `","tag":"alert-1"`))
			p.do("lists notifications", chromedp.Evaluate(titles, &got, func(e *runtime.EvaluateParams) *runtime.EvaluateParams {
				return e.WithAwaitPromise(true)
			}))
		}
		if got != title {
			t.Fatalf("the device shows %q, want %q only", got, title)
		}
	}
}

func TestAPressOnANotificationOpensItsPageInAWindowOfTheSite(t *testing.T) {
	t.Parallel()
	p := newWorkerPage(t)
	for name, c := range map[string]struct{ click, pages, want string }{
		"no window is open":       {"/classes/7", `[]`, "close|open URL/classes/7"},
		"the page is open":        {"/classes/7", `["URL/profile", "URL/classes/7"]`, "close|focus URL/classes/7"},
		"another page is open":    {"/classes/7", `["URL/profile"]`, "close|focus URL/profile|URL/profile goes to URL/classes/7"},
		"the message has no page": {"", `[]`, "close|open URL/alerts"},
	} {
		click := "{}"
		if c.click != "" {
			click = `{ navigate: "URL` + c.click + `" }`
		}
		var asked []string
		p.ask(strings.ReplaceAll(`{ click: `+click+`, pages: `+c.pages+` }`, "URL", p.url), &asked)
		if got := strings.Join(asked, "|"); got != strings.ReplaceAll(c.want, "URL", p.url) {
			t.Errorf("%s: the worker asks for %s", name, got)
		}
	}
}
