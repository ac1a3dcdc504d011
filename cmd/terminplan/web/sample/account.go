package sample

import (
	"net/url"
	"strconv"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

func account(pr present.Presenter, add func(string, templates.Page)) {
	out := pr.Layout(present.Frame{Studio: studio, Actor: nobody, Path: "/login"})
	demo := &present.Demo{
		Password: "terminplan", Accounts: []present.DemoAccount{{Email: lena.Email, German: "Mitglied", English: "Member"}},
	}
	add("login", pr.Login(out, "/schedule", false, demo, present.Sent{}))
	add("login_ended", pr.Login(out, "/schedule", true, nil, present.Sent{}))
	blocked := pr.Login(out, "/schedule", false, nil, present.Sent{})
	blocked.NoCookies, blocked.PlanURL = true, present.PlanPath
	add("login_no_cookies", blocked)
	add("login_wrong", pr.Login(out, "/", false, nil, present.Sent{
		Values: url.Values{"email": {"lena@"}}, Refused: wrong("email", "missing", "password", "missing"),
	}))
	add("login_refused", pr.Login(out, "/", false, nil, present.Sent{
		Values: url.Values{"email": {lena.Email}}, Refused: refused(booking.WrongPassword),
	}))
	passkeys := pr.Login(out, "/schedule", false, nil, present.Sent{})
	passkeys.Passkeys = true
	add("login_passkey", passkeys)
	step := booking.SecondStep{Email: fred.Email, Passkeys: true, App: true}
	add("second_login", pr.SecondLogin(out, step, "/today", present.Sent{}))
	add("second_login_wrong", pr.SecondLogin(out, step, "/today", present.Sent{
		Refused: &booking.Error{Code: booking.WrongFactor, Field: "code"},
	}))
	add("second_login_recovery", pr.SecondLogin(out, booking.SecondStep{Email: fred.Email}, "/today", present.Sent{
		Refused: &booking.Error{Code: booking.WrongFactor, Field: "recovery_code"},
	}))
	add("second_login_refused", pr.SecondLogin(out, step, "/today", present.Sent{Refused: refused(booking.Throttled, "seconds", 60)}))
	factors(pr, out, add)
	add("invitation", pr.Invitation(out, "", nil))
	wrongForm := pr.Layout(present.Frame{Studio: studio, Path: "/invitation", Wrong: true})
	add("invitation_wrong", pr.Invitation(wrongForm, "ABCD", wrong("code", "missing", "password", "short")))
	add("invitation_refused", pr.Invitation(out, "ABCD", refused(booking.Throttled, "seconds", 60)))
	forgotten := func(name string, on, sent bool, given present.Sent) {
		l := out
		l.Wrong = given.Refused != nil && given.Refused.Field != ""
		add("reset_request"+name, pr.ResetRequest(l, on, sent, given))
	}
	forgotten("", true, false, present.Sent{})
	forgotten("_wrong", true, false, present.Sent{Values: url.Values{"email": {"lena@"}}, Refused: wrong("email", "email")})
	forgotten("_refused", true, false, present.Sent{
		Values: url.Values{"email": {lena.Email}}, Refused: refused(booking.Throttled, "seconds", 60),
	})
	forgotten("_sent", true, true, present.Sent{})
	forgotten("_no_mail", false, false, present.Sent{})
	add("reset", pr.Reset(out, lena.Email, nil))
	add("reset_wrong", pr.Reset(wrongForm, lena.Email, wrong("password", "common")))
	add("reset_refused", pr.Reset(out, lena.Email, refused(booking.Busy)))
	add("confirm_email", pr.ConfirmEmail(out, lena.Email, nil))
	add("confirm_email_refused", pr.ConfirmEmail(out, lena.Email, wrong("email", "taken")))
	add("link_gone", pr.LinkGone(out, booking.NoticeReset, true))
	add("link_gone_address", pr.LinkGone(out, booking.NoticeAddress, true))
	registered(pr, out, add)
	for _, status := range []int{400, 403, 404, 429, 500, 503} {
		l, code := out, map[int]booking.Code{
			400: booking.Invalid, 403: booking.Forbidden, 404: booking.NotFound, 429: booking.Throttled,
		}[status]
		if status == 403 {
			l = pr.Layout(of(fred, ""))
		}
		if status >= 500 {
			code = booking.Busy
		}
		add("error_"+strconv.Itoa(status), pr.Error(l, status, refused(code, "seconds", 5), "3f2a91c4d0"))
	}
	add("app", present.Guide(out))
	add("app_member", present.Guide(pr.Layout(ofMember("", ""))))
	add("offline", present.Offline(studio))
	add("signed_in", pr.SignedIn(pr.Layout(ofMember("", "")), lena, "/schedule"))
	feed := booking.CalendarSettings{Token: "1a-fJ3xq0uQh6Y2kOq8dYv5m1r7tTzSgk4wEoVbn9LcPiA"}
	address := "https://plan.studio-nord.example/calendar/" + feed.Token + ".ics"
	add("calendar", pr.CalendarPage(ofMember("profile", "view=person"), feed, address))
	feed.Waitlist = true
	add("calendar_staff", pr.CalendarPage(of(fred, "profile"), feed, address))
	sessions := []booking.OpenSession{
		{
			ID:         "aa",
			Device:     "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
			SignedInAt: at(23, 9, 0),
			UsedAt:     at(25, 10, 0),
		},
		{ID: "bb", Device: "", SignedInAt: at(20, 8, 0), UsedAt: at(24, 9, 0)},
	}
	devices := []booking.OwnDevice{
		{
			ID: 1, Name: sessions[0].Device, Session: "aa", CreatedAt: at(23, 9, 5), SeenAt: at(25, 10, 0),
			State: booking.DeliverySent, StateAt: at(24, 17, 3),
		},
		{
			ID: 2, Name: "Mozilla/5.0 (Linux; Android 16) Chrome/150.0", Session: "bb", CreatedAt: at(20, 8, 5), SeenAt: at(24, 9, 0),
			State: booking.DeliveryFailed, StateAt: at(24, 17, 3),
		},
	}
	add("profile", pr.Account(
		pr.Layout(ofMember("profile", "view=person")), present.AccountData{
			Actor: lena, Language: "de", Sessions: sessions, Devices: devices, PushOn: true, Current: "aa", MailOn: true,
		},
	))
	add("profile_data", pr.ProfileData(pr.Layout(ofMember("profile", "view=person")), ownData()))
	add("profile_refused", pr.Account(pr.Layout(ofMember("profile", "view=person")), present.AccountData{
		Actor: lena, Language: "en", Sessions: sessions[:1], Current: "aa",
		Sent: present.Sent{Values: url.Values{"form": {"change"}}, Refused: wrong("password", "missing", "new_password", "common")},
	}))
	add("profile_address_refused", pr.Account(pr.Layout(ofMember("profile", "view=person")), present.AccountData{
		Actor: lena, Sessions: sessions[:1], Current: "aa", MailOn: true,
		Sent: present.Sent{Values: url.Values{"form": {"address"}}, Refused: wrong("new_email", "your_address", "password", "missing")},
	}))
	add("profile_staff", pr.Account(pr.Layout(of(mara, "profile")), present.AccountData{Actor: mara, Sessions: sessions, Current: "aa"}))
	one := of(mara, "profile")
	one.Studio.Languages = []string{"de"}
	add("profile_one_language", pr.Account(pr.Layout(one), present.AccountData{Actor: mara}))
}

// ownData is a little of everything that is stored about a member.
func ownData() booking.PersonData {
	d := booking.PersonData{PersonID: lena.ID, At: now, Sections: []booking.DataSection{
		{
			Name: "person", Facts: []string{"id", "given_name", "family_name", "email", "has_password", "quiet_from", "created_at"},
			Rows: [][]any{{int64(1), "Lena", "Müller", lena.Email, true, int32(22 * 60), at(1, 9, 0)}},
		},
		{Name: "sessions", Facts: []string{"device"}},
	}}
	bookings := booking.DataSection{Name: "bookings", Facts: []string{"class", "starts_at", "state", "booked_by", "reason"}}
	for i := range 23 {
		bookings.Rows = append(bookings.Rows, []any{"Yoga Flow", at(1+i, 18, 0), "cancelled", "team", nil})
	}
	history := booking.DataSection{Name: "history", Facts: []string{"at", "verb", "done_by", "details"}, Rows: [][]any{
		{at(2, 9, 0), "edit_member", "team", map[string]any{"facts": "phone"}},
	}}
	d.Sections = append(d.Sections, bookings, history)
	return d
}

// registered adds the pages of a registration.
func registered(pr present.Presenter, out templates.Layout, add func(string, templates.Page)) {
	secret, none := "TMJSX4CDXKQ5TZY2VJ7GQK3WSE", present.Sent{}
	wrongForm := out
	wrongForm.Wrong = true
	offered := pr.Login(out, "/classes/42", false, nil, none)
	offered.RegisterURL = "/register?next=%2Fclasses%2F42"
	add("login_register", offered)
	add("register", pr.Register(out, false, "/classes/42", secret, none))
	add("register_approve", pr.Register(out, true, "", secret, none))
	add("register_wrong", pr.Register(wrongForm, false, "", secret, present.Sent{
		Values:  url.Values{"given_name": {"Nora"}, "family_name": {"Neu"}, "email": {"nora@"}, "phone": {"0171"}},
		Refused: wrong("given_name", "no_name", "family_name", "characters", "email", "email", "password", "common", "phone", "characters"),
	}))
	add("register_refused", pr.Register(out, false, "", secret, present.Sent{Refused: refused(booking.Throttled, "seconds", 60)}))
	const email = "nora.neu@example.org"
	add("register_code", pr.RegisterCode(out, email, booking.RegistrationSent, "/register", true, none))
	used := refused(booking.CodeUsedUp)
	used.Field = "code"
	add("register_code_wrong", pr.RegisterCode(wrongForm, email, booking.RegistrationSent, "/register", false, present.Sent{
		Values: url.Values{"code": {"123456"}}, Refused: used,
	}))
	add("register_code_refused", pr.RegisterCode(out, email, booking.RegistrationSent, "/register", false, present.Sent{
		Refused: refused(booking.RegisterClosed),
	}))
	add("register_waits", pr.RegisterCode(out, email, booking.RegistrationWaits, "/register", false, none))
	add("register_approved", pr.RegisterCode(out, email, booking.RegistrationApproved, "/register", false, none))
	add("registration", pr.Registration(out, booking.OpenedRegistration{Email: email, Here: true}, nil))
	add("registration_elsewhere", pr.Registration(out, booking.OpenedRegistration{Email: email}, nil))
	add("registration_wrong", pr.Registration(wrongForm, booking.OpenedRegistration{Email: email}, wrong("password", "missing")))
	add("registration_refused", pr.Registration(out, booking.OpenedRegistration{Email: email, Here: true}, refused(booking.RegisterClosed)))
	add("link_gone_registration", pr.LinkGone(out, booking.NoticeRegistration, true))
}

// pendingRegistrations are registrations that staff has to decide.
func pendingRegistrations() []booking.PendingRegistration {
	similar := booking.PersonName{ID: lena.ID, GivenName: "Lena", FamilyName: "Müller", Number: "1042"}
	return []booking.PendingRegistration{
		{
			Person:      booking.PersonName{ID: 71, GivenName: "Nora", FamilyName: "Neu", Guest: true, Email: "nora.neu@example.org"},
			ConfirmedAt: at(25, 13, 5),
		},
		{
			Person: booking.PersonName{
				ID: 72, GivenName: "Lena", FamilyName: "Müller", Guest: true, Email: "lena@example.org", Phone: "0171 234567",
			},
			ConfirmedAt: at(25, 13, 20),
			Similar:     []booking.SimilarMember{{PersonName: similar, Since: at(1, 9, 0), CanJoin: true}},
		},
	}
}
