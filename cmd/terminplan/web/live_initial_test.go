package web

import (
	"fmt"
	"testing"
	"time"

	"terminplan/booking"
)

// silent returns an engine that announces no changes, like a node that dies after a commit.
func (s *site) silent() *booking.Engine {
	s.t.Helper()
	e, err := booking.Open(s.t.Context(), booking.Options{Pool: s.Pool})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// A new page reads the new state, and older pages of the person must get it too.
func TestAReadForANewPageUpdatesOtherPagesOfThePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	anna, gone := s.Member("Anna Arnold", 1), s.silent()
	first := s.open(anna, "view=person")
	first.next(`id="balance"`)
	for i := range 5 {
		if _, err := gone.GrantCredits(
			t.Context(), s.Owner, booking.GrantRequest{PersonID: anna.ID, Name: "Card", Quantity: 1},
		); err != nil {
			t.Fatal(err)
		}
		balance := fmt.Sprintf(`<b class="num">%d</b>`, 2+i)
		s.open(anna, "view=person").next(`id="balance"`, balance)
		first.next(`id="balance"`, balance)
	}
}

func TestAReadOfADayUpdatesPagesOfItsClasses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	desk, gone := s.Staff(booking.RoleFrontDesk, "Fred Empfang"), s.silent()
	for i := range 4 {
		anna := s.Member(fmt.Sprintf("Anna %c", 'A'+i), 3)
		class := s.Class(func(c *booking.ClassRequest) {
			c.StartsAt, c.EndsAt = c.StartsAt.Add(time.Duration(i)*24*time.Hour), c.EndsAt.Add(time.Duration(i)*24*time.Hour)
		})
		sheet, roster := s.open(anna, path("view=class&class=%d", class)), s.open(desk, path("view=roster&class=%d", class))
		sheet.next(path(`id="sheet-%d-seats"`, class), `data-v="1"`)
		roster.next(path(`id="roster-%d"`, class), `data-v="1"`)
		out, err := gone.Book(t.Context(), anna, booking.BookRequest{ClassID: class})
		if err != nil {
			t.Fatal(err)
		}
		s.open(anna, s.scheduleOf(class)).next(path(`id="class-%d-seats"`, class), `data-v="2"`)
		sheet.next(path(`id="sheet-%d-seats"`, class), `data-v="2"`)
		roster.next(path(`id="booking-%d"`, out.BookingID))
	}
}
