package templates

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// A plan that is filled in is the page that would be rendered, in each state of a row
// and in both languages, however often it is written.
func TestAPlanIsThePageItself(t *testing.T) {
	plans := 0
	s := set(t)
	for _, lang := range Languages {
		for _, sample := range samples(lang) {
			p, ok := sample.page.(SchedulePage)
			if !ok {
				continue
			}
			plans++
			p.Notice = Notice{Kind: "done", Text: "Gebucht"}
			want := httptest.NewRecorder()
			if err := s.Page(lang, &p).Render(want); err != nil {
				t.Fatal(err)
			}
			skeleton, personal := skeletonOf(t, s, lang, p)
			for range 2 {
				got := httptest.NewRecorder()
				if err := skeleton.Write(got, personal); err != nil {
					t.Fatal(err)
				}
				if got.Body.String() != want.Body.String() {
					t.Fatalf("%s in %s is another page:\n%s\nwant\n%s", sample.name, lang, got.Body, want.Body)
				}
				if got.Header().Get("Content-Length") != fmt.Sprint(want.Body.Len()) {
					t.Errorf("%s has %s bytes, it says", sample.name, got.Header().Get("Content-Length"))
				}
			}
		}
	}
	if plans < 8 {
		t.Errorf("only %d plans were compared", plans)
	}
}

// skeletonOf takes a page apart: into what is the same for everybody, and what is not.
func skeletonOf(t *testing.T, s *Set, lang Lang, p SchedulePage) (*Skeleton, Personal) {
	t.Helper()
	personal := Personal{Alerts: p.Alerts, Balance: p.Balance, Notice: p.Notice}
	p.Alerts, p.Balance, p.Notice = Alerts{
		Count: 99, Cards: []AlertCard{{Title: "of somebody else"}},
	}, &Balance{Credits: 99}, Notice{Text: "to somebody else"}
	p.Strip.Days = slices.Clone(p.Strip.Days)
	for i := range p.Strip.Days {
		personal.Marks[i] = p.Strip.Days[i].Booked
		p.Strip.Days[i].Booked = true
	}
	at := 0
	p.Days = slices.Clone(p.Days)
	for d := range p.Days {
		p.Days[d].Rows = slices.Clone(p.Days[d].Rows)
		for i := range p.Days[d].Rows {
			row := &p.Days[d].Rows[i]
			plain := ClassRow{Shared: row.Shared, Next: row.Next, Personal: PersonalState{ID: row.Personal.ID, Epoch: row.Personal.Epoch, Version: row.Personal.Version}}
			if *row != plain {
				personal.Rows = append(personal.Rows, PersonalRow{At: at, Row: *row})
				*row = plain
			}
			at++
		}
	}
	skeleton, err := s.Skeleton(lang, &p)
	if err != nil {
		t.Fatal(err)
	}
	return skeleton, personal
}

// Nobody's own state may be shown to others: such a row is rendered each time.
func TestNothingPersonalIsKept(t *testing.T) {
	rendered := 0
	k := &rowCache{render: func(r ClassRow) ([]byte, error) {
		rendered++
		return fmt.Append(nil, r.Personal.State, r.Receipt, r.Refusal), nil
	}}
	row := func(r ClassRow) string {
		body, err := k.row(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for _, r := range []ClassRow{
		{Personal: PersonalState{State: "booked", BookingID: 1}},
		{Personal: PersonalState{State: "offer", OfferID: 1}},
		{Personal: PersonalState{State: "waiting", Position: 1}},
		{Receipt: "−1"},
		{Refusal: "full"},
	} {
		rendered = 0
		if row(r); row(r) == "" || rendered != 2 || len(k.rows) > 0 {
			t.Errorf("%+v was rendered %d times, %d rows are kept", r, rendered, len(k.rows))
		}
	}
	rendered = 0
	for range 3 {
		row(ClassRow{Shared: Shared{ID: 1, Version: 1}})
		row(ClassRow{Shared: Shared{ID: 1, Version: 2}})
	}
	if rendered != 2 || len(k.rows) != 2 {
		t.Errorf("two versions of a row were rendered %d times, %d are kept", rendered, len(k.rows))
	}
}

func TestKeptRowsAreBounded(t *testing.T) {
	k := &rowCache{render: func(ClassRow) ([]byte, error) { return bytes.Repeat([]byte("x"), 1<<20), nil }}
	for i := range 40 {
		if _, err := k.row(ClassRow{Shared: Shared{ID: int64(i)}}); err != nil {
			t.Fatal(err)
		}
		if len(k.rows) > maxRowBytes>>20 || k.bytes > maxRowBytes {
			t.Fatalf("%d rows of a megabyte are kept", len(k.rows))
		}
	}
}

func TestARowThatFailsIsNotKept(t *testing.T) {
	k := &rowCache{render: func(ClassRow) ([]byte, error) { return nil, fmt.Errorf("no") }}
	if _, err := k.row(ClassRow{}); err == nil || len(k.rows) > 0 {
		t.Errorf("it is kept: %v", err)
	}
}

// BenchmarkSchedule is a day of 150 classes: rendered, and a plan that is filled in.
func BenchmarkSchedule(b *testing.B) {
	s, err := New()
	if err != nil {
		b.Fatal(err)
	}
	p := &SchedulePage{
		Layout: Layout{Studio: "Studio", Area: "member"}, Strip: sampleStrip(German, false), Days: []Day{{ISO: "2026-11-25", Label: "Mi"}},
	}
	for i := range 150 {
		row := sampleRows(German)[0]
		row.ID, row.Personal, row.Receipt, row.Refusal = int64(i), PersonalState{}, "", ""
		p.Days[0].Rows = append(p.Days[0].Rows, row)
	}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Page(German, p).Render(discard{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plan", func(b *testing.B) {
		skeleton, err := s.Skeleton(German, p)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for version := int64(0); b.Loop(); version++ {
			if err := skeleton.Write(discard{}, Personal{Alerts: Alerts{Version: version}, Balance: &Balance{Version: version}}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// discard is a browser that does not listen.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
