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

// fillDisk moves the stored results of clicks to a small disk and fills it, so that no click
// can be committed until there is space again. That needs root and tmpfs.
func fillDisk(ctx context.Context, s *studio, random *rand.Rand) (remark string, err error) {
	dir := filepath.Join(s.dir, "disk")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if os.Getuid() != 0 {
		return "", &notPossible{"a small disk can be mounted by root only"}
	}
	if out, err := exec.CommandContext(ctx, "mount", "-t", "tmpfs", "-o", "size=64m", "terminplan-chaos", dir).
		CombinedOutput(); err != nil {
		return "", &notPossible{fmt.Sprintf("a small disk cannot be mounted here: %s", out)}
	}
	defer func() {
		out, unmounting := exec.Command("umount", dir).CombinedOutput()
		if unmounting != nil { // it is still in use: detach it
			_ = exec.Command("umount", "-l", dir).Run()
			err = errors.Join(err, fmt.Errorf("unmounting the small disk: %s", out))
		}
	}()
	space := filepath.Join(dir, "space")
	if err := s.postgres.ownFolder(space); err != nil {
		return "", err
	}
	create := fmt.Sprintf(`create tablespace small location '%s'`, space)
	if err := s.postgres.doEach(ctx, create, `alter table request set tablespace small`); err != nil {
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
	for s.totals.unavailable.Load() == before && time.Since(full) < hangTimeout && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond) // the last page of the table still takes some rows
	}
	refused := s.totals.unavailable.Load() - before
	s.wait(ctx, random, time.Second, 4*time.Second)
	if err := os.Remove(filler); err != nil {
		return "", err
	}
	if refused == 0 {
		return "", fmt.Errorf("no request was refused although the disk was full for %s", time.Since(full).Round(time.Second))
	}
	return "", nil
}

// fill writes to a file until the disk is full.
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
