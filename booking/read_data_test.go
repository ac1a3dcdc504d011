package booking_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// act marks a column that says which person did something for somebody else. The section "history"
// has what a person did.
const act = "an act"

// namesPeople says for every column that names a person in which section of the person's data its rows
// are. A new table fails the test until it is here and in dataQueries.
var namesPeople = map[string]string{
	"account.created_by": act, "account.person_id": "credits", "alert.person_id": "alerts", "booking.booked_by": act,
	"booking.ended_by": act, "booking.overbooked_by": act, "booking.person_id": "bookings", "ceremony.person_id": "ceremonies",
	"class.instructor_id": "teaching", "class.substitute_id": "teaching", "delivery.person_id": "messages", "delivery.told_by": act,
	"history.actor_id": "history", "history.person_id": "history", "import.created_by": act, "imported.person_id": "imports",
	"invitation.created_by": act, "invitation.person_id": "invitations", "mail_link.person_id": "mail_links",
	"passkey.person_id": "passkeys", "periodic_grant.created_by": act, "periodic_grant.person_id": "periodic_credits",
	"person.password_by": act, "preference.person_id": "preferences", "push_device.person_id": "devices",
	"recovery_code.person_id": "recovery_codes", "recurring.created_by": act, "recurring.ended_by": act,
	"recurring.person_id": "recurring", "registration.decided_by": act, "registration.person_id": "registration",
	"series.created_by": act, "session.person_id": "sessions", "sign_in_failure.person_id": "sign_in_tries", "totp.person_id": "app_codes",
	"transfer.actor_id": act, "waitlist_entry.added_by": act, "waitlist_entry.person_id": "waitlist",
}

