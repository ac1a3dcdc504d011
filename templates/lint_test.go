package templates

import (
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"testing"
	tree "text/template/parse"
)

// sources calls f with every html file of this package.
func sources(t *testing.T, f func(file, source string)) {
	t.Helper()
	for _, pattern := range []string{"*.html", "parts/*.html"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			body, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			f(name, string(body))
		}
	}
}

// html/template does not know that htmx calls the URLs in hx- attributes, and
// evaluates those that begin with "js:". So they begin with a slash here.
func TestNoTemplateCanBeTurnedIntoAScript(t *testing.T) {
	sources(t, func(name, text string) {
		for _, forbidden := range []struct{ what, why string }{
			{`hx-(get|post|put|patch|delete|query|action|ws:connect)="[^/]`, "a request URL must begin with a literal slash"},
			{
				`hx-(get|post|put|patch|delete|query|action|ws:connect)="/[^"]*\{\{[^}]*(Title|Name|Text|Note|Query)\b`,
				"text of people in a request URL",
			},
			{`hx-(on|vals|headers|vars|params|ext|disabled-elt|history-elt|prompt)\b`, "evaluated, or a name of htmx 2"},
			{`\b(ws|sse)-(connect|send|swap)\b|hx-swap-oob|htmx:after(Swap|Settle|Request)`, "a name of htmx 2"},
			{`hx-trigger="[^"]*\[`, "trigger filters are evaluated"},
			{`\sstyle="|<style|\son[a-z]+="|javascript:`, "inline style or script"},
			{`<script(?: [^>]*)?>[^<]`, "inline script"},
			{`(src|href|action)="(https?:)?//`, "another host"},
			{`\bautofocus\b`, "steals the focus after every swap"},
			{`\bhx-disable\b`, "drops the focus"},
		} {
			if found := regexp.MustCompile(forbidden.what).FindString(text); found != "" {
				t.Errorf("%s: %q: %s", name, found, forbidden.why)
			}
		}
	})
}

// Focus comes back after a swap by id only.
func TestWhatCanHaveFocusInALiveFragmentHasAnID(t *testing.T) {
	s := set(t)
	for _, lang := range Languages {
		for name, data := range map[string]any{
			"class_row": sampleRows(lang)[2], "class_sheet": sampleSheet(lang, "join"), "roster": sampleRoster(), "panel": samplePanel(lang),
			"alerts": sampleAlerts(lang), "balance": &Balance{Credits: 4}, "candidates": sampleCandidates(true),
			"cancel_dialog": sampleDialog(lang, "late", true),
			"booking_list":  BookingList{Waiting: sampleWaiting(lang)},
			"member_body":   Member{ID: 1, Waiting: sampleWaiting(lang), MayGrant: true, MaySuspend: true},
		} {
			ids := map[string]bool{}
			for _, el := range elements(t, s, lang, name, data) {
				id := el.attrs["id"]
				if ids[id] && id != "" {
					t.Errorf("%s: two elements have the id %q", name, id)
				}
				ids[id] = true
				if el.focusable() && id == "" {
					t.Errorf("%s: %s has no id", name, el)
				}
			}
		}
	}
}

// What is shared by all who look must not hold anything that can be pressed.
func TestSharedFragmentsOfStaffAndSeatsHoldNothingToPress(t *testing.T) {
	s := set(t)
	for name, data := range map[string]any{
		"seats": sampleRows(German)[3].Shared, "pips": sampleRows(German)[3].Shared, "staff_inner": sampleStaffRows(German, "")[3],
	} {
		for _, el := range elements(t, s, German, name, data) {
			if el.focusable() {
				t.Errorf("%s holds %s", name, el)
			}
		}
	}
}

// A member's page has no field that could hold another person.
func TestPagesOfMembersCannotNameOthers(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[ClassRow](), reflect.TypeFor[Sheet](), reflect.TypeFor[BookingList](), reflect.TypeFor[Alerts](),
	} {
		walkFields(typ, typ.Name(), func(path string, f reflect.StructField) {
			if slices.Contains([]string{"Name", "PersonID", "Email", "Person", "Member", "Spoken2"}, f.Name) {
				t.Errorf("%s.%s", path, f.Name)
			}
		})
	}
}

