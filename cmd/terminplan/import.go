package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/booking/spreadsheet"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/static"
	"terminplan/templates"
)

// importCommand imports a file as an owner, as the page does.
type importCommand struct {
	File      string             `arg:"" help:"CSV or XLSX file." type:"existingfile"`
	Kind      booking.ImportKind `required:"" help:"What the rows are, such as members."`
	DryRun    bool               `help:"Only print what would happen to the rows."`
	Map       map[string]int     `help:"Columns that were guessed wrong, from 1: --map email=3. 0: no column." placeholder:"FIELD=COLUMN"`
	Updates   bool               `help:"Rows may change people and things that are there already."`
	SkipWrong bool               `help:"Import the other rows although some are wrong."`
	Failed    string             `help:"Write the rows that are wrong to this CSV file." type:"path" placeholder:"FILE"`
	Database
}

// importProblems is how many rows that are wrong are printed.
const importProblems = 20

// errWrongRows is the error of an import with rows that are wrong.
var errWrongRows = errors.New("some rows are wrong")

// importFile runs the dry run and, unless rows are wrong, the run.
func importFile(ctx context.Context, c importCommand, out, logs io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	if !c.Kind.Known() {
		return fmt.Errorf("--kind %s: rows are one of %v", c.Kind, booking.ImportKinds)
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	table, err := spreadsheet.Read(f, filepath.Base(c.File), spreadsheet.Limits{Bytes: booking.ImportFileMax})
	if err != nil {
		return fmt.Errorf("reading %s: %w", c.File, err)
	}
	log := c.logger(logs)
	engine, leave, err := joinEngine(ctx, c.Database, booking.Options{Log: log, Patient: true})
	if err != nil {
		return err
	}
	defer leave()
	owner, err := engine.OwnerActor(ctx)
	if err != nil {
		return err
	}
	studio, err := engine.Studio(ctx)
	if err != nil {
		return err
	}
	set, err := templates.New(templates.Options{Asset: static.Pack().URL})
	if err != nil {
		return err
	}
	pr := present.Presenter{Messages: set, Lang: templates.Lang(studio.Language), Zone: studio.Zone, Now: time.Now(), Staff: true}
	im, err := engine.CreateImport(ctx, owner, booking.NewImport{Kind: c.Kind, FileName: c.File, Table: table})
	if err == nil {
		im, err = engine.MapImport(ctx, owner, im.ID, c.columns(im.Columns), c.Updates)
	}
	if err == nil {
		im, err = engine.CheckImport(ctx, owner, im.ID)
	}
	if err != nil {
		return importError(pr, c.Kind, err)
	}
	if im.State != booking.ImportChecked {
		return errors.New(pr.Text("text.import_why_" + im.Why))
	}
	for _, v := range []booking.ImportVerdict{booking.VerdictNew, booking.VerdictUpdate, booking.VerdictSame, booking.VerdictWrong} {
		fmt.Fprintf(out, "%-14s %d\n", pr.Text("text.import_verdict_"+string(v)), im.Counts[v])
	}
	if err := c.tellWrong(ctx, engine, owner, pr, im, out); err != nil {
		return err
	}
	wrong := im.Counts[booking.VerdictWrong] > 0
	writes := im.Counts[booking.VerdictNew]+im.Counts[booking.VerdictUpdate] > 0
	if c.DryRun || wrong && !c.SkipWrong || !writes {
		if err := engine.RemoveImport(ctx, owner, im.ID); err != nil {
			return err
		}
	}
	switch {
	case c.DryRun && wrong:
		return errWrongRows
	case c.DryRun:
		return nil
	case wrong && !c.SkipWrong:
		return fmt.Errorf("%w: nothing was imported; --skip-wrong imports the others", errWrongRows)
	case !writes:
		fmt.Fprintln(out, pr.Refusal(&booking.Error{Code: booking.ImportNothing}))
		return nil
	}
	if im, err = engine.RunImport(ctx, owner, im.ID); err != nil {
		return importError(pr, c.Kind, err)
	}
	if im.State != booking.ImportDone {
		return errors.New(pr.Text("text.import_why_" + im.Why))
	}
	fmt.Fprintln(out, pr.Text("text.import_done"))
	return nil
}

// columns are the guessed columns with those of the command.
func (c importCommand) columns(guessed map[string]int) map[string]int {
	columns := maps.Clone(guessed)
	for field, at := range c.Map {
		maps.DeleteFunc(columns, func(f string, n int) bool { return f == field || n == at-1 })
		if at != 0 {
			columns[field] = at - 1
		}
	}
	return columns
}

// tellWrong prints the first rows that are wrong, and writes all of them to a file.
func (c importCommand) tellWrong(
	ctx context.Context, e *booking.Engine, owner booking.Actor, pr present.Presenter, im booking.Import, out io.Writer,
) error {
	table := spreadsheet.Table{Headers: append([]string{pr.Text("text.import_reason")}, im.Headers...)}
	for after := 0; ; {
		rows, err := e.ImportRows(ctx, owner, im.ID, booking.VerdictWrong, after, 1000)
		if err != nil {
			return err
		}
		for _, r := range rows {
			why := strings.Join(pr.ImportProblems(im.Kind, r), " ")
			if len(table.Rows) < importProblems {
				fmt.Fprintln(out, pr.Text("text.import_at_line", "N", r.Line, "Text", why))
			}
			table.Rows = append(table.Rows, spreadsheet.Row{Line: r.Line, Cells: append([]string{why}, r.Cells...)})
			after = r.Line
		}
		if len(rows) < 1000 {
			break
		}
	}
	if c.Failed == "" || len(table.Rows) == 0 {
		return nil
	}
	f, err := os.OpenFile(c.Failed, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it has names and addresses
	if err != nil {
		return err
	}
	separator := ','
	if pr.Lang == templates.German {
		separator = ';'
	}
	return errors.Join(spreadsheet.WriteCSV(f, separator, table), f.Close())
}

// importError is a refusal as sentences, each with its field.
func importError(pr present.Presenter, kind booking.ImportKind, err error) error {
	var refused *booking.Error
	if !errors.As(err, &refused) {
		return err
	}
	return errors.New(strings.Join(pr.ImportProblems(kind, booking.ImportRow{Problems: refused.All()}), " "))
}
