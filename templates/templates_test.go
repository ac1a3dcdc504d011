package templates

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func set(t *testing.T) *Set {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryPageRendersInEveryStateAndLanguage(t *testing.T) {
	s := set(t)
	for _, lang := range Languages {
		for _, sample := range samples(lang) {
			w := httptest.NewRecorder()
			if err := s.Page(lang, sample.page).Render(w); err != nil {
				t.Errorf("%s in %s: %v", sample.name, lang, err)
				continue
			}
			html := w.Body.String()
			for _, bad := range []string{"<no value>", "%!", "ZgotmplZ", "{{"} {
				if strings.Contains(html, bad) {
					t.Errorf("%s in %s holds %q", sample.name, lang, bad)
				}
			}
			if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("%s: the content type is %q", sample.name, got)
			}
			keep(t, fmt.Sprintf("%s.%s.html", sample.name, lang), w.Body.Bytes())
		}
	}
}

// keep writes what was rendered into the folder that TERMINPLAN_SAMPLES names, for
// whoever wants to look at it.
func keep(t *testing.T, name string, body []byte) {
	if folder := os.Getenv("TERMINPLAN_SAMPLES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o644); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryFragmentRendersAsItIsPushed(t *testing.T) {
	s := set(t)
	for _, lang := range Languages {
		row, panel := sampleRows(lang)[3], samplePanel(lang)
		upcoming, _ := sampleBooked(lang)
		for _, f := range []struct {
			name string
			data any
			want string
		}{
			{"class_seats", row.Shared, `<hx-partial hx-target="#class-4-seats" hx-swap="outerMorph"><div id="class-4-seats"`},
			{"class_mine", row.Mine, `<hx-partial hx-target="#class-4-mine" hx-swap="outerMorph"><div id="class-4-mine"`},
			{"class_row", row, `<li id="class-4" class="row"`},
			{"class_sheet", sampleSheet(lang, "book"), `id="sheet-42"`},
			{"staff_row", sampleStaffRows(lang, "")[0], `<hx-partial hx-target="#class-41-staff" hx-swap="outerMorph"><span id="class-41-staff"`},
			{"roster", sampleRoster(), `<div id="roster-42"`},
			{"roster_push", sampleRoster(), `<hx-partial hx-target="#roster-42" hx-swap="outerMorph"><div id="roster-42"`},
			{"panel", panel, `<article id="panel-42"`},
			{"candidates", sampleCandidates(true), `<div id="candidates-42"`},
			{"cancel_dialog", sampleDialog(lang, "late", false), `<section id="cancel-70"`},
			{"cancel_class", CancelClass{ClassID: 42}, `<section id="cancel-class-42"`},
			{"alerts", sampleAlerts(lang), `<section id="alerts"`},
			{"alerts_push", sampleAlerts(lang), `<hx-partial hx-target="#alert-count"`},
			{"balance_push", &Balance{Epoch: "e1", Credits: 1}, `<hx-partial hx-target="#balance"`},
			{"my_bookings", MyBookings{Upcoming: upcoming}, `<section id="my-bookings"`},
			{"my_bookings_push", MyBookings{Waiting: sampleWaiting(lang)}, `<hx-partial hx-target="#my-bookings"`},
			{"member_body", Member{ID: 1}, `<div id="member"`},
			{"notice", Notice{Kind: "done", Text: "x"}, `class="notice notice-done"`},
		} {
			body, err := s.Fragment(lang, f.name, f.data)
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
			} else if !bytes.Contains(body, []byte(f.want)) {
				t.Errorf("%s lacks %s:\n%s", f.name, f.want, body)
			}
		}
	}
}

func TestAMessageOfOneRowIsSmall(t *testing.T) {
	row := sampleRows(German)[3]
	row.Epoch = "c4ca4238.1"
	body, err := set(t).Fragment(German, "class_seats", row.Shared)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 1800 {
		t.Errorf("one row takes %d bytes", len(body))
	}
}

func TestAFailingPageWritesNothing(t *testing.T) {
	w := httptest.NewRecorder()
	if err := set(t).Page(German, broken{}).Render(w); err == nil || w.Body.Len() > 0 {
		t.Errorf("err %v, wrote %q", err, w.Body)
	}
}

type broken struct{ Layout }

func (broken) file() string { return "schedule" }

func TestAnUnknownLanguageIsGerman(t *testing.T) {
	body, err := set(t).Fragment("fr", "notice", Notice{Kind: "done", Text: "x"})
	if err != nil || len(body) == 0 {
		t.Error(err)
	}
	if got := set(t).Text("fr", "nav.schedule", nil); got != "Terminplan" {
		t.Errorf("got %q", got)
	}
}
