package live

import (
	"time"

	"terminplan/cmd/terminplan/web/present"
	"terminplan/hub"
	"terminplan/templates"
)

// View is the content of a page, as the URL of its socket describes it.
type View struct {
	From time.Time // midnight of the first of Days
	Days []string  // the dates whose classes the page lists

	Class  int64          // a class that the page shows, whatever its day: as a sheet, or with a roster; 0: none
	Roster int64          // the class whose participants the page shows; 0: none
	List   string         // id of the element that lists what the person has booked; empty: none
	Board  string         // the secret of the board in the lobby that the page is; empty: it is none
	Public bool           // the page is the public schedule
	Follow []int64        // classes of which the page shows only the personal state
	Lang   templates.Lang // language of the page, even if another one was chosen since
	Digest string         // digest of the rows on the page and their versions, see [Pages.Digest]
	Grid   bool           // the page shows the classes as blocks of a time grid, for staff

	person int64 // 0: nobody, for a board and for the public schedule
	staff  bool
}

// variant is the version of classes that the page shows.
func (view View) variant() variant {
	switch {
	case view.Board != "":
		return variant{view.Lang, boards}
	case view.Public:
		return variant{view.Lang, visitors}
	case !view.staff:
		return variant{view.Lang, members}
	case view.Grid:
		return variant{view.Lang, grid}
	}
	return variant{view.Lang, rows}
}

// classVariant is the version of Class.
func (view View) classVariant() variant {
	switch {
	case view.Roster != 0:
		return view.variant()
	case view.staff:
		return variant{view.Lang, staffSheets}
	}
	return variant{view.Lang, sheets}
}

// Span adds days to the view, beginning with From.
func (view *View) Span(days int) {
	for i := range days {
		view.Days = append(view.Days, present.AddDays(view.From, i).Format(time.DateOnly))
	}
}

// subjects returns the topics of the view with their subjects.
func (view View) subjects() map[hub.Topic]subject {
	now := time.Now()
	list := map[hub.Topic]subject{}
	if view.person != 0 {
		list[personTopic(view.person, view.Lang)] = subject{person: view.person, since: now}
	}
	for _, day := range view.Days {
		list[dayTopic(day, view.variant())] = subject{day: day, since: now}
	}
	if view.Class != 0 {
		list[classTopic(view.Class, view.classVariant())] = subject{class: view.Class, since: now}
	}
	for _, id := range view.Follow {
		list[followTopic(id)] = subject{class: id, since: now}
	}
	if view.List != "" {
		list[listTopic(view.person, view.List)] = subject{person: view.person, since: now}
	}
	return list
}
