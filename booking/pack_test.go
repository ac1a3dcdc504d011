package booking_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func TestAPackEndsWithAWholeDay(t *testing.T) {
	t.Parallel()
	day := func(year int, month time.Month, d int) time.Time {
		return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
	}
	for _, c := range []struct {
		name        string
		pack        booking.Pack
		given, last time.Time
	}{
		{"without end", booking.Pack{}, day(2026, 11, 30), time.Time{}},
		{"days", booking.Pack{ValidDays: 30}, day(2026, 11, 30), day(2026, 12, 30)},
		{"months", booking.Pack{ValidMonths: 12}, day(2026, 11, 30), day(2027, 11, 30)},
		{"a month without that day", booking.Pack{ValidMonths: 1}, day(2027, 1, 31), day(2027, 2, 28)},
		{"in a leap year", booking.Pack{ValidMonths: 1}, day(2028, 1, 31), day(2028, 2, 29)},
		{"over a new year", booking.Pack{ValidMonths: 2}, day(2026, 12, 31), day(2027, 2, 28)},
	} {
		if got := c.pack.LastDay(c.given); !got.Equal(c.last) {
			t.Errorf("%s: the last day is %s, want %s", c.name, got, c.last)
		}
	}
}

func TestAPackIsGrantedAsItIsNow(t *testing.T) {
	t.Parallel()
	s := bookingtest.New(t)
	desk, anna := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Member("Anna Arnold", 0)
	save := func(p booking.Pack) int64 {
		t.Helper()
		id, err := s.SavePack(t.Context(), s.Owner, p)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	card := booking.Pack{Name: "10er-Karte", Quantity: 10, ValidMonths: 12, Note: "bar", Active: true}
	card.ID = save(card)
	grant := booking.GrantRequest{Key: uuid.NewString(), PersonID: anna.ID, PackID: card.ID}
	for range 2 { // the second press has the key of the first
		out, err := s.GrantCredits(t.Context(), desk, grant)
		if err != nil || out.Quantity != 10 || out.Balance != 10 {
			t.Fatalf("granting a pack: %+v, %v; want 10 credits once", out, err)
		}
	}
	card.Quantity, card.Name = 12, "12er-Karte"
	save(card)
	out, err := s.GrantCredits(t.Context(), desk, booking.GrantRequest{Key: uuid.NewString(), PersonID: anna.ID, PackID: card.ID})
	if err != nil || out.Quantity != 12 || out.Balance != 22 {
		t.Errorf("granting the changed pack: %+v, %v; want 12 credits more", out, err)
	}
	if n := s.Int(`select count(*) from account where pack_id = $1 and expires_at > now() + interval '360 days'`, card.ID); n != 2 {
		t.Errorf("%d grants of the pack are valid for a year, want 2", n)
	}
	if n := s.Int(`select count(*) from account where name = '10er-Karte' and quantity = 10`); n != 1 {
		t.Errorf("%d grants kept the former values, want 1", n)
	}
	card.Active = false
	save(card)
	_, err = s.GrantCredits(t.Context(), desk, booking.GrantRequest{Key: uuid.NewString(), PersonID: anna.ID, PackID: card.ID})
	if booking.CodeOf(err) != booking.NotFound {
		t.Errorf("granting a pack that is no longer in use: %v, want %s", err, booking.NotFound)
	}
	if list, err := s.Packs(t.Context(), desk); err != nil || len(list) != 0 {
		t.Errorf("the desk can grant %v, %v; want none", list, err)
	}
}

func TestOnlySettingsChangePacks(t *testing.T) {
	t.Parallel()
	s := bookingtest.New(t)
	desk, anna := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.Member("Anna Arnold", 0)
	good := booking.Pack{Name: "Karte", Quantity: 5, Active: true}
	if _, err := s.SavePack(t.Context(), desk, good); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("the desk saves a pack: %v, want %s", err, booking.Forbidden)
	}
	if _, err := s.Packs(t.Context(), anna); booking.CodeOf(err) != booking.Forbidden {
		t.Errorf("a member reads the packs: %v, want %s", err, booking.Forbidden)
	}
	for name, wrong := range map[string]func(*booking.Pack){
		"name":      func(p *booking.Pack) { p.Name = " " },
		"quantity":  func(p *booking.Pack) { p.Quantity = 0 },
		"valid_for": func(p *booking.Pack) { p.ValidDays, p.ValidMonths = 3, 3 },
		"type":      func(p *booking.Pack) { p.TypeIDs = []int64{987654} },
	} {
		p := good
		wrong(&p)
		_, err := s.SavePack(t.Context(), s.Owner, p)
		if e := new(booking.Error); !errors.As(err, &e) || e.Code != booking.Invalid || e.Field != name {
			t.Errorf("a wrong %s is answered with %v", name, err)
		}
	}
}
