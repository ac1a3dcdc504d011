package present

import (
	"strings"
	"unicode/utf8"

	"terminplan/booking"
	"terminplan/templates"
)

// Frame holds the values of the layout around a page.
type Frame struct {
	Studio   booking.Studio
	Actor    booking.Actor    // zero: nobody is signed in
	Channels Channels         // state of mail and push, for managers
	Personal booking.Personal // balance and alerts of a member; alerts of staff
	Active   string           // name of the marked tab
	Path     string           // path and query of the page
	Live     string           // query of the socket; empty: no socket
	Wrong    bool             // the page shows refused fields
	Notice   templates.Notice
}

// Layout returns the layout of a page.
func (pr Presenter) Layout(f Frame) templates.Layout {
	l := pr.SharedLayout(f)
	l.Notice, l.SignedIn, l.Clock = f.Notice, pr.who(f.Actor), pr.SecondOfDay()
	switch l.Area {
	case "member":
		l.Alerts, l.Balance = pr.Alerts(f.Personal), pr.Balance(f.Personal)
	case "staff": // the first page and the profile show what concerns the account
		l.Alerts = pr.Alerts(f.Personal)
	}
	if f.Actor.Can(booking.EditSettings) {
		l.Trouble = pr.ChannelTrouble(f.Channels)
	}
	return l
}

// SharedLayout returns the layout without name, balance, alerts and notice. It is the same for
// all members.
func (pr Presenter) SharedLayout(f Frame) templates.Layout {
	l := templates.Layout{
		Studio: f.Studio.Name, Mark: mark(f.Studio.Name), Active: f.Active, Path: f.Path, Live: f.Live, Socket: "live",
		Epoch: pr.Epoch, Wrong: f.Wrong,
	}
	if len(f.Studio.Languages) == 1 {
		l.OneLanguage = f.Studio.Languages[0]
	}
	switch {
	case f.Actor.ID == 0:
		l.Live = ""
	case f.Actor.Role.Staff():
		l.Area, l.SeesMembers, l.SeesSettings = "staff", f.Actor.Can(booking.SeeMembers), f.Actor.Can(booking.EditSettings)
		l.SeesStart = l.SeesSettings && f.Studio.Start != booking.StartOver && f.Studio.Start != ""
	default:
		l.Area = "member"
	}
	return l
}

// who returns the name in the header of a page.
func (pr Presenter) who(a booking.Actor) templates.Who {
	w := templates.Who{ID: a.ID, Name: a.Name, Initials: initials(a.Name)}
	if a.Role.Staff() {
		w.Role = pr.Text("role." + string(a.Role))
	}
	return w
}

// initials returns the first letters of the first and of the last word of a name.
func initials(name string) (letters string) {
	words := strings.Fields(name)
	for i, word := range words {
		if i == 0 || i == len(words)-1 {
			first, _ := utf8.DecodeRuneInString(word)
			letters += string(first)
		}
	}
	return letters
}

// mark returns the initial of the last word of the studio's name: N of "Studio Nord".
func mark(studio string) string {
	words := strings.Fields(studio)
	if len(words) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return strings.ToUpper(string(first))
}

// Done returns the notice of an action that succeeded.
func Done(text string) templates.Notice { return templates.Notice{Kind: "done", Text: text} }

// Refused returns the notice of an action that was refused.
func Refused(text string) templates.Notice { return templates.Notice{Kind: "refused", Text: text} }

func (pr Presenter) refused(e *booking.Error) templates.Notice { return Refused(pr.Refusal(e)) }
