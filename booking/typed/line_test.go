package typed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"terminplan/booking"
	"terminplan/booking/typed"
)

// A Monday.
var monday = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

var studio = typed.Names{
	Titles: []typed.Name{{ID: 1, Text: "Yoga Flow"}, {ID: 2, Text: "Rücken Fit"}},
	Types:  []typed.Name{{ID: 11, Text: "Yoga"}, {ID: 12, Text: "Rücken"}, {ID: 13, Text: "Cycling"}},
	Rooms:  []typed.Name{{ID: 21, Text: "Saal 1"}, {ID: 22, Text: "Saal 2"}, {ID: 23, Text: "7"}},
	Instructors: []typed.Name{
		{ID: 31, Text: "Lena"},
		{ID: 32, Text: "Jörg"},
		{ID: 33, Text: "Kim"},
		{ID: 34, Text: "Kim"},
		{ID: 35, Text: "Mo"},
	},
}

// told returns what a line says, in a fixed order.
func told(c typed.Class) string {
	var said []string
	say := func(what string, value any, said_ bool) {
		if said_ {
			said = append(said, fmt.Sprintf("%s %v", what, value))
		}
	}
	say("on", c.Weekdays, len(c.Weekdays) > 0)
	say("day", c.Day.Format(time.DateOnly), !c.Day.IsZero())
	say("until", c.Until.Format(time.DateOnly), !c.Until.IsZero())
	say("once", "", c.Once)
	say("at", fmt.Sprintf("%02d:%02d", c.Start/60, c.Start%60), c.Start >= 0)
	say("for", c.Minutes, c.Minutes > 0)
	say("title", c.Title, c.Title != "")
	say("like", c.TitleID, c.TitleID != 0)
	say("type", c.TypeID, c.TypeID != 0)
	say("room", c.RoomID, c.RoomID != 0)
	say("by", c.InstructorID, c.InstructorID != 0)
	say("seats", c.Capacity, c.Capacity >= 0)
	say("cost", c.Cost, c.Cost >= 0)
	say("unclear", c.Unclear, len(c.Unclear) > 0)
	say("missing", c.Missing(), len(c.Missing()) > 0)
	return strings.Join(said, " | ")
}

func TestALineSaysAClass(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"Di Do 18 Yoga Flow 60 Lena":             "on [2 4] | at 18:00 | for 60 | title Yoga Flow | like 1 | type 11 | by 31",
		"di do 18 yoga flow 60 lena":             "on [2 4] | at 18:00 | for 60 | title Yoga Flow | like 1 | type 11 | by 31",
		"Tue Thu 6pm Yoga Flow 60 min with Lena": "on [2 4] | at 18:00 | for 60 | title Yoga Flow | like 1 | type 11 | by 31",
		"Mo-Fr 7:30-8:15 Mobility saal1 12 Plätze bis 31.3.": "on [1 2 3 4 5] | until 2027-03-31 | at 07:30 | for 45 | title Mobility | " +
			"room 21 | seats 12",
		"mo, mi und fr um 9 Uhr Rücken, in Saal 2 mit Jörg, 2 Punkte": "" +
			"on [1 3 5] | at 09:00 | title Rücken | type 12 | room 22 | by 32 | cost 2",
		"Mo/Mi 18–19 Cycling":               "on [1 3] | at 18:00 | for 60 | title Cycling | type 13",
		"Mo 18 bis 19:30 ruecken fit joerg": "on [1] | at 18:00 | for 90 | title Rücken Fit | like 2 | type 12 | by 32",
		"morgen 18 Open Gym 90":             "day 2026-12-01 | at 18:00 | for 90 | title Open Gym",
		"1.12. 18:00 Open Gym":              "day 2026-12-01 | at 18:00 | title Open Gym",
		"Di, 1.12. 18:00 Open Gym":          "on [2] | day 2026-12-01 | at 18:00 | title Open Gym",
		"1 Dec 18:00 Open Gym":              "day 2026-12-01 | at 18:00 | title Open Gym",
		"1. Dez. 18:00 Open Gym":            "day 2026-12-01 | at 18:00 | title Open Gym",
		"Di 18 HIIT 45":                     "on [2] | at 18:00 | for 45 | title HIIT",
		"HIIT 45min Di 18":                  "on [2] | at 18:00 | for 45 | title HIIT",
		"Di 18h „HIIT 45 So“ 1,5 h":         "on [2] | at 18:00 | for 90 | title HIIT 45 So",
		"täglich 7 Frühyoga":                "on [1 2 3 4 5 6 7] | at 07:00 | title Frühyoga",
		"jeden Mo 18 Yoga Nidra":            "on [1] | at 18:00 | title Yoga Nidra | type 11",
		"einmalig Sa 10 Workshop 3h":        "on [6] | once  | at 10:00 | for 180 | title Workshop",
		"Mo 18 Yoga Flow sanft":             "on [1] | at 18:00 | title Yoga Flow sanft | type 11",
		"Mo 7 Yoga":                         "on [1] | at 07:00 | title Yoga | type 11",
		"Mo 23 bis 0 Nachtlauf":             "on [1] | at 23:00 | for 60 | title Nachtlauf",

		"":                  "missing [day time title]",
		"Yoga":              "title Yoga | type 11 | missing [day time]",
		"Di 18":             "on [2] | at 18:00 | missing [title]",
		"Di 18 60 99 Yoga":  "on [2] | at 18:00 | for 60 | title Yoga | type 11 | unclear [99]",
		"31.2. 18 Yoga":     "at 18:00 | title Yoga | type 11 | unclear [31.2.] | missing [day]",
		"Di 18 Yoga Kim":    "on [2] | at 18:00 | title Yoga | type 11 | unclear [Kim]",
		"Di 18 <b>Boxen":    "on [2] | at 18:00 | title <b>Boxen",
		"Lena Lena Di 18 X": "on [2] | at 18:00 | title Lena X | by 31",
	} {
		if got := told(typed.Line(line, monday, studio, booking.Fold)); got != want {
			t.Errorf("%q\n got %s\nwant %s", line, got, want)
		}
	}
}

func FuzzLines(f *testing.F) {
	for _, line := range []string{
		"Di Do 18 Yoga Flow 60 Lena", "Mo-Fr 7:30–8:15 Mobility saal1 12 Plätze bis 31.3.", "1. Dez. 18:00 „A 1“ 1,5 h", "bis - , & +",
		"18 bis",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c := typed.Line(line, monday, studio, booking.Fold)
		if c.Start < -1 || c.Start >= 24*60 || c.Minutes < 0 || len(c.Weekdays) > 7 {
			t.Errorf("%q: %s", line, told(c))
		}
		if utf8.ValidString(line) && !utf8.ValidString(c.Title) {
			t.Errorf("%q: the title is %q", line, c.Title)
		}
	})
}
