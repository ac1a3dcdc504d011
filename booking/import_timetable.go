package booking

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// classFinder finds the classes that the rows of a file mean, and tells which class has a room or
// an instructor at a time. It has the coming classes of the studio in the time that the file is
// about, cancelled ones too, and those that earlier rows add: a file of bookings names the same
// classes again and again, and no row costs a query. findClasses makes one for rows with title
// and start; of finds the class of a row.
type classFinder struct {
	im      *importRun
	places  placeNames
	starts  map[*importedRow]rowStart
	byStart map[titleAt][]*foundClass
	busy    map[busyDay][]*foundClass
}

// foundClass is a class of the studio, or one that a row of the file adds.
type foundClass struct {
	ID           int64 // below 0: a row of the file adds it, and this is the line of the row
	Title        string
	Span         Span
	Cancelled    bool
	LocationID   int64 // 0: none, as the next two
	RoomID       int64
	InstructorID int64 // the substitute if there is one
}

// rowStart is the start of a row as it was read.
type rowStart struct {
	at      time.Time
	problem *Error
}

// titleAt is what rows name a class by.
type titleAt struct {
	title string // folded
	unix  int64
}

// busyDay is a room or an instructor on a day of UTC.
type busyDay struct {
	what string // the field: room or instructor
	id   int64
	day  int64
}

// findClasses reads the starts of the rows and, with one statement, the classes in that time.
// Refusals are of the rows; see of.
func (im *importRun) findClasses(ctx context.Context, tx pgx.Tx) (*classFinder, error) {
	starts := map[*importedRow]rowStart{}
	var first, last time.Time
	for _, r := range im.rows {
		probe := &importedRow{ImportRow: ImportRow{Cells: r.Cells}}
		one := rowStart{at: im.instant(probe)}
		if len(probe.Problems) > 0 {
			one.problem = probe.Problems[0]
		} else {
			if first.IsZero() || one.at.Before(first) {
				first = one.at
			}
			if one.at.After(last) {
				last = one.at
			}
		}
		starts[r] = one
	}
	f, err := im.classesBetween(ctx, tx, first, last)
	if f != nil {
		f.starts = starts
	}
	return f, err
}

// classesBetween returns a finder with the classes that may begin, or be in the way of one that
// begins, between two instants. Classes that are over are of no use.
func (im *importRun) classesBetween(ctx context.Context, tx pgx.Tx, first, last time.Time) (*classFinder, error) {
	f := &classFinder{im: im, byStart: map[titleAt][]*foundClass{}, busy: map[busyDay][]*foundClass{}}
	var err error
	if f.places, err = readPlaces(ctx, tx); err != nil {
		return nil, err
	}
	if first.Before(im.now) {
		first = im.now
	}
	rows, _ := tx.Query(ctx, `
		select id, title, starts_at, ends_at, state = 'cancelled', coalesce(location_id, 0), coalesce(room_id, 0),
			coalesce(substitute_id, instructor_id, 0)
		from class where starts_at > $1 and starts_at < $2 order by starts_at, id`, first.Add(-LengthMax), last.Add(LengthMax))
	err = each(rows, func(rows pgx.Rows) error {
		c := &foundClass{}
		err := rows.Scan(&c.ID, &c.Title, &c.Span.From, &c.Span.To, &c.Cancelled, &c.LocationID, &c.RoomID, &c.InstructorID)
		f.add(c)
		return err
	})
	return f, during("reading the classes that a file may mean", err)
}

// add makes a class known to the finder.
func (f *classFinder) add(c *foundClass) {
	at := titleAt{Fold(c.Title), c.Span.From.Unix()}
	f.byStart[at] = append(f.byStart[at], c)
	if c.Cancelled {
		return
	}
	for _, day := range daysOf(c.Span) {
		if c.RoomID != 0 {
			k := busyDay{"room", c.RoomID, day}
			f.busy[k] = append(f.busy[k], c)
		}
		if c.InstructorID != 0 {
			k := busyDay{"instructor", c.InstructorID, day}
			f.busy[k] = append(f.busy[k], c)
		}
	}
}

// daysOf numbers the days of UTC that a time touches.
func daysOf(s Span) (days []int64) {
	const long = 24 * 60 * 60
	for day := s.From.Unix() / long; day <= s.To.Unix()/long; day++ {
		days = append(days, day)
	}
	return days
}

// start is the start of a row, or what is wrong with it.
func (f *classFinder) start(r *importedRow) (time.Time, *Error) {
	one := f.starts[r]
	return one.at, one.problem
}

