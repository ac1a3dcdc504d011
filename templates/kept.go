package templates

import (
	"html/template"
	"sync"
)

// keptRows remembers what the rows of a schedule look like in one language. A row is
// remembered by all that it shows, its class's version included, so nothing has to be
// thrown away when a class changes, and a row that is found is the one that would be
// rendered. Rows with something personal in them are few people's and are not kept.
type keptRows struct {
	render func(ClassRow) ([]byte, error)

	mu    sync.RWMutex
	rows  map[ClassRow]template.HTML
	bytes int
}

// keptMost bounds the bytes of the rows of a language: a bound, not a policy, after
// which everything is rendered again.
const keptMost = 16 << 20

// html is a row as the page shows it.
func (k *keptRows) html(r ClassRow) (template.HTML, error) {
	shared := r.Mine.State == "" && r.Receipt == "" && r.Refusal == ""
	if shared {
		k.mu.RLock()
		html, ok := k.rows[r]
		k.mu.RUnlock()
		if ok {
			return html, nil
		}
	}
	body, err := k.render(r)
	html := template.HTML(body)
	if err == nil && shared {
		k.keep(r, html)
	}
	return html, err
}

func (k *keptRows) keep(r ClassRow, html template.HTML) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bytes += len(html); k.bytes > keptMost || k.rows == nil {
		k.rows, k.bytes = map[ClassRow]template.HTML{}, len(html)
	}
	k.rows[r] = html
}
