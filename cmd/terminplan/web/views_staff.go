package web

import (
	"strings"
	"time"

	"terminplan/booking"
	"terminplan/templates"
)

// roster is who takes part, for who may see names.
func (v voice) roster(r booking.Roster) templates.Roster {
	c := r.Class
	t := templates.Roster{
		ClassID: c.ID, Epoch: v.epoch, Version: c.Version, Taken: c.Booked, Capacity: c.Rules.Capacity, Free: c.Free(), Held: c.Held,
		Over: max(0, c.Booked-c.Rules.Capacity), CheckedIn: c.CheckedIn, Earlier: r.Cancellations - len(r.Cancelled),
		StaffOnly: !c.Rules.Online,
	}
	for _, p := range r.Participants {
		one := v.participant(p)
		one.Ended = c.Phase() == booking.PhaseOver
		t.Participants = append(t.Participants, one)
	}
	for _, e := range r.Waiting {
		one := v.waiter(e)
		may := e.Offer == nil && c.Free() > 0 && !c.Cancelled && c.Phase() != booking.PhaseOver && c.Phase() != booking.PhaseRunning
		one.ClassID, one.MayOffer, one.MayBook = c.ID, may && c.Rules.Online, may && !c.Rules.Online
		if t.StaffOnly {
			one.Skipped = "" // nobody is passed over where nobody is asked
		}
		t.Waiting = append(t.Waiting, one)
	}
	for _, p := range r.Cancelled {
		f := templates.Former{
			BookingID: p.ID, Name: surnameFirst(p.GivenName, p.FamilyName), When: v.dateTime(p.EndedAt), By: p.EndedBy,
			Reason: v.reason(p.Booking), Refunded: p.Refunded, Late: p.Late,
		}
		if !p.Guest {
			f.PersonID = p.PersonID
		}
		t.Cancelled = append(t.Cancelled, f)
	}
	return t
}

func (v voice) participant(p booking.Participant) templates.Participant {
	t := templates.Participant{
		BookingID: p.ID, Name: surnameFirst(p.GivenName, p.FamilyName), Spoken: p.Name, Guest: p.Guest, Pack: p.Pack, PackLeft: p.PackLeft,
		New: p.New, Present: p.State == booking.StateCheckedIn, NoShow: p.State == booking.StateNoShow, Overbooked: p.Overbooked, FromList: p.FromWaitlist,
	}
	if p.Guest {
		t.Email = p.Email
	} else {
		t.PersonID, t.Record = p.PersonID, v.record(p)
	}
	if t.Present {
		t.PresentAt = v.clock(p.CheckedInAt)
	}
	return t
}

// record is what the desk should know about a person at a glance.
func (v voice) record(p booking.Participant) string {
	said := []string{v.say("text.visit", "N", p.Visits+1)}
	if p.Visits == 0 {
		said[0] = v.say("text.first_visit")
	}
	return strings.Join(append(said, v.missed(p.NoShows, p.LateCancels)...), " · ")
}

// missed says what there is to say of it.
func (v voice) missed(noShows, lateCancels int) (said []string) {
	if noShows > 0 {
		said = append(said, v.say("text.no_shows", "N", noShows))
	}
	if lateCancels > 0 {
		said = append(said, v.say("text.late_cancels", "N", lateCancels))
	}
	return said
}

func (v voice) waiter(e booking.Entry) templates.Waiter {
	t := templates.Waiter{
		EntryID: e.ID, PersonID: e.PersonID, Place: e.Place, Name: surnameFirst(e.GivenName, e.FamilyName), Spoken: e.Name, Since: v.dateTime(e.Since), Auto: e.Auto,
		Priority: e.Priority, Higher: min(9, e.Priority+1), Lower: max(-9, e.Priority-1),
	}
	if e.Skip != "" {
		t.Skipped = v.why(e.Skip)
	}
	if !e.Latest.IsZero() {
		t.NotLater = v.dateTime(e.Latest)
	}
	if e.Offer != nil {
		t.Offered = v.clock(e.Offer.ExpiresAt)
	}
	return t
}

