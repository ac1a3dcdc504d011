package templates_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// element is a node of a rendered page. Browsers repair tags that do not match, but a morph of
// two trees that were repaired differently fails. So parse requires every element to be closed
// where it was opened.
type element struct {
	tag      string
	attrs    map[string]string
	parent   *element
	children []*element
	text     string // without the text of its children
}

var void = []string{"area", "br", "wbr", "col", "hr", "img", "input", "link", "meta", "base"}

func parse(html []byte) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(string(html)))
	d.Strict, d.Entity = false, xml.HTMLEntity
	root := &element{}
	at := root
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if at != root {
				return nil, fmt.Errorf("<%s id=%q> is never closed", at.tag, at.attrs["id"])
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{tag: token.Name.Local, attrs: map[string]string{}, parent: at}
			for _, a := range token.Attr {
				name := a.Name.Local
				if a.Name.Space != "" {
					name = a.Name.Space + ":" + name
				}
				if _, twice := e.attrs[name]; twice {
					return nil, fmt.Errorf("<%s> has %s twice", e.tag, name)
				}
				e.attrs[name] = a.Value
			}
			at.children = append(at.children, e)
			if !slices.Contains(void, e.tag) {
				at = e
			}
		case xml.EndElement:
			if slices.Contains(void, token.Name.Local) {
				continue
			}
			if token.Name.Local != at.tag {
				return nil, fmt.Errorf("<%s id=%q> is closed by </%s>", at.tag, at.attrs["id"], token.Name.Local)
			}
			at = at.parent
		case xml.CharData:
			at.text += string(token)
		}
	}
}

// all returns every element below e in document order.
func (e *element) all() (list []*element) {
	for _, c := range e.children {
		list = append(list, c)
		list = append(list, c.all()...)
	}
	return list
}

// words returns all readable text in e, including the names of controls.
func (e *element) words() string {
	var text strings.Builder
	text.WriteString(e.attrs["aria-label"] + " " + e.text)
	for _, c := range e.children {
		text.WriteString(" " + c.words())
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func (e *element) inside(tag string) bool {
	for p := e.parent; p != nil; p = p.parent {
		if p.tag == tag {
			return true
		}
	}
	return false
}

// focusable reports whether the element can have focus.
func (e *element) focusable() bool {
	_, tabindex := e.attrs["tabindex"]
	_, link := e.attrs["href"]
	switch e.tag {
	case "a":
		return link
	case "input":
		return e.attrs["type"] != "hidden"
	case "button", "select", "textarea", "summary":
		return true
	}
	return tabindex
}

func (e *element) String() string {
	return fmt.Sprintf("<%s id=%q class=%q name=%q>", e.tag, e.attrs["id"], e.attrs["class"], e.attrs["name"])
}
