package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/hub"
	"terminplan/templates"
)

// refresh reads the marked things that pages of this node show, in one statement per kind, and
// passes newer states to the hub.
func (p *Pages) refresh(ctx context.Context) error {
	classes, people := p.takeDirty()
	err := p.refreshClasses(ctx, classes)
	if err == nil {
		err = p.refreshPeople(ctx, people)
	}
	if err != nil {
		// Put the marks back into the set, so that the next refresh repeats the read.
		p.mu.Lock()
		for _, id := range classes {
			p.dirty[dirtyKey{booking.ClassChange, id}] = true
		}
		for _, id := range people {
			p.dirty[dirtyKey{booking.PersonChange, id}] = true
		}
		p.mu.Unlock()
	}
	return err
}

// takeDirty empties the set of marks.
func (p *Pages) takeDirty() (classes, people []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.dirty {
		if t.noun == booking.PersonChange {
			people = append(people, t.id)
		} else {
			classes = append(classes, t.id)
		}
	}
	clear(p.dirty)
	return classes, people
}

// refreshClasses reads classes and sends newer ones to their viewers. It looks for pages with
// rosters only after it has stored the classes: a page that opens later reads a roster that is
// at least as new, so no page keeps an older one.
func (p *Pages) refreshClasses(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	epoch := p.Epoch()
	classes, err := p.engine.Classes(ctx, ids)
	if err != nil {
		return err
	}
	list, err := p.engine.StatesInClasses(ctx, ids)
	if err != nil {
		return err
	}
	p.mu.Lock()
	if p.epoch != epoch { // the read may be of the epoch before; the comparison reads again
		p.mu.Unlock()
		return nil
	}
	updates := p.apply(classes, byClass(list))
	p.mu.Unlock()
	p.hub.Broadcast(updates...)
	shown := func(id int64) bool { return len(p.sockets.showingRosters(id)) > 0 }
	return p.refreshRosters(ctx, slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !shown(id) }))
}

// refreshRosters reads rosters together with the permissions of the sessions that show
// them, and sends each roster to the sockets that may see it.
func (p *Pages) refreshRosters(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	asked := map[string]bool{}
	for _, k := range p.sockets.showingRosters(ids...) {
		asked[k.session] = true
	}
	epoch := p.Epoch()
	rosters, access, err := p.engine.Rosters(ctx, ids, slices.Collect(maps.Keys(asked)))
	if err != nil {
		return err
	}
	for _, r := range rosters {
		p.sendRoster(r, epoch, access, asked)
	}
	return nil
}

// sendRoster sends names to the sockets whose session had the permission at the time of the
// read, and closes the sockets whose session has lost it. A session that is not in asked has
// opened its socket after the read and may have an older roster, so the class is marked again.
func (p *Pages) sendRoster(r booking.Roster, epoch string, access booking.Access, asked map[string]bool) {
	viewers := map[rosterVariant][]*hub.Conn{}
	for _, k := range p.sockets.showingRosters(r.Class.ID) {
		switch {
		case k.conn == nil:
			// The socket reads its first state when it is accepted.
		case !asked[k.session]:
			p.markDirty(dirtyKey{booking.ClassChange, r.Class.ID})
		case !access.CanSeeRoster(k.session, r.Class.ID):
			p.closeRoster(k)
		default:
			v := rosterVariant{k.lang, access.Can(k.session, booking.SeeMembers)}
			viewers[v] = append(viewers[v], k.conn)
		}
	}
	for v, conns := range viewers {
		p.hub.Send(conns, p.rosterUpdate(r, v, epoch))
	}
}

// rosterVariant is one of the ways in which a roster is rendered.
type rosterVariant struct {
	lang     templates.Lang
	contacts bool // with the telephone numbers and the notes about members
}

// rosterUpdate renders a roster that was read in this epoch, or just after it.
func (p *Pages) rosterUpdate(r booking.Roster, v rosterVariant, epoch string) hub.Update {
	p.mu.Lock()
	pr := p.presenter(v.lang)
	p.mu.Unlock()
	pr.Epoch, pr.Contacts = epoch, v.contacts
	return hub.Update{Key: "roster", Epoch: epoch, Version: r.Class.Version, Body: p.render(v.lang, parts.RosterPush, pr.Roster(r))}
}

