package web

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/hub"
)

// fresh is how old the state may be that a new socket is greeted with. What
// changed meanwhile reaches it through the comparison like everybody else.
const fresh = time.Second

// load makes sure that these days are known as the database has them, at most a
// second ago. However many sockets come back at once, one of them reads.
func (l *Live) load(ctx context.Context, days []string) error {
	if !l.stale(days) {
		return nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	if !l.stale(days) {
		return nil
	}
	began := time.Now()
	from, to := l.bounds(days)
	classes, err := l.engine.Schedule(ctx, from, to)
	if err != nil {
		l.leaveToCompare(days)
		return err
	}
	personal, err := l.engine.PersonalOf(ctx, classIDs(l.unknown(classes)))
	if err != nil {
		l.leaveToCompare(days)
		return err
	}
	mine := byClass(personal)
	l.mu.Lock()
	var updates []hub.Update
	for _, c := range classes {
		was := l.classes[c.ID]
		news := l.learn([]booking.Class{c}, mine)
		d := l.days[c.StartsAt.In(l.zone).Format(time.DateOnly)]
		// Others look at that day or at that class already, and this is the first to
		// notice. Nobody would tell them later: it is known from now on.
		if was != nil && c.Version > was.Version {
			l.dirty[thing{booking.ClassNoun, c.ID}] = true // its roster is not read here
			updates = append(updates, news...)
		} else if d != nil && !d.checked.IsZero() {
			updates = append(updates, news...)
		}
	}
	for _, day := range days {
		if d := l.days[day]; d != nil {
			d.checked = began
		}
	}
	l.mu.Unlock()
	l.hub.Broadcast(updates...)
	l.rouse()
	return nil
}

// leaveToCompare has the comparison of versions bring what could not be read.
func (l *Live) leaveToCompare(days []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, day := range days {
		if d := l.days[day]; d != nil && d.checked.IsZero() {
			d.checked = time.Unix(1, 0)
		}
	}
}

func (l *Live) stale(days []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, day := range days {
		if d := l.days[day]; d == nil || time.Since(d.checked) > fresh {
			return true
		}
	}
	return false
}

func (l *Live) bounds(days []string) (from, to time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, day := range days {
		d := l.days[day]
		if d == nil {
			continue
		}
		if from.IsZero() || d.from.Before(from) {
			from = d.from
		}
		if d.to.After(to) {
			to = d.to
		}
	}
	return from, to
}

// unknown leaves out the classes whose shown version is as new.
func (l *Live) unknown(classes []booking.Class) (list []booking.Class) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range classes {
		if known := l.classes[c.ID]; known == nil || c.Version > known.Version {
			list = append(list, c)
		}
	}
	return list
}

// loadClass makes sure that one class is known that may be on another day than
// the ones in view.
func (l *Live) loadClass(ctx context.Context, id int64) error {
	l.mu.Lock()
	known := l.classes[id] != nil
	l.mu.Unlock()
	if id == 0 || known {
		return nil // the comparison keeps it true
	}
	return l.refreshClasses(ctx, []int64{id}, nil)
}

// greeting is the state of everything that a new socket looks at, without the
// rows if the page shows them in these very versions already. It is put together
// after the subscription, so what it lacks is on its way.
func (l *Live) greeting(w watch, mine booking.Mine) (updates []hub.Update) {
	l.mu.Lock()
	pr := l.presenter(w.lang)
	own := personTopic(w.person, w.lang)
	var personal []*liveClass
	classes := l.inView(w)
	if w.seen == "" || w.seen != l.digest(classes) {
		for _, c := range classes {
			updates = append(updates, hub.Update{
				Topic: classTopic(c.ID, w.lang, w.staff), Key: classKey(c.ID), Version: c.Version, Body: l.row(c, variant{w.lang, w.staff}),
			})
			if _, ok := c.personal[w.person]; ok {
				personal = append(personal, c)
			}
		}
	}
	if mine.PersonID == w.person {
		// Only this page is told. If another one of the person shows an older state, the
		// comparison must go on finding that.
		if known, ok := l.people[w.person]; !ok || mine.Version < known {
			l.people[w.person] = mine.Version
		}
	}
	l.mu.Unlock()
	// What is one's own is rendered for this socket alone: not under the lock.
	for _, c := range personal {
		m := c.personal[w.person]
		updates = append(updates, hub.Update{Topic: own, Key: classKey(c.ID), Version: m.Version, Body: l.paintMine(pr, c.Class, m)})
	}
	if mine.PersonID == w.person {
		updates = append(updates, hub.Update{Topic: own, Key: "person", Version: mine.Version, Body: l.paintPerson(pr, mine)})
	}
	return updates
}

// inView lists the known classes of a view by id. The caller holds mu.
func (l *Live) inView(w watch) (list []*liveClass) {
	for id, c := range l.classes {
		_, own := c.personal[w.person]
		open := w.staff || !c.Hidden
		if id == w.class && (open || own) || slices.Contains(w.days, c.day) && open {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *liveClass) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// digest names a set of classes in their versions.
func (l *Live) digest(classes []*liveClass) string {
	h := fnv.New64a()
	fmt.Fprint(h, l.epoch)
	for _, c := range classes {
		fmt.Fprint(h, " ", c.ID, ":", c.Version)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// digestOf names what a page shows, for the address of its socket.
func (l *Live) digestOf(classes []booking.Class) string {
	list := make([]*liveClass, 0, len(classes))
	for _, c := range classes {
		list = append(list, &liveClass{Class: c})
	}
	slices.SortFunc(list, func(a, b *liveClass) int { return cmp.Compare(a.ID, b.ID) })
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.digest(list)
}