func ownData(t *testing.T, env *bookingtest.Env, a booking.Actor) (d booking.PersonData, text string) {
	t.Helper()
	d, err := env.OwnData(ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Sections {
		for _, row := range s.Rows {
			text += fmt.Sprintln(s.Name, row)
		}
	}
	return d, text
}

func TestEveryTableThatNamesAPersonIsInThePersonsData(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	rows, _ := env.Pool.Query(ctx, `
		select k.table_name || '.' || k.column_name
		from information_schema.table_constraints c
		join information_schema.key_column_usage k using (constraint_schema, constraint_name)
		join information_schema.constraint_column_usage u using (constraint_schema, constraint_name)
		where c.constraint_type = 'FOREIGN KEY' and u.table_name = 'person' and c.table_schema = 'public'
		union select table_name || '.' || column_name from information_schema.columns
		where table_schema = 'public' and column_name = 'person_id'`)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(columns) < 30 {
		t.Fatalf("%d columns name people: %v", len(columns), err)
	}
	d, _ := ownData(t, env, env.Owner)
	for _, column := range columns {
		section, known := namesPeople[column]
		if !known {
			t.Errorf("%s names people, but is in no section of their data", column)
		}
		if section != act && !slices.ContainsFunc(d.Sections, func(s booking.DataSection) bool { return s.Name == section }) {
			t.Errorf("%s: there is no section %s", column, section)
		}
	}
	for column := range namesPeople {
		if !slices.Contains(columns, column) {
			t.Errorf("%s names nobody any more", column)
		}
	}
}

// notData are the texts that must not be in the data: what opens something, and what is made of
// other columns or serves the program only.
var notData = []string{
	"person.password_hash", "person.search", "registration.password_hash", "totp.secret", "passkey.credential", "ceremony.details",
	"delivery.details",
}

// fixed are the texts that can only be words of the program, or that no update may change.
var fixed = []string{
	"person.role", "person.state", "person.language", "booking.state", "booking.ended_cause", "waitlist_entry.state", "account.kind",
	"delivery.channel", "delivery.state", "preference.channel", "mail_link.kind", "periodic_grant.every", "transfer.kind",
	"transfer.note", "history.verb", "history.details", "person.email", "person.shared_email", "booking.ended_path",
	"delivery.key", "sign_in_failure.subject", "push_device.endpoint", // unique: not shown, see below
}

// full gives a person a row in every section.
func full(t *testing.T, env *bookingtest.Env, a, teacher booking.Actor) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	class := env.Class(func(r *booking.ClassRequest) { r.Rules.Capacity, r.InstructorID = 1, teacher.ID })
	_, err := env.Book(ctx, a, booking.BookRequest{ClassID: class})
	must(err)
	taken := env.Class(func(r *booking.ClassRequest) {
		r.Rules.Capacity = 1
		r.StartsAt = r.StartsAt.Add(48 * time.Hour)
		r.EndsAt = r.EndsAt.Add(48 * time.Hour)
	})
	_, err = env.Book(ctx, env.Member("Otto Andrer", 1), booking.BookRequest{ClassID: taken})
	must(err)
	_, err = env.JoinWaitlist(ctx, a, booking.JoinRequest{ClassID: taken})
	must(err)
	_, err = env.Invite(ctx, env.Owner, a.ID)
	must(err)
	_, err = env.AddPeriodic(ctx, env.Owner, booking.Periodic{
		PersonID: a.ID, Name: "Abo", Quantity: 1, Every: "week", StartsOn: time.Now().AddDate(0, 1, 0),
	})
	must(err)
	signedIn(t, env, a)
	for _, sql := range []string{
		`insert into push_device (person_id, endpoint, p256dh, auth, name) values ($1, 'https://push.example/$1', '\x00', '\x00', 'x')`,
		`insert into preference (person_id, category, channel, wanted) values ($1, 'credits', 'mail', false)`,
		`insert into registration (person_id, password_hash, expires_at) values ($1, 'x', clock_timestamp())`,
		`insert into mail_link (token_hash, kind, person_id, email, expires_at)
			values (sha256(convert_to('$1', 'UTF8')), 'address', $1, 'x', clock_timestamp() + interval '1 day')`,
		`insert into sign_in_failure (subject, person_id, failures, blocked_until, at, day_tries)
			values ('$1', $1, 1, clock_timestamp(), clock_timestamp(), 1)`,
		`insert into passkey (id, person_id, credential) values (sha256(convert_to('$1', 'UTF8')), $1, '{}')`,
		`insert into totp (person_id, secret) values ($1, 'x')`,
		`insert into recovery_code (code_hash, person_id) values (sha256(convert_to('$1', 'UTF8')), $1)`,
		`insert into ceremony (token_hash, person_id, kind, expires_at)
			values (sha256(convert_to('$1', 'UTF8')), $1, 'x', clock_timestamp())`,
		`insert into imported (kind, key, person_id, target_id) values ('packs', sha256(convert_to('$1', 'UTF8')), $1, 1)`,
		`with m as (insert into import (kind, headers) values ('members', '{}') returning id)
			insert into import_row (import_id, line, cells, target_id) select id, 2, array['token-cells-$1', 'x'], $1 from m`,
		`insert into alert (id, person_id, kind, created_at, details)
			values (77000000 + $1, $1, 'password_changed', clock_timestamp(), '{"device": "x"}')`,
		`insert into delivery (key, kind, channel, person_id, due_at, address, why, state, ended_at)
			values ('x$1', 'reset', 'mail', $1, clock_timestamp(), 'x', 'x', 'sent', clock_timestamp())`,
	} {
		env.Exec(strings.ReplaceAll(sql, "$1", fmt.Sprint(a.ID)))
	}
	env.Exec(`insert into history (at, actor_id, verb, person_id, details)
		values (clock_timestamp(), $1, 'edit_member', $1, jsonb_build_object('x', 'token-history-' || $1::bigint))`, a.ID)
	env.Exec(`
		insert into transfer (from_id, to_id, amount, kind, at, note)
		select 1, id, 1, 'adjust', clock_timestamp(), 'token-transfer-' || $1::bigint from account where person_id = $1 limit 1`, a.ID)
	env.Exec(`
		update account set remaining = remaining + 1, quantity = quantity + 1
		where id = (select id from account where person_id = $1 limit 1)`, a.ID)
}

