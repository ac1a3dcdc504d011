package booking_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
	"terminplan/booking/spreadsheet"
)

// startOf is the start of a class as a file writes it.
func startOf(t *testing.T, env *bookingtest.Env, class int64) string {
	t.Helper()
	studio, err := env.Studio(ctx)
	if err != nil {
		t.Fatal(err)
	}
	list, err := env.Classes(ctx, []int64{class})
	if err != nil {
		t.Fatal(err)
	}
	return list[0].StartsAt.In(studio.Zone).Format("02.01.2006 15:04")
}

// fileImport saves a file whose headers are the names of fields, and checks it.
func fileImport(t *testing.T, env *bookingtest.Env, kind booking.ImportKind, fields string, rows ...[]string) booking.Import {
	t.Helper()
	table := spreadsheet.Table{Headers: strings.Fields(fields)}
	columns := map[string]int{}
	for i, field := range table.Headers {
		columns[field] = i
	}
	for i, cells := range rows {
		table.Rows = append(table.Rows, spreadsheet.Row{Line: i + 2, Cells: cells})
	}
	im, err := env.CreateImport(ctx, env.Owner, booking.NewImport{Kind: kind, Table: table})
	if err == nil {
		im, err = env.MapImport(ctx, env.Owner, im.ID, columns, false)
	}
	if err == nil {
		im, err = env.CheckImport(ctx, env.Owner, im.ID)
	}
	if err != nil || im.State != booking.ImportChecked {
		t.Fatalf("the dry run ends as %s (%s): %v", im.State, im.Why, err)
	}
	return im
}

const bookingFields = "member_email member_name title starts_at guest cost paid"

func TestBookingsAreImportedOnceAndNobodyIsWrittenTo(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	anna, ben, cleo := o.Member("Anna Alt", 0), o.Member("Ben Alt", 0), o.Member("Cleo Voll", 0)
	for range 2 {
		o.Member("Max Muster", 0)
	}
	gone := o.Member("Gerd Gesperrt", 0)
	if _, err := o.Suspend(ctx, o.Owner, gone.ID); err != nil {
		t.Fatal(err)
	}
	class := o.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.Online = 4, false })
	at := startOf(t, o.Env, class)
	o.relay()
	before := o.Int(`select (select count(*) from delivery) + (select count(*) from alert)`)
	rows := [][]string{
		{anna.Email, "", "yoga flow", at, "", "", ""},
		{anna.Email, "", "Yoga Flow", at, "", "", ""},
		{ben.Email, "Ben Alt", "Yoga Flow", at, "nein", "", ""},
		{"", "Max Muster", "Yoga Flow", at, "", "", ""},
		{"nobody@example.org", "", "Yoga Flow", at, "", "", ""},
		{ben.Email, "", "Pilates", at, "", "", ""},
		{ben.Email, "", "Yoga Flow", "01.02.2020 18:00", "", "", ""},
		{gone.Email, "", "Yoga Flow", at, "", "", ""},
		{"eva@example.org", "Eva Gast", "Yoga Flow", at, "ja", "3", ""},
		{"", "", "Yoga Flow", at, "ja", "", ""},
		{o.Owner.Email, "", "Yoga Flow", at, "", "", ""}, // the person who imports
		{cleo.Email, "", "Yoga Flow", at, "", "", ""},
	}
	im := fileImport(t, o.Env, booking.ImportBookings, bookingFields, rows...)
	said, err := o.ImportRows(ctx, o.Owner, im.ID, "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, booking.ImportedTable{Rows: said}, "new", "same", "new", "wrong member_name:ambiguous",
		"wrong member_email:unknown_member",
		"wrong title:unknown_class", "wrong starts_at:past", "wrong member_name:suspended", "new", "wrong member_name:missing", "new",
		"wrong title:full")
	if n := o.Int(`select count(*) from booking`); n != 0 {
		t.Errorf("the dry run made %d bookings", n)
	}
	if im, err = o.RunImport(ctx, o.Owner, im.ID); err != nil || im.State != booking.ImportDone {
		t.Fatalf("the run ends as %s (%s): %v", im.State, im.Why, err)
	}
	if n := o.Int(`select count(*) from booking where state = 'booked' and class_id = $1`, class); n != 4 {
		t.Errorf("the class has %d bookings, want 4", n)
	}
	o.sweepAndRelay()
	if n := o.Int(`select (select count(*) from delivery) + (select count(*) from alert)`) - before; n != 0 {
		t.Errorf("the import wrote %d messages", n)
	}
	mustCancel(t, o.Env, anna, o.bookingOf(anna, class))
	again := fileImport(t, o.Env, booking.ImportBookings, bookingFields, rows...)
	said, err = o.ImportRows(ctx, o.Owner, again.ID, booking.VerdictSame, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, booking.ImportedTable{Rows: said}, "same title:ended_since", "same title:ended_since", "same", "same", "same")
	if again.Counts[booking.VerdictNew] != 1 { // Cleo has the seat of Anna
		t.Errorf("the second time the dry run says %v", again.Counts)
	}
}

