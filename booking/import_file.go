package booking

import (
	"context"
	"errors"
	"path"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"terminplan/booking/spreadsheet"
)

// Limits of files that are imported.
const (
	ImportFileMax    = 32 << 20 // bytes
	ImportRowsMax    = 200_000
	ImportColumnsMax = 200
	importNameMax    = 200 // characters of the name of the file that are kept
	importGuessRows  = 200 // rows that are looked at to guess the columns
)

// NewImport is a file to import. Its columns are guessed.
type NewImport struct {
	Kind     ImportKind
	FileName string // as the browser sends it; the name of the sheet is added to it
	Table    spreadsheet.Table
}

// CreateImport saves the rows of a file. Nothing else is changed before RunImport. Refusals:
// Forbidden, Invalid, ImportEmpty.
func (e *Engine) CreateImport(ctx context.Context, a Actor, n NewImport) (Import, error) {
	if !a.Can(EditSettings) {
		return Import{}, refuse(Forbidden)
	}
	if !n.Kind.Known() {
		return Import{}, invalid("kind", "choice")
	}
	switch {
	case len(n.Table.Rows) == 0:
		return Import{}, &Error{Code: ImportEmpty, Field: "file"}
	case len(n.Table.Rows) > ImportRowsMax:
		return Import{}, &Error{Code: Invalid, Field: "file", Args: map[string]any{"why": "rows", "limit": ImportRowsMax}}
	case len(n.Table.Headers) > ImportColumnsMax:
		return Import{}, &Error{Code: Invalid, Field: "file", Args: map[string]any{"why": "columns", "limit": ImportColumnsMax}}
	}
	headers := make([]string, len(n.Table.Headers))
	for i, h := range n.Table.Headers {
		headers[i] = cellText(h)
	}
	sample := n.Table.Rows[:min(len(n.Table.Rows), importGuessRows)]
	columns := GuessColumns(n.Kind, headers, column(sample, func(r spreadsheet.Row) []string { return r.Cells }))
	var id int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `set local statement_timeout = '1min'; set local idle_in_transaction_session_timeout = '1min'`)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `
			insert into import (kind, file_name, headers, columns, rows, created_by) values ($1, $2, $3, $4, $5, $6) returning id`,
			n.Kind, fileName(n.FileName, n.Table.Sheet), headers, columns, len(n.Table.Rows), a.ID).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"import_row"}, []string{"import_id", "line", "cells"},
			pgx.CopyFromSlice(len(n.Table.Rows), func(i int) ([]any, error) {
				r := n.Table.Rows[i]
				cells := make([]string, len(r.Cells))
				for i := range cells {
					cells[i] = cellText(r.Cells[i])
				}
				return []any{id, r.Line, cells}, nil
			}))
		return err
	})
	if err != nil {
		return Import{}, during("saving the file of an import", err)
	}
	return e.Import(ctx, a, id)
}

