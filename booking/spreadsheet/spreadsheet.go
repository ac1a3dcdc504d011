// Package spreadsheet reads and writes tables as files: CSV and XLSX. It decides by the content of
// a file and never runs a formula. It knows nothing of studios.
package spreadsheet

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Table is a header with the rows below it. A row may have fewer cells than the header, and more:
// those are wrong, since nobody knows in which column its cells belong. Sheet is the name of the
// sheet, if people see more than one.
type Table struct {
	Sheet   string
	Headers []string
	Rows    []Row
}

// Row is one row of a table. Line is the line of the file in which it begins, or the row of the
// sheet, from 1.
type Row struct {
	Line  int
	Cells []string
}

// Limits bound what a file may contain. The zero value of a field means its default.
type Limits struct {
	Bytes    int64 // of the file; 32 MiB
	Rows     int   // 200,000
	Columns  int   // 200
	Cell     int   // characters; 32,767 as in Excel
	Unpacked int64 // bytes of all parts of an XLSX file, and of all cells; 256 MiB
}

func (l Limits) withDefaults() Limits {
	d := Limits{Bytes: 32 << 20, Rows: 200_000, Columns: 200, Cell: 32_767, Unpacked: 256 << 20}
	if l.Bytes > 0 {
		d.Bytes = l.Bytes
	}
	if l.Rows > 0 {
		d.Rows = l.Rows
	}
	if l.Columns > 0 {
		d.Columns = l.Columns
	}
	if l.Cell > 0 {
		d.Cell = l.Cell
	}
	if l.Unpacked > 0 {
		d.Unpacked = l.Unpacked
	}
	return d
}

// The codes of errors.
const (
	TooBig         = "too_big"          // more bytes than the limit, packed or unpacked
	TooManyRows    = "too_many_rows"    // at Line
	TooManyColumns = "too_many_columns" // at Line
	CellTooLong    = "cell_too_long"    // at Line
	Encoding       = "encoding"         // Line has characters of another encoding, or a NUL
	OpenQuote      = "open_quote"       // a quotation mark at Line has no end
	Password       = "password"         // the file is encrypted
	OldFormat      = "old_format"       // a spreadsheet of another format: save it as XLSX
	NotATable      = "not_a_table"      // neither CSV nor XLSX
	Empty          = "empty"            // no header, or no row below it
)

// Error says why a file cannot be read. Line is 0 if no single line is the reason. Err is for
// the log.
type Error struct {
	Code string
	Line int
	Err  error
}

func (e *Error) Error() string {
	text := "reading the table: " + e.Code
	if e.Line > 0 {
		text += fmt.Sprintf(" in line %d", e.Line)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Read reads the table of a file. The header is the first row that is about as full as the rows
// below it and has no numbers, so titles above it are left out. Columns that the header does not
// name have an empty name if most rows fill them. It reads at most limits.Bytes and one byte of r. Errors of the file are of
// type *Error; errors of r are returned as they are. The name of the file decides nothing; it
// is in errors for the log.
func Read(r io.Reader, name string, limits Limits) (Table, error) {
	limits = limits.withDefaults()
	data, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return Table{}, fmt.Errorf("reading %q: %w", name, err)
	}
	if int64(len(data)) > limits.Bytes {
		return Table{}, &Error{Code: TooBig}
	}
	t := tableReader{limits: limits}
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		err = &Error{Code: Empty}
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		err = t.readXLSX(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		err = &Error{Code: OldFormat}
		if bytes.Contains(data, utf16Text("EncryptedPackage")) {
			err = &Error{Code: Password}
		}
	case isMarkup(data):
		err = &Error{Code: OldFormat}
	case isOther(data):
		err = &Error{Code: NotATable}
	default:
		err = t.readCSV(data)
	}
	if err != nil {
		return Table{}, err
	}
	return t.table()
}

func utf16Text(s string) (list []byte) {
	for _, unit := range utf16.Encode([]rune(s)) {
		list = append(list, byte(unit), byte(unit>>8))
	}
	return list
}

// isMarkup reports whether the file is a page or an XML document, as some programs write ".xls".
func isMarkup(data []byte) bool {
	start := strings.ToLower(string(bytes.TrimLeft(data[:min(len(data), 500)], "\ufeff \t\r\n")))
	return strings.HasPrefix(start, "<")
}

// isOther reports whether the file begins like a well-known format that is no table.
func isOther(data []byte) bool {
	for _, magic := range []string{"%PDF", "\x89PNG", "GIF8", "\xff\xd8\xff", "{\\rtf", "\x1f\x8b", "7z\xbc\xaf", "Rar!", "{", "["} {
		if bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 100)], " \t\r\n"), []byte(magic)) {
			return true
		}
	}
	return false
}

