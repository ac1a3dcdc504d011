package booking_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// A state that Go knows and the database refuses, or the other way round, fails only when
// the first row gets it.
func TestTheDatabaseKnowsTheStatesOfTheConstants(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	quoted := regexp.MustCompile(`'([a-z_]+)'::text`)
	for constraint, inGo := range booking.KnownValues() {
		rows, _ := env.Pool.Query(ctx, `select pg_get_constraintdef(oid) from pg_constraint where conname = $1`, constraint)
		definition, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
		if err != nil {
			t.Errorf("%s: %v", constraint, err)
			continue
		}
		var inSQL []string
		for _, match := range quoted.FindAllStringSubmatch(definition, -1) {
			inSQL = append(inSQL, match[1])
		}
		slices.Sort(inSQL)
		slices.Sort(inGo)
		if !slices.Equal(inSQL, inGo) {
			t.Errorf("%s: the database knows %q, Go %q", constraint, inSQL, inGo)
		}
	}
}
