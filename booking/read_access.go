package booking

import (
	"context"
	"encoding/hex"

	"github.com/jackc/pgx/v5"
)

// Access is what sessions may see at one instant. It is read together with the names that
// are shown, so a name that was added after a right ended is never shown by that right.
type Access struct {
	actors      map[string]Actor   // by session id; ended sessions are missing
	instructors map[int64][2]int64 // by class: instructor and substitute
	unnoted     [][]byte           // hashes of sessions whose last use was noted more than a minute ago
}

// Access reads in one round trip which of the sessions are valid, what their people may do
// now, and which of the classes' rosters they may see.
func (rd *Reader) Access(ctx context.Context, sessions []string, rosters []int64) (Access, error) {
	b := &pgx.Batch{}
	access := queueAccess(b, sessions)
	if len(rosters) > 0 {
		b.Queue(`
			select id, coalesce(instructor_id, 0), coalesce(substitute_id, 0)
			from class where id = any($1)`, rosters).Query(func(rows pgx.Rows) error {
			return each(rows, func(rows pgx.Rows) error {
				var id, instructor, substitute int64
				err := rows.Scan(&id, &instructor, &substitute)
				access.instructors[id] = [2]int64{instructor, substitute}
				return err
			})
		})
	}
	err := rd.pagePool.SendBatch(ctx, b).Close()
	return *access, during("reading the rights of sessions", err)
}

// queueAccess adds the query for the sessions to b. The caller fills
// instructors with a query in the same batch, which sees the same instant.
func queueAccess(b *pgx.Batch, sessions []string) *Access {
	access := &Access{actors: map[string]Actor{}, instructors: map[int64][2]int64{}}
	if len(sessions) == 0 {
		return access
	}
	b.Queue(`
		select s.token_hash, s.used_at < clock_timestamp() - interval '1 minute',
			p.id, p.role, trim(p.given_name || ' ' || p.family_name), coalesce(p.email, ''), p.language,
			s.second_factor_at is null and `+demandedSQL+`
		from session s join person p on p.id = s.person_id
		where s.token_hash = any($1) and s.expires_at > clock_timestamp()
			and s.used_at > clock_timestamp() - $2::interval
			and p.state = 'active'`, hashesOf(sessions), sessionIdle).Query(func(rows pgx.Rows) error {
		return each(rows, func(rows pgx.Rows) error {
			var hash []byte
			var due bool
			var a Actor
			err := rows.Scan(&hash, &due, &a.ID, &a.Role, &a.Name, &a.Email, &a.Language, &a.NeedsFactor)
			access.actors[hex.EncodeToString(hash)] = a
			if due {
				access.unnoted = append(access.unnoted, hash)
			}
			return err
		})
	})
	return access
}

// Actor returns the person of a valid session; false: the session has ended.
func (x Access) Actor(session string) (Actor, bool) {
	a, ok := x.actors[session]
	return a, ok
}

// Can reports whether the person of the session has the permission.
func (x Access) Can(session string, p Permission) bool { return x.actors[session].Can(p) }

// CanSeeRoster reports whether the person of the session may see the roster of a class that
// was asked for. It follows the same rule as [Reader.CanSeeRoster].
func (x Access) CanSeeRoster(session string, classID int64) bool {
	a, ok := x.actors[session]
	held, known := x.instructors[classID]
	return ok && known && a.canSeeRoster(held[0], held[1])
}
