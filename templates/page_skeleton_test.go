package templates_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// A skeleton with its gaps filled must equal the rendered page, in every state of a row, in
// both languages, and on every write.
func TestSkeletonEqualsThePage(t *testing.T) {
	plans := 0
	s := set(t)
	for _, lang := range templates.Languages {
		for _, plan := range sample.Schedules(sample.Presenter(s, lang)) {
			plans++
			plan.Personal.Notice = templates.Notice{Kind: "done", Text: "Gebucht"}
			want := httptest.NewRecorder()
			if err := s.Page(lang, plan.Whole()).Render(want); err != nil {
				t.Fatal(err)
			}
			skeleton, err := s.Skeleton(lang, spoilt(plan.Shared))
			if err != nil {
				t.Fatal(err)
			}
			for _, gzipped := range []bool{false, true, false, true} {
				got := httptest.NewRecorder()
				if err := skeleton.Write(got, plan.Personal, gzipped); err != nil {
					t.Fatal(err)
				}
				if got.Header().Get("Content-Length") != fmt.Sprint(got.Body.Len()) {
					t.Errorf("%s has the wrong Content-Length %s", plan.Name, got.Header().Get("Content-Length"))
				}
				if text := plainOf(t, got); text != want.Body.String() {
					t.Fatalf("%s in %s differs from the rendered page:\n%s\nwant\n%s", plan.Name, lang, text, want.Body)
				}
			}
		}
	}
	if plans < 8 {
		t.Errorf("only %d plans were compared", plans)
	}
}

// plainOf returns the body of a response, unpacked. The reader verifies the checksum.
func plainOf(t *testing.T, got *httptest.ResponseRecorder) string {
	t.Helper()
	if got.Header().Get("Content-Encoding") == "" {
		return got.Body.String()
	}
	z, err := gzip.NewReader(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// spoilt adds the personal parts of another person to a page. A skeleton must omit them.
func spoilt(p templates.SchedulePage) *templates.SchedulePage {
	p.Clock = 99
	p.Alerts = templates.Alerts{Count: 99, Cards: []templates.AlertCard{{Title: "of somebody else"}}}
	p.SignedIn = templates.Who{ID: 99, Name: "Somebody Else", Initials: "SE"}
	p.Balance, p.Notice = &templates.Balance{Credits: 99}, templates.Notice{Text: "to somebody else"}
	p.Strip.Days = slices.Clone(p.Strip.Days)
	for i := range p.Strip.Days {
		p.Strip.Days[i].Booked = true
	}
	p.Days = slices.Clone(p.Days)
	for i := range p.Days {
		p.Days[i].Fold.PersonalFold = templates.PersonalFold{Open: true, Booked: 99, Was: "a class of somebody else"}
	}
	return &p
}

// BenchmarkSchedule compares rendering a day of 150 classes with filling a skeleton.
func BenchmarkSchedule(b *testing.B) {
	s, err := templates.New()
	if err != nil {
		b.Fatal(err)
	}
	p := sample.Schedules(sample.Presenter(s, templates.German))[0].Shared
	row := p.Days[0].Rows()[0]
	var rows []templates.ClassRow
	for i := range 150 {
		row.ID = int64(i)
		rows = append(rows, row)
	}
	p.Days[0].Parts = []templates.DayPart{{N: 1, Rows: rows}}
	b.Run("page", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Page(templates.German, p).Render(discard{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	skeleton, err := s.Skeleton(templates.German, &p)
	if err != nil {
		b.Fatal(err)
	}
	for name, gzipped := range map[string]bool{"skeleton": false, "skeleton as gzip": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for version := int64(0); b.Loop(); version++ {
				personal := templates.Personal{Alerts: templates.Alerts{Version: version}, Balance: &templates.Balance{Version: version}}
				if err := skeleton.Write(discard{}, personal, gzipped); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is a response writer that drops everything.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }
