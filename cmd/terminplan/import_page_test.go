package main

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// On a phone, a manager sends the file of another system, looks at the columns and at the verdicts,
// and imports it. No page is wider than the screen.
func TestAFileIsImportedOnAPhone(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	file, err := filepath.Abs(filepath.Join("..", "..", "booking", "testdata", "import", "virtuagym-members.csv"))
	if err != nil {
		t.Fatal(err)
	}
	maja := p.seat(t, p.Staff(booking.RoleManager, "Maja Leitung"), phone)
	before := p.Int(`select count(*) from person`)
	const fits = `document.documentElement.scrollWidth <= innerWidth`
	maja.opens("/settings/data")
	maja.sees(fits)
	maja.do("chooses a file", chromedp.SetUploadFiles(`#file`, []string{file}, chromedp.ByQuery))
	maja.submits("#import-go")
	maja.sees(`document.querySelector("#column_3")?.value === "email" && document.querySelector("#column_1").value === "given_name"`)
	maja.sees(fits)
	maja.submits("#mapping-go")
	maja.reads("#run-go", "4 Mitglieder importieren")
	maja.sees(fits)
	maja.submits("#chip-wrong")
	maja.sees(`document.querySelectorAll(".import-rows tbody tr").length === 1`)
	maja.reads(".import-rows", "eva.lang@")
	if n := p.Int(`select count(*) from person`); n != before {
		t.Errorf("%d people were added before the last button", n-before)
	}
	maja.submits("#run-go")
	maja.reads(".import-result", "4 Zeilen sind neu dazugekommen.")
	maja.reads("#next-kind", "Guthaben importieren")
	maja.sees(fits)
	if n := p.Int(`select count(*) from person`); n != before+4 {
		t.Errorf("%d people were added, want 4", n-before)
	}
}
