package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// inMemory is how large a sheet and the texts of a workbook may be before excelize puts them
	// into temporary files.
	inMemory = 16 << 20
	// maxPart bounds the parts that excelize reads as a whole, such as styles.
	maxPart  = 8 << 20
	maxParts = 2000
	// maxDeflated is how many times smaller a large part may be than its content. Tables are 5 to 50
	// times smaller; a gigabyte of zeros, which would take a minute to read, is a thousand times.
	maxDeflated = 200
)

// minColumns is how many columns a table has that is no cover, on which names of facts stand before
// the facts.
const minColumns = 3

// readXLSX reads the first visible sheet with a table of three columns, else the longest one.
func (t *tableReader) readXLSX(data []byte) error {
	if err := t.checkParts(data); err != nil {
		return err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: t.limits.Unpacked, UnzipXMLSizeLimit: min(inMemory, t.limits.Unpacked),
	})
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	defer f.Close()
	f.CharsetTranscoder(onlyUTF8) // checkCells has seen nothing else
	if err := plainFormats(f); err != nil {
		return err
	}
	var sheets []string
	for _, sheet := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(sheet); err == nil && visible {
			sheets = append(sheets, sheet)
		}
	}
	var best []Row
	for _, sheet := range sheets {
		t.rows, t.bytes = nil, 0
		if err := t.readSheet(f, sheet); err != nil {
			return err
		}
		if len(t.rows) > max(1, len(best)) {
			best = t.rows
			if len(sheets) > 1 {
				t.sheet = sheet
			}
		}
		if len(t.rows) > 1 && len(t.rows[t.header()].Cells) >= minColumns {
			break
		}
	}
	t.rows = best
	return nil
}

func (t *tableReader) readSheet(f *excelize.File, sheet string) error {
	rows, err := f.Rows(sheet)
	if err != nil {
		return nil // a sheet of charts
	}
	defer rows.Close()
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			return &Error{Code: NotATable, Line: line, Err: err}
		}
		for i, cell := range cells {
			cells[i] = plainDate(cell)
		}
		if err := t.add(line, cells); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	return nil
}

// checkParts looks at the parts of the archive before anything is unpacked, at the lengths of the
// texts that cells share, as one of them may be in every cell, and at how many cells a row has,
// since excelize holds whole rows.
func (t *tableReader) checkParts(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	var names []string
	var total uint64
	for _, part := range archive.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		names = append(names, name)
		size := part.UncompressedSize64
		total += min(size, uint64(t.limits.Unpacked)+1)
		isLarge := strings.HasPrefix(name, "xl/worksheets/") || strings.HasPrefix(name, "xl/media/") || name == "xl/sharedstrings.xml"
		isBomb := size > maxPart && size/maxDeflated > part.CompressedSize64
		if total > uint64(t.limits.Unpacked) || len(names) > maxParts || !isLarge && size > maxPart || isBomb {
			return &Error{Code: TooBig}
		}
	}
	for i, part := range archive.File {
		name := names[i]
		if name == "xl/sharedstrings.xml" {
			if err := t.checkShared(part); err != nil {
				return err
			}
		} else if !strings.HasPrefix(name, "xl/media/") {
			if err := t.checkCells(part); err != nil {
				return err
			}
		}
	}
	switch {
	case slices.Contains(names, "xl/workbook.xml"):
		return nil
	case slices.Contains(names, "mimetype") && slices.Contains(names, "content.xml"), slices.Contains(names, "xl/workbook.bin"):
		return &Error{Code: OldFormat} // ODS, XLSB
	}
	return &Error{Code: NotATable}
}

func onlyUTF8(string, io.Reader) (io.Reader, error) {
	return nil, errors.New("another encoding than UTF-8")
}

func newDecoder(r io.Reader) *xml.Decoder {
	decoder := xml.NewDecoder(r)
	decoder.CharsetReader = onlyUTF8
	return decoder
}

// maxRuns is how many differently formatted pieces a shared text may have.
const maxRuns = 1000

