package web

import (
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// plans keeps what schedule pages have in common, for as long as the board of a view
// is the same one. The database is asked for versions on every visit (booking.Visit),
// so a page that is put together from what is kept is as new as any other.
type plans struct {
	mu   sync.Mutex
	kept map[planKey]*keptPlan
	size int // bytes
}

// planBytes bounds them: a bound, not a policy, after which all are made again.
const planBytes = 64 << 20

// planKey is all that a plan depends on, but for its board.
type planKey struct {
	here        string // the address as it was asked for
	from, to    int64  // and what was understood, in seconds
	date, today int64  // midnights
	typeID      int64
	instructor  int64
	room        int64
	lang        string
	epoch       string
	studio      string
	zone        *time.Location
	counts      booking.SeatCounts
	language    string // the only one
}

func (s *Server) planKey(r *request, query present.ScheduleQuery) planKey {
	from, to := query.Span()
	k := planKey{
		here: r.here(), from: from.Unix(), to: to.Unix(), date: query.Date.Unix(), today: present.Midnight(time.Now(), r.studio.Zone).Unix(),
		typeID: query.TypeID, instructor: query.Instructor, room: query.Room,
		lang: r.lang, epoch: s.Live.Epoch(), studio: r.studio.Name, zone: r.studio.Zone, counts: r.studio.SeatCounts,
	}
	if len(r.studio.Languages) == 1 {
		k.language = r.studio.Languages[0]
	}
	return k
}

// keptPlan is the plan of one view. Its lock is held while the plan is made, so that
// those who come at the same moment do not make it too.
type keptPlan struct {
	mu sync.Mutex
	planOf
}

// planOf is a plan with the board that it shows: which of its classes, in the order
// of the page.
type planOf struct {
	board *booking.Board
	plan  *templates.Plan
	shown []int
}

// get returns what is kept for the board, or makes it.
func (k *plans) get(key planKey, board *booking.Board, build func() (planOf, error)) (planOf, error) {
	k.mu.Lock()
	p := k.kept[key]
	if p == nil {
		p = &keptPlan{}
		if k.kept == nil {
			k.kept = map[planKey]*keptPlan{}
		}
		k.kept[key] = p
	}
	k.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.board == board {
		return p.planOf, nil
	}
	made, err := build()
	if err != nil {
		return made, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	was := 0
	if p.plan != nil && k.kept[key] == p {
		was = p.plan.Size()
	}
	if k.size += made.plan.Size() - was; k.size > planBytes {
		k.kept, k.size = map[planKey]*keptPlan{}, made.plan.Size()
	}
	k.kept[key], p.planOf = p, made
	return made, nil
}
