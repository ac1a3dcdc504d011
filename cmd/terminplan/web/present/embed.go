package present

import (
	"fmt"
	"image/color"
	"math"
	"net/url"
	"slices"
	"strconv"

	"terminplan/templates"
)

// EmbedQuery is how another site wants the public schedule in its frame.
type EmbedQuery struct {
	Theme   string // light, dark; empty: as the browser has it
	Accent  string // colour of buttons and links as six hexadecimal digits; empty: ours
	Compact bool
}

// Keep are the parameters with which the links of the frame keep its looks.
func (e EmbedQuery) Keep() url.Values {
	keep := url.Values{}
	for name, value := range map[string]string{"theme": e.Theme, "accent": e.Accent} {
		if value != "" {
			keep.Set(name, value)
		}
	}
	if e.Compact {
		keep.Set("compact", "1")
	}
	return keep
}

// ReadAccent returns the six digits of a colour, with or without the sign before them, in lower
// case; false: it is none.
func ReadAccent(text string) (digits string, ok bool) {
	if len(text) == 7 && text[0] == '#' {
		text = text[1:]
	}
	n, err := strconv.ParseUint(text, 16, 32)
	return fmt.Sprintf("%06x", n), len(text) == 6 && err == nil && text[0] != '+' && text[0] != '-'
}

// frameOf returns what the schedule in a frame needs; nil for another page.
func frameOf(q ScheduleQuery) *templates.PublicFrame {
	if q.Page != EmbedPath {
		return nil
	}
	f := &templates.PublicFrame{Theme: q.Keep.Get("theme"), Compact: q.Keep.Get("compact") != ""}
	if accent := q.Keep.Get("accent"); accent != "" {
		f.Colours = EmbedPath + "/colours.css?" + url.Values{"accent": {accent}, "theme": {f.Theme}}.Encode()
	}
	whole := q
	whole.Page, whole.Keep = PlanPath, nil
	f.PlanURL = whole.URL(q.Date, q.Week)
	return f
}

// readable is the least contrast between text and what is behind it (WCAG 2.2, 1.4.3).
const readable = 4.5

// The surfaces behind links in both themes: --canvas and --surface of the style sheet.
var (
	lightSurfaces = []color.RGBA{{0xF5, 0xF2, 0xE9, 0xFF}, {0xFF, 0xFD, 0xF8, 0xFF}}
	darkSurfaces  = []color.RGBA{{0x0F, 0x11, 0x15, 0xFF}, {0x17, 0x1A, 0x20, 0xFF}}
)

// EmbedColours returns a style sheet with the colour of another site. The colour becomes darker or
// lighter until it can be read as text on our surfaces; text on it is black or white.
func EmbedColours(e EmbedQuery) string {
	n, err := strconv.ParseUint(e.Accent, 16, 32)
	if err != nil {
		return ""
	}
	accent := color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xFF}
	root := func(accent color.RGBA) string {
		on := color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
		if black := (color.RGBA{0, 0, 0, 0xFF}); contrast(accent, black) > contrast(accent, on) {
			on = black
		}
		return fmt.Sprintf(":root{--mine:%[1]s;--on-mine:%[2]s;--mine-soft:color-mix(in srgb,%[1]s 14%%,var(--surface));"+
			"--mine-line:color-mix(in srgb,%[1]s 40%%,var(--surface))}", hex(accent), hex(on))
	}
	light, dark := root(towards(accent, 0, lightSurfaces)), root(towards(accent, 0xFF, darkSurfaces))
	switch e.Theme {
	case "light":
		return light
	case "dark":
		return dark
	}
	return light + "@media (prefers-color-scheme:dark){" + dark + "}"
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// towards mixes black (0) or white (0xFF) into a colour until it is readable on all surfaces.
func towards(c color.RGBA, end uint8, surfaces []color.RGBA) color.RGBA {
	const steps = 20
	mixed := c
	for i := 1; i <= steps && slices.ContainsFunc(surfaces, func(s color.RGBA) bool { return contrast(mixed, s) < readable }); i++ {
		mix := func(from uint8) uint8 { return uint8((int(from)*(steps-i) + int(end)*i) / steps) }
		mixed = color.RGBA{mix(c.R), mix(c.G), mix(c.B), 0xFF}
	}
	return mixed
}

// contrast is the contrast ratio of two colours, from 1 to 21 (WCAG 2.2).
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.RGBA) float64 {
	part := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.R) + 0.7152*part(c.G) + 0.0722*part(c.B)
}
