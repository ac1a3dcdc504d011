package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Credits is a person's balance, grants and ledger.
type Credits struct {
	Balance int           // credits of all types that have not expired
	Grants  []Grant       // grants with credits left, by expiry
	Ledger  []LedgerEntry // newest first, at most 200
}

// Grant is an amount of credits that a person received at once.
type Grant struct {
	ID                   int64
	Name                 string
	Quantity, Remaining  int       // credits: issued, and left
	ValidFrom, ExpiresAt time.Time // zero ExpiresAt: never
}

// LedgerEntry is one movement of credits, as its owner sees it (rule 12).
type LedgerEntry struct {
	At            time.Time
	Kind          TransferKind
	Amount        int // negative: debited
	Balance       int // after this entry; expired credits count until they lapse
	BookingID     int64
	ClassID       int64
	ClassTitle    string
	ClassStartsAt time.Time
	ActorName     string // empty: the owner or the system
	GrantName     string
	Note          string
}

// Credits reads the balance, the grants and the ledger of a person. To everybody but the
// person and staff with SeeMembers it is NotFound.
func (rd *Reader) Credits(ctx context.Context, a Actor, personID int64) (Credits, error) {
	var c Credits
	if err := maySeePerson(a, personID); err != nil {
		return c, err
	}
	b := &pgx.Batch{}
	b.Queue(grantsSQL, personID).Query(func(rows pgx.Rows) (err error) {
		c.Grants, err = pgx.CollectRows(rows, scanListedGrant)
		return err
	})
	b.Queue(`
		select t.at, t.kind, t.signed, t.balance, coalesce(t.booking_id, 0), coalesce(k.id, 0), coalesce(k.title, ''), k.starts_at,
			coalesce(trim(x.given_name || ' ' || x.family_name), ''), t.name, t.note
		from (
			select t.id, t.at, t.kind, t.booking_id, t.actor_id, t.note, a.name, m.signed, sum(m.signed) over (order by t.id) as balance
			from account a
			join transfer t on t.from_id = a.id or t.to_id = a.id
			cross join lateral (select case when t.to_id = a.id then t.amount else -t.amount end as signed) m
			where a.kind = 'grant' and a.person_id = $1) t
		left join booking b on b.id = t.booking_id
		left join class k on k.id = b.class_id
		left join person x on x.id = t.actor_id and x.id <> $1
		order by t.id desc limit 200`, personID).Query(func(rows pgx.Rows) (err error) {
		c.Ledger, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (LedgerEntry, error) {
			var l LedgerEntry
			err := row.Scan(&l.At, &l.Kind, &l.Amount, &l.Balance, &l.BookingID, &l.ClassID, &l.ClassTitle, at{&l.ClassStartsAt},
				&l.ActorName, &l.GrantName, &l.Note)
			return l, err
		})
		return err
	})
	b.Queue(readBalanceSQL, personID).QueryRow(func(row pgx.Row) error { return row.Scan(&c.Balance) })
	return c, during("reading credits", rd.readPool.SendBatch(ctx, b).Close())
}

const grantsSQL = `
	select id, name, quantity, remaining, valid_from, expires_at from account
	where kind = 'grant' and person_id = $1 and remaining > 0
	order by expires_at nulls last, id`

func scanListedGrant(row pgx.CollectableRow) (g Grant, err error) {
	err = row.Scan(&g.ID, &g.Name, &g.Quantity, &g.Remaining, at{&g.ValidFrom}, at{&g.ExpiresAt})
	return g, err
}

// Grants lists the actor's grants with credits left, by expiry.
func (rd *Reader) Grants(ctx context.Context, a Actor) ([]Grant, error) {
	rows, _ := rd.readPool.Query(ctx, grantsSQL, a.ID)
	list, err := pgx.CollectRows(rows, scanListedGrant)
	return list, during("reading grants", err)
}

var readBalanceSQL = `select ` + balanceSQL(`$1`)

func (rd *Reader) balance(ctx context.Context, personID int64) (n int, err error) {
	err = rd.readPool.QueryRow(ctx, readBalanceSQL, personID).Scan(&n)
	return n, during("reading a balance", err)
}

// lostRefunds lists the grants that paid for a booking and have expired since.
func (rd *Reader) lostRefunds(ctx context.Context, bookingID int64) ([]LostRefund, error) {
	rows, _ := rd.readPool.Query(ctx, `select g.name, g.expires_at, sum(t.amount)::int
		from transfer t join account g on g.id = t.from_id
		where t.booking_id = $1 and t.kind = 'debit' and `+expiredSQL+`
		group by g.id order by g.expires_at, g.id`, bookingID)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[LostRefund])
	return list, during("reading the grants that paid for a booking", err)
}
