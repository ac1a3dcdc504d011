package templates_test

import (
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// Whatever the numbers: a share is visible if and only if somebody has such a seat, and the shares
// fit into the meter.
func TestTheMeterShowsWhetherSeatsAreTakenHeldAndFree(t *testing.T) {
	for capacity := 1; capacity <= 80; capacity++ {
		for taken := 0; taken <= capacity; taken++ {
			for held := 0; held <= min(3, capacity-taken); held++ {
				free := capacity - taken - held
				m := templates.Shared{State: "free", Free: free, Taken: taken, Held: held, Capacity: capacity}.Meter()
				if (m.Taken > 0) != (taken > 0) || (m.Held > 0) != (held > 0) || (m.Taken+m.Held < 100) != (free > 0) ||
					m.Taken+m.Held > 100 {
					t.Fatalf("%d taken, %d held, %d free: %+v", taken, held, free, *m)
				}
			}
		}
	}
}

func TestTheMeterIsLeftOutWhereItSaysNothing(t *testing.T) {
	for name, s := range map[string]templates.Shared{
		"the studio hides the numbers": {State: "some"},
		"the class is over":            {State: "over", Free: 3, Taken: 7, Capacity: 10},
		"the class is cancelled":       {State: "cancelled", Free: 10, Capacity: 10},
	} {
		if m := s.Meter(); m != nil {
			t.Errorf("%s: %+v", name, *m)
		}
	}
	over := templates.Shared{State: "full", Taken: 14, Capacity: 12}.Meter()
	if over == nil || *over != (templates.Meter{Taken: 100}) {
		t.Errorf("more people than seats: %+v", over)
	}
}

// A page of 150 classes is mostly rows, so an ordinary one has a limit in bytes.
func TestAnOrdinaryRowHasAtMost900Bytes(t *testing.T) {
	s, err := templates.New(templates.Options{Asset: func(name string) string {
		file, ext, _ := strings.Cut(name, ".")
		return "/static/" + file + ".3f2a91c4." + ext // as long as the names of package static
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range templates.Languages {
		pr := sample.Presenter(s, lang)
		pr.Epoch = "c4ca4238.1"
		row := sample.OrdinaryRow(pr)
		body, err := s.Fragment(lang, "class_row", row)
		if err != nil {
			t.Fatal(err)
		}
		if row.Action() != "book" || row.Glyph == "" || row.Room == "" || row.Instructor == "" || row.Meter() == nil {
			t.Fatalf("this is no ordinary row: %+v", row)
		}
		if len(body) > 900 {
			t.Errorf("%s: %d bytes:\n%s", lang, len(body), body)
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
