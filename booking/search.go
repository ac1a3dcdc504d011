package booking

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// SearchText is what a search looks into: given family given, so that both
// orders of a name are found, then e-mail, number and the digits of the phone.
func SearchText(given, family, email, number, phone string) string {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, phone)
	return fold(fmt.Sprintf("%s %s %s %s %s %s", given, family, given, email, number, digits))
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

// conditions are what a person's search text must fulfil, one per word so that
// each can use the index; their arguments are appended to args. Fuzzy forgives
// typing errors in words that are long enough to tell.
func (s search) conditions(column string, args []any, fuzzy bool) (string, []any) {
	var sql strings.Builder
	for _, w := range s.words {
		if fuzzy && len(w) > 3 {
			args = append(args, w)
			fmt.Fprintf(&sql, " and $%d <%% %s", len(args), column)
			continue
		}
		args = append(args, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(w)+"%")
		fmt.Fprintf(&sql, " and %s like $%d", column, len(args))
	}
	return sql.String(), args
}

// fuzzySQL sets how like a word must be for the statements that follow in the transaction.
const fuzzySQL = `select set_config('pg_trgm.word_similarity_threshold', '0.45', true)`

// finding is what people are looked for by, and in which order they come.
type finding struct {
	search
	filter, order string // SQL of our own, over person p
	limit, offset int
}

// findPeople returns the ids of members and staff: those who are spelled so, and
// only if there is nobody, those who are almost. total counts no further than
// CountLimit and one; of those who are almost spelled so, only the page.
func (e *Engine) findPeople(ctx context.Context, f finding) (ids []int64, total int, err error) {
	for _, fuzzy := range []bool{false, true} {
		where, args := f.conditions("p.search", nil, fuzzy)
		found := ` from person p where p.role <> 'guest' and p.state <> 'erased'` + f.filter + where
		ids, err = e.idsOf(ctx, `select p.id`+found+fmt.Sprintf(` order by %s limit $%d offset $%d`, f.order, len(args)+1, len(args)+2), append(args[:len(args):len(args)], f.limit, f.offset)...)
		total = f.offset + len(ids)
		if err == nil && !fuzzy && (len(ids) == f.limit || len(ids) == 0 && f.offset > 0) {
			err = e.pool.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select%s limit %d) x`, found, CountLimit+1), args...).Scan(&total)
		}
		if err != nil || total > 0 || len(f.words) == 0 {
			break
		}
	}
	return ids, total, during("searching people", err)
}

// idsOf asks for ids with the threshold for almost being spelled so.
func (e *Engine) idsOf(ctx context.Context, sql string, args ...any) (ids []int64, err error) {
	b := &pgx.Batch{}
	b.Queue("begin read only")
	b.Queue(fuzzySQL)
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) { ids, err = collectIDs(rows); return err })
	b.Queue("commit")
	return ids, e.pool.SendBatch(ctx, b).Close()
}