// apply stores classes that were just read, and returns the updates for their viewers. The
// caller holds mu.
func (p *Pages) apply(classes []booking.Class, personal map[int64]map[int64]booking.PersonalState) (updates []hub.Update) {
	for _, c := range classes {
		was := p.classes[c.ID]
		if was != nil && c.Version <= was.Version {
			continue
		}
		now := &watchedClass{
			Class: c, day: c.StartsAt.In(p.zone).Format(time.DateOnly), personal: personal[c.ID], rendered: map[variant]hub.Update{},
		}
		p.classes[c.ID] = now
		if was != nil && was.day != now.day {
			updates = append(updates, p.removalUpdates(was.day, c, allVariants)...)
		} else if was != nil && c.Hidden && !was.Hidden {
			updates = append(updates, p.removalUpdates(was.day, c, publicVariants)...)
		}
		updates = append(updates, p.classUpdates(now)...)
		updates = append(updates, p.personalUpdates(now)...)
	}
	return updates
}

// byClass groups personal states by class and person.
func byClass(list []booking.PersonalState) map[int64]map[int64]booking.PersonalState {
	states := map[int64]map[int64]booking.PersonalState{}
	for _, s := range list {
		if states[s.ClassID] == nil {
			states[s.ClassID] = map[int64]booking.PersonalState{}
		}
		states[s.ClassID][s.PersonID] = s
	}
	return states
}

// classUpdates returns the shared fragments for the viewers of the day and of the class.
func (p *Pages) classUpdates(c *watchedClass) (updates []hub.Update) {
	for _, v := range allVariants {
		for _, topic := range []hub.Topic{dayTopic(c.day, v), classTopic(c.ID, v)} {
			switch {
			case !p.hasViewers(topic):
			case !c.Hidden || v.audience.staff():
				update := p.cached(c, v)
				update.Topic = topic
				updates = append(updates, update)
			case topic == classTopic(c.ID, v):
				// The class is hidden now, and only people in it may see it. So the page
				// fetches itself.
				updates = append(updates, hub.Update{
					Topic: topic, Key: classKey(c.ID), Epoch: p.epoch, Version: c.Version, Body: refetch(v.audience.element(c.ID)),
				})
			}
		}
	}
	return updates
}

var (
	allVariants = []variant{
		{templates.German, members},
		{templates.English, members},
		{templates.German, sheets},
		{templates.English, sheets},
		{templates.German, boards},
		{templates.English, boards},
		{templates.German, visitors},
		{templates.English, visitors},
		{templates.German, rows},
		{templates.English, rows},
		{templates.German, grid},
		{templates.English, grid},
		{templates.German, staffSheets},
		{templates.English, staffSheets},
	}
	publicVariants = allVariants[:8] // of the audiences that do not see hidden classes
)

// personalUpdates returns the personal state of the class for each person with a booking,
// an offer or a position on the waitlist in it.
func (p *Pages) personalUpdates(c *watchedClass) (updates []hub.Update) {
	for person, m := range c.personal {
		updates = append(updates, p.listUpdates(person, classKey(c.ID), c.Version)...)
		for _, lang := range templates.Languages {
			topic := personTopic(person, lang)
			if p.hasViewers(topic) {
				body := p.renderPersonal(p.presenter(lang), c.Class, m)
				updates = append(updates, hub.Update{Topic: topic, Key: classKey(c.ID), Epoch: p.epoch, Version: m.Version, Body: body})
			}
		}
	}
	return updates
}

// personalLists are the elements that list what a person has booked.
var personalLists = []string{parts.BookingsID, parts.HomeID}

// listUpdates makes the pages that list what the person has booked fetch themselves.
func (p *Pages) listUpdates(person int64, key string, version int64) (updates []hub.Update) {
	for _, element := range personalLists {
		if topic := listTopic(person, element); p.hasViewers(topic) {
			updates = append(updates, hub.Update{Topic: topic, Key: key, Epoch: p.epoch, Version: version, Body: refetch(element)})
		}
	}
	return updates
}

func (p *Pages) refreshPeople(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	people, err := p.engine.PersonalOfPeople(ctx, ids)
	if err != nil {
		return err
	}
	p.mu.Lock()
	var updates []hub.Update
	for _, personal := range people {
		updates = append(updates, p.personUpdates(personal)...)
	}
	p.mu.Unlock()
	p.hub.Broadcast(updates...)
	// A changed person may have another role or no session.
	return p.checkAccess(ctx, p.sockets.actorsOf(ids))
}

