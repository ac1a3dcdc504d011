package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// importedPack is a row of credits as it was read: what is left of a pack.
type importedPack struct {
	GrantRequest
	credits int
}

// judgePacks finds the people of the rows. A pack that was imported before is the same, also after
// its credits were spent; so is a pack that the person has exactly as the row says it, since exports
// of this studio are imported too.
func judgePacks(ctx context.Context, tx pgx.Tx, im *importRun) error {
	f, err := im.findMembers(ctx, tx)
	if err != nil {
		return err
	}
	types, err := foldedNames(ctx, tx, `select id, name from class_type`)
	if err != nil {
		return err
	}
	var secret []byte
	if err := tx.QueryRow(ctx, `select secret from studio`).Scan(&secret); err != nil {
		return during("reading the secret of keys", err)
	}
	equal := map[string]int{}
	var keys [][]byte
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i)
		}
		p := im.readPack(r, types)
		r.value = p
		id, problem := im.memberOf(r, f)
		if problem != nil {
			r.refuse(problem)
		}
		r.TargetID = id
		switch {
		case r.Verdict == VerdictWrong:
		case p.credits == 0:
			r.Verdict = VerdictSame
			r.note(about("credits", "none_left"))
		case !p.ExpiresAt.IsZero() && !p.ExpiresAt.After(im.now):
			r.refuse(about("expires", "expired"))
		default:
			p.PersonID = id
			text := p.text()
			equal[text]++
			mac := hmac.New(sha256.New, secret)
			fmt.Fprintf(mac, "import %s %d %s", im.Kind, equal[text], text)
			r.key = mac.Sum(nil)
			keys = append(keys, r.key)
		}
	}
	imported, err := importedBefore(ctx, tx, im.Kind, keys)
	if err != nil {
		return err
	}
	there, err := im.packsThere(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range im.rows {
		if r.Verdict != "" {
			continue
		}
		p := r.value.(*importedPack)
		r.Verdict = VerdictNew
		switch mark := p.mark(im.studio.Zone); {
		case imported[string(r.key)]:
			r.Verdict = VerdictSame
		case there[mark] > 0:
			there[mark]--
			r.Verdict = VerdictSame
			r.note(about("credits", "there_already"))
		}
	}
	return nil
}

// readPack reads the cells of a row. The last day is the last on which the credits are valid.
func (im *importRun) readPack(r *importedRow, types map[string][]int64) *importedPack {
	p := &importedPack{credits: im.number(r, "credits", 0, CreditsMax, 0)}
	if im.text(r, "credits") == "" {
		r.wrong("credits", "missing")
	}
	p.Name, p.Note, p.Quantity = im.text(r, "pack"), im.text(r, "note"), p.credits
	if day := im.day(r, "valid_from"); !day.IsZero() {
		p.ValidFrom = WallTime(day, 0, 0, im.studio.Zone)
	}
	if day := im.day(r, "expires"); !day.IsZero() {
		p.ExpiresAt = WallTime(day.AddDate(0, 0, 1), 0, 0, im.studio.Zone)
	}
	var f Faults
	f.wantPlain(p.Name, NameMax, "pack")
	f.wantPlain(p.Note, RemarkMax, "note")
	inOrder := p.ExpiresAt.IsZero() || p.ValidFrom.Before(p.ExpiresAt)
	f.Want(p.ValidFrom.IsZero() || saneYear(p.ValidFrom) && inOrder, "valid_from", "range")
	f.Want(p.ExpiresAt.IsZero() || saneYear(p.ExpiresAt), "expires", "range")
	for _, name := range im.list(r, "class_types") {
		if ids := types[Fold(name)]; len(ids) == 1 {
			p.TypeIDs = append(p.TypeIDs, ids[0])
		} else {
			f.add(about("class_types", "unknown_type", "name", name))
		}
	}
	slices.Sort(p.TypeIDs)
	p.TypeIDs = slices.Compact(p.TypeIDs)
	for _, e := range f {
		r.refuse(e)
	}
	return p
}

// text is what makes a row the same as another one.
func (p *importedPack) text() string {
	return fmt.Sprintf("%d|%s|%d|%d|%d|%v|%s", p.PersonID, Fold(p.Name), p.credits, unixOrZero(p.ValidFrom), unixOrZero(p.ExpiresAt),
		p.TypeIDs, strings.ToLower(p.Note))
}

// mark is what a pack of the studio has in common with the row that an export makes of it.
func (p *importedPack) mark(zone *time.Location) string {
	return packMark(p.PersonID, p.Name, p.credits, p.ExpiresAt, p.TypeIDs, zone)
}

