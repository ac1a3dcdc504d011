package booking

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// PersonName is the name of a person and what tells the person apart from others of the same
// name. Only staff may see it.
type PersonName struct {
	ID                    int64
	GivenName, FamilyName string // of a guest: the whole name together
	Guest                 bool
	Number, Email, Phone  string
}

// Name is the name as it is spoken: "Lena Müller".
func (n PersonName) Name() string { return strings.TrimSpace(n.GivenName + " " + n.FamilyName) }

// Folded is equal for names that people take for the same: without case and accents, and in
// whichever order. It is empty for a person who was erased.
func (n PersonName) Folded() string {
	words := strings.Fields(Fold(n.Name()))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// personNameColumns reads a person p for scanPersonName.
const personNameColumns = `p.id, p.given_name, p.family_name, p.role = 'guest', p.number, coalesce(p.email, ''), p.phone`

func scanPersonName(n *PersonName) []any {
	return []any{&n.ID, &n.GivenName, &n.FamilyName, &n.Guest, &n.Number, &n.Email, &n.Phone}
}

// NamesInClass reads the names of all who have or had a seat in a class or wait for one.
// Refusals: NotFound, Forbidden.
func (rd *Reader) NamesInClass(ctx context.Context, a Actor, classID int64) ([]PersonName, error) {
	if err := rd.CanSeeRoster(ctx, a, classID); err != nil {
		return nil, err
	}
	rows, _ := rd.readPool.Query(ctx, `
		select `+personNameColumns+` from person p
		where p.id in (select person_id from booking where class_id = $1 union select person_id from waitlist_entry where class_id = $1)
		order by p.id`, classID)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n PersonName, err error) {
		return n, row.Scan(scanPersonName(&n)...)
	})
	return list, during("reading the names of a class", err)
}
