package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// Each try of a password or a code is taken before it is checked, and given back if it was
// right. So tries that arrive at once are counted exactly, at all nodes together.

// tryLimit bounds the tries on one subject that are not given back. Free tries need no
// waiting. Each further one doubles the wait, from one second up to longest; after an hour
// without tries it begins anew. After daily tries the subject waits until the day is over
// that began with the first of them.
type tryLimit struct {
	free    int
	longest time.Duration
	daily   int
}

// A stranger can spend what an account or an address may try. So a single stranger waits
// longer, and gets fewer tries, than the account, and devices that the person has used before
// are counted apart.
var (
	accountTries = tryLimit{free: freeTries, longest: 20 * time.Second, daily: 100}        // an account, from everywhere
	pairTries    = tryLimit{free: freeTries, longest: time.Minute, daily: 50}              // an account, from one address
	addressTries = tryLimit{free: 20 * freeTries, longest: 15 * time.Minute, daily: 500}   // any accounts, from one address
	ownTries     = tryLimit{free: freeTries, longest: time.Minute, daily: 100}             // an account, from a known device or session
	codeTries    = tryLimit{free: freeTries, longest: time.Minute, daily: 100 * freeTries} // invitation codes, from one address
)

// freeTries is how many wrong passwords an account may get before waiting begins.
const freeTries = 5

// try is one try on a subject.
type try struct {
	subject  string // the database stores its hash
	personID int64  // of an account that exists; 0: none
	limit    tryLimit
	told     bool // the person is told of these tries
}

// forgetTriesSQL deletes the tries of a person's password.
const forgetTriesSQL = `delete from sign_in_failure where person_id = $1`

// takeTrySQL takes a try on a subject that need not wait. A subject that must wait gives no
// row. The row is locked before the condition is checked, so no two tries see the same count.
const takeTrySQL = `
	insert into sign_in_failure as f (subject, person_id, failures, blocked_until, at, day_tries, day_began, untold, untold_since)
	values ($1, $2, 1, to_timestamp(0), clock_timestamp(), 1, clock_timestamp(), $6, clock_timestamp())
	on conflict (subject) do update set (person_id, failures, blocked_until, at, day_tries, day_began, untold, untold_since) = (
		select $2::bigint, row_tries, greatest(
				case when row_tries >= $3 then excluded.at + least(interval '1 second' * 2 ^ least(row_tries - $3, 20), $4::interval) end,
				case when today >= $5 then since + interval '1 day' end,
				f.blocked_until),
			excluded.at, today, since, f.untold + $6, case when f.untold = 0 then excluded.at else f.untold_since end
		from (select
			case when f.at < excluded.at - interval '1 hour' then 1 else f.failures + 1 end as row_tries,
			case when f.day_began < excluded.at - interval '1 day' then 1 else f.day_tries + 1 end as today,
			case when f.day_began < excluded.at - interval '1 day' then excluded.at else f.day_began end as since) as n)
	where f.blocked_until <= excluded.at
	returning true`

// takeTries takes a try on each subject, or none. Refusal: Throttled. Tries on several
// subjects are taken in the order of their kinds, so that requests never wait for each other.
func (e *Engine) takeTries(ctx context.Context, tries []try) error {
	subjects := make([]string, len(tries))
	for i, t := range tries {
		subjects[i] = e.subjectHash(t.subject)
	}
	// A flood of tries that must wait anyway is refused without taking locks.
	wait, err := readWait(ctx, e.readPool, subjects)
	if err != nil {
		return during("reading the tries of a password", err)
	}
	if wait > 0 {
		return throttled(wait)
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		for i, t := range tries {
			told := 0
			if t.told {
				told = 1
			}
			var taken bool
			err := tx.QueryRow(ctx, takeTrySQL,
				subjects[i], idOrNil(t.personID), t.limit.free, t.limit.longest, t.limit.daily, told).Scan(&taken)
			if err == pgx.ErrNoRows {
				if wait, err = readWait(ctx, tx, subjects); err == nil {
					err = throttled(wait)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return refusalOr("counting a try of a password", err)
}

// readWait reads how many seconds the subjects must wait; 0 or less: they need not.
func readWait(ctx context.Context, db interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, subjects []string,
) (seconds float64, err error) {
	err = db.QueryRow(ctx, `select coalesce(max(extract(epoch from blocked_until - clock_timestamp())), 0)::float8
		from sign_in_failure where subject = any($1)`, subjects).Scan(&seconds)
	return seconds, err
}

func throttled(seconds float64) error {
	return refuse(Throttled, "seconds", max(1, int(math.Ceil(seconds))))
}

// giveBack undoes takeTries: the password was right, or it was not checked. A right password
// also ends the waiting of its account, but not that of an address, which others share.
func (e *Engine) giveBack(ctx context.Context, tries []try, right bool) error {
	b := &pgx.Batch{}
	for _, t := range tries {
		b.Queue(`
			update sign_in_failure set
				failures = case when $2 then 0 else greatest(failures - 1, 0) end,
				day_tries = greatest(day_tries - 1, 0), untold = greatest(untold - 1, 0),
				blocked_until = least(blocked_until, clock_timestamp())
			where subject = $1`, e.subjectHash(t.subject), right && t.personID != 0)
	}
	// The visitor may have left; the try was taken nevertheless.
	return during("giving back a try of a password", e.recordPool.SendBatch(context.WithoutCancel(ctx), b).Close())
}

// subjectHash is the stored form of a subject: e-mail addresses and addresses of clients
// cannot be read from the database alone.
func (e *Engine) subjectHash(subject string) string {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("try " + subject))
	return hex.EncodeToString(mac.Sum(nil))
}
