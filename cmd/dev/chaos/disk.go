//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// fillDisk has the answers to clicks lie on a disk of their own, which it fills: no
// click can be committed until there is space again. A disk of one's own needs root
// and a system that mounts memory as a disk.
func fillDisk(ctx context.Context, s *studio, random *rand.Rand) (remark string, err error) {
	dir := filepath.Join(s.dir, "disk")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if os.Getuid() != 0 {
		return "", &cannot{"a small disk can be mounted by root only"}
	}
	if out, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size=64m", "terminplan-chaos", dir).CombinedOutput(); err != nil {
		return "", &cannot{fmt.Sprintf("a small disk cannot be mounted here: %s", out)}
	}
	defer func() {
		out, unmounting := exec.Command("umount", dir).CombinedOutput()
		if unmounting != nil { // it is in use still: it goes when nobody uses it any more
			_ = exec.Command("umount", "-l", dir).Run()
			err = errors.Join(err, fmt.Errorf("unmounting the small disk: %s", out))
		}
	}()
	space := filepath.Join(dir, "space")
	if err := s.postgres.ownFolder(space); err != nil {
		return "", err
	}
	if err := s.postgres.doEach(ctx, fmt.Sprintf(`create tablespace small location '%s'`, space), `alter table request set tablespace small`); err != nil {
		return "", err
	}
	defer func() {
		back := s.postgres.doEach(context.WithoutCancel(ctx), `alter table request set tablespace pg_default`, `drop tablespace small`)
		err = errors.Join(err, back)
	}()
	filler := filepath.Join(dir, "filler")
	if err := fill(filler); err != nil {
		return "", err
	}
	full, before := time.Now(), s.totals.unavailable.Load()
	for s.totals.unavailable.Load() == before && time.Since(full) < hangs && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond) // the last page takes some more
	}
	refused := s.totals.unavailable.Load() - before
	s.last(ctx, random, time.Second, 4*time.Second)
	if err := os.Remove(filler); err != nil {
		return "", err
	}
	if refused == 0 {
		return "", fmt.Errorf("nothing was refused although the disk was full for %s", time.Since(full).Round(time.Second))
	}
	return "", nil
}

// fill writes until there is no space.
func fill(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	zeros := make([]byte, 64<<10)
	for size := len(zeros); size > 0; {
		n, err := f.Write(zeros[:size])
		if errors.Is(err, io.ErrShortWrite) || err != nil && n == 0 {
			size /= 2
		}
	}
	return nil
}
