package booking

import (
	"context"
	"slices"
)

// categories are the categories in the order of the page of preferences.
var categories = []Category{
	CategoryClasses, CategoryWaitlist, CategoryFreeUntil, CategoryReminders, CategoryReceipts, CategoryChanges, CategoryCredits,
	CategoryTeaching, CategoryAccount,
}

// channels are the channels in the order of the page of preferences.
var channels = []Channel{ChannelPush, ChannelMail}

// concerns reports whether people with the role get notices of the category.
func (c Category) concerns(r Role) bool { return c != CategoryTeaching || r.Staff() }

// ChoiceState says whether notices of a category go out by a channel.
type ChoiceState string

// The states of a choice.
const (
	ChoiceNone  ChoiceState = ""      // no notice of the category goes out by the channel
	ChoiceFixed ChoiceState = "fixed" // they do, and cannot be switched off (rule 28)
	ChoiceOn    ChoiceState = "on"
	ChoiceOff   ChoiceState = "off"
)

// Field is the name of the choice in requests and refusals: "waitlist_mail".
func (c Choice) Field() string { return string(c.Category) + "_" + string(c.Channel) }

// Choices lists the switches of a person with the role, in the order of the page of preferences.
func Choices(r Role) (list []Choice) {
	for _, category := range categories {
		for _, channel := range channels {
			c := Choice{category, channel}
			if _, ok := choices[c]; ok && category.concerns(r) {
				list = append(list, c)
			}
		}
	}
	return list
}

// CategoryPreference is what a person gets of a category.
type CategoryPreference struct {
	Category   Category
	Push, Mail ChoiceState
}

// QuietHours are the hours in which a person gets no messages (rule 29).
type QuietHours struct {
	Own  bool // chosen by the person; else those of the studio
	Rest      // without On there are none
}

// Preferences are what a person gets outside the page, and when.
type Preferences struct {
	Categories  []CategoryPreference // those that concern the person, in the order of the page
	Always      bool                 // the end of the free cancellation is also told while nobody waits (rule 31)
	Quiet       QuietHours
	Devices     int  // browsers that show push messages
	EmailFailed bool // the mail server refused the address for good
}

// Preferences returns the preferences of the actor.
func (rd *Reader) Preferences(ctx context.Context, a Actor) (Preferences, error) {
	studio, err := rd.Studio(ctx)
	if err != nil {
		return Preferences{}, err
	}
	person, chosen := Recipient{ID: a.ID, Role: a.Role}, map[string]bool{}
	var p Preferences
	err = rd.readPool.QueryRow(ctx, `
		select p.quiet_from, p.quiet_until, p.email_failed_at is not null,
			coalesce((select jsonb_object_agg(x.category || '/' || x.channel, x.wanted) from preference x where x.person_id = p.id), '{}'),
			(select count(*) from push_device d where d.person_id = p.id)
		from person p where p.id = $1`, a.ID).Scan(&person.quietFrom, &person.quietUntil, &p.EmailFailed, &chosen, &p.Devices)
	if err != nil {
		return p, during("reading preferences", err)
	}
	person.choose(chosen)
	p.Always = person.remindsAlways()
	p.Quiet = QuietHours{Own: person.quietFrom != nil, Rest: person.rest(&studio)}
	for _, c := range categories {
		if c.concerns(a.Role) {
			push, mail := person.state(Choice{c, ChannelPush}), person.state(Choice{c, ChannelMail})
			p.Categories = append(p.Categories, CategoryPreference{Category: c, Push: push, Mail: mail})
		}
	}
	return p, nil
}

func (p *Recipient) state(c Choice) ChoiceState {
	switch _, isSwitch := choices[c]; {
	case !isSwitch && c.exists():
		return ChoiceFixed
	case !isSwitch:
		return ChoiceNone
	case c.wanted(p.chosen):
		return ChoiceOn
	}
	return ChoiceOff
}

// remindsAlways reports whether the person is told of the end of the free cancellation also while
// nobody waits for a seat (rule 31). This is what a row of this category says that is true; the
// switches of the channels make none.
func (p *Recipient) remindsAlways() bool {
	return slices.ContainsFunc(channels, func(c Channel) bool { return p.chosen[Choice{CategoryFreeUntil, c}] })
}

// SetChoice switches notices of a category on or off for the actor. Refusal: Invalid, at the field
// [Choice.Field], for a choice that the person does not have.
func (e *Engine) SetChoice(ctx context.Context, a Actor, c Choice, wanted bool) error {
	switch {
	case slices.Contains(Choices(a.Role), c):
	case slices.Contains(categories, c.Category) && c.exists() && c.Category.concerns(a.Role):
		return invalid(c.Field(), "fixed")
	default:
		return invalid(c.Field(), "unknown")
	}
	return e.setChoice(ctx, a.ID, c, wanted)
}

func (e *Engine) setChoice(ctx context.Context, personID int64, c Choice, wanted bool) error {
	sql := `insert into preference (person_id, category, channel, wanted) values ($1, $2, $3, $4)
		on conflict (person_id, category, channel) do update set wanted = excluded.wanted`
	if wanted && c.Category == CategoryFreeUntil {
		sql = `delete from preference where person_id = $1 and category = $2 and channel = $3 and wanted <> $4`
	}
	_, err := e.recordPool.Exec(ctx, sql, personID, c.Category, c.Channel, wanted)
	return during("changing a preference", err)
}

// RemindAlways tells the actor of the end of the free cancellation also while nobody waits for the
// seat, or no longer (rule 31). If both channels are off, it switches them on.
func (e *Engine) RemindAlways(ctx context.Context, a Actor, always bool) error {
	sql := `delete from preference where person_id = $1 and category = $2 and wanted`
	if always {
		sql = `
			insert into preference (person_id, category, channel, wanted)
			select $1, $2, c.channel, true from unnest(array['push', 'mail']) as c(channel)
			where not exists (
					select from preference x where x.person_id = $1 and x.category = $2 and x.channel = c.channel and not x.wanted)
				or 2 = (select count(*) from preference x where x.person_id = $1 and x.category = $2 and not x.wanted)
			on conflict (person_id, category, channel) do update set wanted = true`
	}
	_, err := e.recordPool.Exec(ctx, sql, a.ID, CategoryFreeUntil)
	return during("changing a reminder", err)
}

// SetQuietHours sets the hours in which the actor gets no messages. Offers follow the hours of the
// studio (rule 29). Refusal: Invalid at quiet_from or quiet_until.
func (e *Engine) SetQuietHours(ctx context.Context, a Actor, q QuietHours) error {
	var from, until *int
	switch {
	case q.Own && q.On:
		var f Faults
		if q.check(&f, "quiet_from", "quiet_until"); len(f) > 0 {
			return f.Err()
		}
		from, until = &q.From, &q.Until
	case q.Own:
		from, until = new(int), new(int)
	}
	_, err := e.recordPool.Exec(ctx, `update person set quiet_from = $2, quiet_until = $3 where id = $1`, a.ID, from, until)
	return during("changing quiet hours", err)
}
