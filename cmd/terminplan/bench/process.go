package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// part is another process of the run: it is told a line and answers with a line.
type part struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// spawn starts a part and waits for its first line.
func spawn(ctx context.Context, dir, program string, args ...string) (p *part, ready string, err error) {
	p = &part{name: strings.Join(args, " "), cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Dir, p.cmd.Stderr = dir, os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, "", err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("starting %s: %w", p.name, err)
	}
	ready, err = p.answer()
	if err != nil {
		p.end()
	}
	return p, ready, err
}

func (p *part) answer() (string, error) {
	if !p.out.Scan() {
		return "", fmt.Errorf("%s ended", p.name)
	}
	line := p.out.Text()
	if text, failed := strings.CutPrefix(line, "error "); failed {
		return "", fmt.Errorf("%s: %s", p.name, text)
	}
	return line, nil
}

// tell orders something and reads what is answered into values.
func (p *part) tell(order string, values ...any) error {
	if _, err := fmt.Fprintln(p.in, order); err != nil {
		return fmt.Errorf("telling %s to %s: %w", p.name, order, err)
	}
	line, err := p.answer()
	if err != nil || len(values) == 0 {
		return err
	}
	if _, err := fmt.Sscan(line, values...); err != nil {
		return fmt.Errorf("%s answers %q to %s: %w", p.name, line, order, err)
	}
	return nil
}

// end closes the part's input, which ends it.
func (p *part) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// obey answers orders until there are no more.
func obey(in io.Reader, out io.Writer, do func(order string, args []int64) (string, error)) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		args := make([]int64, len(words)-1)
		for i, w := range words[1:] {
			if _, err := fmt.Sscan(w, &args[i]); err != nil {
				return fmt.Errorf("%q is not an order", lines.Text())
			}
		}
		answer, err := do(words[0], args)
		if err != nil {
			answer = "error " + err.Error()
		}
		fmt.Fprintln(out, answer)
	}
	return lines.Err()
}