func walkFields(typ reflect.Type, path string, visit func(string, reflect.StructField)) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct {
		return
	}
	for field := range typ.Fields() {
		visit(path, field)
		walkFields(field.Type, path+"."+field.Name, visit)
	}
}

func elements(t *testing.T, s *Set, lang Lang, name string, data any) []*element {
	t.Helper()
	body, err := s.Fragment(lang, name, data)
	if err != nil {
		t.Fatal(err)
	}
	root, err := parse(body)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return root.all()
}

// Every field that a template names exists in the struct that it is given, also
// where no sample goes. Types are followed through range, with and template.
func TestEveryTemplateFitsItsStruct(t *testing.T) {
	s := set(t)
	for _, sample := range samples(German) {
		set := s.pages[German][sample.page.file()]
		c := checker{t: t, page: sample.page.file(), trees: func(name string) *tree.Tree {
			if d := set.Lookup(name); d != nil {
				return d.Tree
			}
			return nil
		}, seen: map[string]bool{}}
		c.template("layout", reflect.TypeOf(sample.page))
	}
}

type checker struct {
	t     *testing.T
	page  string
	trees func(string) *tree.Tree
	seen  map[string]bool
}

type vars map[string]reflect.Type

// A nil type is one that the checker does not know: it is not checked.
func (c *checker) template(name string, dot reflect.Type) {
	key := fmt.Sprint(name, dot)
	found := c.trees(name)
	if c.seen[key] || found == nil || found.Root == nil {
		return
	}
	c.seen[key] = true
	c.list(found.Root, dot, vars{"$": dot})
}

func (c *checker) list(l *tree.ListNode, dot reflect.Type, v vars) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *tree.ActionNode:
			typ := c.pipe(n.Pipe, dot, v)
			for _, d := range n.Pipe.Decl {
				v[d.Ident[0]] = typ
			}
		case *tree.IfNode:
			c.pipe(n.Pipe, dot, v)
			c.list(n.List, dot, v)
			c.list(n.ElseList, dot, v)
		case *tree.WithNode:
			c.list(n.List, c.pipe(n.Pipe, dot, v), v)
			c.list(n.ElseList, dot, v)
		case *tree.RangeNode:
			var element reflect.Type
			if typ := c.pipe(n.Pipe, dot, v); typ != nil && (typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map) {
				element = typ.Elem()
			}
			c.list(n.List, element, v)
			c.list(n.ElseList, dot, v)
		case *tree.TemplateNode:
			var typ reflect.Type
			if n.Pipe != nil {
				typ = c.pipe(n.Pipe, dot, v)
			}
			c.template(n.Name, typ)
		}
	}
}

func (c *checker) pipe(p *tree.PipeNode, dot reflect.Type, v vars) (typ reflect.Type) {
	for _, cmd := range p.Cmds {
		for i, arg := range cmd.Args {
			got := c.arg(arg, dot, v)
			if i == 0 && len(cmd.Args) == 1 {
				typ = got
			} else {
				typ = nil
			}
		}
	}
	return typ
}

func (c *checker) arg(n tree.Node, dot reflect.Type, v vars) reflect.Type {
	switch n := n.(type) {
	case *tree.DotNode:
		return dot
	case *tree.FieldNode:
		return c.fields(dot, n.Ident, n)
	case *tree.VariableNode:
		return c.fields(v[n.Ident[0]], n.Ident[1:], n)
	case *tree.ChainNode:
		return c.fields(c.arg(n.Node, dot, v), n.Field, n)
	case *tree.PipeNode:
		return c.pipe(n, dot, v)
	}
	return nil
}

func (c *checker) fields(typ reflect.Type, names []string, n tree.Node) reflect.Type {
	for _, name := range names {
		for typ != nil && typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ == nil || typ.Kind() != reflect.Struct || typ == reflect.TypeFor[pairOf]() {
			return nil
		}
		if m, ok := typ.MethodByName(name); ok {
			typ = m.Type.Out(0)
			continue
		}
		f, ok := typ.FieldByName(name)
		if !ok {
			c.t.Errorf("%s: %s has no field %s (%s)", c.page, typ, name, n)
			return nil
		}
		typ = f.Type
	}
	return typ
}