func (o outbox) sweepAndRelay() {
	o.t.Helper()
	if err := o.Sweep(ctx); err != nil {
		o.t.Fatal(err)
	}
	o.relay()
}

func (o outbox) bookingOf(a booking.Actor, class int64) int64 {
	return int64(o.Int(`select id from booking where person_id = $1 and class_id = $2 and state = 'booked'`, a.ID, class))
}

func TestImportedBookingsSpendCreditsInTheirOrderUnlessTheyWerePaidAlready(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 5), env.Member("Ben Alt", 1)
	_, err := env.GrantCredits(ctx, env.Owner, booking.GrantRequest{
		PersonID: anna.ID, Name: "Bald", Quantity: 2, ExpiresAt: time.Now().AddDate(0, 0, 20),
	})
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	var classes []int64
	for day := range 3 {
		class := env.Class(func(r *booking.ClassRequest) {
			r.StartsAt, r.EndsAt, r.Rules.Cost = r.StartsAt.AddDate(0, 0, day), r.EndsAt.AddDate(0, 0, day), 9
		})
		classes, at = append(classes, class), append(at, startOf(t, env, class))
	}
	wantVerdicts(t, importTable(t, env, booking.ImportBookings, false, bookingFields,
		[]string{anna.Email, "", "Yoga Flow", at[0], "", "3", ""},
		[]string{ben.Email, "", "Yoga Flow", at[0], "", "2", "nein"},
		[]string{ben.Email, "", "Yoga Flow", at[1], "", "", ""},
		[]string{anna.Email, "", "Yoga Flow", at[2], "", "4", "ja"}),
		"new", "wrong cost:no_credits", "new", "new")
	left := func(name string) int {
		return env.Int(`select remaining from account where person_id = $1 and name = $2 and not imported`, anna.ID, name)
	}
	if soon, later := left("Bald"), left("10er-Karte"); soon != 0 || later != 4 {
		t.Errorf("%d of the credits that expire first are left and %d of the others", soon, later)
	}
	paid := int64(env.Int(`select id from booking where person_id = $1 and class_id = $2`, anna.ID, classes[2]))
	if out := mustCancel(t, env, anna, paid); out.Refunded != 4 || out.Balance != 8 {
		t.Errorf("the booking that was paid elsewhere gives %d credits back, then there are %d", out.Refunded, out.Balance)
	}
	if n := env.Int(`select cost from booking where person_id = $1`, ben.ID); n != 0 {
		t.Errorf("a row without a price cost %d", n)
	}
}

// The run sees what has happened since the dry run, and nothing is lost.
func TestARunAfterTheLastSeatWasTakenIsRefused(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 1), env.Member("Ben Alt", 0)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	im := fileImport(t, env, booking.ImportBookings, bookingFields, []string{
		ben.Email, "", "Yoga Flow", startOf(t, env, class), "", "",
		"",
	})
	if im.Counts[booking.VerdictNew] != 1 {
		t.Fatalf("the dry run says %v", im.Counts)
	}
	seat := mustBook(t, env, anna, class)
	id := im.ID
	im, err := env.RunImport(ctx, env.Owner, id)
	if booking.CodeOf(err) != booking.ImportChanged || im.Counts[booking.VerdictWrong] != 1 {
		t.Fatalf("the run: %v, %v", err, im.Counts)
	}
	mustCancel(t, env, anna, seat.BookingID)
	if _, err = env.RunImport(ctx, env.Owner, id); booking.CodeOf(err) != booking.ImportNothing {
		t.Fatalf("a run with nothing to do: %v", err)
	}
	if _, err = env.CheckImport(ctx, env.Owner, id); err == nil {
		im, err = env.RunImport(ctx, env.Owner, id)
	}
	if err != nil || im.State != booking.ImportDone {
		t.Errorf("the run ends as %s, %v", im.State, err)
	}
}

