package booking

import (
	"context"

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

// Members reads a page of the directory. total counts no further than CountLimit
// and one, in a search no further than one past the page. Where nobody is spelled
// as searched for, those come who almost are, the likeliest first.
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
	ids, total, err := e.findPeople(ctx, finding{search: s, filter: filter, order: order, limit: min(max(q.Limit, 1), 200), offset: max(q.Offset, 0)})
	if err != nil {
		return nil, 0, err
	}
	rows, _ := e.pool.Query(ctx, memberSQL+` where p.id = any($1) order by array_position($1, p.id)`, ids)
	list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
	return list, total, during("reading the directory", err)
}
