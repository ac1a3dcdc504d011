package booking

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// studioList is a list of the studio whose entries have an order.
type studioList struct {
	table string
	verb  historyVerb
	title string // the column with the name
}

var (
	listReasons   = studioList{"reason", verbSaveReason, "text_de"}
	listTypes     = studioList{"class_type", verbSaveClassType, "name"}
	listLocations = studioList{"location", verbSaveLocation, "name"}
	listRooms     = studioList{"room", verbSaveRoom, "name"}
	listPacks     = studioList{"pack", verbSavePack, "name"}
)

// List names a list of the studio for MoveListItem.
type List string

// The lists whose order can be changed.
const (
	ListReasons   List = "reasons"
	ListTypes     List = "class_types"
	ListLocations List = "locations"
	ListRooms     List = "rooms"
	ListPacks     List = "packs"
)

var studioLists = map[List]studioList{
	ListReasons: listReasons, ListTypes: listTypes, ListLocations: listLocations, ListRooms: listRooms, ListPacks: listPacks,
}

// saveListItem writes a row of a list with its history; an id of 0 stands for a new row. Refusals:
// Forbidden.
func (e *Engine) saveListItem(
	ctx context.Context, a Actor, list studioList, name string, id int64, sql string, args pgx.StrictNamedArgs,
) (int64, error) {
	if !a.Can(EditSettings) {
		return 0, refuse(Forbidden)
	}
	return e.writeRecorded(ctx, id, func(tx pgx.Tx, id int64) (history, error) {
		return list.write(ctx, tx, a, name, id, sql, args)
	})
}

// write writes a row of the list and returns its event with the old and the new values, to be
// inserted into the history. It sets the argument id. Saving without a change leaves no trace: the
// event has no verb.
func (l studioList) write(
	ctx context.Context, tx pgx.Tx, a Actor, name string, id int64, sql string, args pgx.StrictNamedArgs,
) (history, error) {
	was, err := l.row(ctx, tx, id)
	if err != nil {
		return history{}, err
	}
	args["id"] = id
	if _, err := tx.Exec(ctx, sql, args); err != nil {
		return history{}, err
	}
	now, err := l.row(ctx, tx, id)
	details := map[string]any{"name": strings.TrimSpace(name), "id": id}
	if was == nil {
		details["created"] = true
		return history{actorID: a.ID, verb: l.verb, details: details}, err
	}
	changes := rowDifferences(was, now)
	if len(changes) == 0 {
		return history{}, err
	}
	if renamed, ok := changes[l.title]; ok {
		details["name"], details["renamed"] = was[l.title], renamed
		delete(changes, l.title)
	}
	maps.Copy(details, changes)
	return history{actorID: a.ID, verb: l.verb, details: details}, err
}

// row reads a row by its columns and locks it; nil if there is none.
func (l studioList) row(ctx context.Context, tx pgx.Tx, id int64) (columns map[string]any, err error) {
	err = tx.QueryRow(ctx, `select to_jsonb(l) from `+l.table+` l where id = $1 for update`, id).Scan(&columns)
	if err == pgx.ErrNoRows {
		return nil, nil
	}
	return columns, during("reading a row of a list", err)
}

// rowDifferences returns the old and the new value of every column that differs. Durations
// are texts as those of time.Duration.
func rowDifferences(was, now map[string]any) map[string]any {
	d := map[string]any{}
	for column, value := range now {
		if !reflect.DeepEqual(was[column], value) {
			d[strings.TrimSuffix(column, "_id")] = [2]any{intervalText(was[column]), intervalText(value)}
		}
	}
	return d
}

// intervalText turns an interval as JSON shows it, "24:00:00", into the text of a
// time.Duration. Other values stay.
func intervalText(value any) any {
	text, ok := value.(string)
	if !ok || len(text) < 8 || strings.Count(text, ":") != 2 {
		return value
	}
	parts := strings.Split(text, ":")
	d, err := time.ParseDuration(parts[0] + "h" + parts[1] + "m" + parts[2] + "s")
	if err != nil {
		return value
	}
	return d.String()
}

// MoveListItem moves an entry by one place among the entries in use: up for steps < 0, down
// for steps > 0. At the end of the list nothing happens. Refusals: Forbidden, NotFound.
func (e *Engine) MoveListItem(ctx context.Context, a Actor, name List, id int64, steps int) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	list, ok := studioLists[name]
	if !ok {
		return refuse(NotFound)
	}
	return refusalOr("moving an entry of a list", pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select id from `+list.table+` where active order by position, `+list.order()+` for update`)
		ids, err := collectIDs(rows)
		if err != nil {
			return during("reading the order of a list", err)
		}
		at := slices.Index(ids, id)
		if at < 0 {
			return refuse(NotFound)
		}
		to := min(max(at+steps, 0), len(ids)-1)
		if to == at {
			return nil
		}
		ids = slices.Insert(slices.Delete(ids, at, at+1), to, id)
		var title string
		err = tx.QueryRow(ctx, `
			with placed as (
				update `+list.table+` l set position = p.position - 1
				from unnest($1::bigint[]) with ordinality p (id, position) where l.id = p.id
				returning l.id, l.`+list.title+` as title)
			select title from placed where id = $2`, ids, id).Scan(&title)
		if err != nil {
			return during("writing the order of a list", err)
		}
		return insertHistory(ctx, tx, history{
			actorID: a.ID, verb: list.verb, details: map[string]any{"name": title, "id": id, "position": [2]int{at + 1, to + 1}},
		})
	}))
}

// order is the column that decides between entries at the same position.
func (l studioList) order() string {
	if l == listReasons {
		return "id"
	}
	return l.title
}
