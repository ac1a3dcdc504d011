package web

import (
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/live"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/static"
	"terminplan/templates"
)

// The public schedule (rule 33). Nobody is known on it, not even a person who is signed in: the
// same address in the same language is the same page for everybody, so it can be kept, here and
// in shared caches.

// openPlan lets a request see the public schedule. Where it is off, its pages do not exist.
func (s *Server) openPlan(r *request) error {
	if r.studio.Public {
		return nil
	}
	// As for every other path that does not exist, the page that says so is for the person.
	if err := s.identify(r); err != nil {
		return err
	}
	if err := s.setLanguage(r); err != nil {
		return err
	}
	return refuse(booking.NotFound)
}

// plan lists the classes of a day or a week for everybody.
func (s *Server) plan(r *request) (response, error) {
	if err := s.openPlan(r); err != nil {
		return response{}, err
	}
	query, view, err := s.readPlan(r, present.PlanPath)
	if err != nil {
		return response{}, err
	}
	r.Header("X-Robots-Tag", robots(query, r.today()))
	return s.planResponse(r, query, view), nil
}

// readPlan reads the classes of a request for the public schedule. page is the path of the page.
// Filters by what the studio does not have, or does not tell, are left out: the address of the
// page is the key under which it is kept.
func (s *Server) readPlan(r *request, page string) (q present.ScheduleQuery, view *booking.ScheduleView, err error) {
	q = readScheduleQuery(&r.query, r.studio.Zone)
	if err := r.query.failed(); err != nil {
		return q, nil, err
	}
	q.Page, q.Bookable = page, false
	if lang := r.query.values.Get("lang"); lang == r.lang {
		q.Keep = map[string][]string{"lang": {lang}}
	}
	if q, err = s.withRunning(r, q); err != nil {
		return q, nil, err
	}
	from, to := q.Span()
	if view, err = s.engine.PublicSchedule(r.Request.Context(), from, to); err != nil {
		return q, nil, err
	}
	options := view.Snapshot.FormOptions
	if !slices.ContainsFunc(options.Types, func(t booking.ClassType) bool { return t.ID == q.TypeID }) {
		q.TypeID = 0
	}
	if !slices.ContainsFunc(options.Rooms, func(one booking.Room) bool { return one.ID == q.Room }) {
		q.Room = 0
	}
	if !r.studio.PublicInstructors {
		q.Instructor = 0
	} else {
		q.Instructors = present.InstructorsIn(r.actor, view.Snapshot.Classes)
	}
	return q, view, nil
}

// planResponse answers with the classes: as a page, or as JSON.
func (s *Server) planResponse(r *request, q present.ScheduleQuery, view *booking.ScheduleView) response {
	// Caches may keep the page but ask each time, which costs a comparison of versions.
	r.Header("Cache-Control", "no-cache")
	r.Writer.Header().Add("Vary", "Accept, Accept-Language")
	if r.format == asJSON {
		return response{json: s.planJSON(r, q, view)}
	}
	return response{page: func() error { return s.renderPlan(r, q, view) }}
}

func (s *Server) renderPlan(r *request, q present.ScheduleQuery, view *booking.ScheduleView) error {
	key := s.skeletonKey(r, q)
	key.here, key.counts, key.nameless = q.URL(q.Date, q.Week), r.studio.PublicSeats, !r.studio.PublicInstructors
	p, err := s.publicSkeletons.get(key, view.Snapshot, func() (skeleton, error) { return s.buildPlan(r, q, view) })
	if err != nil {
		return err
	}
	pr := s.presentPublic(r)
	// Browsers that keep a page keep its policy, whatever a 304 says. The clock of a page that a
	// browser kept is wrong by a minute at most.
	policy := crc32.ChecksumIEEE([]byte(r.Writer.Header().Get("Content-Security-Policy")))
	if r.unchanged(fmt.Sprintf(`W/"%s-%x-%d"`, p.page.Digest(), policy, pr.Now.Unix()/60)) {
		return nil
	}
	personal := pr.Personal(present.Frame{}, q, present.PersonalRows{}, nil)
	return p.page.Write(r.Writer, personal, static.Takes(r.GetHeader("Accept-Encoding"), "gzip"))
}

