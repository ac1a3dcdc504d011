package spreadsheet

import (
	"strings"
	"unicode"
)

// runs reports whether a spreadsheet would take a cell of a text file for a formula: its first
// character that is no blank is one of = + - @, also in full width, or it begins with a tab or a
// line break.
func runs(cell string) bool {
	if cell == "" {
		return false
	}
	if strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return true
	}
	rest := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	return rest != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(rest)[0])
}

// guarded returns a cell that no spreadsheet runs: with an apostrophe before it. A cell that
// looks guarded already gets one more, so that WithoutGuard returns every cell as it was.
func guarded(cell string) string {
	if runs(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// WithoutGuard removes the apostrophe that WriteCSV puts before cells that a spreadsheet would
// run.
func WithoutGuard(cell string) string {
	if strings.HasPrefix(cell, "'") && runs(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}
