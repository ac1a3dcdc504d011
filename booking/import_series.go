package booking

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// importedSeries is a row of series as it was read.
type importedSeries struct {
	importedClass                // on the first day of the row
	from, until   time.Time      // days as the row says them; until zero: no end
	pattern       Pattern        // from now on
	list          []ClassRequest // the classes that the run adds, without their new type
}

// judgeSeries finds out which classes the patterns of the rows make. Past days, holidays and days on
// which the class is there already make none. A pattern that was imported before makes none at all.
func judgeSeries(ctx context.Context, tx pgx.Tx, im *importRun) error {
	rd, err := im.readClasses(ctx, tx)
	if err != nil {
		return err
	}
	var first, last time.Time
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i / 2)
		}
		s := im.readSeries(r, rd)
		r.value = s
		for _, one := range s.list {
			if first.IsZero() || one.StartsAt.Before(first) {
				first = one.StartsAt
			}
			if one.StartsAt.After(last) {
				last = one.StartsAt
			}
		}
	}
	lines, err := im.importedOnce(ctx, tx, func(r *importedRow) string {
		s := r.value.(*importedSeries)
		local := s.StartsAt.In(im.studio.Zone)
		return fmt.Sprintf("%v|%s|%s|%s|%d|%s", s.pattern.Weekdays, local.Format("15:04"), s.from.Format(time.DateOnly),
			s.until.Format(time.DateOnly), s.pattern.EveryWeeks, im.classMark(r))
	})
	if err != nil {
		return err
	}
	f, err := im.classesBetween(ctx, tx, first, last)
	if err != nil {
		return err
	}
	holidays, err := readHolidays(ctx, tx, first.AddDate(0, 0, -1), last.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress((len(im.rows) + i) / 2)
		}
		if r.Verdict == "" {
			im.judgePattern(r, f, holidays, lines)
		}
	}
	return nil
}

// judgePattern decides which classes of a pattern that was not imported before are new.
func (im *importRun) judgePattern(r *importedRow, f *classFinder, holidays map[time.Time]string, lines map[string]int) {
	s := r.value.(*importedSeries)
	if first := lines[string(r.key)]; first > 0 {
		r.isThere(about("title", "class_twice", "line", first))
		return
	}
	if len(s.list) == 0 {
		r.refuse(about("until", "past"))
		return
	}
	var free, there int
	busy, by := map[string]int{}, map[string]string{} // by field: on how many days, and by which class
	var list []ClassRequest
	for _, one := range s.list {
		c := s.importedClass
		c.ClassRequest = one
		switch {
		case f.there(r, &c) != nil:
			there++
			continue
		case holidays[CalendarDay(one.StartsAt, im.studio.Zone)] != "":
			free++
			continue
		}
		list = append(list, one)
		mine := c.found(r.Line)
		for _, what := range []string{"room", "instructor"} {
			if other := f.clash(mine, what); other != nil {
				busy[what]++
				by[what] = other.Title
			}
		}
		f.add(mine)
	}
	s.list, r.makes = list, len(list)
	switch {
	case len(list) == 0 && free > 0 && there == 0:
		r.refuse(about("weekdays", "only_holidays"))
		return
	case len(list) == 0:
		r.isThere(about("title", "series_there"))
		return
	}
	lines[string(r.key)], r.Verdict = r.Line, VerdictNew
	r.note(about("weekdays", "series_makes", "n", len(list)))
	if there > 0 {
		r.note(about("weekdays", "series_skips_there", "n", there))
	}
	if free > 0 {
		r.note(about("weekdays", "series_skips_holidays", "n", free))
	}
	for _, what := range []string{"room", "instructor"} {
		if n := busy[what]; n > 0 {
			r.note(about(what, what+"_busy_days", "n", n, "name", by[what]))
		}
	}
}

