package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

func read(t *testing.T, data string) Table {
	t.Helper()
	table, err := Read(strings.NewReader(data), "x", Limits{})
	if err != nil {
		t.Fatalf("%.80q: %v", data, err)
	}
	return table
}

// shown is a table in one line for each row, with the lines of the file.
func shown(table Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q", table.Headers)
	for _, row := range table.Rows {
		fmt.Fprintf(&b, " %d%q", row.Line, row.Cells)
	}
	return b.String()
}

func TestTextFilesOfManyShapesAreTheSameTable(t *testing.T) {
	t.Parallel()
	const want = `["Name" "Ort"] 2["Müller, Jörg" "Köln"] 3["Ann" ""]`
	utf16le := func(s string) string { return "\xff\xfe" + string(utf16Text(s)) }
	for name, data := range map[string]string{
		"semicolon":    "Name;Ort\nMüller, Jörg;Köln\nAnn;\"\"x",
		"comma":        "Name,Ort\r\n\"Müller, Jörg\",Köln\r\nAnn,\r\n",
		"tab":          "Name\tOrt\nMüller, Jörg\tKöln\nAnn\t\n",
		"bom":          "\ufeffName;Ort\nMüller, Jörg;Köln\nAnn;\n",
		"windows-1252": "Name;Ort\nM\xfcller, J\xf6rg;K\xf6ln\nAnn;\n",
		"utf-16":       utf16le("Name;Ort\r\nMüller, Jörg;Köln\r\nAnn;\r\n"),
		"cr":           "Name;Ort\rMüller, Jörg;Köln\rAnn;\r",
	} {
		if name == "semicolon" {
			data = "Name;Ort\nMüller, Jörg;Köln\nAnn;\n"
		}
		if got := strings.Replace(shown(read(t, data)), `3["Ann"]`, `3["Ann" ""]`, 1); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTextFilesWithWartsAreRead(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"sep=|\nA|B\n1|2\n":                        `["A" "B"] 3["1" "2"]`,
		"Mitglieder vom 1.1.\n\nA;B\n1;2\n\n\n3;4": `["A" "B"] 4["1" "2"] 7["3" "4"]`,
		"A;B;\n1;2;\n":                             `["A" "B"] 2["1" "2"]`,
		"A;;C\n1;2;3\n":                            `["A" "" "C"] 2["1" "2" "3"]`,
		"A;B\n1;2\n1;2\n1;2;3;\n":                  `["A" "B"] 2["1" "2"] 3["1" "2"] 4["1" "2" "3"]`,
		"A;B\n1;2;\n1;2;3\n1;2;3\n":                `["A" "B" ""] 2["1" "2"] 3["1" "2" "3"] 4["1" "2" "3"]`,
		"Liste;Dezember\nStand:;1.12.2026\nPerson;;;Kontakt;\n" +
			"Nr;Name;Ort;Mail;Tel\n1;L;B;m@x.de;5\n2;T;;;6\n": `["Nr" "Name" "Ort" "Mail" "Tel"] ` +
			`5["1" "L" "B" "m@x.de" "5"] 6["2" "T" "" "" "6"]`,
		"Stand:;1.12.2026\nNr;Name;Mail\n1;L;m@x.de\n": `["Nr" "Name" "Mail"] 3["1" "L" "m@x.de"]`,
		"Name;2025;2026\nLena;x;\nTom;x;x\n":           `["Name" "2025" "2026"] 2["Lena" "x"] 3["Tom" "x" "x"]`,
		"1;a@b.de\n2;c@d.de\n":                         `["1" "a@b.de"] 2["2" "c@d.de"]`,
		"A;A\n1\n":                                     `["A" "A"] 2["1"]`,
		"A;B\n5\" Rohr;x \"y\" z\n":                    `["A" "B"] 2["5\" Rohr" "x \"y\" z"]`,
		"A;B\n\"zwei\nZeilen\";x\n1;2\n":               `["A" "B"] 2["zwei\nZeilen" "x"] 4["1" "2"]`,
		"Name;Preis\nLena;10,5\nTom;12,5\n":            `["Name" "Preis"] 2["Lena" "10,5"] 3["Tom" "12,5"]`,
		"E-Mail\na@b.de\nc@d.de\n":                     `["E-Mail"] 2["a@b.de"] 3["c@d.de"]`,
		"A;B\n'=1;''=1\n'+49 1;'s Hof\n":               `["A" "B"] 2["=1" "'=1"] 3["+49 1" "'s Hof"]`,
	} {
		if got := shown(read(t, data)); got != want {
			t.Errorf("%q: %s, want %s", data, got, want)
		}
	}
}

func TestFilesThatAreNoTableSayWhy(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]Error{
		"":                                     {Code: Empty},
		" \n\n":                                {Code: Empty},
		"A;B\n":                                {Code: Empty},
		"A;B\nü;2\nx;\xfc\n":                   {Code: Encoding, Line: 3},
		"A;B\n1;\x81\n":                        {Code: Encoding, Line: 2},
		"A;B\n1;2\n3;\x004\n":                  {Code: Encoding, Line: 3},
		"A;B\n1;\"offen\n3;4\n5;6":             {Code: OpenQuote, Line: 2},
		"%PDF-1.7 x":                           {Code: NotATable},
		"{\"a\": 1}":                           {Code: NotATable},
		"<html><table>":                        {Code: OldFormat},
		"PK\x03\x04garbage":                    {Code: NotATable},
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 xls": {Code: OldFormat},
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + string(utf16Text("EncryptedPackage")): {Code: Password},
		"A;B\n" + strings.Repeat("x", 32_768) + ";1\n":                             {Code: CellTooLong, Line: 2},
		"A;B\n" + strings.Repeat("x;", 201) + "1\n":                                {Code: TooManyColumns, Line: 2},
		"A;B\n" + strings.Repeat("1;2\n", 200_001):                                 {Code: TooManyRows, Line: 200_002},
	} {
		_, err := Read(strings.NewReader(data), "x", Limits{})
		var got *Error
		if !errors.As(err, &got) || got.Code != want.Code || got.Line != want.Line {
			t.Errorf("%.40q: %v, want %v", data, err, &want)
		}
	}
}

