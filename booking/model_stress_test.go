package booking_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// Many goroutines run random operations at once on a few classes of every mode. No
// operation may fail, and afterwards every invariant must hold for every moment of the run.
// The order depends on the machine: the printed seed repeats the operations, not their
// order.
func TestManyHandsAtOnceBreakNoInvariant(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	members := env.Members(12, 3)
	var classes []int64
	for i, mode := range []booking.WaitlistMode{booking.ModeOffer, booking.ModeAuto, booking.ModeNotifyAll} {
		for _, soon := range []time.Duration{0, -52 * time.Hour} { // before and after the cut-off
			classes = append(classes, env.Class(func(r *booking.ClassRequest) {
				shift := soon + time.Duration(i)*2*time.Hour
				r.StartsAt, r.EndsAt = r.StartsAt.Add(shift), r.EndsAt.Add(shift)
				r.Rules.WaitlistMode = mode
			}))
		}
	}
	together(8, func(hand int) {
		random := rand.New(rand.NewPCG(seed, uint64(hand)))
		for range 60 {
			if err := anything(env, random, members, classes); err != nil && booking.CodeOf(err) == "" {
				t.Errorf("hand %d: %v", hand, err)
			} else if code := booking.CodeOf(err); code == booking.Busy || code == booking.Unknown {
				t.Errorf("hand %d is sent away: %v", hand, err)
			}
		}
	})
	if err := env.Sweep(ctx); err != nil {
		t.Error(err)
	}
}

func anything(env *bookingtest.Env, random *rand.Rand, members []booking.Actor, classes []int64) error {
	who, class := members[random.IntN(len(members))], classes[random.IntN(len(classes))]
	personal, err := env.Personal(ctx, who, []int64{class})
	if err != nil {
		return err
	}
	m := personal.Classes[class]
	switch n := random.IntN(10); {
	case n == 0:
		_, err = env.GrantCredits(ctx, env.Owner, booking.GrantRequest{PersonID: who.ID, Quantity: 1})
	case n == 1:
		err = env.SettleClass(ctx, class)
	case n == 2:
		var c booking.Class
		if c, err = env.Engine.Class(ctx, class); err == nil {
			c.Rules.Capacity, c.Rules.Online = 1+random.IntN(4), random.IntN(3) > 0
			_, err = env.EditClass(ctx, env.Owner, booking.EditRequest{
				ClassID: class, ConfirmBelow: true,
				Class: booking.ClassRequest{Title: c.Title, StartsAt: c.StartsAt, EndsAt: c.EndsAt, Rules: c.Rules},
			})
		}
	case n == 3 && m.Entry != nil:
		_, err = env.BookWaiter(ctx, env.Owner, booking.BookWaiterRequest{EntryID: m.Entry.ID})
	case n == 3:
		_, err = env.AddParticipants(ctx, env.Owner, booking.AddRequest{ClassID: class, MemberIDs: []int64{who.ID}})
	case m.Offer != nil && n < 8:
		_, err = env.AcceptOffer(ctx, who, booking.AcceptRequest{OfferID: m.Offer.ID})
	case m.Offer != nil:
		_, err = env.DeclineOffer(ctx, who, booking.DeclineRequest{OfferID: m.Offer.ID})
	case m.Booking != nil:
		_, err = env.Cancel(ctx, who, booking.CancelRequest{BookingID: m.Booking.ID, ReasonID: bookingtest.ReasonIll})
	case m.Entry != nil && n > 8:
		_, err = env.LeaveWaitlist(ctx, who, booking.LeaveRequest{EntryID: m.Entry.ID})
	default:
		if _, err = env.Book(ctx, who, booking.BookRequest{
			ClassID: class,
		}); booking.CodeOf(err) == booking.Full || booking.CodeOf(err) == booking.HeldForWaitlist {
			_, err = env.JoinWaitlist(ctx, who, booking.JoinRequest{ClassID: class})
		}
	}
	return err
}
