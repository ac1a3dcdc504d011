//go:build !unix

package chaos

import (
	"context"
	"errors"
)

// Run needs the signals of Unix.
func Run(context.Context, Options) (Report, error) {
	return Report{}, errors.New("chaos runs on Linux, macOS and other Unix systems only")
}
