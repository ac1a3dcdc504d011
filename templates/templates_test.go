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
			for _, bad := range []string{"<no value>", "&lt;no value", "%!", "ZgotmplZ", "{{"} {
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
		for _, f := range fragments(lang) {
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
