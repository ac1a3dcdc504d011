package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// Skeleton is a rendered schedule page with gaps. The shared parts are rendered once;
// each request fills the gaps with the personal parts. A skeleton is made from the
// templates of the page itself, with other defines for the gaps, so both always show the
// same. Any number of goroutines may call Write.
type Skeleton struct {
	set    *Set
	lang   Lang
	strip  Strip
	folds  []Fold // of the days of a week
	digest string
	body   []byte // everything between the gaps, and the rows without personal state
	gaps   []gap
	kept   *pieceTree // the body in compressed pieces

	mu     sync.Mutex
	strips map[[7]bool][]byte
	opened map[Fold][]byte // the rendered folds
}

// gap is a range of the body that Write may replace. Only the gaps of rows
// and folds are not empty.
type gap struct {
	define   string
	from, to int
}

// Personal holds the personal parts for one request.
type Personal struct {
	Clock   int // see Layout
	Who     Who
	Alerts  Alerts
	Balance *Balance
	Notice  Notice
	Marks   [7]bool // the days of the strip with a booking
	Folds   [7]PersonalFold
	Rows    []PersonalRow // in the order of the page
}

// PersonalRow replaces the row at a position, counted from the top of the page.
type PersonalRow struct {
	At  int
	Row ClassRow
}

// gapDefines are the defines that a Skeleton leaves out.
var gapDefines = []string{"clock", "who", "alert_count", "alerts", "notice", "day_strip", "balance", "fold", "class_row"}

// formGap is the gap at the beginning of a form, for the field of withMadeFor.
const formGap = "form"

// mark cannot come from a template: html/template writes no NUL.
const mark = "\x00"

// withGaps returns the page with marks in the positions of the personal parts.
func withGaps(page *template.Template) (*template.Template, error) {
	t, err := page.Clone()
	for _, name := range gapDefines {
		if err == nil {
			_, err = t.New(name).Parse(mark + name + mark)
		}
	}
	return t, err
}

// Skeleton renders the shared parts of a page. It leaves out the alerts, the balance and
// the notice of p; the rows of p must have no personal state.
func (s *Set) Skeleton(lang Lang, p *SchedulePage) (*Skeleton, error) {
	lang = lang.known()
	rendered := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(rendered)
	rendered.Reset()
	if err := s.skeletons[lang][p.file()].ExecuteTemplate(rendered, "layout", p); err != nil {
		return nil, fmt.Errorf("rendering the skeleton of %s: %w", p.file(), err)
	}
	var rows []ClassRow
	for _, d := range p.Days {
		rows = append(rows, d.Rows()...)
	}
	skeleton := &Skeleton{set: s, lang: lang, strip: p.Strip, strips: map[[7]bool][]byte{}, opened: map[Fold][]byte{}}
	for _, d := range p.Days {
		skeleton.folds = append(skeleton.folds, d.Fold)
	}
	folds := skeleton.folds
	for i, part := range bytes.Split(rendered.Bytes(), []byte(mark)) {
		if i%2 == 0 {
			skeleton.body = append(skeleton.body, part...)
			continue
		}
		g := gap{define: string(part), from: len(skeleton.body)}
		if g.define == "class_row" {
			row, err := s.rows[lang].row(rows[0])
			if err != nil {
				return nil, err
			}
			skeleton.body, rows = append(skeleton.body, row...), rows[1:]
		}
		if g.define == "fold" { // as a person without bookings sees it
			fold := folds[0]
			fold.PersonalFold = PersonalFold{}
			head, err := skeleton.folded(fold)
			if err != nil {
				return nil, err
			}
			skeleton.body, folds = append(skeleton.body, head...), folds[1:]
		}
		g.to = len(skeleton.body)
		skeleton.gaps = append(skeleton.gaps, g)
	}
	for _, at := range formStarts(skeleton.body) {
		skeleton.gaps = append(skeleton.gaps, gap{define: formGap, from: at, to: at})
	}
	slices.SortStableFunc(skeleton.gaps, func(a, b gap) int { return a.from - b.from })
	var cuts []int
	for _, g := range skeleton.gaps {
		cuts = append(cuts, g.from, g.to)
	}
	sum := sha256.Sum256(skeleton.body)
	skeleton.digest = hex.EncodeToString(sum[:12])
	skeleton.kept = newPieceTree(skeleton.body, cuts)
	return skeleton, nil
}

// Size returns the memory that the skeleton takes, in bytes. Its compressed pieces are a small
// part of it.
func (p *Skeleton) Size() int { return cap(p.body) }

// Digest identifies everything on the page but the personal parts.
func (p *Skeleton) Digest() string { return p.digest }

// writeDirectly is the size in bytes from which a part is written without a copy. Smaller
// parts are joined first, because each write is a system call.
const writeDirectly = 32 << 10

