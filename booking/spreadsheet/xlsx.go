package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
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
)

// readXLSX reads the first visible sheet with two rows.
func (t *tableReader) readXLSX(data []byte) error {
	if err := t.checkParts(data); err != nil {
		return err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: t.limits.Unpacked, UnzipXMLSizeLimit: inMemory})
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	defer f.Close()
	if err := plainFormats(f); err != nil {
		return err
	}
	for _, sheet := range f.GetSheetList() {
		visible, err := f.GetSheetVisible(sheet)
		if err != nil || !visible {
			continue
		}
		t.rows, t.bytes = nil, 0
		if err := t.readSheet(f, sheet); err != nil {
			return err
		}
		if len(t.rows) > 1 {
			return nil
		}
	}
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

// checkParts looks at the parts of the archive before anything is unpacked, and at the lengths
// of the texts that cells share: one of them may be in every cell.
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
		total += min(part.UncompressedSize64, uint64(t.limits.Unpacked)+1)
		isLarge := strings.HasPrefix(name, "xl/worksheets/") || strings.HasPrefix(name, "xl/media/") || name == "xl/sharedstrings.xml"
		if total > uint64(t.limits.Unpacked) || len(names) > maxParts || !isLarge && part.UncompressedSize64 > maxPart {
			return &Error{Code: TooBig}
		}
		if name == "xl/sharedstrings.xml" {
			if err := t.checkShared(part); err != nil {
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

func (t *tableReader) checkShared(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return &Error{Code: NotATable, Err: err}
	}
	defer r.Close()
	decoder, length := xml.NewDecoder(r), 0
	decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("another encoding than UTF-8") }
	for {
		token, err := decoder.RawToken()
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "si" {
				length = 0
			}
		case xml.CharData:
			if length += len(token); length > t.limits.Cell*4 {
				return &Error{Code: CellTooLong}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &Error{Code: NotATable, Err: err}
		}
	}
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
	zeros       = regexp.MustCompile(`^0{2,}$`)
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
