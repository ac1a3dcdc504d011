// Package demo fills an empty database with a studio in use: class types, rooms,
// instructors, two weeks of classes around today, forty members with credits, and staff of
// each role.
//
// After the creation of the studio, all data comes from operations of the engine, so every
// state of the demo can really occur. The passwords are public, so main serves the demo on
// loopback only. The demo is complete or absent: after an interrupted run the next one
// starts again (see booking.MakeDemo).
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
)

// Password is the password of all people in the demo.
const Password = "terminplan"

// Phone and Desk are the accounts whose screens the page /demo shows.
var (
	Phone = email("Lena", "Müller")
	Desk  = "empfang@studio-nord.example"
)

// Accounts are the accounts that the login page names, one per role.
var Accounts = []struct{ Email, German, English string }{
	{email("Lena", "Müller"), "Mitglied mit Guthaben", "Member with credits"},
	{email("Jon", "Okafor"), "Mitglied", "Member"},
	{email("Emil", "Ohnegeld"), "Mitglied ohne Guthaben", "Member without credits"},
	{"empfang@studio-nord.example", "Empfang", "Front desk"},
	{"trainer@studio-nord.example", "Trainer", "Instructor"},
	{"leitung@studio-nord.example", "Leitung", "Manager"},
	{"inhaber@studio-nord.example", "Inhaberin", "Owner"},
}

// Fill creates and fills the demo studio in a database that is empty or has an unfinished
// demo. It does nothing if the database has a complete studio. The pool should come from
// booking.ConnectPatiently.
func Fill(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return fmt.Errorf("looking up the demo's time zone: %w", err)
	}
	password, err := booking.HashPassword(Password)
	if err != nil {
		return err
	}
	setup := booking.NewStudio{
		Name: "Studio Nord", Zone: zone, Language: "de",
		Owner: booking.NewPerson{GivenName: "Olga", FamilyName: "Nordmann", Email: "inhaber@studio-nord.example", PasswordHash: password},
	}
	return booking.MakeDemo(ctx, pool, setup, log, func(ctx context.Context, engine *booking.Engine) error {
		owner, err := engine.Owner(ctx)
		if err != nil {
			return err
		}
		d := &demo{
			Engine: engine, owner: owner, password: password, now: time.Now().In(zone),
			types: map[string]int64{}, rooms: map[string]int64{}, instructors: map[string]int64{},
		}
		for _, step := range []struct {
			what string
			do   func(context.Context) error
		}{
			{"adding rooms and class types", d.addPlaces},
			{"adding people", d.addPeople},
			{"adding classes", d.addClasses},
			{"adding a series", d.addSeries},
			{"switching the board on", d.addBoard},
			{"adding packs", d.addPacks},
		} {
			if err := step.do(ctx); err != nil {
				return fmt.Errorf("%s: %w", step.what, err)
			}
		}
		return nil
	})
}

type demo struct {
	*booking.Engine
	owner                     booking.Actor
	password                  booking.PasswordHash // one hash for all: hashing once per person would take most of the time
	now                       time.Time
	types, rooms, instructors map[string]int64
	members                   []booking.Actor
}

func (d *demo) addPlaces(ctx context.Context) (err error) {
	for _, t := range []booking.ClassType{
		{Name: "Yoga", Hue: "teal", Glyph: "lotus", Description: "Ruhig fließende Stunden für Kraft und Beweglichkeit."},
		{Name: "Rücken", Hue: "sky", Glyph: "spine", Description: "Kräftigung für einen Rücken, der lange sitzt."},
		{Name: "Cycling", Hue: "ember", Glyph: "bike", Description: "Ausdauer auf dem Rad, mit Musik."},
		{Name: "Pilates", Hue: "plum", Glyph: "ball", Description: "Körpermitte und Haltung, auf der Matte und am Reformer."},
		{Name: "Kraft", Hue: "slate", Glyph: "dumbbell", Description: "Mobilität, Kraft und Boxen."},
	} {
		if d.types[t.Name], err = d.SaveClassType(ctx, d.owner, booking.ClassTypeSettings{ClassType: t, Active: true}); err != nil {
			return err
		}
	}
	for _, name := range []string{"Saal 1", "Saal 2", "Studio"} {
		if d.rooms[name], err = d.SaveRoom(ctx, d.owner, booking.LocationSettings{Name: name, Active: true}); err != nil {
			return err
		}
	}
	return nil
}

