package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// A run starts its own executable for its processes; in tests that is the test binary.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], "bench-") {
		os.Exit(m.Run())
	}
	var c Processes
	parsed := kong.Parse(&c)
	parsed.BindTo(context.Background(), (*context.Context)(nil))
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// newRun makes a small run with servers of its own.
func newRun(t *testing.T, screens int) *run {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	few := amounts{
		members: 200, clicked: 4, changes: 6, classes: 10, singles: 40, rushConns: 50,
		pageClasses: 20, pageRenders: 4, pageTime: 500 * time.Millisecond, returns: 1,
	}
	r := &run{program: program, screensWanted: screens, amounts: few, log: t.Output()}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestEveryScreenShowsWhatAServerPublishes(t *testing.T) {
	r := newRun(t, 200)
	for _, kind := range []string{"tcp", "hub"} {
		s, err := r.fanout(t.Context(), kind)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if s.last50 <= 0 || s.last99 < s.last50 || s.burstTime <= 0 {
			t.Errorf("%s took %+v", kind, s)
		}
		if kind == "hub" && (s.quiet99 <= 0 || s.stalled99 <= 0) { // a stalled screen that leaves is an error
			t.Errorf("with and without stalled screens: %+v", s)
		}
	}
}

func TestAServerThatFailsEndsTheRun(t *testing.T) {
	if _, err := newRun(t, 1).fanout(t.Context(), "nonsense"); err == nil {
		t.Error("a kind of server that does not exist is measured")
	}
}

func TestUnknownPartIsAnError(t *testing.T) {
	if _, err := Run(t.Context(), Options{Only: []string{"screens", "nonsense"}}); err == nil ||
		!strings.Contains(err.Error(), "reconnects") {
		t.Errorf("want an error that names the parts, have %v", err)
	}
}

// Each part runs with few members and few screens, and every row holds values.
func TestEveryPartHasRows(t *testing.T) {
	r := newRun(t, 50)
	for _, p := range parts {
		if p.name == "screens" { // the test above measures its servers; the peer is a module of its own
			continue
		}
		before := len(r.report.Rows)
		if err := p.measure(r, t.Context()); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		rows := r.report.Rows[before:]
		if len(rows) == 0 {
			t.Errorf("part %s has no row", p.name)
		}
		for _, row := range rows {
			if row.Part != p.name || (row.Ratio <= 0) != (row.Here == "0") || row.Here == "" || row.Limit == "" {
				t.Errorf("a row of part %s is incomplete: %+v", p.name, row)
			}
		}
	}
}

// A rush is valid only if every booking gets the right response.
func TestRushEndsAtAWrongResponse(t *testing.T) {
	r := newRun(t, 0)
	s, err := r.site(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	node, addr, err := r.node(t.Context(), s, "node")
	if err != nil {
		t.Fatal(err)
	}
	defer node.end()
	members, err := r.askers(t.Context(), s, addr, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer members.end()
	class, err := s.class(t.Context(), 50, 3)
	if err != nil {
		t.Fatal(err)
	}
	var began, ended int64
	var booked, full int
	if err := members.call(fmt.Sprint("book ", class, " 0 40"), &began, &ended, &booked, &full); err != nil || booked != 3 || full != 37 {
		t.Errorf("%d of 40 have one of 3 seats, %d were told that it is full: %v", booked, full, err)
	}
	// These sessions do not exist.
	nobody := (rushes + 1) * len(s.members)
	err = members.call(fmt.Sprint("book ", class, " ", nobody, " 1"), &began, &ended, &booked, &full)
	if err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a click without a session is answered with %v", err)
	}
}

// The memory server gives out exactly the seats of a class, and only to members.
func TestMemoryServerAnswersLikeANode(t *testing.T) {
	node := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Of-Node", "yes") })
	m := newMemory("seed", seats+1, node, slog.New(slog.DiscardHandler)).handler()
	book := func(session int, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/classes/7/bookings", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+sessionToken("seed", session))
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		return w
	}
	const click = `{"intent":"book"}`
	for i := range seats {
		if w := book(i, click); w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), `"class_id":7`) {
			t.Fatalf("booking %d is answered with %d: %s", i, w.Code, w.Body)
		}
	}
	w := book(seats, click)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), `"code":"full"`) || w.Header().Get("X-Of-Node") == "" {
		t.Errorf("a full class is answered with %d, %v: %s", w.Code, w.Header(), w.Body)
	}
	if w := book(rushes*(seats+1), click); w.Code != http.StatusUnauthorized {
		t.Errorf("an unknown session is answered with %d", w.Code)
	}
	if w := book(0, "nonsense"); w.Code != http.StatusBadRequest {
		t.Errorf("a body without an intent is answered with %d", w.Code)
	}
}

func TestPercentiles(t *testing.T) {
	var list times
	for i := range 100 {
		list = append(list, time.Duration(100-i))
	}
	if list.at(50) != 50 || list.at(99) != 99 || (times{7}).at(99) != 7 || (times{9, 7, 8}).at(50) != 8 {
		t.Errorf("half take %d, 99 of 100 take %d", list.at(50), list.at(99))
	}
	if slices.IsSorted(list) {
		t.Error("asking has sorted what was measured")
	}
}

func TestACommandWithoutNumbersIsRefused(t *testing.T) {
	var n int64
	for _, args := range [][]string{nil, {"x"}} {
		if err := (command{"publish", args}).numbers(&n); err == nil {
			t.Errorf("publish %v is accepted", args)
		}
	}
	if thousands(10_000) != "10,000" || thousands(500) != "500" {
		t.Errorf("counts are shown as %s and %s", thousands(10_000), thousands(500))
	}
}

func TestTableVerdicts(t *testing.T) {
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
	for what, verdict := range map[string]string{
		"below is good": "met", "too slow": "missed", "above is good": "met", "too few": "missed",
	} {
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
