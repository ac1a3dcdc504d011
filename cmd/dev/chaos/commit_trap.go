//go:build unix

package chaos

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
)

// moment is a point in the commit of a click.
type moment int

const (
	commitOnItsWay moment = iota // the node has sent it, PostgreSQL has not received it
	commitDone                   // PostgreSQL has committed, the node has no answer yet
	commitAnswered               // the node has the answer, and will next answer the click and announce the change
	commitMoments  = 3
)

// commitTrap waits in the proxy between a node and PostgreSQL for the next commit of a click.
// When the commit reaches a moment, the trap acts on the node or on the connection.
type commitTrap struct {
	mu   sync.Mutex
	at   moment
	then action // nil: the trap is not set
	done chan struct{}
}

// set sets the trap for the next commit. The channel is closed when it has sprung.
func (t *commitTrap) set(at moment, then action) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.then, t.done = at, then, make(chan struct{})
	return t.done
}

// clear disarms a trap that has not sprung.
func (t *commitTrap) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.then = nil
}

// spring returns the action for a commit, or nil where the trap is not set. It springs once.
func (t *commitTrap) spring() (at moment, then action) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.then == nil {
		return 0, nil
	}
	act, done := t.then, t.done
	t.then = nil
	return t.at, func(l *link) { act(l); close(done) }
}

// conversation reads PostgreSQL's protocol on one connection, as far as it needs to find the
// commit of a click: statements are named when they are prepared, and the transaction of a
// click stores its result with its key.
type conversation struct {
	trap *commitTrap

	// Used by the goroutine of the direction to PostgreSQL.
	asked    messages
	prepared map[string]kind
	click    bool // the transaction stores the result of a click

	// Used by the goroutine of the direction to the node.
	answered messages

	mu   sync.Mutex
	at   moment
	then action // for the answer of the commit
}

// kind is the kind of a prepared statement.
type kind int

const (
	other kind = iota
	begin
	store
	commit
)

func kindOf(sql string) kind {
	switch {
	case strings.HasPrefix(sql, "begin"):
		return begin
	case strings.HasPrefix(sql, "commit"):
		return commit
	case strings.Contains(sql, "insert into request "):
		return store
	}
	return other
}

func newConversation(t *commitTrap) *conversation {
	return &conversation{trap: t, prepared: map[string]kind{}, asked: messages{first: true}}
}

func (c *conversation) toServer(piece []byte) ([]byte, action) {
	var then action
	cut := len(piece)
	c.asked.read(piece, func(at int, kind byte, body []byte) bool {
		if !c.isCommit(kind, body) {
			return true
		}
		moment, act := c.trap.spring()
		switch {
		case act == nil:
			return true
		case moment == commitOnItsWay:
			cut, then = max(0, at), act
			return false
		}
		c.mu.Lock()
		c.at, c.then = moment, act
		c.mu.Unlock()
		return true
	})
	return piece[:cut], then
}

// isCommit follows which statements are prepared and executed. It reports the commits of
// transactions that stored the result of a click.
func (c *conversation) isCommit(message byte, body []byte) bool {
	switch message {
	case 'P': // Parse: name, statement
		name, rest := text(body)
		sql, _ := text(rest)
		c.prepared[name] = kindOf(sql)
	case 'B': // Bind: portal, name
		_, rest := text(body)
		name, _ := text(rest)
		switch c.prepared[name] {
		case begin:
			c.click = false
		case store:
			c.click = true
		case commit:
			return c.click
		}
	}
	return false
}

var committed = []byte("COMMIT\x00")

func (c *conversation) toClient(piece []byte) ([]byte, action) {
	var then action
	cut := len(piece)
	c.answered.read(piece, func(at int, kind byte, body []byte) bool {
		if kind != 'C' || !bytes.Equal(body, committed) {
			return true
		}
		c.mu.Lock()
		moment, act := c.at, c.then
		c.then = nil
		c.mu.Unlock()
		if act == nil {
			return true
		}
		if then = act; moment == commitDone {
			cut = max(0, at)
		}
		return false
	})
	return piece[:cut], then
}

// text cuts a zero-terminated string from b.
func text(b []byte) (s string, rest []byte) {
	before, after, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return "", nil
	}
	return string(before), after
}

// messages splits a stream that arrives in pieces into messages.
type messages struct {
	first bool // the next message is the first of a client, which has no kind
	part  []byte
}

// read calls seen for each message that ends in this piece, until seen returns false. at is
// where in the piece the message began; it is negative if that was in an earlier piece.
func (m *messages) read(piece []byte, seen func(at int, kind byte, body []byte) bool) {
	before := len(m.part)
	m.part = append(m.part, piece...)
	at := 0
	for {
		rest := m.part[at:]
		head := 1
		if m.first {
			head = 0
		}
		if len(rest) < head+4 {
			break
		}
		size := head + int(binary.BigEndian.Uint32(rest[head:]))
		if len(rest) < size {
			break
		}
		var kind byte
		if !m.first {
			kind = rest[0]
		}
		m.first = false
		if !seen(at-before, kind, rest[head+4:size]) {
			return // the rest of the piece is dropped
		}
		at += size
	}
	m.part = append(m.part[:0], m.part[at:]...)
}
