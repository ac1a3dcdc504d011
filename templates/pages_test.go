package templates_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// rendered calls check with the parsed HTML of every sample page in every language.
func rendered(t *testing.T, check func(page string, root *element)) {
	t.Helper()
	s := set(t)
	for _, lang := range templates.Languages {
		for _, p := range sample.Pages(sample.Presenter(s, lang)) {
			w := httptest.NewRecorder()
			if err := s.Page(lang, p.Page).Render(w); err != nil {
				t.Fatal(err)
			}
			root, err := parse(w.Body.Bytes())
			if err != nil {
				t.Errorf("%s in %s: %v", p.Name, lang, err)
				continue
			}
			check(fmt.Sprintf("%s in %s", p.Name, lang), root)
		}
	}
}

// pushed calls check with the parsed HTML of every fragment in every language.
func pushed(t *testing.T, check func(name string, root *element)) {
	t.Helper()
	s := set(t)
	for _, lang := range templates.Languages {
		for _, f := range sample.Fragments(sample.Presenter(s, lang)) {
			body, err := s.Fragment(lang, f.Name, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			root, err := parse(body)
			if err != nil {
				t.Errorf("%s in %s: %v", f.Name, lang, err)
				continue
			}
			check(f.Name, root)
		}
	}
}

func TestEveryPageIsAValidDocument(t *testing.T) {
	rendered(t, func(page string, root *element) {
		ids, forms, headings := map[string]bool{}, map[string]bool{}, 0
		for _, e := range root.all() {
			if id := e.attrs["id"]; id != "" {
				if ids[id] {
					t.Errorf("%s: two elements are %s", page, id)
				}
				ids[id], forms[id] = true, e.tag == "form"
			}
			if e.tag == "h1" {
				headings++
			}
		}
		if headings != 1 {
			t.Errorf("%s has %d main headings", page, headings)
		}
		for _, e := range root.all() {
			for _, name := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls", "form"} {
				for id := range strings.FieldsSeq(e.attrs[name]) {
					switch {
					case id == "dialog-title": // part of the dialog's content
					case name == "form" && strings.HasPrefix(page, "class_"):
						// The seats of a sheet are those of a row; their inputs belong to the
						// row's form.
					case !ids[id]:
						t.Errorf("%s: %s of %v names %s, which does not exist", page, name, e, id)
					case name == "form" && !forms[id]:
						t.Errorf("%s: %v belongs to %s, which is no form", page, e, id)
					}
				}
			}
			if to := e.attrs["href"]; strings.HasPrefix(to, "#") && !ids[to[1:]] {
				t.Errorf("%s: %v leads to %s, which does not exist", page, e, to)
			}
		}
	})
}

func TestEveryControlHasAName(t *testing.T) {
	rendered(t, func(page string, root *element) {
		labelled := map[string]bool{}
		for _, e := range root.all() {
			if e.tag == "label" && e.words() != "" {
				labelled[e.attrs["for"]] = true
			}
		}
		for _, e := range root.all() {
			switch {
			case !e.focusable() || e.tag == "main" || e.inside("template"):
			case slices.Contains([]string{"input", "select", "textarea"}, e.tag):
				if !labelled[e.attrs["id"]] && e.attrs["aria-label"] == "" {
					t.Errorf("%s: %v has no label", page, e)
				}
			case e.words() == "":
				t.Errorf("%s: %v has no text for screen readers", page, e)
			}
		}
	})
}

func TestEveryFormWorksWithoutScript(t *testing.T) {
	rendered(t, func(page string, root *element) {
		outside := map[string][]*element{} // the buttons that name their form, by its id
		for _, e := range root.all() {
			if form := e.attrs["form"]; form != "" {
				outside[form] = append(outside[form], e)
			}
		}
		for _, e := range root.all() {
			if e.tag != "form" {
				continue
			}
			action, method := e.attrs["action"], e.attrs["method"]
			if !strings.HasPrefix(action, "/") || strings.HasPrefix(action, "//") || (method != "post" && method != "get") {
				t.Errorf("%s: %v goes to %q by %q", page, e, action, method)
			}
			for _, name := range []string{"hx-post", "hx-get"} {
				if url, ok := e.attrs[name]; ok && (url != action || name != "hx-"+method) {
					t.Errorf("%s: %v goes to %s, with script to %s", page, e, action, url)
				}
			}
			buttons := 0
			for _, b := range root.all() {
				if b.tag != "button" || !slices.Contains(e.all(), b) && (e.attrs["id"] == "" || b.attrs["form"] != e.attrs["id"]) {
					continue
				}
				if b.attrs["type"] == "" {
					buttons++
				}
				if to, ok := b.attrs["formaction"]; ok && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
					t.Errorf("%s: %v goes to %q", page, b, to)
				}
			}
			if buttons == 0 {
				t.Errorf("%s: %v cannot be sent", page, e)
			}
		}
	})
}

