package web

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"terminplan/booking"
	"terminplan/booking/spreadsheet"
)

// exportPatience is the limit of an export from its beginning to the last byte that is sent.
const exportPatience = 10 * time.Minute

// exportList sends one list as a file: format csv, with the separator sep (; , or tab), or xlsx.
func (s *Server) exportList(r *request) (response, error) {
	list := booking.ExportList(r.Param("list"))
	title := s.present(r).ExportName(list)
	if title == "" {
		return response{}, refuse(booking.NotFound)
	}
	separator, known := map[string]rune{
		"": booking.ExportSeparator(string(r.lang)), ";": ';', ",": ',', "semicolon": ';', "comma": ',', "tab": '\t',
	}[r.query.values.Get("sep")]
	if !known {
		return response{}, invalid("sep", "choice")
	}
	format := r.query.values.Get("format")
	name := "terminplan-" + string(list) + "-" + time.Now().In(r.studio.Zone).Format(time.DateOnly)
	write := func(ctx context.Context, w io.Writer, table func(io.Writer) (spreadsheet.Writer, error)) error {
		t, err := table(w)
		if err != nil {
			return err
		}
		open := func(booking.ExportList) (func([]string) error, error) { return t.Write, nil }
		err = s.engine.Export(ctx, r.actor, []booking.ExportList{list}, string(r.lang), open)
		if closing := t.Close(); err == nil {
			err = closing
		}
		return err
	}
	switch format {
	case "", "csv":
		return s.sendFile(r, name+".csv", "text/csv; charset=utf-8", func(ctx context.Context, w io.Writer) error {
			return write(ctx, w, func(w io.Writer) (spreadsheet.Writer, error) { return spreadsheet.NewCSV(w, separator), nil })
		})
	case "xlsx":
		const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		return s.sendFile(r, name+".xlsx", kind, func(ctx context.Context, w io.Writer) error {
			return write(ctx, w, func(w io.Writer) (spreadsheet.Writer, error) { return spreadsheet.NewXLSX(w, title) })
		})
	}
	return response{}, invalid("format", "choice")
}

// exportArchive sends everything as one ZIP archive.
func (s *Server) exportArchive(r *request) (response, error) {
	studio := r.studio
	return s.sendFile(r, studio.ArchiveName(time.Now()), "application/zip", func(ctx context.Context, w io.Writer) error {
		return s.engine.ExportArchive(ctx, r.actor, w)
	})
}

// sendFile lets write make a file, in the folder for temporary files, and sends it when it is
// complete. So no slow reader keeps a snapshot of the database, and a failure is a page.
func (s *Server) sendFile(r *request, name, kind string, write func(context.Context, io.Writer) error) (response, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Request.Context()), exportPatience)
	defer cancel()
	if err := http.NewResponseController(r.Writer).SetWriteDeadline(time.Now().Add(exportPatience)); err != nil {
		return response{}, fmt.Errorf("exporting: %w", err)
	}
	file, err := os.CreateTemp("", "terminplan-export-")
	if err != nil {
		return response{}, fmt.Errorf("exporting: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := write(ctx, file); err != nil {
		return response{}, err
	}
	size, err := file.Seek(0, io.SeekCurrent)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return response{}, fmt.Errorf("exporting: %w", err)
	}
	s.log.Info("exported", "request", r.id, "file", name, "by", r.actor.ID)
	r.DataFromReader(http.StatusOK, size, kind, file, map[string]string{
		"Content-Disposition":    mime.FormatMediaType("attachment", map[string]string{"filename": name}),
		"Cache-Control":          "no-store",
		"X-Content-Type-Options": "nosniff",
	})
	return response{secret: true}, nil
}