// endless is a reader without an end that counts what is taken.
type endless struct{ taken int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "A;B\n"[(e.taken+int64(i))%4]
	}
	e.taken += int64(len(p))
	return len(p), nil
}

func TestNoMoreThanTheLimitIsTakenFromAStream(t *testing.T) {
	t.Parallel()
	stream := &endless{}
	_, err := Read(stream, "x", Limits{Bytes: 1 << 20})
	var got *Error
	if !errors.As(err, &got) || got.Code != TooBig || stream.taken != 1<<20+1 {
		t.Errorf("%v after %d bytes", err, stream.taken)
	}
}

// packed is an archive with these parts.
func packed(t *testing.T, parts map[string]io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range parts {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(part, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestArchivesThatUnpackToTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	zeros := func(n int64) io.Reader { return io.LimitReader(&endless{}, n) }
	text := func(s string) io.Reader { return strings.NewReader(s) }
	for name, c := range map[string]struct {
		parts map[string]io.Reader
		code  string
	}{
		"sheet":  {map[string]io.Reader{"xl/workbook.xml": text("<x/>"), "xl/worksheets/sheet1.xml": zeros(3 << 20)}, TooBig},
		"styles": {map[string]io.Reader{"xl/workbook.xml": text("<x/>"), "xl/styles.xml": zeros(3 << 20)}, TooBig},
		"one text": {map[string]io.Reader{
			"xl/workbook.xml": text("<x/>"), "xl/sharedStrings.xml": io.MultiReader(text("<sst><si><t>"), zeros(1<<20),
				text("</t></si></sst>")),
		}, CellTooLong},
		"ods": {map[string]io.Reader{
			"mimetype":    text("application/vnd.oasis.opendocument.spreadsheet"),
			"content.xml": text("<x/>"),
		}, OldFormat},
		"xlsb":   {map[string]io.Reader{"xl/workbook.bin": text("x")}, OldFormat},
		"photos": {map[string]io.Reader{"a.jpg": text("x")}, NotATable},
	} {
		_, err := Read(strings.NewReader(packed(t, c.parts)), "x", Limits{Unpacked: 2 << 20})
		var got *Error
		if !errors.As(err, &got) || got.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A part whose size is a lie is not unpacked beyond it.
func TestAnArchiveThatLiesAboutItsSizeIsRefused(t *testing.T) {
	t.Parallel()
	data := packed(t, map[string]io.Reader{
		"xl/workbook.xml": strings.NewReader("<x/>"), "xl/sharedStrings.xml": io.LimitReader(&endless{}, 3<<20),
	})
	honest := []byte{0, 0, 0x30, 0} // 3 MiB
	if strings.Count(data, string(honest)) == 0 {
		t.Fatal("the size is not in the archive")
	}
	lie := strings.ReplaceAll(data, string(honest), "\x10\x00\x00\x00")
	var got *Error
	if _, err := Read(strings.NewReader(lie), "x", Limits{}); !errors.As(err, &got) {
		t.Errorf("%v", err)
	}
}

// workbook is an XLSX file whose first sheet edit fills.
func workbook(t *testing.T, edit func(f *excelize.File)) string {
	t.Helper()
	f := excelize.NewFile()
	edit(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWorkbooksAreReadAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	for _, date1904 := range []bool{false, true} {
		data := workbook(t, func(f *excelize.File) {
			on := date1904
			_ = f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &on})
			set := func(cell string, value any, format string) {
				_ = f.SetCellValue("Sheet1", cell, value)
				if format != "" {
					style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
					if err != nil {
						t.Fatal(err)
					}
					_ = f.SetCellStyle("Sheet1", cell, cell, style)
				}
			}
			set("A1", "Mitglieder", "")
			for i, header := range []string{"Nr", "Telefon", "Ab", "Beginn", "Zeit", "Punkte", "Formel", "Ja"} {
				set(fmt.Sprintf("%c3", 'A'+i), header, "")
			}
			at := time.Date(2026, 12, 31, 18, 20, 0, 0, time.UTC)
			set("A4", 7, "00000")
			set("B4", int64(4915112345678), "")
			set("C4", at.Truncate(24*time.Hour), "dd.mm.yyyy")
			set("D4", at, `dd"."mm"."yy hh:mm`)
			set("E4", 0.75, "h:mm AM/PM")
			set("F4", 1234.5, `#,##0.00 "Euro"`)
			_ = f.SetCellFormula("Sheet1", "G4", `HYPERLINK("http://x.test","y")`)
			set("H4", true, "")
			set("A6", "0042", "")
			set("B6", "+49 151", "")
		})
		got := shown(read(t, data))
		want := `["Nr" "Telefon" "Ab" "Beginn" "Zeit" "Punkte" "Formel" "Ja"] ` +
			`4["00007" "4915112345678" "2026-12-31" "2026-12-31 18:20" "18:00" "1234.5" "" "TRUE"] 6["0042" "+49 151"]`
		if got != want {
			t.Errorf("1904 %v:\n%s, want\n%s", date1904, got, want)
		}
	}
}

func TestTheFirstVisibleSheetWithRowsIsRead(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File) {
		for _, sheet := range []string{"Versteckt", "Leer", "Daten"} {
			_, _ = f.NewSheet(sheet)
		}
		for _, sheet := range []string{"Versteckt", "Daten"} {
			_ = f.SetSheetRow(sheet, "A1", &[]string{"A", sheet})
			_ = f.SetSheetRow(sheet, "A2", &[]string{"1", "2"})
		}
		_ = f.SetSheetVisible("Versteckt", false)
	})
	if got := shown(read(t, data)); got != `["A" "Daten"] 2["1" "2"]` {
		t.Error(got)
	}
}

// hostile are cells that spreadsheets run, or that are hard to write.
var hostile = []string{
	"=cmd|'/c calc'!A0", "@SUM(A1)", "+1", "-1", "\t=1", " =1", "\r=1", "\n=1", "'=1", "''@x", "'s", "+49 151 234", "a;b,c\td", `"x"`,
	"zwei\nZeilen", "", "Müller", "＝1", "2026-12-31", "2026-12-31 18:00", "007", "12", "-5", "\u00a0=1", "'", "e@x.de", "\u200b=2",
}

func hostileTable() Table {
	table := Table{Headers: []string{"=A", "B"}}
	for i, cell := range hostile {
		table.Rows = append(table.Rows, Row{i + 2, []string{cell, "x"}})
	}
	return table
}

func TestWrittenFilesHaveNoFormulasAndAreReadAsTheyWere(t *testing.T) {
	t.Parallel()
	table := hostileTable()
	for _, separator := range []rune{';', ',', '\t'} {
		var b bytes.Buffer
		if err := WriteCSV(&b, separator, table); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(b.String(), "\ufeff")))
		r.Comma = separator
		records, err := r.ReadAll()
		if err != nil || len(records) != len(hostile)+1 {
			t.Fatalf("%d records, %v", len(records), err)
		}
		for _, record := range records {
			if cell := strings.TrimLeft(record[0], " \t\r\n\u00a0\u200b"); cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
				t.Errorf("the cell %q would run", record[0])
			}
		}
		compare(t, b.String(), table)
	}
	var b bytes.Buffer
	if err := WriteXLSX(&b, "A/B: [x]", table); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	for row := range len(hostile) + 1 {
		cell := fmt.Sprintf("A%d", row+1)
		if formula, err := f.GetCellFormula(f.GetSheetList()[0], cell); err != nil || formula != "" {
			t.Errorf("%s is the formula %q, %v", cell, formula, err)
		}
	}
	compare(t, b.String(), table)
}

