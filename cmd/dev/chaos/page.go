//go:build unix

package chaos

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// element is a live element of a page: one with a version.
type element struct {
	id, epoch string
	version   int64
	body      string  // normalized by write
	terms     string  // of a sheet: the digest of the public facts
	alerts    []int64 // shown ones, if this is the section of alerts
	credits   []int64 // those of them that warn of expiring credits
}

// page is a loaded page.
type page struct {
	elements map[string]element
	list     string // the kind of element in its list of classes; empty: it has no list
	live     string // the query of its socket's address
	sheet    string // the id of the sheet that it is; empty: none
}

func parsePage(body []byte) (page, error) {
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		return page{}, fmt.Errorf("reading a page: %w", err)
	}
	p := page{elements: map[string]element{}}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if list, ok := attribute(n, "data-list"); ok {
			p.list = map[string]string{"class": "seats", "staff": "staff"}[list]
		}
		if address, ok := attribute(n, "hx-ws:connect"); ok {
			_, p.live, _ = strings.Cut(address, "?")
		}
		if e, ok := readElement(n); ok {
			p.elements[e.id] = e
			if class, _ := attribute(n, "data-sheet"); class != "" {
				p.sheet = e.id
			}
		}
	}
	return p, nil
}

// parsePush reads the elements of a frame.
func parsePush(frame []byte) (list []element, err error) {
	nodes, err := html.ParseFragment(bytes.NewReader(frame), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return nil, fmt.Errorf("reading a frame: %w", err)
	}
	for _, n := range nodes {
		if n.Type != html.ElementNode || n.Data != "hx-partial" {
			return nil, fmt.Errorf("a frame holds %.60q beside its fragments", n.Data)
		}
		for c := range n.ChildNodes() {
			if e, ok := readElement(c); ok {
				list = append(list, e)
			}
		}
	}
	return list, nil
}

// readElement reports false for an element without a version, such as a placeholder.
func readElement(n *html.Node) (e element, ok bool) {
	if n.Type != html.ElementNode {
		return e, false
	}
	version, ok := attribute(n, "data-v")
	if e.id, _ = attribute(n, "id"); !ok || e.id == "" {
		return e, false
	}
	e.version, _ = strconv.ParseInt(version, 10, 64)
	e.epoch, _ = attribute(n, "data-e")
	e.terms, _ = attribute(n, "data-terms")
	if e.id == "alerts" {
		e.alerts, e.credits = readAlerts(n)
	}
	if _, ok := attribute(n, "data-sheet"); ok {
		// The text of a sheet depends on the clock, the credits and other classes. Its terms are
		// the facts that it promises to keep up to date.
		e.body = "terms " + e.terms
		return e, true
	}
	var b strings.Builder
	write(&b, n)
	e.body = b.String()
	return e, true
}

// readAlerts returns the ids of the cards; cards about credits link to no class.
func readAlerts(section *html.Node) (ids, credits []int64) {
	for n := range section.ChildNodes() {
		name, _ := attribute(n, "id")
		number, ok := strings.CutPrefix(name, "alert-")
		id, err := strconv.ParseInt(number, 10, 64)
		if !ok || err != nil {
			continue
		}
		ids = append(ids, id)
		class, _ := attribute(n, "class")
		isLink := func(d *html.Node) bool {
			to, _ := attribute(d, "id")
			return to == name+"-class"
		}
		if class == "card card-info" && !slices.ContainsFunc(slices.Collect(n.Descendants()), isLink) {
			credits = append(credits, id)
		}
	}
	return ids, credits
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// statesOfOtherClasses are states of the personal part of a row that depend on other classes.
// They are pushed when this class changes, not when the other one does.
var statesOfOtherClasses = []string{"overlap", "limit", "no_credits", "blocked"}

// passingClasses are the CSS classes of elements that disappear by themselves within minutes
// (the time left of an offer, the undo of a fresh booking), and of those that depend on other
// classes: what is left of a participant's grant, and the tags of a participant.
var passingClasses = []string{"left", "undo", "fresh", "standing", "tags"}

// write prints an element in a form that is equal for elements that read the same. It leaves
// out versions, the keys of clicks, the field that names the viewer (fragments are the same for
// all viewers), parts with a version of their own, text that changes by itself, and text that
// depends on other classes than the one whose version the element has.
func write(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(strings.Join(strings.Fields(n.Data), " "))
	case html.ElementNode:
		if name, _ := attribute(n, "name"); name == "key" || name == "made_for" {
			return
		}
		class, _ := attribute(n, "class")
		state, _ := attribute(n, "data-personal")
		hidden := slices.Contains(statesOfOtherClasses, state)
		passes := slices.ContainsFunc(strings.Fields(class), func(c string) bool { return slices.Contains(passingClasses, c) })
		if passes {
			return
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		delete(attributes, "data-v")
		if hidden {
			delete(attributes, "data-personal")
			delete(attributes, "class")
		}
		b.WriteString("<" + n.Data)
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			fmt.Fprintf(b, " %s=%q", name, attributes[name])
		}
		b.WriteString(">")
		for c := range n.ChildNodes() {
			if _, own := attribute(c, "data-v"); !hidden && !own {
				write(b, c)
			}
		}
		b.WriteString("</>")
	}
}
