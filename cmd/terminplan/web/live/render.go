package live

import (
	"fmt"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Updates are rendered with the fragments that pages consist of. A fragment that fails is
// logged and left out; the page then fetches itself.

// presenter returns the presenter for a language. The caller holds mu, since the epoch and
// the settings may change.
func (p *Pages) presenter(lang templates.Lang) present.Presenter {
	return present.Presenter{Messages: p.templates, Lang: lang, Zone: p.zone, Now: time.Now(), Epoch: p.epoch, Counts: p.counts}
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
	return p.render(v.lang, parts.ClassSeats, p.presenter(v.lang).Shared(c))
}

func (p *Pages) renderPersonal(pr present.Presenter, c booking.Class, m booking.PersonalState) []byte {
	return p.render(pr.Lang, parts.ClassPersonal, pr.PersonalState(c, m))
}

func (p *Pages) renderRoster(lang templates.Lang, r booking.Roster) []byte {
	return p.render(lang, parts.RosterPush, p.presenter(lang).Roster(r))
}

func (p *Pages) renderPerson(pr present.Presenter, m booking.Personal) []byte {
	lang := pr.Lang
	return slices.Concat(p.render(lang, parts.AlertsPush, pr.Alerts(m)), p.render(lang, parts.BalancePush, pr.Balance(m)))
}

// refetch returns a fragment that makes a page fetch itself, for changes that no fragment
// can express, such as a row to remove. The element in it has an epoch that no page shows.
// It is a partial like all others, because the hub joins several updates into one frame.
func refetch(element string) []byte {
	return parts.Partial(element, fmt.Appendf(nil, `<i id="%s" data-e="resync" data-v="0"></i>`, element))
}

// signedOutMessage is sent as a message of its own, directly before the socket is closed.
var signedOutMessage = []byte(`{"signedOut":1}`)