func TestAMemberWhoBooksDuringARunWaitsForIt(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	env := o.Env
	anna, ben := env.Member("Anna Alt", 1), env.Member("Ben Alt", 0)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	fields := strings.Fields(bookingFields)
	row := []string{ben.Email, "", "Yoga Flow", startOf(t, env, class), "", "", ""}
	booked := make(chan error, 1)
	taken, err := env.ImportSeat(ctx, env.Owner, class, fields, row, true, func() {
		go func() {
			_, err := book(env, anna, class)
			booked <- err
		}()
		o.awaitLocks(1, nil)
	})
	if err != nil || taken != 1 {
		t.Fatalf("%d seats are taken, %v", taken, err)
	}
	if err := <-booked; booking.CodeOf(err) != booking.Full {
		t.Errorf("the member who waited: %v", err)
	}
}

// The twin of the test above: it is the locks that keep the seat from being sold twice.
func TestWithoutTheLocksOfARunASeatWouldBeSoldTwice(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben := env.Member("Anna Alt", 1), env.Member("Ben Alt", 0)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	row := []string{ben.Email, "", "Yoga Flow", startOf(t, env, class), "", "", ""}
	taken, err := env.ImportSeat(ctx, env.Owner, class, strings.Fields(bookingFields), row, false, func() { mustBook(t, env, anna, class) })
	if err != nil || taken != 2 {
		t.Errorf("%d people have the one seat, %v", taken, err)
	}
}

// Every seat of every class is taken exactly once, by a member or by the import.
func TestAnImportAndMembersTakeSeatsOfTheSameClassesAtTheSameTime(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	const seats = 5
	own, others := env.Members(3*seats, 3), env.Members(3*seats, 0)
	var classes []int64
	var rows [][]string
	for day := range 3 {
		class := env.Class(func(r *booking.ClassRequest) {
			r.StartsAt, r.EndsAt, r.Rules.Capacity = r.StartsAt.AddDate(0, 0, day), r.EndsAt.AddDate(0, 0, day), seats
		})
		classes = append(classes, class)
		for _, m := range others[:seats-1] {
			rows = append(rows, []string{m.Email, "", "Yoga Flow", startOf(t, env, class), "", "", ""})
		}
	}
	var everybody sync.WaitGroup
	for _, m := range own {
		everybody.Go(func() {
			for _, class := range classes {
				if _, err := book(env, m, class); err != nil && booking.CodeOf(err) != booking.Full {
					t.Errorf("%s books: %v", m.Name, err)
				}
			}
		})
	}
	im := fileImport(t, env, booking.ImportBookings, bookingFields, rows...)
	id := im.ID
	for im.State != booking.ImportDone && im.Counts[booking.VerdictNew] > 0 {
		var err error
		if im, err = env.RunImport(ctx, env.Owner, id); err != nil && booking.CodeOf(err) != booking.ImportChanged {
			t.Fatalf("the run ends as %s (%s): %v", im.State, im.Why, err)
		}
	}
	everybody.Wait()
	for _, class := range classes {
		if n := env.Int(`select count(*) from booking where class_id = $1 and state = 'booked'`, class); n != seats {
			t.Errorf("a class of %d seats has %d bookings", seats, n)
		}
	}
	made := 0
	if im.State == booking.ImportDone {
		made = im.Counts[booking.VerdictNew]
	}
	if n := env.Int(`select count(*) from imported where kind = 'bookings'`); n != made {
		t.Errorf("%d bookings were imported, the verdicts say %d", n, made)
	}
}

