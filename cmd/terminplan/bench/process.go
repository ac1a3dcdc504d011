package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// process is another process of the run: it is told a line and answers with a line.
type process struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// spawn starts a process and waits for its first line. What others on this machine
// must not read comes to it in its environment.
func spawn(ctx context.Context, dir string, env []string, program string, args ...string) (p *process, ready string, err error) {
	p = &process{name: strings.Join(args, " "), cmd: exec.CommandContext(ctx, program, args...)}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr = dir, append(os.Environ(), env...), os.Stderr
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

func (p *process) answer() (string, error) {
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
func (p *process) tell(order string, values ...any) error {
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

// used is the CPU that the process takes while do runs.
func (p *process) used(do func() error) (time.Duration, error) {
	var before, after int64
	if err := p.tell("cpu", &before); err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	err := p.tell("cpu", &after)
	return time.Duration(after - before), err
}

// end closes the process's input, which ends it. A second time does nothing.
func (p *process) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// order is what a process is told to do: a word and what belongs to it.
type order struct {
	verb string
	args []string
}

// numbers reads the arguments; the first that is none ends the order.
func (o order) numbers(to ...*int64) error {
	if len(to) > len(o.args) {
		return fmt.Errorf("%s wants %d numbers", o.verb, len(to))
	}
	for i, n := range to {
		if _, err := fmt.Sscan(o.args[i], n); err != nil {
			return fmt.Errorf("%s wants a number in place of %q", o.verb, o.args[i])
		}
	}
	return nil
}

// obey answers orders until there are no more.
func obey(in io.Reader, out io.Writer, do func(order) (string, error)) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		answer, err := do(order{words[0], words[1:]})
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Fprintln(out, answer)
	}
	return lines.Err()
}
