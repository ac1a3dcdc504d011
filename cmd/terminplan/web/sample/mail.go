package sample

import (
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// PublicURL is the address of the site in the samples of mails.
const PublicURL = "https://plan.example.org"

// Mail is a mail in one of its states, with the delivery and the cause from which it is made.
type Mail struct {
	Name     string
	Delivery booking.Delivery
	Cause    booking.MailCause
	Mail     templates.Mail
}

// Mails returns a mail of every notice that goes out by mail, to members, guests and staff.
func Mails(pr present.Presenter) (list []Mail) {
	pr.PublicURL = PublicURL
	for _, m := range mails() {
		m.Mail = pr.Mail(m.Delivery, m.Cause)
		list = append(list, m)
	}
	return list
}

func mails() (list []Mail) {
	yogaFlow := flow(waiting(2))
	spin := class(43, at(27, 19, 30), "Spinning", booked(12), func(c *booking.Class) {
		c.Type, c.Room, c.Instructor = booking.ClassType{ID: 2, Name: "Cycling", Hue: "ember"}, "Studio", "Jo"
	})
	pilates := class(44, at(28, 9, 0), "Pilates", func(c *booking.Class) { c.Type.Hue = "plum" })
	to := booking.Recipient{ID: lena.ID, Role: booking.RoleMember, GivenName: "Lena", Name: lena.Name, Email: lena.Email}
	guest := booking.Recipient{ID: 8, Role: booking.RoleGuest, GivenName: "Gero", Name: "Gero Gast", Email: "gero@example.org"}
	teacher := booking.Recipient{ID: ina.ID, Role: booking.RoleInstructor, GivenName: "Ina", Name: ina.Name, Email: ina.Email}
	add := func(name string, kind booking.NoticeKind, cause booking.MailCause, change ...func(*booking.Delivery)) {
		d := booking.Delivery{
			ID: int64(500 + len(list)), Kind: kind, Channel: booking.ChannelMail, To: to, Address: to.Email, Studio: &studio,
			CreatedAt: now, Now: now,
		}
		d.Rule, _ = kind.Rule()
		if c := cause.Class; c != nil {
			d.ClassID = c.ID
		}
		if b := cause.Booking; b != nil {
			d.BookingID = b.ID
		}
		for _, f := range change {
			f(&d)
		}
		d.Address = d.To.Email
		list = append(list, Mail{Name: name, Delivery: d, Cause: cause})
	}
	about := func(change ...func(*booking.Alert)) func(*booking.Delivery) {
		return func(d *booking.Delivery) {
			a := booking.Alert{
				ID:        7,
				Kind:      booking.AlertKind(d.Kind),
				Class:     &yogaFlow,
				CreatedAt: now,
				Cost:      1,
				FreeUntil: yogaFlow.Cutoff(),
			}
			for _, f := range change {
				f(&a)
			}
			d.Alert = &a
		}
	}
	asGuest := func(d *booking.Delivery) { d.To = guest }
	asChild := func(d *booking.Delivery) {
		d.To = booking.Recipient{
			ID: 9, Role: booking.RoleMember, GivenName: "Tim", Name: "Tim Brandt",
			Email: lena.Email, SharesEmail: true,
		}
	}
	asTeacher := func(d *booking.Delivery) { d.To = teacher }
	ends := func(after time.Duration) func(*booking.Delivery) {
		return func(d *booking.Delivery) { d.ExpiresAt = now.Add(after) }
	}
	seat := seat(yogaFlow, booking.StateBooked)
	forClass := func(change ...func(*booking.MailCause)) booking.MailCause {
		c := booking.MailCause{Class: &yogaFlow, Balance: 4}
		for _, f := range change {
			f(&c)
		}
		return c
	}
	withSeat := func(c *booking.MailCause) { c.Booking = seat }
	guestLink := func(c *booking.MailCause) {
		free := *seat
		free.Cost = 0
		c.Booking, c.Link = &free, PublicURL+"/guest/Zp4mTz0eBq7yXw2J8sK1uA"
	}
	back := func(c *booking.MailCause) { c.Refunded, c.Balance = 1, 5 }
	alert := func(k booking.AlertKind) booking.NoticeKind { return booking.NoticeKind(k) }

	add("seat_offered", alert(booking.AlertSeatOffered), forClass(), about(func(a *booking.Alert) { a.Offer = offer(yogaFlow, false) }))
	add("seat_open", alert(booking.AlertSeatOpen), forClass(), about(func(a *booking.Alert) { a.Offer = offer(yogaFlow, true) }),
		asChild)
	add("moved_up", alert(booking.AlertMovedUp), forClass(withSeat, func(c *booking.MailCause) { c.Balance = 3 }), about())
	add("moved_up_binding", alert(booking.AlertMovedUp), forClass(func(c *booking.MailCause) {
		bound := *seat
		bound.FreeUntil, c.Booking = now.Add(-time.Hour), &bound
	}), about())
	add("offer_expired", alert(booking.AlertOfferExpired), forClass(), about())
	add("offer_withdrawn", alert(booking.AlertOfferWithdrawn), forClass(), about())
	add("skipped", alert(booking.AlertSkipped), forClass(), about(func(a *booking.Alert) { a.Skip = booking.NoCredits }))
	off := func(c *booking.MailCause) {
		class := *c.Class
		class.Cancelled, c.Class = true, &class
		c.Note = "Ina ist krank, und wir haben keine Vertretung gefunden.\nKomm gern am Samstag um 9 Uhr."
	}
	add("class_cancelled", alert(booking.AlertClassCancelled), forClass(withSeat, back, off), about())
	add("class_cancelled_waiting", alert(booking.AlertClassCancelled), forClass(off), about())
	add("class_cancelled_guest", alert(booking.AlertClassCancelled), forClass(guestLink, off), about(), asGuest)
	add("class_restored", alert(booking.AlertClassRestored), forClass(), about())
	moved := func(c *booking.MailCause) { c.Was, c.Changed = at(27, 17, 30), []string{"room"} }
	add("class_moved", alert(booking.AlertClassMoved), forClass(withSeat, moved), about())
	add("class_moved_waiting", alert(booking.AlertClassMoved), forClass(moved), about())
	add("class_moved_guest", alert(booking.AlertClassMoved), forClass(guestLink, moved), about(), asGuest)
	place := func(c *booking.MailCause) { c.Changed = []string{"location"} }
	add("class_moved_place", alert(booking.AlertClassMoved), forClass(withSeat, place), about())
	changed := func(c *booking.MailCause) { c.Changed = []string{"room", "instructor"} }
	add("class_changed", alert(booking.AlertClassChanged), forClass(withSeat, changed), about())
	add("class_changed_guest", alert(booking.AlertClassChanged), forClass(guestLink, changed), about(), asGuest)
	reason := func(c *booking.MailCause) { c.Reason = reasons[0].Text }
	add("booking_cancelled", alert(booking.AlertBookingCancelled), forClass(withSeat, back, reason), about())
	add("booking_cancelled_late", alert(booking.AlertBookingCancelled), forClass(withSeat, reason), about())
	add("booking_cancelled_guest", alert(booking.AlertBookingCancelled), forClass(guestLink, reason), about(), asGuest)
	add("booking_added", alert(booking.AlertBookingAdded), forClass(withSeat), about())
	add("booking_added_guest", alert(booking.AlertBookingAdded), forClass(guestLink), about(), asGuest)
	add("booking_added_free", alert(booking.AlertBookingAdded), forClass(withSeat, func(c *booking.MailCause) {
		free := *c.Booking
		free.Cost, c.Booking = 0, &free
	}), about())
	add("recurring_booked", alert(booking.AlertRecurringBooked), forClass(withSeat), about())
	add("recurring_missed", alert(booking.AlertRecurringMissed), forClass(), about())
	expiring := func(a *booking.Alert) { a.Class, a.Credits, a.ExpiresAt = nil, 3, at(30, 0, 0) }
	add("credits_expiring_7", alert(booking.AlertCreditsExpiring7), booking.MailCause{Balance: 4}, about(expiring))
	last := func(a *booking.Alert) { a.Credits = 1 }
	add("credits_expiring_1", alert(booking.AlertCreditsExpiring1), booking.MailCause{Balance: 4}, about(expiring, last))
	noClass := func(a *booking.Alert) { a.Class, a.FreeUntil = nil, time.Time{} }
	add("password_changed", alert(booking.AlertPasswordChanged), booking.MailCause{}, about(noClass))
	add("email_changed", alert(booking.AlertEmailChanged), booking.MailCause{}, about(noClass))
	add(
		"signed_in_new",
		alert(booking.AlertSignedInNew),
		booking.MailCause{},
		about(noClass, func(a *booking.Alert) { a.Device = "Firefox" }),
	)
	lost := func(a *booking.Alert) { a.Device, a.Left = "Firefox", 9 }
	add("recovery_code", alert(booking.AlertRecoveryUsed), booking.MailCause{}, about(noClass, lost))
	added := func(a *booking.Alert) { a.Factor = booking.PasskeyAdded }
	add("second_factor", alert(booking.AlertFactorChanged), booking.MailCause{}, about(noClass, added))
	tried := func(a *booking.Alert) { a.Tries, a.Since = 12, at(25, 9, 0) }
	add("sign_in_failed", alert(booking.AlertSignInFailed), booking.MailCause{}, about(noClass, tried))

	item := func(c booking.Class, refunded int) booking.BookedClass {
		b := *seat
		b.ID, b.FreeUntil, b.Refunded = 70+c.ID, c.Cutoff(), refunded
		return booking.BookedClass{Class: c, Booking: b}
	}
	receipt := func(r booking.Receipt) booking.MailCause { return booking.MailCause{Balance: 4, Receipt: &r} }
	add("receipt_booked", booking.NoticeReceipt, receipt(booking.Receipt{Booked: []booking.BookedClass{item(yogaFlow, 0)}}))
	add("receipt_cancelled", booking.NoticeReceipt, receipt(booking.Receipt{Cancelled: []booking.BookedClass{item(yogaFlow, 1)}}))
	add("receipt", booking.NoticeReceipt, receipt(booking.Receipt{
		Booked:    []booking.BookedClass{item(yogaFlow, 0), item(spin, 0)},
		Cancelled: []booking.BookedClass{item(pilates, 1), item(spin, 0)},
		Waiting:   []booking.WaitingClass{{Class: spin, Entry: *entry(spin, 3)}},
		Credits: []booking.CreditChange{
			{Kind: booking.TransferGrant, Amount: 10, Grant: "10er-Karte", ExpiresAt: at(30, 0, 0)},
			{Kind: booking.TransferAdjust, Amount: -1, Grant: "10er-Karte", Note: "Doppelt gutgeschrieben"},
			{Kind: booking.TransferLapse, Amount: -2, Grant: "Probekarte"},
		},
	}))
	third := []booking.WaitingClass{{Class: spin, Entry: *entry(spin, 3)}}
	add("receipt_waiting", booking.NoticeReceipt, receipt(booking.Receipt{Waiting: third}))
	add("receipt_credits", booking.NoticeReceipt, receipt(booking.Receipt{
		Credits: []booking.CreditChange{{Kind: booking.TransferGrant, Amount: 10, Grant: "10er-Karte", ExpiresAt: at(30, 0, 0)}},
	}))
	one := func(k booking.AlertKind, c booking.Class, change ...func(*booking.Alert)) booking.Alert {
		a := booking.Alert{ID: 9, Kind: k, Class: &c, CreatedAt: at(24, 20, 0), Cost: 1, FreeUntil: c.Cutoff(), BookingID: 70 + c.ID}
		for _, f := range change {
			f(&a)
		}
		return a
	}
	add("morning", booking.NoticeMorning, booking.MailCause{Balance: 4, Morning: []booking.Alert{
		one(
			booking.AlertClassChanged,
			yogaFlow,
			func(a *booking.Alert) { a.Changed = []string{"room"} },
		), one(booking.AlertOfferExpired, spin),
		one(booking.AlertRecurringBooked, pilates), one(booking.AlertCreditsExpiring7, pilates, expiring),
	}})
	add("morning_one", booking.NoticeMorning, booking.MailCause{Balance: 4, Morning: []booking.Alert{
		one(booking.AlertClassChanged, yogaFlow, func(a *booking.Alert) { a.Changed = []string{"instructor"} }),
	}})
	add("digest", booking.NoticeDigest, booking.MailCause{Digest: []booking.DigestClass{{Class: yogaFlow}, {Class: spin}}}, asTeacher)
	add("free_until", booking.NoticeFreeUntil, forClass(withSeat, func(c *booking.MailCause) { c.Waiting = 2 }))
	add("free_until_guest", booking.NoticeFreeUntil, forClass(guestLink), asGuest)
	add("reminder", booking.NoticeReminder, forClass(withSeat))
	add("reminder_guest", booking.NoticeReminder, forClass(guestLink), asGuest)
	for _, what := range []booking.TeachingChange{
		booking.TeachingAssigned, booking.TeachingReplaced, booking.TeachingCancelled, booking.TeachingRestored,
	} {
		change := booking.DigestClass{Class: yogaFlow, What: what}
		change.Class.Cancelled = what == booking.TeachingCancelled
		add("teaching_"+string(what), booking.NoticeTeaching, booking.MailCause{Digest: []booking.DigestClass{change}}, asTeacher)
	}
	add("teaching", booking.NoticeTeaching, booking.MailCause{Digest: []booking.DigestClass{
		{Class: yogaFlow, What: booking.TeachingAssigned}, {Class: spin, What: booking.TeachingReplaced},
	}}, asTeacher)
	link := func(path string) booking.MailCause {
		return booking.MailCause{Link: PublicURL + path + "q3VYd0n1TtKcQ5m8eR2wLg"}
	}
	add("invitation", booking.NoticeInvitation, link("/invitation#code="), ends(14*24*time.Hour))
	add("reset", booking.NoticeReset, link("/reset/"), ends(30*time.Minute))
	add("address", booking.NoticeAddress, link("/address/"), ends(24*time.Hour))
	newcomer := func(d *booking.Delivery) {
		d.To = booking.Recipient{ID: 71, Role: booking.RoleGuest, GivenName: "Nora", Name: "Nora Neu", Email: "nora.neu@example.org"}
	}
	code := link("/registration/")
	code.Code, code.CodeEnds = "204816", now.Add(30*time.Minute)
	add("registration", booking.NoticeRegistration, code, newcomer, ends(24*time.Hour))
	add("registration_taken", booking.NoticeRegistrationTaken, booking.MailCause{}, newcomer)
	add("registration_approved", booking.NoticeRegistrationApproved, booking.MailCause{})
	add("registration_refused", booking.NoticeRegistrationRefused, booking.MailCause{}, newcomer)
	return list
}
