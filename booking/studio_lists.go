package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// The lists of a studio: reasons, class types, locations, rooms and holidays. Entries are
// never deleted once they were used; they become inactive, so that the history stays
// readable (rule 17).

// ReasonSettings is a reason for cancelling, as edited in the settings (rule 17).
type ReasonSettings struct {
	ID        int64
	Text      map[string]string // by language
	Audience  Audience
	NeedsText bool
	Position  int
	Active    bool
}

// ClassTypeSettings is a class type with the defaults of its classes. Nil means the default of
// the studio.
type ClassTypeSettings struct {
	ClassType
	Position       int
	Active         bool
	Minutes        *int
	Capacity       *int
	Cost           *int
	Online         *bool
	FreeCancel     *time.Duration
	OpensBefore    *time.Duration
	ClosesBefore   *time.Duration
	WaitlistMode   *WaitlistMode
	WaitlistSize   *int
	WaitlistCloses *time.Duration
}

// Rules returns the rules of a new class of the type: the type's defaults, else the
// studio's.
func (t *ClassTypeSettings) Rules(studio Rules) Rules {
	return Rules{
		Online:         valueOr(t.Online, studio.Online),
		Cost:           valueOr(t.Cost, studio.Cost),
		Capacity:       valueOr(t.Capacity, studio.Capacity),
		FreeCancel:     valueOr(t.FreeCancel, studio.FreeCancel),
		OpensBefore:    valueOr(t.OpensBefore, studio.OpensBefore),
		ClosesBefore:   valueOr(t.ClosesBefore, studio.ClosesBefore),
		WaitlistMode:   valueOr(t.WaitlistMode, studio.WaitlistMode),
		WaitlistSize:   valueOr(t.WaitlistSize, studio.WaitlistSize),
		WaitlistCloses: valueOr(t.WaitlistCloses, studio.WaitlistCloses),
	}
}

func valueOr[T any](own *T, otherwise T) T {
	if own != nil {
		return *own
	}
	return otherwise
}

// LocationSettings is a location or a room.
type LocationSettings struct {
	ID         int64
	Name       string
	Address    string // only locations
	LocationID int64  // only rooms; 0: none
	Position   int
	Active     bool
}

// Audience says who may choose a reason for cancelling (rule 17).
type Audience string

// The audiences of a reason.
const (
	AudienceMember Audience = "member"
	AudienceStaff  Audience = "staff"
	AudienceBoth   Audience = "both"
)

func (a Audience) known() bool { return a == AudienceMember || a == AudienceStaff || a == AudienceBoth }

// Holiday is a day for which the studio plans no classes.
type Holiday struct {
	Day  time.Time // a day as in Pattern
	Name string
}

// StudioLists contains all lists of the studio.
type StudioLists struct {
	Reasons   []ReasonSettings
	Types     []ClassTypeSettings
	Locations []LocationSettings
	Rooms     []LocationSettings
	Holidays  []Holiday
	Packs     []Pack
}

// Hues are the names of the colours of class types. No state of a class has one of these
// colours. The style sheet has a class "hue-" plus the name. Empty: none chosen.
var Hues = []string{"", "teal", "moss", "sky", "plum", "ember", "rose", "slate", "sand"}

// Glyphs are the names of the drawings of class types, symbols of static/icons/icons.svg.
// Empty: none chosen.
var Glyphs = []string{"", "lotus", "spine", "bike", "ball", "dumbbell", "stretch", "glove", "sun"}

// typeColumns are the columns of ClassTypeSettings, by the names of its fields.
const typeColumns = `id, name, hue, glyph, description, position, active, minutes, capacity, cost, online,
	free_cancel, opens_before, closes_before, waitlist_mode, waitlist_size, waitlist_closes`

// StudioLists reads the lists, including inactive entries. Refusal: Forbidden.
func (rd *Reader) StudioLists(ctx context.Context, a Actor) (StudioLists, error) {
	var c StudioLists
	if !a.Can(EditSettings) {
		return c, refuse(Forbidden)
	}
	b := &pgx.Batch{}
	b.Queue(`
		select id, text_de, text_en, audience, needs_text, position, active from reason
		order by not active, position, id`).Query(func(rows pgx.Rows) (err error) {
		c.Reasons, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (ReasonSettings, error) {
			var r ReasonSettings
			var de, en string
			err := row.Scan(&r.ID, &de, &en, &r.Audience, &r.NeedsText, &r.Position, &r.Active)
			r.Text = map[string]string{"de": de, "en": en}
			return r, err
		})
		return err
	})
	b.Queue(`select ` + typeColumns + ` from class_type order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Types, err = pgx.CollectRows(rows, pgx.RowToStructByName[ClassTypeSettings])
		return err
	})
	b.Queue(`
		select id, name, address, 0::bigint as location_id, position, active from location
		order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Locations, err = pgx.CollectRows(rows, pgx.RowToStructByName[LocationSettings])
		return err
	})
	b.Queue(`
		select id, name, '' as address, coalesce(location_id, 0) as location_id, position, active from room
		order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Rooms, err = pgx.CollectRows(rows, pgx.RowToStructByName[LocationSettings])
		return err
	})
	b.Queue(`select day, name from holiday where day > current_date - 366 order by day`).Query(func(rows pgx.Rows) (err error) {
		c.Holidays, err = pgx.CollectRows(rows, pgx.RowToStructByName[Holiday])
		return err
	})
	b.Queue(`select ` + packColumns + ` from pack order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Packs, err = pgx.CollectRows(rows, pgx.RowToStructByName[Pack])
		return err
	})
	return c, during("reading the catalogue", rd.readPool.SendBatch(ctx, b).Close())
}