func packMark(personID int64, name string, left int, expires time.Time, types []int64, zone *time.Location) string {
	day := ""
	if !expires.IsZero() {
		day = expires.Add(-time.Microsecond).In(zone).Format(time.DateOnly)
	}
	return fmt.Sprintf("%d|%s|%d|%s|%v", personID, Fold(name), left, day, types)
}

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// packsThere counts the packs with credits that the people of the rows have, by packMark.
func (im *importRun) packsThere(ctx context.Context, tx pgx.Tx) (map[string]int, error) {
	var people []int64
	for _, r := range im.rows {
		if r.Verdict == "" {
			people = append(people, r.TargetID)
		}
	}
	there := map[string]int{}
	rows, _ := tx.Query(ctx, `
		select g.person_id, g.name, g.remaining, g.expires_at, array(select x from unnest(g.class_type_ids) x order by x) from account g
		where g.kind = 'grant' and g.person_id = any($1) and g.remaining > 0 and (g.expires_at < $2) is not true`, people, im.now)
	err := each(rows, func(rows pgx.Rows) error {
		var id int64
		var name string
		var left int
		var expires time.Time
		var types []int64
		err := rows.Scan(&id, &name, &left, at{&expires}, &types)
		there[packMark(id, name, left, expires, types, im.studio.Zone)]++
		return err
	})
	return there, during("reading the packs of members", err)
}

// foldedNames reads ids by folded name.
func foldedNames(ctx context.Context, tx pgx.Tx, sql string) (map[string][]int64, error) {
	ids := map[string][]int64{}
	var id int64
	var name string
	rows, _ := tx.Query(ctx, sql)
	_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		ids[Fold(name)] = append(ids[Fold(name)], id)
		return nil
	})
	return ids, during("reading names", err)
}

// importedBefore returns which of the keys an earlier import has written.
func importedBefore(ctx context.Context, tx pgx.Tx, kind ImportKind, keys [][]byte) (map[string]bool, error) {
	known := map[string]bool{}
	var key []byte
	rows, _ := tx.Query(ctx, `select key from imported where kind = $1 and key = any($2)`, kind, keys)
	_, err := pgx.ForEachRow(rows, []any{&key}, func() error {
		known[string(key)] = true
		return nil
	})
	return known, during("reading what was imported before", err)
}

// writePacks issues the credits. People are not locked: an operation that reads their credits
// meanwhile sees none of these, and packsImported lets the waitlists look again.
func writePacks(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error) {
	var added []*importedRow
	for _, r := range im.rows {
		if r.Verdict == VerdictNew {
			added = append(added, r)
		}
	}
	ids, err := idsFor(ctx, tx, len(added))
	if err != nil {
		return nil, err
	}
	grants := column(added, func(*importedRow) int64 { return ids.next() })
	write := func(table, columns string, row func(i int, p *importedPack) []any) {
		if err != nil {
			return
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{table}, strings.Fields(columns), pgx.CopyFromSlice(len(added), func(i int) ([]any, error) {
			return row(i, added[i].value.(*importedPack)), nil
		}))
		err = during("writing imported credits to "+table, err)
	}
	write("account", "id kind person_id name quantity valid_from expires_at class_type_ids remaining created_by imported",
		func(i int, p *importedPack) []any {
			if i%1000 == 0 {
				im.progress(i)
			}
			from := im.now
			if !p.ValidFrom.IsZero() {
				from = p.ValidFrom
			}
			return []any{
				grants[i], "grant", p.PersonID, p.Name, p.credits, from, orNil(p.ExpiresAt), p.TypeIDs, p.credits,
				idOrNil(im.actor.ID), true,
			}
		})
	write("transfer", "from_id to_id amount kind at actor_id note", func(i int, p *importedPack) []any {
		return []any{int64(accountIssued), grants[i], p.credits, string(TransferGrant), im.now, idOrNil(im.actor.ID), p.Note}
	})
	write("imported", "kind key import_id person_id target_id", func(i int, p *importedPack) []any {
		return []any{string(im.Kind), added[i].key, im.ID, p.PersonID, grants[i]}
	})
	if err != nil {
		return nil, err
	}
	err = im.recordRows(ctx, tx, verbGrantCredits, added, func(r *importedRow) map[string]any {
		p := r.value.(*importedPack)
		return map[string]any{"quantity": p.credits, "name": p.Name, "import": im.ID}
	})
	if err != nil {
		return nil, err
	}
	// If the node ends before packsImported, the sweep finds these classes.
	_, err = tx.Exec(ctx, noteRechecksSQL, column(added, func(r *importedRow) int64 { return r.TargetID }))
	return nil, during("noting the waitlists of an import", err)
}

// packsImported shows people their credits, and considers the waiters who were passed over for lack
// of credits. It locks a few people at a time, so that the front desk can go on.
func packsImported(ctx context.Context, e *Engine, im *importRun) (changes []Change, err error) {
	var people []int64
	for _, r := range im.rows {
		if r.Verdict == VerdictNew {
			people = append(people, r.TargetID)
		}
	}
	slices.Sort(people)
	for some := range slices.Chunk(slices.Compact(people), 500) {
		err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `select from person where id = any($1) order by id for no key update`, some); err != nil {
				return err
			}
			rows, _ := tx.Query(ctx, `update person set version = version + 1 where id = any($1) returning id, version`, some)
			list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Change, error) {
				c := Change{Kind: PersonChange}
				return c, row.Scan(&c.ID, &c.Version)
			})
			changes = append(changes, list...)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, noteRechecksSQL, some)
			return err
		})
		if err != nil {
			return changes, during("showing imported credits", err)
		}
	}
	e.recheckSoon() // the sweep tries the dates of recurring bookings that lacked credits
	return changes, nil
}
