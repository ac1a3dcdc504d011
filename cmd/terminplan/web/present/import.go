package present

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"terminplan/booking"
	"terminplan/templates"
)

// ImportPath is the address of an import.
func ImportPath(id int64) string { return fmt.Sprintf("/settings/data/import/%d", id) }

var importIcons = map[booking.ImportKind]string{
	booking.ImportMembers: "people", booking.ImportPacks: "coin", booking.ImportClassTypes: "lotus", booking.ImportClasses: "cal",
	booking.ImportSeries: "repeat", booking.ImportBookings: "ticket", booking.ImportWaitlist: "queue",
}

// imported says where to look at what was imported.
var importedAt = map[booking.ImportKind]string{
	booking.ImportMembers: "/members", booking.ImportPacks: "/members", booking.ImportClassTypes: "/settings/class-types",
}

// ImportKind is the name of what the rows of a file are.
func (pr Presenter) ImportKind(kind booking.ImportKind) string {
	return pr.Text("text.import_kind_" + string(kind))
}

// ImportField is the name of a field of rows, as it heads the columns of exports.
func (pr Presenter) ImportField(c booking.ImportColumn) string {
	if pr.Lang == templates.German {
		return c.De[0]
	}
	return c.En[0]
}

// DataPage returns the page on which files are imported and lists exported.
func (pr Presenter) DataPage(f Frame, d SettingsData, past []booking.Import, sent Sent) *templates.DataPage {
	f.Active = "settings"
	p := &templates.DataPage{
		Nav: pr.settingsNav(f.Studio, "data", d), FileHelp: pr.Text("text.import_file_help", "N", booking.ImportFileMax>>20),
	}
	chosen := sent.Values.Get("kind")
	if !booking.ImportKind(chosen).Known() {
		chosen = ""
	}
	for _, kind := range booking.ImportKinds {
		if chosen == "" {
			chosen = string(kind)
		}
		template := "/settings/data/templates/" + string(kind)
		p.Kinds = append(p.Kinds, templates.ImportKind{
			ID: string(kind), Icon: importIcons[kind], Name: pr.ImportKind(kind), Text: pr.Text("text.import_text_" + string(kind)),
			CSV: template + "?format=csv", XLSX: template + "?format=xlsx", Chosen: chosen == string(kind),
		})
	}
	if sent.Refused != nil {
		for _, e := range sent.Refused.All() {
			problem := templates.Problem{Text: pr.importRefusal(e)}
			if e.Field == "file" {
				p.Wrong = problem.Text
				problem.ID, problem.Label = "file", pr.Text("import.file")
			}
			p.Problems = append(p.Problems, problem)
		}
	}
	for _, im := range past {
		p.Past = append(p.Past, templates.PastImport{
			ID: im.ID, URL: ImportPath(im.ID), Name: pr.ImportKind(im.Kind), Facts: pr.importFile(im), When: pr.DateTime(im.CreatedAt),
			State: pr.Text("text.import_state_" + string(im.State)),
			Done:  im.State == booking.ImportDone, Failed: im.State == booking.ImportFailed,
		})
	}
	for _, list := range booking.ExportLists {
		at := "/settings/data/export/" + string(list)
		p.Exports = append(p.Exports, templates.Export{ID: string(list), Name: pr.ExportName(list), CSV: at, XLSX: at + "?format=xlsx"})
	}
	p.Layout = pr.Layout(f)
	return p
}

// importRefusal is the sentence of a refusal, with the line of the file.
func (pr Presenter) importRefusal(e *booking.Error) string {
	text := pr.Refusal(e)
	if line, ok := e.Args["line"].(int); ok && line > 0 {
		return pr.Text("text.import_at_line", "N", line, "Text", text)
	}
	return text
}

func (pr Presenter) importFile(im booking.Import) string {
	rows := pr.Text("text.import_count_rows", "N", im.Rows)
	if im.FileName == "" {
		return rows
	}
	return im.FileName + " · " + rows
}

func (pr Presenter) importPage(f Frame, d SettingsData, im booking.Import, step int) *templates.ImportPage {
	f.Active = "settings"
	p := &templates.ImportPage{
		Layout: pr.Layout(f), Nav: pr.settingsNav(f.Studio, "data", d),
		Title: pr.Text("text.import_of", "Kind", pr.ImportKind(im.Kind)), File: pr.importFile(im),
	}
	for i, name := range []string{"text.import_step_columns", "text.import_step_check", "text.import_step_done"} {
		p.Steps = append(p.Steps, templates.ImportStage{Name: pr.Text(name), Current: i+1 == step})
	}
	return p
}

// samplesOf returns up to three values of a column that are not empty.
func samplesOf(rows []booking.ImportRow, column int) (list []string) {
	for _, r := range rows {
		if column >= len(r.Cells) {
			continue
		}
		s := strings.TrimSpace(r.Cells[column])
		if s != "" && !slices.Contains(list, s) && len(list) < 3 {
			if letters := []rune(s); len(letters) > 40 {
				s = string(letters[:40]) + "…"
			}
			list = append(list, s)
		}
	}
	return list
}