const names = `Lena Müller, Jon Okafor, Emil Ohnegeld, Ana Petrović, Maximilian Weber-Hohenstein, Tim Weber, Karl Müller, Ina Mülders,
Eva Schmidt, Aylin Yıldız,
Björn Åkesson, Clara Fischer, David Schäfer, Elif Demir, Finn Petersen, Greta Lang, Hannah Voß, Ida Krüger, Jakob Bauer, Katja Wolf,
Leon Hartmann, Mia Zimmermann, Noah Braun, Olivia Schröder, Paul Neumann, Quirin Huber, Rosa Jiménez, Samuel Klein,
Tara Singh, Uwe Franke,
Vera Lindner, Wanda Kowalska, Xaver Maier, Yusuf Kaya, Zoe Richter, Anton Beck, Bea Sommer, Chiara Rossi, Dennis König, Emma Łukasik`

func (d *demo) addPeople(ctx context.Context) error {
	for _, s := range []booking.NewPerson{
		{Role: booking.RoleManager, GivenName: "Mara", FamilyName: "Lorenz", Email: "leitung@studio-nord.example"},
		{Role: booking.RoleFrontDesk, GivenName: "Tina", FamilyName: "Tresen", Email: "empfang@studio-nord.example"},
		{Role: booking.RoleInstructor, GivenName: "Lena", FamilyName: "Aydın", Email: "trainer@studio-nord.example"},
		{Role: booking.RoleInstructor, GivenName: "Tom", FamilyName: "Berger", Email: "tom@studio-nord.example"},
		{Role: booking.RoleInstructor, GivenName: "Jo", FamilyName: "Winter", Email: "jo@studio-nord.example"},
		{Role: booking.RoleInstructor, GivenName: "Ina", FamilyName: "Sand", Email: "ina@studio-nord.example"},
	} {
		s.PasswordHash = d.password
		id, err := d.AddMember(ctx, d.owner, s)
		if err != nil {
			return err
		}
		d.instructors[s.GivenName] = id
	}
	list := strings.Split(names, ",")
	d.members = make([]booking.Actor, len(list))
	var people errgroup.Group
	for i, name := range list {
		people.Go(func() (err error) {
			d.members[i], err = d.addMember(ctx, i, strings.TrimSpace(name))
			return err
		})
	}
	return people.Wait()
}

func (d *demo) addMember(ctx context.Context, i int, name string) (booking.Actor, error) {
	given, family, _ := strings.Cut(name, " ")
	m := booking.NewPerson{
		Role: booking.RoleMember, GivenName: given, FamilyName: family, Email: email(given, family), PasswordHash: d.password,
		Phone: fmt.Sprintf("030 555 %04d", 1000+i*7), Number: fmt.Sprint(10400 + i),
	}
	id, err := d.AddMember(ctx, d.owner, m)
	a := booking.Actor{ID: id, Role: booking.RoleMember, Name: name, Email: m.Email, Language: "de"}
	if err != nil || family == "Ohnegeld" {
		return a, err
	}
	grant := booking.GrantRequest{PersonID: id, Name: "10er-Karte", Quantity: 10, ExpiresAt: d.midnight(60 + i)}
	if i > 2 { // these members fill the classes and need many credits
		grant.Name, grant.Quantity = "Monatskarte", 40
	}
	if _, err = d.GrantCredits(ctx, d.owner, grant); err != nil {
		return a, err
	}
	if i%5 == 0 { // some credits expire soon, so that the demo shows the warning
		_, err = d.GrantCredits(ctx, d.owner, booking.GrantRequest{PersonID: id, Name: "Bonus", Quantity: 2, ExpiresAt: d.midnight(6)})
	}
	return a, err
}

