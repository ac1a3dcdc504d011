package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"terminplan/booking"
	"terminplan/booking/spreadsheet"
	"terminplan/cmd/terminplan/web/present"
)

// uploadPatience is the limit of an upload, which may come over a slow line.
const uploadPatience = 3 * time.Minute

// uploadsAtOnce limits the files that a node reads at one time, since each is in memory.
const uploadsAtOnce = 2

// Limits of the parts of an upload besides the file.
const (
	uploadParts = 10
	uploadField = 200 // bytes
)

// drained is how many bytes of a file that is too big are read and dropped: a browser shows the
// response only after it has sent its request.
const drained = 512 << 20

// upload reads a file and saves its rows as an import. The body is read as it comes.
func (s *Server) upload(r *request) (response, error) {
	im, err := s.saveUpload(r)
	if err != nil {
		return response{}, s.redisplaySettings(r, err, s.renderData(r, r.sent(refusal(err))))
	}
	return response{status: http.StatusCreated, redirect: present.ImportPath(im.ID) + "/columns", json: toImportJSON(im)}, nil
}

func (s *Server) saveUpload(r *request) (im booking.Import, err error) {
	if !isMultipart(r.Request) {
		return im, invalid("file", "missing")
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	case <-r.Request.Context().Done():
		return im, refuse(booking.Busy)
	}
	// The limits of time of other requests are too short for this one.
	control := http.NewResponseController(r.Writer)
	_ = control.SetReadDeadline(time.Now().Add(uploadPatience))
	_ = control.SetWriteDeadline(time.Now().Add(uploadPatience + time.Minute))
	n, err := readUpload(r)
	if err != nil {
		_, _ = io.CopyN(io.Discard, r.Request.Body, drained)
		return im, err
	}
	if err := r.checkMadeFor(); err != nil {
		return im, err
	}
	return s.engine.CreateImport(r.Request.Context(), r.actor, n)
}

// readUpload reads the parts of an upload. The fields are kept as the form of the request.
func readUpload(r *request) (n booking.NewImport, err error) {
	r.form.values = url.Values{}
	_, params, err := mime.ParseMediaType(r.GetHeader("Content-Type"))
	if err != nil || params["boundary"] == "" || r.GetHeader("Content-Encoding") != "" {
		return n, refuse(wrongType)
	}
	body := &limitedBody{r: r.Request.Body, left: booking.ImportFileMax + 64<<10}
	parts := multipart.NewReader(body, params["boundary"])
	found := false
	for range uploadParts {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && !found:
			return n, invalid("file", "missing")
		case errors.Is(err, io.EOF):
			n.Kind = booking.ImportKind(r.form.values.Get("kind"))
			return n, nil
		case errors.Is(err, errFileTooBig):
			return n, fileTooBig()
		case err != nil:
			return n, invalid("", "form")
		}
		if part.FormName() == "file" && !found {
			if found, n.FileName = true, part.FileName(); n.FileName == "" {
				return n, invalid("file", "missing")
			}
			n.Table, err = spreadsheet.Read(part, n.FileName, spreadsheet.Limits{Bytes: booking.ImportFileMax})
			switch {
			case body.left < 0:
				return n, fileTooBig()
			case err != nil && !errors.As(err, new(*spreadsheet.Error)):
				return n, invalid("", "form") // the upload broke
			case err != nil:
				return n, problemOfFile(err)
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, uploadField+1))
		switch {
		case body.left < 0:
			return n, fileTooBig()
		case err != nil, len(value) > uploadField, !validText(string(value)), !validText(part.FormName()):
			return n, invalid("", "form")
		}
		r.form.values.Set(part.FormName(), string(value))
	}
	return n, invalid("", "too_many")
}

func fileTooBig() error {
	e := invalid("file", "file_too_big")
	e.Args["limit"] = booking.ImportFileMax >> 20
	return e
}

var errFileTooBig = errors.New("the file is too big")

// limitedBody fails after so many bytes. left is negative then.
type limitedBody struct {
	r    io.Reader
	left int64
}

func (l *limitedBody) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, errFileTooBig
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, errFileTooBig
	}
	return n, err
}

// stepImport runs a step of an import. The page of a refusal shows the import as it is now.
func (s *Server) stepImport(
	r *request, step func(ctx context.Context, a booking.Actor, id int64) (booking.Import, error),
) (response, error) {
	im, err := s.importOf(r)
	if err != nil {
		return response{}, err
	}
	now, err := step(r.Request.Context(), r.actor, im.ID)
	if err == nil {
		return response{redirect: present.ImportPath(im.ID), json: toImportJSON(now)}, nil
	}
	if r.format == asJSON || !canRedisplay(err) {
		return response{}, err
	}
	if im, readErr := s.engine.Import(r.Request.Context(), r.actor, im.ID); readErr == nil && im.State != booking.ImportUploaded {
		return response{}, s.redisplaySettings(r, err, s.renderImport(r, im, r.sent(refusal(err))))
	}
	return response{}, s.redisplaySettings(r, err, s.renderMapping(r, im, present.Sent{Refused: refusal(err)}))
}

// contentDisposition makes a browser keep a response as a file with this name.
func contentDisposition(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
