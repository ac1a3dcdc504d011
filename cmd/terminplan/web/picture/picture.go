// Package picture draws the picture that messengers show beside a shared link: a class with its
// time. The fonts are part of the program; letters that they lack are left out.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// The size in pixels, as messengers want it.
const (
	Width  = 1200
	Height = 630
)

// Card is the content of a picture.
type Card struct {
	Studio string
	Title  string
	When   string
	Hue    color.RGBA // of the class type; zero: none
}

var (
	paper = color.RGBA{0xF5, 0xF2, 0xE9, 0xFF}
	ink   = color.RGBA{0x16, 0x18, 0x1D, 0xFF}
	soft  = color.RGBA{0x43, 0x46, 0x4E, 0xFF}
)

const (
	margin = 90
	stripe = 28 // width of the stripe in the hue
)

// fonts are parsed once. Faces are made for each picture, since a face serves one goroutine.
var fonts = sync.OnceValues(func() (f struct{ bold, regular *sfnt.Font }, err error) {
	if f.bold, err = opentype.Parse(gobold.TTF); err != nil {
		return f, fmt.Errorf("reading the bold font: %w", err)
	}
	if f.regular, err = opentype.Parse(goregular.TTF); err != nil {
		return f, fmt.Errorf("reading the font: %w", err)
	}
	return f, nil
})

// Draw returns the card as PNG. A long title becomes smaller, then it ends with an ellipsis.
func Draw(c Card) ([]byte, error) {
	f, err := fonts()
	if err != nil {
		return nil, err
	}
	canvas := image.NewRGBA(image.Rect(0, 0, Width, Height))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	if c.Hue.A > 0 {
		draw.Draw(canvas, image.Rect(0, 0, stripe, Height), image.NewUniform(c.Hue), image.Point{}, draw.Src)
	}
	if err := write(canvas, f.regular, 40, []string{c.Studio}, margin+40, soft); err != nil {
		return nil, err
	}
	for _, size := range []float64{104, 84, 66} {
		lines, err := wrap(f.bold, size, c.Title)
		if err != nil {
			return nil, err
		}
		const most = 3
		if len(lines) > most && size > 66 {
			continue
		}
		if len(lines) > most {
			lines = append(lines[:most-1], lines[most-1]+" …")
		}
		if err := write(canvas, f.bold, size, lines, 270, ink); err != nil {
			return nil, err
		}
		break
	}
	if err := write(canvas, f.bold, 52, []string{c.When}, Height-margin, soft); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, canvas); err != nil {
		return nil, fmt.Errorf("encoding a picture: %w", err)
	}
	return b.Bytes(), nil
}

func face(f *sfnt.Font, size float64) (font.Face, error) {
	made, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return nil, fmt.Errorf("making a font of a size: %w", err)
	}
	return made, nil
}

// legible returns the text without what the font has no sign for, as words with one blank between.
// A letter and its accent become one sign. Where no letter and no digit is left, nothing is.
func legible(f *sfnt.Font, text string) string {
	const joiner, broken = '\u200d', '\ufffd'
	var b sfnt.Buffer
	var last rune
	text = strings.Map(func(r rune) rune {
		joined := last == joiner // the rest of an emoji
		last = r
		if i, err := f.GlyphIndex(&b, r); (err != nil || i == 0 || joined || r == broken) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFC.String(text))
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.L, unicode.N) }) {
		return ""
	}
	return strings.Join(strings.Fields(text), " ")
}

// wrap breaks a text into lines that fit.
func wrap(f *sfnt.Font, size float64, text string) (lines []string, err error) {
	made, err := face(f, size)
	if err != nil {
		return nil, err
	}
	defer made.Close()
	line := ""
	for word := range strings.FieldsSeq(legible(f, text)) {
		for fits(made, word) < len(word) { // a word that is longer than a line
			if line != "" {
				lines, line = append(lines, line), ""
			}
			n := fits(made, word)
			lines, word = append(lines, word[:n]), word[n:]
		}
		if longer := strings.TrimSpace(line + " " + word); fits(made, longer) == len(longer) {
			line = longer
			continue
		}
		lines, line = append(lines, line), word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines, nil
}

// fits returns how many bytes of a text fit into a line, at least one letter.
func fits(f font.Face, text string) int {
	const most = Width - 2*margin
	width, n := fixed.Int26_6(0), 0
	for i, r := range text {
		advance, _ := f.GlyphAdvance(r)
		if width += advance; width.Ceil() > most && i > 0 {
			return i
		}
		n = i + len(string(r))
	}
	return n
}

// write writes lines; baseline is that of the first one.
func write(canvas draw.Image, f *sfnt.Font, size float64, lines []string, baseline int, c color.RGBA) error {
	made, err := face(f, size)
	if err != nil {
		return err
	}
	defer made.Close()
	for i, line := range lines {
		line = legible(f, line)
		line = line[:fits(made, line)]
		d := font.Drawer{
			Dst: canvas, Src: image.NewUniform(c), Face: made, Dot: fixed.P(margin, baseline+int(float64(i)*size*1.12)),
		}
		d.DrawString(line)
	}
	return nil
}
