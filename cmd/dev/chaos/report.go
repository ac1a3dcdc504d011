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
	For     time.Duration // at least, but each fault is injected once
	Clients int           // sockets that reconnect at once; fewer if the limit on open files is low
	Brief   bool          // every fault is as short as possible
	Only    []string      // names of faults; empty: all
	Logs    string        // folder for the logs of the nodes; empty: deleted at the end
	Log     io.Writer
}

// Result is the result of one kind of fault.
type Result struct {
	Fault      string          `json:"fault"`
	Times      int             `json:"times"`
	Violations []string        `json:"violations"`
	Recovered  []time.Duration `json:"recovered_ns"` // from the end of the fault until both nodes are ready
	Equal      []time.Duration `json:"equal_ns"`     // … until every screen equals a fresh page
	Stalest    time.Duration   `json:"stalest_ns"`   // longest time that a page with a socket did not show a version that a member knew
	Slowest    time.Duration   `json:"slowest_ns"`   // longest time until an answer; after 3 s members ask again
	Remark     string          `json:"remark,omitempty"`
}

// Report is the result of a run.
type Report struct {
	Seed    uint64   `json:"seed"`
	Results []Result `json:"faults"`

	Clicks    int `json:"clicks"`
	Requests  int `json:"requests"`
	Acked     int `json:"confirmations"` // verified after every fault
	Unknown   int `json:"unknown"`       // clicks whose first answer was lost, repeated at both nodes
	Frames    int `json:"frames"`        // received by screens
	Overtaken int `json:"overtaken"`     // fragments dropped because a newer one came before on the same socket
	Screens   int `json:"screens"`       // comparisons of a screen with a fresh page
	Alerts    int `json:"alerts"`        // looked for on screens
	Mails     int `json:"mails"`         // that arrived, compared with the deliveries; as the next
	Pushes    int `json:"pushes"`
}

// Violated reports whether anything went wrong.
func (r Report) Violated() bool {
	return slices.ContainsFunc(r.Results, func(x Result) bool { return len(x.Violations) > 0 })
}

// WriteJSON writes the report as JSON.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report as a table.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\ttimes\tviolations\tready after (median, worst)\tscreens equal after (median, worst)\t"+
		"stalest screen\tslowest answer\tremark")
	for _, x := range r.Results {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\n",
			x.Fault, x.Times, len(x.Violations), medianAndWorst(x.Recovered), medianAndWorst(x.Equal),
			x.Stalest.Round(time.Millisecond), x.Slowest.Round(time.Millisecond), x.Remark)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nSeed %d. %d clicks took %d requests. %d bookings and cancellations were confirmed and verified after every fault.\n",
		r.Seed, r.Clicks, r.Requests, r.Acked)
	fmt.Fprintf(w, "The first answer to %d clicks was lost; they were repeated at both nodes.\n", r.Unknown)
	fmt.Fprintf(w, "Screens received %d frames, dropped %d fragments that were older than the shown ones, "+
		"and were compared with fresh pages %d times; %d alerts were looked for on them. %d mails and %d push messages arrived.\n",
		r.Frames, r.Overtaken, r.Screens, r.Alerts, r.Mails, r.Pushes)
	for _, x := range r.Results {
		for _, v := range x.Violations {
			fmt.Fprintf(w, "VIOLATED by %s: %s\n", x.Fault, v)
		}
	}
	return nil
}

func medianAndWorst(list []time.Duration) string {
	if len(list) == 0 {
		return "–"
	}
	list = slices.Sorted(slices.Values(list))
	return fmt.Sprintf("%s, %s", list[len(list)/2].Round(time.Millisecond), list[len(list)-1].Round(time.Millisecond))
}
