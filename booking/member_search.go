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

// SearchText is the text that a search compares: family name, given name, e-mail, number
// and the digits of the telephone number, folded. It begins with the family name, see
// findPeople.
func SearchText(given, family, email, number, phone string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, phone)
	return strings.TrimSpace(fold(fmt.Sprintf("%s %s %s %s %s", family, given, email, number, digits)))
}

// fold removes case and accents and treats ü, ue and u alike, as people type names.
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

// search is the folded words of a search.
type search struct{ words []string }

// readSearch folds the input like the names. A telephone number may contain spaces and
// hyphens and begin with a country code.
func readSearch(q string) (search, error) {
	if !plainText(q, NameMax) {
		return search{}, invalid("q", "text")
	}
	if number := phoneDigits(q); number != "" {
		return search{words: []string{number}}, nil
	}
	words := strings.Fields(fold(q))
	return search{words: words[:min(len(words), 8)]}, nil
}

// phoneDigits returns the digits of a telephone number without country code and leading
// zero; empty: the input is no telephone number.
func phoneDigits(q string) string {
	q = strings.TrimSpace(q)
	rest := strings.NewReplacer(" ", "", "/", "", "-", "", "(", "", ")", "", "+", "").Replace(q)
	if rest == q || len(rest) < 6 || strings.ContainsFunc(rest, func(r rune) bool { return r < '0' || r > '9' }) {
		return ""
	}
	if strings.HasPrefix(q, "+") || strings.HasPrefix(rest, "00") {
		rest = strings.TrimPrefix(rest, "00")
		rest = rest[min(2, len(rest)):] // the country code
	}
	return strings.TrimPrefix(rest, "0")
}

// pattern is a pattern of "like" for any text that contains the word.
func pattern(word string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
}

// peopleQuery is a search with its filter, order and page.
type peopleQuery struct {
	search
	filter, order string // SQL of this package, over person p
	limit, offset int
}

// searchablePeople are the people that a search may find. The partial indexes have the same
// condition.
const searchablePeople = ` from person p where p.role <> 'guest' and p.state <> 'erased'`

// similarLimit is how many people with similar names a search returns, on one page.
const similarLimit = 20

// findPeople returns the ids of members and staff. People whose family name begins with the
// words come first, so a name that thousands share is read from an index in its order.
// People with similar names are returned only if nobody matches. In a search, total counts
// at most one past the page: counting three thousand Müllers would cost more than showing
// fifty. Without a search it counts up to CountLimit+1.
func (rd *Reader) findPeople(ctx context.Context, f peopleQuery) (ids []int64, total int, err error) {
	if len(f.words) == 0 {
		page := fmt.Sprintf(`select p.id%s%s order by %s limit $1 offset $2`, searchablePeople, f.filter, f.order)
		ids, err = rd.queryIDs(ctx, planPerQuery, page, f.limit, f.offset)
		total = f.offset + len(ids)
		if err == nil && (len(ids) == f.limit || len(ids) == 0 && f.offset > 0) {
			count := fmt.Sprintf(`select count(*) from (select%s%s limit %d) x`, searchablePeople, f.filter, CountLimit+1)
			err = rd.readPool.QueryRow(ctx, count).Scan(&total)
		}
		return ids, total, during("reading the directory", err)
	}
	ids, err = rd.findExact(ctx, f)
	if err == nil && len(ids) == 0 && f.offset == 0 {
		ids, err = rd.findSimilar(ctx, f)
	}
	total = f.offset + len(ids)
	return ids[:min(len(ids), f.limit)], total, during("searching people", err)
}

// findExact returns a page of the people whose text contains all words, and one more if
// there is one.
func (rd *Reader) findExact(ctx context.Context, f peopleQuery) (ids []int64, err error) {
	limit, offset := f.limit+1, f.offset
	filter, args := f.filter, []any(nil)
	if f.order == directoryOrders["name"] {
		// A range, since an index cannot serve "like" with a parameter.
		const begins = `p.search collate "C" >= $1 and p.search collate "C" < $2`
		prefix := strings.Join(f.words, " ")
		args = []any{prefix, prefix + string(unicode.MaxRune)}
		page := fmt.Sprintf(`select p.id%s%s and %s
			order by p.search collate "C", p.id limit $3 offset $4`, searchablePeople, f.filter, begins)
		ids, err = rd.queryIDs(ctx, planOnce, page, append(args[:2:2], limit, offset)...)
		if err != nil || len(ids) == limit {
			return ids, err
		}
		first := offset + len(ids)
		if len(ids) == 0 && offset > 0 {
			count := fmt.Sprintf(`select count(*)%s%s and %s`, searchablePeople, f.filter, begins)
			if err := rd.readPool.QueryRow(ctx, count, args...).Scan(&first); err != nil {
				return nil, err
			}
		}
		limit, offset = limit-len(ids), max(offset-first, 0)
		filter += ` and not (` + begins + `)`
	}
	for _, w := range f.words { // one condition for each word, so that each can use the index
		args = append(args, pattern(w))
		filter += fmt.Sprintf(` and p.search like $%d`, len(args))
	}
	args = append(args, limit, offset)
	page := fmt.Sprintf(`select p.id%s%s order by %s limit $%d offset $%d`,
		searchablePeople, filter, f.order, len(args)-1, len(args))
	others, err := rd.queryIDs(ctx, planPerQuery, page, args...)
	return append(ids, others...), err
}

