package booking

import (
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
		Online: valueOr(t.Online, studio.Online), Cost: valueOr(t.Cost, studio.Cost), Capacity: valueOr(t.Capacity, studio.Capacity),
		FreeCancel: valueOr(t.FreeCancel, studio.FreeCancel), OpensBefore: valueOr(t.OpensBefore, studio.OpensBefore), ClosesBefore: valueOr(t.ClosesBefore, studio.ClosesBefore),
		WaitlistMode: valueOr(t.WaitlistMode, studio.WaitlistMode), WaitlistSize: valueOr(t.WaitlistSize, studio.WaitlistSize),
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
}

// Colors are the names of the colours of class types.
var Colors = []string{"", "brand", "free", "few", "danger", "ink"}

const typeColumns = `id, name, color, description, position, active, minutes, capacity, cost, online, free_cancel, opens_before, closes_before, waitlist_mode, waitlist_size, waitlist_closes`

func scanType(row pgx.CollectableRow) (ClassTypeSettings, error) {
	var t ClassTypeSettings
	err := row.Scan(&t.ID, &t.Name, &t.Color, &t.Description, &t.Position, &t.Active, &t.Minutes, &t.Capacity, &t.Cost, &t.Online, &t.FreeCancel, &t.OpensBefore,
		&t.ClosesBefore, &t.WaitlistMode, &t.WaitlistSize, &t.WaitlistCloses)
	return t, err
}

// StudioLists reads the lists, including inactive entries. Refusal: Forbidden.
func (rd *Reader) StudioLists(ctx context.Context, a Actor) (StudioLists, error) {
	var c StudioLists
	if !a.Can(EditSettings) {
		return c, refuse(Forbidden)
	}
	b := &pgx.Batch{}
	b.Queue(`select id, text_de, text_en, audience, needs_text, position, active from reason order by not active, position, id`).Query(func(rows pgx.Rows) (err error) {
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
		c.Types, err = pgx.CollectRows(rows, scanType)
		return err
	})
	place := func(row pgx.CollectableRow) (LocationSettings, error) {
		return pgx.RowToStructByPos[LocationSettings](row)
	}
	b.Queue(`select id, name, address, 0::bigint, position, active from location order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Locations, err = pgx.CollectRows(rows, place)
		return err
	})
	b.Queue(`select id, name, '', coalesce(location_id, 0), position, active from room order by not active, position, name`).Query(func(rows pgx.Rows) (err error) {
		c.Rooms, err = pgx.CollectRows(rows, place)
		return err
	})
	b.Queue(`select day, name from holiday where day > current_date - 366 order by day`).Query(func(rows pgx.Rows) (err error) {
		c.Holidays, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Holiday])
		return err
	})
	return c, during("reading the catalogue", rd.readPool.SendBatch(ctx, b).Close())
}

// TypeDefaults reads a class type with the defaults of its classes. Refusal: NotFound.
func (rd *Reader) TypeDefaults(ctx context.Context, id int64) (ClassTypeSettings, error) {
	rows, _ := rd.readPool.Query(ctx, `select `+typeColumns+` from class_type where id = $1`, id)
	t, err := pgx.CollectExactlyOneRow(rows, scanType)
	if err == pgx.ErrNoRows {
		return t, refuse(NotFound)
	}
	return t, during("reading a class type", err)
}

// Check returns an Invalid error that names every wrong field.
func (r *ReasonSettings) Check() error {
	var f Faults
	for _, lang := range []string{"de", "en"} {
		f.wantText(strings.TrimSpace(r.Text[lang]), 100, "text_"+lang)
	}
	f.Want(r.Audience.known(), "audience", "choice")
	return f.Err()
}

// SaveReason adds a reason (ID 0) or changes one, and returns its id. Cancellations keep
// their reason. Refusals: Forbidden, Invalid.
func (e *Engine) SaveReason(ctx context.Context, a Actor, r ReasonSettings) (int64, error) {
	if err := r.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, verbSaveReason, r.Text["de"], r.ID, `insert into reason (id, text_de, text_en, audience, needs_text, position, active) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (id) do update set text_de = $2, text_en = $3, audience = $4, needs_text = $5, position = $6, active = $7`,
		strings.TrimSpace(r.Text["de"]), strings.TrimSpace(r.Text["en"]), r.Audience, r.NeedsText, r.Position, r.Active)
}

// Check returns an Invalid error that names every wrong field.
func (t *ClassTypeSettings) Check() error {
	between := func(n *int, lo, hi int) bool { return n == nil || *n >= lo && *n <= hi }
	window := func(d *time.Duration) bool { return d == nil || *d >= 0 && *d <= 365*24*time.Hour }
	var f Faults
	f.wantText(t.Name, 100, "name")
	f.Want(plainText(t.Description, 2000), "description", "text")
	f.Want(slices.Contains(Colors, t.Color), "color", "choice")
	f.Want(between(t.Minutes, 1, 24*60), "minutes", "range")
	f.Want(between(t.Capacity, 0, 10_000), "capacity", "range")
	f.Want(between(t.Cost, 0, 1000), "cost", "range")
	f.Want(between(t.WaitlistSize, NoLimit, 10_000), "waitlist_size", "range")
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
	return e.saveListItem(ctx, a, verbSaveClassType, t.Name, t.ID, `insert into class_type (`+typeColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		on conflict (id) do update set name = $2, color = $3, description = $4, position = $5, active = $6, minutes = $7, capacity = $8, cost = $9, online = $10,
			free_cancel = $11, opens_before = $12, closes_before = $13, waitlist_mode = $14, waitlist_size = $15, waitlist_closes = $16`,
		strings.TrimSpace(t.Name), t.Color, strings.TrimSpace(t.Description), t.Position, t.Active, t.Minutes, t.Capacity, t.Cost, t.Online, t.FreeCancel, t.OpensBefore,
		t.ClosesBefore, t.WaitlistMode, t.WaitlistSize, t.WaitlistCloses)
}

// Check returns an Invalid error that names every wrong field.
func (p *LocationSettings) Check() error {
	var f Faults
	f.wantText(p.Name, 100, "name")
	f.Want(plainText(p.Address, 300), "address", "text")
	return f.Err()
}

// SaveLocation adds a location (ID 0) or changes one, and returns its id. Refusals:
// Forbidden, Invalid.
func (e *Engine) SaveLocation(ctx context.Context, a Actor, p LocationSettings) (int64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, verbSaveLocation, p.Name, p.ID, `insert into location (id, name, address, position, active) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set name = $2, address = $3, position = $4, active = $5`, strings.TrimSpace(p.Name), strings.TrimSpace(p.Address), p.Position, p.Active)
}

