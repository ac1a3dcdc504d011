package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// search is what a person typed to find people.
type search struct {
	typed  string   // as it is spelled, in lower case
	words  []string // folded; without those of emails
	emails []string // the words with "@", in lower case
	phone  []string // if the words are a telephone number or a member number: its patterns
	digits string
}

// nobody reports whether the search has nothing to look for; everybody, whether nothing was
// typed.
func (s search) nobody() bool    { return len(s.words) == 0 && len(s.emails) == 0 }
func (s search) everybody() bool { return s.typed == "" }

// searchWords is how many words of a search are compared, and prefixMax how many characters
// of them are compared in the order of names.
const (
	searchWords = 8
	prefixMax   = 90
)

// readSearch folds the input like the names. Input without letters is a telephone number or
// a member number.
func readSearch(q string) (search, error) {
	if err := textFault(q, NameMax, "q"); err != nil {
		return search{}, err
	}
	s := search{typed: strings.Join(strings.Fields(strings.ReplaceAll(strings.ToLower(norm.NFKC.String(q)), ",", " ")), " ")}
	if digits := digitsOf(s.typed); digits != "" && !strings.ContainsFunc(s.typed, func(r rune) bool {
		return !unicode.IsDigit(r) && !strings.ContainsRune("+/-().\u2010\u2011\u2013 ", r)
	}) {
		s.words, s.digits, s.phone = []string{digits}, digits, phonePatterns(s.typed)
		return s, nil
	}
	for word := range strings.FieldsSeq(s.typed) {
		if strings.Contains(word, "@") {
			s.emails = append(s.emails, normalEmail(word))
			continue
		}
		s.words = append(s.words, strings.Fields(Fold(word))...)
	}
	s.words = s.words[:min(len(s.words), searchWords)]
	s.emails = s.emails[:min(len(s.emails), searchWords)]
	return s, nil
}

// phoneLeast is how many digits after country code and leading zero tell people apart.
const phoneLeast = 3

// phonePatterns are the patterns of "like" for the beginning of a telephone number, see
// [SearchText].
func phonePatterns(typed string) []string {
	digits := digitsOf(typed)
	list := []string{`%# ` + digits + `%`, `% ` + digits + `%`}
	country, national := splitPhone(typed)
	if len(national) < phoneLeast {
		return list
	}
	if country != "" {
		return append(list, `%+ `+country+national+`%`, `%~ `+national+`%`, `%~ `+country+national+`%`)
	}
	return append(list, `%0 `+national+`%`, `%~ `+national+`%`)
}

// spaced and together are the words as one text, with and without blanks.
func (s search) spaced() string   { return strings.Join(s.words, " ") }
func (s search) together() string { return joined(s.words...) }

// sequences are the patterns for the words in the order in which they were typed. A single
// letter begins a word only if a longer word is before it: "müller l".
func (s search) sequences() []string {
	if len(s.words) < 2 {
		return nil
	}
	spaced, together := `% `+s.spaced()+`%`, `% `+s.together()+`%`
	if slices.ContainsFunc(s.words, singleLetter) {
		together = `% ` + s.together() + ` %`
	}
	if !slices.ContainsFunc(s.words, func(w string) bool { return !singleLetter(w) }) {
		spaced = `% ` + s.spaced() + ` %`
	}
	return []string{spaced, together}
}

// wordPatterns are the patterns for a word at the beginning of a name, or of a number. A
// single letter must be the whole name.
func (s search) wordPatterns(word string) []string {
	switch {
	case s.digits != "":
		return s.phone
	case singleLetter(word):
		return []string{`% ` + word + ` %`}
	}
	return []string{`% ` + word + `%`}
}

// The least letters and digits that are looked for within words.
const (
	innerLetters = 3
	innerDigits  = 5
)

// sqlArgs collects the arguments of a statement.
type sqlArgs []any

func (a *sqlArgs) add(v any) string {
	*a = append(*a, v)
	return fmt.Sprintf("$%d", len(*a))
}

