// Package smtptest is a mail server for tests, which answers as it is told.
package smtptest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Step is a point of the conversation at which the server answers.
type Step string

// The steps.
const (
	Connect Step = "connect"
	From    Step = "MAIL FROM"
	To      Step = "RCPT TO"
	Data    Step = "DATA"  // after the whole message
	Taken   Step = "taken" // the mail counts as accepted, and the client does not know it yet
)

// Verdict is the answer to a step.
type Verdict struct {
	Code    int           // such as 450 or 550; 0: accepted
	Pause   time.Duration // before the answer
	HangUp  bool          // the connection ends without an answer
	Forever bool          // no answer until the client gives up
}

// Mail is a message that the server accepted.
type Mail struct {
	From, To string
	Raw      []byte
	At       time.Time
}

// Options of a server.
type Options struct {
	TLS            *tls.Config // nil: no STARTTLS
	User, Password string      // empty: no sign-in needed
	Addr           string      // default: a free port of 127.0.0.1
}

// Server is a running mail server.
type Server struct {
	Addr string

	server  *smtp.Server
	options Options
	mu      sync.Mutex
	judge   func(step Step, to string) Verdict
	mails   []Mail
	grown   chan struct{}
	done    chan struct{}
}

// Start starts a server that accepts everything. The caller closes it.
func Start(o Options) (*Server, error) {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listening for mail: %w", err)
	}
	s := &Server{Addr: l.Addr().String(), options: o, grown: make(chan struct{}), done: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain, s.server.TLSConfig, s.server.AllowInsecureAuth = "mail.example", o.TLS, o.TLS == nil
	s.server.MaxMessageBytes, s.server.ErrorLog = 1<<20, silent{}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

// Close ends the server and its connections.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	_ = s.server.Close()
}

// Judge makes the server ask f for its answers from now on; nil: it accepts everything.
func (s *Server) Judge(f func(step Step, to string) Verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.judge = f
}

// Mails returns the mails that were accepted so far, in order.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Wait waits until at least n mails were accepted, and returns all.
func (s *Server) Wait(ctx context.Context, n int) ([]Mail, error) {
	for {
		s.mu.Lock()
		mails, grown := slices.Clone(s.mails), s.grown
		s.mu.Unlock()
		if len(mails) >= n {
			return mails, nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return mails, fmt.Errorf("%d of %d mails arrived: %w", len(mails), n, ctx.Err())
		}
	}
}

// answer carries out the verdict on a step.
func (s *Server) answer(c *smtp.Conn, step Step, to string) error {
	s.mu.Lock()
	judge := s.judge
	s.mu.Unlock()
	if judge == nil {
		return nil
	}
	v := judge(step, to)
	if v.Forever {
		<-s.done
		return errors.New("the server ends")
	}
	if v.Pause > 0 {
		select {
		case <-time.After(v.Pause):
		case <-s.done:
		}
	}
	if v.HangUp {
		_ = c.Conn().Close()
		return errors.New("hung up")
	}
	if v.Code == 0 {
		return nil
	}
	return &smtp.SMTPError{Code: v.Code, EnhancedCode: smtp.EnhancedCode{v.Code / 100, 0, 0}, Message: "the test says so"}
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	if err := s.answer(c, Connect, ""); err != nil {
		return nil, err
	}
	return &session{server: s, conn: c}, nil
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	signedIn bool
	from, to string
}

func (x *session) AuthMechanisms() []string {
	if x.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != x.server.options.User || password != x.server.options.Password {
			return smtp.ErrAuthFailed
		}
		x.signedIn = true
		return nil
	}), nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.server.options.User != "" && !x.signedIn {
		return smtp.ErrAuthRequired
	}
	x.from = from
	return x.server.answer(x.conn, From, "")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	return x.server.answer(x.conn, To, to)
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := x.server.answer(x.conn, Data, x.to); err != nil {
		return err
	}
	x.server.mu.Lock()
	x.server.mails = append(x.server.mails, Mail{From: x.from, To: x.to, Raw: raw, At: time.Now()})
	close(x.server.grown)
	x.server.grown = make(chan struct{})
	x.server.mu.Unlock()
	return x.server.answer(x.conn, Taken, x.to)
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
