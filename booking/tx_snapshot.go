package booking

import (
	"fmt"
	"slices"
	"time"
)

// snapshot is what a transaction has locked and read. The decisions change it, and save
// writes the changes.
type snapshot struct {
	now       time.Time // the database's clock, read after the locks
	studio    *Studio
	classes   map[int64]*class
	people    map[int64]*person
	reasons   map[int64]*reason
	recurring map[int64]*recurring
	waitsIn   map[int64][]int64     // classes in which lockSet.waiters wait
	changed   map[personInClass]int // how many changes members made themselves within the last day; read for lockSet.counted

	ids         *reservedIDs
	step        int // counts the decisions of the batch; a version grows once per step
	transfers   []*transfer
	batched     int // how many of the transfers queueBatchInserts writes
	alerts      []*alert
	withdrawals []withdrawal
	dismissals  []dismissal
	skips       []skipped
	eased       []int64 // people whom fewer rules may deny seats now, see ease
	rechecks    int     // how many classes save noted for the waiters among them
	histories   []history
	capacities  []capacity
	series      []series
	filling     *filling // nil: none
	issues      []issue
	zoneBefore  *time.Location // not nil: the settings in studio are new, and this was the zone
	signedOut   []int64
	uninvited   []int64 // people whose invitations and links in mails become void
	locked      []int64 // people whose passwords become void
	erased      []int64
}

// personInClass names a person together with a class.
type personInClass struct{ personID, classID int64 }

type class struct {
	Class
	nextSeq int64
	dueAt   time.Time

	bookings      []*booking // active bookings of the people read, and bookings asked for by id
	entries       []*entry   // active entries in the order of rule 8
	told          []int64    // people with an alert that the class is cancelled or restored; read only if lockSet.told
	offers        []*offer   // open offers, and offers asked for by id
	unreadWaiters int        // active entries that were not read, none of them before an entry that is inFront
	unreadLast    int        // of these, the entries behind everybody who joins; read only if lockSet.joins

	step   int
	dirty  bool
	edited bool // more than the counters changed
	isNew  bool
}

type person struct {
	id       int64
	role     Role
	state    PersonState
	name     string
	version  int64
	vouches  int64  // the person who vouches for the password; 0: nobody
	given    string // only for new guests; as email, phone and language
	email    string
	phone    string
	language string
	isNew    bool
	grants   []*grant   // grants with credits left, and grants of debits that may be refunded
	bookings []occupied // active bookings in any class, from last week on
	step     int
	dirty    bool
}

// occupied is a time at which a person has a seat.
type occupied struct {
	bookingID, classID int64
	title              string
	startsAt, endsAt   time.Time
}

type booking struct {
	Booking
	overbookedBy int64
	fromV, toV   int64
	by           int64
	entryID      int64
	restores     int64     // the booking whose removal this one undoes; 0: none
	restored     bool      // the removal was undone
	exit         time.Time // column free_until: a cut-off later than that of the class
	endedBy      int64
	cause        Cause
	path         CancelPath
	cutoff       time.Time
	inTime       bool
	refundAnyway bool
	reasonID     int64
	debits       []*debit
	isNew, dirty bool
}

func (b *booking) active() bool { return b.State == StateBooked || b.State == StateCheckedIn }

type debit struct {
	id, grantID int64
	amount      int
	reversed    bool
}

type entry struct {
	id, classID, personID int64
	state                 EntryState
	priority              int
	priorityV             int64 // the version at which staff set the priority
	seq                   int64
	auto                  bool
	latest                time.Time
	costShown             int       // what the waiter saw when joining; -1: not known
	startShown            time.Time // as costShown; zero: not known
	inFront               bool      // everybody before this entry was read too
	fromV, toV            int64
	skip                  Code
	since, endedAt        time.Time
	addedBy               int64
	isNew, dirty          bool
}

func (e *entry) active() bool { return e.state.active() }

type offer struct {
	Offer
	personID     int64
	state        OfferState
	fromV, toV   int64
	isNew, dirty bool
}

type grant struct {
	id, personID int64
	name         string
	quantity     int
	validFrom    time.Time
	expiresAt    time.Time // zero: never
	extended     time.Time // the expiry that this transaction sets; zero: it stays
	typeIDs      []int64
	remaining    int
	createdBy    int64
	packID       int64     // 0: of no pack
	importedAt   time.Time // zero: it came with no import
	isNew, dirty bool
}

