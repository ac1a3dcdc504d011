package main

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func TestLongLines(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	found, err := longLines(fstest.MapFS{
		"a/short.go":         file(strings.Repeat("ä", 140) + "\n"),
		"a/long.go":          file("package a\n" + strings.Repeat("ä", 141) + "\n"),
		"a/tab.go":           file("\t" + strings.Repeat("x", 137) + "\n"),
		"a/page.html":        file(strings.Repeat("x", 200) + "\n" + strings.Repeat("x", 201)),
		"a/notes.md":         file(strings.Repeat("x", 500)),
		"a/testdata/b.go":    file(strings.Repeat("x", 500)),
		".tools/vendored.go": file(strings.Repeat("x", 500)),
	})
	want := []string{
		"a/long.go:2: 141 characters, at most 140", "a/page.html:2: 201 characters, at most 200", "a/tab.go:1: 141 characters, at most 140",
	}
	if err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("found %q, %v", found, err)
	}
}
