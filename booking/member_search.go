package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// SearchText is what a search looks into: family, given name, e-mail, number and
// the digits of the phone. It begins with the family name: see findPeople.
func SearchText(given, family, email, number, phone string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, phone)
	return strings.TrimSpace(fold(fmt.Sprintf("%s %s %s %s %s", family, given, email, number, digits)))
}

// fold makes names comparable as a desk types them: without case and accents,
// and with ü, ue and u alike.
func fold(s string) string {
	s = strings.ToLower(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(s, "ß", "ss")) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ł", "l", "ø", "o", "đ", "d").Replace(b.String())
}

// search is what somebody looks for in the names of people.
type search struct{ words []string }

// readSearch folds what was typed as the names are folded. A telephone number may
// have spaces and strokes in it and begin with the country's code.
func readSearch(q string) (search, error) {
	if !plainText(q, 100) {
		return search{}, invalid("q", "text")
	}
	if number := phoneDigits(q); number != "" {
		return search{words: []string{number}}, nil
	}
	words := strings.Fields(fold(q))
	return search{words: words[:min(len(words), 8)]}, nil
}

// phoneDigits are the digits of a telephone number without the prefix that is
// dialled or left out; empty: it is something else.
func phoneDigits(q string) string {
	q = strings.TrimSpace(q)
	rest := strings.NewReplacer(" ", "", "/", "", "-", "", "(", "", ")", "", "+", "").Replace(q)
	if rest == q || len(rest) < 6 || strings.ContainsFunc(rest, func(r rune) bool { return r < '0' || r > '9' }) {
		return ""
	}
	if strings.HasPrefix(q, "+") || strings.HasPrefix(rest, "00") {
		rest = strings.TrimPrefix(rest, "00")
		rest = rest[min(2, len(rest)):] // the country's code
	}
	return strings.TrimPrefix(rest, "0")
}

// pattern is for "like": any text that holds the word.
func pattern(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}

// finding is what people are looked for by, and in which order they come.
type peopleQuery struct {
	search
	filter, order string // SQL of our own, over person p
	limit, offset int
}

// findable are those whom a search may find; the partial indexes say the same.
const searchablePeople = ` from person p where p.role <> 'guest' and p.state <> 'erased'`

// mostAlike is how many come who are only almost spelled so: no pages.
const similarLimit = 20

