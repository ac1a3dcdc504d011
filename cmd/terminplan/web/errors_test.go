package web

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sync/errgroup"

	"terminplan/booking"
	"terminplan/templates"
)

func TestEveryRefusalHasAStatus(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../../booking/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found++
		if statuses[booking.Code(code)] == 0 {
			t.Errorf("%s has no status", code)
		}
		return true
	})
	if found < 30 {
		t.Errorf("only %d codes were found: the test does not find the codes any more", found)
	}
}

// The test finds the message keys in the source of this package, so that a new key without a
// text fails here.
func TestEveryMessageKeyHasAText(t *testing.T) {
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`"((?:error|invalid|receipt|spoken|day|plate|news|news.detail|text|why|role|left)\.[a-z_0-9]+)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(source), -1) {
			keys[m[1]] = true
		}
	}
	for code := range statuses {
		keys["error."+string(code)] = true
	}
	for _, why := range everyWhy(t) {
		keys["invalid."+why] = true
	}
	for _, kind := range []booking.AlertKind{
		booking.AlertOfferExpired, booking.AlertNoSeat, booking.AlertClassCancelled, booking.AlertClassMoved,
		booking.AlertClassChanged, booking.AlertRecurringBooked, booking.AlertRecurringMissed, booking.AlertBookingCancelled,
		booking.AlertBookingAdded, booking.AlertCreditsExpiring1, booking.AlertCreditsExpiring7, booking.AlertSeatOffered,
		booking.AlertSeatOpen, booking.AlertMovedUp, booking.AlertSkipped, booking.AlertClassRestored, booking.AlertOfferWithdrawn,
		booking.AlertPasswordChanged, booking.AlertEmailChanged, booking.AlertSignInFailed, booking.AlertSignedInNew,
		booking.AlertFactorChanged, booking.AlertRecoveryUsed,
	} {
		keys["news."+string(kind)] = true
	}
	for _, role := range []booking.Role{booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner} {
		keys["role."+string(role)] = true
	}
	for _, limit := range []booking.Code{booking.LimitOpen, booking.LimitDay, booking.LimitWeek, booking.Suspended, booking.Overlap} {
		keys["why."+string(limit)] = true
	}
	for _, skip := range []booking.Code{
		booking.NoCredits, booking.Overlap, booking.LimitOpen, booking.LimitDay, booking.LimitWeek, booking.TooLateForWaiter,
	} {
		keys["why.skipped_"+string(skip)], keys["why.skipped_brief_"+string(skip)] = true, true
	}
	for key := range keys {
		if !set.Has(key) {
			t.Errorf("the key %s has no text", key)
		}
	}
}

// everyWhy returns the reasons for refused fields, from the source of this package and of the
// engine.
func everyWhy(t *testing.T) (list []string) {
	t.Helper()
	why := regexp.MustCompile(`(?:\b(?:invalid|wrong|Add|Want)\(.*, |"why": )"([a-z_]+)"[)}]`)
	for _, pattern := range []string{"*.go", "../../../booking/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range why.FindAllStringSubmatch(string(source), -1) {
				if !strings.HasSuffix(name, "_test.go") && !slices.Contains(list, m[1]) {
					list = append(list, m[1])
				}
			}
		}
	}
	if len(list) < 20 || !slices.Contains(list, "taken") {
		t.Errorf("only %v were found: the test does not find the reasons any more", list)
	}
	return list
}

// A read without a reachable database is refused as "busy" with Retry-After, like a booking.
func TestAnUnreachableDatabaseGivesBusy(t *testing.T) {
	e := refusal(fmt.Errorf("reading the schedule: %w", &pgconn.PgError{Code: "57P01"}))
	if statusOf(e) != http.StatusServiceUnavailable || retryAfter(e) == 0 {
		t.Errorf("status %d, Retry-After %d s", statusOf(e), retryAfter(e))
	}
	if e := refusal(fmt.Errorf("reading the schedule: %w", &pgconn.PgError{Code: "42601"})); statusOf(e) != http.StatusInternalServerError {
		t.Errorf("a defect gives status %d", statusOf(e))
	}
}

// After PostgreSQL has closed all connections, as a restart does, reads are repeated on new
// connections and succeed.
func TestReadsAreRepeatedAfterALostConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, class := s.Member("Anna Alt", 5), s.Class(nil)
	paths := []string{"/schedule", fmt.Sprintf("/classes/%d", class), "/bookings", "/alerts", "/credits"}
	for round := range 3 {
		var many errgroup.Group
		for i := range 30 { // opens many connections
			many.Go(func() error { s.as(anna).get(paths[i%len(paths)]).wants(http.StatusOK); return nil })
		}
		_ = many.Wait()
		s.server.engine.Forget(anna.ID) // sessions must be read again, too
		s.Exec(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
		for _, path := range paths {
			s.as(anna).get(path).wants(http.StatusOK)
		}
		if round == 0 {
			s.as(anna).post(fmt.Sprintf("/classes/%d/bookings", class)).wants(http.StatusSeeOther)
		}
	}
}