func (v voice) panel(a booking.Actor, r booking.Roster) templates.Panel {
	c := r.Class
	return templates.Panel{
		ClassID: c.ID, Title: c.Title, Clock: v.clock(c.StartsAt), ISO: v.iso(c.StartsAt), When: v.dayShort(c.StartsAt), Room: place(c), Instructor: v.teacher(c),
		BackURL:   "/today?date=" + c.StartsAt.In(v.zone).Format(time.DateOnly),
		Cancelled: c.Cancelled, Over: c.Phase() == booking.PhaseOver,
		MayEdit: a.Can(booking.EditParticipants), AllPresent: c.ReadAt.After(c.StartsAt.Add(-2 * time.Hour)), MayCheckIn: a.Can(booking.CheckIn) || a.ID == c.InstructorID || a.ID == c.SubstituteID,
		MayChange: a.Can(booking.EditClasses), Overbook: a.Can(booking.Overbook),
		Roster: v.roster(r), Key: newKey(), Stamp: v.date(c.ReadAt) + ", " + v.clockLong(c.ReadAt),
		Search: templates.Candidates{ClassID: c.ID},
	}
}

func (v voice) candidates(a booking.Actor, c booking.Class, q string, found []booking.Candidate) templates.Candidates {
	t := templates.Candidates{ClassID: c.ID, Query: q, Searched: q != "", Full: c.Free() <= c.Reserved(), Overbook: a.Can(booking.Overbook), Key: newKey()}
	for _, p := range found {
		hit := templates.Candidate{
			PersonID: p.PersonID, Name: p.Name, Number: p.Number, Email: p.Email, Credits: p.Credits, Cost: c.Rules.Cost > 0, Booked: p.Booked, Waiting: p.Waiting,
		}
		if p.Block != nil {
			hit.WhyNot = v.refused(p.Block)
			hit.MayOverride = a.Can(booking.Override) && p.Block.Overridable() && !p.Booked
		}
		t.Hits = append(t.Hits, hit)
	}
	return t
}

// role is what staff reads about who somebody is; of members nothing is said.
func (v voice) role(r booking.Role) string {
	if r == booking.RoleMember {
		return ""
	}
	return v.say("role." + string(r))
}

func (v voice) memberRow(m booking.Member) templates.MemberRow {
	return templates.MemberRow{
		ID: m.ID, Name: surnameFirst(m.GivenName, m.FamilyName), Email: m.Email, Number: m.Number, Role: v.role(m.Role), Suspended: m.State == "suspended", Credits: m.Balance,
	}
}

func (v voice) member(a booking.Actor, p profileData) templates.Member {
	t := templates.Member{
		ID: p.member.ID, Name: p.member.Name, Email: p.member.Email, Phone: p.member.Phone, Number: p.member.Number, Role: v.role(p.member.Role),
		Suspended: p.member.State == "suspended", Credits: v.credits(p.credits, true),
		MayCancel: a.Can(booking.EditParticipants), MayGrant: a.Can(booking.GrantCredits), MaySuspend: a.Can(booking.EditMembers) && p.member.Role == booking.RoleMember,
		Key: newKey(), Path: memberPath(p.member.ID),
	}
	if a.Can(booking.EditRoles) && a.ID != p.member.ID {
		for _, role := range []booking.Role{booking.RoleMember, booking.RoleInstructor, booking.RoleFrontDesk, booking.RoleManager, booking.RoleOwner} {
			t.Roles = append(t.Roles, templates.RoleOption{Value: string(role), Name: v.say("role." + string(role)), Selected: role == p.member.Role})
		}
	}
	for _, b := range p.upcoming {
		t.Upcoming = append(t.Upcoming, v.booked(b, t.MayCancel))
	}
	for _, w := range p.waiting {
		t.Waiting = append(t.Waiting, v.waiting(w))
	}
	t.Missed = strings.Join(v.missed(p.noShows, p.lateCancels), " · ")
	for _, b := range p.past {
		row := v.booked(b, false)
		row.Forgive = a.Can(booking.RefundAnyway) && b.Booking.State == booking.StateLateCancelled && b.Booking.Cost > 0
		t.Past = append(t.Past, row)
	}
	return t
}