// found is the condition for people whom the search means, without typing errors. If inner
// is true, words may also begin within a word.
func (s search) found(a *sqlArgs, inner bool) string {
	var all []string
	for _, word := range s.emails {
		at := a.add(pattern(word))
		all = append(all, `(p.email like `+at+` or p.shared_email like `+at+`)`)
	}
	for _, w := range s.words {
		list := s.wordPatterns(w)
		if least := innerLetters; inner {
			if s.digits != "" {
				least = innerDigits
			}
			if utf8.RuneCountInString(w) >= least {
				list = append(list[:len(list):len(list)], pattern(w))
			}
		}
		all = append(all, `p.search like any(`+a.add(list)+`)`)
	}
	condition := strings.Join(all, ` and `)
	if list := s.sequences(); list != nil && len(s.emails) == 0 {
		condition = `(` + condition + ` or p.search like any(` + a.add(list) + `))`
	}
	return ` and ` + condition
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

// similarLimit is how many people with similar names a search returns.
const similarLimit = 20

// foldedName is the beginning of a search text: the folded names and the number. An index
// has it in this order.
const foldedName = `left(p.search, 100) collate "C"`

// findPeople returns the ids of members and staff. Without a search total counts up to
// CountLimit+1. In a search total counts at most one past the page: counting three thousand
// Müllers would cost more than showing fifty.
func (rd *Reader) findPeople(ctx context.Context, f peopleQuery) (ids []int64, total int, err error) {
	switch {
	case f.everybody():
		page := fmt.Sprintf(`select p.id%s%s order by %s limit $1 offset $2`, searchablePeople, f.filter, f.order)
		ids, err = rd.queryIDs(ctx, planPerQuery, page, f.limit, f.offset)
		total = f.offset + len(ids)
		if err == nil && (len(ids) == f.limit || len(ids) == 0 && f.offset > 0) {
			count := fmt.Sprintf(`select count(*) from (select%s%s limit %d) x`, searchablePeople, f.filter, CountLimit+1)
			err = rd.readPool.QueryRow(ctx, count).Scan(&total)
		}
		return ids, total, during("reading the directory", err)
	case f.nobody():
		return nil, 0, nil
	}
	wanted := f.offset + f.limit + 1
	r := ranking{rd: rd, peopleQuery: f, wanted: wanted}
	if f.order == directoryOrders["name"] {
		err = r.byRank(ctx)
	} else {
		err = r.byOrder(ctx)
	}
	total = len(r.ids)
	ids = r.ids[min(f.offset, total):min(f.offset+f.limit, total)]
	return ids, total, during("searching people", err)
}

// countPeople counts the hits of a search, up to CountLimit. People with similar names are not
// counted: there is one page of them.
func (rd *Reader) countPeople(ctx context.Context, f peopleQuery) (n int, err error) {
	var a sqlArgs
	condition := f.found(&a, true)
	count := fmt.Sprintf(`select count(*) from (select%s%s%s limit %s) x`, searchablePeople, f.filter, condition, a.add(CountLimit))
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(planSQL, planPerQuery)
	b.Queue(count, a...).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
	b.Queue("commit")
	return n, during("counting people", rd.readPool.SendBatch(ctx, b).Close())
}

// ranking collects the hits of a search, best first.
type ranking struct {
	rd *Reader
	peopleQuery
	wanted int
	ids    []int64
}

// add appends the people who meet the condition and are not there yet.
func (r *ranking) add(ctx context.Context, plan string, a *sqlArgs, condition, order string, limit int) error {
	limit = min(limit, r.wanted-len(r.ids))
	if limit <= 0 {
		return nil
	}
	filter := r.filter
	if len(r.ids) > 0 {
		filter += ` and p.id <> all(` + a.add(slices.Clone(r.ids)) + `)`
	}
	sql := fmt.Sprintf(`select p.id%s%s%s order by %s limit %s`, searchablePeople, filter, condition, order, a.add(limit))
	ids, err := r.rd.queryIDs(ctx, plan, sql, *a...)
	r.ids = append(r.ids, ids...)
	return err
}

// byOrder returns the hits in the order that the directory asks for. If nobody matches, it
// returns people with similar names.
func (r *ranking) byOrder(ctx context.Context) error {
	var a sqlArgs
	err := r.add(ctx, planPerQuery, &a, r.found(&a, true), r.order, r.wanted)
	if err != nil || len(r.ids) > 0 {
		return err
	}
	return r.similar(ctx)
}

// byRank returns exact hits first, those with the typed accents before the others; then
// beginnings of the family name, of the given name, of any word, typing errors if there was
// nobody yet, and what stands within a word. Each rank is in the order of names.
func (r *ranking) byRank(ctx context.Context) error {
	if err := r.exact(ctx); err != nil {
		return err
	}
	if err := r.familyNames(ctx); err != nil {
		return err
	}
	if err := r.beginnings(ctx); err != nil {
		return err
	}
	if len(r.ids) == 0 {
		if err := r.similar(ctx); err != nil {
			return err
		}
	}
	var a sqlArgs
	return r.add(ctx, planPerQuery, &a, r.found(&a, true), foldedName+`, p.id`, r.wanted)
}

func (r *ranking) exact(ctx context.Context) error {
	if len(r.words) == 0 || len(r.emails) > 0 {
		return nil
	}
	var a sqlArgs
	condition := ` and p.search like any(` + a.add([]string{`%= ` + r.spaced() + ` =%`, `%= ` + r.together() + ` =%`}) + `)`
	name := func(sql string) string { return `lower(normalize(` + sql + `, NFKC))` }
	accents := a.add(r.typed) + ` in (` + strings.Join([]string{
		name(`p.family_name`), name(`p.given_name`), name(`p.given_name || ' ' || p.family_name`),
		name(`p.family_name || ' ' || p.given_name`),
	}, `, `) + `)`
	return r.add(ctx, planPerQuery, &a, condition, accents+` desc, `+foldedName+`, p.number, p.id`, r.wanted)
}

// familyNames reads the people whose family name begins as typed from an index, in its order.
// A name that thousands share costs no more than a rare one.
func (r *ranking) familyNames(ctx context.Context) error {
	if len(r.words) == 0 || len(r.emails) > 0 || r.digits != "" || !slices.ContainsFunc(r.words,
		func(w string) bool { return !singleLetter(w) }) {
		return nil
	}
	prefix := []rune(foldedFirst + r.spaced())
	first := string(prefix[:min(len(prefix), prefixMax)])
	var a sqlArgs
	condition := ` and ` + foldedName + ` >= ` + a.add(first) + ` and ` + foldedName + ` < ` + a.add(first+string(unicode.MaxRune))
	return r.add(ctx, planOnce, &a, condition, foldedName+`, p.id`, r.wanted)
}

func (r *ranking) beginnings(ctx context.Context) error {
	var a sqlArgs
	condition := r.found(&a, false)
	rank := `case`
	for _, email := range r.emails {
		rank += ` when p.email = ` + a.add(email) + ` then 1`
	}
	if len(r.words) > 0 && !slices.ContainsFunc(r.words, singleLetter) {
		family, number, given := `%| `+r.together()+`%`, `%# `+r.together()+`%`, []string{
			`%/ ` + r.spaced() + `%`,
			`%/ ` + r.together() + `%`,
		}
		rank += ` when p.search like ` + a.add(family) + ` or p.search like ` + a.add(number) + ` then 2` +
			` when p.search like any(` + a.add(given) + `) then 3`
	}
	if rank == `case` {
		rank = `4`
	} else {
		rank += ` else 4 end`
	}
	if rank == `4` {
		return r.add(ctx, planPerQuery, &a, condition, foldedName+`, p.id`, r.wanted)
	}
	return r.add(ctx, planPerQuery, &a, condition, rank+`, `+foldedName+`, p.id`, r.wanted)
}

// similar replaces the words by the most similar words of names. People who match the most
// similar name for every word come first, then people who match other similar names. There
// are far fewer names than people, so this is cheap in a big studio too.
func (r *ranking) similar(ctx context.Context) error {
	if len(r.words) == 0 || len(r.emails) > 0 || r.digits != "" {
		return nil
	}
	alike, err := r.rd.similarWords(ctx, r.words)
	if err != nil {
		return err
	}
	meant := search{typed: r.typed}
	for _, list := range alike {
		meant.words = append(meant.words, list[0])
	}
	if slices.Equal(meant.words, r.words) && !slices.ContainsFunc(alike, func(list []string) bool { return len(list) > 1 }) {
		return nil
	}
	var a sqlArgs
	if err := r.add(ctx, planPerQuery, &a, meant.found(&a, false), foldedName+`, p.id`, similarLimit); err != nil {
		return err
	}
	a = nil
	var condition strings.Builder
	for _, list := range alike {
		patterns := []string{}
		for _, word := range list {
			patterns = append(patterns, meant.wordPatterns(word)...)
		}
		condition.WriteString(` and p.search like any(` + a.add(patterns) + `)`)
	}
	return r.add(ctx, planPerQuery, &a, condition.String(), foldedName+`, p.id`, similarLimit-len(r.ids))
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
			select word from name_word where $1 <% word group by word
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

// nameOrder is the order of an index.
const nameOrder = `p.family_name, p.given_name, p.id`

var (
	directoryFilters = map[string]string{
		"":          "",
		"members":   ` and p.role = 'member'`,
		"staff":     ` and p.role not in ('member', 'guest')`,
		"suspended": ` and p.state = 'suspended'`,
	}
	directoryOrders = map[string]string{
		"":       nameOrder,
		"name":   nameOrder,
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
