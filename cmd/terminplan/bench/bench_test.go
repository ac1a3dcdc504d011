package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// The parts of a run are processes of the program; here they are this test's.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 2 && os.Args[1] == "bench-stage":
		err = Serve(context.Background(), os.Args[2], os.Stdin, os.Stdout)
	case len(os.Args) > 5 && os.Args[1] == "bench-audience":
		var n int
		_, _ = fmt.Sscan(os.Args[4], &n)
		err = Watch(os.Args[2], os.Args[3], n, os.Args[5] == "some", os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newRun(t *testing.T, screens int) *run {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &run{program: program, screensWanted: screens, log: t.Output()}
}

func TestEveryScreenShowsWhatAStagePublishes(t *testing.T) {
	for _, kind := range []string{"tcp", "hub"} {
		s, err := newRun(t, 200).stage(t.Context(), kind)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if s.last50 <= 0 || s.last99 < s.last50 || s.burstTime <= 0 {
			t.Errorf("%s took %+v", kind, s)
		}
		if kind == "hub" && (s.stalledGone <= 0 || s.stalledGone > 20*time.Second) {
			t.Errorf("stalled screens were sent away after %s", s.stalledGone)
		}
	}
}

func TestAStageThatFailsEndsTheRun(t *testing.T) {
	if _, err := newRun(t, 1).stage(t.Context(), "nonsense"); err == nil {
		t.Error("a stage that does not exist is measured")
	}
}

func TestBookingsAreMeasuredWithAllTheirRules(t *testing.T) {
	r := newRun(t, 0)
	if err := r.bookings(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.report.Rows {
		if row.Ratio <= 0 || row.Goal <= 0 || row.Here == "" || row.Limit == "" {
			t.Errorf("a row says nothing: %+v", row)
		}
	}
}

func TestTheTableSaysWhatIsMetAndWhatIsMissed(t *testing.T) {
	r := Report{Machine: "a machine", Screens: 10, Rows: []Row{
		{"screens", "below is good", "1 ms", "2 ms", 0.5, 0.7, false},
		{"screens", "too slow", "3 ms", "2 ms", 1.5, 1, false},
		{"bookings", "above is good", "9/s", "3/s", 3, 2, true},
		{"bookings", "too few", "3/s", "3/s", 1, 2, true},
		{"bookings", "no goal", "1", "1", 1, 0, false},
	}, Notes: []string{"A note."}}
	var text, data strings.Builder
	if err := r.WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	for what, verdict := range map[string]string{"below is good": "met", "too slow": "missed", "above is good": "met", "too few": "missed"} {
		for line := range strings.Lines(text.String()) {
			if strings.Contains(line, what) && !strings.HasSuffix(strings.TrimSpace(line), verdict) {
				t.Errorf("%q should be %s", line, verdict)
			}
		}
	}
	if err := r.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal([]byte(data.String()), &back); err != nil || len(back.Rows) != 5 || back.Rows[3].Met() || !back.Rows[4].Met() {
		t.Errorf("the JSON says %+v, %v", back, err)
	}
}
