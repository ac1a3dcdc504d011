package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// importedType is a row of class types as it was read.
type importedType struct {
	ClassTypeSettings                    // of a known type with the changes of the row
	known             *ClassTypeSettings // nil: the type is new
}

// knownTypes are the class types of the studio by folded name, those in use before others.
type knownTypes map[string][]*ClassTypeSettings

// readTypes reads all class types.
func readTypes(ctx context.Context, tx pgx.Tx) (knownTypes, error) {
	rows, _ := tx.Query(ctx, `select `+typeColumns+` from class_type order by not active, position, id`)
	list, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[ClassTypeSettings])
	types := knownTypes{}
	for _, t := range list {
		types[Fold(t.Name)] = append(types[Fold(t.Name)], t)
	}
	return types, during("reading the class types that a file may mean", err)
}

// find returns the type of a name, rather one in use; nil if there is none. If there are several,
// it returns how many.
func (k knownTypes) find(name string) (t *ClassTypeSettings, several int) {
	list := k[Fold(name)]
	switch {
	case len(list) == 0:
		return nil, 0
	case len(list) > 1 && list[0].Active == list[1].Active:
		return nil, len(list)
	}
	return list[0], 0
}

// judgeClassTypes finds the types of the rows by name. Only what a row says can change a type that
// is there already.
func judgeClassTypes(ctx context.Context, tx pgx.Tx, im *importRun) error {
	types, err := readTypes(ctx, tx)
	if err != nil {
		return err
	}
	position := 0
	for _, list := range types {
		for _, t := range list {
			position = max(position, t.Position)
		}
	}
	lines := map[string]int{} // by folded name: the first row that means the type
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i)
		}
		says := im.readType(r)
		known, several := types.find(says.Name)
		name := Fold(says.Name)
		switch {
		case several > 0:
			r.refuse(about("name", "ambiguous_type", "n", several))
		case r.Verdict == VerdictWrong:
		case lines[name] > 0:
			r.Verdict = VerdictSame
			r.note(about("name", "twice_type", "line", lines[name]))
		case known != nil:
			lines[name], r.TargetID = r.Line, known.ID
			r.value = im.compareType(r, known, says)
		default:
			lines[name] = r.Line
			position = min(position+1, PositionMax)
			says.Position = position
			r.Verdict, r.value = VerdictNew, &importedType{ClassTypeSettings: says}
		}
	}
	return nil
}

// compareType sets the verdict on a row of a type that is there already.
func (im *importRun) compareType(r *importedRow, known *ClassTypeSettings, says ClassTypeSettings) *importedType {
	t := &importedType{*known, known}
	r.Verdict = VerdictSame
	differs := func(field string) bool {
		if !im.Updates {
			r.note(about(field, "differs"))
			return false
		}
		r.note(about(field, "changes"))
		r.Verdict = VerdictUpdate
		return true
	}
	if says.Description != "" && says.Description != known.Description && differs("description") {
		t.Description = says.Description
	}
	changeIf(&t.Minutes, says.Minutes, "minutes", differs)
	changeIf(&t.Capacity, says.Capacity, "capacity", differs)
	changeIf(&t.Cost, says.Cost, "cost", differs)
	changeIf(&t.Online, says.Online, "online", differs)
	changeIf(&t.FreeCancel, says.FreeCancel, im.cutoffField(r), differs)
	if im.text(r, "active") != "" && says.Active != known.Active && differs("active") {
		t.Active = says.Active
	}
	return t
}

// changeIf sets a value that a row says otherwise, if it may.
func changeIf[T comparable](value **T, says *T, field string, differs func(string) bool) {
	if says != nil && (*value == nil || **value != *says) && differs(field) {
		*value = says
	}
}

// readType reads the cells of a row with the bounds of the form.
func (im *importRun) readType(r *importedRow) ClassTypeSettings {
	t := ClassTypeSettings{
		ClassType: ClassType{Name: im.text(r, "name"), Description: im.text(r, "description")},
		Active:    im.flag(r, "active", true),
		Minutes:   im.numberOrNil(r, "minutes", int(LengthMin/time.Minute), int(LengthMax/time.Minute)),
		Capacity:  im.numberOrNil(r, "capacity", 0, CapacityMax),
		Cost:      im.numberOrNil(r, "cost", 0, CostMax),
	}
	if im.text(r, "online") != "" {
		online := im.flag(r, "online", true)
		t.Online = &online
	}
	t.FreeCancel = im.cutoffOrNil(r)
	r.refuseAll(t.Check())
	return t
}

// numberOrNil reads a whole number in the bounds; nil for an empty cell.
func (im *importRun) numberOrNil(r *importedRow, field string, least, most int) *int {
	if im.text(r, field) == "" {
		return nil
	}
	n := im.number(r, field, least, most, least)
	return &n
}

// cutoffField is the field that says until when cancelling is free: the exact one, if it is filled.
func (im *importRun) cutoffField(r *importedRow) string {
	if im.text(r, "free_cancel_minutes") != "" {
		return "free_cancel_minutes"
	}
	return "free_cancel_hours"
}

// cutoffOrNil reads until when cancelling is free; nil for empty cells.
func (im *importRun) cutoffOrNil(r *importedRow) *time.Duration {
	field, unit := im.cutoffField(r), time.Hour
	if field == "free_cancel_minutes" {
		unit = time.Minute
	}
	n := im.numberOrNil(r, field, 0, int(WindowMax/unit))
	if n == nil {
		return nil
	}
	long := time.Duration(*n) * unit
	return &long
}

// refuseAll leaves the row out for every field that err names and that is not named already.
func (r *importedRow) refuseAll(err error) {
	f := Faults(r.Problems)
	known := len(f)
	f.Join(err)
	for _, e := range f[known:] {
		r.refuse(e)
	}
}

// writeClassTypes adds the new types and changes those whom the verdicts say. Classes stay as they
// are.
func writeClassTypes(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error) {
	added := 0
	for _, r := range im.rows {
		if r.Verdict == VerdictNew {
			added++
		}
	}
	ids, err := idsFor(ctx, tx, added)
	if err != nil {
		return nil, err
	}
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i)
		}
		if r.Verdict != VerdictNew && r.Verdict != VerdictUpdate {
			continue
		}
		t := r.value.(*importedType)
		if t.known == nil {
			t.ID = ids.next()
		}
		if err := im.saveType(ctx, tx, &t.ClassTypeSettings); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// saveType writes a class type that has an id.
func (im *importRun) saveType(ctx context.Context, tx pgx.Tx, t *ClassTypeSettings) error {
	h, err := listTypes.write(ctx, tx, im.actor, t.Name, t.ID, saveTypeSQL, t.args())
	if err == nil && h.verb != "" {
		h.details["import"] = im.ID
		err = insertHistory(ctx, tx, h)
	}
	return during("writing a class type of a file", err)
}
