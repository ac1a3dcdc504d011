package present

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	go_qr "github.com/piglig/go-qr"

	"terminplan/booking"
	"terminplan/templates"
)

// BoardData is what the board in the lobby shows.
type BoardData struct {
	Studio  booking.Studio
	Path    string // of the board
	Link    string // the address that leads to booking
	Site    string // the same for readers
	Classes []booking.Class
	Next    *booking.Class // the next class if there are none on these days; nil: there is none
	Still   bool
}

// Hours of the day between which a board with daylight is light.
const (
	boardPaperFrom = 7
	boardPaperTo   = 18
)

// Board returns the board in the lobby (rule 33): the classes that are not over, of today and
// tomorrow.
func (pr Presenter) Board(d BoardData) (*templates.BoardPage, error) {
	hour := pr.Now.In(pr.Zone).Hour()
	p := &templates.BoardPage{
		Studio: d.Studio.Name, Epoch: pr.Epoch, Path: d.Path, Date: pr.dayLong(pr.Now), Day: pr.Now.In(pr.Zone).Format(time.DateOnly),
		Clock: pr.Clock(pr.Now), Second: pr.SecondOfDay(), Seconds: d.Studio.Board.Seconds, Still: d.Still, Site: d.Site,
		Paper: d.Studio.Board.Daylight && hour >= boardPaperFrom && hour < boardPaperTo,
	}
	for _, c := range d.Classes {
		if !c.Hidden && !c.Over() {
			p.Rows = append(p.Rows, pr.BoardRow(c, d.Studio.Board))
		}
	}
	if d.Next != nil {
		p.Next = pr.dayLong(d.Next.StartsAt) + ", " + pr.Clock(d.Next.StartsAt) + " " + d.Next.Title
	}
	var err error
	p.Book, err = QR(d.Link)
	return p, err
}

// BoardRow returns a class on the board.
func (pr Presenter) BoardRow(c booking.Class, b booking.Board) templates.BoardRow {
	s := pr.Shared(c)
	r := templates.BoardRow{
		ID: c.ID, Epoch: pr.Epoch, Version: c.Version, ISO: s.ISO, Clock: s.Clock, Hue: s.Hue, Glyph: s.Glyph, Title: c.Title, Room: c.Room,
		State: s.State, At: s.At, Free: s.Free, Taken: s.Capacity - s.Free, Capacity: s.Capacity,
	}
	if Midnight(c.StartsAt, pr.Zone).After(Midnight(pr.Now, pr.Zone)) {
		r.Day = pr.Lang.Weekday(c.StartsAt.In(pr.Zone))
	}
	if b.Instructors {
		r.Instructor, r.Substitute = c.Instructor, c.Substitute != ""
		if r.Substitute {
			r.Instructor = c.Substitute
		}
	}
	switch r.State {
	case "full", "held", "full_waitlist":
		r.State = "full"
		if b.Waiting && pr.Counts != booking.CountsHidden {
			r.Waiting = c.Waiting
		}
	case "closed", "staff_only":
		if r.State = "desk"; c.Free() == 0 {
			r.State = "full"
		}
	case "over":
		r.State = "running"
	}
	return r
}

// quietZone is the margin of a QR code in modules.
const quietZone = 2

// QR returns the QR code of a text as one path. A text that is too long is an error.
func QR(text string) (templates.QR, error) {
	code, err := go_qr.EncodeText(text, go_qr.Medium)
	if err != nil {
		return templates.QR{}, fmt.Errorf("encoding a QR code: %w", err)
	}
	var path strings.Builder
	n := code.Size()
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for x < n && code.Module(x, y) {
				x++
			}
			if x > from { // a run of dark modules is one rectangle
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return templates.QR{Size: n + 2*quietZone, Path: path.String()}, nil
}

// BoardSettings returns the page on which the board is made, shown and reset. address is that of
// the board.
func (pr Presenter) BoardSettings(f Frame, d SettingsData, address string, sent Sent) (*templates.BoardSettingsPage, error) {
	b := f.Studio.Board
	p := &templates.BoardSettingsPage{
		On: b.On, Daylight: b.Daylight, Instructors: b.Instructors, Waiting: b.Waiting, Seconds: strconv.Itoa(b.Seconds),
		SecondsBound: number(booking.BoardSecondsMin, booking.BoardSecondsMax), Nav: pr.settingsNav(f.Studio, "board", d),
	}
	if sent.Refused != nil {
		_, sentences := pr.Problems(sent.Refused, nil)
		p.SecondsError, f.Wrong = sentences["board_seconds"], true
		p.Daylight, p.Instructors, p.Waiting, p.Seconds = sent.is("daylight"), sent.is("instructors"), sent.is("waiting"),
			sent.Values.Get("board_seconds")
		if sent.Refused.Field == "" {
			f.Notice = pr.refused(sent.Refused)
		}
	}
	f.Active = "settings"
	p.Layout = pr.Layout(f)
	var err error
	if b.On {
		p.Address, p.Secret = address, b.Secret
		p.Code, err = QR(address)
	}
	return p, err
}
