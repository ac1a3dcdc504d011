package spreadsheet

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Writer writes a table row by row, the header first. Close ends the file, not the writer below.
type Writer interface {
	Write(cells []string) error
	Close() error
}

// WriteCSV writes a table as NewCSV does.
func WriteCSV(w io.Writer, separator rune, table Table) error {
	return writeAll(NewCSV(w, separator), table)
}

// WriteXLSX writes a table as NewXLSX does.
func WriteXLSX(w io.Writer, name string, table Table) error {
	x, err := NewXLSX(w, name)
	if err != nil {
		return err
	}
	return writeAll(x, table)
}

func writeAll(w Writer, table Table) error {
	err := w.Write(table.Headers)
	for _, row := range table.Rows {
		if err != nil {
			break
		}
		err = w.Write(row.Cells)
	}
	if closing := w.Close(); err == nil {
		err = closing
	}
	return err
}

type csvWriter struct {
	out       *bufio.Writer
	separator string
}

// NewCSV writes CSV that spreadsheets open as it is meant: UTF-8 with a byte order mark, CRLF,
// and no cell that they would run. The cells that they would run get an apostrophe, which Read
// removes.
func NewCSV(w io.Writer, separator rune) Writer {
	out := bufio.NewWriter(w)
	out.WriteString("\ufeff")
	return &csvWriter{out, string(separator)}
}

func (c *csvWriter) Write(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			c.out.WriteString(c.separator)
		}
		safe := guarded(cell)
		alone := len(cells) == 1 && safe == "" // would be an empty line
		if alone || safe != cell || strings.ContainsAny(safe, "\"\r\n"+c.separator) || safe != strings.TrimSpace(safe) {
			safe = `"` + strings.ReplaceAll(safe, `"`, `""`) + `"`
		}
		c.out.WriteString(safe)
	}
	if _, err := c.out.WriteString("\r\n"); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

func (c *csvWriter) Close() error {
	if err := c.out.Flush(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

type xlsxWriter struct {
	to                    io.Writer
	file                  *excelize.File
	stream                *excelize.StreamWriter
	row                   int
	bold, date, dateClock int
}

// NewXLSX writes a workbook with one sheet: a bold header that stays in view, dates and whole
// numbers as such, everything else as text, which no spreadsheet runs. The rows are in a
// temporary file until Close.
func NewXLSX(w io.Writer, name string) (Writer, error) {
	x := &xlsxWriter{to: w, file: excelize.NewFile()}
	err := x.begin(name)
	if err != nil {
		x.file.Close()
		return nil, fmt.Errorf("writing XLSX: %w", err)
	}
	return x, nil
}

func (x *xlsxWriter) begin(name string) error {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) {
			return ' '
		}
		return r
	}, name), "' ")
	if runes := []rune(name); len(runes) > 31 {
		name = string(runes[:31])
	}
	if name == "" {
		name = "Sheet1"
	}
	day, clock := "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
	if err := x.file.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	var err error
	if x.bold, err = x.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}}); err != nil {
		return err
	}
	if x.date, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &day}); err != nil {
		return err
	}
	if x.dateClock, err = x.file.NewStyle(&excelize.Style{CustomNumFmt: &clock}); err != nil {
		return err
	}
	if x.stream, err = x.file.NewStreamWriter(name); err != nil {
		return err
	}
	if err = x.stream.SetColWidth(1, 40, 18); err != nil {
		return err
	}
	return x.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

var plainNumber = regexp.MustCompile(`^(?:0|-?[1-9]\d{0,14})$`)

func (x *xlsxWriter) Write(cells []string) error {
	x.row++
	values := make([]any, len(cells))
	for i, cell := range cells {
		values[i] = x.value(cell)
	}
	at, err := excelize.CoordinatesToCellName(1, x.row)
	if err != nil {
		return fmt.Errorf("writing XLSX: %w", err)
	}
	if err := x.stream.SetRow(at, values); err != nil {
		return fmt.Errorf("writing XLSX: %w", err)
	}
	return nil
}

func (x *xlsxWriter) value(cell string) any {
	if x.row == 1 {
		return excelize.Cell{StyleID: x.bold, Value: cell}
	}
	if plainNumber.MatchString(cell) {
		if n, err := strconv.ParseInt(cell, 10, 64); err == nil {
			return n
		}
	}
	for style, layout := range map[int]string{x.date: time.DateOnly, x.dateClock: "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, cell); err == nil && t.Year() > 1900 {
			return excelize.Cell{StyleID: style, Value: t}
		}
	}
	if cell == "" {
		return nil
	}
	if utf8.RuneCountInString(cell) > excelize.TotalCellChars {
		cell = string([]rune(cell)[:excelize.TotalCellChars])
	}
	return cell
}

func (x *xlsxWriter) Close() error {
	defer x.file.Close()
	if err := x.stream.Flush(); err != nil {
		return fmt.Errorf("writing XLSX: %w", err)
	}
	if err := x.file.Write(x.to); err != nil {
		return fmt.Errorf("writing XLSX: %w", err)
	}
	return nil
}
