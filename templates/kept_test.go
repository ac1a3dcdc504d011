package templates

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"testing"
)

// What is kept is what would be rendered, in each state of a row and in both languages.
func TestAKeptRowIsTheRowItself(t *testing.T) {
	s := set(t)
	for _, lang := range Languages {
		rows := sampleRows(lang)
		for range 2 { // rendered, then found
			page := schedulePage(t, s, lang, rows)
			for i, row := range rows {
				want, err := s.Fragment(lang, "class_row", row)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Contains(page, want) {
					t.Errorf("row %d in %s differs from itself on the page", i, lang)
				}
			}
		}
	}
}

// Nobody's own state may be shown to others: such a row is rendered each time.
func TestNothingPersonalIsKept(t *testing.T) {
	rendered := 0
	k := &keptRows{render: func(r ClassRow) ([]byte, error) {
		rendered++
		return fmt.Append(nil, r.Mine.State, r.Receipt, r.Refusal), nil
	}}
	html := func(r ClassRow) template.HTML {
		body, err := k.html(r)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	for _, r := range []ClassRow{{Mine: Mine{State: "booked"}}, {Receipt: "−1"}, {Refusal: "full"}} {
		rendered = 0
		if html(r); html(r) == "" || rendered != 2 || len(k.rows) > 0 {
			t.Errorf("%+v was rendered %d times, %d rows are kept", r, rendered, len(k.rows))
		}
	}
	rendered = 0
	for range 3 {
		html(ClassRow{Shared: Shared{ID: 1, Version: 1}})
		html(ClassRow{Shared: Shared{ID: 1, Version: 2}})
	}
	if rendered != 2 || len(k.rows) != 2 {
		t.Errorf("two versions of a row were rendered %d times, %d are kept", rendered, len(k.rows))
	}
}

func TestKeptRowsAreBounded(t *testing.T) {
	k := &keptRows{render: func(ClassRow) ([]byte, error) { return bytes.Repeat([]byte("x"), 1<<20), nil }}
	for i := range 40 {
		if _, err := k.html(ClassRow{Shared: Shared{ID: int64(i)}}); err != nil {
			t.Fatal(err)
		}
		if len(k.rows) > keptMost>>20 || k.bytes > keptMost {
			t.Fatalf("%d rows of a megabyte are kept", len(k.rows))
		}
	}
}

func TestARowThatFailsIsNotKept(t *testing.T) {
	k := &keptRows{render: func(ClassRow) ([]byte, error) { return nil, fmt.Errorf("no") }}
	if _, err := k.html(ClassRow{}); err == nil || len(k.rows) > 0 {
		t.Errorf("it is kept: %v", err)
	}
}

func schedulePage(t *testing.T, s *Set, lang Lang, rows []ClassRow) []byte {
	t.Helper()
	var page strings.Builder
	p := &SchedulePage{Layout: Layout{Studio: "Studio", Area: "member"}, Days: []Day{{ISO: "2026-11-25", Label: "Mi", Rows: rows}}}
	if err := s.pages[lang]["schedule"].ExecuteTemplate(&page, "layout", p); err != nil {
		t.Fatal(err)
	}
	return []byte(page.String())
}

// BenchmarkSchedule is a day of 150 classes, rendered and joined from kept rows.
func BenchmarkSchedule(b *testing.B) {
	for _, kept := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%t", kept), func(b *testing.B) {
			s, err := New()
			if err != nil {
				b.Fatal(err)
			}
			p := &SchedulePage{Layout: Layout{Studio: "Studio", Area: "member"}, Days: []Day{{ISO: "2026-11-25", Label: "Mi"}}}
			for i := range 150 {
				row := sampleRows(German)[0]
				row.ID, row.Mine, row.Receipt, row.Refusal = int64(i), Mine{}, "", ""
				p.Days[0].Rows = append(p.Days[0].Rows, row)
			}
			for version := int64(0); b.Loop(); version++ {
				for i := range p.Days[0].Rows {
					if !kept {
						p.Days[0].Rows[i].Version = version
					}
				}
				if err := s.pages[German]["schedule"].ExecuteTemplate(&bytes.Buffer{}, "layout", p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
