package sample

import (
	"slices"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// homes are the states of the first page of a member.
var homes = []string{"full", "empty", "running", "checked_in", "later", "tomorrow", "morning"}

func homeData(state string) present.HomeData {
	type in struct {
		class booking.Class
		mine  booking.PersonalState
	}
	came, late := class(101, at(23, 6, 15), "Frühyoga", binding), class(102, at(25, 18, 0), "Yoga Flow", binding)
	early, line := class(103, at(27, 7, 0), "Mobility"), class(104, at(28, 16, 0), "Pilates", booked(12), waiting(3))
	missed, offered := class(105, at(24, 20, 30), "Boxen"), class(106, at(25, 19, 0), "Pilates Reformer")
	spin, circle := class(107, at(25, 18, 30), "Spinning", booked(10)), class(108, at(25, 19, 30), "Kraftzirkel", booked(4))
	hatha := class(109, at(26, 9, 30), "Hatha Yoga")
	var list []in
	if state != "empty" {
		list = []in{
			{came, booking.PersonalState{Booking: seat(came, booking.StateCheckedIn)}},
			{missed, booking.PersonalState{Booking: seat(missed, booking.StateNoShow)}},
			{late, booking.PersonalState{Booking: seat(late, booking.StateBooked)}},
			{spin, booking.PersonalState{}},
			{offered, booking.PersonalState{Entry: entry(offered, 1), Offer: offer(offered, false)}},
			{circle, denied(booking.NoCredits, "needed", 1, "have", 0)},
			{hatha, booking.PersonalState{}},
			{early, booking.PersonalState{Booking: seat(early, booking.StateBooked)}},
			{line, booking.PersonalState{Entry: entry(line, 2)}},
		}
	}
	d := present.HomeData{
		Now: now, Personal: booking.Personal{PersonID: lena.ID, Version: 4}, Seen: func([]booking.Class) string { return "s" },
	}
	next := &booking.BookedClass{Booking: *seat(late, booking.StateBooked), Class: late}
	switch state {
	case "full":
		d.Personal.Balance, d.Grants, d.Personal.Alerts = 6, credits().Grants, alerts()
		d.Alerts = append(alerts(), booking.Alert{ID: 90, Kind: booking.AlertPasswordChanged, CreatedAt: at(20, 9, 0)})
		d.Next = next
	case "running":
		next.Class.StartsAt, next.Class.EndsAt = at(25, 13, 30), at(25, 14, 30)
		d.Next = next
	case "checked_in":
		next.Booking.State = booking.StateCheckedIn
		d.Next = next
	case "later":
		c := class(110, at(30, 18, 0), "Yoga Flow")
		d.Next = &booking.BookedClass{Booking: *seat(c, booking.StateBooked), Class: c}
		d.Grants, d.Personal.Balance = credits().Grants[1:2], 3
		d.Alerts = []booking.Alert{{ID: 91, Kind: booking.AlertClassCancelled, Class: &c, CreatedAt: at(24, 9, 0)}}
	case "tomorrow":
		list = slices.DeleteFunc(list, func(x in) bool { return x.class.StartsAt.Before(at(26, 0, 0)) })
	case "morning":
		list = append([]in{{class(111, at(25, 15, 0), "Stretching"), booking.PersonalState{}}}, list...)
	}
	d.Days = present.PersonalRows{
		Len: len(list), State: func(i int) booking.PersonalState { return list[i].mine },
		Class: func(i int) booking.Class { return list[i].class },
	}
	return d
}

// Home returns the content of the first page after an action in it.
func Home(pr present.Presenter) templates.Home {
	return pr.Home(lena, homeData("full"), present.Done(pr.Text("receipt.cancelled_free")))
}
