//go:build !unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"

	"terminplan/booking/localpg"
)

// Without Unix there is no private server, so the first of these ends a Shared.

const shared, exclusive = 0, 1

func use(context.Context, string) (*os.File, error) {
	return nil, fmt.Errorf("the tests need a Unix with PostgreSQL: %w", localpg.ErrNoBinaries)
}

func tryLock(string, int) (*os.File, error) { return nil, errors.ErrUnsupported }
func ours(os.FileInfo) bool                 { return true }

type child struct{ failed bool }

func startKeeper(string) (*child, error) { return nil, errors.ErrUnsupported }
func (*child) ended() bool               { return true }
