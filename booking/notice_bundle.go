package booking

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// morningMinute is the minute of the day at which bundles of the morning leave, if no rest lasts
// longer.
const morningMinute = 8 * 60

// morning is the delivery that collects notices of a person for the next morning. Its details name
// the alerts, so each of them is in one bundle: the one that waited when the relay read the alert.
func (n notice) morning(studio *Studio) newDelivery {
	due := nextMinuteOfDay(n.createdAt, morningMinute, studio.Zone)
	due = n.person.rest(studio).HoldUntil(due, time.Time{}, studio.Zone)
	return newDelivery{
		kind: NoticeMorning, channel: ChannelMail, personID: n.person.ID, due: due, expires: due.AddDate(0, 0, 1), from: n.createdAt,
		key: "morning " + uuid.NewString(), details: map[string]any{"alerts": []int64{n.alertID}},
	}
}

// nextMinuteOfDay returns the first instant after t at which the zone's clocks show this minute of
// the day.
func nextMinuteOfDay(t time.Time, minute int, zone *time.Location) time.Time {
	day := CalendarDay(t, zone)
	if next := WallTime(day, minute/60, minute%60, zone); next.After(t) {
		return next
	}
	return WallTime(day.AddDate(0, 0, 1), minute/60, minute%60, zone)
}

// morningAlerts reads what a bundle of the morning tells: the alerts that are still true, wanted
// and not dismissed, about classes that have not begun. Of several changes of a class it tells
// the last one, as the difference to what the person knew.
func (e *Engine) morningAlerts(ctx context.Context, d Delivery) (list []Alert, err error) {
	var details struct{ Alerts []int64 }
	if err := json.Unmarshal(d.Details, &details); err != nil {
		return nil, during("reading the alerts of a bundle", err)
	}
	rows, _ := e.readPool.Query(ctx, alertSQL+`
		where a.id = any($1) and a.withdrawn_at is null and a.dismissed_at is null order by a.created_at, a.id`, details.Alerts)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Alert, error) {
		_, a, err := scanAlert(row)
		return a, err
	})
	if err != nil {
		return nil, during("reading the alerts of a bundle", err)
	}
	for _, a := range found {
		rule, _ := NoticeKind(a.Kind).Rule()
		if a.Stale || !d.To.wants(rule.Category, ChannelMail) || a.Class != nil && a.Class.Begun() {
			continue
		}
		why, err := untrueNow(ctx, e.recordPool, &d, &a)
		if err != nil {
			return nil, err
		}
		if why == "" {
			list = append(list, a)
		}
	}
	return list, nil
}

// isBundle reports whether a delivery of the kind tells several things together.
func (k NoticeKind) isBundle() bool {
	return k == NoticeReceipt || k == NoticeMorning || k == NoticeDigest || k == NoticeTeaching
}

// hasSomethingLeft reports whether a bundle has something to tell.
func (m *MailCause) hasSomethingLeft() bool {
	return m.Receipt != nil && !m.Receipt.empty() || len(m.Morning) > 0 || len(m.Digest) > 0
}
