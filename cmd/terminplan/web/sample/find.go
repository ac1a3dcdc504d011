package sample

import (
	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Found returns hits of every kind.
func Found(pr present.Presenter) templates.Found {
	open := rosterClass()
	found := forStaff(pr).Find(mara, present.FindQuery{Classes: deskClasses(), Open: &open}, 9)
	people := forStaff(pr).Find(mara, present.FindQuery{Text: "mü", People: []booking.Member{profile().Member}}, 9)
	days := forStaff(pr).Find(mara, present.FindQuery{Text: "morgen"}, 9)
	found.Groups = append(append(found.Groups, people.Groups...), days.Groups...)
	found.Query = people.Query
	return found
}
