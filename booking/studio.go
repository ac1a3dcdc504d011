package booking

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Studio is the studio of this installation, with its settings and the default rules of new
// classes.
type Studio struct {
	Name           string
	Zone           *time.Location
	Language       string   // for people who have not chosen one
	Languages      []string // the languages that can be chosen
	SeatCounts     SeatCounts
	FreeCancel     time.Duration // this and the next five: defaults of a new class
	OpensBefore    time.Duration
	ClosesBefore   time.Duration
	WaitlistMode   WaitlistMode
	WaitlistSize   int
	WaitlistCloses time.Duration
	OfferFor       time.Duration // how long an offer holds a seat
	ReserveFor     time.Duration // how long a freed seat is reserved for waiters (notify_all)
	GiveBackFor    time.Duration // how long a seat given without a confirmation may be given back free of charge
	UndoFor        time.Duration // how long members may undo their own booking free of charge, even after the cut-off; 0: not
	MaxOpen        int           // future bookings per member; 0: no limit; as the next two
	MaxPerDay      int
	MaxPerWeek     int
	AllowOverlap   bool
	Recurring      bool          // S7: members may make recurring bookings
	Horizon        time.Duration // how far ahead a standing booking books
	Night          Rest          // hours without messages; offers wait for their end (rule 29)
	Version        int64         // grows with every change of the settings
	Board          Board         // changed by EditBoard and ResetBoard only
	Template       string        // the template that filled the studio; empty: none
	Start          StartPage

	Public            bool       // everybody may see the schedule without signing in (rule 33)
	PublicSeats       SeatCounts // how that schedule shows the number of free seats
	PublicInstructors bool       // it says who gives a class
	FrameOrigins      []string   // origins of the sites that may frame it, such as "https://studio.example"; "*": every site
	Registration      Registration
	SecondFactor      []Role // the roles whose people must sign in with a second factor (rule 35)
	ContactEmail      string // this and the next: how members reach the studio; empty: not said
	ContactPhone      string
	ShopURL           string // where members buy credits; empty: not said
}

// ClassRules are the rules of a new class whose type says nothing else.
func (s *Studio) ClassRules() Rules {
	return Rules{
		Online: true, Cost: 1, Capacity: 12, FreeCancel: s.FreeCancel, OpensBefore: s.OpensBefore, ClosesBefore: s.ClosesBefore,
		WaitlistMode: s.WaitlistMode, WaitlistSize: s.WaitlistSize, WaitlistCloses: s.WaitlistCloses,
	}
}

// Registration says whether people may make an account by themselves (rule 35).
type Registration string

// The ways to register. The address is always confirmed first.
const (
	RegistrationOff     Registration = "off"
	RegistrationApprove Registration = "approve" // staff agrees to each
	RegistrationOpen    Registration = "open"
)

func (r Registration) known() bool {
	return r == RegistrationOff || r == RegistrationApprove || r == RegistrationOpen
}

const studioColumns = `name, zone, language, languages, seat_counts, free_cancel, coalesce(opens_before, '0'), closes_before,
	waitlist_mode, coalesce(waitlist_size, -1), waitlist_closes, offer_for, reserve_for,
	give_back_for, undo_for, coalesce(max_open_bookings, 0), coalesce(max_per_day, 0), coalesce(max_per_week, 0), allow_overlap,
	recurring, horizon, version,
	board_on, board_secret, board_daylight, board_instructors, board_waiting, board_seconds, template, start,
	night_rest, night_from, night_until,
	public_on, public_seats, public_instructors, frame_origins, registration, second_factor_roles,
	contact_email, contact_phone, shop_url`

const studioSQL = `select ` + studioColumns + ` from studio`

