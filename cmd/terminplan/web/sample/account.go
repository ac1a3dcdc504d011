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
