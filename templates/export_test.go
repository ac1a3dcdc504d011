package templates

import (
	"io/fs"
	"testing"
	"text/template/parse"
)

// The tests that render samples are in package templates_test, since the samples come from a
// package that imports this one. They need these unexported parts.

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

// FileOf returns the name of a page's html file.
func FileOf(p Page) string { return p.file() }

// PageTree returns a define of a page, nil if it does not exist.
func (s *Set) PageTree(lang Lang, p Page, name string) *parse.Tree {
	if d := s.pages[lang][p.file()].Lookup(name); d != nil {
		return d.Tree
	}
	return nil
}

// FragmentTree returns the define of a fragment, nil if it does not exist.
func (s *Set) FragmentTree(lang Lang, name string) *parse.Tree {
	if d := s.fragments[lang].Lookup(name); d != nil {
		return d.Tree
	}
	return nil
}

// Catalogue returns the sentences of a language, each in all its forms.
func Catalogue(t *testing.T, lang Lang) map[string]sentence { return catalogue(t, lang) }
