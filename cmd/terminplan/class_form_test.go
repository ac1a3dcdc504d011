package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"terminplan/booking"
)

// nextMonday is the Monday of a week that is still ahead, so that no class of it is in the past.
func (p *program) nextMonday() time.Time {
	studio, err := p.Studio(context.Background())
	if err != nil {
		p.T.Fatal(err)
	}
	day := booking.CalendarDay(time.Now(), studio.Zone)
	return day.AddDate(0, 0, 8-int(day.Weekday()+6)%7-1)
}

// counts presses the keys of a text and counts them.
func (p *person) counts(keys *int, text string) {
	p.t.Helper()
	p.do("types "+text, chromedp.KeyEvent(text))
	*keys += len([]rune(text))
}

// A week of twelve classes, from a studio that has none, by the keyboard alone.
func TestTwelveClassesOfAWeekTakeAtMost250Keys(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	for _, room := range []string{"Saal 1", "Saal 2"} {
		if _, err := p.SaveRoom(context.Background(), p.Owner, booking.LocationSettings{Name: room, Active: true}); err != nil {
			t.Fatal(err)
		}
	}
	monday := p.nextMonday()
	boss := p.Staff(booking.RoleManager, "Mara Leitung")
	mara := p.seat(t, boss, desktop)
	mara.opens("/schedule?view=week&date=" + monday.Format(time.DateOnly))
	keys := 0
	mara.do("presses Q", input.DispatchKeyEvent(input.KeyDown).WithKey("q").WithCode("KeyQ").WithText("q"))
	keys++
	for i, line := range []string{
		"mo-fr 9 Yoga Flow 60 saal1", "di do 18 Yoga Flow", "mo mi 18 Pilates 50 saal2", "mo mi fr 7 Mobility 45 Mara",
	} {
		mara.sees(`document.activeElement.id === "quick-line" && document.activeElement.value === ""`)
		mara.counts(&keys, line)
		mara.sees(fmt.Sprintf(`document.querySelector("#quick-preview [name=understood]")?.value === %q`, line))
		if i == 0 {
			mara.reads("#quick-preview", "Yoga Flow Mo, Di, Mi, Do und Fr 09:00–10:00 Uhr · Saal 1 · 12 Plätze · jede Woche")
			mara.findsNoBarrier("the line that makes classes")
		}
		mara.counts(&keys, "\r")
		mara.sees(
			fmt.Sprintf(
				`document.querySelector("#quick-receipt")?.innerText.includes("angelegt") &&
					%q !== document.querySelector("#quick-line").value`,
				line,
			),
		)
		mara.waitsOutTheGuard() // nobody types a line within it
	}
	made := p.Int(`select count(*) from class where starts_at >= $1 and starts_at < $2`, monday, monday.AddDate(0, 0, 7))
	t.Logf("%d classes of a week by %d keys", made, keys)
	if made != 12 || keys > 250 {
		t.Errorf("%d classes by %d keys, want 12 by at most 250", made, keys)
	}
	if n := p.Int(`select count(*) from class where title = 'Yoga Flow' and room_id is null`); n != 0 {
		t.Errorf("%d classes of a title that was known have no room", n)
	}
	mara.sees(`document.querySelectorAll("[id^=class-][id$=-link]").length === 12`)

	// The form asks for the facts that a line lacks.
	mara.counts(&keys, "mi Zumba")
	mara.reads("#quick-preview", "Um wie viel Uhr?")
	mara.do("presses Enter", chromedp.KeyEvent("\r"), chromedp.WaitReady("#class-form"))
	mara.sees(`document.querySelector("#title").value === "Zumba" && document.querySelector("#weekday-3").checked`)
}

