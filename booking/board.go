package booking

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Board holds the settings of the board in the lobby (rule 33). The board shows the classes of
// today and tomorrow to everybody who has its address, without the name of any member.
type Board struct {
	On          bool
	Secret      string // in the address of the board; empty: the board was never on
	Daylight    bool   // light from 7:00 to 18:00; otherwise always dark
	Instructors bool   // show who gives a class
	Waiting     bool   // show how many people wait
	Seconds     int    // how long a page of rows stays, if there are several; 5 to 300
}

// The limits of Board.Seconds.
const (
	BoardSecondsMin = 5
	BoardSecondsMax = 300
)

// boardSecretLen is the length of a secret in letters and digits of base 32, so 100 bits: too
// many to guess, few enough to be typed with the remote control of a screen.
const boardSecretLen = 20

// Opens reports whether the secret opens the board. The time it takes does not depend on how
// much of the secret is right.
func (b *Board) Opens(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(secret), []byte(b.Secret)) == 1 && b.On && b.Secret != ""
}

func newBoardSecret() string { return strings.ToLower(rand.Text()[:boardSecretLen]) }

// Check returns an Invalid error that names every wrong field.
func (b *Board) Check() error {
	var f Faults
	f.Want(within(b.Seconds, BoardSecondsMin, BoardSecondsMax), "board_seconds", "range")
	return f.Err()
}

// EditBoard changes the settings of the board, except the secret. The first time that the board
// is switched on, it gets a secret. Refusals: Forbidden, Invalid.
func (e *Engine) EditBoard(ctx context.Context, a Actor, now Board) (Board, error) {
	if err := now.Check(); err != nil {
		return now, err
	}
	return e.changeBoard(ctx, a, verbEditSettings, func(was Board) Board {
		now.Secret = was.Secret
		if now.On && now.Secret == "" {
			now.Secret = newBoardSecret()
		}
		return now
	})
}

// ResetBoard gives the board another secret: the former address is 404 from then on. It does
// nothing if former is not the present secret, so that a form sent twice resets once. Refusal:
// Forbidden.
func (e *Engine) ResetBoard(ctx context.Context, a Actor, former string) (Board, error) {
	return e.changeBoard(ctx, a, verbResetBoard, func(b Board) Board {
		if b.Secret == former && former != "" {
			b.Secret = newBoardSecret()
		}
		return b
	})
}

func (e *Engine) changeBoard(ctx context.Context, a Actor, verb historyVerb, change func(Board) Board) (Board, error) {
	if !a.Can(EditSettings) {
		return Board{}, refuse(Forbidden)
	}
	var now Board
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		studio, err := scanStudio(tx.QueryRow(ctx, studioSQL+` for update`))
		if err != nil {
			return err
		}
		if now = change(studio.Board); now == studio.Board {
			return nil
		}
		_, err = tx.Exec(ctx, `
			update studio set
				board_on = $1, board_secret = $2, board_daylight = $3, board_instructors = $4, board_waiting = $5, board_seconds = $6`,
			now.On, now.Secret, now.Daylight, now.Instructors, now.Waiting, now.Seconds)
		if err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verb, details: studio.Board.differences(now)})
	})
	return now, refusalOr("changing the board", err)
}

// differences leaves out the secret: the history must not open the board.
func (b *Board) differences(now Board) map[string]any {
	d := map[string]any{}
	addDifference(d, "board", b.On, now.On)
	addDifference(d, "board_daylight", b.Daylight, now.Daylight)
	addDifference(d, "board_instructors", b.Instructors, now.Instructors)
	addDifference(d, "board_waiting", b.Waiting, now.Waiting)
	addDifference(d, "board_seconds", b.Seconds, now.Seconds)
	return d
}
