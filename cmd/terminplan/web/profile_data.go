package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// A person's data (rule 36): everything that is stored, as a page and as a file.

// dataReads lets each person read such data once at a time and rarely, since it reads much.
type dataReads struct {
	rate    *rateLimiter
	mu      sync.Mutex
	running map[int64]bool
}

// A person may read six times at once, and then every ten seconds.
func newDataReads() *dataReads {
	return &dataReads{rate: newRateLimiter(0.1, 6), running: map[int64]bool{}}
}

// begin returns the function that ends the reading. Refusal: Throttled.
func (d *dataReads) begin(a booking.Actor) (end func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running[a.ID] || !d.rate.allow(personRateLimitKey(a)) {
		return nil, &booking.Error{Code: booking.Throttled, Args: map[string]any{"seconds": 10}}
	}
	d.running[a.ID] = true
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.running, a.ID)
	}, nil
}

// profileData shows everything about the person who asks; with format=json it is a file.
func (s *Server) profileData(r *request) (response, error) {
	end, err := s.dataReads.begin(r.actor)
	if err != nil {
		return response{}, err
	}
	defer end()
	data, err := s.engine.OwnData(r.Request.Context(), r.actor)
	if err != nil {
		return response{}, err
	}
	s.log.Info("personal data read", "request", r.id, "person", r.actor.ID, "by", r.actor.ID)
	if r.query.values.Get("format") == "json" {
		return dataFile(r, data)
	}
	doc, err := dataJSON(data)
	return response{json: json.RawMessage(doc), page: func() error {
		personal, err := s.personal(r)
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).ProfileData(s.layoutOf(r, "profile", "view=person", personal), data))
	}}, err
}

// memberData is the file for a member who asks for it at the desk; the history records it.
func (s *Server) memberData(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	end, err := s.dataReads.begin(r.actor)
	if err != nil {
		return response{}, err
	}
	defer end()
	data, err := s.engine.MemberData(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	s.log.Info("personal data read", "request", r.id, "person", id, "by", r.actor.ID)
	return dataFile(r, data)
}

// dataFile is the response that browsers save as a file.
func dataFile(r *request, data booking.PersonData) (response, error) {
	doc, err := dataJSON(data)
	name := fmt.Sprintf("terminplan-%d-%s.json", data.PersonID, data.At.In(r.studio.Zone).Format(time.DateOnly))
	save := func() error {
		r.Header("Content-Disposition", `attachment; filename="`+name+`"`)
		r.Data(http.StatusOK, "application/json; charset=utf-8", doc)
		return nil
	}
	return response{json: json.RawMessage(doc), page: save, part: save}, err
}

// dataJSON is the document: the instant, and a list per section in their order. The section "person"
// is one object.
func dataJSON(data booking.PersonData) ([]byte, error) {
	b := &bytes.Buffer{}
	b.WriteString(`{"at":`)
	if err := writeJSON(b, data.At); err != nil {
		return nil, err
	}
	for _, section := range data.Sections {
		fmt.Fprintf(b, `,%q:`, section.Name)
		single := section.Name == present.DataPerson
		if !single {
			b.WriteByte('[')
		}
		for i, row := range section.Rows {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('{')
			for j, value := range row {
				if j > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(b, `%q:`, section.Facts[j])
				if err := writeJSON(b, value); err != nil {
					return nil, fmt.Errorf("writing %s: %w", section.Name, err)
				}
			}
			b.WriteByte('}')
		}
		if !single {
			b.WriteByte(']')
		}
		if section.More {
			fmt.Fprintf(b, `,%q:true`, section.Name+"_more")
		}
	}
	b.WriteByte('}')
	var out bytes.Buffer
	if err := json.Indent(&out, b.Bytes(), "", " "); err != nil {
		return nil, fmt.Errorf("writing the data of a person: %w", err)
	}
	return out.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, value any) error {
	if t, ok := value.(time.Time); ok {
		value = t.UTC()
	}
	doc, err := json.Marshal(value)
	b.Write(doc)
	return err
}
