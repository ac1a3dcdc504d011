package localpg

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrInUse means that another process runs the server of this root. The text of Start's
// error says how to share that server. Its URL is in the file "lock", which only the owner of
// the folder can read.
var ErrInUse = errors.New("another Terminplan already runs on this data")

type inUseError struct{ root, url string }

func (e *inUseError) Error() string {
	if e.url == "" {
		return fmt.Sprintf("%v (%s); it has just begun to start or to stop", ErrInUse, e.root)
	}
	// Not the URL itself: it holds a password, and this text goes to logs.
	return fmt.Sprintf("%v (%s). To run a second node beside it, give that one the same database and an address of its own:\n"+
		"  DATABASE_URL=\"$(cat '%s')\" TERMINPLAN_ADDR=127.0.0.1:8081 go run ./cmd/terminplan",
		ErrInUse, e.root, filepath.Join(e.root, "lock"))
}

// RunningURL returns the URL of the server that another process runs, if err is ErrInUse and
// that server accepts connections; else it is empty. It holds the password.
func RunningURL(err error) string {
	if e := new(inUseError); errors.As(err, &e) {
		return e.url
	}
	return ""
}

func (e *inUseError) Unwrap() error { return ErrInUse }

var errLocked = errors.New("locked by another process")

// acquire takes the lock of a root. The system releases it when this process ends.
func acquire(root, path string) (*os.File, error) {
	f, err := lockFile(path)
	if errors.Is(err, errLocked) {
		defer f.Close()
		url, err := io.ReadAll(io.LimitReader(f, 4096))
		if err != nil {
			url = nil
		}
		return nil, &inUseError{root: root, url: strings.TrimSpace(string(url))}
	}
	if err != nil {
		return nil, err
	}
	return f, announce(f, "") // of an earlier run
}

// announce writes the URL into the lock file, for a second instance. Only its owner can
// read the file.
func announce(lock *os.File, url string) error {
	if err := lock.Truncate(0); err != nil {
		return err
	}
	_, err := lock.WriteAt([]byte(url), 0)
	return err
}