// ImportMapping returns the page on which the columns of a file get their fields. sent holds
// the typed columns as "column_0" with the name of the field.
func (pr Presenter) ImportMapping(
	f Frame, d SettingsData, im booking.Import, rows []booking.ImportRow, sent Sent,
) *templates.ImportPage {
	if sent.Refused != nil && sent.Refused.Field == "" {
		f.Notice = pr.refused(sent.Refused)
	}
	p := pr.importPage(f, d, im, 1)
	fields := booking.ImportColumns(im.Kind)
	wrong := map[string]string{}
	m := &templates.ImportMapping{ID: im.ID, Updates: &templates.Field{
		ID: "updates", Name: "updates", Kind: "switch", Label: pr.Text("text.import_updates"), Help: pr.Text("text.import_updates_help"),
	}}
	updates := im.Updates
	if sent.Values != nil {
		updates = sent.Values.Get("updates") == "1"
	}
	if updates {
		m.Updates.Value = "1"
	}
	if !im.Kind.Updates() {
		m.Updates = nil
	}
	missing := sent.Refused
	if missing == nil {
		missing = booking.MissingColumns(im.Kind, im.Columns)
	}
	if missing != nil {
		for _, e := range missing.All() {
			field := slices.IndexFunc(fields, func(c booking.ImportColumn) bool { return c.Field == e.Field })
			if field < 0 {
				continue
			}
			name, why := pr.ImportField(fields[field]), pr.Refusal(e)
			text := name + ": " + why
			if e.Args["why"] == "no_column_of" {
				text = pr.oneColumnOf(fields, fields[field].Choice)
			}
			if sent.Refused == nil {
				m.Missing = append(m.Missing, text)
				continue
			}
			problem := templates.Problem{Label: name, Text: text}
			if at, ok := im.Columns[e.Field]; ok {
				problem.ID, problem.Text = importColumnID(at), why
				wrong[problem.ID] = why
			}
			m.Problems = append(m.Problems, problem)
		}
	}
	for i, header := range im.Headers {
		id := importColumnID(i)
		c := templates.ImportColumn{ID: id, Name: id, Header: header, Error: wrong[id]}
		if strings.TrimSpace(header) == "" {
			c.Header = pr.Text("text.import_no_header", "N", i+1)
		}
		if c.Samples = strings.Join(samplesOf(rows, i), " · "); c.Samples == "" {
			c.Samples = pr.Text("text.import_no_samples")
		}
		chosen := ""
		for field, at := range im.Columns {
			if at == i {
				chosen = field
			}
		}
		if sent.Values != nil {
			chosen = sent.Values.Get(id)
		}
		c.Options = []templates.Choice{{Name: pr.Text("text.import_skip"), Selected: chosen == ""}}
		for _, field := range fields {
			c.Options = append(c.Options, templates.Choice{
				Value: field.Field, Name: pr.ImportField(field), Selected: chosen == field.Field,
			})
		}
		m.Columns = append(m.Columns, c)
	}
	p.Mapping = m
	return p
}

// oneColumnOf says that a column is missing, and which fields of the choice it can have.
func (pr Presenter) oneColumnOf(fields []booking.ImportColumn, choice string) string {
	var names []string
	for _, c := range fields {
		if c.Choice == choice {
			names = append(names, pr.ImportField(c))
		}
	}
	return pr.Text("text.import_one_of", "Names", strings.Join(names, ", "))
}

func importColumnID(i int) string { return "column_" + strconv.Itoa(i) }

// ImportProgress is the part of the page that shows how far a step is.
func (pr Presenter) ImportProgress(im booking.Import) *templates.ImportProgress {
	done := min(im.Done, im.Rows)
	return &templates.ImportProgress{
		ID: im.ID, URL: ImportPath(im.ID), Title: pr.Text("text.import_title_" + string(im.State)),
		Text:    pr.Text("text.import_progress", "Done", pr.Lang.Number(done), "Rows", pr.Lang.Number(im.Rows)),
		Percent: done * 100 / max(1, im.Rows),
	}
}

// ImportRunning returns the page of an import while a step is running.
func (pr Presenter) ImportRunning(f Frame, d SettingsData, im booking.Import) *templates.ImportPage {
	p := pr.importPage(f, d, im, 2)
	p.Progress = pr.ImportProgress(im)
	return p
}

// FoundImportRows are rows of an import with the query that found them.
type FoundImportRows struct {
	Verdict booking.ImportVerdict // empty: all
	After   int                   // the line before the first row; 0: these are the first
	Rows    []booking.ImportRow
	More    bool
}

func (q FoundImportRows) url(id int64, after int) string {
	values := url.Values{}
	if q.Verdict != "" {
		values.Set("verdict", string(q.Verdict))
	}
	if after > 0 {
		values.Set("after", strconv.Itoa(after))
	}
	return withQuery(ImportPath(id), values)
}

var importVerdicts = []booking.ImportVerdict{
	booking.VerdictNew, booking.VerdictUpdate, booking.VerdictSame, booking.VerdictWrong,
}

