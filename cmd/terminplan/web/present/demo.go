package present

import (
	"terminplan/booking"
	"terminplan/cmd/terminplan/web/parts"
	"terminplan/templates"
)

// Demo returns the page with three screens of a demo studio: of a member, of the front desk and
// of the board. class is where things happen; nil: nowhere.
func (pr Presenter) Demo(studio booking.Studio, class *booking.Class) *templates.DemoPage {
	p := &templates.DemoPage{
		Studio: studio.Name, Mark: mark(studio.Name), PhoneURL: "/demo/phone/schedule", DeskURL: "/demo/desk/today",
	}
	if len(studio.Languages) == 1 {
		p.OneLanguage = studio.Languages[0]
	}
	if class != nil {
		p.Class = class.ID
		p.PhoneURL = "/demo/phone" + ScheduleQuery{}.URL(Midnight(class.StartsAt, pr.Zone), false) + "#" + parts.ClassRowID(class.ID)
		p.DeskURL = "/demo/desk" + ClassPath(class.ID)
	}
	if studio.Board.On {
		p.BoardURL = "/demo/board/board/" + studio.Board.Secret + "?lang=" + string(pr.Lang)
	}
	return p
}
