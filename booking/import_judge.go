package booking

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
)

// errStepGone means that the step does not have the import any more: it was late with its
// sign of life, and somebody went on without it.
var errStepGone = errors.New("the import is in another state")

// judge reads the import with its rows and gives each row its verdict.
func (im *importRun) judge(ctx context.Context, tx pgx.Tx, id int64, step ImportState) (err error) {
	if im.Import, err = scanImport(tx.QueryRow(ctx, importSQL+` where i.id = $1`, id)); err != nil {
		return during("reading an import", err)
	}
	if im.State != step {
		return errStepGone
	}
	if im.studio, err = scanStudio(tx.QueryRow(ctx, studioSQL)); err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&im.now); err != nil {
		return during("reading the clock", err)
	}
	rows, _ := tx.Query(ctx, `select line, cells from import_row where import_id = $1 order by line`, id)
	im.rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*importedRow, error) {
		r := &importedRow{}
		return r, row.Scan(&r.Line, &r.Cells)
	})
	if err != nil {
		return during("reading the rows of an import", err)
	}
	im.rows, im.misshapen = im.shaped()
	if err := importers[im.Kind].judge(ctx, tx, im); err != nil {
		return during("judging the rows of an import", err)
	}
	im.Counts = map[ImportVerdict]int{}
	for _, r := range im.all() {
		if r.Verdict == "" {
			return fmt.Errorf("row %d of import %d has no verdict", r.Line, id)
		}
		im.Counts[r.Verdict]++
	}
	return nil
}

// shaped separates the rows that are wrong whatever their kind is: those with more cells than the
// header, and sums below the table.
func (im *importRun) shaped() (rows, misshapen []*importedRow) {
	for _, r := range im.rows {
		switch {
		case len(r.Cells) > len(im.Headers):
			r.refuse(about("", "surplus"))
		case isSum(r.Cells):
			r.refuse(about("", "sum"))
		default:
			rows = append(rows, r)
			continue
		}
		misshapen = append(misshapen, r)
	}
	return rows, misshapen
}

// all returns every row of the file, the misshapen ones last.
func (im *importRun) all() []*importedRow {
	return append(im.rows[:len(im.rows):len(im.rows)], im.misshapen...)
}

// sumWord begins the first filled cell of a row of sums.
var sumWord = regexp.MustCompile(`(?i)^(?:summen?|gesamt|gesamtsumme|insgesamt|zwischensumme|anzahl|` +
	`total|totals|grand total|subtotal|sum|count)(?:(?: [\pL ]+)?:.*|(?:[ :]\P{L}*)?)$`)

// isSum reports whether a row says how many or how much the rows above it are: "Summe: 12", or
// "Total" with nothing but numbers and a currency beside it.
func isSum(cells []string) bool {
	first := ""
	for _, cell := range cells {
		cell = strings.TrimSpace(cell)
		switch {
		case cell == "":
		case first == "":
			if first = cell; !sumWord.MatchString(cell) {
				return false
			}
		case !strings.Contains(first, ":") && strings.ContainsFunc(currency.Replace(cell), unicode.IsLetter):
			return false
		}
	}
	return first != ""
}

// currency removes the names of currencies from an amount.
var currency = strings.NewReplacer("EUR", "", "Euro", "", "CHF", "", "USD", "", "GBP", "")

// digest is of the line, the verdict, the target and the key of each row, and of how much it makes.
func (im *importRun) digest() []byte {
	sum := sha256.New()
	for _, r := range im.all() {
		_ = binary.Write(sum, binary.BigEndian, int64(r.Line))
		_ = binary.Write(sum, binary.BigEndian, r.TargetID)
		_ = binary.Write(sum, binary.BigEndian, int64(r.makes))
		fmt.Fprintf(sum, "%s %x\n", r.Verdict, r.key)
	}
	return sum.Sum(nil)
}

// importChunk is how many rows one statement writes.
const importChunk = 10_000

// save writes the verdicts of a dry run.
func (im *importRun) save(ctx context.Context, conn *pgx.Conn, step ImportState, why string) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			update import set state = 'checked', counts = $3, digest = $4, why = $5, checked_at = clock_timestamp()
			where id = $1 and state = $2`, im.ID, step, im.Counts, im.digest(), why)
		if err != nil || tag.RowsAffected() == 0 {
			return errors.Join(err, errStepGone)
		}
		for chunk := range slices.Chunk(im.all(), importChunk) {
			problems := make([]string, len(chunk))
			for i, r := range chunk {
				text, err := json.Marshal(notNil(r.Problems))
				if err != nil {
					return err
				}
				problems[i] = string(text)
			}
			_, err := tx.Exec(ctx, `
				update import_row r set verdict = n.verdict, target_id = nullif(n.target, 0), problems = n.problems::jsonb
				from unnest($2::int[], $3::text[], $4::bigint[], $5::text[]) as n(line, verdict, target, problems)
				where r.import_id = $1 and r.line = n.line`,
				im.ID, column(chunk, func(r *importedRow) int { return r.Line }),
				column(chunk, func(r *importedRow) string { return string(r.Verdict) }),
				column(chunk, func(r *importedRow) int64 { return r.TargetID }), problems)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return during("saving the verdicts of an import", err)
}