// ImportChecked returns the page of the dry run, or of an import that failed.
func (pr Presenter) ImportChecked(f Frame, d SettingsData, im booking.Import, found FoundImportRows, sent Sent) *templates.ImportPage {
	p := pr.importPage(f, d, im, 2)
	c := &templates.ImportCheck{ID: im.ID, Retry: im.State == booking.ImportFailed}
	switch {
	case sent.Refused != nil:
		c.Notice = pr.refused(sent.Refused)
	case im.Why != "":
		c.Notice = Refused(pr.Text("text.import_why_" + im.Why))
	}
	p.Check = c
	if c.Retry {
		return p
	}
	if n := im.Counts[booking.VerdictNew] + im.Counts[booking.VerdictUpdate]; n > 0 {
		c.Go = pr.Text("text.import_go_"+string(im.Kind), "N", n)
	}
	left := []string{}
	for _, v := range []booking.ImportVerdict{booking.VerdictSame, booking.VerdictWrong} {
		if n := im.Counts[v]; n > 0 {
			left = append(left, pr.Text("text.import_left_"+string(v), "N", n))
		}
	}
	c.Left = strings.Join(left, " ")
	c.WrongCSV, c.WrongXL = wrongFiles(im)
	all := FoundImportRows{}
	c.Chips = []templates.ImportChip{{
		ID: "all", Name: pr.Text("text.import_all"), URL: all.url(im.ID, 0), Count: pr.Lang.Number(im.Rows), Current: found.Verdict == "",
	}}
	for _, v := range importVerdicts {
		if n := im.Counts[v]; n > 0 {
			c.Chips = append(c.Chips, templates.ImportChip{
				ID: string(v), Name: pr.Text("text.import_verdict_" + string(v)), URL: FoundImportRows{Verdict: v}.url(im.ID, 0),
				Count: pr.Lang.Number(n), Current: found.Verdict == v,
			})
		}
	}
	fields := slices.DeleteFunc(slices.Clone(booking.ImportColumns(im.Kind)), func(f booking.ImportColumn) bool {
		_, has := im.Columns[f.Field]
		return !has
	})
	for _, field := range fields {
		c.Columns = append(c.Columns, pr.ImportField(field))
	}
	for _, r := range found.Rows {
		line := templates.ImportLine{
			Line: r.Line, Verdict: string(r.Verdict), Name: pr.Text("text.import_verdict_" + string(r.Verdict)),
			Problems: pr.ImportProblems(im.Kind, r),
		}
		for i, field := range fields {
			text := ""
			if at := im.Columns[field.Field]; at < len(r.Cells) {
				text = strings.TrimSpace(r.Cells[at])
			}
			line.Cells = append(line.Cells, templates.ImportCell{Name: c.Columns[i], Text: text})
		}
		c.Rows = append(c.Rows, line)
	}
	if len(c.Rows) == 0 {
		c.None = pr.Text("text.import_no_rows")
	}
	if found.After > 0 {
		c.First = found.url(im.ID, 0)
	}
	if found.More {
		c.Next = found.url(im.ID, found.Rows[len(found.Rows)-1].Line)
	}
	return p
}

// ImportProblems are the problems of a row as sentences, each with the name of its field.
func (pr Presenter) ImportProblems(kind booking.ImportKind, r booking.ImportRow) (list []string) {
	for _, e := range r.Problems {
		text := pr.Refusal(e)
		for _, c := range booking.ImportColumns(kind) {
			if c.Field == e.Field {
				text = pr.ImportField(c) + ": " + text
				break
			}
		}
		list = append(list, text)
	}
	return list
}

func wrongFiles(im booking.Import) (csv, xlsx string) {
	if im.Counts[booking.VerdictWrong] == 0 {
		return "", ""
	}
	return ImportPath(im.ID) + "/wrong?format=csv", ImportPath(im.ID) + "/wrong?format=xlsx"
}

// ImportDone returns the page with the result of an import.
func (pr Presenter) ImportDone(f Frame, d SettingsData, im booking.Import) *templates.ImportPage {
	p := pr.importPage(f, d, im, 3)
	r := &templates.ImportResult{
		ID: im.ID, Title: pr.Text("text.import_done"), Invite: im.Kind == booking.ImportMembers && im.Counts[booking.VerdictNew] > 0,
		SeeURL: importedAt[im.Kind], See: pr.Text("text.import_see"),
	}
	if r.SeeURL == "" {
		r.SeeURL = "/schedule"
	}
	for _, v := range importVerdicts {
		if n := im.Counts[v]; n > 0 {
			r.Counts = append(r.Counts, pr.Text("text.import_did_"+string(v), "N", n))
		}
	}
	r.WrongCSV, r.WrongXL = wrongFiles(im)
	kinds := booking.ImportKinds
	if at := slices.Index(kinds, im.Kind) + 1; at > 0 && at < len(kinds) {
		next := kinds[at]
		r.Next, r.NextURL = pr.Text("text.import_of", "Kind", pr.ImportKind(next)), "/settings/data?kind="+string(next)
	}
	p.Result = r
	return p
}
