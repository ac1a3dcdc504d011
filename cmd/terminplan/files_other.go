//go:build !unix

package main

import "log/slog"

// warnOfFewFiles does nothing: other systems have no such limit.
func warnOfFewFiles(*slog.Logger) {}