// of returns the coming class that a row means by title and start, and by room and location if
// both the row and the class have one. A class that is not cancelled comes first. The problem says
// why there is none: what is wrong with title or start, past, unknown_class, or ambiguous_class
// with how many there are. The class may be cancelled or have begun since.
func (f *classFinder) of(r *importedRow) (*foundClass, *Error) {
	title := f.im.text(r, "title")
	at, problem := f.start(r)
	switch {
	case title == "":
		return nil, about("title", "missing")
	case problem != nil:
		return nil, problem
	case !at.After(f.im.now):
		return nil, about(f.im.startField(r), "past")
	}
	list := f.at(title, at, f.places.of(f.im.text(r, "location"), f.im.text(r, "room")))
	if planned := slices.DeleteFunc(slices.Clone(list), func(c *foundClass) bool { return c.Cancelled }); len(planned) > 0 {
		list = planned
	}
	switch len(list) {
	case 0:
		return nil, about("title", "unknown_class")
	case 1:
		return list[0], nil
	}
	return nil, about("title", "ambiguous_class", "n", len(list))
}

// startField is the field that says the day of a row.
func (im *importRun) startField(r *importedRow) string {
	if im.text(r, "starts_at") != "" {
		return "starts_at"
	}
	return "date"
}

// at lists the classes with a title that begin at an instant and may be at a place. If some are in
// the room of the place, it lists only these.
func (f *classFinder) at(title string, start time.Time, p classPlace) []*foundClass {
	var fitting, exact []*foundClass
	for _, c := range f.byStart[titleAt{Fold(title), start.Unix()}] {
		if p.fits(c) {
			fitting = append(fitting, c)
		}
		if p.fits(c) && slices.Contains(p.rooms, c.RoomID) {
			exact = append(exact, c)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return fitting
}

// clash returns the earliest other class that has the room, or the instructor, at the time of a
// class; nil if there is none. what is the field.
func (f *classFinder) clash(c *foundClass, what string) *foundClass {
	id := c.RoomID
	if what == "instructor" {
		id = c.InstructorID
	}
	var found *foundClass
	for _, day := range daysOf(c.Span) {
		for _, other := range f.busy[busyDay{what, id, day}] {
			if other.ID != c.ID && other.Span.From.Before(c.Span.To) && other.Span.To.After(c.Span.From) &&
				(found == nil || other.Span.From.Before(found.Span.From)) {
				found = other
			}
		}
	}
	return found
}

// placeNames are the locations and rooms of the studio by folded name, those in use before others.
type placeNames struct {
	locations map[string][]int64
	rooms     map[string][]importedRoom
}

type importedRoom struct {
	id, location int64 // location 0: none
	active       bool
}

// readPlaces reads all locations and rooms.
func readPlaces(ctx context.Context, tx pgx.Tx) (p placeNames, err error) {
	p = placeNames{rooms: map[string][]importedRoom{}}
	if p.locations, err = foldedNames(ctx, tx, `select id, name from location order by not active, id`); err != nil {
		return p, err
	}
	rows, _ := tx.Query(ctx, `select id, coalesce(location_id, 0), active, name from room order by not active, id`)
	err = each(rows, func(rows pgx.Rows) error {
		var r importedRoom
		var name string
		err := rows.Scan(&r.id, &r.location, &r.active, &name)
		p.rooms[Fold(name)] = append(p.rooms[Fold(name)], r)
		return err
	})
	return p, during("reading the rooms that a file may mean", err)
}

// classPlace is where a class is, as a row says it: any of these. Names that the studio does not know
// say nothing.
type classPlace struct{ locations, rooms []int64 }

// of returns the place of names, each of which may be empty.
func (p placeNames) of(location, room string) classPlace {
	var c classPlace
	if key := Fold(location); key != "" {
		c.locations = p.locations[key]
	}
	if key := Fold(room); key != "" {
		c.rooms = column(p.rooms[key], func(r importedRoom) int64 { return r.id })
	}
	return c
}

// fits reports whether a class may be at the place.
func (p classPlace) fits(c *foundClass) bool {
	within := func(list []int64, id int64) bool { return len(list) == 0 || id == 0 || slices.Contains(list, id) }
	return within(p.locations, c.LocationID) && within(p.rooms, c.RoomID)
}

// room returns the room that a new class gets: of those with the name the one in the location, a
// room in use rather than another. ok is false if there is none or if there are several.
func (p placeNames) room(name string, location int64) (room importedRoom, ok bool) {
	list := slices.Clone(p.rooms[Fold(name)])
	if location != 0 {
		list = slices.DeleteFunc(list, func(r importedRoom) bool { return r.location != location && r.location != 0 })
	}
	slices.SortStableFunc(list, func(a, b importedRoom) int {
		rank := func(r importedRoom) (n int) {
			if !r.active {
				n += 2
			}
			if r.location != location {
				n++
			}
			return n
		}
		return cmp.Compare(rank(a), rank(b))
	})
	switch {
	case len(list) == 0:
		return room, false
	case len(list) > 1 && list[0].active == list[1].active && (list[0].location == location) == (list[1].location == location):
		return room, false
	}
	return list[0], true
}
