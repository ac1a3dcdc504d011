package web

import (
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// skeletonCache holds skeletons of schedule pages for as long as the snapshot of their view
// does not change. Every request asks the database for the versions of its snapshot
// (booking.ScheduleView), so a cached page is never older than a newly built one.
type skeletonCache struct {
	mu      sync.Mutex
	entries map[skeletonKey]*skeletonEntry
	size    int // bytes
}

// maxSkeletonBytes limits the size of the cache. At the limit the cache is emptied.
const maxSkeletonBytes = 64 << 20

// skeletonKey is everything except the snapshot that a skeleton depends on.
type skeletonKey struct {
	here        string // address of the request
	from, to    int64  // span of the view, in Unix seconds
	date, today int64  // midnights, in Unix seconds
	typeID      int64
	instructor  int64
	room        int64
	lang        string
	epoch       string
	studio      string
	zone        *time.Location
	counts      booking.SeatCounts
	nameless    bool   // instructors are not named
	language    string // if the studio offers only one
}

func (s *Server) skeletonKey(r *request, query present.ScheduleQuery) skeletonKey {
	from, to := query.Span()
	k := skeletonKey{
		here: r.here(), from: from.Unix(), to: to.Unix(), date: query.Date.Unix(),
		today:  present.Midnight(time.Now(), r.studio.Zone).Unix(),
		typeID: query.TypeID, instructor: query.Instructor, room: query.Room,
		lang: r.lang, epoch: r.epoch, studio: r.studio.Name, zone: r.studio.Zone, counts: r.studio.SeatCounts,
	}
	if len(r.studio.Languages) == 1 {
		k.language = r.studio.Languages[0]
	}
	return k
}

// skeletonEntry is the skeleton of one view. Its lock is held while the skeleton is built,
// so that requests at the same moment build it once.
type skeletonEntry struct {
	mu sync.Mutex
	skeleton
}

// skeleton is a page skeleton with its snapshot and the indexes of the classes that it shows,
// in the order of the page.
type skeleton struct {
	snapshot *booking.ScheduleSnapshot
	page     *templates.Skeleton
	shown    []int
	until    time.Time // the end of what the page says besides the snapshot; zero: it says nothing else
}

// get returns the skeleton for the snapshot, and builds it if the cache has none.
func (k *skeletonCache) get(key skeletonKey, snapshot *booking.ScheduleSnapshot, build func() (skeleton, error)) (skeleton, error) {
	k.mu.Lock()
	p := k.entries[key]
	if p == nil {
		p = &skeletonEntry{}
		if k.entries == nil {
			k.entries = map[skeletonKey]*skeletonEntry{}
		}
		k.entries[key] = p
	}
	k.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.snapshot == snapshot && (p.until.IsZero() || time.Now().Before(p.until)) {
		return p.skeleton, nil
	}
	made, err := build()
	if err != nil {
		return made, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	was := 0
	if p.page != nil && k.entries[key] == p {
		was = p.page.Size()
	}
	if k.size += made.page.Size() - was; k.size > maxSkeletonBytes {
		k.entries, k.size = map[skeletonKey]*skeletonEntry{}, made.page.Size()
	}
	k.entries[key], p.skeleton = p, made
	return made, nil
}

// skeletonFor returns the skeleton for a request, from the cache if possible.
func (s *Server) skeletonFor(r *request, query present.ScheduleQuery, view *booking.ScheduleView) (skeleton, error) {
	build := func() (skeleton, error) { return s.buildSkeleton(r, query, view) }
	if query.Bookable { // this list depends on the person, so it is not cached
		return build()
	}
	return s.skeletons.get(s.skeletonKey(r, query), view.Snapshot, build)
}

// buildSkeleton renders the schedule of a member without the personal parts.
func (s *Server) buildSkeleton(r *request, query present.ScheduleQuery, view *booking.ScheduleView) (skeleton, error) {
	p := skeleton{snapshot: view.Snapshot, shown: query.Shown(r.actor, view)}
	classes := make([]booking.Class, len(p.shown))
	for at, i := range p.shown {
		classes[at] = view.Snapshot.Classes[i]
	}
	query.Seen = s.digest(r, view.Snapshot)
	var next *booking.Class
	if len(classes) == 0 && !query.Week {
		p.snapshot = nil // the page shows a class that is not in the snapshot, so it is not reused
		if c, err := s.engine.NextClass(r.Request.Context(), query.Date); err == nil {
			next = &c
		}
	}
	page := s.present(r).Schedule(frameWithoutNotice(r), query, view.Snapshot.FormOptions, classes, next)
	var err error
	p.page, err = s.pages.Skeleton(templates.Lang(r.lang), page)
	return p, err
}
