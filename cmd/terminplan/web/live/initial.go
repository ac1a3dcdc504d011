package live

import (
	"cmp"
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"terminplan/booking"
	"terminplan/hub"
)

// maxAge limits the age of the first state of a new socket. The comparison sends later
// changes.
const maxAge = time.Second

// loadDays makes sure that the classes of these days were read at most a second ago. When many
// sockets reconnect at once, one of them reads for all.
func (p *Pages) loadDays(ctx context.Context, days []string) error {
	if !p.isStale(days) {
		return nil
	}
	p.reading.Lock()
	defer p.reading.Unlock()
	if !p.isStale(days) {
		return nil
	}
	began, epoch := time.Now(), p.Epoch()
	from, to := p.bounds(days)
	classes, err := p.engine.Schedule(ctx, from, to)
	if err != nil {
		p.leaveToComparison(days)
		return err
	}
	list, err := p.engine.StatesInClasses(ctx, classIDs(p.newerThanShown(classes)))
	if err != nil {
		p.leaveToComparison(days)
		return err
	}
	states := byClass(list)
	p.mu.Lock()
	if p.epoch != epoch { // what was read may be of the epoch before
		p.mu.Unlock()
		p.leaveToComparison(days)
		return nil
	}
	var updates []hub.Update
	for _, c := range classes {
		was := p.classes[c.ID]
		news := p.apply([]booking.Class{c}, states)
		d := p.days[c.StartsAt.In(p.zone).Format(time.DateOnly)]
		// Other pages show the day or the class, and this read is the first to find the
		// change. The comparison will not find it again, so the update is sent here.
		if was != nil && c.Version > was.Version {
			p.dirty[dirtyKey{booking.ClassChange, c.ID}] = true // rosters are read by refresh
			updates = append(updates, news...)
		} else if d != nil && !d.checked.IsZero() {
			updates = append(updates, news...)
		}
	}
	for _, day := range days {
		if d := p.days[day]; d != nil {
			d.checked = began
		}
	}
	p.mu.Unlock()
	p.hub.Broadcast(updates...)
	p.wakeUp()
	return nil
}

// leaveToComparison marks days that could not be read, so that the next comparison reads them.
func (p *Pages) leaveToComparison(days []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, day := range days {
		if d := p.days[day]; d != nil && d.checked.IsZero() {
			d.checked = time.Unix(1, 0)
		}
	}
}

func (p *Pages) isStale(days []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, day := range days {
		if d := p.days[day]; d == nil || time.Since(d.checked) > maxAge {
			return true
		}
	}
	return false
}

func (p *Pages) bounds(days []string) (from, to time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, day := range days {
		d := p.days[day]
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

// newerThanShown returns the classes whose version is newer than the version on pages.
func (p *Pages) newerThanShown(classes []booking.Class) (list []booking.Class) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range classes {
		if known := p.classes[c.ID]; known == nil || c.Version > known.Version {
			list = append(list, c)
		}
	}
	return list
}

// loadClass reads a class that may be on a day outside the view. After that the comparison
// keeps it up to date.
func (p *Pages) loadClass(ctx context.Context, id int64) error {
	p.mu.Lock()
	known := p.classes[id] != nil
	p.mu.Unlock()
	if id == 0 || known {
		return nil
	}
	return p.refreshClasses(ctx, []int64{id})
}

// initialState returns the state of everything in the view of a new socket. It leaves out
// the rows if the digest says that the page shows them in these versions. The socket has
// subscribed before, so later changes follow as updates. If another epoch than that of the
// read personal state has begun, the comparison sends everything.
func (p *Pages) initialState(view View, personal booking.Personal, epoch string) (updates []hub.Update) {
	own := personTopic(view.person, view.Lang)
	p.mu.Lock()
	if p.epoch != epoch {
		p.mu.Unlock()
		return nil
	}
	pr := p.presenter(view.Lang)
	var involved []*watchedClass // classes in which the person has a state
	classes := p.inView(view)
	if view.Digest == "" || view.Digest != p.digest(classes) {
		for _, c := range classes {
			if c.ID != view.Class || view.Roster != 0 || slices.Contains(view.Days, c.day) {
				updates = append(updates, p.cached(c, view.variant()))
			}
			if c.ID == view.Class && view.Roster == 0 {
				updates = append(updates, p.cached(c, view.classVariant()))
			}
			if _, ok := c.personal[view.person]; ok {
				involved = append(involved, c)
			}
		}
	}
	if view.person != 0 && personal.PersonID == view.person {
		// Only this page gets the state. Another page of the person may show an older one,
		// which the comparison must still find.
		if known, ok := p.people[view.person]; !ok || personal.Version < known {
			p.people[view.person] = personal.Version
		}
	}
	p.mu.Unlock()
	// Personal fragments are rendered for this socket only, so this happens outside the lock.
	for _, c := range involved {
		m := c.personal[view.person]
		body := p.renderPersonal(pr, c.Class, m)
		updates = append(updates, hub.Update{Topic: own, Key: classKey(c.ID), Epoch: epoch, Version: m.Version, Body: body})
	}
	if view.person != 0 && personal.PersonID == view.person {
		body := p.renderPerson(pr, personal)
		updates = append(updates, hub.Update{Topic: own, Key: "person", Epoch: epoch, Version: personal.Version, Body: body})
	}
	return updates
}

// inView lists the known classes of a view by id. The caller holds mu.
func (p *Pages) inView(view View) (list []*watchedClass) {
	for id, c := range p.classes {
		_, own := c.personal[view.person]
		open := view.staff || !c.Hidden
		if id == view.Class && (open || own) || slices.Contains(view.Days, c.day) && open {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *watchedClass) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// digest identifies a set of classes together with their versions. The caller holds mu.
func (p *Pages) digest(classes []*watchedClass) string {
	text := append(make([]byte, 0, 512), p.epoch...)
	for _, c := range classes {
		text = strconv.AppendInt(append(text, ' '), c.ID, 10)
		text = strconv.AppendInt(append(text, ':'), c.Version, 10)
	}
	h := fnv.New64a()
	_, _ = h.Write(text) // writing to a hash never fails
	return strconv.FormatUint(h.Sum64(), 36)
}

// Digest identifies the classes of a page together with their versions. The page sends it in
// the URL of its socket.
func (p *Pages) Digest(classes []booking.Class) string {
	list := make([]*watchedClass, 0, len(classes))
	for _, c := range classes {
		list = append(list, &watchedClass{Class: c})
	}
	slices.SortFunc(list, func(a, b *watchedClass) int { return cmp.Compare(a.ID, b.ID) })
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.digest(list)
}

func classIDs(classes []booking.Class) []int64 {
	ids := make([]int64, len(classes))
	for i, c := range classes {
		ids[i] = c.ID
	}
	return ids
}
