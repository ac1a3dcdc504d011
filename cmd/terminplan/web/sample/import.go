package sample

import (
	"net/url"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

func imports(pr present.Presenter, add func(string, templates.Page)) {
	f, d := of(mara, ""), present.SettingsData{}
	file := func(state booking.ImportState, change ...func(*booking.Import)) booking.Import {
		im := booking.Import{
			ID: 5, Kind: booking.ImportMembers, FileName: "Mitglieder Export.csv", Headers: []string{"Kd-Nr", "Name", "E-Mail", ""},
			Columns: map[string]int{"number": 0, "name": 1, "email": 2}, State: state, Rows: 320, CreatedAt: at(25, 13, 50),
			Counts: map[booking.ImportVerdict]int{
				booking.VerdictNew: 290, booking.VerdictUpdate: 4, booking.VerdictSame: 12, booking.VerdictWrong: 14,
			},
		}
		for _, c := range change {
			c(&im)
		}
		return im
	}
	rows := []booking.ImportRow{
		{Line: 2, Cells: []string{"1001", "Brandt, Lena", "lena@example.org", ""}, Verdict: booking.VerdictNew},
		{
			Line: 3, Cells: []string{"1002", "Brandt, Paul", "lena@", "x"}, Verdict: booking.VerdictWrong,
			Problems: []*booking.Error{wrong("email", "email"), refused(booking.NotFound)},
		},
		{Line: 4, Cells: []string{"1003", "Vogt, Mara", "mara@example.org"}, Verdict: booking.VerdictSame},
		{Line: 5, Cells: []string{"1004", "Kaya, Derya"}, Verdict: booking.VerdictUpdate},
	}
	why := func(code string) func(*booking.Import) { return func(im *booking.Import) { im.Why = code } }
	past := []booking.Import{file(booking.ImportDone), file(booking.ImportFailed, why("interrupted")), file(booking.ImportChecked)}
	past[1].ID, past[1].FileName, past[2].ID = 6, "", 7
	add("data", pr.DataPage(f, d, past, present.Sent{}))
	tooBig := wrong("file", "file_too_big")
	tooBig.Args["limit"], tooBig.Args["line"] = 32, 7
	add("data_wrong", pr.DataPage(f, d, nil, present.Sent{Values: url.Values{"kind": {"packs"}}, Refused: tooBig}))
	add("import_columns", pr.ImportMapping(f, d, file(booking.ImportUploaded), rows, present.Sent{}))
	nameless := file(booking.ImportUploaded, func(im *booking.Import) { im.Columns = map[string]int{"email": 2} })
	add("import_columns_missing", pr.ImportMapping(f, d, nameless, rows, present.Sent{}))
	add("import_columns_wrong", pr.ImportMapping(f, d, file(booking.ImportUploaded), rows, present.Sent{
		Values: url.Values{"column_2": {"email"}, "column_1": {"email"}, "updates": {"1"}}, Refused: wrong("email", "field_twice"),
	}))
	add("import_running", pr.ImportRunning(f, d, file(booking.ImportRunning, func(im *booking.Import) { im.Done = 100 })))
	found := present.FoundImportRows{Rows: rows, More: true}
	add("import_checked", pr.ImportChecked(f, d, file(booking.ImportChecked), found, present.Sent{}))
	found.Verdict, found.After = booking.VerdictWrong, 2
	add("import_changed", pr.ImportChecked(f, d, file(booking.ImportChecked), found, present.Sent{Refused: refused(booking.ImportChanged)}))
	same := file(booking.ImportChecked, why("import_changed"), func(im *booking.Import) {
		im.Counts = map[booking.ImportVerdict]int{booking.VerdictSame: 320}
	})
	add("import_nothing", pr.ImportChecked(f, d, same, present.FoundImportRows{Verdict: booking.VerdictNew}, present.Sent{}))
	add("import_failed", pr.ImportChecked(f, d, file(booking.ImportFailed, why("busy")), found, present.Sent{}))
	add("import_done", pr.ImportDone(f, d, file(booking.ImportDone)))
	add("import_done_last", pr.ImportDone(f, d, file(booking.ImportDone, func(im *booking.Import) { im.Kind = booking.ImportWaitlist })))
}
