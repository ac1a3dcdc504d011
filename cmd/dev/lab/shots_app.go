package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// signIn signs a person in on the login page.
func signIn(email string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.SetValue(`input[name=email]`, email), chromedp.SetValue(`input[name=password]`, "terminplan"),
		chromedp.Submit(`input[name=password]`), chromedp.WaitVisible(`#main h1, #main h2`),
	}
}

// app photographs what the installed app shows besides the site: the hint about installing and the
// page without a connection. The browser reaches the site through a gateway that closes for it.
func (s *shotsCmd) app(width int64, theme, language string) error {
	to, err := url.Parse(s.Site)
	if err != nil {
		return err
	}
	gateway := httptest.NewServer(httputil.NewSingleHostReverseProxy(to))
	defer gateway.Close()
	tab, closeAll := browser()
	defer closeAll()
	const kept = `navigator.serviceWorker.ready.then(() => new Promise(done => {
		const timer = setInterval(async () => {
			if (await caches.match("/bookings/kept")) { clearInterval(timer); done(true); }
		}, 100);
	}))`
	name := fmt.Sprintf("%d-%s-%s", width, theme, language)
	err = chromedp.Run(
		tab,
		chromedp.EmulateViewport(width, 900, chromedp.EmulateTouch),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
		network.Enable(),
		network.SetCookie("language", language).WithURL(gateway.URL),
		chromedp.Navigate(gateway.URL+"/login"),
		signIn(photographed[0].who),
		chromedp.Evaluate(`localStorage.visits = 2`, nil),
		chromedp.Navigate(
			gateway.URL+"/bookings",
		),
		chromedp.WaitVisible(`#install`),
		chromedp.Sleep(time.Second),
		s.screen("install-"+name),
		chromedp.Evaluate(kept, nil, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }),
		chromedp.ActionFunc(func(context.Context) error {
			gateway.CloseClientConnections()
			return gateway.Listener.Close()
		}),
		chromedp.Navigate(gateway.URL+"/schedule"),
		chromedp.WaitVisible(`#kept`),
		s.photograph("offline-"+name),
	)
	if err != nil {
		return fmt.Errorf("the installed app, %s: %w", name, err)
	}
	return nil
}

// store takes the pictures that browsers show before they install the app, in both languages: the
// first page on a phone and the week on a wide screen.
func (s *shotsCmd) store() error {
	const dir = "static/screens"
	for _, language := range []string{"de", "en"} {
		for _, picture := range []struct {
			form, path    string
			width, height int64
			scale         float64
		}{{"narrow", "/", 390, 844, 2}, {"wide", "/schedule?view=week", 1280, 800, 1}} {
			tab, closeAll := browser()
			var webp []byte
			err := chromedp.Run(tab,
				chromedp.EmulateViewport(picture.width, picture.height, chromedp.EmulateScale(picture.scale)),
				network.Enable(), network.SetCookie("language", language).WithURL(s.Site),
				chromedp.Navigate(s.Site+"/login"), signIn(photographed[0].who),
				chromedp.Navigate(s.Site+picture.path), chromedp.WaitVisible(`#pill[data-state=live]`),
				chromedp.ActionFunc(func(ctx context.Context) (err error) {
					webp, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatWebp).WithQuality(80).Do(ctx)
					return err
				}),
			)
			closeAll()
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, picture.form+"-"+language+".webp"), webp, 0o644)
			}
			if err != nil {
				return fmt.Errorf("the picture %s in %s: %w", picture.form, language, err)
			}
		}
	}
	return nil
}
