//go:build unix

package hub_test

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"terminplan/hub"
)

// The benchmarks compare the hub with the least that can be done: writing the
// same bytes to as many plain TCP connections, from as many goroutines, in the
// same run. Both have the same readers, so a ratio of 1.0 means that the hub
// costs nothing beyond the write itself.

const (
	benchTopics = 8 // used in turn, so that none is hot
	benchBody   = 600
)

// Each connection takes two descriptors on each side of the comparison, four in
// all; the numbers below stay under the usual limit of 20,000.

// audience is the other end of many connections; all that it does is to count.
type audience struct {
	seen   atomic.Int64
	target atomic.Int64
	all    chan struct{}
	marker []byte
}

func newAudience() *audience { return &audience{all: make(chan struct{}, 1)} }

// listen counts bytes, or with a marker the connections that have shown it.
func (a *audience) listen(c net.Conn) {
	buf := make([]byte, 4<<10)
	carry := 0 // a marker may be cut between two reads
	for {
		n, err := c.Read(buf[carry:])
		if err != nil {
			return
		}
		got := int64(n)
		if a.marker != nil {
			text := buf[:carry+n]
			got = int64(bytes.Count(text, a.marker))
			carry = copy(buf, text[max(0, len(text)-len(a.marker)+1):])
		}
		if got > 0 && a.seen.Add(got) == a.target.Load() {
			a.all <- struct{}{}
		}
	}
}

func (a *audience) expect(n int) { a.target.Store(a.seen.Load() + int64(n)) }

// plain is n bare TCP connections and their audience.
func plain(b *testing.B, n int, a *audience) []net.Conn {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	conns := make([]net.Conn, 0, n)
	for range n {
		peer, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			b.Fatal(err)
		}
		go a.listen(peer)
		conns = append(conns, c)
		b.Cleanup(func() { _ = c.Close(); _ = peer.Close() })
	}
	return conns
}

// writePlain writes the same bytes to all, like the hub from GOMAXPROCS goroutines.
func writePlain(conns []net.Conn, frame []byte) {
	var writers sync.WaitGroup
	parts := runtime.GOMAXPROCS(0)
	for p := range parts {
		writers.Go(func() {
			for i := p; i < len(conns); i += parts {
				_, _ = conns[i].Write(frame)
			}
		})
	}
	writers.Wait()
}

// pages is n WebSockets of a hub and their audience.
func pages(b *testing.B, s *site, n int, a *audience) {
	var query strings.Builder
	for i := range benchTopics {
		fmt.Fprintf(&query, "topic=t%d&", i)
	}
	for range n {
		c := s.rawDial(query.String())
		_ = c.SetDeadline(time.Time{})
		<-s.accepted
		go a.listen(c)
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFanOut brings one update to all, one time after the other.
func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{1000, 4000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newSite(b, hub.Options{})
			viewers, bare := newAudience(), newAudience()
			pages(b, s, n, viewers)
			conns := plain(b, n, bare)
			body := []byte(strings.Repeat("x", benchBody))
			frame := append([]byte{0x81, 126, benchBody >> 8, benchBody & 0xff}, body...)
			var hubTime, plainTime, hubCPU, plainCPU time.Duration
			rounds := 0
			for b.Loop() {
				rounds++
				began, used := time.Now(), cpu()
				viewers.expect(n * len(frame))
				s.hub.Broadcast(hub.Update{Topic: hub.Topic(fmt.Sprint("t", rounds%benchTopics)), Key: "k", Version: int64(rounds), Body: body})
				<-viewers.all
				hubTime, hubCPU = hubTime+time.Since(began), hubCPU+cpu()-used

				began, used = time.Now(), cpu()
				bare.expect(n * len(frame))
				writePlain(conns, frame)
				<-bare.all
				plainTime, plainCPU = plainTime+time.Since(began), plainCPU+cpu()-used
			}
			b.ReportMetric(float64(hubTime.Microseconds())/float64(rounds*n), "µs/delivery")
			b.ReportMetric(float64(hubTime.Microseconds())/float64(rounds)/1000, "ms-until-all")
			b.ReportMetric(float64(hubTime)/float64(plainTime), "x-plain-time")
			b.ReportMetric(float64(hubCPU)/float64(plainCPU), "x-plain-cpu")
		})
	}
}

// BenchmarkBurst is 50 changes of the same thing at once, until all show the last.
func BenchmarkBurst(b *testing.B) {
	const n, changes = 2000, 50
	s := newSite(b, hub.Options{})
	viewers, bare := newAudience(), newAudience()
	viewers.marker, bare.marker = []byte("LAST"), []byte("LAST")
	pages(b, s, n, viewers)
	conns := plain(b, n, bare)
	body := []byte(strings.Repeat("x", benchBody))
	last := append([]byte("LAST"), body[4:]...)
	header := []byte{0x81, 126, benchBody >> 8, benchBody & 0xff}
	var hubTime, plainTime time.Duration
	rounds := 0
	for b.Loop() {
		rounds++
		topic := hub.Topic(fmt.Sprint("t", rounds%benchTopics))
		began := time.Now()
		viewers.expect(n)
		for i := range changes {
			u := hub.Update{Topic: topic, Key: "k", Version: int64(rounds*changes + i), Body: body}
			if i == changes-1 {
				u.Body = last
			}
			s.hub.Broadcast(u)
		}
		<-viewers.all
		hubTime += time.Since(began)

		began = time.Now()
		bare.expect(n)
		for i := range changes {
			text := body
			if i == changes-1 {
				text = last
			}
			writePlain(conns, append(header[:4:4], text...))
		}
		<-bare.all
		plainTime += time.Since(began)
	}
	b.ReportMetric(float64(hubTime.Microseconds())/float64(rounds)/1000, "ms-until-all")
	b.ReportMetric(float64(hubTime)/float64(plainTime), "x-plain-time")
}

// BenchmarkMemory is what an idle connection costs beyond a plain one, readers
// on the other side included in both.
func BenchmarkMemory(b *testing.B) {
	const n = 4000
	s := newSite(b, hub.Options{})
	before := memory()
	plain(b, n, newAudience())
	between := memory()
	pages(b, s, n, newAudience())
	after := memory()
	for b.Loop() { // it is measured once
	}
	b.ReportMetric(float64(between-before)/n, "B/plain-conn")
	b.ReportMetric(float64(after-between)/n, "B/hub-conn")
	b.ReportMetric(float64(after-between-(between-before))/n, "B/conn-more")
}

func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