// SaveRoom adds a room (ID 0) or changes one, and returns its id. Refusals: Forbidden,
// Invalid.
func (e *Engine) SaveRoom(ctx context.Context, a Actor, p LocationSettings) (int64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	return e.saveListItem(ctx, a, verbSaveRoom, p.Name, p.ID, `insert into room (id, name, location_id, position, active) values ($1, $2, $3, $4, $5)
		on conflict (id) do update set name = $2, location_id = $3, position = $4, active = $5`, strings.TrimSpace(p.Name), idOrNil(p.LocationID), p.Position, p.Active)
}

// Check returns an Invalid error that names every wrong field.
func (h Holiday) Check() error {
	var f Faults
	f.Want(h.Day.Year() >= 2000 && h.Day.Year() <= 2200, "day", "date")
	f.Want(plainText(h.Name, 100), "holiday_name", "text")
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
		sql, args := `insert into holiday (day, name) values ($1, $2) on conflict (day) do update set name = excluded.name`, []any{h.Day, h.Name}
		if h.Name == "" {
			sql, args = `delete from holiday where day = $1`, []any{h.Day}
		}
		if _, err := tx.Exec(ctx, sql, args...); err != nil {
			return err
		}
		return insertHistory(ctx, tx, history{
			actorID: a.ID, verb: verbSaveHoliday,
			details: map[string]any{"day": h.Day.Format(time.DateOnly), "name": h.Name},
		})
	}))
}

// saveListItem writes a row of a list and its history. The id is the first parameter of
// sql.
func (e *Engine) saveListItem(
	ctx context.Context, a Actor, verb historyVerb, name string, id int64, sql string, args ...any,
) (int64, error) {
	if !a.Can(EditSettings) {
		return 0, refuse(Forbidden)
	}
	return e.writeRecorded(ctx, id, func(tx pgx.Tx, id int64) (history, error) {
		_, err := tx.Exec(ctx, sql, append([]any{id}, args...)...)
		return history{actorID: a.ID, verb: verb, details: map[string]any{"name": strings.TrimSpace(name), "id": id}}, err
	})
}
