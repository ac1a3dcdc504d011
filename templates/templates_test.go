package templates

import "testing"

func TestParses(t *testing.T) {
	if _, err := New(); err != nil {
		t.Fatal(err)
	}
}
