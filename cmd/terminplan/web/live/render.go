package live

import (
	"fmt"
	"slices"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// What is pushed is rendered with the very fragments that pages are made of. A
// fragment that fails is logged and left out: the page falls back on fetching.

// presenter needs mu: the epoch and the settings may change.
func (p *Pages) presenter(lang templates.Lang) present.Presenter {
	return present.Presenter{Messages: p.templates, Lang: lang, Zone: p.zone, Epoch: p.epoch, Counts: p.counts}
}

func (p *Pages) render(lang templates.Lang, name string, data any) []byte {
	body, err := p.templates.Fragment(lang, name, data)
	if err != nil {
		p.log.Error("a fragment failed", "name", name, "err", err)
		return nil
	}
	return body
}

func (p *Pages) renderRow(c booking.Class, v variant) []byte {
	if v.staff {
		return p.render(v.lang, parts.StaffRow, p.presenter(v.lang).StaffRow(c, false))
	}
	return p.render(v.lang, parts.ClassSeats, p.presenter(v.lang).Shared(c, false))
}

func (p *Pages) renderPersonal(pr present.Presenter, c booking.Class, m booking.MyClass) []byte {
	return p.render(pr.Lang, parts.ClassMine, pr.Mine(c, m))
}

func (p *Pages) renderRoster(lang templates.Lang, r booking.Roster) []byte {
	return p.render(lang, parts.RosterPush, p.presenter(lang).Roster(r))
}

func (p *Pages) renderPerson(pr present.Presenter, m booking.Mine) []byte {
	lang := pr.Lang
	return slices.Concat(p.render(lang, parts.AlertsPush, pr.Alerts(m)), p.render(lang, parts.BalancePush, pr.Balance(m)))
}

// refetch replaces an element by one of an epoch that never was, which makes a
// page fetch itself again: for what no fragment can say, such as a row that is
// to go. It is a partial like everything else, because the hub joins what is due
// into one frame.
func refetch(element string) []byte {
	return parts.Partial(element, fmt.Appendf(nil, `<i id="%s" data-e="resync" data-v="0"></i>`, element))
}

// signedOutMessage is a message of its own; the socket closes right after it.
var signedOutMessage = []byte(`{"signedOut":1}`)
