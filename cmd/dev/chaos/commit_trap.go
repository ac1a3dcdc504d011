//go:build unix

package chaos

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
)

// moment is a point on the way of a click's commit.
type moment int

const (
	commitOnItsWay moment = iota // written by the node, not seen by PostgreSQL
	commitDone                   // PostgreSQL has committed, the node does not know
	commitAnswered               // the node knows, and is about to answer and to announce
	commitMoments  = 3
)

// ambush waits at the wire between a node and PostgreSQL for the next commit of a
// click to reach a moment, and then does something to the node or to the connection.
type ambush struct {
	mu   sync.Mutex
	at   moment
	then action // nil: nobody lies in wait
	done chan struct{}
}

// lay waits for the next commit; the channel is closed when it was met.
func (a *ambush) lay(at moment, then action) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at, a.then, a.done = at, then, make(chan struct{})
	return a.done
}

// lift ends an ambush that nobody walked into.
func (a *ambush) lift() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.then = nil
}

// take is asked by each commit on its way: the first one is it.
func (a *ambush) take() (at moment, then action) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.then == nil {
		return 0, nil
	}
	act, done := a.then, a.done
	a.then = nil
	return a.at, func(l *link) { act(l); close(done) }
}

// conversation reads what one connection says in PostgreSQL's protocol, as far as
// is needed to know a click's commit: statements are named when they are prepared,
// and a click is a transaction that stores an answer beside its key.
type conversation struct {
	ambush *ambush

	// Owned by the direction to PostgreSQL.
	asked    messages
	prepared map[string]kind
	click    bool // the transaction stores an answer

	// Owned by the direction back.
	answered messages

	mu   sync.Mutex
	at   moment
	then action // what is due when the commit is answered
}

// kind is what a prepared statement is to us.
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

func newConversation(a *ambush) *conversation {
	return &conversation{ambush: a, prepared: map[string]kind{}, asked: messages{first: true}}
}

func (c *conversation) there(piece []byte) ([]byte, action) {
	var then action
	cut := len(piece)
	c.asked.read(piece, func(at int, kind byte, body []byte) bool {
		if !c.isCommit(kind, body) {
			return true
		}
		moment, act := c.ambush.take()
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

// isCommit follows what is prepared and bound. A commit counts if its transaction
// stored an answer.
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

func (c *conversation) back(piece []byte) ([]byte, action) {
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

// text cuts a string that ends with a zero.
func text(b []byte) (s string, rest []byte) {
	before, after, ok := bytes.Cut(b, []byte{0})
	if !ok {
		return "", nil
	}
	return string(before), after
}

// messages finds the messages in a stream that comes in pieces.
type messages struct {
	first bool // the first message of a client has no kind
	part  []byte
}

// read calls seen for each message that ends in this piece, with where in the piece
// it began (negative: in an earlier one), until seen says false.
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
			return // nothing more will pass
		}
		at += size
	}
	m.part = append(m.part[:0], m.part[at:]...)
}
