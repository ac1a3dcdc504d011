package web

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/booking/spreadsheet"
	"terminplan/cmd/terminplan/web/present"
)

// The pages of imports (rule 34). An import has one address; what it shows follows its state.

type importJSON struct {
	ID        int64                         `json:"id"`
	Kind      booking.ImportKind            `json:"kind"`
	FileName  string                        `json:"file_name"`
	Headers   []string                      `json:"headers"`
	Columns   map[string]int                `json:"columns"`
	Updates   bool                          `json:"updates"`
	State     booking.ImportState           `json:"state"`
	Rows      int                           `json:"rows"`
	Done      int                           `json:"done"`
	Counts    map[booking.ImportVerdict]int `json:"counts"`
	Why       string                        `json:"why,omitempty"`
	CreatedAt time.Time                     `json:"created_at"`
	EndedAt   *time.Time                    `json:"ended_at,omitempty"`
}

func toImportJSON(im booking.Import) importJSON {
	return importJSON{
		im.ID, im.Kind, im.FileName, im.Headers, im.Columns, im.Updates, im.State, im.Rows, im.Done, im.Counts, im.Why, im.CreatedAt,
		instant(im.EndedAt),
	}
}

type importRowJSON struct {
	Line     int                   `json:"line"`
	Cells    []string              `json:"cells"`
	Verdict  booking.ImportVerdict `json:"verdict"`
	TargetID int64                 `json:"target_id,omitempty"`
	Problems []fieldProblem        `json:"problems,omitempty"`
}

// dataPage shows what can be imported, and the imports so far.
func (s *Server) dataPage(r *request) (response, error) {
	list, err := s.engine.Imports(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	out := []importJSON{}
	for _, im := range list {
		out = append(out, toImportJSON(im))
	}
	return response{json: map[string]any{"imports": out}, page: s.renderData(r, present.Sent{Values: r.query.values})}, nil
}

func (s *Server) renderData(r *request, sent present.Sent) func() error {
	return func() error {
		d, err := s.settingsData(r)
		if err != nil {
			return err
		}
		list, err := s.engine.Imports(r.Request.Context(), r.actor)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).DataPage(s.frame(r), d, list, sent))
	}
}

// importOf reads the import that the path names.
func (s *Server) importOf(r *request) (booking.Import, error) {
	id, err := r.idParam()
	if err != nil {
		return booking.Import{}, err
	}
	return s.engine.Import(r.Request.Context(), r.actor, id)
}

// importRowsPerPage is the number of rows on a page, and at most in a JSON response.
const importRowsPerPage = 50

func (s *Server) readImportRows(r *request, id int64) (found present.FoundImportRows, err error) {
	found.Verdict = booking.ImportVerdict(r.query.values.Get("verdict"))
	found.After = r.query.number("after", 0, booking.ImportRowsMax*10, 0)
	if err = r.query.failed(); err != nil {
		return found, err
	}
	found.Rows, err = s.engine.ImportRows(r.Request.Context(), r.actor, id, found.Verdict, found.After, importRowsPerPage+1)
	if found.More = len(found.Rows) > importRowsPerPage; found.More {
		found.Rows = found.Rows[:importRowsPerPage]
	}
	return found, err
}

// importPage shows an import as far as it is.
func (s *Server) importPage(r *request) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	res := response{json: toImportJSON(im), page: s.renderImport(r, im, present.Sent{})}
	switch im.State {
	case booking.ImportUploaded:
		if r.format != asJSON {
			return response{redirect: present.ImportPath(im.ID) + "/columns"}, nil
		}
	case booking.ImportChecking, booking.ImportRunning:
		res.part = func() error { return s.renderFragment(r, "import_progress", s.present(r).ImportProgress(im)) }
	default:
		if r.format == asFragment { // the step has ended: show the whole page
			return response{redirect: present.ImportPath(im.ID), reload: true}, nil
		}
	}
	return res, nil
}

func (s *Server) renderImport(r *request, im booking.Import, sent present.Sent) func() error {
	return func() error {
		d, err := s.settingsData(r)
		if err != nil {
			return err
		}
		pr, f := s.present(r), s.frame(r)
		switch im.State {
		case booking.ImportChecking, booking.ImportRunning:
			return s.renderPage(r, pr.ImportRunning(f, d, im))
		case booking.ImportDone:
			return s.renderPage(r, pr.ImportDone(f, d, im))
		}
		found, err := s.readImportRows(r, im.ID)
		if err != nil {
			return err
		}
		return s.renderPage(r, pr.ImportChecked(f, d, im, found, sent))
	}
}

// importRows lists the rows of an import as JSON; browsers see them on the page of the import.
func (s *Server) importRows(r *request) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	found, err := s.readImportRows(r, im.ID)
	if err != nil {
		return response{}, err
	}
	out := []importRowJSON{}
	for _, row := range found.Rows {
		one := importRowJSON{Line: row.Line, Cells: row.Cells, Verdict: row.Verdict, TargetID: row.TargetID}
		for _, e := range row.Problems {
			why, _ := e.Args["why"].(string)
			one.Problems = append(one.Problems, fieldProblem{e.Field, e.Code, why, s.present(r).Refusal(e)})
		}
		out = append(out, one)
	}
	return response{json: map[string]any{"rows": out, "more": found.More}, redirect: present.ImportPath(im.ID)}, nil
}

// importColumns shows which column of the file has which field.
func (s *Server) importColumns(r *request) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	if r.format != asJSON && (im.State == booking.ImportDone || im.State == booking.ImportChecking || im.State == booking.ImportRunning) {
		return response{redirect: present.ImportPath(im.ID), reload: true}, nil
	}
	return response{json: toImportJSON(im), page: s.renderMapping(r, im, present.Sent{})}, nil
}

