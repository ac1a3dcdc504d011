package templates_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

func set(t *testing.T) *templates.Set {
	t.Helper()
	s, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryPageRendersInEveryStateAndLanguage(t *testing.T) {
	s := set(t)
	for _, lang := range templates.Languages {
		for _, page := range sample.Pages(sample.Presenter(s, lang)) {
			w := httptest.NewRecorder()
			if err := s.Page(lang, page.Page).Render(w); err != nil {
				t.Errorf("%s in %s: %v", page.Name, lang, err)
				continue
			}
			html := w.Body.String()
			for _, bad := range []string{"<no value>", "&lt;no value", "%!", "ZgotmplZ", "{{"} {
				if strings.Contains(html, bad) {
					t.Errorf("%s in %s holds %q", page.Name, lang, bad)
				}
			}
			if got := w.Header().Get("Content-Type"); got != "text/html; charset=utf-8" {
				t.Errorf("%s: the content type is %q", page.Name, got)
			}
			keep(t, fmt.Sprintf("%s.%s.html", page.Name, lang), w.Body.Bytes())
		}
	}
}

// keep writes the rendered page to the folder in TERMINPLAN_SAMPLES, so that a developer can
// look at it.
func keep(t *testing.T, name string, body []byte) {
	if folder := os.Getenv("TERMINPLAN_SAMPLES"); folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name), body, 0o644); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryFragmentRenders(t *testing.T) {
	s := set(t)
	for _, lang := range templates.Languages {
		for _, f := range sample.Fragments(sample.Presenter(s, lang)) {
			body, err := s.Fragment(lang, f.Name, f.Data)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
			} else if !bytes.Contains(body, []byte(f.Want)) {
				t.Errorf("%s lacks %s:\n%s", f.Name, f.Want, body)
			}
		}
	}
}

func TestPushedRowIsSmall(t *testing.T) {
	s := set(t)
	row := sample.Rows(sample.Presenter(s, templates.German))[3]
	row.Epoch = "c4ca4238.1"
	body, err := s.Fragment(templates.German, "class_seats", row.Shared)
	if err != nil {
		t.Fatal(err)
	}
	if len(body) > 1800 {
		t.Errorf("one row takes %d bytes", len(body))
	}
}

func TestAFailingPageWritesNothing(t *testing.T) {
	w := httptest.NewRecorder()
	if err := set(t).Page(templates.German, broken{templates.SchedulePage{}}).Render(w); err == nil || w.Body.Len() > 0 {
		t.Errorf("err %v, wrote %q", err, w.Body)
	}
}

// broken is a page whose template names fields that it lacks.
type broken struct{ templates.Page }

func TestAnUnknownLanguageIsGerman(t *testing.T) {
	body, err := set(t).Fragment("fr", "notice", templates.Notice{Kind: "done", Text: "x"})
	if err != nil || len(body) == 0 {
		t.Error(err)
	}
	if got := set(t).Text("fr", "nav.schedule", nil); got != "Terminplan" {
		t.Errorf("got %q", got)
	}
}
