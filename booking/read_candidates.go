package booking

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Candidate is a result of the search of "Add a member".
type Candidate struct {
	PersonID            int64
	Name, Number, Email string
	GivenName           string
	FamilyName          string
	Phone               string
	Credits             int // the balance: credits of all types that have not expired
	Booked, Waiting     bool
	Block               *Error // why the person cannot be booked; nil: the person can
}

// PersonName returns the name with what tells the person apart.
func (c Candidate) PersonName() PersonName {
	return PersonName{ID: c.PersonID, GivenName: c.GivenName, FamilyName: c.FamilyName, Number: c.Number, Email: c.Email, Phone: c.Phone}
}

// CandidatesMax is how many people [Reader.Candidates] returns.
const CandidatesMax = 10

// Candidates finds up to CandidatesMax members by parts of name, e-mail, number or telephone,
// best hit first, and tells how many more there are, counted up to CountLimit. Case, accents
// and umlauts do not matter. Refusals: Forbidden, Invalid, NotFound.
func (rd *Reader) Candidates(ctx context.Context, a Actor, classID int64, q string) (list []Candidate, more int, err error) {
	if !a.Can(EditParticipants) {
		return nil, 0, refuse(Forbidden)
	}
	wanted, err := readSearch(q)
	if err != nil || wanted.nobody() {
		return nil, 0, err
	}
	found := peopleQuery{search: wanted, order: directoryOrders["name"], limit: CandidatesMax}
	hits, total, err := rd.findPeople(ctx, found)
	if err != nil || len(hits) == 0 {
		return nil, 0, err
	}
	if total > len(hits) {
		counted, err := rd.countPeople(ctx, found)
		if err != nil {
			return nil, 0, err
		}
		total = max(total, counted)
	}
	s := &snapshot{classes: map[int64]*class{}, people: map[int64]*person{}}
	var order []int64
	var names []PersonName
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(studioSQL).QueryRow(func(row pgx.Row) (err error) { s.studio, err = scanStudio(row); return err })
	b.Queue(readClassSQL+` where c.id = $1`, classID).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanClass)
		for _, c := range list {
			s.classes[c.ID] = &class{Class: c}
			s.now = c.ReadAt
		}
		return err
	})
	b.Queue(`
		select set_config('terminplan.classes', $1, true), set_config('terminplan.people', $2::bigint[]::text, true)`,
		arrayText(classID), hits)
	b.Queue(`
		select id, role, state, trim(given_name || ' ' || family_name), version, given_name, family_name, coalesce(email, ''), number, phone
		from person where id = `+people+`
		order by array_position($1, id)`, hits).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			p := &person{}
			var n PersonName
			err := rows.Scan(&p.id, &p.role, &p.state, &p.name, &p.version, &n.GivenName, &n.FamilyName, &n.Email, &n.Number, &n.Phone)
			s.people[p.id] = p
			order, names = append(order, p.id), append(names, n)
			return err
		})
	})
	b.Queue(readBookingsSQL).Query(s.scanBookings)
	b.Queue(readEntriesSQL).Query(s.scanEntries)
	b.Queue(readGrantsSQL).Query(s.scanGrants)
	b.Queue("commit")
	if err := rd.readPool.SendBatch(ctx, b).Close(); err != nil {
		return nil, 0, during("searching members", err)
	}
	c := s.classes[classID]
	if c == nil {
		return nil, 0, refuse(NotFound)
	}
	list = make([]Candidate, 0, len(order))
	for i, id := range order {
		p, n := s.people[id], names[i]
		list = append(list, Candidate{
			PersonID: id, Name: p.name, GivenName: n.GivenName, FamilyName: n.FamilyName, Email: n.Email, Number: n.Number, Phone: n.Phone,
			Credits: p.balance(s.now),
			Booked:  c.bookingOf(id) != nil, Waiting: c.entryOf(id) != nil, Block: s.denial(p, c, viaDesk),
		})
	}
	return list, total - len(hits), nil
}
