package booking

import (
	"strings"
	"testing"
)

func TestSumsBelowATableAreNoRowsOfIt(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]bool{
		"Summe:;6 Kunden;;1.187,50 €": true,
		";;Gesamt;12;3.400,00 EUR":    true,
		"Total;4;;14":                 true,
		"Anzahl Kunden: 6":            true,
		"TOTAL: 12;":                  true,
		"Gesamt 12":                   true,
		"Summe":                       true,
		"Summer;Donna":                false,
		"Total;Anna":                  false,
		"Gesamt;Lena;030 123":         false,
		"Lena;Summe:;3":               false,
		";;":                          false,
		"Sum;lena@example.org;":       false,
	} {
		if got := isSum(strings.Split(row, ";")); got != want {
			t.Errorf("%q: %v", row, got)
		}
	}
}
