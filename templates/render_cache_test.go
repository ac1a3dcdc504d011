package templates

import (
	"bytes"
	"fmt"
	"testing"
)

// A row with personal state must not reach other people, so it is rendered each time.
func TestRowsWithPersonalStateAreNotCached(t *testing.T) {
	rendered := 0
	k := &rowCache{render: func(r ClassRow) ([]byte, error) {
		rendered++
		return fmt.Append(nil, r.Personal.State, r.Receipt, r.Refusal), nil
	}}
	row := func(r ClassRow) string {
		body, err := k.row(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for _, r := range []ClassRow{
		{Personal: PersonalState{State: "booked", BookingID: 1}},
		{Personal: PersonalState{State: "offer", OfferID: 1}},
		{Personal: PersonalState{State: "waiting", Position: 1}},
		{Receipt: "−1"},
		{Refusal: "full"},
	} {
		rendered = 0
		if row(r); row(r) == "" || rendered != 2 || len(k.rows) > 0 {
			t.Errorf("%+v was rendered %d times, %d rows are kept", r, rendered, len(k.rows))
		}
	}
	rendered = 0
	for range 3 {
		row(ClassRow{Shared: Shared{ID: 1, Version: 1}})
		row(ClassRow{Shared: Shared{ID: 1, Version: 2}})
	}
	if rendered != 2 || len(k.rows) != 2 {
		t.Errorf("two versions of a row were rendered %d times, %d are kept", rendered, len(k.rows))
	}
}

func TestCachedRowsAreBounded(t *testing.T) {
	k := &rowCache{render: func(ClassRow) ([]byte, error) { return bytes.Repeat([]byte("x"), 1<<20), nil }}
	for i := range 40 {
		if _, err := k.row(ClassRow{Shared: Shared{ID: int64(i)}}); err != nil {
			t.Fatal(err)
		}
		if len(k.rows) > maxRowBytes>>20 || k.bytes > maxRowBytes {
			t.Fatalf("%d rows of a megabyte are kept", len(k.rows))
		}
	}
}

func TestFailedRowIsNotCached(t *testing.T) {
	k := &rowCache{render: func(ClassRow) ([]byte, error) { return nil, fmt.Errorf("no") }}
	if _, err := k.row(ClassRow{}); err == nil || len(k.rows) > 0 {
		t.Errorf("the failed row is cached: %v", err)
	}
}