// findSimilar replaces the words by the most similar words of names. People who match the
// most similar name for every word come first, then people who match other similar names. There are far fewer names
// than people, so this is cheap in a big studio too.
func (rd *Reader) findSimilar(ctx context.Context, f peopleQuery) ([]int64, error) {
	alike, err := rd.similarWords(ctx, f.words)
	if err != nil {
		return nil, err
	}
	meant := f
	meant.words, meant.limit = nil, min(f.limit, similarLimit)-1 // findExact returns one more
	for _, list := range alike {
		meant.words = append(meant.words, list[0])
	}
	if slices.Equal(meant.words, f.words) {
		return nil, nil
	}
	ids, err := rd.findExact(ctx, meant)
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
	page := fmt.Sprintf(`select p.id%s%s order by %s limit $%d`, searchablePeople, filter, f.order, len(args))
	others, err := rd.queryIDs(ctx, planPerQuery, page, args...)
	return append(ids, others...), err
}

// similaritySQL sets the required similarity for the rest of the transaction.
const similaritySQL = `select set_config('pg_trgm.word_similarity_threshold', '0.45', true)`

// similarWords returns for each word the most similar words of names, best first. It
// returns the word itself if there are none or if the word has at most three bytes.
func (rd *Reader) similarWords(ctx context.Context, words []string) ([][]string, error) {
	list := make([][]string, len(words))
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(similaritySQL)
	for i, w := range words {
		if list[i] = []string{w}; len(w) <= 3 {
			continue
		}
		b.Queue(`
			select word from name_word where $1 <% word
			order by similarity($1, word) desc, word limit 3`, w).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if len(found) > 0 {
				list[i] = found
			}
			return err
		})
	}
	b.Queue("commit")
	return list, rd.readPool.SendBatch(ctx, b).Close()
}

// How a statement is planned: for each set of words, since one plan for all words reads a
// hundred thousand names for a rare one; or once, if one plan fits all words.
const (
	planSQL      = `select set_config('plan_cache_mode', $1, true)`
	planPerQuery = "force_custom_plan"
	planOnce     = "force_generic_plan"
)

// queryIDs runs a query for ids with the given plan mode.
func (rd *Reader) queryIDs(ctx context.Context, plan, sql string, args ...any) (ids []int64, err error) {
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(planSQL, plan)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) { ids, err = collectIDs(rows); return err })
	b.Queue("commit")
	return ids, rd.readPool.SendBatch(ctx, b).Close()
}

// DirectoryQuery selects and orders a page of the directory.
type DirectoryQuery struct {
	Search string // parts of name, e-mail, number or telephone; typing errors are tolerated
	Who    string // members, staff or suspended; empty: all
	Sort   string // name, newest or number; empty: name
	Limit  int    // people on the page, 1 to 200
	Offset int    // people on the pages before
}

// CountLimit is where the directory stops counting. A larger total is CountLimit+1.
const CountLimit = 1000

var (
	directoryFilters = map[string]string{
		"":          "",
		"members":   ` and p.role = 'member'`,
		"staff":     ` and p.role not in ('member', 'guest')`,
		"suspended": ` and p.state = 'suspended'`,
	}
	directoryOrders = map[string]string{
		"":       `p.family_name, p.given_name, p.id`,
		"name":   `p.family_name, p.given_name, p.id`,
		"newest": `p.created_at desc, p.id desc`,
		"number": `p.number, p.id`,
	}
)

// Members reads a page of the directory, at most 200 people. total counts at most to
// CountLimit+1, in a search at most one past the page. If nobody matches the search, people
// with similar names are returned, best match first. Refusals: Forbidden, Invalid.
func (rd *Reader) Members(ctx context.Context, a Actor, q DirectoryQuery) (list []Member, total int, err error) {
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
	ids, total, err := rd.findPeople(ctx, peopleQuery{
		search: s, filter: filter, order: order, limit: min(max(q.Limit, 1), 200), offset: max(q.Offset, 0),
	})
	if err != nil {
		return nil, 0, err
	}
	rows, _ := rd.readPool.Query(ctx, memberSQL+` where p.id = any($1) order by array_position($1, p.id)`, ids)
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Member])
	return list, total, during("reading the directory", err)
}
