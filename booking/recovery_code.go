package booking

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"

	"github.com/jackc/pgx/v5"
)

// recoveryCodes is how many codes a person gets at once.
const recoveryCodes = 10

// newCode makes a code of 80 bits that people can type.
func newCode() (string, error) {
	var raw [10]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", during("making a code", err)
	}
	code := base32.StdEncoding.EncodeToString(raw[:])
	return code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:], nil
}

// makeRecoveryCodes replaces the recovery codes of a person, who must be locked. The database
// keeps their hashes.
func makeRecoveryCodes(ctx context.Context, tx pgx.Tx, personID int64) (codes []string, err error) {
	if _, err := tx.Exec(ctx, `delete from recovery_code where person_id = $1`, personID); err != nil {
		return nil, err
	}
	hashes := make([][]byte, recoveryCodes)
	codes = make([]string, recoveryCodes)
	for i := range codes {
		if codes[i], err = newCode(); err != nil {
			return nil, err
		}
		hashes[i] = codeHash(codes[i])
	}
	_, err = tx.Exec(ctx, `insert into recovery_code (code_hash, person_id) select unnest($1::bytea[]), $2`, hashes, personID)
	return codes, err
}

// RenewRecoveryCodes returns ten new recovery codes of the actor and voids the former ones.
// session is the id of the session that asks. Refusals: NoFactor, SignedOut.
func (e *Engine) RenewRecoveryCodes(ctx context.Context, a Actor, session string) (codes []string, err error) {
	_, err = e.changeFactors(ctx, a, session, CodesMade, func(tx pgx.Tx, has bool) error {
		if !has {
			return refuse(NoFactor)
		}
		codes, err = makeRecoveryCodes(ctx, tx, a.ID)
		return err
	})
	return codes, err
}

// useRecoveryCode uses a code of the person, who must be locked, and tells the person how many are
// left. Refusal: WrongFactor.
func (e *Engine) useRecoveryCode(ctx context.Context, tx pgx.Tx, personID, version int64, code, device string) error {
	var left int
	err := tx.QueryRow(ctx, `
		with used as (
			update recovery_code set used_at = clock_timestamp()
			where code_hash = $1 and person_id = $2 and used_at is null returning code_hash)
		select (select count(*) from recovery_code r where r.person_id = $2 and r.used_at is null and r.code_hash <> used.code_hash)
		from used`, codeHash(code), personID).Scan(&left)
	if errors.Is(err, pgx.ErrNoRows) {
		return wrongFactor("recovery_code")
	}
	if err != nil {
		return during("using a recovery code", err)
	}
	_, err = e.insertAlert(ctx, tx, personID, version, AlertRecoveryUsed, map[string]any{"left": left, "device": device})
	return err
}