// TypeDefaults reads a class type with the defaults of its classes. Refusal: NotFound.
func (rd *Reader) TypeDefaults(ctx context.Context, id int64) (ClassTypeSettings, error) {
	rows, _ := rd.readPool.Query(ctx, `select `+typeColumns+` from class_type where id = $1`, id)
	t, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[ClassTypeSettings])
	if err == pgx.ErrNoRows {
		return t, refuse(NotFound)
	}
	return t, during("reading a class type", err)
}

// Check returns an Invalid error that names every wrong field.
func (r *ReasonSettings) Check() error {
	var f Faults
	for _, lang := range []string{"de", "en"} {
		f.wantText(strings.TrimSpace(r.Text[lang]), NameMax, "text_"+lang)
	}
	f.Want(r.Audience.known(), "audience", "choice")
	f.Want(within(r.Position, 0, PositionMax), "position", "range")
	return f.Err()
}

// SaveReason adds a reason (ID 0) or changes one, and returns its id. Cancellations keep
// their reason. Refusals: Forbidden, Invalid.
func (e *Engine) SaveReason(ctx context.Context, a Actor, r ReasonSettings) (int64, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, listReasons, r.Text["de"], r.ID, `
		insert into reason (id, text_de, text_en, audience, needs_text, position, active)
		values (@id, @text_de, @text_en, @audience, @needs_text, @position, @active)
		on conflict (id) do update set
			text_de = @text_de, text_en = @text_en, audience = @audience, needs_text = @needs_text,
			position = @position, active = @active`,
		pgx.StrictNamedArgs{
			"text_de": strings.TrimSpace(r.Text["de"]), "text_en": strings.TrimSpace(r.Text["en"]),
			"audience": r.Audience, "needs_text": r.NeedsText, "position": r.Position, "active": r.Active,
		})
}

// Check returns an Invalid error that names every wrong field.
func (t *ClassTypeSettings) Check() error {
	window := func(d *time.Duration) bool { return withinOrNil(d, 0, WindowMax) }
	var f Faults
	f.wantText(t.Name, NameMax, "name")
	f.wantPlain(t.Description, NoteMax, "description")
	f.Want(slices.Contains(Hues, t.Hue), "hue", "choice")
	f.Want(slices.Contains(Glyphs, t.Glyph), "glyph", "choice")
	f.Want(within(t.Position, 0, PositionMax), "position", "range")
	f.Want(withinOrNil(t.Minutes, int(LengthMin/time.Minute), int(LengthMax/time.Minute)), "minutes", "range")
	f.Want(withinOrNil(t.Capacity, 0, CapacityMax), "capacity", "range")
	f.Want(withinOrNil(t.Cost, 0, CostMax), "cost", "range")
	f.Want(withinOrNil(t.WaitlistSize, NoLimit, CapacityMax), "waitlist_size", "range")
	f.Want(window(t.FreeCancel), "free_cancel_hours", "range")
	f.Want(window(t.OpensBefore), "opens_before_hours", "range")
	f.Want(window(t.ClosesBefore), "closes_before_minutes", "range")
	f.Want(window(t.WaitlistCloses), "waitlist_closes_minutes", "range")
	f.Want(t.WaitlistMode == nil || t.WaitlistMode.known(), "waitlist_mode", "choice")
	return f.Err()
}

// SaveClassType adds a class type (ID 0) or changes one, and returns its id. Existing
// classes do not change. Refusals: Forbidden, Invalid.
func (e *Engine) SaveClassType(ctx context.Context, a Actor, t ClassTypeSettings) (int64, error) {
	if err := t.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, listTypes, t.Name, t.ID, saveTypeSQL, t.args())
}