type planJSON struct {
	Epoch   string            `json:"epoch"`
	From    time.Time         `json:"from"`
	To      time.Time         `json:"to"`
	Classes []publicClassJSON `json:"classes"`
}

func (s *Server) planJSON(r *request, q present.ScheduleQuery, view *booking.ScheduleView) planJSON {
	from, to := q.Span()
	out := planJSON{Epoch: r.epoch, From: from, To: to, Classes: []publicClassJSON{}}
	if !q.Week {
		out.From = q.Date
	}
	for _, i := range q.Shown(r.actor, view) {
		out.Classes = append(out.Classes, toPublicClassJSON(view.Class(i), r.studio))
	}
	return out
}

// presentPublic returns the presenter of the public schedule.
func (s *Server) presentPublic(r *request) present.Presenter {
	pr := s.present(r).ForEverybody(r.studio.PublicSeats, r.studio.PublicInstructors)
	pr.PublicURL = s.public.link("")
	return pr
}

// nextClassFor is how long an empty day names the class that comes next before it is looked for
// again.
const nextClassFor = time.Second

// buildPlan renders the public schedule.
func (s *Server) buildPlan(r *request, q present.ScheduleQuery, view *booking.ScheduleView) (skeleton, error) {
	p := skeleton{snapshot: view.Snapshot, shown: q.Shown(r.actor, view)}
	classes := make([]booking.Class, len(p.shown))
	for at, i := range p.shown {
		classes[at] = view.Snapshot.Classes[i]
	}
	q.Seen = s.digest(r, view.Snapshot)
	pr := s.presentPublic(r)
	var next *booking.Class
	if len(classes) == 0 && !q.Week && !q.Filtered() {
		p.until = pr.Now.Add(nextClassFor)
		c, err := s.engine.NextClass(r.Request.Context(), q.Date)
		if err == nil {
			next = &c
		} else if booking.CodeOf(err) != booking.NotFound {
			return p, err
		}
	}
	page := pr.Plan(present.Frame{Studio: r.studio}, q, view.Snapshot.FormOptions, classes, next)
	var err error
	p.page, err = s.pages.Skeleton(templates.Lang(r.lang), page)
	return p, err
}

// indexedDays is how many days search engines keep, from today on. The other days, weeks and
// filters are the same classes once more, without an end.
const indexedDays = 28

func robots(q present.ScheduleQuery, today time.Time) string {
	day := booking.CalendarDay(q.Date, q.Date.Location())
	if q.Week || q.Filtered() || day.Before(today) || day.After(today.AddDate(0, 0, indexedDays)) {
		return "noindex, nofollow"
	}
	return "index, follow"
}

// planSocket opens the socket of the public schedule.
func (s *Server) planSocket(r *request) (response, error) {
	if s.ready.draining.Load() {
		return response{}, refuse(booking.Interrupted)
	}
	if err := s.hub.CheckHandshake(r.Request); err != nil {
		return response{}, handshakeError(err)
	}
	if !r.studio.Public {
		return response{}, refuse(booking.NotFound)
	}
	view := live.View{Public: true, Digest: r.query.text("seen", 20), Lang: templates.Lang(r.lang)}
	readSpan(&r.query, r.studio.Zone, &view, publicDays)
	if err := r.query.failed(); err != nil {
		return response{}, err
	}
	// People who look do not take the sockets of people who book at the same address.
	viewer := live.Viewer{Network: "public " + rateLimitKey(s.address(r.Request))}
	if err := s.Live.Serve(r.Writer, r.Request, view, viewer); err != nil {
		return response{}, handshakeError(err)
	}
	return response{}, nil
}