// scanStudio scans studioColumns, after the destinations in before.
func scanStudio(row pgx.Row, before ...any) (*Studio, error) {
	var s Studio
	var zone string
	err := row.Scan(append(before, &s.Name, &zone, &s.Language, &s.Languages, &s.SeatCounts, &s.FreeCancel, &s.OpensBefore, &s.ClosesBefore,
		&s.WaitlistMode, &s.WaitlistSize, &s.WaitlistCloses, &s.OfferFor, &s.ReserveFor,
		&s.GiveBackFor, &s.UndoFor, &s.MaxOpen, &s.MaxPerDay, &s.MaxPerWeek, &s.AllowOverlap, &s.Recurring, &s.Horizon, &s.Version,
		&s.Board.On, &s.Board.Secret, &s.Board.Daylight, &s.Board.Instructors, &s.Board.Waiting, &s.Board.Seconds,
		&s.Template, &s.Start, &s.Night.On, &s.Night.From, &s.Night.Until,
		&s.Public, &s.PublicSeats, &s.PublicInstructors, &s.FrameOrigins, &s.Registration, &s.SecondFactor,
		&s.ContactEmail, &s.ContactPhone, &s.ShopURL)...)
	if err != nil {
		return nil, during("reading the studio", err)
	}
	if s.Zone, err = loadZone(zone); err != nil {
		return nil, during("reading the studio's time zone", err)
	}
	return &s, nil
}

// SeatCounts says how members see the number of free seats.
type SeatCounts string

// The ways to show the number of free seats.
const (
	CountsExact  SeatCounts = "exact"
	CountsFew    SeatCounts = "few"    // the number only if few seats are free
	CountsHidden SeatCounts = "hidden" // only free or full
)

func (c SeatCounts) known() bool { return c == CountsExact || c == CountsFew || c == CountsHidden }

// Check returns an Invalid error that names every wrong setting. It trims Name. It does not
// read the database.
func (s *Studio) Check() error {
	s.Name = strings.TrimSpace(s.Name)
	known := func(lang string) bool { return lang == "de" || lang == "en" }
	var f Faults
	f.wantText(s.Name, NameMax, "name")
	f.Want(s.Zone != nil, "zone", "unknown")
	f.Want(len(s.Languages) > 0 && !slices.ContainsFunc(s.Languages, func(l string) bool { return !known(l) }), "languages", "choice")
	f.Want(slices.Contains(s.Languages, s.Language), "language", "choice")
	f.Want(s.SeatCounts.known(), "seat_counts", "choice")
	f.Want(s.WaitlistMode.known(), "waitlist_mode", "choice")
	f.Want(within(s.WaitlistSize, NoLimit, CapacityMax), "waitlist_size", "range")
	f.Want(within(s.FreeCancel, 0, WindowMax), "free_cancel_hours", "range")
	f.Want(within(s.OpensBefore, 0, WindowMax), "opens_before_hours", "range")
	f.Want(within(s.ClosesBefore, 0, WindowMax), "closes_before_minutes", "range")
	f.Want(within(s.WaitlistCloses, 0, WindowMax), "waitlist_closes_minutes", "range")
	f.Want(within(s.OfferFor, HoldMin, HoldMax), "offer_minutes", "range")
	f.Want(within(s.ReserveFor, 0, HoldMax), "reserve_minutes", "range")
	f.Want(within(s.GiveBackFor, 0, HoldMax), "give_back_minutes", "range")
	f.Want(within(s.UndoFor, 0, UndoMax), "undo_minutes", "range")
	f.Want(within(s.MaxOpen, 0, LimitMax), "max_open", "range")
	f.Want(within(s.MaxPerDay, 0, LimitMax), "max_per_day", "range")
	f.Want(within(s.MaxPerWeek, 0, LimitMax), "max_per_week", "range")
	f.Want(within(s.Horizon, HorizonMin, HorizonMax), "horizon_days", "range")
	s.Night.check(&f, "night_from", "night_until")
	f.Want(s.PublicSeats.known(), "public_seats", "choice")
	f.wantOrigins(s.FrameOrigins, "frame_origins")
	f.Want(s.Registration.known(), "registration", "choice")
	f.Want(!slices.ContainsFunc(s.SecondFactor, func(r Role) bool { return !r.Staff() }), "second_factor", "choice")
	f.Want(s.ContactEmail == "" || validEmail(s.ContactEmail), "contact_email", "email")
	f.wantPlain(s.ContactPhone, ContactMax, "contact_phone")
	f.Want(s.ShopURL == "" || validLink(s.ShopURL), "shop_url", "link")
	return f.Err()
}

