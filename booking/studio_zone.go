package booking

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ZoneChange says what stays when the studio gets another time zone (rule 21).
type ZoneChange string

// The choices. Without one, a change of the zone is refused while classes are planned.
const (
	KeepClock    ZoneChange = "clock"    // 18:00 stays 18:00: every class that has not begun gets another instant
	KeepInstants ZoneChange = "instants" // no class moves: clocks show another time for it
)

// placePattern matches the zones of a studio: by area and city. Names such as EST or Etc/GMT+5
// have no clock changes, which nobody expects of a place.
const placePattern = `^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/`

var place = regexp.MustCompile(placePattern)

const zonesSQL = `select name from pg_timezone_names where name ~ '` + placePattern + `' order by name`

// ZoneOfPlace returns the time zone of a name such as Europe/Berlin, for a studio that is not
// created yet. A studio that exists may choose among [Reader.Zones].
func ZoneOfPlace(name string) (*time.Location, error) {
	if !place.MatchString(name) {
		return nil, fmt.Errorf("%q is not the time zone of a place", name)
	}
	return time.LoadLocation(name)
}

// Zones lists the time zones that a studio may choose, as Area/City, by name.
func (rd *Reader) Zones(ctx context.Context) ([]string, error) {
	rd.zonesMu.Lock()
	defer rd.zonesMu.Unlock()
	if rd.zones == nil {
		rows, _ := rd.readPool.Query(ctx, zonesSQL)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, during("listing the time zones", err)
		}
		for _, name := range names {
			if _, err := time.LoadLocation(name); err == nil { // this program may know other zones than the database
				rd.zones = append(rd.zones, name)
			}
		}
	}
	return rd.zones, nil
}

// Zone returns the zone with this name, in any spelling of case. The refusal Invalid names
// the field "zone".
func (rd *Reader) Zone(ctx context.Context, name string) (*time.Location, error) {
	names, err := rd.Zones(ctx)
	if err != nil {
		return nil, err
	}
	for _, known := range names {
		if strings.EqualFold(known, strings.TrimSpace(name)) {
			return loadZone(known)
		}
	}
	return nil, invalid("zone", "zone")
}

// zoneDenial asks what shall stay when the zone changes while classes are planned. Its
// arguments count the future classes, and the seats and waitlist entries in them; title and
// at are the next class.
func zoneDenial(ctx context.Context, tx row) error {
	var classes, bookings, waiting int
	var title string
	var next time.Time
	err := tx.QueryRow(ctx, `
		select count(*), coalesce(sum(booked), 0), coalesce(sum(waiting), 0),
			coalesce((array_agg(title order by starts_at, id))[1], ''), min(starts_at)
		from class
		where state = 'scheduled' and starts_at > (select clock_timestamp())`).Scan(&classes, &bookings, &waiting, &title, at{&next})
	if err != nil || classes == 0 {
		return during("counting the planned classes", err)
	}
	return refuse(AskZoneChange, "classes", classes, "bookings", bookings, "waiting", waiting, "title", title, "at", next)
}

// PreviewZone asks what shall stay if the studio gets another zone. Refusals: Forbidden,
// AskZoneChange; nil means that no class is planned.
func (rd *Reader) PreviewZone(ctx context.Context, a Actor) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	return zoneDenial(ctx, rd.readPool)
}

// shiftZoneSQL keeps what else is an instant of the studio's clock: the days on which
// credits begin and end, and the day from which a standing booking books.
const (
	shiftGrantsSQL = `
		update account set
			expires_at = case when expires_at > $3 then (expires_at at time zone $1) at time zone $2 else expires_at end,
			valid_from = case when valid_from > $3 then (valid_from at time zone $1) at time zone $2 else valid_from end
		where kind = 'grant' and (expires_at > $3 or valid_from > $3)`

	shiftRecurringSQL = `
		update recurring set from_at = (from_at at time zone $1) at time zone $2
		where ended_at is null and from_at > $3`
)

// keepClock changes the settings and moves every class that has not begun, so that it keeps
// its local date and time in the new zone. People are told as after any other move (rule 14).
// A class that is created at the same moment keeps its instant.
func (e *Engine) keepClock(ctx context.Context, a Actor, now Studio) error {
	rows, _ := e.readPool.Query(ctx, `select id from class where starts_at > (select clock_timestamp()) order by id`)
	ids, err := collectIDs(rows)
	if err != nil {
		return during("reading the planned classes", err)
	}
	locks := lockSet{wholeClasses: ids, people: []int64{a.ID}, studio: true}
	_, err = run(ctx, e, a, "", now.Version, locks, func(s *snapshot) (nothing, error) {
		was := s.studio
		if was.Version != now.Version {
			return nothing{}, refuse(StaleSettings)
		}
		details := was.differences(&now)
		s.studio, s.zoneBefore = &now, was.Zone
		moved := 0
		for _, c := range byID(s.classes) {
			if c.Begun() {
				continue
			}
			to := c.request()
			to.StartsAt = sameClock(c.StartsAt, was.Zone, now.Zone)
			to.EndsAt = to.StartsAt.Add(c.EndsAt.Sub(c.StartsAt))
			if to.StartsAt.Equal(c.StartsAt) {
				continue // both clocks agree at that time
			}
			s.editClass(c, to, a)
			moved++
		}
		details["kept"], details["classes"] = KeepClock, moved
		s.record(history{actorID: a.ID, verb: verbEditSettings, details: details})
		return nothing{}, nil
	})
	return err
}

// sameClock returns the instant at which clocks in the zone to show what clocks in the zone
// from show at t.
func sameClock(t time.Time, from, to *time.Location) time.Time {
	local := t.In(from)
	return WallTime(CalendarDay(t, from), local.Hour(), local.Minute(), to).Add(t.Sub(t.Truncate(time.Minute)))
}

// queueStudio writes the settings that keepClock changed. Their row is locked.
func (s *snapshot) queueStudio(b *pgx.Batch) {
	if s.zoneBefore == nil {
		return
	}
	b.Queue(updateStudioSQL, s.studio.args())
	b.Queue(recheckAllSQL)
	for _, sql := range []string{shiftGrantsSQL, shiftRecurringSQL} {
		b.Queue(sql, s.zoneBefore.String(), s.studio.Zone.String(), s.now)
	}
}
