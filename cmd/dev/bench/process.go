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

// process is a process of the run. It answers each line of input with a line of output.
type process struct {
	name string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
}

// spawn starts a process and waits for its first line. Secrets go to the process in its
// environment, which other users of this machine cannot read.
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

// call sends a command and reads the answer into values.
func (p *process) call(line string, values ...any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return fmt.Errorf("sending %q to %s: %w", line, p.name, err)
	}
	answer, err := p.answer()
	if err != nil || len(values) == 0 {
		return err
	}
	if _, err := fmt.Sscan(answer, values...); err != nil {
		return fmt.Errorf("%s answers %q to %q: %w", p.name, answer, line, err)
	}
	return nil
}

// used returns the CPU that the process takes while do runs.
func (p *process) used(do func() error) (time.Duration, error) {
	var before, after int64
	if err := p.call("cpu", &before); err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	err := p.call("cpu", &after)
	return time.Duration(after - before), err
}

// end closes the process's input, which ends the process. A second call does nothing.
func (p *process) end() {
	_ = p.in.Close()
	_ = p.cmd.Wait()
}

// command is a line that a process reads: a verb and its arguments.
type command struct {
	verb string
	args []string
}

// numbers reads the arguments as numbers, or returns an error.
func (c command) numbers(to ...*int64) error {
	if len(to) > len(c.args) {
		return fmt.Errorf("%s needs %d numbers", c.verb, len(to))
	}
	for i, n := range to {
		if _, err := fmt.Sscan(c.args[i], n); err != nil {
			return fmt.Errorf("%s needs a number in place of %q", c.verb, c.args[i])
		}
	}
	return nil
}

// serveCommands answers commands until in ends.
func serveCommands(in io.Reader, out io.Writer, do func(command) (string, error)) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		answer, err := do(command{words[0], words[1:]})
		if err != nil {
			answer = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Fprintln(out, answer)
	}
	return lines.Err()
}
