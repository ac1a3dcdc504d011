package present

import (
	"slices"

	"terminplan/booking"
)

// ExportName is the name of a list that can be exported; empty if there is no such list.
func (pr Presenter) ExportName(list booking.ExportList) string {
	if !slices.Contains(booking.ExportLists, list) {
		return ""
	}
	return pr.Text("text.export_" + string(list))
}
