//go:build unix

package main

import (
	"log/slog"
	"syscall"
)

// fewFiles is the number of open files below which a busy evening may fail.
const fewFiles = 4096

// warnOfFewFiles warns if the limit of open files is low: every open page needs one. Go has
// raised the limit to the highest allowed one already.
func warnOfFewFiles(log *slog.Logger) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && uint64(limit.Cur) < fewFiles {
		log.Warn("few files may be open at once, and each open page needs one: raise the limit (ulimit -n, LimitNOFILE)",
			"limit", uint64(limit.Cur), "wanted", fewFiles)
	}
}
