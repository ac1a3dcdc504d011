package main

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The four leaf packages never import each other, and none imports the centre. Within the
// centre, package web handles HTTP. Package present builds the values that templates show,
// without HTTP. Package live serves open pages without routes: it uses a request only to
// upgrade it. The diagram in docs/architecture.md shows the same rules.
func TestLeafPackagesDoNotImportEachOther(t *testing.T) {
	forbidden := map[string][]string{
		"cmd/terminplan/web/present": {
			"terminplan/hub", "terminplan/static", "terminplan/cmd/dev", "terminplan/cmd/terminplan/web/live", "net/http",
			"github.com/gin-gonic", "github.com/jackc", "github.com/redis", "html/template",
		},
		"cmd/terminplan/web/live": {
			"terminplan/static", "github.com/gin-gonic", "github.com/jackc", "github.com/redis", "html/template",
		},
		"cmd/terminplan/web/parts": {"terminplan/", "net/http", "github.com/", "html/template"},
		"booking": {
			"terminplan/hub", "terminplan/templates", "terminplan/static", "terminplan/cmd", "net/http",
			"github.com/redis", "github.com/gin-gonic", "html/template",
		},
		"hub": {
			"terminplan/booking", "terminplan/templates", "terminplan/static", "terminplan/cmd", "github.com/jackc", "html/template",
		},
		"templates": {
			"terminplan/booking", "terminplan/hub", "terminplan/static", "terminplan/cmd", "github.com/jackc", "github.com/redis",
		},
		"booking/spreadsheet": {"terminplan/", "net/http", "github.com/jackc", "html/template"},
		"booking/typed":       {"terminplan/", "net/http", "github.com/", "html/template"},
		"static":              {"terminplan/booking", "terminplan/hub", "terminplan/templates", "terminplan/cmd"},
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

// The released program contains neither the developers' commands nor packages that only tests
// use.
func TestTheProgramLinksNoTestOrDeveloperPackages(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	never := []string{
		"testing", "net/http/httptest", "terminplan/cmd/dev", "terminplan/booking/bookingtest", "terminplan/booking/generate",
		"terminplan/hub/redistest", "terminplan/cmd/terminplan/web/sample",
	}
	const fakeRedis, user = "github.com/alicebob/miniredis", "terminplan/hub/localredis"
	linked := 0
	for line := range strings.Lines(string(out)) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		linked++
		for _, n := range never {
			if name == n || strings.HasPrefix(name, n+"/") {
				t.Errorf("the program links %s", name)
			}
		}
		// A start without configuration uses a Redis server inside the process.
		if strings.Contains(imports, fakeRedis) && name != user && !strings.HasPrefix(name, fakeRedis) {
			t.Errorf("%s imports the embedded Redis; only %s may", name, user)
		}
	}
	if linked < 100 {
		t.Errorf("go list names only %d packages", linked)
	}
}

// Only booking.WallTime converts a time of day to an instant, since it handles clock changes
// (rule 22).
func TestOnlyWallTimeMakesInstantsOfWallClocks(t *testing.T) {
	for _, folder := range []string{"booking", "hub", "templates", "cmd/terminplan"} {
		err := filepath.WalkDir(filepath.Join("..", "..", folder), func(path string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/sample/") {
				return err
			}
			source, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for n, line := range strings.Split(string(source), "\n") {
				inUTC := strings.Contains(line, "time.UTC)")
				if strings.Contains(line, "time.ParseInLocation(") || strings.Contains(line, "time.Date(") && !inUTC {
					t.Errorf("%s:%d: use booking.WallTime: %s", path, n+1, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
