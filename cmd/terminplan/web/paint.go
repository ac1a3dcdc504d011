package web

import (
	"fmt"

	"terminplan/booking"
	"terminplan/templates"
)

// What is pushed is rendered with the very fragments that pages are made of. A
// fragment that fails is logged and left out: the page falls back on fetching.

// voice needs mu: the epoch and the settings may change.
func (l *Live) voice(lang string) voice {
	return voice{set: l.pages, lang: templates.Lang(lang), zone: l.zone, epoch: l.epoch, counts: l.counts}
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
		return l.paint(v.lang, "staff_row", l.voice(v.lang).staffRow(c, false))
	}
	return l.paint(v.lang, "class_seats", l.voice(v.lang).shared(c, false))
}

func (l *Live) paintMine(v voice, c booking.Class, m booking.MyClass) []byte {
	return l.paint(string(v.lang), "class_mine", v.mine(c, m))
}

func (l *Live) paintRoster(lang string, r booking.Roster) []byte {
	return l.paint(lang, "roster_push", l.voice(lang).roster(r))
}

func (l *Live) paintPerson(v voice, m booking.Mine) []byte {
	lang := string(v.lang)
	return joined(l.paint(lang, "alerts_push", v.cards(m)), l.paint(lang, "balance_push", v.balance(m)))
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
