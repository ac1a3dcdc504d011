package templates_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	tree "text/template/parse"

	"terminplan/cmd/terminplan/web/present"
	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// htmx sends requests to the URLs in hx- attributes and evaluates those that begin with "js:".
// html/template does not escape for that, so every such URL must begin with a slash.
func TestNoScriptInTemplates(t *testing.T) {
	templates.EachSource(t, func(name, text string) {
		text = strings.ReplaceAll(text, `<script type="application/ld+json">`, "") // data, which no browser runs
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
			{`[\s"]data-on[\w-]*`, "html/template takes it for an event handler, and writes its value with quotation marks"},
			{`hx-target="#dialog-body"`, "without the script nobody opens the dialog: use data-dialog"},
		} {
			if found := regexp.MustCompile(forbidden.what).FindString(text); found != "" {
				t.Errorf("%s: %q: %s", name, found, forbidden.why)
			}
		}
	})
}

// After a swap the browser can restore focus only to an element with an id.
func TestFocusableElementsOfFragmentsHaveIDs(t *testing.T) {
	s := set(t)
	for _, lang := range templates.Languages {
		pr := sample.Presenter(s, lang)
		for name, data := range map[string]any{
			"class_row": sample.Rows(pr)[2], "class_sheet": sample.Sheet(pr, "join"), "roster": sample.Roster(pr),
			"panel":  sample.Panel(pr),
			"alerts": sample.Alerts(pr), "balance": &templates.Balance{Credits: 4}, "candidates": sample.Candidates(pr, true),
			"booking_list": sample.BookingList(pr), "home": sample.Home(pr),
			"alert_list": pr.AlertList(nil, templates.Notice{}), "member_body": sample.Member(pr, present.TabTraining),
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

// Fragments that are shared by all viewers contain no control of a person. The link to the class
// is for everybody.
func TestSharedFragmentsHaveNoControls(t *testing.T) {
	s := set(t)
	pr := sample.Presenter(s, templates.German)
	for name, data := range map[string]any{
		"seats": sample.Rows(pr)[3].Shared, "staff_inner": sample.StaffRows(pr)[3],
	} {
		for _, el := range elements(t, s, templates.German, name, data) {
			if el.focusable() && el.attrs["href"] != "/classes/4" {
				t.Errorf("%s holds %s", name, el)
			}
		}
	}
}

// The structs of member pages must have no field for the data of another person.
func TestMemberPagesHaveNoFieldsForOthers(t *testing.T) {
	for _, typ := range []reflect.Type{
		reflect.TypeFor[templates.ClassRow](), reflect.TypeFor[templates.Sheet](), reflect.TypeFor[templates.BookingList](),
		reflect.TypeFor[templates.Alerts](), reflect.TypeFor[templates.Home](), reflect.TypeFor[templates.Mail](),
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

func elements(t *testing.T, s *templates.Set, lang templates.Lang, name string, data any) []*element {
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

// Every field that a template names must exist in its struct, also in branches that no sample
// reaches. The checker follows types through range, with and template.
func TestEveryTemplateFitsItsStruct(t *testing.T) {
	s := set(t)
	for _, p := range sample.Pages(sample.Presenter(s, templates.German)) {
		c := newChecker(templates.FileOf(p.Page), func(name string) *tree.Tree { return s.PageTree(templates.German, p.Page, name) })
		c.wrong = t.Errorf
		c.template("layout", reflect.TypeOf(p.Page))
	}
}

// checker walks a template with the types of its data.
type checker struct {
	page   string
	trees  func(string) *tree.Tree
	seen   map[string]bool
	wrong  func(format string, args ...any) // a field that does not exist
	fields map[string]bool                  // every field that is read, "Panel.Over"
	words  map[word]bool                    // the values with which fields are compared
	last   string                           // the field that was looked up last
}

// word is a value with which a template compares a field, or a key with which it indexes one.
type word struct{ field, text string }

func newChecker(page string, trees func(string) *tree.Tree) *checker {
	return &checker{
		page: page, trees: trees, seen: map[string]bool{}, wrong: func(string, ...any) {}, fields: map[string]bool{},
		words: map[word]bool{},
	}
}

type vars map[string]reflect.Type

// A nil type is unknown and not checked.
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
			if d := n.Pipe.Decl; len(d) > 0 {
				v[d[len(d)-1].Ident[0]] = element
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
		typ = c.command(cmd, dot, v)
	}
	return typ
}

func (c *checker) command(cmd *tree.CommandNode, dot reflect.Type, v vars) reflect.Type {
	types, fields := make([]reflect.Type, len(cmd.Args)), make([]string, len(cmd.Args))
	for i, arg := range cmd.Args {
		c.last = ""
		types[i] = c.arg(arg, dot, v)
		fields[i] = c.last
	}
	name, _ := cmd.Args[0].(*tree.IdentifierNode)
	switch {
	case len(cmd.Args) == 1:
		return types[0]
	case name == nil:
	case name.Ident == "pair":
		return pairType(types[1], types[2])
	case name.Ident == "eq" || name.Ident == "ne" || name.Ident == "index":
		for _, arg := range cmd.Args[2:] {
			if text, ok := arg.(*tree.StringNode); ok && fields[1] != "" {
				c.words[word{fields[1], text.Text}] = true
			}
		}
	}
	return nil
}

// pairType is the type of the result of the function pair, with the types of its two values.
func pairType(a, b reflect.Type) reflect.Type {
	known := func(t reflect.Type) reflect.Type {
		if t == nil {
			return reflect.TypeFor[any]()
		}
		return t
	}
	return reflect.StructOf([]reflect.StructField{{Name: "A", Type: known(a)}, {Name: "B", Type: known(b)}})
}

func (c *checker) arg(n tree.Node, dot reflect.Type, v vars) reflect.Type {
	switch n := n.(type) {
	case *tree.DotNode:
		return dot
	case *tree.FieldNode:
		return c.lookup(dot, n.Ident, n)
	case *tree.VariableNode:
		return c.lookup(v[n.Ident[0]], n.Ident[1:], n)
	case *tree.ChainNode:
		return c.lookup(c.arg(n.Node, dot, v), n.Field, n)
	case *tree.PipeNode:
		return c.pipe(n, dot, v)
	}
	return nil
}

func (c *checker) lookup(typ reflect.Type, names []string, n tree.Node) reflect.Type {
	for _, name := range names {
		for typ != nil && typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ == nil || typ.Kind() != reflect.Struct {
			return nil
		}
		if m, ok := typ.MethodByName(name); ok {
			typ = m.Type.Out(0)
			continue
		}
		f, ok := typ.FieldByName(name)
		if !ok {
			c.wrong("%s: %s has no field %s (%s)", c.page, typ, name, n)
			return nil
		}
		for _, i := range f.Index { // a field of an embedded struct belongs to that struct
			step := typ.Field(i)
			c.last = typ.Name() + "." + step.Name
			c.fields[c.last] = true
			typ = step.Type
		}
	}
	return typ
}
