package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// compose is the part of docker-compose.yml that these tests check. A test run has no
// container engine, so the tests read the files and check for known mistakes.
type compose struct {
	Services map[string]struct {
		Image       string
		Build       string
		Environment map[string]string
		Healthcheck struct{ Test []string }
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Networks    []string
		Volumes     []string
		Ports       []string
	}
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func readCompose(t *testing.T) (compose, string) {
	t.Helper()
	b, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c, string(b)
}

func TestTheComposeFileNamesOnlyWhatItDeclares(t *testing.T) {
	c, _ := readCompose(t)
	if got, want := slices.Sorted(maps.Keys(c.Services)), []string{
		"node-a", "node-b", "postgres", "proxy", "redis",
	}; !slices.Equal(got, want) {
		t.Errorf("services are %v, want %v", got, want)
	}
	for name, s := range c.Services {
		if len(s.Healthcheck.Test) == 0 || s.Healthcheck.Test[0] != "CMD" {
			t.Errorf("%s has no health check that runs without a shell: %v", name, s.Healthcheck.Test)
		}
		for on, d := range s.DependsOn {
			if _, ok := c.Services[on]; !ok || d.Condition == "" {
				t.Errorf("%s depends on %s, %q", name, on, d.Condition)
			}
		}
		for _, n := range s.Networks {
			if _, ok := c.Networks[n]; !ok {
				t.Errorf("%s is in the unknown network %s", name, n)
			}
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if file, ok := strings.CutPrefix(source, "./"); ok {
				if _, err := os.Stat("../../" + file); err != nil {
					t.Errorf("%s mounts %v", name, err)
				}
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("%s uses the unknown volume %s", name, source)
			}
		}
	}
}

func TestDatabaseIsPersistentAndNotReachableFromOutside(t *testing.T) {
	c, _ := readCompose(t)
	p := c.Services["postgres"]
	if p.Image != "postgres:17" || !slices.Contains(p.Volumes, "postgres:/var/lib/postgresql/data") {
		t.Errorf("%s with %v: the folder of the volume changed in version 18", p.Image, p.Volumes)
	}
	for _, name := range []string{"postgres", "redis"} {
		s := c.Services[name]
		if len(s.Ports) > 0 || !slices.Equal(s.Networks, []string{"back"}) || !c.Networks["back"].Internal {
			t.Errorf("%s can be reached from outside: %v, %v", name, s.Ports, s.Networks)
		}
	}
}

func TestNoSecretHasADefault(t *testing.T) {
	_, text := readCompose(t)
	for _, use := range regexp.MustCompile(`\$\{[A-Z_]*(PASSWORD|SECRET|KEY)[^}]*\}`).FindAllString(text, -1) {
		if !strings.Contains(use, ":?") {
			t.Errorf("%s starts without being set", use)
		}
	}
	b, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if secret := regexp.MustCompile(`(?i)password|secret|DATABASE_URL`).Find(b); secret != nil {
		t.Errorf("the image contains a value of %s", secret)
	}
}

func TestNodesAreEqualAndKnownToTheProxy(t *testing.T) {
	c, _ := readCompose(t)
	a, b := c.Services["node-a"], c.Services["node-b"]
	if !maps.Equal(a.Environment, b.Environment) || a.Build != "." || b.Build != "." {
		t.Errorf("the nodes differ: %v, %v", a.Environment, b.Environment)
	}
	for _, name := range []string{
		"DATABASE_URL", "REDIS_URL", "TERMINPLAN_ADDR", "TERMINPLAN_DATA_DIR", "TERMINPLAN_PUBLIC_URL", "TERMINPLAN_TRUSTED_PROXIES",
	} {
		if a.Environment[name] == "" {
			t.Errorf("the nodes do not know %s", name)
		}
	}
	proxy, err := os.ReadFile("../../docs/deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"node-a:8080", "node-b:8080", "health_uri /readyz"} {
		if !strings.Contains(string(proxy), want) {
			t.Errorf("the proxy does not know %s", want)
		}
	}
	if open, closed := strings.Count(string(proxy), "{"), strings.Count(string(proxy), "}"); open != closed {
		t.Errorf("%d braces are opened and %d closed", open, closed)
	}
}

func TestTheImageIsBuiltFromEveryPackageOfTheProgram(t *testing.T) {
	b, err := os.ReadFile("../../.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"booking", "cmd", "hub", "static", "templates", "go.mod", "go.sum"} {
		if !strings.Contains(string(b), "\n!"+folder+"\n") {
			t.Errorf("%s is not copied to the builder", folder)
		}
	}
}
