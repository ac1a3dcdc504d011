package live

import (
	"fmt"
	"slices"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/hub"
	"terminplan/templates"
)

// Updates use the same fragments as pages. A fragment that cannot be rendered is logged and
// left out; the page then fetches itself.

// presenter returns the presenter for a language. The caller holds mu, which guards the epoch
// and the settings.
func (p *Pages) presenter(lang templates.Lang) present.Presenter {
	return present.Presenter{
		Messages: p.templates, Lang: lang, Zone: p.zone, Now: time.Now(), Epoch: p.epoch, Counts: p.counts, Night: p.night,
	}
}

func (p *Pages) render(lang templates.Lang, name string, data any) []byte {
	body, err := p.templates.Fragment(lang, name, data)
	if err != nil {
		p.log.Error("a fragment cannot be rendered", "name", name, "err", err)
		return nil
	}
	return body
}

// cached returns the shared fragments of a class for its viewers. It renders them once per
// variant, since very many sockets may reconnect at once.
func (p *Pages) cached(c *watchedClass, v variant) hub.Update {
	update, ok := c.rendered[v]
	if !ok {
		update = hub.Update{
			Topic: classTopic(c.ID, v), Key: classKey(c.ID), Epoch: p.epoch, Version: c.Version,
			Body: p.renderClass(c.Class, v),
		}
		c.rendered[v] = update
	}
	return update
}

func (p *Pages) renderClass(c booking.Class, v variant) []byte {
	pr := p.presenter(v.lang)
	switch v.audience {
	case rows:
		return p.render(v.lang, parts.StaffRow, pr.StaffRow(c, false))
	case grid:
		return p.render(v.lang, parts.GridBlock, pr.GridBlock(c))
	case boards:
		return parts.Partial(parts.ClassBoardID(c.ID), p.render(v.lang, parts.BoardRow, pr.BoardRow(c, p.board)))
	case visitors:
		pr = pr.ForEverybody(p.public.seats, p.public.instructors)
	case sheets, staffSheets:
		pr.Staff = v.audience.staff() // staff see the counts that members do not
		return p.render(v.lang, parts.SheetPush, pr.SheetSeats(c))
	}
	return p.render(v.lang, parts.ClassSeats, pr.Shared(c))
}

func (p *Pages) renderPersonal(pr present.Presenter, c booking.Class, m booking.PersonalState) []byte {
	return p.render(pr.Lang, parts.ClassPersonal, pr.PersonalState(c, m))
}

func (p *Pages) renderPerson(pr present.Presenter, m booking.Personal) []byte {
	lang := pr.Lang
	return slices.Concat(p.render(lang, parts.AlertsPush, pr.Alerts(m)), p.render(lang, parts.BalancePush, pr.Balance(m)))
}

// refetch returns a fragment that makes a page fetch itself, for changes that no fragment can
// express, such as the removal of a row. Its element has an epoch that differs from that of
// every page. It is a partial like all updates, because the hub joins several updates into one
// frame.
func refetch(element string) []byte {
	return parts.Partial(element, fmt.Appendf(nil, `<i id="%s" data-e="resync" data-v="0"></i>`, element))
}

// signedOutMessage is a separate message, sent directly before the socket is closed.
var signedOutMessage = []byte(`{"signedOut":1}`)