// importSamples is how many rows are looked at for samples of a column.
const importSamples = 50

func (s *Server) renderMapping(r *request, im booking.Import, sent present.Sent) func() error {
	return func() error {
		d, err := s.settingsData(r)
		if err != nil {
			return err
		}
		rows, err := s.engine.ImportRows(r.Request.Context(), r.actor, im.ID, "", 0, importSamples)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).ImportMapping(s.frame(r), d, im, rows, sent))
	}
}

// mapImport saves the columns and starts the dry run. The form sends the field of each column,
// an app the column of each field.
func (s *Server) mapImport(r *request) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	columns := map[string]int{}
	for _, c := range booking.ImportColumns(im.Kind) {
		if r.form.has("field_" + c.Field) {
			columns[c.Field] = r.form.number("field_"+c.Field, 0, booking.ImportColumnsMax, 0)
		}
	}
	for name := range r.form.values {
		number, isColumn := strings.CutPrefix(name, "column_")
		field := r.form.values.Get(name)
		if !isColumn || field == "" {
			continue
		}
		at, err := strconv.Atoi(number)
		if err != nil {
			return response{}, invalid(name, "column")
		}
		if _, twice := columns[field]; twice {
			r.form.wrong(field, "field_twice")
		}
		columns[field] = at
	}
	updates := r.form.flag("updates")
	err = r.form.failed()
	if err == nil {
		_, err = s.engine.MapImport(r.Request.Context(), r.actor, im.ID, columns, updates)
	}
	var checked booking.Import
	if err == nil {
		checked, err = s.engine.CheckImport(r.Request.Context(), r.actor, im.ID)
	}
	if err != nil {
		im.Columns = columns
		return response{}, s.redisplaySettings(r, err, s.renderMapping(r, im, r.sent(refusal(err))))
	}
	return response{redirect: present.ImportPath(im.ID), json: toImportJSON(checked)}, nil
}

// checkImport repeats the dry run.
func (s *Server) checkImport(r *request) (response, error) {
	return s.stepImport(r, s.engine.CheckImport)
}

// runImport imports the rows.
func (s *Server) runImport(r *request) (response, error) {
	return s.stepImport(r, s.engine.RunImport)
}

// removeImport deletes a file that was not imported.
func (s *Server) removeImport(r *request) (response, error) {
	im, err := s.importOf(r)
	if err == nil {
		err = s.engine.RemoveImport(r.Request.Context(), r.actor, im.ID)
	}
	if err != nil {
		return response{}, err
	}
	return response{redirect: "/settings/data", notice: s.receipt(r, "receipt.import_removed"), json: struct{}{}}, nil
}

// wrongRows is the file of the rows that are not imported, with the reasons in a column.
func (s *Server) wrongRows(r *request) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	pr := s.present(r)
	table := spreadsheet.Table{Headers: append([]string{pr.Text("text.import_reason")}, im.Headers...)}
	for after := 0; ; {
		rows, err := s.engine.ImportRows(r.Request.Context(), r.actor, im.ID, booking.VerdictWrong, after, 1000)
		if err != nil {
			return response{}, err
		}
		for _, row := range rows {
			cells := append([]string{strings.Join(pr.ImportProblems(im.Kind, row), " ")}, row.Cells...)
			table.Rows = append(table.Rows, spreadsheet.Row{Line: row.Line, Cells: cells})
			after = row.Line
		}
		if len(rows) < 1000 {
			break
		}
	}
	return response{}, s.writeTable(r, pr.Text("text.import_wrong_name"), table)
}

// importTemplate is a file with the columns of a kind and an example.
func (s *Server) importTemplate(r *request) (response, error) {
	kind := booking.ImportKind(r.Param("kind"))
	fields := booking.ImportColumns(kind)
	if len(fields) == 0 {
		return response{}, refuse(booking.NotFound)
	}
	pr := s.present(r)
	table := spreadsheet.Table{Rows: []spreadsheet.Row{{Line: 2}}}
	for _, c := range fields {
		if c.Instead {
			continue
		}
		table.Headers = append(table.Headers, pr.ImportField(c))
		table.Rows[0].Cells = append(table.Rows[0].Cells, pr.ImportExample(kind, c.Field))
	}
	return response{}, s.writeTable(r, pr.ImportKind(kind), table)
}

// writeTable writes a table as a file to be kept, in the format of the query: csv or xlsx. CSV has
// the separator that spreadsheets expect in the language of the reader.
func (s *Server) writeTable(r *request, name string, table spreadsheet.Table) error {
	var body bytes.Buffer
	var err error
	kind, ext := "text/csv; charset=utf-8", ".csv"
	switch r.query.values.Get("format") {
	case "", "csv":
		separator := ','
		if r.lang == "de" {
			separator = ';'
		}
		err = spreadsheet.WriteCSV(&body, separator, table)
	case "xlsx":
		kind, ext = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
		err = spreadsheet.WriteXLSX(&body, name, table)
	default:
		err = invalid("format", "choice")
	}
	if err != nil {
		return err
	}
	r.Header("Content-Disposition", contentDisposition(name+ext))
	r.Data(200, kind, body.Bytes())
	return nil
}

// problemOfFile turns the reason why a file cannot be read into a refusal.
func problemOfFile(err error) error {
	var e *spreadsheet.Error
	if !errors.As(err, &e) {
		return err
	}
	out := invalid("file", "file_"+e.Code)
	if e.Line > 0 {
		out.Args["line"] = e.Line
	}
	return out
}
