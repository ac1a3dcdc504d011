package hub

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A flood of forged messages takes one line of the log a minute, with their number.
func TestForgedMessagesAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := &Broker{log: slog.New(slog.NewTextHandler(&out, nil))}
		forge := func(n int) {
			for range n {
				b.take(hintPrefix+"person:7", "no hint")
			}
		}
		forge(1000)
		time.Sleep(59 * time.Second)
		forge(1000)
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Fatalf("%d lines in the first minute, want 1:\n%s", n, out.String())
		}
		time.Sleep(2 * time.Second)
		forge(1)
		if n := strings.Count(out.String(), "\n"); n != 2 || !strings.Contains(out.String(), "messages=2000") {
			t.Errorf("%d lines, want 2, the second with 2000 messages:\n%s", n, out.String())
		}
	})
}
