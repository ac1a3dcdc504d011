package spreadsheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// separators are those of CSV files, the more telling first: commas are also in numbers.
var separators = []rune{';', '\t', ','}

// readCSV reads a text file with separators.
func (t *tableReader) readCSV(data []byte) error {
	text, err := decode(data)
	if err != nil {
		return err
	}
	if at := strings.IndexByte(text, 0); at >= 0 {
		return &Error{Code: Encoding, Line: 1 + strings.Count(text[:at], "\n")}
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	skipped := 0
	separator := rune(0)
	if first, rest, _ := strings.Cut(text, "\n"); len(first) == len("sep=;") && strings.EqualFold(first[:4], "sep=") {
		separator, text, skipped = rune(first[4]), rest, 1
		if !strings.ContainsRune("\t,;|", separator) {
			return &Error{Code: NotATable, Line: 1}
		}
	}
	if separator == 0 {
		separator = separatorOf(text)
	}
	lazy := !isStrict(text, separator) // marks inside of cells that are not doubled
	r := newRecords(text, separator, lazy)
	for {
		begin := r.InputOffset()
		cells, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, errManyCells) {
			return &Error{Code: TooManyColumns, Line: skipped + 1 + strings.Count(text[:begin], "\n")}
		}
		if err != nil {
			line := 0
			var parse *csv.ParseError
			if errors.As(err, &parse) {
				line = parse.StartLine + skipped
			}
			return &Error{Code: OpenQuote, Line: line, Err: err}
		}
		line, _ := r.FieldPos(0)
		line += skipped
		for i, cell := range cells {
			if lazy && strings.Count(cell, "\n") > maxBreaks {
				return &Error{Code: OpenQuote, Line: line}
			}
			cells[i] = WithoutGuard(cell)
		}
		if lazy && r.InputOffset() == int64(len(text)) && strings.Contains(cells[len(cells)-1], "\n") &&
			!strings.HasSuffix(strings.TrimSpace(text), `"`) {
			return &Error{Code: OpenQuote, Line: line}
		}
		if err := t.add(line, cells); err != nil {
			return err
		}
	}
}

// maxBreaks is how many line breaks a cell may have in a file with wrong quotation marks.
const maxBreaks = 50

// maxSeparators is how many separators one row may have, so that a row of nothing else takes little
// memory. Those inside of quotation marks count as well.
const maxSeparators = 1 << 20

var errManyCells = errors.New("too many cells in a row")

// records reads rows one by one; the slice of a row is used again for the next one.
type records struct {
	*csv.Reader
	rest      string
	separator string
	left      int // separators until the row is refused
}

func newRecords(text string, separator rune, lazy bool) *records {
	s := &records{rest: text, separator: string(separator)}
	s.Reader = csv.NewReader(readerFunc(s.read))
	s.Comma, s.LazyQuotes, s.FieldsPerRecord, s.ReuseRecord = separator, lazy, -1, true
	return s
}

func (s *records) next() ([]string, error) {
	s.left = maxSeparators
	return s.Read()
}

func (s *records) read(p []byte) (int, error) {
	if s.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, s.rest)
	if s.left -= strings.Count(s.rest[:n], s.separator); s.left < 0 {
		return 0, errManyCells
	}
	s.rest = s.rest[n:]
	return n, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func isStrict(text string, separator rune) bool {
	r := newRecords(text, separator, false)
	for {
		if _, err := r.next(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// separatorOf returns the separator that cuts the most of the first rows into the same number
// of cells.
func separatorOf(text string) rune {
	const looks = 20
	best, bestScore := ',', 0
	for _, separator := range separators {
		r := newRecords(text, separator, true)
		counts := map[int]int{}
		for range looks {
			cells, err := r.next()
			if err != nil {
				break
			}
			counts[len(cells)]++
		}
		for cells, n := range counts {
			if score := n*1000 + min(cells, 999); cells > 1 && score > bestScore {
				best, bestScore = separator, score
			}
		}
	}
	return best
}

// decode returns the text of a file in UTF-8 or UTF-16, or in Windows-1252 if it is neither. A
// file with several encodings is refused.
func decode(data []byte) (string, error) {
	if rest, found := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); found {
		data = rest
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", &Error{Code: Encoding, Err: err}
		}
		return string(text), refuseReplaced(string(text))
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	wrong, several := -1, false
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 && wrong < 0 {
			wrong = i
		}
		several = several || size > 1
		i += size
	}
	if several {
		return "", &Error{Code: Encoding, Line: 1 + bytes.Count(data[:wrong], []byte("\n"))}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	if err != nil {
		return "", &Error{Code: Encoding, Err: err}
	}
	return string(text), refuseReplaced(string(text))
}

// refuseReplaced refuses a text in which a decoder has replaced what it did not know.
func refuseReplaced(text string) error {
	if at := strings.IndexRune(text, utf8.RuneError); at >= 0 {
		return &Error{Code: Encoding, Line: 1 + strings.Count(text[:at], "\n")}
	}
	return nil
}
