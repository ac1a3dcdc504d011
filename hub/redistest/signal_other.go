//go:build !unix

package redistest

import (
	"errors"
	"os"
)

func signal(*os.Process, bool) error {
	return errors.New("redistest: this system cannot freeze a process")
}