// findPeople returns the ids of members and staff. Of those who are spelled so, the
// ones whose family name begins so come first, so that a name that thousands share
// is read from an index in its order. Only if there is nobody, those come who are
// almost spelled so. Where a search is made, total counts no further than one past
// the page: counting three thousand Müllers would cost more than showing fifty.
// Without a search it counts up to CountLimit and one.
func (e *Engine) findPeople(ctx context.Context, f peopleQuery) (ids []int64, total int, err error) {
	if len(f.words) == 0 {
		ids, err = e.queryIDs(ctx, planPerQuery, fmt.Sprintf(`select p.id%s%s order by %s limit $1 offset $2`, searchablePeople, f.filter, f.order), f.limit, f.offset)
		total = f.offset + len(ids)
		if err == nil && (len(ids) == f.limit || len(ids) == 0 && f.offset > 0) {
			err = e.readPool.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select%s%s limit %d) x`, searchablePeople, f.filter, CountLimit+1)).Scan(&total)
		}
		return ids, total, during("reading the directory", err)
	}
	ids, err = e.findExact(ctx, f)
	if err == nil && len(ids) == 0 && f.offset == 0 {
		ids, err = e.findSimilar(ctx, f)
	}
	total = f.offset + len(ids)
	return ids[:min(len(ids), f.limit)], total, during("searching people", err)
}

// spelledSo returns a page of those whose text holds all words, and one more if there is one.
func (e *Engine) findExact(ctx context.Context, f peopleQuery) (ids []int64, err error) {
	limit, offset := f.limit+1, f.offset
	filter, args := f.filter, []any(nil)
	if f.order == directoryOrders["name"] {
		// A range, since an index cannot serve "like" of a parameter.
		const begins = `p.search collate "C" >= $1 and p.search collate "C" < $2`
		prefix := strings.Join(f.words, " ")
		args = []any{prefix, prefix + string(unicode.MaxRune)}
		ids, err = e.queryIDs(ctx, planOnce, fmt.Sprintf(`select p.id%s%s and %s order by p.search collate "C", p.id limit $3 offset $4`, searchablePeople, f.filter, begins), append(args[:2:2], limit, offset)...)
		if err != nil || len(ids) == limit {
			return ids, err
		}
		first := offset + len(ids)
		if len(ids) == 0 && offset > 0 {
			if err := e.readPool.QueryRow(ctx, fmt.Sprintf(`select count(*)%s%s and %s`, searchablePeople, f.filter, begins), args...).Scan(&first); err != nil {
				return nil, err
			}
		}
		limit, offset = limit-len(ids), max(offset-first, 0)
		filter += ` and not (` + begins + `)`
	}
	for _, w := range f.words { // a condition for each, so that each can use the index
		args = append(args, pattern(w))
		filter += fmt.Sprintf(` and p.search like $%d`, len(args))
	}
	others, err := e.queryIDs(ctx, planPerQuery, fmt.Sprintf(`select p.id%s%s order by %s limit $%d offset $%d`, searchablePeople, filter, f.order, len(args)+1, len(args)+2), append(args, limit, offset)...)
	return append(ids, others...), err
}

// almostSpelledSo puts the words of names that are most like them in the place of
// what was typed: first those who have the likeliest of each, then those who have
// others. Names are far fewer than people, so this costs little among very many.
func (e *Engine) findSimilar(ctx context.Context, f peopleQuery) ([]int64, error) {
	alike, err := e.similarWords(ctx, f.words)
	if err != nil {
		return nil, err
	}
	meant := f
	meant.words, meant.limit = nil, min(f.limit, similarLimit)-1 // spelledSo returns one more
	for _, list := range alike {
		meant.words = append(meant.words, list[0])
	}
	if slices.Equal(meant.words, f.words) {
		return nil, nil
	}
	ids, err := e.findExact(ctx, meant)
	if err != nil || len(ids) > meant.limit {
		return ids, err
	}
	filter, args := f.filter+` and p.id <> all($1)`, []any{append([]int64{}, ids...)}
	for _, list := range alike {
		for i := range list {
			list[i] = pattern(list[i])
		}
		args = append(args, list)
		filter += fmt.Sprintf(` and p.search like any($%d)`, len(args))
	}
	args = append(args, meant.limit+1-len(ids))
	others, err := e.queryIDs(ctx, planPerQuery, fmt.Sprintf(`select p.id%s%s order by %s limit $%d`, searchablePeople, filter, f.order, len(args)), args...)
	return append(ids, others...), err
}

// alikeSQL sets how like a word must be, for the statements after it in the transaction.
const similaritySQL = `select set_config('pg_trgm.word_similarity_threshold', '0.45', true)`

// alike returns for each word the words of names that are most like it, the
// likeliest first; itself where there are none or it is too short to tell.
func (e *Engine) similarWords(ctx context.Context, words []string) ([][]string, error) {
	list := make([][]string, len(words))
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(similaritySQL)
	for i, w := range words {
		if list[i] = []string{w}; len(w) <= 3 {
			continue
		}
		b.Queue(`select word from name_word where $1 <% word order by similarity($1, word) desc, word limit 3`, w).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if len(found) > 0 {
				list[i] = found
			}
			return err
		})
	}
	b.Queue("commit")
	return list, e.readPool.SendBatch(ctx, b).Close()
}

// A plan is made for the words that are asked for, since one for all words walks a
// hundred thousand names for a rare one; or once, where one fits all words.
const (
	planSQL      = `select set_config('plan_cache_mode', $1, true)`
	planPerQuery = "force_custom_plan"
	planOnce     = "force_generic_plan"
)

// idsOf asks for ids with a plan that is made so.
func (e *Engine) queryIDs(ctx context.Context, plan, sql string, args ...any) (ids []int64, err error) {
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(planSQL, plan)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) { ids, err = collectIDs(rows); return err })
	b.Queue("commit")
	return ids, e.readPool.SendBatch(ctx, b).Close()
}

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
	ids, total, err := e.findPeople(ctx, peopleQuery{search: s, filter: filter, order: order, limit: min(max(q.Limit, 1), 200), offset: max(q.Offset, 0)})
	if err != nil {
		return nil, 0, err
	}
	rows, _ := e.readPool.Query(ctx, memberSQL+` where p.id = any($1) order by array_position($1, p.id)`, ids)
	list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Member])
	return list, total, during("reading the directory", err)
}
