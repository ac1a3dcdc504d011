package present

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// StartData is what the page with the first steps shows.
type StartData struct {
	Steps booking.FirstSteps
	Week  []booking.Class // of the next days, for the drawing
	From  time.Time       // midnight of the first of these days
	Link  string          // the address of the site
	Sent  Sent            // a refused choice of a template
}

// Start returns the page with the first steps of a new studio.
func (pr Presenter) Start(f Frame, d StartData) (*templates.StartPage, error) {
	st := f.Studio
	f.Active = "start"
	p := &templates.StartPage{
		Layout: pr.Layout(f), Empty: d.Steps.Classes == 0, Blocks: pr.weekDrawing(d), Public: d.Steps.Open(),
		About: strings.Join([]string{st.Name, pr.Text("text.language_" + st.Language), place(st.Zone)}, " · "),
		Key:   pr.NewKey(), WeekURL: ScheduleQuery{}.URL(AddDays(d.From, 1), true), Link: d.Link, Left: st.Start != booking.StartOpen,
	}
	if d.Steps.Types > 0 {
		p.Offer = pr.counts("text.count_types", d.Steps.Types, "text.count_rooms", d.Steps.Rooms)
	}
	if d.Steps.Classes > 0 {
		p.Week = pr.Text("text.count_planned", "N", d.Steps.Classes)
		p.Closed = d.Steps.Offline
	}
	if d.Steps.Team+d.Steps.Members > 0 {
		p.People = pr.counts("text.count_team", d.Steps.Team, "text.count_members", d.Steps.Members)
	}
	for step, done := range []bool{p.Offer != "", p.Week != "", p.People != "", p.Public} {
		if !done {
			p.Current = step + 2
			break
		}
	}
	chosen := d.Sent.Values.Get("template")
	for i, t := range booking.StudioTemplates {
		p.Tiles = append(p.Tiles, templates.StartTile{
			Name: t.Name, Title: t.Title.In(string(pr.Lang)), Hue: t.Hue, Glyph: t.Glyph,
			Chosen: t.Name == chosen || chosen == "" && i == 0,
			Text:   pr.counts("text.count_types", t.Types(), "text.count_rooms", t.Rooms(), "text.count_classes", t.Classes()),
		})
	}
	if d.Sent.Refused != nil {
		p.Error = pr.Refusal(d.Sent.Refused)
	}
	var err error
	if p.Public {
		p.Code, err = QR(d.Link)
	}
	return p, err
}

// counts joins numbers of things, "5 Kursarten, 2 Räume". It leaves out zeros.
func (pr Presenter) counts(pairs ...any) string {
	var list []string
	for i := 0; i < len(pairs); i += 2 {
		if n := pairs[i+1].(int); n > 0 {
			list = append(list, pr.Text(pairs[i].(string), "N", n))
		}
	}
	return strings.Join(list, ", ")
}

// place returns the city of a time zone: Berlin for Europe/Berlin.
func place(zone *time.Location) string {
	name := zone.String()
	return strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " ")
}

// The drawing of a week: seven columns from 7:00 to 22:00.
const (
	drawnLeft, drawnTop  = 8.0, 38.0
	drawnDay, drawnHour  = 43.5, 5.5
	drawnFrom, drawnTill = 7, 22
	drawnBottom          = 121
)

// weekDrawing places the classes in the drawing, which begins with the first day that has any.
// Two at the same time share the column.
func (pr Presenter) weekDrawing(d StartData) (blocks []templates.StartBlock) {
	overlaps := func(a, b *booking.Class) bool { return a.StartsAt.Before(b.EndsAt) && b.StartsAt.Before(a.EndsAt) }
	for i := range d.Week {
		c := &d.Week[i]
		start := c.StartsAt.In(pr.Zone)
		day := daysBetween(Midnight(d.Week[0].StartsAt, pr.Zone), Midnight(c.StartsAt, pr.Zone), pr.Zone)
		hour := float64(start.Hour()) + float64(start.Minute())/60
		if day < 0 || day > 6 || hour < drawnFrom || hour >= drawnTill || c.Cancelled {
			continue
		}
		b := templates.StartBlock{
			Hue: c.Type.Hue, X: int(drawnLeft + drawnDay*float64(day) + 4), Y: int(drawnTop + (hour-drawnFrom)*drawnHour), Width: 36,
			Height: max(6, int(c.EndsAt.Sub(c.StartsAt).Hours()*drawnHour)),
		}
		b.Height = min(b.Height, drawnBottom-b.Y)
		for j := range d.Week {
			if j != i && overlaps(c, &d.Week[j]) {
				if b.Width = 17; j < i {
					b.X += 19
					break
				}
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}
