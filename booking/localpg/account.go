package localpg

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// account is the unprivileged user that runs the server's programs; nil: the user of this
// process. PostgreSQL refuses to run as root.
type account struct {
	uid, gid int
	name     string
}

// accountFor chooses the account for a root folder: the owner of existing data there, else
// the first suitable account of this machine.
func accountFor(root string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	clusters, _ := filepath.Glob(filepath.Join(root, "*", "data"))
	for _, data := range clusters {
		if uid, gid, ok := ownerOf(data); ok && uid != 0 {
			return &account{uid: uid, gid: gid, name: "uid " + strconv.Itoa(uid)}, nil
		}
	}
	for _, name := range []string{"terminplan", "postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return &account{uid: uid, gid: gid, name: name}, nil
		}
	}
	return nil, errors.New("running as root, and there is no unprivileged account (terminplan, postgres, nobody) to run PostgreSQL as")
}

// makeFolder creates a folder that the account can enter but not change, so that it cannot
// replace root's files in it (lock, log, password).
func (a *account) makeFolder(dir string) error {
	if a == nil {
		return os.MkdirAll(dir, 0o700)
	}
	// Not 0700: that would close the folders on the way to the server as well.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for p := filepath.Dir(dir); ; p = filepath.Dir(p) {
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		if uid, _, ok := ownerOf(p); st.Mode()&0o001 == 0 && !(ok && uid == a.uid && st.Mode()&0o100 != 0) {
			return fmt.Errorf("%s (mode %v) is closed to %q, the account PostgreSQL runs as: choose another data folder",
				p, st.Mode().Perm(), a.name)
		}
		if p == filepath.Dir(p) {
			break
		}
	}
	return os.Chmod(dir, 0o711)
}

// makeOwnFolder creates a folder that belongs to the account of the server.
func (a *account) makeOwnFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return err
	}
	return a.own(dir)
}

// own makes the account the owner of a file or folder.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}
