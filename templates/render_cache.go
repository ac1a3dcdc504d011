package templates

import (
	"sync"
)

// rowCache holds rendered rows of the schedule in one language. The key is the whole
// ClassRow with the version of its class, so a changed class has another key and no
// entry is ever out of date. Rows that are pushed to open pages have a cache of their own,
// Pages.cached in web/live. Rows that show the booking, the offer or the position of
// one person are not stored.
type rowCache struct {
	render func(ClassRow) ([]byte, error)

	mu    sync.RWMutex
	rows  map[ClassRow][]byte
	bytes int
}

// maxRowBytes limits the rows of one language. At the limit the cache is emptied.
const maxRowBytes = 16 << 20

// row returns the rendered row. The caller must not write to it.
func (k *rowCache) row(r ClassRow) ([]byte, error) {
	shared := r.Personal.BookingID == 0 && r.Personal.OfferID == 0 && r.Personal.Position == 0 && r.Receipt == "" && r.Refusal == ""
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
		k.store(r, body)
	}
	return body, err
}

func (k *rowCache) store(r ClassRow, body []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bytes += len(body); k.bytes > maxRowBytes || k.rows == nil {
		k.rows, k.bytes = map[ClassRow][]byte{}, len(body)
	}
	k.rows[r] = body
}

// partCache holds small parts that look the same for many people: no alerts, and a
// balance. Like a row, a part has everything that it shows as its key.
type partCache struct {
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

// maxParts limits the number of parts. At the limit the cache is emptied.
const maxParts = 20_000

func (k *partCache) part(key partKey, render func() ([]byte, error)) ([]byte, error) {
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
	if len(k.parts) >= maxParts || k.parts == nil {
		k.parts = map[partKey][]byte{}
	}
	k.parts[key] = body
	return body, nil
}