func TestTheClassFormFillsAndShowsWhatItWouldCreate(t *testing.T) {
	t.Parallel()
	p := startProgram(t)
	ctx := context.Background()
	save := func(name string, capacity, minutes int) int64 {
		t.Helper()
		id, err := p.SaveClassType(ctx, p.Owner, booking.ClassTypeSettings{
			ClassType: booking.ClassType{Name: name, Hue: "teal", Glyph: "lotus"}, Active: true, Capacity: &capacity, Minutes: &minutes,
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	yoga, box := save("Yoga", 8, 75), save("Boxen", 20, 45)
	var rooms []int64
	for _, room := range []string{"Saal 1", "Saal 2"} {
		id, err := p.SaveRoom(ctx, p.Owner, booking.LocationSettings{Name: room, Active: true})
		if err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, id)
	}
	studio, err := p.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	monday := p.nextMonday()
	taken := booking.WallTime(monday.AddDate(0, 0, 1), 17, 30, studio.Zone)
	if _, err := p.CreateClass(ctx, p.Owner, booking.ClassRequest{
		Title: "Kraftzirkel", RoomID: rooms[0], StartsAt: taken, EndsAt: taken.Add(45 * time.Minute),
		Rules: booking.Rules{Online: true, Cost: 1, Capacity: 2, WaitlistMode: booking.ModeOffer, WaitlistSize: booking.NoLimit},
	}); err != nil {
		t.Fatal(err)
	}
	p.Exec(`insert into holiday (day, name) values ($1, 'Feiertag')`, monday.AddDate(0, 0, 8))

	mara := p.seat(t, p.Staff(booking.RoleManager, "Mara Leitung"), desktop)
	mara.opens(fmt.Sprintf("/classes/new?date=%s&time=18:00", monday.Format(time.DateOnly)))
	mara.reads("#class-preview", "1 Termin")
	value := func(id, want string) {
		t.Helper()
		mara.sees(fmt.Sprintf(`document.getElementById(%q).value === %q`, id, want))
	}
	press := func(selector string) { // radios and ticks lie under what people see of them
		t.Helper()
		mara.do("presses "+selector, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).click()`, selector), nil))
	}
	write := func(selector, text string) {
		t.Helper()
		mara.do("writes "+text, chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).select()`, selector), nil),
			chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(text))
	}

	// A type fills the fields that nobody has changed.
	value("minutes", "19:00")
	press(fmt.Sprintf("#type-%d", yoga))
	value("capacity", "8")
	value("minutes", "19:15")
	value("title", "Yoga")
	write("#capacity", "11")
	mara.reads("#form-rules ~ #unlike", "wieder wie Yoga")
	press(fmt.Sprintf("#type-%d", box))
	value("title", "Boxen")
	value("minutes", "18:45")
	value("capacity", "11")
	press("#unlike")
	value("capacity", "20")
	mara.reads("#like", "wie Boxen")
	mara.reads("#class-preview .rows", "Boxen")

	// The end follows the start, and dates and times are read as people type them.
	write("#time", "1730")
	value("minutes", "18:15")
	write("#date", "di")
	press("#weekly")
	mara.sees(`document.activeElement.id === "date"`)
	mara.do("leaves the field", chromedp.Focus("#title", chromedp.ByQuery))
	value("time", "17:30")
	mara.sees(`/^Di\., \d+\.\d+\.\d{4}$/.test(document.querySelector("#date").value)`)
	write("#date", monday.AddDate(0, 0, 1).Format("2.1.2006"))
	mara.do("leaves the field", chromedp.Focus("#title", chromedp.ByQuery))
	write("#until", monday.AddDate(0, 0, 21).Format("2.1."))
	mara.do("chooses the room", chromedp.SetValue("#room", fmt.Sprint(rooms[0]), chromedp.ByQuery),
		chromedp.Evaluate(`document.querySelector("#room").dispatchEvent(new Event("change", {bubbles: true}))`, nil))

	// A conflict has two ways out.
	mara.reads("#class-conflict", "Di 17:30 ist Saal 1 belegt: Kraftzirkel bis 18:15 Uhr. 18:15 nehmen · Saal 2 nehmen")
	mara.reads("#class-count", "2 Termine · 1 Konflikt")
	mara.reads("#class-preview .dates", "2 Termine, dienstags bis")
	mara.findsNoBarrier("the class form with a conflict")
	mara.clicks("#take-time")
	value("time", "18:15")
	value("minutes", "19:00")
	mara.sees(`!document.querySelector("#class-conflict").innerText`)
	mara.sees(`document.activeElement.id === "time"`)

	// The days that arise: a holiday is left out until it is ticked, another one is removed.
	day := func(days int) string { return "#day-" + monday.AddDate(0, 0, days).Format(time.DateOnly) }
	mara.sees(fmt.Sprintf(`document.querySelector(%q).checked && !document.querySelector(%q).checked`, day(1), day(8)))
	press(day(8))
	mara.reads("#class-preview .dates", "3 Termine")
	press(day(1))
	mara.reads("#class-preview .dates", "2 Termine")
	mara.do(
		"presses Ctrl and Enter",
		chromedp.Evaluate(
			`document.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true, cancelable: true}))`,
			nil,
		),
		chromedp.WaitReady(`body:not(:has(#class-form)) h1`),
	)
	mara.reads("#main", "2 Kurse angelegt")
	var days []string
	for _, n := range []int{1, 8, 15} {
		from := booking.WallTime(monday.AddDate(0, 0, n), 18, 15, studio.Zone)
		days = append(days, fmt.Sprint(p.Int(`select count(*) from class where title = 'Boxen' and starts_at = $1`, from)))
	}
	if got := strings.Join(days, ""); got != "011" {
		t.Errorf("the days of the series: %s, want the second and the third", got)
	}
	mara.sees(`document.activeElement.id === location.hash.slice(1)`)
}
