package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/hub"
)

// refresh reads what is marked and somebody here looks at, in one statement per
// kind, and hands what is newer than shown to the hub.
func (l *Live) refresh(ctx context.Context) error {
	classes, rosters, people := l.takeDirty()
	err := l.refreshClasses(ctx, classes, rosters)
	if err == nil {
		err = l.refreshPeople(ctx, people)
	}
	if err != nil {
		// Nothing is lost: the marks go back into the set.
		l.mu.Lock()
		for _, id := range classes {
			l.dirty[thing{booking.ClassNoun, id}] = true
		}
		for _, id := range people {
			l.dirty[thing{booking.PersonNoun, id}] = true
		}
		l.mu.Unlock()
	}
	return err
}

// takeDirty empties the set.
func (l *Live) takeDirty() (classes, rosters, people []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for t := range l.dirty {
		if t.noun == booking.PersonNoun {
			people = append(people, t.id)
			continue
		}
		classes = append(classes, t.id)
		if len(l.sockets.atRosters(t.id)) > 0 {
			rosters = append(rosters, t.id)
		}
	}
	clear(l.dirty)
	return classes, rosters, people
}

func (l *Live) refreshClasses(ctx context.Context, ids, rosterIDs []int64) error {
	if len(ids) == 0 {
		return nil
	}
	classes, err := l.engine.Classes(ctx, ids)
	if err != nil {
		return err
	}
	personal, err := l.engine.PersonalOf(ctx, ids)
	if err != nil {
		return err
	}
	l.mu.Lock()
	updates := l.learn(classes, byClass(personal))
	l.mu.Unlock()
	l.hub.Broadcast(updates...)
	return l.refreshRosters(ctx, rosterIDs)
}

// refreshRosters reads rosters together with the rights of the sessions that show them,
// and sends each to the sockets that may see it.
func (l *Live) refreshRosters(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	asked := map[string]bool{}
	for _, k := range l.sockets.atRosters(ids...) {
		asked[k.session] = true
	}
	rosters, access, err := l.engine.Rosters(ctx, ids, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return err
	}
	for _, r := range rosters {
		l.sendRoster(r, access, asked)
	}
	return nil
}

// sendRoster brings names to the sockets whose session had the right to them when they
// were read, and ends those whose right is over. A socket of a session that was not
// asked about came in meanwhile: the roster is then read again, for it may have been
// greeted with an older one.
func (l *Live) sendRoster(r booking.Roster, access booking.Access, asked map[string]bool) {
	viewers := map[string][]*hub.Conn{} // by language
	for _, k := range l.sockets.atRosters(r.Class.ID) {
		switch {
		case k.conn == nil:
			// It reads its first state when it is accepted.
		case !asked[k.session]:
			l.mark(thing{booking.ClassNoun, r.Class.ID})
		case !access.CanSeeRoster(k.session, r.Class.ID):
			l.endRoster(k)
		default:
			viewers[k.lang] = append(viewers[k.lang], k.conn)
		}
	}
	for lang, conns := range viewers {
		l.hub.Send(conns, l.rosterUpdate(r, lang))
	}
}

func (l *Live) rosterUpdate(r booking.Roster, lang string) hub.Update {
	l.mu.Lock()
	defer l.mu.Unlock()
	return hub.Update{Key: "roster", Version: r.Class.Version, Body: l.paintRoster(lang, r)}
}

// learn takes classes as they were just read and returns what viewers of them
// must be told. The caller holds mu.
func (l *Live) learn(classes []booking.Class, mine map[int64]map[int64]booking.MyClass) (updates []hub.Update) {
	for _, c := range classes {
		was := l.classes[c.ID]
		if was != nil && c.Version <= was.Version {
			continue
		}
		now := &liveClass{Class: c, day: c.StartsAt.In(l.zone).Format(time.DateOnly), personal: mine[c.ID], rows: map[variant][]byte{}}
		l.classes[c.ID] = now
		if was != nil && was.day != now.day {
			updates = append(updates, l.gone(was.day, c, variants)...)
		} else if was != nil && c.Hidden && !was.Hidden {
			updates = append(updates, l.gone(was.day, c, memberVariants)...)
		}
		updates = append(updates, l.rowUpdates(now)...)
		updates = append(updates, l.mineUpdates(now)...)
	}
	return updates
}

