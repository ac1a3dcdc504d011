package web

import (
	"fmt"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// What is pushed is rendered with the very fragments that pages are made of. A
// fragment that fails is logged and left out: the page falls back on fetching.

// presenter needs mu: the epoch and the settings may change.
func (l *Live) presenter(lang string) present.Presenter {
	return present.Presenter{Messages: l.pages, Lang: templates.Lang(lang), Zone: l.zone, Epoch: l.epoch, Counts: l.counts}
}

func (l *Live) paint(lang, name string, data any) []byte {
	body, err := l.pages.Fragment(templates.Lang(lang), name, data)
	if err != nil {
		l.log.Error("a fragment failed", "name", name, "err", err)
		return nil
	}
	return body
}

func (l *Live) paintRow(c booking.Class, v variant) []byte {
	if v.staff {
		return l.paint(v.lang, "staff_row", l.presenter(v.lang).StaffRow(c, false))
	}
	return l.paint(v.lang, "class_seats", l.presenter(v.lang).Shared(c, false))
}

func (l *Live) paintMine(pr present.Presenter, c booking.Class, m booking.MyClass) []byte {
	return l.paint(string(pr.Lang), "class_mine", pr.Mine(c, m))
}

func (l *Live) paintRoster(lang string, r booking.Roster) []byte {
	return l.paint(lang, "roster_push", l.presenter(lang).Roster(r))
}

func (l *Live) paintPerson(pr present.Presenter, m booking.Mine) []byte {
	lang := string(pr.Lang)
	return joined(l.paint(lang, "alerts_push", pr.Alerts(m)), l.paint(lang, "balance_push", pr.Balance(m)))
}

// fetchAgain replaces an element by one of an epoch that never was, which makes a
// page fetch itself again: for what no fragment can say, such as a row that is
// to go. It is a partial like everything else, because the hub joins what is due
// into one frame.
func fetchAgain(element string) []byte {
	return partial(element, fmt.Appendf(nil, `<i id="%s" data-e="resync" data-v="0"></i>`, element))
}

// signedOut is a message of its own; the socket closes right after it.
var signedOut = []byte(`{"signedOut":1}`)
