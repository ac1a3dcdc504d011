package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"terminplan/templates"
)

const (
	pageConns  = 8
	pageDay    = 35
	ownRenders = 10 // per measurement, since one is too short to measure
)

// pages measures the CPU that the schedule of a day with very many classes costs a node, which
// sends it compressed. The limits are writing the uncompressed page and the compressed bytes to
// bare connections.
func (r *run) pages(ctx context.Context) error {
	s, err := r.site(ctx)
	if err != nil {
		return err
	}
	r.logf("pages: a day of %d classes", r.pageClasses)
	day := time.Now().UTC().AddDate(0, 0, pageDay).Truncate(24 * time.Hour)
	for i := range r.pageClasses {
		if _, err := s.classAt(ctx, day.Add(6*time.Hour+time.Duration(i)*5*time.Minute), seats); err != nil {
			return err
		}
	}
	path := "/schedule?date=" + day.Format(time.DateOnly)
	node, addr, err := r.node(ctx, s, "node")
	if err != nil {
		return err
	}
	defer node.end()
	here, size, err := r.pageCPU(ctx, s, node, addr, path)
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		encoding, what string
		goal           float64
	}{
		{"identity", "bare TCP, the plain page", 1.5},
		{"gzip", "bare TCP, same bytes", 0},
	} {
		answer, err := whole(addr, pageRequest(addr, path, sessionToken(s.seed, s.others()), limit.encoding))
		if err != nil {
			return err
		}
		bare, err := r.replayCPU(ctx, s, answer, path)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("schedule of %d classes, %s KiB as gzip: CPU", r.pageClasses, number(float64(size)/1024))
		r.add(Row{
			"pages", what, micros(here), fmt.Sprintf("%s %s, %s KiB", micros(bare), limit.what, number(float64(len(answer))/1024)),
			ratio(here, bare), limit.goal, false,
		})
	}
	return r.personal()
}

// replayCPU measures the CPU of a process that does nothing but write the answer.
func (r *run) replayCPU(ctx context.Context, s *site, answer []byte, path string) (time.Duration, error) {
	file := filepath.Join(r.dir, "answer")
	if err := os.WriteFile(file, answer, 0o600); err != nil {
		return 0, err
	}
	bare, addr, err := spawn(ctx, "", []string{"TERMINPLAN_BENCH_ANSWER=" + file}, r.program, "bench-server", "replay")
	if err != nil {
		return 0, err
	}
	defer bare.end()
	used, _, err := r.pageCPU(ctx, s, bare, addr, path)
	return used, err
}

// personal measures the rendering of a member's personal fragments and of a whole page of
// which no row was rendered before.
func (r *run) personal() error {
	set, err := templates.New()
	if err != nil {
		return err
	}
	page := &templates.SchedulePage{
		Layout: templates.Layout{Studio: "Bench", Area: "member", Active: "schedule", Epoch: "bench"}, Days: []templates.Day{{}},
	}
	var whole, own times
	for version := range int64(r.pageRenders) {
		rows := make([]templates.ClassRow, r.pageClasses)
		for i := range rows {
			rows[i] = templates.ClassRow{
				Shared: templates.Shared{
					ID: int64(i), Epoch: "bench", Version: version, Clock: "18:00", Title: "Yoga", Minutes: 60,
					State: "free", Act: "book", Free: seats, Capacity: seats, Cost: 1, Refundable: true,
				},
				Personal: templates.PersonalState{ID: int64(i), Epoch: "bench"},
			}
		}
		page.Days[0].Parts = []templates.DayPart{{N: 1, Rows: rows}}
		began := cpu()
		if err := set.Page(templates.German, page).Render(httptest.NewRecorder()); err != nil {
			return err
		}
		whole = append(whole, cpu()-began)
		began = cpu()
		for range ownRenders {
			for name, data := range map[string]any{
				"alerts_push":    templates.Alerts{Epoch: "bench", Version: version},
				"balance_push":   &templates.Balance{Epoch: "bench", Version: version, Credits: 7},
				"class_personal": templates.PersonalState{ID: 1, Epoch: "bench", Version: version, State: "booked", BookingID: 1},
			} {
				if _, err := set.Fragment(templates.German, name, data); err != nil {
					return err
				}
			}
		}
		own = append(own, (cpu()-began)/ownRenders)
	}
	here, limit := own.at(50), whole.at(50)
	r.add(
		Row{"pages", "the personal part of it: CPU", micros(here), micros(limit) + " rendering all of it", ratio(here, limit), 0.1, false},
	)
	return nil
}

// pageCPU measures the CPU that a server uses per page.
func (r *run) pageCPU(ctx context.Context, s *site, server *process, addr, path string) (per time.Duration, size int, err error) {
	readers, err := r.askers(ctx, s, addr, pageConns)
	if err != nil {
		return 0, 0, err
	}
	defer readers.end()
	get := func(long time.Duration) (answers int64, err error) {
		err = readers.call(fmt.Sprint("get ", path, " ", long.Milliseconds(), " ", s.others()), &answers, &size)
		return answers, err
	}
	if _, err := get(r.pageTime / 4); err != nil { // to warm up
		return 0, 0, err
	}
	var answers int64
	used, err := server.used(func() (err error) {
		answers, err = get(r.pageTime)
		return err
	})
	if err != nil || answers == 0 {
		return 0, 0, fmt.Errorf("%d pages: %w", answers, err)
	}
	return used / time.Duration(answers), size, nil
}

// whole returns a response with its head, byte for byte.
func whole(addr string, request []byte) ([]byte, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	answer, err := http.ReadResponse(bufio.NewReader(io.TeeReader(c, &raw)), nil)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the page is answered with %d", answer.StatusCode)
	}
	return raw.Bytes(), nil
}
