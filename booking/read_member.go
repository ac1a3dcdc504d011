package booking

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// AccountAccess is how a person gets into the account.
type AccountAccess struct {
	HasPassword  bool
	InvitedUntil time.Time // zero: there is no open invitation
	Sessions     int       // browsers that are signed in
	UsedAt       time.Time // the last use of a session; zero: none
	Passkeys     int
	App          bool // codes of an app are the second factor
}

// AccountAccess reads how a person gets into the account. Refusal: Forbidden.
func (rd *Reader) AccountAccess(ctx context.Context, a Actor, personID int64) (x AccountAccess, err error) {
	if !a.Can(SeeMembers) {
		return x, refuse(Forbidden)
	}
	err = rd.readPool.QueryRow(ctx, `
		select p.password_hash is not null,
			(select max(i.expires_at) from invitation i where i.person_id = p.id and i.expires_at > (select clock_timestamp())),
			s.n, s.used_at, (select count(*) from passkey where person_id = p.id), exists (select from totp where person_id = p.id)
		from person p cross join lateral (
			select count(*) as n, max(s.used_at) as used_at from session s
			where s.person_id = p.id and s.expires_at > (select clock_timestamp())
				and s.used_at > (select clock_timestamp()) - $2::interval) s
		where p.id = $1`, personID, sessionIdle).Scan(&x.HasPassword, at{&x.InvitedUntil}, &x.Sessions, at{&x.UsedAt},
		&x.Passkeys, &x.App)
	if err == pgx.ErrNoRows {
		return x, refuse(NotFound)
	}
	return x, during("reading the access of a person", err)
}

// GrantTemplate is a grant that the studio gave before and may give again.
type GrantTemplate struct {
	Name     string
	Quantity int
	Months   int // valid for, if it is a whole number of them
	Days     int // valid for; both 0: without end
	TypeIDs  []int64
}

// grantSample is the number of grants from which templates are made.
const grantSample = 500

// GrantTemplates derives the usual grants from the last ones, the most frequent first, at
// most n, each with its usual validity. Grants that come by themselves do not count. Refusal: Forbidden.
func (rd *Reader) GrantTemplates(ctx context.Context, a Actor, n int) ([]GrantTemplate, error) {
	if !a.Can(GrantCredits) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, `
		select name, quantity, coalesce(class_type_ids, '{}'), valid_from, expires_at
		from account where kind = 'grant' and created_by is not null order by id desc limit $1`, grantSample)
	times, usual := map[string]int{}, map[string]GrantTemplate{}
	validities := map[string]map[[2]int]int{}
	keyOf := func(g GrantTemplate) string { return fmt.Sprint(g.Name, g.Quantity, g.TypeIDs) }
	var g GrantTemplate
	var from, until time.Time
	_, err := pgx.ForEachRow(rows, []any{&g.Name, &g.Quantity, &g.TypeIDs, at{&from}, at{&until}}, func() error {
		key := keyOf(g)
		if g.Name == "" {
			return nil
		}
		if times[key]++; times[key] == 1 {
			validities[key] = map[[2]int]int{}
		}
		g.Months, g.Days = validity(from, until)
		counted := validities[key]
		if counted[[2]int{g.Months, g.Days}]++; counted[[2]int{g.Months, g.Days}] > counted[[2]int{usual[key].Months, usual[key].Days}] ||
			times[key] == 1 {
			usual[key] = GrantTemplate{g.Name, g.Quantity, g.Months, g.Days, slices.Clone(g.TypeIDs)}
		}
		return nil
	})
	list := slices.SortedFunc(maps.Values(usual), func(a, b GrantTemplate) int {
		return cmp.Or(cmp.Compare(times[keyOf(b)], times[keyOf(a)]), cmp.Compare(keyOf(a), keyOf(b)))
	})
	return list[:min(n, len(list))], during("reading the usual grants", err)
}

// validity returns the time from one instant to another in months, or else in days, give or
// take two days: a grant ends with a day.
func validity(from, until time.Time) (months, days int) {
	if until.IsZero() {
		return 0, 0
	}
	days = int(until.Sub(from).Round(24*time.Hour) / (24 * time.Hour))
	months = int((float64(days) + 2) / 30.44)
	if whole := int(float64(months) * 30.44); months > 0 && days >= whole-2 && days <= whole+2 {
		return months, 0
	}
	return 0, max(days, 1)
}