// midnight returns the end of the day that is this many days from now, in the studio's
// zone.
func (d *demo) midnight(days int) time.Time {
	zone := d.now.Location()
	return booking.WallTime(booking.CalendarDay(d.now, zone).AddDate(0, 0, days+1), 0, 0, zone).Add(-time.Second)
}

// lesson is a class of the demo's week; taken is the number of its bookings.
type lesson struct {
	clock              string
	minutes            int
	title, kind        string
	room, instructor   string
	capacity, taken    int
	waiting            int
	cost               int
	offline, cancelled bool
	mode               booking.WaitlistMode
	relaxed            bool // cancelling is free until half an hour before the start
}

var weekdays = []lesson{
	{
		clock: "07:00", minutes: 45, title: "Mobility", kind: "Kraft", room: "Saal 1", instructor: "Tom",
		capacity: 15, taken: 4, cost: 1,
	},
	{
		clock: "09:30", minutes: 60, title: "Hatha Yoga", kind: "Yoga", room: "Saal 1", instructor: "Lena",
		capacity: 12, taken: 6, cost: 1, relaxed: true,
	},
	{
		clock: "12:15", minutes: 30, title: "Aktive Pause", kind: "Rücken", room: "Saal 2", instructor: "Ina",
		capacity: 10, taken: 2, cost: 0,
	},
	{
		clock: "17:00", minutes: 60, title: "Rücken Fit", kind: "Rücken", room: "Saal 2", instructor: "Tom",
		capacity: 12, taken: 9, cost: 1,
	},
	{
		clock: "18:00", minutes: 60, title: "Yoga Flow", kind: "Yoga", room: "Saal 1", instructor: "Lena",
		capacity: 12, taken: 10, cost: 1, relaxed: true,
	},
	{
		clock: "18:30", minutes: 45, title: "Spinning", kind: "Cycling", room: "Studio", instructor: "Jo",
		capacity: 8, taken: 8, waiting: 3, cost: 1, mode: booking.ModeNotifyAll,
	},
	{
		clock: "19:00", minutes: 50, title: "Pilates Reformer", kind: "Pilates", room: "Saal 2", instructor: "Ina",
		capacity: 6, taken: 6, waiting: 2, cost: 2,
	},
	{
		clock: "19:30", minutes: 60, title: "Kraftzirkel", kind: "Kraft", room: "Saal 1", instructor: "Tom",
		capacity: 15, taken: 4, cost: 1, mode: booking.ModeAuto, relaxed: true,
	},
	{
		clock: "20:30", minutes: 75, title: "Boxen", kind: "Kraft", room: "Studio", instructor: "Jo",
		capacity: 10, taken: 5, cost: 1, relaxed: true,
	},
}

var weekends = []lesson{
	{
		clock: "10:00", minutes: 75, title: "Yoga für alle", kind: "Yoga", room: "Saal 1", instructor: "Lena",
		capacity: 20, taken: 11, cost: 0,
	},
	{
		clock: "11:30", minutes: 60, title: "Rücken Fit", kind: "Rücken", room: "Saal 2", instructor: "Tom",
		capacity: 12, taken: 10, cost: 1,
	},
	{
		clock: "14:00", minutes: 90, title: "Personal Training", kind: "Kraft", room: "Studio", instructor: "Jo",
		capacity: 2, taken: 1, cost: 3, offline: true,
	},
	{
		clock: "16:00", minutes: 60, title: "Pilates", kind: "Pilates", room: "Saal 2", instructor: "Ina",
		capacity: 10, taken: 10, waiting: 1, cost: 1,
	},
}

