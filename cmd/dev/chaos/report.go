package chaos

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// Options of a run.
type Options struct {
	Seed    uint64        // of the faults and their moments
	For     time.Duration // at least each fault once, whatever this says
	Clients int           // sockets that come back at once; fewer where files are short
	Brief   bool          // every fault as short as it may be
	Only    string        // a fault, by its name; empty: all of them
	Logs    string        // a folder for the logs of the nodes; empty: they are deleted at the end
	Log     io.Writer
}

// Result is what became of one kind of fault.
type Result struct {
	Fault      string          `json:"fault"`
	Times      int             `json:"times"`
	Violations []string        `json:"violations"`
	Recovered  []time.Duration `json:"recovered_ns"` // from the end of the fault until both nodes are ready
	Equal      []time.Duration `json:"equal_ns"`     // … until every screen equals a fresh page
	Stalest    time.Duration   `json:"stalest_ns"`   // how long a page with a socket did not show what somebody had been told, at most
	Slowest    time.Duration   `json:"slowest_ns"`   // how long somebody waited for an answer, at most; 3 s is when they ask again
	Remark     string          `json:"remark,omitempty"`
}

// Report is a whole run.
type Report struct {
	Seed    uint64   `json:"seed"`
	Results []Result `json:"faults"`

	Clicks    int `json:"clicks"`
	Requests  int `json:"requests"`
	Acked     int `json:"confirmations"` // that were looked for after every fault
	Unknown   int `json:"unknown"`       // clicks whose first answer was lost, and that were asked for again at both nodes
	Frames    int `json:"frames"`        // that screens received
	Overtaken int `json:"overtaken"`     // fragments that came after newer ones on one socket, and that the guard dropped
	Screens   int `json:"screens"`       // comparisons of a screen with a fresh page
	Alerts    int `json:"alerts"`        // that were looked for on screens
}

// Violated reports whether anything went wrong.
func (r Report) Violated() bool {
	return slices.ContainsFunc(r.Results, func(x Result) bool { return len(x.Violations) > 0 })
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\ttimes\tviolations\tready after (median, worst)\tscreens equal after (median, worst)\tstalest screen\tslowest answer\tremark")
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n", x.Fault, x.Times, len(x.Violations), middleAndWorst(x.Recovered), middleAndWorst(x.Equal),
			x.Stalest.Round(time.Millisecond), x.Slowest.Round(time.Millisecond), x.Remark)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nSeed %d. %d clicks took %d requests; %d seats and cancellations were confirmed, and every one was looked for after every fault.\n", r.Seed, r.Clicks, r.Requests, r.Acked)
	fmt.Fprintf(w, "%d clicks had lost their first answer and were asked for again at both nodes.\n", r.Unknown)
	fmt.Fprintf(w, "Screens received %d frames, dropped %d fragments that newer ones had overtaken, and were compared with fresh pages %d times; %d alerts were looked for on them.\n", r.Frames, r.Overtaken, r.Screens, r.Alerts)
	for _, x := range r.Results {
		for _, v := range x.Violations {
			fmt.Fprintf(w, "VIOLATED by %s: %s\n", x.Fault, v)
		}
	}
	return nil
}

func middleAndWorst(list []time.Duration) string {
	if len(list) == 0 {
		return "–"
	}
	list = slices.Sorted(slices.Values(list))
	return fmt.Sprintf("%s, %s", list[len(list)/2].Round(time.Millisecond), list[len(list)-1].Round(time.Millisecond))
}
