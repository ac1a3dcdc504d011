package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pack is a named amount of credits that the desk grants with one press, such as a card for ten
// classes. Grants that were given keep their values when the pack changes.
type Pack struct {
	ID          int64
	Name        string
	Quantity    int // 1 to CreditsMax
	ValidDays   int // how long a grant is valid from the day on which it is given; 0: see ValidMonths
	ValidMonths int // both 0: without end
	TypeIDs     []int64
	Note        string // for staff, kept with each grant
	Position    int
	Active      bool
}

// PackMonthsMax is the longest validity of a pack in months.
const PackMonthsMax = 120

// packColumns are the columns of Pack, by the names of its fields.
const packColumns = `id, name, quantity, coalesce(valid_days, 0) as valid_days, coalesce(valid_months, 0) as valid_months,
	coalesce(class_type_ids, '{}') as type_ids, note, position, active`

// Check returns an Invalid error that names every wrong field.
func (p *Pack) Check() error {
	var f Faults
	f.wantText(strings.TrimSpace(p.Name), NameMax, "name")
	f.Want(within(p.Quantity, 1, CreditsMax), "quantity", "range")
	f.Want(within(p.ValidDays, 0, ValidDaysMax), "valid_for", "range")
	f.Want(within(p.ValidMonths, 0, PackMonthsMax), "valid_for", "range")
	f.Want(p.ValidDays == 0 || p.ValidMonths == 0, "valid_for", "range")
	f.wantPlain(p.Note, RemarkMax, "pack_note")
	f.Want(within(p.Position, 0, PositionMax), "position", "range")
	return f.Err()
}

// LastDay is the last day, as in Pattern, on which a grant is valid that is given on a day; zero:
// it has no end. A month that has no such day ends with its last one: 31 January and a month is
// 28 February.
func (p *Pack) LastDay(given time.Time) time.Time {
	switch {
	case p.ValidMonths > 0:
		return dayOfMonth(given.Year(), given.Month()+time.Month(p.ValidMonths), given.Day())
	case p.ValidDays > 0:
		return given.AddDate(0, 0, p.ValidDays)
	}
	return time.Time{}
}

// SavePack adds a pack (ID 0) or changes one, and returns its id. Refusals: Forbidden, Invalid.
func (e *Engine) SavePack(ctx context.Context, a Actor, p Pack) (int64, error) {
	if err := p.Check(); err != nil {
		return 0, err
	}
	var types []int64 // null: all
	if len(p.TypeIDs) > 0 {
		var known int
		types = slices.Compact(slices.Sorted(slices.Values(p.TypeIDs)))
		err := e.readPool.QueryRow(ctx, `select count(*) from class_type where id = any($1)`, types).Scan(&known)
		if err != nil {
			return 0, during("reading the class types of a pack", err)
		}
		if known != len(types) {
			return 0, invalid("type", "choice")
		}
	}
	return e.saveListItem(ctx, a, listPacks, p.Name, p.ID, `
		insert into pack (id, name, quantity, valid_days, valid_months, class_type_ids, note, position, active)
		values (@id, @name, @quantity, nullif(@valid_days, 0), nullif(@valid_months, 0), @types, @note, @position, @active)
		on conflict (id) do update set
			name = @name, quantity = @quantity, valid_days = nullif(@valid_days, 0), valid_months = nullif(@valid_months, 0),
			class_type_ids = @types, note = @note, position = @position, active = @active`,
		pgx.StrictNamedArgs{
			"name": strings.TrimSpace(p.Name), "quantity": p.Quantity, "valid_days": p.ValidDays, "valid_months": p.ValidMonths,
			"types": types, "note": strings.TrimSpace(p.Note), "position": p.Position, "active": p.Active,
		})
}

// Packs lists the packs that can be granted, in their order. Refusal: Forbidden.
func (rd *Reader) Packs(ctx context.Context, a Actor) ([]Pack, error) {
	if !a.Can(GrantCredits) {
		return nil, refuse(Forbidden)
	}
	rows, _ := rd.readPool.Query(ctx, `select `+packColumns+` from pack where active order by position, name`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Pack])
	return list, during("reading the packs", err)
}

// withPack returns the request with the values of its pack as they are now. The credits are valid
// to the end of the last day. Refusal: NotFound, also for a pack that is no longer in use.
func (e *Engine) withPack(ctx context.Context, r GrantRequest) (GrantRequest, error) {
	rows, _ := e.readPool.Query(ctx, `select `+packColumns+` from pack where id = $1 and active`, r.PackID)
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Pack])
	if err == pgx.ErrNoRows {
		return r, refuse(NotFound)
	}
	if err != nil {
		return r, during("reading a pack", err)
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return r, err
	}
	r.Name, r.Quantity, r.TypeIDs, r.Note, r.ExpiresAt, r.ValidFrom = p.Name, p.Quantity, p.TypeIDs, p.Note, time.Time{}, time.Time{}
	if last := p.LastDay(CalendarDay(time.Now(), studio.Zone)); !last.IsZero() {
		r.ExpiresAt = WallTime(last.AddDate(0, 0, 1), 0, 0, studio.Zone)
	}
	return r, nil
}