// tableReader collects the rows of a file until it knows the header.
type tableReader struct {
	sheet  string
	limits Limits
	rows   []Row
	bytes  int64
}

// add copies a row: its slice may be longer than what is filled, or be used again. Rows without a
// filled cell are left out.
func (t *tableReader) add(line int, cells []string) error {
	last := 0
	for i, cell := range cells {
		if utf8.RuneCountInString(cell) > t.limits.Cell {
			return &Error{Code: CellTooLong, Line: line}
		}
		if strings.ContainsRune(cell, 0) || !utf8.ValidString(cell) {
			return &Error{Code: Encoding, Line: line}
		}
		if strings.TrimSpace(cell) != "" {
			last = i + 1
		}
		t.bytes += int64(len(cell))
	}
	switch {
	case last == 0:
		return nil
	case last > t.limits.Columns:
		return &Error{Code: TooManyColumns, Line: line}
	case len(t.rows) > t.limits.Rows+maxTitles:
		return &Error{Code: TooManyRows, Line: line}
	case t.bytes > t.limits.Unpacked:
		return &Error{Code: TooBig, Line: line}
	}
	t.rows = append(t.rows, Row{line, slices.Clone(cells[:last])})
	return nil
}

// maxTitles is how many rows above the header are looked at.
const maxTitles = 20

// table finds the header and names the columns.
func (t *tableReader) table() (Table, error) {
	header := t.header()
	if len(t.rows) < header+2 {
		return Table{}, &Error{Code: Empty}
	}
	table := Table{Sheet: t.sheet, Rows: t.rows[header+1:]}
	if len(table.Rows) > t.limits.Rows {
		return Table{}, &Error{Code: TooManyRows, Line: table.Rows[t.limits.Rows].Line}
	}
	for _, cell := range t.rows[header].Cells {
		table.Headers = append(table.Headers, strings.Join(strings.Fields(cell), " "))
	}
	surplus, widest := 0, 0
	for _, row := range table.Rows {
		if len(row.Cells) > len(table.Headers) {
			surplus, widest = surplus+1, max(widest, len(row.Cells))
		}
	}
	if surplus > len(table.Rows)/2 {
		table.Headers = append(table.Headers, make([]string, widest-len(table.Headers))...)
	}
	return table, nil
}

// header returns the index of the header. Rows such as "As of; 1 Dec 2026" or the names of groups
// of columns are much emptier than most rows below them.
func (t *tableReader) header() int {
	first := t.rows[:min(len(t.rows), 2*maxTitles)]
	var counts []int
	for _, row := range first {
		if n := row.filled(); n >= 2 {
			counts = append(counts, n)
		}
	}
	if len(counts) == 0 {
		return 0 // a table of one column
	}
	slices.Sort(counts)
	usual := counts[len(counts)*3/4]
	header := -1
	for i, row := range first[:min(len(first)-1, maxTitles)] {
		switch n := row.filled(); {
		case n < 2 || n*5 < usual*3:
		case header < 0:
			header = i
		case n > first[header].filled() && slices.ContainsFunc(first[header].Cells, isValue):
			return i
		default:
			return header
		}
	}
	if header < 0 {
		header = max(0, slices.IndexFunc(first, func(row Row) bool { return row.filled() >= 2 }))
	}
	return header
}

// isValue reports whether a cell is a number, a date or an address, which are no names of columns.
func isValue(cell string) bool {
	return strings.ContainsFunc(cell, unicode.IsDigit) && !strings.ContainsFunc(cell, unicode.IsLetter) ||
		strings.Contains(strings.Trim(cell, "@"), "@")
}

func (r Row) filled() (n int) {
	for _, cell := range r.Cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}
