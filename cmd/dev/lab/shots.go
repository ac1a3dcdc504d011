package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// shotsCmd takes screenshots of the pages of a running demo for a visual check: two widths,
// light and dark, two languages.
type shotsCmd struct {
	Site  string `arg:"" help:"Address of a running demo, for instance http://127.0.0.1:8080."`
	Dir   string `help:"Folder for the screenshots." default:"shots" type:"path"`
	Store bool   `help:"Instead, take the pictures of the manifest, into static/screens."`
	Full  bool   `help:"All themes and languages; otherwise light and German at both widths, dark and English at one."`
}

// photographed lists the pages by person. An entry of over is a dialog: the path of its page, and
// then the elements that are clicked. DAY is the third day from now.
var photographed = []struct {
	who   string
	pages map[string]string
	over  map[string][]string
}{
	{"lena.mueller@studio-nord.example", map[string]string{
		"home": "/", "schedule": "/schedule", "week": "/schedule?view=week", "bookings": "/bookings", "credits": "/credits",
		"alerts":  "/alerts",
		"profile": "/profile", "data": "/profile/data",
		"calendar": "/profile/calendar", "notifications": "/profile/notifications", "app": "/app",
	}, map[string][]string{
		"sheet":       {"/schedule?date=DAY", `[id^="class-"][id$="-link"]`},
		"sheet-dates": {"/schedule?date=DAY", `[id^="class-"][id$="-link"]`, "#sheet [role=switch]"},
	}},
	{"leitung@studio-nord.example", map[string]string{
		"today": "/today", "members": "/members", "new-class": "/classes/new", "staff-week": "/schedule", "copy-week": "/schedule/copy",
		"settings": "/settings", "settings-studio": "/settings/studio", "settings-booking": "/settings/booking",
		"settings-waitlist": "/settings/waitlist", "settings-night": "/settings/night",
		"settings-accounts": "/settings/accounts", "settings-public": "/settings/public", "settings-packs": "/settings/packs",
		"settings-data": "/settings/data", "settings-board": "/settings/board", "settings-channels": "/settings/channels",
		"start":               "/start",
		"staff-notifications": "/profile/notifications", "class-types": "/settings/class-types", "rooms": "/settings/places",
		"holidays": "/settings/holidays", "reasons": "/settings/reasons", "roles": "/settings/roles", "studio-history": "/settings/history",
		"staff-calendar": "/profile/calendar",
	}, nil},
}

// strangers lists the pages of people who are not signed in.
var strangers = map[string]string{
	"login": "/login", "forgotten": "/reset", "forgotten-sent": "/reset?sent=1", "link-gone": "/reset/x", "invitation": "/invitation",
	"plan": "/plan", "plan-day": "/plan?date=DAY", "plan-week": "/plan?view=week",
	"embed": "/embed?date=DAY", "embed-compact": "/embed?view=week&accent=b3261e&compact=1",
	"register": "/register",
}

// Run takes the screenshots.
func (s *shotsCmd) Run() error {
	if s.Store {
		return s.store()
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	for _, who := range photographed {
		for _, view := range []struct {
			width           int64
			theme, language string
			always          bool
		}{
			{390, "light", "de", true},
			{1280, "light", "de", true},
			{390, "dark", "en", true},
			{1280, "dark", "en", s.Full},
			{390, "light", "en", s.Full},
			{1280, "dark", "de", s.Full},
		} {
			if !view.always {
				continue
			}
			if err := s.visit(who.who, who.pages, who.over, view.width, view.theme, view.language); err != nil {
				return fmt.Errorf("%s, %d px, %s, %s: %w", who.who, view.width, view.theme, view.language, err)
			}
			if who.who == photographed[0].who {
				if err := s.app(view.width, view.theme, view.language); err != nil {
					return err
				}
			}
		}
	}
	if err := s.stage(); err != nil {
		return err
	}
	return s.mails()
}

// mails photographs the mailbox of the demo and the newest mail of each subject in it, as phones and
// mail programs show them.
func (s *shotsCmd) mails() error {
	tab, closeTab := browser()
	defer closeTab()
	var mails []string
	err := chromedp.Run(tab,
		chromedp.EmulateViewport(390, 844), chromedp.Navigate(s.Site+"/demo/mail"), chromedp.WaitVisible(`#main h1`),
		s.photograph("mailbox-390"),
		chromedp.Evaluate(`Object.values(Object.fromEntries([...document.querySelectorAll(".mailbox li a")].reverse()
			.map(a => [a.querySelector("b").textContent.split(":")[0], a.getAttribute("href")])))`, &mails),
	)
	if err != nil {
		return fmt.Errorf("the mailbox of the demo: %w", err)
	}
	for _, path := range mails {
		for _, view := range []struct {
			width int64
			theme string
		}{{360, "light"}, {600, "dark"}} {
			err := chromedp.Run(tab,
				chromedp.EmulateViewport(view.width, 844),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: view.theme}}),
				chromedp.Navigate(s.Site+path+"/message"), chromedp.WaitVisible(`h1`),
				s.photograph(fmt.Sprintf("mail-%s-%d-%s", filepath.Base(path), view.width, view.theme)),
			)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return nil
}

