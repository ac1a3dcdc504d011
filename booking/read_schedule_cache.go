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

// Board is the classes of a span as everybody sees them, in one state. Whoever asks
// while nothing of it has changed, neither a name nor what time alone changes, gets
// the same Board, so that what was made of it can be kept beside it. It is read only.
type Board struct {
	Classes []Class // by start; at every instant since, and before until, they read the same
	Places  Places

	since, until time.Time
	versionKeys  []byte           // id, version and held seats of each class
	lists        []byte           // the state of the lists that classes take their names from
	instructors  []instructorName // and of the people
	classes      []class          // Classes, as the rules want them
	refusals     []*Error         // what each says to everybody who would book
}

// teacher is a person whose name stands on a board, and the two as the database says them.
type instructorName struct {
	id  int64
	key string
}

// boards keeps what was read last of each span. The database is asked for versions
// on every visit, so what is kept only saves reading it again. One reading at a time
// has to do with it.
type scheduleCache struct {
	reads coalescer[viewKey, *Visit]

	epoch       string
	snapshots   map[span]*Board
	size        int // classes on them
	lists       []byte
	places      Places
	studio      *Studio
	studioState string
}

// keptClasses bounds the classes that are kept: a bound, not a policy, after which
// everything is read again.
const cachedClasses = 20_000

// span is [from, to) in microseconds, so that equal instants are equal keys.
type span struct{ from, to int64 }

// state is what the database says of spans: enough to know whether a board is true.
type databaseState struct {
	epoch       string
	studio      string
	lists       []byte
	instructors string // each with its id, between separators
	versionKeys map[span][]byte
}

const versionKeySize = 8 + 8 + 4

func versionKeyClass(versionKeys []byte) int64 { return int64(binary.BigEndian.Uint64(versionKeys)) }

func appendVersionKey(b []byte, c *Class) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Version))
	return binary.BigEndian.AppendUint32(b, uint32(c.Held))
}

// holds reports whether the board is as the database has it.
func (b *Board) isCurrent(now *databaseState, s span) bool {
	return b.namesAreCurrent(now) && bytes.Equal(b.versionKeys, now.versionKeys[s])
}

func (b *Board) namesAreCurrent(now *databaseState) bool {
	return bytes.Equal(b.lists, now.lists) && !slices.ContainsFunc(b.instructors, func(t instructorName) bool { return !strings.Contains(now.instructors, t.key) })
}

// behind lists the classes of which the board does not have the state that the
// database has; a nil board has none.
func (b *Board) outdated(now *databaseState, s span) (ids []int64) {
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

// with lists the classes of a stamp, those of the board and what was read since.
func (b *Board) merge(fresh map[int64]*Class, versionKeys []byte, s span) (list []Class) {
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
		// It may have moved away since its version was read.
		if c != nil && c.StartsAt.UnixMicro() >= s.from && c.StartsAt.UnixMicro() < s.to {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b Class) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (c *scheduleCache) store(s span, b *Board) {
	if old := c.snapshots[s]; old != nil {
		c.size -= len(old.Classes) + 1
	}
	if c.size += len(b.Classes) + 1; c.size > cachedClasses || c.snapshots == nil {
		c.snapshots, c.size = map[span]*Board{}, len(b.Classes)+1
	}
	c.snapshots[s] = b
}

// at is the board as it reads at this instant: itself, or another one.
func (b *Board) asOf(clock time.Time) *Board {
	if clock.Before(b.since) || !b.until.IsZero() && !clock.Before(b.until) {
		return newBoard(slices.Clone(b.Classes), b.lists, b.Places, clock)
	}
	return b
}

func newBoard(list []Class, lists []byte, places Places, clock time.Time) *Board {
	b := &Board{Classes: list, Places: places, lists: lists, classes: make([]class, len(list)), refusals: make([]*Error, len(list))}
	s := &snapshot{now: clock, studio: &Studio{}}
	for i := range list {
		c := &list[i]
		c.ReadAt = clock
		b.versionKeys = appendVersionKey(b.versionKeys, c)
		b.addInstructor(c.InstructorID, c.Instructor)
		b.addInstructor(c.SubstituteID, c.Substitute)
		for _, t := range []time.Time{c.OpensAt(), c.Cutoff().Add(time.Microsecond), c.ClosesAt(), c.StartsAt.Add(-c.Rules.WaitlistCloses), c.StartsAt, c.EndsAt, c.ReservedUntil} {
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

func (b *Board) addInstructor(id int64, name string) {
	t := instructorName{id, "\x1f" + strconv.FormatInt(id, 10) + " " + name + "\x1f"}
	if id != 0 && !slices.Contains(b.instructors, t) {
		b.instructors = append(b.instructors, t)
	}
}
