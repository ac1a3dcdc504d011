package templates

import (
	"strconv"
	"strings"
)

// StaffSchedulePage is the week of the staff as a time grid. Below 64rem the page shows one of
// its days.
type StaffSchedulePage struct {
	Layout
	Week     string // "KW 49"
	Dates    string // "30.11.–6.12.2026"
	Shown    int    // the chosen day, 1 to 7: the one that a phone shows
	PrevURL  string // the previous week
	NextURL  string // the next week
	TodayURL string
	Days     []GridDay
	Rooms    []GridRoom // the choices of the filter; empty: too few, or too many for a row of links
	Filters  Filters

	From, To int         // the first hour of the grid, and the hour at which it ends
	Hours    []int       // the hours with a label
	Lanes    int         // the most classes beside each other, at least 1
	Blocks   []GridBlock // by day and start
	Low      int         // number of coming classes with few participants
	Now      *GridNow    // nil: today is in another week

	CanAdd  bool
	Quick   *QuickAdd // the line that makes classes; nil: the reader may not add any
	NewURL  string    // the form of a new class on the chosen day
	CopyURL string    // what copying the week would make
	Empty   bool      // the week has no class that passes the filters
}

func (StaffSchedulePage) file() string { return "staff_schedule" }

// GridDay is a column of the time grid.
type GridDay struct {
	Column  int    // 1 to 7
	ISO     string // 2026-11-25
	Weekday string // "Mi"
	Number  int    // 25
	Full    string // "Mittwoch, 25. November"
	URL     string // the schedule of this day
	DeskURL string // the day at the front desk
	Today   bool
	Past    bool
	Classes bool // there are classes
}

// GridRoom is a choice of the rooms whose classes the grid shows.
type GridRoom struct {
	Name, URL string
	Current   bool
}

// GridNow is the line that shows the time of day in the studio.
type GridNow struct {
	Column, Hour, Minute int    // Minute in steps of five
	Clock                string // "13:48"
	Outside              bool   // the grid does not show this hour
}

// GridBlock is a class in the time grid. Its inner part is a live fragment.
type GridBlock struct {
	ID      int64
	Epoch   string
	Version int64

	URL        string
	Day        string // "Mittwoch"
	Clock      string
	Until      string // the end, if it is on a later day: "bis 00:30"
	Slot       string // changes when the place of the block in the grid does
	Hue        string
	Title      string
	Instructor string // the substitute, if there is one
	Substitute bool

	Column       int // 1 to 7
	Hour, Minute int // the start, Minute in steps of five
	Hours        int // the length in whole hours, and
	Minutes      int // the minutes beyond, in steps of five
	Lane, Lanes  int // Lane counts from 0; Lanes is 1 if nothing overlaps
	Short        bool

	Cancelled bool
	Over      bool
	Full      bool // no seat is free
	Low       bool // less than a quarter is taken, and the class is yet to come
	Taken     int
	Capacity  int
	Beyond    int // seats taken beyond the capacity
	Waiting   int
}

// Width is the number of seats that the meter shows, at least 1.
func (b GridBlock) Width() int { return max(1, b.Capacity) }

// Filled is the number of taken seats that the meter shows.
func (b GridBlock) Filled() int { return min(b.Taken, b.Capacity) }

// Pad is as many spaces of the width of a digit as Taken has digits fewer than Capacity: the count
// then has its place whatever it says.
func (b GridBlock) Pad() string {
	return strings.Repeat("\u2007", max(0, len(strconv.Itoa(b.Capacity))-len(strconv.Itoa(b.Taken))))
}

// ClassSummary is what the staff reads about a class beside its block in the time grid.
type ClassSummary struct {
	ID         int64
	Hue, Glyph string
	Title      string
	When       string // "Mi., 2.12., 18:30–19:15 Uhr"
	Taken      int
	Capacity   int
	Held       int
	Waiting    int
	Full       bool // no seat is free
	Beyond     int
	Cancelled  bool
	Room       string
	Instructor string
	Series     string // "Noch 12 Termine bis Fr., 18.12."; empty: a single class
	FreeCancel string // a sentence: until when cancelling is free
	Waitlist   string // a sentence: what happens with a free seat
	StaffOnly  bool   // online booking is off
	Hidden     bool

	URL       string // the participants, or the facts for readers who may not see names
	Roster    bool   // the reader may see the participants
	MayEdit   bool
	MayCancel bool
}

// Width is the number of seats that the meter shows, at least 1.
func (c ClassSummary) Width() int { return max(1, c.Capacity) }

// Filled is the number of taken seats that the meter shows.
func (c ClassSummary) Filled() int { return min(c.Taken, c.Capacity) }
