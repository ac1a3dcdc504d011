//go:build unix

package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// build compiles the program into dir and returns its path. The nodes run the program as a
// studio runs it: without the race detector, even where GOFLAGS asks for it. The working
// directory must be inside the checkout.
func build(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(dir, "terminplan")
	c := exec.CommandContext(ctx, "go", "build", "-race=false", "-buildvcs=false", "-o", program, "terminplan/cmd/terminplan")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, out)
	}
	return program, nil
}
