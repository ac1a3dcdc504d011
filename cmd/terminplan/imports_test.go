package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The four leaves never import each other, and none knows the centre: what
// docs/architecture.md draws is what compiles.
func TestTheLeavesDoNotKnowEachOther(t *testing.T) {
	forbidden := map[string][]string{
		"booking":   {"terminplan/hub", "terminplan/templates", "terminplan/static", "terminplan/cmd", "net/http", "github.com/redis", "github.com/gin-gonic", "html/template"},
		"hub":       {"terminplan/booking", "terminplan/templates", "terminplan/static", "terminplan/cmd", "github.com/jackc", "html/template"},
		"templates": {"terminplan/booking", "terminplan/hub", "terminplan/static", "terminplan/cmd", "github.com/jackc", "github.com/redis"},
		"static":    {"terminplan/booking", "terminplan/hub", "terminplan/templates", "terminplan/cmd"},
	}
	for leaf, never := range forbidden {
		err := filepath.WalkDir(filepath.Join("..", "..", leaf), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, i := range file.Imports {
				for _, n := range never {
					if strings.HasPrefix(strings.Trim(i.Path.Value, `"`), n) {
						t.Errorf("%s imports %s", path, i.Path.Value)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
