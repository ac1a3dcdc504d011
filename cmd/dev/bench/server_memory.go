package bench

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"terminplan/cmd/terminplan/web"
)

// memory answers bookings over HTTP without a database: a map holds the sessions, a lock
// and a counter give out the seats. For each request it does the HTTP work of a node
// (request id, security headers, origin check, routing, JSON, one line of log) and
// nothing of the booking rules. It is the limit of the part "rush".
type memory struct {
	people  map[[sha256.Size]byte]int64 // ids by the hash of the session's token
	headers http.Header                 // that a node sets on every answer
	log     *slog.Logger

	mu    sync.Mutex
	taken map[int64]int // seats by class
}

// newMemory knows the sessions of the run's members. The headers of its answers are those
// of the given node.
func newMemory(seed string, people int, node http.Handler, log *slog.Logger) *memory {
	m := &memory{people: make(map[[sha256.Size]byte]int64, rushes*people), taken: map[int64]int{}, log: log}
	for i := range rushes * people {
		m.people[sha256.Sum256([]byte(sessionToken(seed, i)))] = int64(1 + i%people)
	}
	probe := httptest.NewRecorder()
	node.ServeHTTP(probe, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	m.headers = probe.Header()
	for _, own := range []string{"Content-Type", "Content-Length", requestIDHeader} { // differ from answer to answer
		m.headers.Del(own)
	}
	return m
}

// serveMemory answers on l until in ends.
func serveMemory(m *memory, l net.Listener, in io.Reader, out io.Writer) error {
	server := web.NewHTTPServer(m.handler(), m.log)
	defer server.Close()
	go func() { _ = server.Serve(l) }()
	fmt.Fprintln(out, l.Addr())
	return serveCommands(in, out, commonCommand)
}

func (m *memory) handler() http.Handler {
	origins := http.NewCrossOriginProtection()
	e := gin.New() // web has set Gin's mode
	e.Use(m.logged, gin.RecoveryWithWriter(io.Discard), func(c *gin.Context) {
		if err := origins.Check(c.Request); err != nil {
			c.AbortWithStatus(http.StatusForbidden)
		}
	})
	e.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok") })
	e.POST("/classes/:id/bookings", m.book)
	return e
}

const requestIDHeader = "X-Request-Id"

// logged sets the headers, and writes the line that a node writes for each request.
func (m *memory) logged(c *gin.Context) {
	began := time.Now()
	var raw [8]byte
	_, _ = rand.Read(raw[:])
	id := hex.EncodeToString(raw[:])
	h := c.Writer.Header()
	maps.Copy(h, m.headers)
	h.Set(requestIDHeader, id)
	c.Next()
	m.log.Info("request", "request", id, "method", c.Request.Method, "route", c.FullPath(), "status", c.Writer.Status(),
		"bytes", c.Writer.Size(), "ms", time.Since(began).Milliseconds(), "person", c.GetInt64("person"))
}

// The answers have the fields of docs/api.md.
type (
	memoryBooked struct {
		BookingID int64     `json:"booking_id"`
		ClassID   int64     `json:"class_id"`
		Version   int64     `json:"version"`
		Already   bool      `json:"already"`
		Cost      int       `json:"cost"`
		Balance   int       `json:"balance"`
		FreeUntil time.Time `json:"free_cancellation_until"`
		Binding   bool      `json:"binding"`
	}
	memoryRefusal struct {
		Code    string         `json:"code"`
		Status  int            `json:"status"`
		Message string         `json:"message"`
		Args    map[string]any `json:"args,omitempty"`
		Request string         `json:"request"`
	}
)

// book gives out the next seat of a class, or answers that the class is full.
func (m *memory) book(c *gin.Context) {
	refuse := func(status int, code, message string) {
		c.JSON(status, memoryRefusal{code, status, message, map[string]any{"position": 1}, c.Writer.Header().Get(requestIDHeader)})
	}
	token, _ := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	person, known := m.people[sha256.Sum256([]byte(token))]
	if !known {
		refuse(http.StatusUnauthorized, "signed_out", "Bitte anmelden.")
		return
	}
	c.Set("person", person)
	class, err := strconv.ParseInt(c.Param("id"), 10, 64)
	var body struct{ Intent string }
	if err != nil || c.ShouldBindJSON(&body) != nil || body.Intent != "book" {
		refuse(http.StatusBadRequest, "bad_request", "Das ist keine Buchung.")
		return
	}
	m.mu.Lock()
	free := m.taken[class] < seats
	if free {
		m.taken[class]++
	}
	number := int64(m.taken[class])
	m.mu.Unlock()
	if !free {
		refuse(http.StatusConflict, "full", "Der Kurs ist ausgebucht. Auf der Warteliste wäre Platz 1 frei.")
		return
	}
	c.JSON(http.StatusCreated, memoryBooked{BookingID: number, ClassID: class, Version: number, Cost: 1, Balance: 1, FreeUntil: time.Now()})
}