// A studio that imports the lists of another one has the same bookings, waitlists and credits.
func TestAnotherStudioHasTheSameSeatsAndCreditsAfterExportAndImport(t *testing.T) {
	t.Parallel()
	from, to := bookingtest.New(t), bookingtest.New(t)
	anna, ben, cleo, dora := from.Member("Anna Alt", 5), from.Member("Ben Alt", 1), from.Member("Cleo Voll", 2),
		from.Member("Dora Warten", 3)
	start := time.Now().Add(96 * time.Hour).Truncate(time.Minute)
	for _, env := range []*bookingtest.Env{from, to} {
		env.Class(func(r *booking.ClassRequest) { r.StartsAt, r.EndsAt = start, start.Add(time.Hour) })
	}
	class := int64(from.Int(`select id from class`))
	mustBook(t, from, anna, class)
	mustBook(t, from, ben, class)
	for _, m := range []booking.Actor{cleo, dora} {
		if _, err := from.JoinWaitlist(ctx, m, booking.JoinRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []booking.ImportKind{booking.ImportMembers, booking.ImportPacks, booking.ImportBookings, booking.ImportWaitlist} {
		table := exported(t, from, from.Owner, booking.ExportList(kind), "de")
		for i := range table.Rows {
			table.Rows[i].Line = i + 2
		}
		for range 2 {
			im, err := to.CreateImport(ctx, to.Owner, booking.NewImport{Kind: kind, Table: table})
			if err == nil {
				im, err = to.CheckImport(ctx, to.Owner, im.ID)
			}
			if err != nil || im.State != booking.ImportChecked || im.Counts[booking.VerdictWrong] > 0 {
				t.Fatalf("%s: %s (%s), %v, %v", kind, im.State, im.Why, im.Counts, err)
			}
			if im, err = to.RunImport(ctx, to.Owner, im.ID); booking.CodeOf(err) == booking.ImportNothing {
				continue // the second time
			}
			if err != nil || im.State != booking.ImportDone {
				t.Fatalf("%s: %s (%s), %v", kind, im.State, im.Why, err)
			}
		}
	}
	for _, list := range []booking.ImportKind{booking.ImportBookings, booking.ImportWaitlist, booking.ImportPacks} {
		was, is := exported(t, from, from.Owner, booking.ExportList(list), "en"), exported(t, to, to.Owner, booking.ExportList(list), "en")
		cells := func(table spreadsheet.Table) (lines []string) {
			until := len(table.Headers) // what an import cannot bring along is in the last column
			if list != booking.ImportWaitlist {
				until--
			}
			for _, r := range table.Rows {
				lines = append(lines, strings.Join(r.Cells[:until], " | "))
			}
			slices.Sort(lines)
			return lines
		}
		if !slices.Equal(cells(was), cells(is)) {
			t.Errorf("%s: the other studio has\n%s\nwant\n%s", list, strings.Join(cells(is), "\n"), strings.Join(cells(was), "\n"))
		}
	}
}

func TestWaitlistsAreImportedInTheirOrderAndNobodyIsWrittenTo(t *testing.T) {
	t.Parallel()
	o := newOutbox(t)
	seated := o.Member("Anna Alt", 1)
	waiters := o.Members(4, 1)
	class := o.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.Rules.WaitlistMode = 1, booking.ModeAuto })
	empty := o.Class(func(r *booking.ClassRequest) {
		r.Title, r.StartsAt, r.EndsAt = "Pilates", r.StartsAt.AddDate(0, 0, 1), r.EndsAt.AddDate(0, 0, 1)
	})
	at := startOf(t, o.Env, class)
	seat := mustBook(t, o.Env, seated, class)
	if _, err := o.JoinWaitlist(ctx, waiters[3], booking.JoinRequest{ClassID: class}); err != nil {
		t.Fatal(err)
	}
	o.relay()
	before := o.Int(`select (select count(*) from delivery) + (select count(*) from alert)`)
	const fields = "member_email title starts_at position"
	rows := [][]string{
		{waiters[0].Email, "Yoga Flow", at, "3"},
		{waiters[1].Email, "Yoga Flow", at, ""},
		{waiters[2].Email, "Yoga Flow", at, "2"},
		{waiters[3].Email, "Yoga Flow", at, "1"},
		{seated.Email, "Yoga Flow", at, ""},
		{waiters[0].Email, "Yoga Flow", at, "9"},
		{waiters[0].Email, "Pilates", startOf(t, o.Env, empty), ""},
		{"nobody@example.org", "Yoga Flow", at, ""},
	}
	im := fileImport(t, o.Env, booking.ImportWaitlist, fields, rows...)
	said, err := o.ImportRows(ctx, o.Owner, im.ID, "", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	wantVerdicts(t, booking.ImportedTable{Rows: said}, "new", "new", "new", "same", "same title:has_seat", "same",
		"wrong title:seats_free", "wrong member_email:unknown_member")
	if im, err = o.RunImport(ctx, o.Owner, im.ID); err != nil || im.State != booking.ImportDone {
		t.Fatalf("the run ends as %s (%s): %v", im.State, im.Why, err)
	}
	var order []int64
	for i := range 4 {
		order = append(order,
			int64(o.Int(`
				select person_id from waitlist_entry where class_id = $1
				order by priority desc, seq offset $2 limit 1`, class, i)))
	}
	if want := []int64{waiters[3].ID, waiters[2].ID, waiters[0].ID, waiters[1].ID}; !slices.Equal(order, want) {
		t.Errorf("the waitlist is %v, want %v", order, want)
	}
	o.sweepAndRelay()
	if n := o.Int(`select (select count(*) from delivery) + (select count(*) from alert)`) - before; n != 0 {
		t.Errorf("the import wrote %d messages", n)
	}
	left := int64(o.Int(`select id from waitlist_entry where person_id = $1`, waiters[3].ID))
	if _, err := o.LeaveWaitlist(ctx, waiters[3], booking.LeaveRequest{EntryID: left}); err != nil {
		t.Fatal(err)
	}
	mustCancel(t, o.Env, seated, seat.BookingID)
	if n := o.Int(`select count(*) from offer o join waitlist_entry e on e.id = o.entry_id where o.state = 'open' and e.person_id = $1`,
		waiters[2].ID); n != 1 {
		t.Error("the first imported waiter is not asked about the free seat")
	}
	left = int64(o.Int(`select id from waitlist_entry where person_id = $1`, waiters[1].ID))
	if _, err := o.LeaveWaitlist(ctx, waiters[1], booking.LeaveRequest{EntryID: left}); err != nil {
		t.Fatal(err)
	}
	if again := fileImport(t, o.Env, booking.ImportWaitlist, fields, rows[:3]...); again.Counts[booking.VerdictSame] != 3 {
		t.Errorf("the second time the dry run says %v", again.Counts)
	}
}

func TestABookingThatIsImportedEndsTheWaiting(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben, cleo := env.Member("Anna Alt", 1), env.Member("Ben Alt", 0), env.Member("Cleo Voll", 1)
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity = 1 })
	seat := mustBook(t, env, anna, class)
	for _, m := range []booking.Actor{ben, cleo} {
		if _, err := env.JoinWaitlist(ctx, m, booking.JoinRequest{ClassID: class}); err != nil {
			t.Fatal(err)
		}
	}
	mustCancel(t, env, anna, seat.BookingID) // Ben has no credits, so Cleo is asked
	at := startOf(t, env, class)
	wantVerdicts(t, importTable(t, env, booking.ImportBookings, false, bookingFields,
		[]string{ben.Email, "", "Yoga Flow", at, "", "", ""},
		[]string{cleo.Email, "", "Yoga Flow", at, "", "1", ""}), "wrong title:held_for_waitlist", "new")
	if n := env.Int(`select count(*) from waitlist_entry where person_id = $1 and state = 'accepted'`, cleo.ID); n != 1 {
		t.Error("the person who was booked still waits")
	}
}

func TestABookingNamesItsPersonInTwoColumns(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	env.Member("Anna Alt", 1)
	im := fileImport(t, env, booking.ImportBookings, "member_given_name member_family_name title starts_at",
		[]string{"Anna", "Alt", "Yoga Flow", startOf(t, env, class)}, []string{"Ben", "Neu", "Yoga Flow", startOf(t, env, class)})
	if im.Counts[booking.VerdictNew] != 1 || im.Counts[booking.VerdictWrong] != 1 {
		t.Errorf("the verdicts are %v", im.Counts)
	}
}
