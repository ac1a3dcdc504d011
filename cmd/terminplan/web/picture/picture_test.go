package picture_test

import (
	"bytes"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/picture"
)

// inked counts the dark pixels, and those outside of the margins.
func inked(t *testing.T, c picture.Card) (all, outside int) {
	t.Helper()
	body, err := picture.Draw(c)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if b := drawn.Bounds(); b.Dx() != picture.Width || b.Dy() != picture.Height {
		t.Fatalf("the picture measures %v", b)
	}
	for y := range picture.Height {
		for x := range picture.Width {
			if r, _, _, _ := drawn.At(x, y).RGBA(); r < 0x8000 {
				if all++; x > picture.Width-80 || x < 80 {
					outside++
				}
			}
		}
	}
	return all, outside
}

func TestEveryTitleStaysInThePicture(t *testing.T) {
	t.Parallel()
	for _, title := range []string{
		"Yoga", "Rücken Fit & Faszien für Fortgeschrittene mit Übungen am Gerät", strings.Repeat("Wirbelsäulengymnastik", 9), "Ä", "",
		strings.Repeat("i ", 500), strings.Repeat("W", 400),
	} {
		all, outside := inked(t, picture.Card{Studio: "Studio Nord", Title: title, When: "Mi., 2. Dezember, 18:30 Uhr"})
		if outside > 0 {
			t.Errorf("%d pixels of the title %.40q lie in the margin", outside, title)
		}
		if none, _ := inked(t, picture.Card{Studio: "Studio Nord", When: "Mi., 2. Dezember, 18:30 Uhr"}); title != "" && all <= none {
			t.Errorf("the title %.40q is not drawn", title)
		}
	}
}

// The fonts have no signs of some scripts. Empty boxes would look broken.
func TestOnlyWhatTheFontLacksIsLeftOut(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"ヨガ": "", "ヨガ!": "", "Yoga 🧘🏽\u200d♀️ Flow 💪": "Yoga Flow", "🔥Rücken": "Rücken", "Йога 瑜伽": "Йога",
		"Ru\u0308cken": "Rücken", "Yoga\u00a0Flow\n": "Yoga Flow", "\xff\xfeYoga\x00": "Yoga",
	} {
		got, err := picture.Draw(picture.Card{Studio: title, Title: title, When: title})
		if err != nil {
			t.Fatal(err)
		}
		drawn, err := picture.Draw(picture.Card{Studio: want, Title: want, When: want})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, drawn) {
			t.Errorf("the title %q is not drawn as %q", title, want)
		}
	}
	if all, _ := inked(t, picture.Card{Title: "Yoga 🧘"}); all == 0 {
		t.Error("a sign that the font lacks takes the title with it")
	}
}

func TestTheHueIsAStripe(t *testing.T) {
	t.Parallel()
	body, err := picture.Draw(picture.Card{Title: "Yoga", Hue: color.RGBA{1, 2, 3, 0xFF}})
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := drawn.At(3, 300).RGBA(); r>>8 != 1 || g>>8 != 2 || b>>8 != 3 {
		t.Errorf("the stripe is %d %d %d", r>>8, g>>8, b>>8)
	}
}
