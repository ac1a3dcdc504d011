package templates

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"
)

// Plan is a schedule page with gaps: all that is the same for everybody who looks at
// it is rendered once, and each visit fills in what is the visitor's own. It is the
// page itself with other defines in the places of the gaps, so the two cannot drift
// apart. Any number of goroutines may write it.
type Plan struct {
	set   *Set
	lang  Lang
	strip Strip
	body  []byte // everything between the gaps, and the rows as they are without a visitor
	gaps  []gap

	mu     sync.Mutex
	strips map[[7]bool][]byte
}

// gap is a place in the body. Something stands there only if it is a row.
type gap struct {
	define   string
	from, to int
}

// Own is what a visit puts into the gaps.
type Own struct {
	Alerts  Alerts
	Balance *Balance
	Notice  Notice
	Marks   [7]bool  // the days of the strip on which something is booked
	Rows    []OwnRow // in the order of the page
}

// OwnRow takes the place of a row, counted from the top of the page.
type OwnRow struct {
	At  int
	Row ClassRow
}

// gapDefines are what a Plan leaves out.
var gapDefines = []string{"alert_count", "alerts", "notice", "strip", "balance", "class_row"}

// mark cannot come from a template: html/template writes no NUL.
const mark = "\x00"

// withGaps is a page that renders marks where something of one's own would stand.
func withGaps(page *template.Template) (*template.Template, error) {
	t, err := page.Clone()
	for _, name := range gapDefines {
		if err == nil {
			_, err = t.New(name).Parse(mark + name + mark)
		}
	}
	return t, err
}

// Plan renders what is the same for everybody. What the page holds of a visitor is
// left out; rows are to be without anything personal.
func (s *Set) Plan(lang Lang, p *SchedulePage) (*Plan, error) {
	lang = lang.known()
	skeleton := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(skeleton)
	skeleton.Reset()
	if err := s.plans[lang].ExecuteTemplate(skeleton, "layout", p); err != nil {
		return nil, fmt.Errorf("rendering the plan: %w", err)
	}
	var rows []ClassRow
	for _, d := range p.Days {
		rows = append(rows, d.Rows...)
	}
	plan := &Plan{set: s, lang: lang, strip: p.Strip, strips: map[[7]bool][]byte{}}
	for i, part := range bytes.Split(skeleton.Bytes(), []byte(mark)) {
		if i%2 == 0 {
			plan.body = append(plan.body, part...)
			continue
		}
		g := gap{define: string(part), from: len(plan.body)}
		if g.define == "class_row" {
			row, err := s.rows[lang].row(rows[0])
			if err != nil {
				return nil, err
			}
			plan.body, rows = append(plan.body, row...), rows[1:]
		}
		g.to = len(plan.body)
		plan.gaps = append(plan.gaps, g)
	}
	return plan, nil
}

// Size is how much memory it takes.
func (p *Plan) Size() int { return cap(p.body) }

// directly is what is big enough to be written from where it lies. Smaller pieces are
// put together first: each write is a call of the system.
const directly = 32 << 10

// Write answers with the page as it is for one visit, or with nothing if a template
// fails.
func (p *Plan) Write(w http.ResponseWriter, own Own) error {
	pieces, err := p.pieces(own)
	if err != nil {
		return err
	}
	size := 0
	for _, piece := range pieces {
		size += len(piece)
	}
	rendering{}.WriteContentType(w)
	w.Header().Set("Content-Length", strconv.Itoa(size))
	small := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(small)
	small.Reset()
	for _, piece := range pieces {
		if len(piece) < directly {
			small.Write(piece)
			continue
		}
		if _, err := w.Write(small.Bytes()); err != nil {
			return err
		}
		small.Reset()
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	_, err = w.Write(small.Bytes())
	return err
}

// pieces are the parts of the page in their order.
func (p *Plan) pieces(own Own) ([][]byte, error) {
	pieces := make([][]byte, 0, 2*(len(gapDefines)+len(own.Rows)))
	at, row := 0, -1
	for _, g := range p.gaps {
		if g.define == "class_row" {
			if row++; len(own.Rows) == 0 || own.Rows[0].At != row {
				continue
			}
		}
		piece, err := p.fill(g, &own)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, p.body[at:g.from], piece)
		at = g.to
	}
	return append(pieces, p.body[at:]), nil
}

func (p *Plan) fill(g gap, own *Own) (piece []byte, err error) {
	switch g.define {
	case "class_row":
		piece, err = p.set.rows[p.lang].row(own.Rows[0].Row)
		own.Rows = own.Rows[1:]
	case "strip":
		piece, err = p.marked(own.Marks)
	case "balance":
		if own.Balance != nil {
			piece, err = p.part(partKey{define: g.define, credit: *own.Balance}, own.Balance)
		}
	case "notice":
		if own.Notice != (Notice{}) {
			piece, err = p.set.Fragment(p.lang, g.define, own.Notice)
		}
	default:
		if a := own.Alerts; len(a.Cards) == 0 {
			return p.part(partKey{define: g.define, alerts: noAlerts{a.Epoch, a.Version, a.Count}}, a)
		}
		piece, err = p.set.Fragment(p.lang, g.define, own.Alerts)
	}
	return piece, err
}

func (p *Plan) part(key partKey, data any) ([]byte, error) {
	return p.set.parts[p.lang].part(key, func() ([]byte, error) { return p.set.Fragment(p.lang, key.define, data) })
}

// marked is the strip with the visitor's dots.
func (p *Plan) marked(marks [7]bool) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if body := p.strips[marks]; body != nil {
		return body, nil
	}
	strip := p.strip
	strip.Days = append([]StripDay(nil), strip.Days...)
	for i := range min(len(marks), len(strip.Days)) {
		strip.Days[i].Mine = marks[i]
	}
	body, err := p.set.Fragment(p.lang, "strip", strip)
	if err == nil {
		p.strips[marks] = body
	}
	return body, err
}