const updateStudioSQL = `
	update studio set
		name = @name, zone = @zone, language = @language, languages = @languages, seat_counts = @seat_counts,
		free_cancel = @free_cancel, opens_before = nullif(@opens_before, '0'::interval), closes_before = @closes_before,
		waitlist_mode = @waitlist_mode, waitlist_size = nullif(@waitlist_size, -1), waitlist_closes = @waitlist_closes,
		offer_for = @offer_for, reserve_for = @reserve_for, give_back_for = @give_back_for, undo_for = @undo_for,
		max_open_bookings = nullif(@max_open_bookings, 0), max_per_day = nullif(@max_per_day, 0),
		max_per_week = nullif(@max_per_week, 0), allow_overlap = @allow_overlap,
		recurring = @recurring, horizon = @horizon,
		night_rest = @night_rest, night_from = @night_from, night_until = @night_until,
		public_on = @public_on, public_seats = @public_seats, public_instructors = @public_instructors, frame_origins = @frame_origins,
		registration = @registration, second_factor_roles = @second_factor_roles,
		contact_email = @contact_email, contact_phone = @contact_phone, shop_url = @shop_url, version = version + 1`

// args are the values of updateStudioSQL, by the name of the column.
func (s *Studio) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"name":              s.Name,
		"zone":              s.Zone.String(),
		"language":          s.Language,
		"languages":         s.Languages,
		"seat_counts":       s.SeatCounts,
		"free_cancel":       s.FreeCancel,
		"opens_before":      s.OpensBefore,
		"closes_before":     s.ClosesBefore,
		"waitlist_mode":     s.WaitlistMode,
		"waitlist_size":     s.WaitlistSize,
		"waitlist_closes":   s.WaitlistCloses,
		"offer_for":         s.OfferFor,
		"reserve_for":       s.ReserveFor,
		"give_back_for":     s.GiveBackFor,
		"undo_for":          s.UndoFor,
		"max_open_bookings": s.MaxOpen,
		"max_per_day":       s.MaxPerDay,
		"max_per_week":      s.MaxPerWeek,
		"allow_overlap":     s.AllowOverlap,
		"recurring":         s.Recurring,
		"horizon":           s.Horizon,
		"night_rest":        s.Night.On,
		"night_from":        s.Night.From,
		"night_until":       s.Night.Until,

		"public_on":           s.Public,
		"public_seats":        s.PublicSeats,
		"public_instructors":  s.PublicInstructors,
		"frame_origins":       notNil(s.FrameOrigins),
		"registration":        s.Registration,
		"second_factor_roles": notNil(s.SecondFactor),
		"contact_email":       s.ContactEmail,
		"contact_phone":       s.ContactPhone,
		"shop_url":            s.ShopURL,
	}
}

// EditStudio changes the settings. Version must be the one that the form showed. keep says
// what stays when the zone changes; it is needed while classes are planned (rule 21).
// The roles that demand a second factor need the permission EditRoles, and the actor's own role a
// factor of the actor. Afterwards the free seats of all future classes go to the waiters who are eligible by the
// new settings. Refusals: Forbidden, Invalid, StaleSettings, AskZoneChange.
func (e *Engine) EditStudio(ctx context.Context, a Actor, now Studio, keep ZoneChange) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	if err := now.Check(); err != nil {
		return err
	}
	if keep != "" && keep != KeepClock && keep != KeepInstants {
		return invalid("zone_change", "choice")
	}
	was, err := scanStudio(e.readPool.QueryRow(ctx, studioSQL))
	if err != nil {
		return err
	}
	if was.Version == now.Version {
		if err := e.mayDemandFactor(ctx, a, was, &now); err != nil {
			return err
		}
	}
	if was.Zone.String() != now.Zone.String() {
		if _, err := e.Zone(ctx, now.Zone.String()); err != nil {
			return err
		}
		if keep == KeepClock {
			if err := e.keepClock(ctx, a, now); err != nil {
				return err
			}
			return e.recheck(ctx)
		}
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		was, err := scanStudio(tx.QueryRow(ctx, studioSQL+` for update`))
		if err != nil {
			return err
		}
		if was.Version != now.Version {
			return refuse(StaleSettings)
		}
		details := was.differences(&now)
		if len(details) == 0 {
			return nil
		}
		if was.Zone.String() != now.Zone.String() {
			if keep == "" {
				if err := zoneDenial(ctx, tx); err != nil {
					return err
				}
			}
			details["kept"] = KeepInstants
		}
		_, err = tx.Exec(ctx, updateStudioSQL, now.args())
		if err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, recheckAllSQL); err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbEditSettings, details: details})
	})
	if err != nil {
		return refusalOr("changing the settings", err)
	}
	if !slices.Equal(was.SecondFactor, now.SecondFactor) {
		e.sessions.forgetAll() // other nodes look again within two seconds
	}
	return e.recheck(ctx)
}