// readSeries reads the cells of a row with the checks of the form, and lists the classes from now
// on. A beginning in the past is moved on by whole periods. Without an end, a year is planned.
func (im *importRun) readSeries(r *importedRow, rd *classReader) *importedSeries {
	s := &importedSeries{}
	p := &s.pattern
	s.from, s.until = im.day(r, "from"), im.day(r, "until")
	p.First, p.Last = s.from, s.until
	p.EveryWeeks, p.Weekdays = im.weeks(r, "every_weeks"), im.weekdays(r, "weekdays")
	minutes, ok := im.clock(r, "start_time")
	if im.text(r, "from") == "" {
		r.wrong("from", "missing")
	}
	if im.text(r, "start_time") == "" {
		r.wrong("start_time", "missing")
	}
	var start time.Time
	known := ok && !p.First.IsZero()
	if known {
		if len(p.Weekdays) == 0 && im.text(r, "weekdays") == "" {
			p.Weekdays = []int{isoWeekday(p.First)}
		}
		start = WallTime(p.First, minutes/60, minutes%60, im.studio.Zone)
	}
	s.importedClass = *rd.class(r, start)
	if !known {
		return s
	}
	today := CalendarDay(im.now, im.studio.Zone)
	if s.until.IsZero() || !s.until.Before(s.from) { // else check says that it is wrong
		begun := p.First.Before(today)
		if period := 7 * p.EveryWeeks; begun {
			p.First = p.First.AddDate(0, 0, int(today.Sub(p.First).Hours())/24/period*period)
		}
		if !s.until.IsZero() && s.until.Before(p.First) {
			return s // all of it is past
		}
		if begun {
			r.note(about("from", "series_from_today"))
		}
	}
	switch most := p.First.AddDate(seriesYears, 0, 0); {
	case isFarAhead(p.First, im.now):
		r.refuse(about("from", "beyond_schedule"))
	case im.text(r, "until") == "":
		p.Last = p.First.AddDate(1, 0, -1)
		r.note(about("until", "series_endless"))
	case p.Last.After(most):
		p.Last = most
	}
	r.refuseAll(p.check())
	if r.Verdict == VerdictWrong {
		return s
	}
	days := p.days()
	if len(days) == SeriesMax || s.until.After(p.Last) {
		r.note(about("until", "series_cut"))
	}
	for _, day := range days {
		if one := s.on(day, im.studio.Zone); one.StartsAt.After(im.now) {
			s.list = append(s.list, one)
		}
	}
	return s
}

// isoWeekday is the number of a weekday as in a Pattern.
func isoWeekday(day time.Time) int { return (int(day.Weekday())+6)%7 + 1 }

var (
	anyNumber  = regexp.MustCompile(`\d+`)
	weeklyText = map[string]int{
		"wochentlich": 1, "jede woche": 1, "weekly": 1, "every week": 1, "zweiwochentlich": 2, "alle zwei wochen": 2, "biweekly": 2,
		"fortnightly": 2, "every other week": 2, "every two weeks": 2,
	}
)

// weeks reads every how many weeks something is: "2", "alle 2 Wochen", "14-tägig", "weekly". An
// empty cell means every week. A wrong one becomes a problem.
func (im *importRun) weeks(r *importedRow, field string) int {
	text := im.text(r, field)
	if text == "" {
		return 1
	}
	folded := Fold(text)
	if n, ok := weeklyText[folded]; ok {
		return n
	}
	n, err := strconv.Atoi(anyNumber.FindString(folded))
	if strings.Contains(folded, "tag") || strings.Contains(folded, "day") {
		if n%7 != 0 {
			err = strconv.ErrSyntax
		}
		n /= 7
	}
	switch {
	case err != nil || len(anyNumber.FindAllString(folded, 2)) > 1:
		r.wrong(field, "number")
		return 1
	case !within(n, 1, EveryWeeksMax):
		r.refuse(&Error{Code: Invalid, Field: field, Args: map[string]any{"why": "range", "min": 1, "max": EveryWeeksMax}})
		return 1
	}
	return n
}

// writeSeries adds the new series with their classes and tells nobody.
func writeSeries(ctx context.Context, tx pgx.Tx, im *importRun) (changes []Change, err error) {
	rows := im.newRows()
	content := func(r *importedRow) *importedClass { return &r.value.(*importedSeries).importedClass }
	if err := im.addTypes(ctx, tx, rows, content); err != nil {
		return nil, err
	}
	for i, r := range rows {
		im.progress(i)
		one := r.value.(*importedSeries)
		s, err := im.emptySnapshot(ctx, tx, len(one.list)+1)
		if err != nil {
			return nil, err
		}
		for i := range one.list {
			one.list[i].TypeID = one.request().TypeID
		}
		out := s.addSeries(one.list, one.pattern, im.studio.Zone, im.actor)
		r.TargetID = out.SeriesID
		last := CalendarDay(one.list[len(one.list)-1].StartsAt, im.studio.Zone)
		s.record(history{
			actorID: im.actor.ID, verb: verbCreateSeries, classID: out.Classes[0],
			details: map[string]any{"classes": len(out.Classes), "until": last.Format(time.DateOnly), "import": im.ID},
		})
		list, err := s.saveWithin(ctx, tx)
		if err != nil {
			return nil, err
		}
		changes = append(changes, list...)
	}
	return changes, im.markImported(ctx, tx, rows)
}
