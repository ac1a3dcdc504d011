package templates_test

import (
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

func TestSegmentsShowTheSeats(t *testing.T) {
	for _, c := range []struct {
		name string
		templates.Shared
		want string
	}{
		{"a seat per segment", templates.Shared{Free: 2, Taken: 9, Held: 1, Capacity: 12}, "tttttttttthff"[1:]},
		{"nobody yet", templates.Shared{Free: 3, Capacity: 3}, "fff"},
		{"full", templates.Shared{Taken: 3, Capacity: 3}, "ttt"},
		{"more than fit", templates.Shared{Taken: 4, Capacity: 2}, "tttt"},
		{"no limit", templates.Shared{}, ""},
		{"twenty-four", templates.Shared{Free: 23, Taken: 1, Capacity: 24}, "t" + strings.Repeat("f", 23)},
		{"half of many", templates.Shared{Free: 30, Taken: 30, Capacity: 60}, "ttttttffffff"},
		{"one of many is seen", templates.Shared{Free: 59, Taken: 1, Capacity: 60}, "tfffffffffff"},
		{"the last of many is seen", templates.Shared{Free: 1, Taken: 59, Capacity: 60}, "tttttttttttf"},
		{"the last of many with one held", templates.Shared{Free: 1, Taken: 58, Held: 1, Capacity: 60}, "tttttttttthf"},
		{"many and full", templates.Shared{Taken: 60, Capacity: 60}, "tttttttttttt"},
		{"many, full and one held", templates.Shared{Taken: 59, Held: 1, Capacity: 60}, "ttttttttttth"},
	} {
		if got := strings.Join(c.Segments(), ""); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSegmentCounts(t *testing.T) {
	for capacity := 1; capacity <= 80; capacity++ {
		for taken := 0; taken <= capacity; taken++ {
			for held := 0; held <= min(3, capacity-taken); held++ {
				free := capacity - taken - held
				got := strings.Join(templates.Shared{Free: free, Taken: taken, Held: held, Capacity: capacity}.Segments(), "")
				want := capacity
				if capacity > 24 {
					want = 12
				}
				for letter, n := range map[string]int{"t": taken, "h": held, "f": free} {
					if (n > 0) != strings.Contains(got, letter) {
						t.Fatalf("%d taken, %d held, %d free: %s", taken, held, free, got)
					}
				}
				if len(got) != want {
					t.Fatalf("%d seats have %d segments", capacity, len(got))
				}
			}
		}
	}
}

// The button must be the same element in every state, so that focus stays.
func TestRowHasOneButtonInEveryState(t *testing.T) {
	s := set(t)
	for _, lang := range templates.Languages {
		for _, row := range sample.Rows(sample.Presenter(s, lang)) {
			body, err := s.Fragment(lang, "class_row", row)
			if err != nil {
				t.Fatal(err)
			}
			root, err := parse(body)
			if err != nil {
				t.Fatal(err)
			}
			buttons := 0
			for _, e := range root.all() {
				if e.tag == "button" {
					buttons++
					if !strings.HasPrefix(e.attrs["id"], "class-") || !strings.HasSuffix(e.attrs["id"], "-button") ||
						e.attrs["value"] == "" {
						t.Errorf("%s has the button %v", row.Title, e)
					}
				}
			}
			if buttons != 1 {
				t.Errorf("%s has %d buttons", row.Title, buttons)
			}
		}
	}
}

// A pushed fragment must equal the one in the page, byte for byte.
func TestPushedFragmentEqualsThePage(t *testing.T) {
	s := set(t)
	for _, row := range sample.Rows(sample.Presenter(s, templates.German)) {
		page, err := s.Fragment(templates.German, "class_row", row)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string]any{"class_seats": row.Shared, "class_personal": row.Personal} {
			push, err := s.Fragment(templates.German, name, data)
			if err != nil {
				t.Fatal(err)
			}
			for part := range strings.SplitSeq(string(push), "</hx-partial>") {
				if _, inner, ok := strings.Cut(part, ">"); ok && !strings.Contains(string(page), inner) {
					t.Errorf("%s of %s is not in its row:\n%s", name, row.Title, inner)
				}
			}
		}
	}
}
