package booking

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// classReader reads what rows of classes and of series have in common. Names of types, rooms,
// locations and people stand for those of the studio.
type classReader struct {
	im     *importRun
	places placeNames
	types  knownTypes
	staff  map[string][]int64            // who can give classes, by the folded name and by the given name alone
	added  map[string]*ClassTypeSettings // types that the run adds, by folded name
}

// importedClass is the content of a row of classes or of series.
type importedClass struct {
	ClassRequest
	newType *ClassTypeSettings // the type that the run adds for it; nil: TypeID says the type
}

// readClasses reads the names of the studio.
func (im *importRun) readClasses(ctx context.Context, tx pgx.Tx) (*classReader, error) {
	rd := &classReader{im: im, staff: map[string][]int64{}, added: map[string]*ClassTypeSettings{}}
	var err error
	if rd.places, err = readPlaces(ctx, tx); err != nil {
		return nil, err
	}
	if rd.types, err = readTypes(ctx, tx); err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, `
		select id, given_name, family_name from person where role not in ('member', 'guest') and state = 'active' order by id`)
	err = each(rows, func(rows pgx.Rows) error {
		var p PersonName
		err := rows.Scan(&p.ID, &p.GivenName, &p.FamilyName)
		whole, given := p.Folded(), PersonName{GivenName: p.GivenName}.Folded()
		rd.staff[whole] = append(rd.staff[whole], p.ID)
		if given != "" && given != whole {
			rd.staff[given] = append(rd.staff[given], p.ID)
		}
		return err
	})
	return rd, during("reading who gives classes", err)
}

// class reads the cells of a row, with the checks of the form. A room, a location or a person that
// the studio does not know is left out with a note; an unknown type is added. The result of a row
// without a readable start is not used.
func (rd *classReader) class(r *importedRow, start time.Time) *importedClass {
	im := rd.im
	c := &importedClass{}
	c.Title, c.Note, c.StartsAt = im.text(r, "title"), im.text(r, "note"), start
	t := rd.classType(r, c)
	c.Rules = t.Rules(im.studio.ClassRules())
	if n := im.numberOrNil(r, "capacity", 0, CapacityMax); n != nil {
		c.Rules.Capacity = *n
	}
	if n := im.numberOrNil(r, "cost", 0, CostMax); n != nil {
		c.Rules.Cost = *n
	}
	if long := im.cutoffOrNil(r); long != nil {
		c.Rules.FreeCancel = *long
	}
	c.Rules.Online, c.Hidden = im.flag(r, "online", c.Rules.Online), im.flag(r, "hidden", false)
	c.LocationID, c.RoomID = rd.place(r)
	c.InstructorID, c.SubstituteID = rd.teacher(r, "instructor"), rd.teacher(r, "substitute")
	if c.SubstituteID == c.InstructorID {
		c.SubstituteID = 0
	}
	if start.IsZero() { // the other fields are checked all the same
		c.StartsAt = im.now
	}
	c.EndsAt = rd.end(r, c.StartsAt, t)
	r.refuseAll(c.Check())
	return c
}

// newClassMinutes is how long a class lasts of which nothing else is known, as in the form.
const newClassMinutes = 60

// end is the end of a class: by its length, by the time of its end, or by the length of its type. A
// time that is not after the start is of the next day.
func (rd *classReader) end(r *importedRow, start time.Time, t *ClassTypeSettings) time.Time {
	im := rd.im
	if n := im.numberOrNil(r, "minutes", int(LengthMin/time.Minute), int(LengthMax/time.Minute)); n != nil {
		return start.Add(time.Duration(*n) * time.Minute)
	}
	if minutes, ok := im.clock(r, "end_time"); ok {
		day := CalendarDay(start, im.studio.Zone)
		at := func(day time.Time) time.Time {
			return WallTime(day.AddDate(0, 0, minutes/(24*60)), minutes/60%24, minutes%60, im.studio.Zone)
		}
		if end := at(day); end.After(start) {
			return end
		}
		return at(day.AddDate(0, 0, 1))
	}
	return start.Add(time.Duration(valueOr(t.Minutes, newClassMinutes)) * time.Minute)
}

