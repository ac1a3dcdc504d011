package sample

import (
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// first are the pages of the first minute: the board in the lobby with its settings.
func first(pr present.Presenter, add func(string, templates.Page)) {
	board := func(name string, p present.Presenter, d present.BoardData) {
		d.Path, d.Link, d.Site = "/board/abc", "https://plan.example.org/", "plan.example.org"
		page, err := p.Board(d)
		if err != nil {
			panic(err) // the address fits a QR code
		}
		add(name, page)
	}
	lit := studio
	lit.Board = booking.Board{On: true, Secret: "abc", Daylight: true, Instructors: true, Waiting: true, Seconds: 20}
	var classes []booking.Class
	for _, r := range rows(pr) {
		classes = append(classes, r.class)
	}
	tomorrow := flow(func(c *booking.Class) {
		c.ID, c.StartsAt, c.EndsAt = 99, c.StartsAt.AddDate(0, 0, 1), c.EndsAt.AddDate(0, 0, 1)
	})
	board("board", pr, present.BoardData{Studio: lit, Classes: append(classes, tomorrow), Still: true})
	for _, counts := range []booking.SeatCounts{booking.CountsFew, booking.CountsHidden} {
		p := pr
		p.Counts = counts
		board("board_"+string(counts), p, present.BoardData{Studio: lit, Classes: classes})
	}
	board("board_empty", pr, present.BoardData{Studio: studio, Next: &tomorrow})

	soon := flow()
	one := studio
	one.Languages = []string{"de"}
	add("demo", pr.Demo(lit, &soon))
	add("demo_empty", pr.Demo(one, nil))
	mailbox := present.Frame{Studio: studio, Path: "/demo/mail"}
	got := present.DemoMail{
		DemoMail: booking.DemoMail{ID: 7, Recipient: lena.Email, At: now}, Subject: "Platz frei: Yoga Flow, Fr 27. Nov. 18:00",
		Text: "Ein Platz ist frei für dich\n", Headers: "Subject: Platz frei\nAuto-Submitted: auto-generated",
	}
	add("demo_mails", pr.DemoMails(mailbox, []present.DemoMail{got, got}))
	add("demo_mails_empty", pr.DemoMails(mailbox, nil))
	add("demo_mail", pr.DemoMail(mailbox, got))

	start := func(name string, state booking.StartPage, steps booking.FirstSteps, week []booking.Class, sent present.Sent) {
		f := of(mara, "")
		f.Studio.Start = state
		p, err := forStaff(pr).Start(f, present.StartData{
			Steps: steps, Week: week, From: at(25, 0, 0), Link: "https://plan.example.org/", Sent: sent,
		})
		if err != nil {
			panic(err)
		}
		add(name, p)
	}
	start("start", booking.StartOpen, booking.FirstSteps{}, nil, present.Sent{})
	start("start_wrong", booking.StartLeft, booking.FirstSteps{}, nil, present.Sent{
		Values: url.Values{"template": {"zoo"}}, Refused: wrong("template", "choice"),
	})
	start("start_types", booking.StartOpen, booking.FirstSteps{Types: 1, Rooms: 1}, nil, present.Sent{})
	start("start_planned", booking.StartOpen, booking.FirstSteps{Types: 5, Rooms: 2, Classes: 72, Offline: 72}, classes, present.Sent{})
	done := booking.FirstSteps{Types: 5, Rooms: 2, Classes: 72, Team: 2, Members: 14}
	start("start_done", booking.StartOpen, done, classes, present.Sent{})

	settings := func(name string, st booking.Studio, sent present.Sent) {
		f := of(mara, "")
		f.Studio = st
		p, err := forStaff(pr).BoardSettings(f, present.SettingsData{}, "https://plan.example.org/board/abc", sent)
		if err != nil {
			panic(err)
		}
		add(name, p)
	}
	channels := func(name string, c present.Channels) {
		add(name, forStaff(pr).ChannelsPage(of(mara, ""), present.SettingsData{}, c))
	}
	channels("settings_channels", present.Channels{MailOn: true, PushOn: true, Health: []booking.ChannelHealth{
		{
			Channel: booking.ChannelMail,
			ReadAt:  now,
		}, {Channel: booking.ChannelPush, Waiting: 3, OldestDue: now.Add(-time.Hour), ReadAt: now},
	}})
	channels("settings_channels_off", present.Channels{Health: []booking.ChannelHealth{
		{
			Channel:   booking.ChannelMail,
			Waiting:   7,
			OldestDue: now.Add(-time.Hour),
			ReadAt:    now,
		}, {Channel: booking.ChannelPush, ReadAt: now},
	}})
	channels("settings_channels_failing", present.Channels{MailOn: true, PushOn: true, Health: []booking.ChannelHealth{
		{
			Channel: booking.ChannelMail, Waiting: 12, OldestDue: now.Add(-time.Hour), FailingSince: now.Add(-time.Hour), ReadAt: now,
			Why: "connecting to the mail server: dial tcp 192.0.2.1:587: connect: connection refused",
		},
		{Channel: booking.ChannelPush, ReadAt: now},
	}})
	settings("settings_board_off", studio, present.Sent{})
	settings("settings_board", lit, present.Sent{})
	settings("settings_board_wrong", lit, present.Sent{
		Values: url.Values{"form": {"shown"}, "board_seconds": {"1"}}, Refused: wrong("board_seconds", "range"),
	})
}