func (p *Pages) personUpdates(personal booking.Personal) (updates []hub.Update) {
	p.people[personal.PersonID] = max(personal.Version, p.people[personal.PersonID])
	updates = append(updates, p.listUpdates(personal.PersonID, "person", personal.Version)...)
	for _, lang := range templates.Languages {
		topic := personTopic(personal.PersonID, lang)
		if p.hasViewers(topic) {
			body := p.renderPerson(p.presenter(lang), personal)
			updates = append(updates, hub.Update{Topic: topic, Key: "person", Epoch: p.epoch, Version: personal.Version, Body: body})
		}
	}
	return updates
}

// removalUpdates returns the updates that remove a class from a day, for viewers with these
// variants.
func (p *Pages) removalUpdates(day string, c booking.Class, from []variant) (updates []hub.Update) {
	for _, v := range from {
		if topic := dayTopic(day, v); p.hasViewers(topic) {
			updates = append(updates, hub.Update{
				Topic: topic, Key: classKey(c.ID), Epoch: p.epoch, Version: c.Version, Body: refetch(v.audience.element(c.ID)),
			})
		}
	}
	return updates
}

// compare reads the versions of everything that pages of this node show, and marks newer
// things. It finds every change whose hint was lost.
func (p *Pages) compare(ctx context.Context) error {
	studio, err := p.engine.Studio(ctx)
	if err != nil {
		return err
	}
	p.forget(studio)
	p.checkBoards(studio.Board)
	p.checkVisitors(studio.Public)
	began := time.Now()
	q, days := p.versionsQuery()
	v, err := p.engine.Versions(ctx, q) // also if nothing is shown, for the epoch
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if v.Epoch != p.epoch {
		p.startEpoch(v.Epoch)
		return nil
	}
	there := map[int64]bool{}
	for _, c := range v.Classes {
		there[c.ID] = true
		if known := p.classes[c.ID]; known == nil || c.Version > known.Version {
			p.dirty[dirtyKey{booking.ClassChange, c.ID}] = true
		}
	}
	for id, c := range p.classes {
		if slices.Contains(days, c.day) && !there[id] {
			p.dirty[dirtyKey{booking.ClassChange, id}] = true // the class has moved to another day
		}
	}
	for id, version := range v.People {
		if known, ok := p.people[id]; !ok || version > known {
			p.dirty[dirtyKey{booking.PersonChange, id}] = true
		}
	}
	for _, name := range days {
		if d := p.days[name]; d != nil {
			d.checked = began
		}
	}
	return nil
}

// versionsQuery lists the days, classes and people that pages of this node show.
func (p *Pages) versionsQuery() (q booking.VersionsQuery, days []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, d := range p.days {
		if d.checked.IsZero() {
			continue // the socket of its first viewer reads it
		}
		q.Days = append(q.Days, booking.Span{From: d.from, To: d.to})
		days = append(days, name)
	}
	classes, people := map[int64]bool{}, map[int64]bool{}
	for _, s := range p.subjects {
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

// startEpoch drops all versions after a restore or a failover of the database, since versions
// of two epochs cannot be compared. Everything in view is read and sent again. A page with
// another epoch fetches itself. The caller holds mu.
func (p *Pages) startEpoch(epoch string) {
	p.log.Warn("the epoch of the database has changed", "epoch", epoch)
	p.epoch = epoch
	clear(p.classes)
	clear(p.people)
	for _, d := range p.days {
		d.checked = time.Unix(1, 0)
	}
	p.Resync()
}

// forget drops topics without viewers for 15 seconds, with their days and classes. A page that
// reloads reconnects sooner.
func (p *Pages) forget(studio booking.Studio) {
	looked := map[hub.Topic]bool{}
	for _, t := range p.hub.Topics() {
		looked[t] = true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.applySettings(studio)
	days, classes, people := map[string]bool{}, map[int64]bool{}, map[int64]bool{}
	for topic, s := range p.subjects {
		if !looked[topic] && time.Since(s.since) > 15*time.Second {
			delete(p.subjects, topic)
			p.unsubscribe(s)
			continue
		}
		days[s.day], classes[s.class], people[s.person] = true, true, true
	}
	maps.DeleteFunc(p.days, func(day string, _ *watchedDay) bool { return !days[day] })
	maps.DeleteFunc(p.classes, func(id int64, c *watchedClass) bool { return !days[c.day] && !classes[id] })
	maps.DeleteFunc(p.people, func(id, _ int64) bool { return !people[id] })
}