func (s *Studio) differences(now *Studio) map[string]any {
	d := map[string]any{}
	addDifference(d, "name", s.Name, now.Name)
	addDifference(d, "zone", s.Zone.String(), now.Zone.String())
	addDifference(d, "language", s.Language, now.Language)
	addDifference(d, "languages", strings.Join(s.Languages, " "), strings.Join(now.Languages, " "))
	addDifference(d, "free_cancel", s.FreeCancel.String(), now.FreeCancel.String())
	addDifference(d, "opens_before", s.OpensBefore.String(), now.OpensBefore.String())
	addDifference(d, "closes_before", s.ClosesBefore.String(), now.ClosesBefore.String())
	addDifference(d, "waitlist_mode", s.WaitlistMode, now.WaitlistMode)
	addDifference(d, "waitlist_size", s.WaitlistSize, now.WaitlistSize)
	addDifference(d, "waitlist_closes", s.WaitlistCloses.String(), now.WaitlistCloses.String())
	addDifference(d, "offer_for", s.OfferFor.String(), now.OfferFor.String())
	addDifference(d, "reserve_for", s.ReserveFor.String(), now.ReserveFor.String())
	addDifference(d, "give_back_for", s.GiveBackFor.String(), now.GiveBackFor.String())
	addDifference(d, "undo_for", s.UndoFor.String(), now.UndoFor.String())
	addDifference(d, "max_open", s.MaxOpen, now.MaxOpen)
	addDifference(d, "max_per_day", s.MaxPerDay, now.MaxPerDay)
	addDifference(d, "max_per_week", s.MaxPerWeek, now.MaxPerWeek)
	addDifference(d, "allow_overlap", s.AllowOverlap, now.AllowOverlap)
	addDifference(d, "seat_counts", s.SeatCounts, now.SeatCounts)
	addDifference(d, "recurring", s.Recurring, now.Recurring)
	addDifference(d, "horizon", s.Horizon.String(), now.Horizon.String())
	addDifference(d, "night_rest", s.Night.On, now.Night.On)
	addDifference(d, "night_from", ClockText(s.Night.From), ClockText(now.Night.From))
	addDifference(d, "night_until", ClockText(s.Night.Until), ClockText(now.Night.Until))
	addDifference(d, "public", s.Public, now.Public)
	addDifference(d, "public_seats", s.PublicSeats, now.PublicSeats)
	addDifference(d, "public_instructors", s.PublicInstructors, now.PublicInstructors)
	addDifference(d, "frame_origins", strings.Join(s.FrameOrigins, " "), strings.Join(now.FrameOrigins, " "))
	addDifference(d, "registration", s.Registration, now.Registration)
	addDifference(d, "second_factor", rolesText(s.SecondFactor), rolesText(now.SecondFactor))
	addDifference(d, "contact_email", s.ContactEmail, now.ContactEmail)
	addDifference(d, "contact_phone", s.ContactPhone, now.ContactPhone)
	addDifference(d, "shop_url", s.ShopURL, now.ShopURL)
	return d
}

func rolesText(roles []Role) string {
	var b strings.Builder
	for i, r := range roles {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(r))
	}
	return b.String()
}

// notNil is the list for a column that is not null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// zones caches the results of time.LoadLocation, which reads a file every time.
var zones sync.Map

func loadZone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		zones.Store(name, zone)
	}
	return zone, err
}

// Studio returns the studio as it is now, so that all nodes act on a changed setting from the
// next request on.
func (rd *Reader) Studio(ctx context.Context) (Studio, error) {
	s, _, err := rd.studioReads.get(ctx, struct{}{})
	return s, err
}

func (rd *Reader) readStudio(ctx context.Context, _ []struct{}) (map[struct{}]Studio, error) {
	s, err := scanStudio(rd.readPool.QueryRow(ctx, studioSQL))
	if err != nil {
		return nil, during("reading the studio", err)
	}
	return map[struct{}]Studio{{}: *s}, nil
}
