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
	stamp        []byte    // id, version and held seats of each class
	lists        []byte    // the state of the lists that classes take their names from
	teachers     []teacher // and of the people
	classes      []class   // Classes, as the rules want them
	refusals     []*Error  // what each says to everybody who would book
}

// teacher is a person whose name stands on a board, and the two as the database says them.
type teacher struct {
	id  int64
	key string
}

// boards keeps what was read last of each span. The database is asked for versions
// on every visit, so what is kept only saves reading it again. One reading at a time
// has to do with it.
type boards struct {
	asked gather[visitKey, *Visit]

	epoch       string
	of          map[span]*Board
	size        int // classes on them
	lists       []byte
	places      Places
	studio      *Studio
	studioState string
}

// keptClasses bounds the classes that are kept: a bound, not a policy, after which
// everything is read again.
const keptClasses = 20_000

// span is [from, to) in microseconds, so that equal instants are equal keys.
type span struct{ from, to int64 }

// state is what the database says of spans: enough to know whether a board is true.
type state struct {
	epoch    string
	studio   string
	lists    []byte
	teachers string // each with its id, between separators
	stamps   map[span][]byte
}

const stampSize = 8 + 8 + 4

func stampID(stamp []byte) int64 { return int64(binary.BigEndian.Uint64(stamp)) }

func appendStamp(b []byte, c *Class) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(c.ID))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Version))
	return binary.BigEndian.AppendUint32(b, uint32(c.Held))
}

// holds reports whether the board is as the database has it.
func (b *Board) holds(now *state, s span) bool {
	return b.namesHold(now) && bytes.Equal(b.stamp, now.stamps[s])
}

func (b *Board) namesHold(now *state) bool {
	return bytes.Equal(b.lists, now.lists) && !slices.ContainsFunc(b.teachers, func(t teacher) bool { return !strings.Contains(now.teachers, t.key) })
}

// behind lists the classes of which the board does not have the state that the
// database has; a nil board has none.
func (b *Board) behind(now *state, s span) (ids []int64) {
	known := map[[stampSize]byte]bool{}
	if b != nil && b.namesHold(now) {
		for at := range slices.Chunk(b.stamp, stampSize) {
			known[[stampSize]byte(at)] = true
		}
	}
	for at := range slices.Chunk(now.stamps[s], stampSize) {
		if !known[[stampSize]byte(at)] {
			ids = append(ids, stampID(at))
		}
	}
	return ids
}

// with lists the classes of a stamp, those of the board and what was read since.
func (b *Board) with(fresh map[int64]*Class, stamp []byte, s span) (list []Class) {
	had := map[int64]*Class{}
	if b != nil {
		for i := range b.Classes {
			had[b.Classes[i].ID] = &b.Classes[i]
		}
	}
	for at := range slices.Chunk(stamp, stampSize) {
		c := fresh[stampID(at)]
		if c == nil {
			c = had[stampID(at)]
		}
		// It may have moved away since its version was read.
		if c != nil && c.StartsAt.UnixMicro() >= s.from && c.StartsAt.UnixMicro() < s.to {
			list = append(list, *c)
		}
	}
	slices.SortFunc(list, func(a, b Class) int { return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID)) })
	return list
}

func (k *boards) keep(s span, b *Board) {
	if old := k.of[s]; old != nil {
		k.size -= len(old.Classes) + 1
	}
	if k.size += len(b.Classes) + 1; k.size > keptClasses || k.of == nil {
		k.of, k.size = map[span]*Board{}, len(b.Classes)+1
	}
	k.of[s] = b
}

// at is the board as it reads at this instant: itself, or another one.
func (b *Board) at(clock time.Time) *Board {
	if clock.Before(b.since) || !b.until.IsZero() && !clock.Before(b.until) {
		return boardOf(slices.Clone(b.Classes), b.lists, b.Places, clock)
	}
	return b
}

func boardOf(list []Class, lists []byte, places Places, clock time.Time) *Board {
	b := &Board{Classes: list, Places: places, lists: lists, classes: make([]class, len(list)), refusals: make([]*Error, len(list))}
	s := &snapshot{now: clock, studio: &Studio{}}
	for i := range list {
		c := &list[i]
		c.ReadAt = clock
		b.stamp = appendStamp(b.stamp, c)
		b.names(c.InstructorID, c.Instructor)
		b.names(c.SubstituteID, c.Substitute)
		for _, t := range []time.Time{c.OpensAt(), c.Cutoff().Add(time.Microsecond), c.ClosesAt(), c.StartsAt.Add(-c.Rules.WaitlistCloses), c.StartsAt, c.EndsAt, c.ReservedUntil} {
			if !t.After(clock) {
				b.since = latest(b.since, t)
			} else if b.until.IsZero() || t.Before(b.until) {
				b.until = t
			}
		}
		b.classes[i].Class = *c
		b.refusals[i] = s.obstacle(anybody, &b.classes[i], bySelf)
	}
	return b
}

func (b *Board) names(id int64, name string) {
	t := teacher{id, "\x1f" + strconv.FormatInt(id, 10) + " " + name + "\x1f"}
	if id != 0 && !slices.Contains(b.teachers, t) {
		b.teachers = append(b.teachers, t)
	}
}
