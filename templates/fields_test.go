package templates_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	tree "text/template/parse"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// census records the fields that samples set, the values of texts and the keys of maps.
type census struct {
	known map[string]bool            // every field, "Panel.Over", and whether a sample sets it
	texts map[string]map[string]bool // the texts of each field
}

func (c *census) count(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			c.count(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.count(v.Index(i))
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			name := v.Type().Name() + "." + field.Name
			c.known[name] = c.known[name] || !value.IsZero()
			if c.texts[name] == nil {
				c.texts[name] = map[string]bool{}
			}
			switch value.Kind() {
			case reflect.String:
				c.texts[name][value.String()] = true
			case reflect.Map:
				for _, key := range value.MapKeys() {
					c.texts[name][key.String()] = true
				}
			}
			c.count(value)
		}
	}
}

func (c *census) unset() (list []string) {
	for name, set := range c.known {
		if !set {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

func countSamples(t *testing.T) *census {
	t.Helper()
	s, c := set(t), &census{known: map[string]bool{}, texts: map[string]map[string]bool{}}
	for _, lang := range templates.Languages {
		pr := sample.Presenter(s, lang)
		for _, p := range sample.Pages(pr) {
			c.count(reflect.ValueOf(p.Page))
		}
		for _, f := range sample.Fragments(pr) {
			c.count(reflect.ValueOf(f.Data))
		}
	}
	return c
}

// Samples come from the presenter. So if no sample sets a field, the presenter never sets it,
// and the branches that read it are dead.
func TestTheProgramSetsEveryFieldOfATemplate(t *testing.T) {
	for _, name := range countSamples(t).unset() {
		t.Errorf("no sample sets %s", name)
	}
}

// The census must find a field that is never set.
func TestAFieldThatNothingSetsIsFound(t *testing.T) {
	type part struct{ Live, Dead string }
	type page struct {
		Parts []part
		Never *part
		Count int
	}
	c := &census{known: map[string]bool{}, texts: map[string]map[string]bool{}}
	c.count(reflect.ValueOf([]any{&page{Parts: []part{{Live: "x"}, {}}}, page{Count: 1}}))
	if got, want := strings.Join(c.unset(), " "), "page.Never part.Dead"; got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// If a template compares a field with a value, some sample must have that value.
func TestSamplesContainEveryComparedValue(t *testing.T) {
	texts, s, asked := countSamples(t).texts, set(t), 0
	for _, c := range readTemplates(s) {
		for word := range c.words {
			asked++
			if !texts[word.field][word.text] {
				t.Errorf("%s compares %s with %q, which no sample has", c.page, word.field, word.text)
			}
		}
	}
	if asked < 100 {
		t.Errorf("only %d words were found: the test looks at the wrong place", asked)
	}
}

// A field that no template reads is dead.
func TestEveryFieldIsRead(t *testing.T) {
	read := map[string]bool{ // by methods of Shared and of SchedulePage
		"PublicFrame.Theme": true,
		"Shared.Taken":      true, "Shared.Held": true, "Shared.Capacity": true, "Shared.Starts": true,
	}
	for _, c := range readTemplates(set(t)) {
		maps.Copy(read, c.fields)
	}
	for name := range countSamples(t).known {
		if !read[name] {
			t.Errorf("no template reads %s", name)
		}
	}
}

// readTemplates returns the fields that the templates of all pages and fragments read.
func readTemplates(s *templates.Set) map[string]*checker {
	found := map[string]*checker{}
	read := func(name, define string, data any, trees func(string) *tree.Tree) {
		if found[name] == nil {
			found[name] = newChecker(name, trees)
			found[name].template(define, reflect.TypeOf(data))
		}
	}
	pr := sample.Presenter(s, templates.German)
	for _, p := range sample.Pages(pr) {
		read(templates.FileOf(p.Page), "layout", p.Page, func(name string) *tree.Tree { return s.PageTree(templates.German, p.Page, name) })
	}
	for _, f := range sample.Fragments(pr) {
		read("the fragment "+f.Name, f.Name, f.Data, func(name string) *tree.Tree { return s.FragmentTree(templates.German, name) })
	}
	return found
}