// The response to a form needs a target, and a link that opens the dialog must work as a page
// without script.
func TestEveryTargetExists(t *testing.T) {
	rendered(t, func(page string, root *element) {
		ids := map[string]bool{}
		for _, e := range root.all() {
			ids[e.attrs["id"]] = true
		}
		for _, e := range root.all() {
			if to, ok := e.attrs["hx-target"]; ok && (!strings.HasPrefix(to, "#") || !ids[to[1:]]) {
				t.Errorf("%s: the response to %v goes to %s, which does not exist", page, e, to)
			}
			if url, ok := e.attrs["hx-get"]; ok && e.tag == "a" && e.attrs["href"] != url {
				t.Errorf("%s: %v leads to %s, with script to %s", page, e, e.attrs["href"], url)
			}
		}
	})
}

// Without a version a page cannot tell an old fragment from a new one.
func TestPushedFragmentsHaveVersions(t *testing.T) {
	partials := 0
	pushed(t, func(name string, root *element) {
		if name == "class_preview_update" { // a response; nothing else changes its elements
			return
		}
		for _, e := range root.children {
			if e.tag != "hx-partial" {
				continue
			}
			partials++
			if len(e.children) != 1 || strings.TrimSpace(e.text) != "" {
				t.Errorf("%s: a partial must contain exactly one element", name)
				continue
			}
			swapped := e.children[0]
			if e.attrs["hx-target"] != "#"+swapped.attrs["id"] || e.attrs["hx-swap"] != "outerMorph" {
				t.Errorf("%s: %v goes to %s by %s", name, swapped, e.attrs["hx-target"], e.attrs["hx-swap"])
			}
			if swapped.attrs["data-e"] != "e1" || swapped.attrs["data-v"] == "" {
				t.Errorf("%s: %v has no version", name, swapped)
			}
		}
	})
	if partials < 12 {
		t.Errorf("only %d partials were found: the test looks at the wrong place", partials)
	}
}

// A later push into the seats must not change the values that the form sends.
func TestSheetFormSendsTheValuesOfItsText(t *testing.T) {
	s := set(t)
	for _, action := range []string{"book", "binding", "join", "accept"} {
		sheet := sample.Sheet(sample.Presenter(s, templates.German), action)
		sheet.Cost = 3
		body, err := s.Fragment(templates.German, "class_sheet", sheet)
		if err != nil {
			t.Fatal(err)
		}
		root, err := parse(body)
		if err != nil {
			t.Fatal(err)
		}
		sent := map[string]string{}
		for _, e := range root.all() {
			if e.tag == "input" && e.inside("form") && e.attrs["type"] == "hidden" && e.attrs["value"] != "" {
				sent[e.attrs["name"]] = e.attrs["value"]
			}
		}
		refundable := "1"
		if action == "binding" {
			refundable = "0"
		}
		if sent["cost_seen"] != "3" || sent["refundable_seen"] != refundable || sent["starts_seen"] != sheet.StartsSeen ||
			sent["key"] == "" {
			t.Errorf("%s sends %v", action, sent)
		}
	}
}

func TestUserTextIsEscaped(t *testing.T) {
	s := set(t)
	const evil = `<img src=x onerror=alert(1)>"'{{.}}`
	pr := sample.Presenter(s, templates.German)
	row := sample.Rows(pr)[3]
	row.Title, row.Room, row.Instructor, row.Refusal = evil, evil, evil, evil
	row.Personal.State, row.Personal.Why = "overlap", evil
	panel := sample.Panel(pr)
	panel.Title, panel.Roster.Participants[0].Name, panel.Roster.Participants[0].Spoken = evil, evil, evil
	panel.Search = templates.Candidates{
		ClassID: 42, Searched: true, Query: evil, MayGuest: true,
		Hits: []templates.Candidate{{PersonID: 1, Name: []templates.Marked{{Text: evil, Mark: true}}, Email: evil}},
	}
	for name, data := range map[string]any{
		"class_row": row, "panel": panel, "notice": templates.Notice{Kind: "done", Text: evil},
		"alert_card": templates.AlertCard{ID: 1, Kind: "offer", Title: evil, Until: evil},
	} {
		body, err := s.Fragment(templates.German, name, data)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<img", `"javascript:`, `>"'`} {
			if strings.Contains(string(body), bad) {
				t.Errorf("%s lets %s through:\n%s", name, bad, body)
			}
		}
	}
}
