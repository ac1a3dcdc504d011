package spreadsheet

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// sheet is an XLSX file with the rows of its sheet and the texts that cells share as XML.
func sheet(t *testing.T, rows, shared string) string {
	t.Helper()
	const space = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	parts := map[string]io.Reader{}
	f, err := excelize.OpenReader(strings.NewReader(workbook(t, func(*excelize.File) {})))
	if err != nil {
		t.Fatal(err)
	}
	f.Pkg.Range(func(name, part any) bool {
		parts[name.(string)] = strings.NewReader(string(part.([]byte)))
		return true
	})
	parts["xl/worksheets/sheet1.xml"] = strings.NewReader(`<worksheet` + space + `><sheetData>` + rows + `</sheetData></worksheet>`)
	if shared != "" {
		parts["xl/sharedStrings.xml"] = strings.NewReader(`<sst` + space + `>` + shared + `</sst>`)
	}
	return packed(t, parts)
}

// A small file can say that one long text is in very many cells of a row, and excelize holds whole rows.
func TestRowsWithMoreCellsThanTheLimitAreRefusedBeforeTheyAreRead(t *testing.T) {
	t.Parallel()
	cells := func(n int) string { return strings.Repeat(`<c t="s"><v>0</v></c>`, n) }
	// Cells with a blank count for excelize and not for Read: only the check before sees them.
	const blank = `<si><t xml:space="preserve"> </t></si>`
	const text = `<si><r><t>long </t></r><r><t>text</t></r></si>`
	for name, c := range map[string]struct {
		rows, shared, code string
		line               int
	}{
		"as many as the limit":       {`<row r="1">` + cells(2) + `</row><row r="3">` + cells(20) + `</row>`, text, "", 0},
		"one more":                   {`<row r="1">` + cells(2) + `</row><row r="3">` + cells(21) + `</row>`, blank, TooManyColumns, 3},
		"a row in pieces":            {`<row r="4">` + cells(15) + `</row><row r="4">` + cells(15) + `</row>`, blank, TooManyColumns, 4},
		"a row that goes back":       {`<row r="4">` + cells(15) + `</row><row r="2">` + cells(15) + `</row>`, blank, TooManyColumns, 4},
		"rows without numbers":       {`<row>` + cells(15) + `</row><row>` + cells(15) + `</row>`, text, "", 0},
		"formulas without a value":   {`<row>` + strings.Repeat(`<c><f>1</f></c>`, 21) + `</row>`, text, TooManyColumns, 1},
		"a formula far to the right": {`<row>` + cells(2) + `<c r="XFD1"><f>""</f></c></row>`, text, TooManyColumns, 1},
		"texts of very many pieces": {
			`<row>` + cells(2) + `</row>`, `<si>` + strings.Repeat(`<r><t/></r>`, 1001) + `</si>`,
			CellTooLong, 0,
		},
		"empty cells with a format": {
			`<row>` + cells(2) + strings.Repeat(`<c s="0"/>`, 500) + `</row><row>` + cells(2) + `</row>`,
			text, "", 0,
		},
		"a text in another encoding": {`<row>` + cells(2) + `</row>`, `<?xml version="1.0" encoding="utf-16"?><si/>`, NotATable, 0},
	} {
		_, err := Read(strings.NewReader(sheet(t, c.rows, c.shared)), "x", Limits{Columns: 20})
		var got *Error
		if errors.As(err, &got); err == nil && c.code == "" {
			continue
		}
		if got == nil || got.Code != c.code || got.Line != c.line {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A row takes as much memory as its filled cells, whatever lies behind them in the file. The test is
// not parallel, since it measures.
func TestRowsDoNotKeepTheEmptyCellsBehindThem(t *testing.T) {
	const rows, behind = 100, 50_000
	data := "a,b\n" + strings.Repeat("1,2"+strings.Repeat(",", behind)+"\n", rows)
	inUse := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := inUse()
	table := read(t, data)
	kept := inUse() - before
	if all := int64(rows * behind * 16); kept > all/4 || len(table.Rows) != rows {
		t.Errorf("%d rows keep %d bytes, all cells are %d", len(table.Rows), kept, all)
	}
	runtime.KeepAlive(data)
}

func TestTextRowsOfNothingButSeparatorsAreRefused(t *testing.T) {
	t.Parallel()
	commas := strings.Repeat(",", maxSeparators/2)
	for name, c := range map[string]struct {
		data string
		line int
	}{
		"one line":                    {"a,b\n1,2\n" + commas + commas + commas, 3},
		"lines that marks hold":       {"sep=,\na,b\n1,2\n" + strings.Repeat(commas+"\"\n\"", 3) + "\n", 4},
		"a mark that has no other":    {"a,b\n\"1,2\n" + commas + commas + commas, 2},
		"a header of only separators": {commas + commas + commas, 1},
	} {
		_, err := Read(strings.NewReader(c.data), "x", Limits{})
		var got *Error
		if !errors.As(err, &got) || got.Code != TooManyColumns {
			t.Errorf("%s: %v", name, err)
		} else if got.Line != c.line {
			t.Errorf("%s: line %d, want %d", name, got.Line, c.line)
		}
	}
}

// Excelize shows numbers with as many zeros as their format has.
func TestFormatsOfManyZerosAreNotShown(t *testing.T) {
	t.Parallel()
	data := workbook(t, func(f *excelize.File) {
		format := strings.Repeat("0", 200)
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			t.Fatal(err)
		}
		_ = f.SetSheetRow("Sheet1", "A1", &[]string{"A", "B"})
		_ = f.SetSheetRow("Sheet1", "A2", &[]int{7, 8})
		_ = f.SetCellStyle("Sheet1", "A2", "A2", style)
	})
	if got := shown(read(t, data)); got != `["A" "B"] 2["7" "8"]` {
		t.Error(got)
	}
}

func TestWorkbooksAreReadWithASmallLimit(t *testing.T) {
	t.Parallel()
	data := sheet(t, `<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c><c><v>4</v></c></row>`, "")
	table, err := Read(strings.NewReader(data), "x", Limits{Unpacked: 1 << 20})
	if err != nil || shown(table) != `["1" "2"] 2["3" "4"]` {
		t.Errorf("%s, %v", shown(table), err)
	}
}
