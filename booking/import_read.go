package booking

import (
	"context"
	"encoding/json"
	"errors"
	"math"

	"github.com/jackc/pgx/v5"
)

// importDead is the age of the last sign of life after which a step counts as interrupted.
const importDead = `interval '30 seconds'`

// importSQL reads an import. A step that has given no sign of life for importDead counts as
// failed, since its node was killed.
const importSQL = `
	select i.id, i.kind, i.file_name, i.headers, i.columns, i.updates,
		case when s.dead then 'failed' else i.state end, i.rows, coalesce(p.done, 0), i.counts,
		case when s.dead then 'interrupted' else i.why end,
		i.created_at, coalesce(i.created_by, 0), case when s.dead then p.beat_at else i.ended_at end
	from import i
	left join import_progress p on p.import_id = i.id
	cross join lateral (select i.state in ('checking', 'running')
		and p.beat_at < (select clock_timestamp()) - ` + importDead + ` as dead) s`

// rowsAboutPersonSQL selects the rows x of import m that are about person $1. Rows that are wrong
// because they are about nobody go with the others a week after the end, see sweepImports.
const rowsAboutPersonSQL = `x.target_id = $1 and m.kind in ('members', 'packs', 'bookings', 'waitlist')`

func scanImport(row pgx.Row) (im Import, err error) {
	err = row.Scan(&im.ID, &im.Kind, &im.FileName, &im.Headers, &im.Columns, &im.Updates, &im.State, &im.Rows, &im.Done, &im.Counts,
		&im.Why, &im.CreatedAt, &im.CreatedBy, at{&im.EndedAt})
	if errors.Is(err, pgx.ErrNoRows) {
		return im, refuse(NotFound)
	}
	return im, err
}

// Import returns an import. Refusals: Forbidden, NotFound.
func (rd *Reader) Import(ctx context.Context, a Actor, id int64) (Import, error) {
	if !a.Can(EditSettings) {
		return Import{}, refuse(Forbidden)
	}
	im, err := scanImport(rd.readPool.QueryRow(ctx, importSQL+` where i.id = $1`, id))
	return im, refusalOr("reading an import", err)
}

// importsMost is how many imports the list has.
const importsMost = 50

// Imports lists the latest imports, newest first, at most 50. Refusal: Forbidden.
func (rd *Reader) Imports(ctx context.Context, a Actor) ([]Import, error) {
	if !a.Can(EditSettings) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, importSQL+` order by i.created_at desc, i.id desc limit $1`, importsMost)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Import, error) { return scanImport(row) })
	return list, during("reading the imports", err)
}

// ImportRows returns the rows of an import with a verdict, or all for an empty one, by their
// line: the first limit (1 to 1,000) after the line afterLine. Refusals: Forbidden, NotFound.
func (rd *Reader) ImportRows(ctx context.Context, a Actor, id int64, verdict ImportVerdict, afterLine, limit int) ([]ImportRow, error) {
	if _, err := rd.Import(ctx, a, id); err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, `
		select line, cells, verdict, coalesce(target_id, 0), problems from import_row
		where import_id = $1 and ($2 = '' or verdict = $2) and line > $3 order by line limit $4`,
		id, string(verdict), afterLine, min(max(limit, 1), 1000))
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ImportRow, err error) {
		var problems []byte
		if err = row.Scan(&r.Line, &r.Cells, &r.Verdict, &r.TargetID, &problems); err != nil {
			return r, err
		}
		err = json.Unmarshal(problems, &r.Problems)
		for _, p := range r.Problems {
			for name, value := range p.Args {
				if n, ok := value.(float64); ok && n == math.Trunc(n) {
					p.Args[name] = int(n)
				}
			}
		}
		return r, err
	})
	return list, during("reading the rows of an import", err)
}