// cellText is the text of a cell as PostgreSQL takes it.
func cellText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// fileName is the last part of a path with the name of the sheet, if there is one, without
// characters that are not seen.
func fileName(name, sheet string) string {
	name = path.Base(strings.ReplaceAll(cellText(name), `\`, "/"))
	if sheet != "" {
		name += " (" + cellText(sheet) + ")"
	}
	name = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.In(c, unicode.Cf) {
			return -1
		}
		return c
	}, name)
	letters := []rune(strings.TrimSpace(name))
	letters = letters[:min(len(letters), importNameMax)]
	if name = string(letters); name == "." || name == "/" {
		return ""
	}
	return name
}

// MapImport says which column of the file has which field, and whether rows of people and
// things that are there already may change them. The dry run is needed again. Refusals:
// Forbidden, NotFound, Invalid, ImportBusy, ImportOver.
func (e *Engine) MapImport(ctx context.Context, a Actor, id int64, columns map[string]int, updates bool) (Import, error) {
	err := e.editImport(ctx, a, id, func(tx pgx.Tx, im *Import) error {
		switch im.State {
		case ImportChecking, ImportRunning:
			return refuse(ImportBusy)
		case ImportDone:
			return refuse(ImportOver)
		}
		if err := checkColumns(im, columns); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`update import set columns = $2, updates = $3, state = 'uploaded', why = '', ended_at = null,
			counts = '{}', digest = null, checked_at = null where id = $1`, id, notNilMap(columns), updates)
		b.Queue(`update import_row set verdict = '', target_id = null, problems = '[]' where import_id = $1 and verdict <> ''`, id)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return Import{}, err
	}
	return e.Import(ctx, a, id)
}

func notNilMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

// checkColumns returns an Invalid error for fields that the kind does not have, and for
// columns that the file does not have or that have two fields.
func checkColumns(im *Import, columns map[string]int) error {
	var f Faults
	taken := map[int]bool{}
	known := 0
	for _, c := range ImportColumns(im.Kind) {
		at, ok := columns[c.Field]
		if !ok {
			continue
		}
		known++
		f.Want(at >= 0 && at < len(im.Headers), c.Field, "column")
		f.Want(!taken[at], c.Field, "column_twice")
		taken[at] = true
	}
	f.Want(known == len(columns), "columns", "column")
	return f.Err()
}

// MissingColumns returns an Invalid error that names the fields which the rows need and no
// column has; nil if none is missing. Of fields of which one is enough it names the first.
func MissingColumns(kind ImportKind, columns map[string]int) *Error {
	var f Faults
	has, first := map[string]bool{}, map[string]string{}
	for _, c := range ImportColumns(kind) {
		_, ok := columns[c.Field]
		if c.Required {
			f.Want(ok, c.Field, "no_column")
		}
		if c.Choice != "" && first[c.Choice] == "" {
			first[c.Choice] = c.Field
		}
		has[c.Choice] = has[c.Choice] || ok
	}
	for _, c := range ImportColumns(kind) {
		if c.Choice != "" && first[c.Choice] == c.Field {
			f.Want(has[c.Choice], c.Field, "no_column_of")
		}
	}
	var missing *Error
	errors.As(f.Err(), &missing)
	return missing
}

// RemoveImport deletes a file that was not imported, with its rows. Refusals: Forbidden,
// NotFound, ImportBusy, ImportOver.
func (e *Engine) RemoveImport(ctx context.Context, a Actor, id int64) error {
	return e.editImport(ctx, a, id, func(tx pgx.Tx, im *Import) error {
		switch im.State {
		case ImportChecking, ImportRunning:
			return refuse(ImportBusy)
		case ImportDone:
			return refuse(ImportOver)
		}
		_, err := tx.Exec(ctx, `delete from import where id = $1`, id)
		return err
	})
}

// editImport runs edit with the import under the lock of its row. A step that gives no sign
// of life any more counts as failed.
func (e *Engine) editImport(ctx context.Context, a Actor, id int64, edit func(tx pgx.Tx, im *Import) error) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		im, err := scanImport(tx.QueryRow(ctx, importSQL+` where i.id = $1 for update of i`, id))
		if err != nil {
			return err
		}
		return edit(tx, &im)
	})
	return refusalOr("changing an import", err)
}

// sweepImports ends steps whose node was killed, and deletes what is not needed any more:
// files that were not imported within a day, and the rows of imports a week after their end.
func (e *Engine) sweepImports(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(`
		update import i set state = 'failed', why = $1, ended_at = clock_timestamp()
		from import_progress p
		where p.import_id = i.id and i.state in ('checking', 'running') and p.beat_at < (select clock_timestamp()) - `+importDead,
		whyInterrupted)
	b.Queue(`
		delete from import where state in ('uploaded', 'checked') and created_at < (select clock_timestamp()) - interval '24 hours'
			or state = 'failed' and ended_at < (select clock_timestamp()) - interval '7 days'`)
	b.Queue(`
		delete from import_row where import_id in (
			select id from import where state = 'done' and ended_at < (select clock_timestamp()) - interval '7 days')`)
	return during("deleting old imports", e.recordPool.SendBatch(ctx, b).Close())
}
