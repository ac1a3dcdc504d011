package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// judgeClasses finds out which classes of the rows are there: those with the title, the start and,
// where both are known, the place; and those that were imported before and were moved since. Past
// ones are left out. Others that are in the way are noted, as the form asks about them.
func judgeClasses(ctx context.Context, tx pgx.Tx, im *importRun) error {
	f, err := im.findClasses(ctx, tx)
	if err != nil {
		return err
	}
	rd, err := im.readClasses(ctx, tx)
	if err != nil {
		return err
	}
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i / 2)
		}
		at, problem := f.start(r)
		if problem != nil {
			r.refuse(problem)
		}
		r.value = rd.class(r, at)
	}
	lines, err := im.importedOnce(ctx, tx, func(r *importedRow) string {
		return fmt.Sprintf("%d|%s", r.value.(*importedClass).StartsAt.Unix(), im.classMark(r))
	})
	if err != nil {
		return err
	}
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress((len(im.rows) + i) / 2)
		}
		if r.Verdict == "" {
			im.judgeClass(r, f, lines)
		}
	}
	return nil
}

// judgeClass decides whether a class that was not imported before is new.
func (im *importRun) judgeClass(r *importedRow, f *classFinder, lines map[string]int) {
	c := r.value.(*importedClass)
	if there := f.there(r, c); there != nil && there.ID > 0 {
		r.isThere(about("title", "class_there"))
		if there.Cancelled {
			r.isThere(about("title", "class_there_cancelled"))
		}
		r.TargetID = there.ID
		return
	}
	switch first := lines[string(r.key)]; {
	case first > 0:
		r.isThere(about("title", "class_twice", "line", first))
	case !c.StartsAt.After(im.now):
		r.refuse(about(im.startField(r), "past"))
	case isFarAhead(c.StartsAt, im.now):
		r.refuse(about(im.startField(r), "beyond_schedule"))
	default:
		lines[string(r.key)] = r.Line
		r.Verdict = VerdictNew
		mine := c.found(r.Line)
		f.noteClash(r, mine)
		f.add(mine)
	}
}

// isThere sets the verdict on a row of which everything is there. Remarks about its cells would
// only distract.
func (r *importedRow) isThere(why *Error) {
	r.Verdict, r.Problems = VerdictSame, []*Error{why}
}

// noteClash notes which other class has the room, and which the instructor, at the time of a class.
func (f *classFinder) noteClash(r *importedRow, c *foundClass) {
	for _, what := range []string{"room", "instructor"} {
		other := f.clash(c, what)
		switch {
		case other == nil:
		case other.ID < 0:
			r.note(about(what, what+"_busy_line", "line", -other.ID, "name", other.Title))
		default:
			r.note(about(what, what+"_busy", "name", other.Title))
		}
	}
}

// importedOnce gives the rows that are not wrong their keys, by a text each. Those that an earlier
// import has written are there, whatever became of them since. It returns an empty map for the lines
// of the rows by their key.
func (im *importRun) importedOnce(ctx context.Context, tx pgx.Tx, text func(*importedRow) string) (map[string]int, error) {
	var secret []byte
	if err := tx.QueryRow(ctx, `select secret from studio`).Scan(&secret); err != nil {
		return nil, during("reading the secret of keys", err)
	}
	var keys [][]byte
	for _, r := range im.rows {
		if r.Verdict == "" {
			mac := hmac.New(sha256.New, secret)
			fmt.Fprintf(mac, "import %s %s", im.Kind, text(r))
			r.key = mac.Sum(nil)
			keys = append(keys, r.key)
		}
	}
	known, err := importedBefore(ctx, tx, im.Kind, keys)
	for _, r := range im.rows {
		if r.Verdict == "" && known[string(r.key)] {
			r.isThere(about("title", "imported_before"))
		}
	}
	return map[string]int{}, err
}

// newRows are the rows that the run adds.
func (im *importRun) newRows() (list []*importedRow) {
	for _, r := range im.rows {
		if r.Verdict == VerdictNew {
			list = append(list, r)
		}
	}
	return list
}

// addTypes adds the class types that the rows name and that are not there.
func (im *importRun) addTypes(ctx context.Context, tx pgx.Tx, rows []*importedRow, of func(*importedRow) *importedClass) error {
	var list []*ClassTypeSettings
	for _, r := range rows {
		if t := of(r).newType; t != nil && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if len(list) == 0 {
		return nil
	}
	ids, err := idsFor(ctx, tx, len(list))
	if err != nil {
		return err
	}
	var position int
	if err := tx.QueryRow(ctx, `select coalesce(max(position), 0) from class_type`).Scan(&position); err != nil {
		return during("reading the order of class types", err)
	}
	for _, t := range list {
		position = min(position+1, PositionMax)
		t.ID, t.Position = ids.next(), position
		if err := im.saveType(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// importedAtOnce is how many classes one batch of statements adds.
const importedAtOnce = 2000

// emptySnapshot is a snapshot of nothing, for n rows that are added.
func (im *importRun) emptySnapshot(ctx context.Context, tx pgx.Tx, n int) (*snapshot, error) {
	ids, err := idsFor(ctx, tx, n)
	s := newSnapshot(ids)
	s.now, s.studio = im.now, im.studio
	return s, err
}

// writeClasses adds the new classes and tells nobody.
func writeClasses(ctx context.Context, tx pgx.Tx, im *importRun) (changes []Change, err error) {
	rows := im.newRows()
	if err := im.addTypes(ctx, tx, rows, func(r *importedRow) *importedClass { return r.value.(*importedClass) }); err != nil {
		return nil, err
	}
	done := 0
	for some := range slices.Chunk(rows, importedAtOnce) {
		s, err := im.emptySnapshot(ctx, tx, len(some))
		if err != nil {
			return nil, err
		}
		for _, r := range some {
			r.TargetID = s.addClass(r.value.(*importedClass).request(), 0).ID
			s.record(history{actorID: im.actor.ID, verb: verbCreateClass, classID: r.TargetID, details: map[string]any{"import": im.ID}})
		}
		list, err := s.saveWithin(ctx, tx)
		if err != nil {
			return nil, err
		}
		changes, done = append(changes, list...), done+len(some)
		im.progress(done)
	}
	return changes, im.markImported(ctx, tx, rows)
}

// markImported notes the keys of rows with what they have become.
func (im *importRun) markImported(ctx context.Context, tx pgx.Tx, rows []*importedRow) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"imported"}, strings.Fields("kind key import_id target_id"),
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			return []any{string(im.Kind), rows[i].key, im.ID, rows[i].TargetID}, nil
		}))
	return during("noting what was imported", err)
}
