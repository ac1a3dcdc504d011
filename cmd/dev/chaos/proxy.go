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

// proxy forwards the connections between two programs. It can cut them, hold one direction or
// both, silence them for good, and slow them down. Held bytes arrive when the hold ends, as
// TCP does it.
type proxy struct {
	addr     string
	listener net.Listener
	to       func() (network, addr string) // may change when the server restarts
	reader   func(*link) tap               // reads and may stop the bytes; nil: none
	running  sync.WaitGroup

	mu      sync.Mutex
	state   linkState
	changed chan struct{} // closed when the state changes
	links   map[*link]struct{}
	closed  bool
}

// linkState is the state of all connections of a proxy. The zero value is normal.
type linkState struct {
	toServer, toClient hold          // whether bytes in that direction wait
	delay              time.Duration // of each piece, in both directions
	perSecond          int           // bytes per direction and connection; 0: no limit
}

// hold reports whether the bytes of a direction wait.
type hold bool

// tap reads the pieces of one connection before they are forwarded. Each direction has a
// goroutine of its own. It returns the part to forward, and the action that follows.
type tap interface {
	toServer(piece []byte) (pass []byte, then action)
	toClient(piece []byte) (pass []byte, then action)
}

// action changes a connection after a piece was forwarded; nil: none.
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

// carry connects a client to the server and copies until either side ends. If the server does
// not listen, the connection of the client is reset.
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
	reader := tap(transparent{})
	if p.reader != nil {
		reader = p.reader(l)
	}
	var both sync.WaitGroup
	both.Go(func() { l.copy(server, client, func(s linkState) hold { return s.toServer }, reader.toServer) })
	both.Go(func() { l.copy(client, server, func(s linkState) hold { return s.toClient }, reader.toClient) })
	both.Wait()
	l.cut()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

// transparent is a tap that forwards everything.
type transparent struct{}

func (transparent) toServer(piece []byte) ([]byte, action) { return piece, nil }
func (transparent) toClient(piece []byte) ([]byte, action) { return piece, nil }

// copy copies one direction. It forwards an orderly end.
func (l *link) copy(to, from net.Conn, held func(linkState) hold, reader func([]byte) ([]byte, action)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pass, then := reader(buf[:n])
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

// send writes a piece as the state of the proxy allows. It reports whether the link is alive.
func (l *link) send(to net.Conn, piece []byte, held func(linkState) hold) bool {
	for {
		l.proxy.mu.Lock()
		state, changed := l.proxy.state, l.proxy.changed
		l.proxy.mu.Unlock()
		select {
		case <-l.silent:
			<-l.dead
			return false
		default:
		}
		wait, size := state.delay, len(piece)
		if state.perSecond > 0 && size > 0 {
			size = min(size, max(1, state.perSecond/20))
			wait += time.Duration(size) * time.Second / time.Duration(state.perSecond)
		}
		switch {
		case bool(held(state)):
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

// set changes the state of all present and future connections.
func (p *proxy) set(state linkState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
	close(p.changed)
	p.changed = make(chan struct{})
}

// cut resets every connection. New ones are accepted.
func (p *proxy) cut() {
	for _, l := range p.all() {
		l.cut()
	}
}

// silence stops every connection for good without an end: neither side is told.
func (p *proxy) silence() {
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

// cut resets a connection on both sides.
func (l *link) cut() {
	l.cutOnce.Do(func() { close(l.dead) })
	reset(l.client)
	reset(l.server)
}

// die stops both directions for good. Neither side is told, not even when the other ends.
func (l *link) die() { l.dieOnce.Do(func() { close(l.silent) }) }

// reset closes a connection so that the peer gets an error, not an orderly end.
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
