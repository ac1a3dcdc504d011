package booking

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DirectoryQuery chooses and orders the lines of the directory.
type DirectoryQuery struct {
	Search string // parts of name, e-mail, number or telephone; typing errors are forgiven
	Who    string // members, staff, suspended; empty: all
	Sort   string // name, newest, number; empty: name
	Limit  int
	Offset int
}

// CountLimit is where the directory stops counting: more is "more than that".
const CountLimit = 1000

var (
	directoryFilters = map[string]string{
		"": "", "members": ` and p.role = 'member'`, "staff": ` and p.role not in ('member', 'guest')`, "suspended": ` and p.state = 'suspended'`,
	}
	directoryOrders = map[string]string{
		"": `p.family_name, p.given_name, p.id`, "name": `p.family_name, p.given_name, p.id`, "newest": `p.created_at desc, p.id desc`, "number": `p.number, p.id`,
	}
)

// Members reads a page of the directory; total counts no further than CountLimit
// and one. Where nobody is spelled as searched for, those come who almost are.
func (e *Engine) Members(ctx context.Context, a Actor, q DirectoryQuery) (list []Member, total int, err error) {
	if !a.Can(SeeMembers) {
		return nil, 0, refuse(Forbidden)
	}
	filter, known := directoryFilters[q.Who]
	order, sorted := directoryOrders[q.Sort]
	if !known {
		return nil, 0, invalid("who", "choice")
	}
	if !sorted {
		return nil, 0, invalid("sort", "choice")
	}
	s, err := readSearch(q.Search)
	if err != nil {
		return nil, 0, err
	}
	for _, fuzzy := range []bool{false, true} {
		where, args := s.conditions("p.search", nil, fuzzy)
		found := ` where p.role <> 'guest' and p.state <> 'erased'` + filter + where
		limit, offset := min(max(q.Limit, 1), 200), max(q.Offset, 0)
		page := append(args[:len(args):len(args)], limit, offset)
		b := &pgx.Batch{}
		b.Queue("begin read only")
		b.Queue(fuzzySQL)
		b.Queue(memberSQL+found+fmt.Sprintf(` order by %s limit $%d offset $%d`, order, len(page)-1, len(page)), page...).Query(func(rows pgx.Rows) (err error) {
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
			return err
		})
		b.Queue("commit")
		if err = e.pool.SendBatch(ctx, b).Close(); err != nil {
			break
		}
		// Who is only almost spelled so is not counted beyond the page.
		if total = offset + len(list); !fuzzy && (len(list) == limit || len(list) == 0 && offset > 0) {
			// More than a page: they are counted, but not without end.
			c := &pgx.Batch{}
			c.Queue("begin read only")
			c.Queue(fuzzySQL)
			c.Queue(fmt.Sprintf(`select count(*) from (select from person p%s limit %d) x`, found, CountLimit+1), args...).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
			c.Queue("commit")
			err = e.pool.SendBatch(ctx, c).Close()
		}
		if err != nil || total > 0 || len(s.words) == 0 {
			break
		}
	}
	return list, total, during("reading the directory", err)
}
