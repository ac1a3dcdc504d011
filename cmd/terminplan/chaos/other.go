//go:build !unix

package chaos

import (
	"context"
	"errors"
	"io"
	"time"
)

// Options of a run.
type Options struct {
	Program string
	Seed    uint64
	For     time.Duration
	Log     io.Writer
}

// Report is a whole run.
type Report struct{}

// Violated reports whether anything went wrong.
func (Report) Violated() bool { return false }

// WriteTable writes nothing.
func (Report) WriteTable(io.Writer) error { return nil }

// Run needs signals that freeze and kill.
func Run(context.Context, Options) (Report, error) {
	return Report{}, errors.New("chaos runs on Linux, macOS and other Unix systems only")
}
