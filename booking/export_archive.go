package booking

import (
	"archive/zip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"terminplan/booking/spreadsheet"
)

//go:embed export_readme.txt
var exportReadme string

// ArchiveName is the name of the file of ExportArchive: terminplan-STUDIO-DATE.zip.
func (s *Studio) ArchiveName(now time.Time) string {
	name := strings.ReplaceAll(Fold(s.Name), " ", "-")
	if name == "" {
		name = "studio"
	}
	return "terminplan-" + name + "-" + now.In(s.Zone).Format(time.DateOnly) + ".zip"
}

// ExportArchive writes everything as one ZIP archive: each list as CSV in the studio's language,
// the settings as JSON, and a file that says what is in it. Refusals as of Export.
func (e *Engine) ExportArchive(ctx context.Context, a Actor, w io.Writer) error {
	if !a.Can(EditSettings) {
		return refuse(Forbidden)
	}
	studio, err := e.Studio(ctx)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	err = e.exportSnapshot(ctx, a, "archive", func(tx pgx.Tx) error {
		var now time.Time
		if err := tx.QueryRow(ctx, `select clock_timestamp()`).Scan(&now); err != nil {
			return during("reading the clock", err)
		}
		begin := func(name string) (io.Writer, error) {
			return archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now.In(studio.Zone)})
		}
		readme, err := begin("README.txt")
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(exportReadme, "\n", "\r\n")
		head := "\ufeff" + studio.Name + "\r\n" + now.In(studio.Zone).Format("2006-01-02 15:04") + "\r\n\r\n"
		if _, err := io.WriteString(readme, head+text); err != nil {
			return err
		}
		for _, list := range ExportLists {
			part, err := begin(string(list) + ".csv")
			if err != nil {
				return err
			}
			table := spreadsheet.NewCSV(part, ExportSeparator(studio.Language))
			if err := exportSources[list].read(ctx, tx, studio.Zone, studio.Language, table.Write); err != nil {
				return fmt.Errorf("exporting %s: %w", list, err)
			}
			if err := table.Close(); err != nil {
				return err
			}
		}
		part, err := begin("settings.json")
		if err != nil {
			return err
		}
		return exportSettings(ctx, tx, &studio, part)
	})
	if err != nil {
		return err
	}
	return during("ending the archive", archive.Close())
}

// ExportSeparator is what spreadsheets expect in CSV in a language.
func ExportSeparator(lang string) rune {
	if lang == "de" {
		return ';'
	}
	return ','
}

// exportSettings writes the settings that can be edited, so that no secret is among them.
func exportSettings(ctx context.Context, tx pgx.Tx, studio *Studio, w io.Writer) error {
	var settings string
	err := tx.QueryRow(ctx, `
		select jsonb_pretty(jsonb_object_agg(x.key, x.value)) from studio s, jsonb_each(to_jsonb(s)) x where x.key = any($1)`,
		slices.Sorted(maps.Keys(studio.args()))).Scan(&settings)
	if err != nil {
		return during("exporting the settings", err)
	}
	_, err = io.WriteString(w, settings+"\n")
	return err
}
