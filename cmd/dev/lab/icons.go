package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// iconsCmd draws the icons of the installed app from their SVG sources. The files are committed,
// so builds need no browser.
type iconsCmd struct{}

// icons are the pictures: the source in static/icons, the file and its width in pixels. Android cuts
// its own shape out of the maskable ones, and Apple's systems round the corners themselves.
var icons = []struct {
	source, file string
	width        int64
}{
	{"icon", "icon-192", 192},
	{"icon", "icon-512", 512},
	{"icon-maskable", "icon-maskable-192", 192},
	{"icon-maskable", "icon-maskable-512", 512},
	{"icon-maskable", "icon-apple", 180},
	{"shortcut-schedule", "shortcut-schedule", 96},
	{"shortcut-bookings", "shortcut-bookings", 96},
}

// Run draws every icon.
func (iconsCmd) Run() error {
	const dir = "static/icons"
	tab, closeAll := browser()
	defer closeAll()
	noBackground := emulation.SetDefaultBackgroundColorOverride().WithColor(&cdp.RGBA{})
	for _, icon := range icons {
		drawing, err := os.ReadFile(filepath.Join(dir, icon.source+".svg"))
		if err != nil {
			return err
		}
		var png []byte
		err = chromedp.Run(tab,
			chromedp.EmulateViewport(icon.width, icon.width), noBackground,
			chromedp.Navigate("data:image/svg+xml;base64,"+base64.StdEncoding.EncodeToString(drawing)),
			chromedp.ActionFunc(func(ctx context.Context) error { return chromedp.CaptureScreenshot(&png).Do(ctx) }),
		)
		if err != nil {
			return fmt.Errorf("drawing %s: %w", icon.file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, icon.file+".png"), png, 0o644); err != nil {
			return err
		}
	}
	return nil
}
