package present

import (
	"maps"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// The bounds of form fields by field name. They are the limits of package booking in the units
// of the forms.

func text(length int) templates.Bound { return templates.Bound{Length: length} }

func number(least, most int) templates.Bound { return templates.Bound{Min: least, Max: most} }

func span(unit, least, most time.Duration) templates.Bound {
	return templates.Bound{Min: int(least / unit), Max: int(most / unit)}
}

// ruleBounds are the bounds for fields of a class, of a class type and of the studio's
// defaults.
var ruleBounds = map[string]templates.Bound{
	"minutes":                 span(time.Minute, booking.LengthMin, booking.LengthMax),
	"capacity":                number(0, booking.CapacityMax),
	"cost":                    number(0, booking.CostMax),
	"free_cancel_hours":       span(time.Hour, 0, booking.WindowMax),
	"opens_before_hours":      span(time.Hour, 0, booking.WindowMax),
	"closes_before_minutes":   span(time.Minute, 0, booking.WindowMax),
	"waitlist_size":           number(booking.NoLimit, booking.CapacityMax),
	"waitlist_closes_minutes": span(time.Minute, 0, booking.WindowMax),
}

var classBounds = join(ruleBounds, map[string]templates.Bound{
	"title": text(booking.NameMax), "note": text(booking.NoteMax), "every_weeks": number(1, booking.EveryWeeksMax),
	"count": number(1, booking.SeriesMax),
})

var (
	grantBounds = map[string]templates.Bound{
		"name": text(booking.NameMax), "pack_note": text(booking.RemarkMax), "valid_for": number(1, booking.ValidDaysMax),
		"quantity": number(1, booking.CreditsMax), "note": text(booking.RemarkMax),
	}
	memberBounds = map[string]templates.Bound{
		"given_name": text(booking.NameMax), "family_name": text(booking.NameMax), "email": text(booking.EmailMax),
		"phone": text(booking.ContactMax), "number": text(booking.ContactMax),
	}
	guestBounds = map[string]templates.Bound{
		"guest_name": text(booking.NameMax), "guest_email": text(booking.EmailMax), "guest_phone": text(booking.ContactMax),
	}
	remarkBound = text(booking.RemarkMax)
)

// describedBounds are the bounds for forms that formBuilder builds. A field has the same bound
// in each of them.
var describedBounds = join(ruleBounds, memberBounds, map[string]templates.Bound{
	"name": text(booking.NameMax), "text_de": text(booking.NameMax), "text_en": text(booking.NameMax),
	"holiday_name": text(booking.NameMax),
	"description":  text(booking.NoteMax), "address": text(booking.AddressMax), "note": text(booking.MemberNoteMax),
	"reason": text(booking.RemarkMax), "position": number(0, booking.PositionMax),
	"amount":   number(-booking.CreditsMax, booking.CreditsMax),
	"quantity": number(1, booking.CreditsMax), "valid_days": number(0, booking.ValidDaysMax),
	"offer_minutes":     span(time.Minute, booking.HoldMin, booking.HoldMax),
	"reserve_minutes":   span(time.Minute, 0, booking.HoldMax),
	"give_back_minutes": span(time.Minute, 0, booking.HoldMax),
	"undo_minutes":      span(time.Minute, 0, booking.UndoMax),
	"max_open":          number(0, booking.LimitMax), "max_per_day": number(0, booking.LimitMax),
	"max_per_week": number(0, booking.LimitMax),
	"horizon_days": span(24*time.Hour, booking.HorizonMin, booking.HorizonMax),
})

func join(parts ...map[string]templates.Bound) map[string]templates.Bound {
	all := map[string]templates.Bound{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}