// byClass sorts personal states by class and person.
func byClass(personal []booking.PersonClass) map[int64]map[int64]booking.MyClass {
	mine := map[int64]map[int64]booking.MyClass{}
	for _, p := range personal {
		if mine[p.ClassID] == nil {
			mine[p.ClassID] = map[int64]booking.MyClass{}
		}
		mine[p.ClassID][p.PersonID] = p.MyClass
	}
	return mine
}

// rowUpdates is the shared row for everybody who looks at its day or at itself.
func (l *Live) rowUpdates(c *liveClass) (updates []hub.Update) {
	for _, v := range variants {
		for _, topic := range []hub.Topic{dayTopic(c.day, v.lang, v.staff), classTopic(c.ID, v.lang, v.staff)} {
			switch {
			case !l.looked(topic):
			case !c.Hidden || v.staff:
				updates = append(updates, hub.Update{Topic: topic, Key: classKey(c.ID), Version: c.Version, Body: l.row(c, v)})
			case topic == classTopic(c.ID, v.lang, false):
				// Who is in it may see it, who is not may not: the page asks for itself.
				updates = append(updates, hub.Update{Topic: topic, Key: classKey(c.ID), Version: c.Version, Body: fetchAgain(fmt.Sprintf("class-%d-seats", c.ID))})
			}
		}
	}
	return updates
}

var (
	variants       = []variant{{"de", false}, {"en", false}, {"de", true}, {"en", true}}
	memberVariants = variants[:2]
)

// row renders the shared fragments of a class once per variant.
func (l *Live) row(c *liveClass, v variant) []byte {
	body, ok := c.rows[v]
	if !ok {
		body = l.paintRow(c.Class, v)
		c.rows[v] = body
	}
	return body
}

// mineUpdates tells each person here who has to do with the class what it is to
// them now; to nobody else.
func (l *Live) mineUpdates(c *liveClass) (updates []hub.Update) {
	for person, m := range c.personal {
		if list := ownListTopic(person); l.looked(list) {
			updates = append(updates, hub.Update{Topic: list, Key: classKey(c.ID), Version: c.Version, Body: fetchAgain("my-bookings")})
		}
		for _, lang := range languages {
			topic := personTopic(person, lang)
			if l.looked(topic) {
				updates = append(updates, hub.Update{Topic: topic, Key: classKey(c.ID), Version: m.Version, Body: l.paintMine(l.presenter(lang), c.Class, m)})
			}
		}
	}
	return updates
}

func (l *Live) refreshPeople(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	people, err := l.engine.MineOf(ctx, ids)
	if err != nil {
		return err
	}
	l.mu.Lock()
	var updates []hub.Update
	for _, p := range people {
		updates = append(updates, l.personUpdates(p)...)
	}
	l.mu.Unlock()
	l.hub.Broadcast(updates...)
	// A changed person may have another role, or no session any more.
	return l.recheck(ctx, l.sockets.of(ids))
}

func (l *Live) personUpdates(p booking.Mine) (updates []hub.Update) {
	l.people[p.PersonID] = max(p.Version, l.people[p.PersonID])
	if list := ownListTopic(p.PersonID); l.looked(list) {
		updates = append(updates, hub.Update{Topic: list, Key: "person", Version: p.Version, Body: fetchAgain("my-bookings")})
	}
	for _, lang := range languages {
		topic := personTopic(p.PersonID, lang)
		if l.looked(topic) {
			updates = append(updates, hub.Update{Topic: topic, Key: "person", Version: p.Version, Body: l.paintPerson(l.presenter(lang), p)})
		}
	}
	return updates
}

// gone tells those who look at a day in these variants that a class has left it.
func (l *Live) gone(day string, c booking.Class, from []variant) (updates []hub.Update) {
	for _, v := range from {
		element := fmt.Sprintf("class-%d-seats", c.ID)
		if v.staff {
			element = fmt.Sprintf("class-%d-staff", c.ID)
		}
		if topic := dayTopic(day, v.lang, v.staff); l.looked(topic) {
			updates = append(updates, hub.Update{Topic: topic, Key: classKey(c.ID), Version: c.Version, Body: fetchAgain(element)})
		}
	}
	return updates
}

