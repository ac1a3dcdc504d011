package booking

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"terminplan/booking/typed"
)

// Scores of a column for a field. A name that is earlier in the table of names is worth more.
const (
	scoreName    = 1000 // the header is a name of the field
	scoreReduced = 700  // without units and marks it is one
	scoreContent = 300  // the cells can only be this
	scoreMisfit  = -600 // the cells cannot be this
)

// GuessColumns finds the columns of a file for the fields of a kind: by the header first, then by
// the cells. A field gets one column and a column one field.
func GuessColumns(kind ImportKind, headers []string, rows [][]string) map[string]int {
	type candidate struct{ field, column, score int }
	var list []candidate
	fields := ImportColumns(kind)
	for column, header := range headers {
		cells := columnOf(rows, column)
		for i, field := range fields {
			score := nameScore(field, header)
			if fit := fits(field.Field, cells); score > 0 || fit == scoreContent {
				score += fit
			}
			if score > 0 {
				list = append(list, candidate{i, column, score})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.column, b.column), cmp.Compare(a.field, b.field))
	})
	found, taken := map[string]int{}, map[int]bool{}
	for _, c := range list {
		if _, known := found[fields[c.field].Field]; !known && !taken[c.column] {
			found[fields[c.field].Field] = c.column
			taken[c.column] = true
		}
	}
	for _, of := range []string{"", "member_"} {
		name, ok := found[of+"name"]
		_, given := found[of+"given_name"]
		if _, family := found[of+"family_name"]; ok && given && !family { // "Vorname; Name"
			found[of+"family_name"] = name
			delete(found, of+"name")
		}
	}
	return found
}

// GuessKind returns the kind whose fields the header of a file names best; empty if it names the
// needed fields of none.
func GuessKind(headers []string) ImportKind {
	best, most := ImportKind(""), 0
	for _, kind := range ImportKinds {
		if found := GuessColumns(kind, headers, nil); len(found) > most && isComplete(kind, found) {
			best, most = kind, len(found)
		}
	}
	return best
}

// isComplete reports whether all fields that rows of a kind need have a column, and one of each
// choice.
func isComplete(kind ImportKind, columns map[string]int) bool {
	chosen := map[string]bool{"": true}
	for _, c := range ImportColumns(kind) {
		if _, ok := columns[c.Field]; ok {
			chosen[c.Choice] = true
		}
	}
	return !slices.ContainsFunc(ImportColumns(kind), func(c ImportColumn) bool {
		_, ok := columns[c.Field]
		return c.Required && !ok || !chosen[c.Choice]
	})
}

var (
	inBrackets = regexp.MustCompile(`\([^)]*\)|\[[^\]]*\]|\{[^}]*\}`)
	words      = regexp.MustCompile(`(\p{Ll})(\p{Lu})`)
)

// headerKey is a header without case, accents, blanks and punctuation: "E-Mail *", "eMail" and
// "E_MAIL" are the same.
func headerKey(header string) string {
	header = strings.ReplaceAll(header, "ß", "ss")
	return strings.ReplaceAll(Fold(words.ReplaceAllString(header, "$1 $2")), " ", "")
}

// nameScore is 0 if the header is no name of the field.
func nameScore(field ImportColumn, header string) int {
	full, reduced := headerKey(header), headerKey(inBrackets.ReplaceAllString(header, " "))
	for _, names := range [][]string{field.De, field.En} {
		for i, name := range names {
			if headerKey(name) == full && full != "" {
				return scoreName - 10*i
			}
		}
	}
	for _, names := range [][]string{field.De, field.En} {
		for i, name := range names {
			if reduced != "" && headerKey(inBrackets.ReplaceAllString(name, " ")) == reduced {
				return scoreReduced - 10*i
			}
		}
	}
	return 0
}

// columnOf returns the first filled cells of a column.
func columnOf(rows [][]string, column int) (cells []string) {
	const looks = 50
	for _, row := range rows {
		if column < len(row) && strings.TrimSpace(row[column]) != "" && len(cells) < looks {
			cells = append(cells, strings.TrimSpace(row[column]))
		}
	}
	return cells
}

// fits judges by the cells whether a column can have a field: scoreContent, scoreMisfit or 0.
func fits(field string, cells []string) int {
	if len(cells) == 0 {
		return 0
	}
	share := func(is func(cell string) bool) float64 {
		n := 0
		for _, cell := range cells {
			if is(cell) {
				n++
			}
		}
		return float64(n) / float64(len(cells))
	}
	isEmail := func(cell string) bool { return validEmail(normalEmail(cell)) }
	hasDigit := func(cell string) bool { return strings.ContainsFunc(cell, unicode.IsDigit) }
	isDay := func(cell string) bool {
		c, ok := readTime(cell, false)
		if !ok {
			c, ok = readTime(cell, true)
		}
		return ok && (!c.day.IsZero() || !c.instant.IsZero())
	}
	isClock := func(cell string) bool {
		c, ok := readTime(cell, false)
		return ok && c.minutes >= 0
	}
	misfitUnless := func(is func(string) bool) int {
		if share(is) < 0.5 {
			return scoreMisfit
		}
		return 0
	}
	switch field {
	case "email", "member_email":
		if share(isEmail) > 0.8 {
			return scoreContent
		}
		return misfitUnless(isEmail)
	case "date", "starts_at", "valid_from", "expires", "from", "until":
		return misfitUnless(isDay)
	case "start_time", "end_time":
		return misfitUnless(func(cell string) bool { return isClock(cell) && !isDay(cell) })
	case "credits":
		if share(func(cell string) bool { return strings.ContainsAny(cell, "€$£") || currency.Replace(cell) != cell }) > 0.5 {
			return scoreMisfit // money
		}
		return misfitUnless(hasDigit)
	case "phone", "second_phone", "capacity", "position", "every_weeks", "minutes":
		return misfitUnless(hasDigit)
	case "weekdays":
		return misfitUnless(func(cell string) bool {
			first := strings.ToLower(weekdayToken.FindString(cell))
			return typed.Weekday(first) != 0 || slices.Contains(allWeekdays, first) || len(first) == 1 && hasDigit(first)
		})
	case "name", "given_name", "family_name", "member_name", "member_given_name", "member_family_name":
		if share(isEmail) > 0.5 {
			return scoreMisfit
		}
	}
	return 0
}
