package booking

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ScheduleSnapshot is the schedule of a span of time, as everybody sees it. It is
// immutable. Callers get the same pointer until a class, a name or a time boundary changes,
// so they may cache what they derive from it, keyed by the pointer.
type ScheduleSnapshot struct {
	Classes     []Class // by start; the same at every instant from since until before until
	FormOptions FormOptions

	since, until time.Time
	versionKeys  []byte           // id, version and held seats of each class
	lists        []byte           // the state of the lists from which the classes take names
	instructors  []instructorName // the instructors on the snapshot, whose names may change as well
	classes      []class          // Classes in the form that the rules use
	refusals     []*Error         // for each class the denial that everybody would get; nil: none
}

// instructorName is a person whose name is on a snapshot. key is the id and the name as the
// database returns them.
type instructorName struct {
	id  int64
	key string
}

// scheduleCache keeps the last snapshot of each span. Every view compares versions with the
// database, so the cache only saves reading the classes again. Only one read uses the cache
// at a time.
type scheduleCache struct {
	reads coalescer[viewKey, *ScheduleView]

	epoch       string
	snapshots   map[span]*ScheduleSnapshot
	size        int // number of cached classes
	lists       []byte
	formOptions FormOptions
	studio      *Studio
	studioState string
}

// cachedClasses limits the cached classes. When the limit is reached, the whole cache is
// emptied.
const cachedClasses = 20_000

// span is [from, to) in microseconds, so that equal spans of time are equal keys.
type span struct{ from, to int64 }

// databaseState is what the database says about spans, enough to decide whether a snapshot
// is current.
type databaseState struct {
	epoch       string
	studio      string
	lists       []byte
	instructors string // ids and names, with separators between them
	versionKeys map[span][]byte
}

const versionKeySize = 8 + 8 + 4

func versionKeyClass(versionKeys []byte) int64 { return int64(binary.BigEndian.Uint64(versionKeys)) }

func appendVersionKey(b []byte, c *Class) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Version))
	return binary.BigEndian.AppendUint32(b, uint32(c.Held))
}

// isCurrent reports whether the snapshot has the state of the database.
func (b *ScheduleSnapshot) isCurrent(now *databaseState, s span) bool {
	return b.namesAreCurrent(now) && bytes.Equal(b.versionKeys, now.versionKeys[s])
}

func (b *ScheduleSnapshot) namesAreCurrent(now *databaseState) bool {
	renamed := func(t instructorName) bool { return !strings.Contains(now.instructors, t.key) }
	return bytes.Equal(b.lists, now.lists) && !slices.ContainsFunc(b.instructors, renamed)
}

// outdated lists the classes whose state in the database is not that of the snapshot. A nil
// snapshot has no classes.
func (b *ScheduleSnapshot) outdated(now *databaseState, s span) (ids []int64) {
	known := map[[versionKeySize]byte]bool{}
	if b != nil && b.namesAreCurrent(now) {
		for at := range slices.Chunk(b.versionKeys, versionKeySize) {
			known[[versionKeySize]byte(at)] = true
		}
	}
	for at := range slices.Chunk(now.versionKeys[s], versionKeySize) {
		if !known[[versionKeySize]byte(at)] {
			ids = append(ids, versionKeyClass(at))
		}
	}
	return ids
}

// merge lists the classes of versionKeys, taken from those just read, else from the
// snapshot.
func (b *ScheduleSnapshot) merge(fresh map[int64]*Class, versionKeys []byte, s span) (list []Class) {
	had := map[int64]*Class{}
	if b != nil {
		for i := range b.Classes {
			had[b.Classes[i].ID] = &b.Classes[i]
		}
	}
	for at := range slices.Chunk(versionKeys, versionKeySize) {
		c := fresh[versionKeyClass(at)]
		if c == nil {
			c = had[versionKeyClass(at)]
		}
		// The class may have moved to another time after its version was read.
		if c != nil && c.StartsAt.UnixMicro() >= s.from && c.StartsAt.UnixMicro() < s.to {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b Class) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (c *scheduleCache) store(s span, b *ScheduleSnapshot) {
	if old := c.snapshots[s]; old != nil {
		c.size -= len(old.Classes) + 1
	}
	if c.size += len(b.Classes) + 1; c.size > cachedClasses || c.snapshots == nil {
		c.snapshots, c.size = map[span]*ScheduleSnapshot{}, len(b.Classes)+1
	}
	c.snapshots[s] = b
}

func (c *scheduleCache) startEpoch(epoch string) {
	c.epoch, c.snapshots, c.size = epoch, nil, 0
	c.lists, c.formOptions, c.studio, c.studioState = nil, FormOptions{}, nil, ""
}

// asOf returns the snapshot as of clock: b itself, or a new one if a time boundary was
// passed.
func (b *ScheduleSnapshot) asOf(clock time.Time) *ScheduleSnapshot {
	if clock.Before(b.since) || !b.until.IsZero() && !clock.Before(b.until) {
		return newScheduleSnapshot(slices.Clone(b.Classes), b.lists, b.FormOptions, clock)
	}
	return b
}

func newScheduleSnapshot(list []Class, lists []byte, options FormOptions, clock time.Time) *ScheduleSnapshot {
	b := &ScheduleSnapshot{
		Classes: list, FormOptions: options, lists: lists,
		classes: make([]class, len(list)), refusals: make([]*Error, len(list)),
	}
	s := &snapshot{now: clock, studio: &Studio{}}
	for i := range list {
		c := &list[i]
		c.ReadAt = clock
		b.versionKeys = appendVersionKey(b.versionKeys, c)
		b.addInstructor(c.InstructorID, c.Instructor)
		b.addInstructor(c.SubstituteID, c.Substitute)
		for _, t := range c.boundaries() {
			if !t.After(clock) {
				b.since = latest(b.since, t)
			} else if b.until.IsZero() || t.Before(b.until) {
				b.until = t
			}
		}
		b.classes[i].Class = *c
		b.refusals[i] = s.denial(anybody, &b.classes[i], viaSelf)
	}
	return b
}

func (b *ScheduleSnapshot) addInstructor(id int64, name string) {
	t := instructorName{id, "\x1f" + strconv.FormatInt(id, 10) + " " + name + "\x1f"}
	if id != 0 && !slices.Contains(b.instructors, t) {
		b.instructors = append(b.instructors, t)
	}
}
