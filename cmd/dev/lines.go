package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode/utf8"
)

// lineLimits are the longest lines by the extension of the file, in characters. A tab counts
// as four.
var lineLimits = map[string]int{".go": 140, ".html": 200}

// lines reports lines that are too long in our own files.
func lines(context.Context, io.Writer) error {
	found, err := longLines(os.DirFS("."))
	if err != nil {
		return fmt.Errorf("measuring lines: %w", err)
	}
	if len(found) > 0 {
		return errors.New(strings.Join(found, "\n"))
	}
	return nil
}

// longLines lists the lines that are too long as file:line: length. It skips hidden folders
// and files made by tests.
func longLines(tree fs.FS) (found []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := entry.Name(); entry.IsDir() && (strings.HasPrefix(base, ".") && base != "." || base == "testdata") {
			return fs.SkipDir
		}
		limit, measured := lineLimits[path.Ext(name)]
		if !measured || entry.IsDir() {
			return nil
		}
		file, err := tree.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		scanner := bufio.NewScanner(file)
		for n := 1; scanner.Scan(); n++ {
			text := scanner.Text()
			if length := utf8.RuneCountInString(text) + 3*strings.Count(text, "\t"); length > limit {
				found = append(found, fmt.Sprintf("%s:%d: %d characters, at most %d", name, n, length, limit))
			}
		}
		return scanner.Err()
	})
	return found, err
}
