package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

func TestCommittedVendorFilesMatchTheirSum(t *testing.T) {
	root := os.DirFS("../..")
	for _, v := range vendoredPackages {
		t.Run(path.Base(v.Dir), func(t *testing.T) {
			files, sum, err := v.committed(root)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(v.Files)); !slices.Equal(got, want) {
				t.Errorf("the folder holds %v, want %v", got, want)
			}
			if got := v.sum(files); got != sum {
				t.Errorf("%s does not describe the folder; it should be\n%s", sumFile, got)
			}
			for name, want := range v.SHA256 {
				if got := hash(files[name]); got != want {
					t.Errorf("%s has sha256 %s, want the verified %s", name, got, want)
				}
			}
		})
	}
}

func TestVendoredPackagesHaveLicenceAndVersion(t *testing.T) {
	for _, v := range vendoredPackages {
		if v.Files["LICENSE"] == "" {
			t.Errorf("%s is copied without its licence", v.Name)
		}
		if !strings.HasSuffix(v.Dir, "-"+v.Version) {
			t.Errorf("%s %s is in %s, which does not contain the version", v.Name, v.Version, v.Dir)
		}
	}
}

func TestChangedPackageIsRefused(t *testing.T) {
	tarball := tgz(t, map[string]string{"package/a.js": "let a", "package/LICENSE": "free"})
	good := vendored{
		Integrity: integrity(tarball),
		Files:     map[string]string{"a.js": "a.js", "LICENSE": "LICENSE"},
		SHA256:    map[string]string{"a.js": hash([]byte("let a"))},
	}
	files, err := good.unpack(tarball)
	if err != nil || string(files["a.js"]) != "let a" || len(files) != 2 {
		t.Fatalf("a correct package gave %v, %v", files, err)
	}

	for name, spoil := range map[string]func(*vendored){
		"another package":        func(v *vendored) { v.Integrity = "sha512-AAAA" },
		"another file":           func(v *vendored) { v.SHA256 = map[string]string{"a.js": hash([]byte("let b"))} },
		"a file that is missing": func(v *vendored) { v.Files = map[string]string{"b.js": "dist/b.js"} },
	} {
		v := good
		spoil(&v)
		if _, err := v.unpack(tarball); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func tgz(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func integrity(tarball []byte) string {
	sum := sha512.Sum512(tarball)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}
