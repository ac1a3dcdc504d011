package parts_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/parts"
)

func TestTheTemplatesHaveTheseParts(t *testing.T) {
	var all strings.Builder
	templates := os.DirFS("../../../../templates")
	err := fs.WalkDir(templates, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".html" {
			return err
		}
		text, err := fs.ReadFile(templates, name)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	html := all.String()
	for _, name := range []string{
		parts.Alerts, parts.AlertsPush, parts.BalancePush, parts.BoardRow, parts.CancelClass, parts.CancelDialog, parts.Candidates,
		parts.ClassPersonal, parts.ClassRow, parts.ClassSeats, parts.ClassSheet, parts.MemberBody, parts.Bookings, parts.Notice,
		parts.Panel, parts.Participant, parts.People, parts.RosterPush, parts.StaffRow,
	} {
		if !strings.Contains(html, `define "`+name+`"`) {
			t.Errorf("no template defines the fragment %q", name)
		}
	}
	const seven = "7"
	for _, id := range []string{
		parts.MemberID(7), parts.BookingsID, parts.ClassRowID(7), parts.ClassSeatsID(7), parts.ClassStaffID(7), parts.SheetID(7),
		parts.PanelID(7), parts.ParticipantID(7), parts.BoardID, parts.ClassBoardID(7),
	} {
		written := regexp.MustCompile(`id="` + strings.ReplaceAll(id, seven, `\{\{\.\w+\}\}`) + `"`)
		if !written.MatchString(html) {
			t.Errorf("no template has an element with the id %q", id)
		}
	}
	for _, kind := range []parts.Kind{
		parts.KindAlerts, parts.KindBooking, parts.KindCancel, parts.KindCandidates, parts.KindClass, parts.KindMember,
		parts.KindBookings, parts.KindPanel, parts.KindRoster, parts.KindSheet,
	} {
		if !strings.Contains(html, `hx-target="#`+string(kind)) {
			t.Errorf("no template replaces an element whose id begins with %q", kind)
		}
	}
}
