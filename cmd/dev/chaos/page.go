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

// element is one live element of a page: whatever carries a version.
type element struct {
	id, epoch string
	version   int64
	body      string  // as it is read: without its version and without what is a click's
	alerts    []int64 // that it shows, for the section of alerts
	credits   []int64 // those of them that are about credits that end
}

// page is what a fetched page holds.
type page struct {
	elements map[string]element
	list     string // which kind of element its list of classes is made of; empty: it has none
	live     string // the address of its socket, past the question mark
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

// readElement reports false for what has no version, such as a placeholder.
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
	if e.id == "alerts" {
		e.alerts, e.credits = readAlerts(n)
	}
	var b strings.Builder
	write(&b, n)
	e.body = b.String()
	return e, true
}

// readAlerts finds the cards; those about credits name no class.
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
		links := slices.ContainsFunc(slices.Collect(n.Descendants()), func(d *html.Node) bool { to, _ := attribute(d, "id"); return to == name+"-class" })
		if class == "card card-info" && !links {
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

// foreign are states of one's own part of a row that come from other classes: they are
// pushed when this class changes, not when the other one does.
var foreign = []string{"overlap", "limit", "no_credits", "blocked"}

// passing are the classes of what is there for some minutes only: how long an offer
// still holds, the undo of a fresh booking, the mark of a new participant.
var passing = []string{"left", "undo", "fresh"}

// isWho reports whether the element names a participant.
func isWho(n *html.Node) bool {
	class, _ := attribute(n, "class")
	return class == "who-text"
}

// write prints an element so that two that read the same are the same: without
// versions and the keys of clicks, without what passes by itself, and without what
// depends on other classes than the one whose version it has: overlaps, and how much is
// left of a participant's pack.
func write(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(strings.Join(strings.Fields(n.Data), " "))
	case html.ElementNode:
		if name, _ := attribute(n, "name"); name == "key" {
			return
		}
		class, _ := attribute(n, "class")
		mine, _ := attribute(n, "data-mine")
		hidden := slices.Contains(foreign, mine)
		if left := slices.ContainsFunc(strings.Fields(class), func(c string) bool { return slices.Contains(passing, c) }); left || n.Data == "small" && isWho(n.Parent) {
			return
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
		}
		delete(attributes, "data-v")
		if hidden {
			attributes["data-mine"] = ""
		}
		b.WriteString("<" + n.Data)
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			fmt.Fprintf(b, " %s=%q", name, attributes[name])
		}
		b.WriteString(">")
		for c := range n.ChildNodes() {
			if !hidden {
				write(b, c)
			}
		}
		b.WriteString("</>")
	}
}
