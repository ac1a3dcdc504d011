//go:build !unix

package localpg

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// The private server needs Unix: parent-death, file locks and signals. Elsewhere
// Start says at once that there is none to start, and nothing below is reached.
const supported = false

type stopStep struct {
	signal   syscall.Signal
	patience time.Duration
}

func (stopStep) send(*os.Process) error { return errors.ErrUnsupported }
func (stopStep) sendTo(int) error       { return errors.ErrUnsupported }

var stopSteps []stopStep

func pidTaken(int) bool                        { return false }
func usersOf(string, int) []int                { return nil }
func lockFile(string) (*os.File, error)        { return nil, errors.ErrUnsupported }
func ownerOf(string) (uid, gid int, ok bool)   { return 0, 0, false }
func helperAttr(*account) *syscall.SysProcAttr { return nil }
func serverAttr(*account) *syscall.SysProcAttr { return nil }
