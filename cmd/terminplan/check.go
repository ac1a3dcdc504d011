package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"terminplan/booking"
)

// violatedError is the error of check if invariants do not hold.
type violatedError struct{ number int }

func (v *violatedError) Error() string {
	if v.number == 1 {
		return "1 invariant is violated"
	}
	return fmt.Sprintf("%d invariants are violated", v.number)
}

// check prints the violated invariants of the database, each with its meaning.
func check(ctx context.Context, d Database, out, logs io.Writer) error {
	if err := d.check(); err != nil {
		return err
	}
	pool, leave, err := joinStudio(ctx, d, d.logger(logs))
	if err != nil {
		return err
	}
	defer leave()
	engine, err := booking.Open(ctx, booking.Options{Pool: pool})
	if err != nil {
		return err
	}
	defer engine.Close()
	found, err := engine.Check(ctx)
	if err != nil {
		return err
	}
	for _, f := range found {
		fmt.Fprintf(out, "VIOLATED %s: %s\n  %d rows, the first: %s\n", f.Name, f.Meaning, f.Rows, f.Row)
	}
	if len(found) > 0 {
		return &violatedError{len(found)}
	}
	fmt.Fprintln(out, "Every invariant holds.")
	return nil
}

var errNoStudio = errors.New("the database has no studio: a node makes one at its first start, or restore a backup first")
