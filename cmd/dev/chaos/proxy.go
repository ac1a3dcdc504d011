//go:build unix

package chaos

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// proxy is the wire between two programs, and everything that can happen to it:
// it is cut, it hangs in one direction or both, it dies without a word, it is slow.
// What hangs is kept and arrives once the wire is well again, as TCP has it.
type proxy struct {
	addr     string
	listener net.Listener
	to       func() (network, addr string) // may change while the far end restarts
	reader   func(*link) tap               // sees and stops what passes; nil: nobody does
	running  sync.WaitGroup

	mu      sync.Mutex
	weather weather
	changed chan struct{} // closed when the weather changes
	links   map[*link]struct{}
	closed  bool
}

// weather is the state of a wire. The zero value is a good wire.
type weather struct {
	there, back hold          // towards the server, towards the client
	delay       time.Duration // of every piece, each way
	perSecond   int           // bytes each way and connection; 0: any number
}

// hold says whether bytes of one direction wait.
type hold bool

// tap looks at the pieces of one connection before they go on, each direction from
// a goroutine of its own. It says what of a piece is passed on, and what happens then.
type tap interface {
	there(piece []byte) (pass []byte, then action)
	back(piece []byte) (pass []byte, then action)
}

// action is what happens to a connection after a piece has passed; nil: nothing.
type action func(*link)

// link is one connection through a proxy.
type link struct {
	proxy          *proxy
	client, server net.Conn

	silent, dead     chan struct{} // closed by die, by cut
	dieOnce, cutOnce sync.Once
}

func listenProxy(to func() (network, addr string), reader func(*link) tap) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{addr: l.Addr().String(), listener: l, to: to, reader: reader, changed: make(chan struct{}), links: map[*link]struct{}{}}
	p.running.Go(p.accept)
	return p, nil
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.carry(c) })
	}
}

// carry connects a client on and copies until either side ends. A far end that does
// not listen looks to the client like a connection that is cut at once.
func (p *proxy) carry(client net.Conn) {
	d := net.Dialer{Timeout: 2 * time.Second}
	network, addr := p.to()
	server, err := d.DialContext(context.Background(), network, addr)
	if err != nil {
		reset(client)
		return
	}
	l := &link{proxy: p, client: client, server: server, silent: make(chan struct{}), dead: make(chan struct{})}
	p.mu.Lock()
	closed := p.closed
	p.links[l] = struct{}{}
	p.mu.Unlock()
	if closed {
		l.cut()
	}
	look := tap(transparent{})
	if p.reader != nil {
		look = p.reader(l)
	}
	var both sync.WaitGroup
	both.Go(func() { l.copy(server, client, func(w weather) hold { return w.there }, look.there) })
	both.Go(func() { l.copy(client, server, func(w weather) hold { return w.back }, look.back) })
	both.Wait()
	l.cut()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// transparent is the tap that lets everything pass.
type transparent struct{}

func (transparent) there(piece []byte) ([]byte, action) { return piece, nil }
func (transparent) back(piece []byte) ([]byte, action)  { return piece, nil }

// copy carries one direction. An orderly end of one side is passed on.
func (l *link) copy(to, from net.Conn, held func(weather) hold, look func([]byte) ([]byte, action)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pass, then := look(buf[:n])
			if !l.send(to, pass, held) {
				return
			}
			if then != nil {
				then(l)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			if !l.send(to, nil, held) {
				return
			}
			if half, ok := to.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
			return
		case err != nil:
			if l.send(to, nil, held) {
				l.cut()
			}
			return
		}
	}
}

// send waits for the weather and writes. It reports whether the link still lives.
func (l *link) send(to net.Conn, piece []byte, held func(weather) hold) bool {
	for {
		l.proxy.mu.Lock()
		w, changed := l.proxy.weather, l.proxy.changed
		l.proxy.mu.Unlock()
		select {
		case <-l.silent:
			<-l.dead
			return false
		default:
		}
		wait, size := w.delay, len(piece)
		if w.perSecond > 0 && size > 0 {
			size = min(size, max(1, w.perSecond/20))
			wait += time.Duration(size) * time.Second / time.Duration(w.perSecond)
		}
		switch {
		case bool(held(w)):
			select {
			case <-changed:
			case <-l.silent:
			case <-l.dead:
				return false
			}
			continue
		case wait > 0:
			select {
			case <-time.After(wait):
			case <-l.dead:
				return false
			}
		}
		if size > 0 {
			if _, err := to.Write(piece[:size]); err != nil {
				l.cut()
				return false
			}
		}
		if piece = piece[size:]; len(piece) == 0 {
			return true
		}
	}
}

// set changes the weather for all connections, also those to come.
func (p *proxy) set(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.weather = w
	close(p.changed)
	p.changed = make(chan struct{})
}

// cut resets every connection; new ones are welcome.
func (p *proxy) cut() {
	for _, l := range p.all() {
		l.cut()
	}
}

// deaden makes every connection silent for good: neither side hears of it.
func (p *proxy) deaden() {
	for _, l := range p.all() {
		l.die()
	}
}

func (p *proxy) all() (list []*link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		list = append(list, l)
	}
	return list
}

// cut ends a connection for both sides at once.
func (l *link) cut() {
	l.cutOnce.Do(func() { close(l.dead) })
	reset(l.client)
	reset(l.server)
}

// die stops both directions for good; neither side hears of it, or of the other's end.
func (l *link) die() { l.dieOnce.Do(func() { close(l.silent) }) }

// reset closes a connection so that the peer sees a fault, not an orderly end.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cut()
	p.running.Wait()
}
