package booking_test

import (
	"crypto/sha256"
	"encoding/hex"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// frozen are the migrations with the SHA-256 of their text. Databases have applied them, so an
// edit would make new databases differ from old ones. Add a line for a new migration; to
// mend an old one, write a new one.
var frozen = map[string]string{
	"0001_initial.sql":                    "62dc1e9d31a3a050ac09fa03b3d4bb16f9c806f04106b4092198044af4844cc1",
	"0002_front_desk.sql":                 "f36f54e08c2df88eb6623b27e928504109a929a2e1171813ec667c3a27492a76",
	"0003_recurring.sql":                  "ca708177de7231e5f5986e2c32d88442690f70b5f2b44001d996a44200a495d9",
	"0004_priority.sql":                   "f422a6ba8a8f7ca3a146207c84873568a34b3c1d1c8eedfb9701a922ff7db675",
	"0005_members.sql":                    "ada6a62c808684f92c911b6cc5cea8d447717315d285e928d0cee2b3cc71d26a",
	"0006_search.sql":                     "e0eb8079dc558cbd3fc072cd68bbf1dc3e2caae9280d4945d1c5b48beca79cce",
	"0007_family_first.sql":               "6dca5100e3fc6b673473c814fc3639c031cca43a03d39398dc35f4b86db0c2ac",
	"0008_room_to_update.sql":             "39b070f75907327bbfbb63d03c44dfb9b41502a8161ec0bee28cb1924757ffec",
	"0009_updates_in_place.sql":           "e3ddc5b76183de72ace4de71697b5f1391549860fc66be7ae3c6b2dfd5827dd3",
	"0010_entries_of_person.sql":          "8861c9e61334dd5ef8c53313b77579659b165125a981815cec48d3694d6b31cd",
	"0011_records.sql":                    "ed1003bd00d03f8d4aba4858a437e3efad4d19ee8ef7ed3d66d548b685c72a41",
	"0012_demo_complete.sql":              "c5a9b585c63d1eaf9c1aaa6c0f6b6bd9d7e6c9090b16ceef39d66abfd4d07a28",
	"0013_language_chosen.sql":            "dd8edb42579dcd9ff9faacecb111ce165f1c6e32139797de934b02ba38b9a233",
	"0014_password_by.sql":                "76f3f4e63a0ccb71a3b6c7fc4885b361d38cd6762c37e63c34490efe6a0e910f",
	"0015_offers_where_online_is_off.sql": "0af3b3c4db462522f5aa883e97595d00392d3348b9878b6dca469a5604c386c7",
	"0016_people.sql":                     "c8f7683ab600a66a123caf65a1ab49893936cd8da6549e465cb938fd0a94b3ee",
	"0017_restored.sql":                   "c59198085c29ed096971038cfff00477abe42d225ba476d5a889a7c962fa5d12",
	"0018_edits.sql":                      "7fccaacbede509fb9e82a4168b1d453b3596e44dd336a859687a0d17427ea004",
	"0019_waiters.sql":                    "067a0353da4c463c8c5bb58f8ff0cf66f9584fad6d6d4c618726a200f5a71bbb",
	"0020_accounts.sql":                   "aa95601aa00647bae96b9bb0c1e325a77586d10d5a70fa35b68dd3e2faefc223",
	"0021_looks.sql":                      "b32c8f16a9e81e1893c38c7d76faba9f529c8821e63cdce2fe90e8b82dc3e9f9",
	"0022_restored_bookings.sql":          "e1dd9469fec12543b31b928b8e97da124f43499a93527afb62230cc14a5c0260",
	"0023_first.sql":                      "643fdfadb900371dd6e75aacefa831573fa7f5280bfb7bb0ccec8639b15f3a49",
	"0024_reach.sql":                      "e508d6b51e4cd94aad90d41c8ce92b8e52508787b9b85c82233f3b550bcb533e",
	"0025_receipt_indexes.sql":            "93a95b533366e64885bd79274739fa84de385b70aad6f57d0967c7ae05f9e286",
	"0026_account.sql":                    "394d8ae25c60837ecaa08ef0c9f9451a4a652c6285be470646d35a46d24bc279",
	"0027_guests.sql":                     "5620ea7a9fc77ad7907046c7e9b23413c469ec09447d9a57544f8b68d861ce15",
	"0028_bundles.sql":                    "95de5ba25426d6902479e91fc5a467e2c9aebf6496da14d29a70d5d1d1fabfc0",
	"0029_push.sql":                       "386f75589b1df6f30ebae1200b67a57d8fe8e5c1f3349c75337fdb3b54d6e8ec",
	"0030_getting_in.sql":                 "6c369a318a0b9ffd8e604110bf68951a5d881d68354069481765614123254a47",
	"0031_registration_ticket.sql":        "5887550c85388ac9f06a93a4b4ef59b4200cb064dbf4b232ec6d81eea367b35f",
	"0032_imports.sql":                    "68632b0c2c3a538cdf6e90a893c7fa1085c16c13c8ef8d4d50db11c2c8e1755f",
	"0033_many_people.sql":                "b1a44de52f706e0d75cbea6ccbd3bb2467f88d1a6e203a40712ab3e5aa63cb37",
}

func TestMigrationsNeverChange(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		name := filepath.Base(file)
		switch want, ok := frozen[name]; {
		case !ok:
			t.Errorf("%s is new: add its sum %s to the list", name, hex.EncodeToString(sum[:]))
		case want != hex.EncodeToString(sum[:]):
			t.Errorf("%s was edited; write a new migration", name)
		}
	}
	if len(files) != len(frozen) {
		t.Errorf("%d migrations, %d in the list", len(files), len(frozen))
	}
}