// Every text about the person is in the data, and no text about another person is.
func TestThePersonsDataIsWholeAndNobodyElses(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	ina := env.Staff(booking.RoleInstructor, "Ina Trainer")
	anna, ben := env.Member("Anna Arnold", 3), env.Member("Ben Berger", 3)
	full(t, env, anna, ina)
	full(t, env, ben, booking.Actor{})
	rows, _ := env.Pool.Query(ctx, `
		select table_name, column_name, data_type from information_schema.columns
		where table_schema = 'public' and data_type in ('text', 'jsonb') and is_generated = 'NEVER' order by 1, 2`)
	type column struct{ Table, Name, Type string }
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		t.Fatal(err)
	}
	var marked []string
	for _, c := range columns {
		owner := "person_id"
		if c.Table == "person" {
			owner = "id"
		}
		if namesPeople[c.Table+"."+owner] == "" && c.Table != "person" || c.Table == "class" {
			continue
		}
		name := c.Table + "." + c.Name
		if slices.Contains(fixed, name) {
			continue
		}
		value := `'token-` + name + `-' || ` + owner
		if c.Type == "jsonb" {
			value = `jsonb_build_object('x', ` + value + `)`
		}
		tag, err := env.Pool.Exec(ctx, `update `+c.Table+` set `+c.Name+` = `+value+` where `+owner+` = any($1)`, []int64{anna.ID, ben.ID})
		var pg *pgconn.PgError
		if errors.As(err, &pg) {
			t.Errorf("%s cannot be marked: %v", name, err)
			continue
		}
		if tag.RowsAffected() < 2 {
			t.Errorf("nobody has a row with %s", name)
		}
		marked = append(marked, name)
	}
	if len(marked) < 30 {
		t.Errorf("only %d columns are marked", len(marked))
	}
	_, text := ownData(t, env, anna)
	for _, name := range marked {
		token := fmt.Sprintf("token-%s-%d", name, anna.ID)
		if has := strings.Contains(text, token); has == slices.Contains(notData, name) {
			t.Errorf("%s is in the data: %v", name, has)
		}
	}
	for _, own := range []string{
		fmt.Sprint("token-history-", anna.ID), fmt.Sprint("token-transfer-", anna.ID), fmt.Sprint("token-cells-", anna.ID), anna.Email,
		"Ina", "push.example",
	} {
		if !strings.Contains(text, own) {
			t.Errorf("%s is missing", own)
		}
	}
	if others := regexp.MustCompile(fmt.Sprintf(`token-\S+-%d\b`, ben.ID)).FindAllString(text, -1); len(others) > 0 {
		t.Errorf("the data of another person are there: %v", others)
	}
	for _, other := range []string{
		fmt.Sprintf("push.example/%d", anna.ID), ben.Email, "Otto", "Andrer", "Trainer", "Olga", "Eigner", "argon2",
	} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, other) {
				t.Errorf("%q of another person is in %s", other, line)
			}
		}
	}
	d, _ := ownData(t, env, anna)
	for _, s := range d.Sections {
		if len(s.Rows) == 0 && !slices.Contains([]string{"offers", "periodic_issues", "recurring", "recurring_dates", "teaching"}, s.Name) {
			t.Errorf("the section %s is empty", s.Name)
		}
	}
	env.Exec(`delete from delivery where person_id = any($1)`, []int64{anna.ID, ben.ID})
}

func TestStaffReadsTheDataOfMembersForTheHistory(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna, ben, fred := env.Member("Anna Arnold", 0), env.Member("Ben Berger", 0), env.Staff(booking.RoleFrontDesk, "Fred Empfang")
	_, err := env.MemberData(ctx, ben, anna.ID)
	wantCode(t, err, booking.Forbidden)
	_, err = env.MemberData(ctx, env.Staff(booking.RoleInstructor, "Ina Trainer"), anna.ID)
	wantCode(t, err, booking.Forbidden)
	for _, id := range []int64{env.Owner.ID, fred.ID, 999_999} {
		_, err = env.MemberData(ctx, fred, id)
		wantCode(t, err, booking.NotFound)
	}
	if n := env.Int(`select count(*) from history where verb = 'read_data'`); n != 0 {
		t.Errorf("%d refusals are in the history", n)
	}
	d, err := env.MemberData(ctx, fred, anna.ID)
	if err != nil || d.PersonID != anna.ID {
		t.Fatalf("the data of %d: %v", d.PersonID, err)
	}
	recorded := `select count(*) from history where verb = 'read_data' and actor_id = $1 and person_id = $2`
	if n := env.Int(recorded, fred.ID, anna.ID); n != 1 {
		t.Errorf("%d entries of the history", n)
	}
	_, err = env.OwnData(ctx, booking.Actor{})
	wantCode(t, err, booking.SignedOut)
}
