package web

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// The mailbox of a demo: every mail as it would arrive, for everybody, as the accounts of a demo
// are. Elsewhere there are no such pages.

func (s *Server) demoMails(r *request) (response, error) {
	if s.demo == nil {
		return response{}, refuse(booking.NotFound)
	}
	mails, err := s.engine.DemoMails(r.Request.Context())
	if err != nil {
		return response{}, err
	}
	list := make([]present.DemoMail, 0, len(mails))
	for _, m := range mails {
		shown := present.DemoMail{DemoMail: m}
		if message, err := mail.ReadMessage(bytes.NewReader(m.Message)); err == nil {
			shown.Subject = subjectOf(message)
		}
		list = append(list, shown)
	}
	return response{page: func() error { return s.renderPage(r, s.present(r).DemoMails(s.demoFrame(r), list)) }}, nil
}

func (s *Server) demoMail(r *request) (response, error) {
	shown, _, err := s.readDemoMail(r)
	if err != nil {
		return response{}, err
	}
	r.Header("Content-Security-Policy", policy+"; frame-src 'self'")
	return response{page: func() error { return s.renderPage(r, s.present(r).DemoMail(s.demoFrame(r), shown)) }}, nil
}

// mailPolicy is for the HTML part of a mail, which has styles of its own and needs nothing else.
const mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
	"sandbox allow-top-navigation-by-user-activation"

// demoMessage serves the HTML part of a mail for the frame on its page. Its links open in the whole
// window.
func (s *Server) demoMessage(r *request) (response, error) {
	_, html, err := s.readDemoMail(r)
	if err != nil {
		return response{}, err
	}
	r.Header("Content-Security-Policy", mailPolicy)
	body := bytes.Replace(html, []byte("<head>"), []byte(`<head><base target="_top">`), 1)
	return response{page: func() error {
		r.Data(http.StatusOK, "text/html; charset=utf-8", body)
		return nil
	}}, nil
}

func (s *Server) demoFrame(r *request) present.Frame {
	return present.Frame{Studio: r.studio, Path: r.here()}
}

// readDemoMail reads the mail of a request and takes it apart.
func (s *Server) readDemoMail(r *request) (shown present.DemoMail, html []byte, err error) {
	if s.demo == nil {
		return shown, nil, refuse(booking.NotFound)
	}
	id, err := r.idParam()
	if err != nil {
		return shown, nil, err
	}
	if shown.DemoMail, err = s.engine.DemoMail(r.Request.Context(), id); err != nil {
		return shown, nil, err
	}
	head, _, _ := bytes.Cut(shown.Message, []byte("\r\n\r\n"))
	shown.Headers = strings.ReplaceAll(string(head), "\r\n", "\n")
	message, err := mail.ReadMessage(bytes.NewReader(shown.Message))
	if err != nil {
		return shown, nil, fmt.Errorf("reading a mail of the demo: %w", err)
	}
	shown.Subject = subjectOf(message)
	shown.Text, html, err = partsOf(message)
	return shown, html, err
}

func subjectOf(m *mail.Message) string {
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return m.Header.Get("Subject")
	}
	return subject
}

// partsOf returns the text and the HTML of a mail with both.
func partsOf(m *mail.Message) (text string, html []byte, err error) {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", nil, fmt.Errorf("reading the type of a mail: %w", err)
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return text, html, nil
		}
		if err != nil {
			return "", nil, fmt.Errorf("reading a part of a mail: %w", err)
		}
		var body io.Reader = part
		if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
			body = quotedprintable.NewReader(part)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			return "", nil, fmt.Errorf("reading a part of a mail: %w", err)
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			html = content
		} else {
			text = strings.ReplaceAll(string(content), "\r\n", "\n")
		}
	}
}