// Early databases applied 0006 and 0009 before these were edited.
func TestTheSchemaOfEarlyDatabasesIsHealed(t *testing.T) {
	t.Parallel()
	early := bookingtest.New(t)
	for _, sql := range []string{
		`drop index staff_by_name`,
		`drop index suspended_by_name`,
		`alter table request add constraint request_account_id_fkey foreign key (account_id) references person`,
		`alter table studio drop column home`, // it is run again
	} {
		early.Exec(sql)
	}
	early.Exec(booking.Migration(t, "0017_restored.sql"))
	for _, name := range []string{"staff_by_name", "suspended_by_name"} {
		if early.Int(`select count(*) from pg_indexes where indexname = $1`, name) != 1 {
			t.Errorf("the index %s is missing", name)
		}
	}
	if early.Int(`select count(*) from pg_constraint where conname = 'request_account_id_fkey'`) != 0 {
		t.Error("the foreign key of request is still there")
	}
}

func TestTheSweepUsesTheIndexOfDueClasses(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	conn, err := env.Pool.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `set enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, `explain `+booking.DueClassesSQL)
	if err != nil {
		t.Fatal(err)
	}
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if text := strings.Join(plan, "\n"); rows.Err() != nil || !strings.Contains(text, "Index Cond: (due_at <=") {
		t.Errorf("the sweep reads more than the classes that are due (%v):\n%s", rows.Err(), text)
	}
}

// byID are the files whose statements reach their rows by an id, and only look at the time of
// the rows they have. There an index on time would be the wrong one.
var byID = []string{
	"alert.go", "invitation.go", "member_remove.go", "read_access.go", "read_bookings.go", "read_class.go", "read_personal.go",
	"read_schedule.go", "recurring.go", "recurring_end.go", "series.go", "signin.go", "tx_load.go",
}

// A column that is compared with clock_timestamp() itself is compared row by row.
func TestStatementsThatSearchByTimeReadTheClockOnce(t *testing.T) {
	t.Parallel()
	compares := regexp.MustCompile(`[<>]=? *clock_timestamp\(\)`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || slices.Contains(byID, file) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s scanner.Scanner
		set := token.NewFileSet()
		s.Init(set.AddFile(file, -1, len(text)), text, nil, 0)
		for {
			at, kind, literal := s.Scan()
			if kind == token.EOF {
				break
			}
			if found := compares.FindString(literal); kind == token.STRING && found != "" {
				t.Errorf("%s: %q; write (select clock_timestamp())", set.Position(at), found)
			}
		}
	}
}
