package templates

import (
	"sync"
)

// keptRows remembers what the rows of a schedule look like in one language. A row is
// remembered by all that it shows, its class's version included, so nothing has to be
// thrown away when a class changes, and a row that is found is the one that would be
// rendered. Rows with somebody's own seat or place in them are one person's, and are
// not kept.
type keptRows struct {
	render func(ClassRow) ([]byte, error)

	mu    sync.RWMutex
	rows  map[ClassRow][]byte
	bytes int
}

// keptMost bounds the bytes of the rows of a language: a bound, not a policy, after
// which everything is rendered again.
const keptMost = 16 << 20

// row is a row as the page shows it. It must not be written to.
func (k *keptRows) row(r ClassRow) ([]byte, error) {
	shared := r.Mine.BookingID == 0 && r.Mine.OfferID == 0 && r.Mine.Place == 0 && r.Receipt == "" && r.Refusal == ""
	if shared {
		k.mu.RLock()
		body, ok := k.rows[r]
		k.mu.RUnlock()
		if ok {
			return body, nil
		}
	}
	body, err := k.render(r)
	if err == nil && shared {
		k.keep(r, body)
	}
	return body, err
}

func (k *keptRows) keep(r ClassRow, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bytes += len(body); k.bytes > keptMost || k.rows == nil {
		k.rows, k.bytes = map[ClassRow][]byte{}, len(body)
	}
	k.rows[r] = body
}

// keptParts remembers small parts that look alike to many: no alerts, and so many
// credits. Like a row, a part is remembered by all that it shows.
type keptParts struct {
	mu    sync.RWMutex
	parts map[partKey][]byte
}

// partKey is a define with its data, which must be comparable.
type partKey struct {
	define string
	alerts noAlerts
	credit Balance
}

// noAlerts is Alerts without any card.
type noAlerts struct {
	epoch   string
	version int64
	count   int
}

// partsMost bounds them, as keptMost bounds the rows.
const partsMost = 20_000

func (k *keptParts) part(key partKey, render func() ([]byte, error)) ([]byte, error) {
	k.mu.RLock()
	body, ok := k.parts[key]
	k.mu.RUnlock()
	if ok {
		return body, nil
	}
	body, err := render()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.parts) >= partsMost || k.parts == nil {
		k.parts = map[partKey][]byte{}
	}
	k.parts[key] = body
	return body, nil
}
