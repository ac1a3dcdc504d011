package web

import (
	"testing"

	"terminplan/booking/bookingtest"
)

func TestMain(m *testing.M) { bookingtest.Main(m) }
