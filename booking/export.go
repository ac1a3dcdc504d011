package booking

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Exports give everything that the studio has as tables (rule 34). The lists with the name of an
// import kind have its columns, so that an import reads them; further columns follow. Days and
// times are those of the studio's clock, in ISO 8601.

// ExportList names a list that can be exported.
type ExportList string

// The lists that no import reads. The others have the names of the import kinds.
const (
	ExportPastClasses   ExportList = "past_classes" // and cancelled ones
	ExportPastBookings  ExportList = "past_bookings"
	ExportLedger        ExportList = "ledger" // every movement of credits
	ExportCancellations ExportList = "cancellations"
	ExportAttendance    ExportList = "attendance"
	ExportReasons       ExportList = "reasons"
	ExportPlaces        ExportList = "places" // locations and their rooms
	ExportHistory       ExportList = "history"
)

// ExportLists are all lists in their order.
var ExportLists = append(exportedKinds(), ExportPastClasses, ExportPastBookings, ExportLedger, ExportCancellations,
	ExportAttendance, ExportReasons, ExportPlaces, ExportHistory)

func exportedKinds() (list []ExportList) {
	for _, kind := range ImportKinds {
		list = append(list, ExportList(kind))
	}
	return list
}

// exportColumn is a column with its names and its expression in SQL.
type exportColumn struct{ de, en, sql string }

// exportSource is how a list is read. fields has the expressions of the columns of an import kind.
type exportSource struct {
	kind   ImportKind
	fields map[string]string
	more   []exportColumn
	from   string
}

// columns are all columns of the list in their order.
func (x exportSource) columns() (list []exportColumn) {
	for _, c := range ImportColumns(x.kind) {
		if c.Instead {
			continue
		}
		sql, ok := x.fields[c.Field]
		if !ok {
			sql = `''`
		}
		list = append(list, exportColumn{c.De[0], c.En[0], sql})
	}
	return append(list, x.more...)
}

// sql selects each row as one array of texts. Its arguments are the zone, yes and no.
func (x exportSource) sql() string {
	var cells []string
	for _, c := range x.columns() {
		cells = append(cells, "coalesce(("+c.sql+")::text, '')")
	}
	return "with word as materialized (select $1::text as zone, $2::text as yes, $3::text as no)\n" +
		"select array[" + strings.Join(cells, ",\n\t") + "]\nfrom word cross join " + x.from
}

// Export reads lists in one snapshot, row by row, and never holds a whole list. open is called
// at the beginning of each and returns the function that takes its header and then its rows. The
// history says who exported what. Refusals: Forbidden, NotFound (an unknown list), Busy (the person
// exports already).
func (e *Engine) Export(
	ctx context.Context, a Actor, lists []ExportList, lang string, open func(ExportList) (func(cells []string) error, error),
) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	names := make([]string, len(lists))
	for i, list := range lists {
		if _, known := exportSources[list]; !known {
			return refuse(NotFound)
		}
		names[i] = string(list)
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return err
	}
	return e.exportSnapshot(ctx, a, strings.Join(names, " "), func(tx pgx.Tx) error {
		for _, list := range lists {
			write, err := open(list)
			if err != nil {
				return err
			}
			if err := exportSources[list].read(ctx, tx, studio.Zone, lang, write); err != nil {
				return fmt.Errorf("exporting %s: %w", list, err)
			}
		}
		return nil
	})
}

// exportLock is the first key of the locks by which a person exports one thing at a time.
const exportLock = 34

// exportSnapshot records the export and runs read in one snapshot without limits of time.
func (e *Engine) exportSnapshot(ctx context.Context, a Actor, what string, read func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbExport, details: map[string]any{"lists": what}})
	})
	if err != nil {
		return during("recording an export", err)
	}
	return pgx.BeginTxFunc(ctx, e.readPool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0`)
		if err != nil {
			return during("beginning an export", err)
		}
		var alone bool
		if err := tx.QueryRow(ctx, `select pg_try_advisory_xact_lock($1, $2)`, exportLock, int32(a.ID%(1<<31))).Scan(&alone); err != nil {
			return during("beginning an export", err)
		}
		if !alone {
			return refuse(Busy)
		}
		return read(tx)
	})
}

func (x exportSource) read(ctx context.Context, tx pgx.Tx, zone *time.Location, lang string, write func([]string) error) error {
	var header []string
	for _, c := range x.columns() {
		header = append(header, map[bool]string{true: c.de, false: c.en}[lang == "de"])
	}
	if err := write(header); err != nil {
		return err
	}
	yes, no := "yes", "no"
	if lang == "de" {
		yes, no = "ja", "nein"
	}
	rows, _ := tx.Query(ctx, x.sql(), zone.String(), yes, no)
	return each(rows, func(rows pgx.Rows) error {
		var cells []string
		if err := rows.Scan(&cells); err != nil {
			return err
		}
		return write(cells)
	})
}