func (t *tableReader) checkShared(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	defer r.Close()
	decoder, length, runs := newDecoder(r), 0, 0
	for {
		token, err := decoder.RawToken()
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "si":
				length, runs = 0, 0
			case "r":
				runs++
			}
		case xml.CharData:
			length += len(token)
		}
		if length > t.limits.Cell*4 || runs > maxRuns {
			return &Error{Code: CellTooLong}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &Error{Code: NotATable, Err: err}
		}
	}
}

// checkCells refuses a part that would be a sheet with more cells in a row than the limit, or with one
// behind it, wherever the part lies in the archive. Empty cells do not count. Several <row> with the same number are one row.
// The check ends where the part is no XML; excelize ends there too.
func (t *tableReader) checkCells(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	defer r.Close()
	decoder := newDecoder(r)
	row, last, cells, column, filled := 0, 0, 0, 0, false
	for {
		token, err := decoder.RawToken()
		if err != nil {
			return nil
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "row":
			row++
			if n, err := strconv.Atoi(reference(start)); err == nil && n != 0 {
				row = n
			}
			if row > last {
				last, cells = row, 0
			}
		case "c":
			column, filled = 0, false
			if name := strings.TrimRight(reference(start), "0123456789"); name != "" {
				column, _ = excelize.ColumnNameToNumber(name)
			}
		case "v", "is", "f":
			if !filled {
				filled = true
				cells++
			}
			if max(cells, column) > t.limits.Columns {
				return &Error{Code: TooManyColumns, Line: last}
			}
		}
	}
}

// reference is the number of a row, or the name of a cell such as B7; empty if the element has none.
func reference(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "r" {
			return a.Value
		}
	}
	return ""
}

// dateMark begins the text of every cell whose format is that of a date or a time. The
// character is for private use: no cell has it for another reason.
const dateMark = "\ue000"

// plainFormats gives all dates one format, and leaves numbers without any, so that cells are
// read as they are meant and not as they are shown. Formats such as 00000 stay: the zeros are
// part of a number of a member.
func plainFormats(f *excelize.File) error {
	code := `"` + dateMark + `"yyyy-mm-dd hh:mm:ss`
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	if f.Styles == nil || f.Styles.CellXfs == nil {
		return nil
	}
	date, none := *f.Styles.CellXfs.Xf[style].NumFmtID, 1<<20
	codes := map[int]string{}
	if f.Styles.NumFmts != nil {
		for _, format := range f.Styles.NumFmts.NumFmt {
			codes[format.NumFmtID] = format.FormatCode
		}
	}
	for i := range f.Styles.CellXfs.Xf {
		id := 0
		if at := f.Styles.CellXfs.Xf[i].NumFmtID; at != nil {
			id = *at
		}
		switch {
		case id == date, zeros.MatchString(codes[id]):
		case isDate(id, codes[id]):
			f.Styles.CellXfs.Xf[i].NumFmtID = &date
		default:
			f.Styles.CellXfs.Xf[i].NumFmtID = &none
		}
	}
	return nil
}

var (
	zeros       = regexp.MustCompile(`^0{2,32}$`)
	elapsed     = regexp.MustCompile(`(?i)\[[hms]+\]`)
	notInFormat = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|_.|\*.`)
)

// isDate reports whether a number format is that of a date or a time (ECMA-376, 18.8.30).
func isDate(id int, code string) bool {
	if code == "" {
		return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
	}
	plain := strings.ToLower(notInFormat.ReplaceAllString(code, ""))
	return elapsed.MatchString(code) || !strings.HasPrefix(plain, "general") && strings.ContainsAny(plain, "ymdhs")
}

// plainDate returns a cell that plainFormats has marked as ISO text: a date, a time of day, or
// both.
func plainDate(cell string) string {
	text, marked := strings.CutPrefix(cell, dateMark)
	if !marked {
		return cell
	}
	day, clock, _ := strings.Cut(text, " ")
	clock = strings.TrimSuffix(clock, ":00")
	switch {
	case slices.Contains([]string{"1899-12-30", "1899-12-31", "1900-01-00", "1904-01-01"}, day):
		return clock // the number is below 1
	case clock == "00:00":
		return day
	}
	return day + " " + clock
}