// addClasses creates classes from two days ago to eleven days ahead.
func (d *demo) addClasses(ctx context.Context) error {
	turn := 0
	for day := -2; day < 12; day++ {
		date := d.now.AddDate(0, 0, day)
		lessons := weekdays
		if wd := date.Weekday(); wd == time.Saturday || wd == time.Sunday {
			lessons = weekends
		}
		for i, l := range lessons {
			l.cancelled = day == 1 && i == len(lessons)-1
			turn += 7
			if err := d.addClass(ctx, date, l, turn); err != nil {
				return fmt.Errorf("%s on %s: %w", l.title, date.Format(time.DateOnly), err)
			}
		}
	}
	return nil
}

// addSeries creates a series on Tuesdays and Thursdays of the next eight weeks, and
// switches recurring bookings, the minutes for undoing and registration on.
func (d *demo) addSeries(ctx context.Context) error {
	studio, err := d.Studio(ctx)
	if err != nil {
		return err
	}
	studio.Recurring, studio.UndoFor, studio.Registration = true, 5*time.Minute, booking.RegistrationOpen
	if err := d.EditStudio(ctx, d.owner, studio, ""); err != nil {
		return err
	}
	first := booking.CalendarDay(d.now, d.now.Location()).AddDate(0, 0, 1)
	start := booking.WallTime(first, 6, 15, d.now.Location())
	_, err = d.CreateSeries(ctx, d.owner, booking.SeriesRequest{
		Class: booking.ClassRequest{
			Title: "Frühyoga", TypeID: d.types["Yoga"], RoomID: d.rooms["Saal 1"], InstructorID: d.instructors["Lena"],
			StartsAt: start, EndsAt: start.Add(45 * time.Minute),
			Rules: booking.Rules{
				Online: true, Cost: 1, Capacity: 10, FreeCancel: 12 * time.Hour,
				WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
			},
		},
		Pattern: booking.Pattern{First: first, Last: first.AddDate(0, 0, 56), EveryWeeks: 1, Weekdays: []int{2, 4}},
	})
	return err
}

func (d *demo) addBoard(ctx context.Context) error {
	studio, err := d.Studio(ctx)
	if err != nil {
		return err
	}
	studio.Board.On = true
	_, err = d.EditBoard(ctx, d.owner, studio.Board)
	return err
}

func (d *demo) addPacks(ctx context.Context) error {
	for i, p := range []booking.Pack{
		{Name: "10er-Karte", Quantity: 10, ValidMonths: 12},
		{Name: "Monatskarte", Quantity: 12, ValidMonths: 1},
		{Name: "Probestunde", Quantity: 1, ValidDays: 30},
	} {
		p.Position, p.Active = i, true
		if _, err := d.SavePack(ctx, d.owner, p); err != nil {
			return err
		}
	}
	studio, err := d.Studio(ctx)
	if err != nil {
		return err
	}
	studio.ContactEmail, studio.ContactPhone = "hallo@studio-nord.example", "030 901820"
	return d.EditStudio(ctx, d.owner, studio, "")
}

func (d *demo) addClass(ctx context.Context, date time.Time, l lesson, turn int) error {
	at, err := time.Parse("15:04", l.clock)
	if err != nil {
		return err
	}
	start := booking.WallTime(date, at.Hour(), at.Minute(), date.Location())
	free := 24 * time.Hour
	if l.relaxed {
		free = 30 * time.Minute
	}
	mode := l.mode
	if mode == "" {
		mode = booking.ModeOffer
	}
	out, err := d.CreateClass(ctx, d.owner, booking.ClassRequest{
		Title: l.title, TypeID: d.types[l.kind], RoomID: d.rooms[l.room], InstructorID: d.instructors[l.instructor],
		StartsAt: start, EndsAt: start.Add(time.Duration(l.minutes) * time.Minute), ConfirmDate: true, // some have been
		Rules: booking.Rules{
			Online: !l.offline, Cost: l.cost, Capacity: l.capacity, FreeCancel: free,
			WaitlistMode: mode, WaitlistSize: booking.NoLimit, WaitlistCloses: 15 * time.Minute,
		},
	})
	if err != nil || start.Before(d.now) {
		return err
	}
	if err := d.fill(ctx, out.ClassID, l, turn); err != nil {
		return err
	}
	if l.cancelled {
		_, err = d.CancelClass(ctx, d.owner, booking.CancelClassRequest{ClassID: out.ClassID})
	}
	return err
}

