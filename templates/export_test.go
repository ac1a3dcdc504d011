package templates

import (
	"io/fs"
	"testing"
	"text/template/parse"
)

// The tests that render samples live outside of this package, since the samples are made
// by a package that imports it. They need these parts of the inside.

// EachSource calls f with every html file of this package.
func EachSource(t *testing.T, f func(file, source string)) {
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

// FileOf names the html file of a page.
func FileOf(p Page) string { return p.file() }

// PageTree returns a define as a page sees it; nil if there is none.
func (s *Set) PageTree(lang Lang, p Page, name string) *parse.Tree {
	if d := s.pages[lang][p.file()].Lookup(name); d != nil {
		return d.Tree
	}
	return nil
}

// FragmentTree returns a define that is rendered alone.
func (s *Set) FragmentTree(lang Lang, name string) *parse.Tree {
	if d := s.fragments[lang].Lookup(name); d != nil {
		return d.Tree
	}
	return nil
}
