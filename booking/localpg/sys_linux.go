package localpg

import (
	"os"
	"strconv"
	"syscall"
)

// helperAttr is for programs that must not outlive us.
func helperAttr(a *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(a), Pdeathsig: syscall.SIGKILL}
}

// serverAttr gives the server a process group of its own, so that a Ctrl-C in
// the terminal is ours to handle, and a fast shutdown when we die, even by kill -9.
func serverAttr(a *account) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: credential(a), Setpgid: true, Pdeathsig: syscall.SIGINT}
}

// usersOf lists the live processes that work in the data folder: every process
// of PostgreSQL makes it its working directory. Zombies have none.
func usersOf(data string, _ int) []int {
	var users []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if dir, err := os.Readlink("/proc/" + e.Name() + "/cwd"); err == nil && dir == data {
			users = append(users, pid)
		}
	}
	return users
}
