package booking

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// duplicates is what an [AddRequest] compares its people with, to ask whether somebody would
// get two seats. It is read before the class is locked: of two requests at the same moment
// both may succeed, as they may after a confirmation.
type duplicates struct {
	seated  []PersonName // with a seat in the class
	members []PersonName // with the e-mail address of one of the guests to add, or to be added themselves
}

func (rd *Reader) readDuplicates(ctx context.Context, r AddRequest) (d duplicates, err error) {
	if r.ConfirmDuplicate {
		return d, nil
	}
	emails := []string{}
	for _, g := range r.Guests {
		if g.Email != "" {
			emails = append(emails, emailSpellings(g.Email)...)
		}
	}
	b := &pgx.Batch{}
	read := func(list *[]PersonName) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			return each(rows, func(rows pgx.Rows) error {
				var n PersonName
				err := rows.Scan(scanPersonName(&n)...)
				*list = append(*list, n)
				return err
			})
		}
	}
	b.Queue(`
		select `+personNameColumns+` from booking b join person p on p.id = b.person_id
		where b.class_id = $1 and b.ended_at is null
		order by b.id`, r.ClassID).Query(read(&d.seated))
	b.Queue(`
		select `+personNameColumns+` from person p
		where p.role <> 'guest' and p.state = 'active' and (lower(p.email) = any($1) or p.id = any($2))`,
		emails, append([]int64{}, r.MemberIDs...)).Query(read(&d.members))
	return d, during("looking for people who are added twice", rd.readPool.SendBatch(ctx, b).Close())
}

// guest returns the question whether a guest shall have a seat of the own, or nil. before are
// the guests of the request before this one.
func (d duplicates) guest(g Guest, before []Guest) *Error {
	name := PersonName{GivenName: g.Name}.Folded()
	same := func(other, email string) bool {
		return other == name && (email == "" || g.Email == "" || normalEmail(email) == normalEmail(g.Email))
	}
	if slices.ContainsFunc(d.seated, func(n PersonName) bool { return n.Guest && same(n.Folded(), n.Email) }) ||
		slices.ContainsFunc(before, func(b Guest) bool { return same(PersonName{GivenName: b.Name}.Folded(), b.Email) }) {
		return refuse(Duplicate, "why", "listed", "name", g.Name)
	}
	for _, m := range d.members {
		if g.Email == "" || !slices.Contains(emailSpellings(g.Email), m.Email) {
			continue
		}
		if slices.ContainsFunc(d.seated, func(n PersonName) bool { return n.ID == m.ID }) {
			return refuse(Duplicate, "why", "listed", "name", m.Name())
		}
		return refuse(Duplicate, "why", "member", "name", m.Name(), "person_id", m.ID)
	}
	return nil
}

// member returns the question whether a member who has a seat as a guest shall have another
// one, or nil.
func (d duplicates) member(id int64) *Error {
	at := slices.IndexFunc(d.members, func(m PersonName) bool { return m.ID == id })
	if at < 0 {
		return nil
	}
	m := d.members[at]
	if m.Email == "" || !slices.ContainsFunc(d.seated, func(n PersonName) bool {
		return n.Guest &&
			normalEmail(n.Email) == normalEmail(m.Email)
	}) {
		return nil
	}
	return refuse(Duplicate, "why", "listed", "name", m.Name())
}