type reason struct {
	id        int64
	text      map[string]string // by language
	audience  Audience
	needsText bool
	active    bool
}

// concerned lists the classes of the lockSet, by id.
func (s *snapshot) concerned(locks lockSet) []*class {
	var list []*class
	if len(locks.bookings)+len(locks.entries)+len(locks.offers) == 0 { // most operations: no search through all classes of the batch
		ids := slices.Concat(locks.classes, locks.wholeClasses)
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if c := s.classes[id]; c != nil {
				list = append(list, c)
			}
		}
		return list
	}
	for _, c := range s.classes {
		if slices.Contains(locks.classes, c.ID) || slices.Contains(locks.wholeClasses, c.ID) ||
			slices.ContainsFunc(c.bookings, func(b *booking) bool { return slices.Contains(locks.bookings, b.ID) }) ||
			slices.ContainsFunc(c.entries, func(e *entry) bool { return slices.Contains(locks.entries, e.id) }) ||
			slices.ContainsFunc(c.offers, func(o *offer) bool { return slices.Contains(locks.offers, o.ID) }) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *class) int { return int(a.ID - b.ID) })
	return list
}

// change marks the class as changed. Its version grows once per step.
func (s *snapshot) change(c *class) {
	if c.step != s.step {
		c.step = s.step
		c.Version++
	}
	c.dirty = true
}

// changePerson marks the person as changed: credits, alerts, role or sessions. Its version
// grows once per step.
func (s *snapshot) changePerson(id int64) *person {
	p := s.people[id]
	if p == nil {
		panic(fmt.Sprintf("person %d was not locked", id))
	}
	if p.step != s.step {
		p.step = s.step
		p.version++
	}
	p.dirty = true
	return p
}

func (s *snapshot) booking(id int64) *booking {
	for _, c := range s.classes {
		for _, b := range c.bookings {
			if b.ID == id {
				return b
			}
		}
	}
	return nil
}

func (s *snapshot) entry(id int64) (*class, *entry) {
	for _, c := range s.classes {
		if e := c.entryByID(id); e != nil {
			return c, e
		}
	}
	return nil, nil
}

func (p *person) grant(id int64) *grant {
	for _, g := range p.grants {
		if g.id == id {
			return g
		}
	}
	return nil
}

func (c *class) bookingOf(personID int64) *booking {
	for _, b := range c.bookings {
		if b.PersonID == personID && b.active() {
			return b
		}
	}
	return nil
}

func (c *class) entryOf(personID int64) *entry {
	for _, e := range c.entries {
		if e.personID == personID && e.active() {
			return e
		}
	}
	return nil
}

func (c *class) entryByID(id int64) *entry {
	for _, e := range c.entries {
		if e.id == id {
			return e
		}
	}
	return nil
}

func (c *class) offerOf(entryID int64) *offer {
	for _, o := range c.offers {
		if o.EntryID == entryID && o.state == offerOpen {
			return o
		}
	}
	return nil
}

func (s *snapshot) offer(id int64) (*class, *offer) {
	for _, c := range s.classes {
		for _, o := range c.offers {
			if o.ID == id {
				return c, o
			}
		}
	}
	return nil, nil
}

// skipped records why a waiter was passed over at a version of the class.
type skipped struct {
	classID, version, entryID int64
	reason                    Code
}

type capacity struct {
	classID, fromV int64
	seats          int
}

// byID returns the values of a map ordered by id, the order of the locks.
func byID[T any](m map[int64]T) []T {
	ids := make([]int64, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	list := make([]T, len(ids))
	for i, id := range ids {
		list[i] = m[id]
	}
	return list
}

// changes lists the changes that the commit announces.
func (s *snapshot) changes() (list []Change) {
	for _, c := range byID(s.classes) {
		if c.step > 0 && c.dirty || c.isNew {
			list = append(list, Change{Kind: ClassChange, ID: c.ID, Version: c.Version, StartsAt: c.StartsAt})
		}
	}
	for _, p := range byID(s.people) {
		if p.dirty && !p.isNew {
			list = append(list, Change{Kind: PersonChange, ID: p.id, Version: p.version})
		}
	}
	return list
}