// saveTypeSQL takes the values of args.
const saveTypeSQL = `
		insert into class_type (` + typeColumns + `)
		values (
			@id, @name, @hue, @glyph, @description, @position, @active, @minutes, @capacity, @cost, @online,
			@free_cancel, @opens_before, @closes_before, @waitlist_mode, @waitlist_size, @waitlist_closes)
		on conflict (id) do update set
			name = @name, hue = @hue, glyph = @glyph, description = @description, position = @position, active = @active,
			minutes = @minutes, capacity = @capacity, cost = @cost, online = @online,
			free_cancel = @free_cancel, opens_before = @opens_before, closes_before = @closes_before,
			waitlist_mode = @waitlist_mode, waitlist_size = @waitlist_size, waitlist_closes = @waitlist_closes`

// args are the values of the columns of a class type, by the name of the column, without the id.
func (t *ClassTypeSettings) args() pgx.StrictNamedArgs {
	return pgx.StrictNamedArgs{
		"name":            strings.TrimSpace(t.Name),
		"hue":             t.Hue,
		"glyph":           t.Glyph,
		"description":     strings.TrimSpace(t.Description),
		"position":        t.Position,
		"active":          t.Active,
		"minutes":         t.Minutes,
		"capacity":        t.Capacity,
		"cost":            t.Cost,
		"online":          t.Online,
		"free_cancel":     t.FreeCancel,
		"opens_before":    t.OpensBefore,
		"closes_before":   t.ClosesBefore,
		"waitlist_mode":   t.WaitlistMode,
		"waitlist_size":   t.WaitlistSize,
		"waitlist_closes": t.WaitlistCloses,
	}
}

// Check returns an Invalid error that names every wrong field.
func (p *LocationSettings) Check() error {
	var f Faults
	f.wantText(p.Name, NameMax, "name")
	f.wantPlain(p.Address, AddressMax, "address")
	f.Want(within(p.Position, 0, PositionMax), "position", "range")
	return f.Err()
}

// SaveLocation adds a location (ID 0) or changes one, and returns its id. Refusals:
// Forbidden, Invalid.
func (e *Engine) SaveLocation(ctx context.Context, a Actor, p LocationSettings) (int64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, listLocations, p.Name, p.ID, `
		insert into location (id, name, address, position, active)
		values (@id, @name, @address, @position, @active)
		on conflict (id) do update set name = @name, address = @address, position = @position, active = @active`,
		pgx.StrictNamedArgs{
			"name": strings.TrimSpace(p.Name), "address": strings.TrimSpace(p.Address), "position": p.Position, "active": p.Active,
		})
}

// SaveRoom adds a room (ID 0) or changes one, and returns its id. Refusals: Forbidden,
// Invalid.
func (e *Engine) SaveRoom(ctx context.Context, a Actor, p LocationSettings) (int64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, listRooms, p.Name, p.ID, `
		insert into room (id, name, location_id, position, active)
		values (@id, @name, @location_id, @position, @active)
		on conflict (id) do update set name = @name, location_id = @location_id, position = @position, active = @active`,
		pgx.StrictNamedArgs{
			"name": strings.TrimSpace(p.Name), "location_id": idOrNil(p.LocationID), "position": p.Position, "active": p.Active,
		})
}

// Check returns an Invalid error that names every wrong field.
func (h Holiday) Check() error {
	var f Faults
	f.Want(saneYear(h.Day), "day", "date")
	f.wantPlain(h.Name, NameMax, "holiday_name")
	return f.Err()
}

// SaveHoliday sets the name of a holiday. An empty name removes the holiday. Refusals:
// Forbidden, Invalid.
func (e *Engine) SaveHoliday(ctx context.Context, a Actor, h Holiday) error {
	h.Name = strings.TrimSpace(h.Name)
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	if err := h.Check(); err != nil {
		return err
	}
	return refusalOr("saving a holiday", pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var was string
		err := tx.QueryRow(ctx, `select name from holiday where day = $1 for update`, h.Day).Scan(&was)
		if err != nil && err != pgx.ErrNoRows {
			return err
		}
		if was == h.Name {
			return nil
		}
		sql, args := `
			insert into holiday (day, name) values ($1, $2)
			on conflict (day) do update set name = excluded.name`, []any{h.Day, h.Name}
		if h.Name == "" {
			sql, args = `delete from holiday where day = $1`, []any{h.Day}
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
		details := map[string]any{"day": h.Day.Format(time.DateOnly), "name": cmp.Or(h.Name, was)}
		switch {
		case was == "":
			details["created"] = true
		case h.Name == "":
			details["removed"] = true
		default:
			details["renamed"] = [2]string{was, h.Name}
		}
		return insertHistory(ctx, tx, history{actorID: a.ID, verb: verbSaveHoliday, details: details})
	}))
}