// Write sends the page with the personal parts filled in, as gzip if gzipped is set. It sends
// nothing if a template fails.
func (p *Skeleton) Write(w http.ResponseWriter, personal Personal, gzipped bool) error {
	parts, err := p.parts(personal)
	if err != nil {
		return err
	}
	h := w.Header()
	rendering{}.WriteContentType(w)
	h.Add("Vary", "Accept-Encoding")
	small := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(small)
	small.Reset()
	if gzipped {
		p.join(small, parts)
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", strconv.Itoa(small.Len()))
		_, err = w.Write(small.Bytes())
		return err
	}
	size := 0
	for _, part := range parts {
		size += len(p.plain(part))
	}
	h.Set("Content-Length", strconv.Itoa(size))
	for _, part := range parts {
		plain := p.plain(part)
		if len(plain) < writeDirectly {
			small.Write(plain)
			continue
		}
		if _, err := w.Write(small.Bytes()); err != nil {
			return err
		}
		small.Reset()
		if _, err := w.Write(plain); err != nil {
			return err
		}
	}
	_, err = w.Write(small.Bytes())
	return err
}

// filled is a part of a page: a personal text, or else a range of the body.
type filled struct {
	personal []byte
	from, to int
}

func (p *Skeleton) plain(part filled) []byte {
	if part.personal != nil {
		return part.personal
	}
	return p.body[part.from:part.to]
}

// join writes the parts as one gzip member.
func (p *Skeleton) join(out *bytes.Buffer, parts []filled) {
	j := newGzipJoin(out)
	for _, part := range parts {
		if part.personal != nil {
			j.alone(part.personal)
		} else {
			p.kept.stretch(part.from, part.to, j.keep)
		}
	}
	j.end()
}

// parts returns the parts of the page in their order.
func (p *Skeleton) parts(personal Personal) ([]filled, error) {
	parts := make([]filled, 0, 2*len(p.gaps)+1)
	at, row, day := 0, -1, -1
	for _, g := range p.gaps {
		if g.define == "class_row" {
			if row++; len(personal.Rows) == 0 || personal.Rows[0].At != row {
				continue
			}
		}
		if g.define == "fold" {
			day++
		}
		text, err := p.fill(g, day, &personal)
		if err != nil {
			return nil, err
		}
		if g.from < g.to && bytes.Equal(text, p.body[g.from:g.to]) {
			continue // it stays in its stretch, which is then kept as a whole
		}
		if at < g.from {
			parts = append(parts, filled{from: at, to: g.from})
		}
		if len(text) > 0 {
			parts = append(parts, filled{personal: text})
		}
		at = g.to
	}
	return append(parts, filled{from: at, to: len(p.body)}), nil
}

// fill renders the piece for a gap. day is the number of folds before it.
func (p *Skeleton) fill(g gap, day int, personal *Personal) (piece []byte, err error) {
	switch g.define {
	case formGap:
		piece = personal.Who.madeFor()
	case "who":
		piece, err = p.set.Fragment(p.lang, g.define, personal.Who)
	case "class_row":
		piece, err = p.set.rows[p.lang].row(personal.Rows[0].Row)
		personal.Rows = personal.Rows[1:]
	case "fold":
		fold := p.folds[day]
		fold.PersonalFold = personal.Folds[day]
		piece, err = p.folded(fold)
	case "day_strip":
		piece, err = p.stripWithMarks(personal.Marks)
	case "clock":
		piece, err = p.set.Fragment(p.lang, g.define, personal.Clock)
	case "balance":
		if personal.Balance != nil {
			piece, err = p.part(partKey{define: g.define, credit: *personal.Balance}, personal.Balance)
		}
	case "notice":
		if personal.Notice != (Notice{}) {
			piece, err = p.set.Fragment(p.lang, g.define, personal.Notice)
		}
	default:
		if a := personal.Alerts; len(a.Cards) == 0 {
			return p.part(partKey{define: g.define, alerts: noAlerts{a.Epoch, a.Version, a.Count}}, a)
		}
		piece, err = p.set.Fragment(p.lang, g.define, personal.Alerts)
		piece = withMadeFor(piece, personal.Who)
	}
	return piece, err
}

func (p *Skeleton) part(key partKey, data any) ([]byte, error) {
	return p.set.parts[p.lang].part(key, func() ([]byte, error) { return p.set.Fragment(p.lang, key.define, data) })
}

// stripWithMarks returns the strip with dots on the days of the bookings.
func (p *Skeleton) stripWithMarks(marks [7]bool) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if body := p.strips[marks]; body != nil {
		return body, nil
	}
	strip := p.strip
	strip.Days = append([]StripDay(nil), strip.Days...)
	for i := range min(len(marks), len(strip.Days)) {
		strip.Days[i].Booked = marks[i]
	}
	body, err := p.set.Fragment(p.lang, "day_strip", strip)
	if err == nil {
		p.strips[marks] = body
	}
	return body, err
}

// maxFolds limits the rendered folds of a page. At the limit they are dropped.
const maxFolds = 500

// folded returns the head of a day of the week.
func (p *Skeleton) folded(fold Fold) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if body := p.opened[fold]; body != nil {
		return body, nil
	}
	body, err := p.set.Fragment(p.lang, "fold", fold)
	if err == nil {
		if len(p.opened) >= maxFolds {
			clear(p.opened)
		}
		p.opened[fold] = body
	}
	return body, err
}
