package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Row is one result.
type Row struct {
	Part    string  `json:"part"`  // see the package comment
	What    string  `json:"what"`  // a description
	Here    string  `json:"here"`  // the result of the program, with its unit
	Limit   string  `json:"limit"` // the value that it is compared with, with its unit and name
	Ratio   float64 `json:"ratio"`
	Goal    float64 `json:"goal"`               // 0: none
	AtLeast bool    `json:"at_least,omitempty"` // the ratio must be at least the goal, not at most
}

// Met reports whether the row reaches its goal or has none.
func (r Row) Met() bool {
	return r.Goal == 0 || r.AtLeast && r.Ratio >= r.Goal || !r.AtLeast && r.Ratio <= r.Goal
}

// Report is the result of a run.
type Report struct {
	Machine string   `json:"machine"`
	Screens int      `json:"screens"`
	Rows    []Row    `json:"rows"`
	Notes   []string `json:"notes,omitempty"`
}

// WriteJSON writes the report as JSON.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// WriteTable writes the report as a table.
func (r Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "%s; %d screens, 600-byte fragments\n\n", r.Machine, r.Screens)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\there\tlimit\tratio\tgoal\t")
	part := ""
	for _, row := range r.Rows {
		if row.Part != part {
			part = row.Part
			fmt.Fprintf(t, "%s\t\t\t\t\t\n", part)
		}
		goal, verdict := "", ""
		if row.Goal > 0 {
			sign := "≤"
			if row.AtLeast {
				sign = "≥"
			}
			goal, verdict = fmt.Sprintf("%s %s", sign, number(row.Goal)), "missed"
			if row.Met() {
				verdict = "met"
			}
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\n", row.What, row.Here, row.Limit, number(row.Ratio), goal, verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintln(w, "\n"+n)
	}
	return nil
}

// number formats x with about three significant digits.
func number(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x < 0.1:
		return fmt.Sprintf("%.3f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func millis(d time.Duration) string {
	return number(float64(d.Microseconds())/1000) + " ms"
}

func micros(d time.Duration) string {
	return number(float64(d.Nanoseconds())/1000) + " µs"
}

// thousands formats a count with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