// compare reads a file and compares its cells. Line breaks are one character in CSV.
func compare(t *testing.T, data string, table Table) {
	t.Helper()
	again := read(t, data)
	if !reflect.DeepEqual(again.Headers, table.Headers) || len(again.Rows) != len(table.Rows) {
		t.Fatalf("%q with %d rows", again.Headers, len(again.Rows))
	}
	for i, row := range again.Rows {
		got, want := strings.ReplaceAll(row.Cells[0], "\r", "\n"), strings.ReplaceAll(table.Rows[i].Cells[0], "\r", "\n")
		if got != want {
			t.Errorf("%q is read as %q", want, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, data := range []string{"A;B\n1;2\n", "sep=,\na,b\n\"x\"\"\",2", "\xff\xfeA\x00;\x00", "PK\x03\x04", "A\tB\n'=1\t2"} {
		f.Add([]byte(data))
	}
	book := excelize.NewFile()
	_ = book.SetSheetRow("Sheet1", "A1", &[]string{"A", "B"})
	_ = book.SetSheetRow("Sheet1", "A2", &[]any{1, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read(bytes.NewReader(data), "x", Limits{Rows: 100, Columns: 20, Unpacked: 1 << 20})
		if err != nil {
			return
		}
		if len(table.Rows) == 0 || len(table.Rows) > 100 || len(table.Headers) > 20 {
			t.Errorf("%d rows, %d columns", len(table.Rows), len(table.Headers))
		}
	})
}