// fill books members in turn and skips those that a rule denies a seat. It spares the first
// three members, so that the accounts of the login page have something to book.
func (d *demo) fill(ctx context.Context, classID int64, l lesson, turn int) error {
	next := d.inTurn(turn)
	booked := 0
	for booked < l.taken {
		members := next(l.taken - booked)
		if len(members) == 0 {
			break
		}
		// At once, so that the bookings share a transaction.
		granted := make([]bool, len(members))
		var clicks errgroup.Group
		for i, m := range members {
			clicks.Go(func() (err error) {
				granted[i], err = passedOver(d.seat(ctx, m, classID, l))
				return err
			})
		}
		if err := clicks.Wait(); err != nil {
			return err
		}
		for _, yes := range granted {
			if yes {
				booked++
			}
		}
	}
	for waiting := 0; waiting < l.waiting; {
		members := next(1)
		if len(members) == 0 {
			break
		}
		_, err := d.JoinWaitlist(ctx, members[0], booking.JoinRequest{ClassID: classID})
		yes, err := passedOver(err)
		if err != nil {
			return err
		}
		if yes {
			waiting++
		}
	}
	if booked < l.taken { // no member can book any more: the front desk adds guests
		guests := make([]booking.Guest, l.taken-booked)
		for i := range guests {
			guests[i] = booking.Guest{Name: []string{"Eva Gast", "Per Probe", "Nina Neu", "Otto Offen"}[i%4]}
		}
		_, err := d.AddParticipants(ctx, d.owner, booking.AddRequest{ClassID: classID, Guests: guests, ConfirmDuplicate: true})
		return err
	}
	return nil
}

// inTurn returns the members, each once, beginning with another one for each class.
func (d *demo) inTurn(turn int) func(n int) []booking.Actor {
	spare := len(Accounts) - 4
	pool := d.members[spare:]
	begin := turn % len(pool)
	list := slices.Concat(pool[begin:], pool[:begin])
	return func(n int) []booking.Actor {
		n = min(n, len(list))
		members := list[:n]
		list = list[n:]
		return members
	}
}

// seat books a member; staff does so in a class without online booking.
func (d *demo) seat(ctx context.Context, a booking.Actor, classID int64, l lesson) error {
	if !l.offline {
		_, err := d.Book(ctx, a, booking.BookRequest{ClassID: classID})
		return err
	}
	out, err := d.AddParticipants(ctx, d.owner, booking.AddRequest{ClassID: classID, MemberIDs: []int64{a.ID}})
	if err == nil && out.Added[0].Err != nil {
		err = out.Added[0].Err
	}
	return err
}

// passedOver reports whether the error is a refusal of one member rather than a failure.
func passedOver(err error) (granted bool, failure error) {
	switch booking.CodeOf(err) {
	case booking.NoCredits, booking.Overlap, booking.Closed, booking.WaitlistClosed, booking.SeatsFree:
		return false, nil
	}
	return err == nil, err
}

func email(given, family string) string {
	plain := strings.NewReplacer(
		" ", "-", "ü", "ue", "ö", "oe", "ä", "ae", "ß", "ss",
		"ć", "c", "ı", "i", "Å", "a", "é", "e", "Ł", "l", "ş", "s",
	).Replace(given + "." + family)
	return strings.ToLower(plain) + "@studio-nord.example"
}

// Extras returns members that the login page does not name, for generated traffic.
func Extras() []string { return Crowd()[:12] }

// Crowd returns all members that the login page does not name.
func Crowd() []string {
	var list []string
	for _, name := range strings.Split(names, ",")[len(Accounts)-4:] {
		given, family, _ := strings.Cut(strings.TrimSpace(name), " ")
		list = append(list, email(given, family))
	}
	return list
}
