package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// An import brings the rows of a file into the studio (rule 34). Its way is: the file is read
// (package spreadsheet) and its rows are saved; its columns are guessed and can be corrected;
// the dry run gives each row a verdict; the run comes to the same verdicts and does what they
// say, in one transaction. Rows with the verdict "wrong" are left out. Nobody is written to.

// ImportKind is what the rows of a file are.
type ImportKind string

// The kinds of imports, in the order in which a studio needs them: later ones name the people
// and things of earlier ones.
const (
	ImportMembers    ImportKind = "members"
	ImportPacks      ImportKind = "packs" // credits of members, with their expiry
	ImportClassTypes ImportKind = "class_types"
	ImportClasses    ImportKind = "classes" // one row for each date
	ImportSeries     ImportKind = "series"  // one row for each pattern of weekdays
	ImportBookings   ImportKind = "bookings"
	ImportWaitlist   ImportKind = "waitlist"
)

// ImportKinds lists all kinds in their order.
var ImportKinds = []ImportKind{
	ImportMembers, ImportPacks, ImportClassTypes, ImportClasses, ImportSeries, ImportBookings, ImportWaitlist,
}

// Known reports whether there is such a kind.
func (k ImportKind) Known() bool { return slices.Contains(ImportKinds, k) }

// Updates reports whether rows of the kind can change what is there already, see Import.Updates.
func (k ImportKind) Updates() bool { return importers[k].updates }

// ImportState says how far an import is: uploaded → checking → checked → running → done | failed.
// Other columns lead back to uploaded.
type ImportState string

// The states of an import.
const (
	ImportUploaded ImportState = "uploaded"
	ImportChecking ImportState = "checking" // the dry run
	ImportChecked  ImportState = "checked"
	ImportRunning  ImportState = "running"
	ImportDone     ImportState = "done"
	ImportFailed   ImportState = "failed" // nothing was changed
)

// ImportVerdict says what the run does with a row.
type ImportVerdict string

// The verdicts on rows.
const (
	VerdictNew    ImportVerdict = "new"
	VerdictUpdate ImportVerdict = "update"
	VerdictSame   ImportVerdict = "same"  // it is there already, or was imported before
	VerdictWrong  ImportVerdict = "wrong" // left out; the problems say why
)

// Import is a file with what has become of it.
type Import struct {
	ID       int64
	Kind     ImportKind
	FileName string
	Headers  []string
	Columns  map[string]int // by field: the column of the file, from 0
	Updates  bool           // rows of people and things that are there already may change them
	State    ImportState
	Rows     int
	Done     int // rows that the running step is done with
	Counts   map[ImportVerdict]int
	Why      string // why it failed: a code

	CreatedAt time.Time
	CreatedBy int64
	EndedAt   time.Time // zero: it has not ended
}

// ImportRow is a row of the file with its verdict. Problems of a row that is not wrong are
// notes, such as an address that two people share.
type ImportRow struct {
	Line     int // of the file, or the row of the sheet, from 1
	Cells    []string
	Verdict  ImportVerdict
	TargetID int64 // the person or thing that is there; 0: none, or not before the run
	Problems []*Error
}

// importRun is an import while its rows are judged and written. The functions of a kind read
// its fields and set the verdicts.
type importRun struct {
	Import
	actor     Actor
	dry       bool // the dry run: nothing is locked or written
	studio    *Studio
	now       time.Time // of the database
	rows      []*importedRow
	misshapen []*importedRow // rows that no kind can read; they are wrong
	progress  func(done int)
	snapshot  *snapshot // of load, with what the rows change
	paid      map[grantOfImport]*grant

	dateOrders map[string]dateOrder // by field, as found
}

// importedRow is a row while it is judged. value is what the kind has read from the cells.
type importedRow struct {
	ImportRow
	key   []byte // for the table imported; nil: the kind finds rows by what is there
	makes int    // how many things a new row adds, if its kind can add several; the run makes as many as the dry run said
	value any
}

// text returns the cell of a field without blanks around it; empty if no column has the field.
func (im *importRun) text(r *importedRow, field string) string {
	column, ok := im.Columns[field]
	if !ok || column >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[column])
}

// wrong says what is wrong with a field of the row, which is left out then.
func (r *importedRow) wrong(field, why string) {
	r.refuse(&Error{Code: Invalid, Field: field, Args: map[string]any{"why": why}})
}

// refuse leaves the row out for a reason.
func (r *importedRow) refuse(e *Error) {
	r.Verdict, r.Problems = VerdictWrong, append(r.Problems, e)
}

// note adds a remark that does not keep the row out.
func (r *importedRow) note(e *Error) { r.Problems = append(r.Problems, e) }

// importer is what the engine knows about a kind. judge sets the verdict, the target and the
// problems of every row and changes nothing; write does what the verdicts say. Both use the
// transaction only and call progress as they go. Changes are announced after the commit. after,
// if it is not nil, does what must see everything that is committed; its changes are announced too.
// With locks, the judge of a run loads what it needs by importRun.load, under locks that last until
// write has saved it.
type importer struct {
	judge func(ctx context.Context, tx pgx.Tx, im *importRun) error
	write func(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error)
	after func(ctx context.Context, e *Engine, im *importRun) ([]Change, error)
	locks bool

	updates bool // rows can change what is there already
}

// importers are the kinds that can be imported.
var importers = map[ImportKind]importer{
	ImportMembers:    {judge: judgeMembers, write: writeMembers, updates: true},
	ImportPacks:      {judge: judgePacks, write: writePacks, after: packsImported},
	ImportClassTypes: {judge: judgeClassTypes, write: writeClassTypes, updates: true},
	ImportClasses:    {judge: judgeClasses, write: writeClasses},
	ImportSeries:     {judge: judgeSeries, write: writeSeries},
	ImportBookings:   {judge: judgeBookings, write: writeBookings, locks: true},
	ImportWaitlist:   {judge: judgeWaitlist, write: writeWaitlist, after: waitlistImported, locks: true},
}