// classType finds the type of a row: the one that it names, else the one that is called like the
// class. It returns the defaults.
func (rd *classReader) classType(r *importedRow, c *importedClass) *ClassTypeSettings {
	name := rd.im.text(r, "class_type")
	if name == "" {
		if t, _ := rd.types.find(c.Title); t != nil && t.Active {
			c.TypeID = t.ID
			return t
		}
		return &ClassTypeSettings{}
	}
	known, several := rd.types.find(name)
	if several > 0 {
		r.refuse(about("class_type", "ambiguous_type", "n", several))
		return &ClassTypeSettings{}
	}
	if known != nil {
		c.TypeID = known.ID
		return known
	}
	key := Fold(name)
	t := rd.added[key]
	if t == nil {
		t = &ClassTypeSettings{ClassType: ClassType{Name: name}, Active: true}
		if err := textFault(name, NameMax, "class_type"); err != nil {
			r.refuseAll(err)
			return t
		}
		rd.added[key] = t
	}
	c.newType = t
	r.note(about("class_type", "new_type", "name", name))
	return t
}

// place finds the location and the room of a row.
func (rd *classReader) place(r *importedRow) (location, room int64) {
	if name := rd.im.text(r, "location"); name != "" {
		if ids := rd.places.of(name, "").locations; len(ids) > 0 {
			location = ids[0]
		} else {
			r.note(about("location", "unknown_location", "name", name))
		}
	}
	name := rd.im.text(r, "room")
	if name == "" {
		return location, 0
	}
	found, ok := rd.places.room(name, location)
	if !ok {
		r.note(about("room", "unknown_room", "name", name))
		return location, 0
	}
	if found.location != 0 {
		location = found.location
	}
	return location, found.id
}

var betweenPeople = regexp.MustCompile(`\s*(?:[,;/&+\n]|\s(?:und|and)\s)\s*`)

// teacher finds a person of the team by the whole name or by the given name. Of several names in a
// cell, the first counts.
func (rd *classReader) teacher(r *importedRow, field string) int64 {
	name := rd.im.text(r, field)
	if name == "" {
		return 0
	}
	find := func(name string) []int64 { return rd.staff[PersonName{GivenName: name}.Folded()] }
	ids := find(name)
	if parts := betweenPeople.Split(name, -1); len(ids) == 0 && len(parts) > 1 {
		if ids = find(parts[0]); len(ids) == 1 {
			r.note(about(field, "first_person", "name", strings.Join(parts[1:], ", ")))
		}
	}
	switch len(ids) {
	case 0:
		r.note(about(field, "unknown_person", "name", name))
		return 0
	case 1:
		return ids[0]
	}
	r.note(about(field, "ambiguous_person", "n", len(ids)))
	return 0
}

// request is the class to add, after its type was added.
func (c *importedClass) request() ClassRequest {
	r := c.ClassRequest
	if c.newType != nil {
		r.TypeID = c.newType.ID
	}
	return r
}

// found is the class as the finder knows it. line is that of the row.
func (c *importedClass) found(line int) *foundClass {
	return &foundClass{
		ID: -int64(line), Title: c.Title, Span: Span{c.StartsAt, c.EndsAt}, LocationID: c.LocationID, RoomID: c.RoomID,
		InstructorID: c.occupation(0).instructor,
	}
}

// there returns the class of the studio or of an earlier row that is this one, or nil. Two classes
// without a room that different people give are two.
func (f *classFinder) there(r *importedRow, c *importedClass) *foundClass {
	mine := c.occupation(0).instructor
	for _, one := range f.at(c.Title, c.StartsAt, f.places.of(f.im.text(r, "location"), f.im.text(r, "room"))) {
		if c.RoomID != 0 || one.RoomID != 0 || mine == 0 || one.InstructorID == 0 || mine == one.InstructorID {
			return one
		}
	}
	return nil
}

// classMark is what makes a row the same as one that was imported before: whatever else the row
// says now, and wherever staff has moved the class since.
func (im *importRun) classMark(r *importedRow) string {
	parts := []string{Fold(im.text(r, "title")), Fold(im.text(r, "location")), Fold(im.text(r, "room"))}
	if parts[2] == "" {
		parts = append(parts, Fold(im.text(r, "instructor")))
	}
	return strings.Join(parts, "|")
}