// compare asks the database for the versions of everything that is looked at
// here and marks what is newer than shown: it finds every change whose hint was
// lost, whoever lost it.
func (l *Live) compare(ctx context.Context) error {
	studio, err := l.engine.Studio(ctx)
	if err != nil {
		return err
	}
	l.forget(studio)
	began := time.Now()
	q, days := l.question()
	if len(q.Classes)+len(q.Days)+len(q.People) == 0 {
		return nil
	}
	v, err := l.engine.Versions(ctx, q)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.Epoch != l.epoch {
		l.begin(v.Epoch)
		return nil
	}
	there := map[int64]bool{}
	for _, c := range v.Classes {
		there[c.ID] = true
		if known := l.classes[c.ID]; known == nil || c.Version > known.Version {
			l.dirty[thing{booking.ClassNoun, c.ID}] = true
		}
	}
	for id, c := range l.classes {
		if slices.Contains(days, c.day) && !there[id] {
			l.dirty[thing{booking.ClassNoun, id}] = true // it has moved to another day
		}
	}
	for id, version := range v.People {
		if version > l.people[id] {
			l.dirty[thing{booking.PersonNoun, id}] = true
		}
	}
	for _, name := range days {
		if d := l.days[name]; d != nil {
			d.checked = began
		}
	}
	return nil
}

// question lists what is looked at here.
func (l *Live) question() (q booking.VersionsQuery, days []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, d := range l.days {
		if d.checked.IsZero() {
			continue // its first viewer is just reading it
		}
		q.Days = append(q.Days, booking.Span{From: d.from, To: d.to})
		days = append(days, name)
	}
	classes, people := map[int64]bool{}, map[int64]bool{}
	for _, s := range l.subjects {
		switch {
		case s.class != 0:
			classes[s.class] = true
		case s.person != 0:
			people[s.person] = true
		}
	}
	q.Classes, q.People = slices.Collect(maps.Keys(classes)), slices.Collect(maps.Keys(people))
	return q, days
}

// begin starts over after the database was restored or failed over: versions of
// another epoch cannot be compared. Everything in view is read and sent again,
// and a page that meets another epoch fetches itself.
func (l *Live) begin(epoch string) {
	l.log.Warn("the database has begun another epoch", "epoch", epoch)
	l.epoch = epoch
	clear(l.classes)
	clear(l.people)
	for _, d := range l.days {
		d.checked = time.Unix(1, 0)
	}
	l.Resync()
}

// settle takes over settings that were changed on this node; the others hear of
// them by the comparison.
func (l *Live) settle(studio booking.Studio) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.obey(studio)
}

// obey renders by these settings from now on. The caller holds mu.
func (l *Live) obey(studio booking.Studio) {
	l.zone = studio.Zone
	if l.counts != studio.SeatCounts {
		l.counts = studio.SeatCounts
		for _, c := range l.classes {
			clear(c.rows)
		}
	}
}

// forget drops what nobody has looked at for a while. A topic is kept for some
// seconds after its last viewer, since a page that reloads is back at once.
func (l *Live) forget(studio booking.Studio) {
	looked := map[hub.Topic]bool{}
	for _, t := range l.hub.Topics() {
		looked[t] = true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.obey(studio)
	days, classes, people := map[string]bool{}, map[int64]bool{}, map[int64]bool{}
	for topic, s := range l.subjects {
		if !looked[topic] && time.Since(s.since) > 15*time.Second {
			delete(l.subjects, topic)
			l.unwatch(s)
			continue
		}
		days[s.day], classes[s.class], people[s.person] = true, true, true
	}
	maps.DeleteFunc(l.days, func(day string, _ *liveDay) bool { return !days[day] })
	maps.DeleteFunc(l.classes, func(id int64, c *liveClass) bool { return !days[c.day] && !classes[id] })
	maps.DeleteFunc(l.people, func(id, _ int64) bool { return !people[id] })
}