// stage photographs what is shown to a room: the page /demo, and the board that is in it.
func (s *shotsCmd) stage() error {
	for _, size := range []struct{ width, height int64 }{{390, 844}, {1280, 900}, {1920, 1080}} {
		tab, closeTab := browser()
		var board string
		err := chromedp.Run(tab,
			chromedp.EmulateViewport(size.width, size.height),
			chromedp.Navigate(s.Site+"/demo"), chromedp.WaitVisible(`#demo`),
			chromedp.Poll(`!document.getElementById("demo-ms").hidden`, nil), // the three screens are live
			s.photograph(fmt.Sprintf("demo-%d", size.width)),
			chromedp.Evaluate(`document.getElementById("frame-board").src.replace("/demo/board/", "/")`, &board),
		)
		if err == nil {
			name := fmt.Sprintf("board-%d", size.width)
			err = chromedp.Run(tab, chromedp.Navigate(board), chromedp.WaitVisible(`#board-rows`), s.photograph(name))
		}
		closeTab()
		if err != nil {
			return fmt.Errorf("the demo and the board at %d px: %w", size.width, err)
		}
	}
	return nil
}

// browser opens a new browser, which has no session, for a minute.
func browser() (tab context.Context, closeAll func()) {
	allocator, stop := chromedp.NewExecAllocator(
		context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...,
	)
	tab, closeTab := chromedp.NewContext(allocator)
	tab, cancel := context.WithTimeout(tab, time.Minute)
	return tab, func() { cancel(); closeTab(); stop() }
}

func (s *shotsCmd) visit(email string, pages map[string]string, over map[string][]string, width int64, theme, language string) error {
	tab, closeAll := browser()
	defer closeAll()
	err := chromedp.Run(tab,
		chromedp.EmulateViewport(width, 900),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
		network.Enable(), network.SetCookie("language", language).WithURL(s.Site),
		network.SetExtraHTTPHeaders(network.Headers{"Accept-Language": language}), // the schedule for everybody reads no cookie
		s.photographAll(strangers, width, theme, language),
		s.shared(fmt.Sprintf("share-%d-%s-%s", width, theme, language)),
		chromedp.Navigate(s.Site+"/login"),
		signIn(email),
	)
	if err != nil {
		return err
	}
	if err := chromedp.Run(tab, s.photographAll(pages, width, theme, language)); err != nil {
		return err
	}
	for name, steps := range over {
		actions := []chromedp.Action{
			chromedp.Navigate(s.Site + onTheDay(steps[0])), chromedp.WaitVisible(`#pill[data-state=live]`),
		}
		for _, press := range steps[1:] {
			actions = append(actions, chromedp.Click(press, chromedp.ByQuery), chromedp.Sleep(time.Second))
		}
		if err := chromedp.Run(tab, append(actions, s.screen(fmt.Sprintf("%s-%d-%s-%s", name, width, theme, language)))...); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// onTheDay returns the path with the third day from now.
func onTheDay(path string) string {
	return strings.ReplaceAll(path, "DAY", time.Now().AddDate(0, 0, 3).Format(time.DateOnly))
}

// screen photographs what the screen shows, since a picture of a whole page moves what lies
// over it.
func (s *shotsCmd) screen(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var png []byte
		if err := chromedp.CaptureScreenshot(&png).Do(ctx); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(s.Dir, name+".png"), png, 0o644)
	})
}

func (s *shotsCmd) photographAll(pages map[string]string, width int64, theme, language string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		for name, path := range pages {
			err := chromedp.Tasks{
				chromedp.Navigate(s.Site + onTheDay(path)), chromedp.WaitVisible(`#main`),
				s.photograph(fmt.Sprintf("%s-%d-%s-%s", name, width, theme, language)),
			}.Do(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		return nil
	})
}

// shared photographs the page of a class that people share.
func (s *shotsCmd) shared(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var class string
		err := chromedp.Tasks{
			chromedp.Navigate(s.Site + onTheDay("/plan?date=DAY")), chromedp.WaitVisible(`#main`),
			chromedp.Evaluate(`document.querySelector('[id^="class-"][id$="-link"]').id.split("-")[1]`, &class),
		}.Do(ctx)
		if err != nil {
			return fmt.Errorf("looking for a class: %w", err)
		}
		return chromedp.Tasks{
			chromedp.Navigate(s.Site + "/plan/classes/" + class), chromedp.WaitVisible(`#main`), s.photograph(name),
		}.Do(ctx)
	})
}

func (s *shotsCmd) photograph(name string) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var png []byte
		if err := chromedp.FullScreenshot(&png, 100).Do(ctx); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(s.Dir, name+".png"), png, 0o644)
	})
}
