package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"terminplan/booking"
	"terminplan/booking/spreadsheet"
)

// exportCommand exports data as an owner, also while nodes are running.
type exportCommand struct {
	Path   string               `arg:"" help:"Folder, or the file to be written: FILE.zip for everything, else the one list."`
	List   []booking.ExportList `help:"Only these lists: members, packs, classes, series, bookings, waitlist, ledger …" placeholder:"LIST"`
	Format string               `help:"Format of lists: csv or xlsx." enum:"csv,xlsx" default:"csv"`
	Lang   string               `help:"Language of the headers: de or en. Default: that of the studio." enum:"de,en," default:""`
	Database
}

// export writes the archive, or a file for each list.
func export(ctx context.Context, c exportCommand, out, logs io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	log := c.logger(logs)
	engine, leave, err := joinEngine(ctx, c.Database, booking.Options{Log: log})
	if err != nil {
		return err
	}
	defer leave()
	owner, err := engine.OwnerActor(ctx)
	if err != nil {
		return err
	}
	studio, err := engine.Studio(ctx)
	if err != nil {
		return err
	}
	info, err := os.Stat(c.Path)
	isFolder := err == nil && info.IsDir()
	switch {
	case len(c.List) == 0 && isFolder:
		c.Path = filepath.Join(c.Path, studio.ArchiveName(time.Now()))
		fallthrough
	case len(c.List) == 0 && filepath.Ext(c.Path) == ".zip":
		err := writeFile(c.Path, func(w io.Writer) error { return engine.ExportArchive(ctx, owner, w) })
		if err == nil {
			fmt.Fprintln(out, c.Path)
		}
		return err
	case len(c.List) == 0:
		return errors.New("everything is exported into a folder that exists or into a file FILE.zip; --list exports one list")
	case len(c.List) > 1 && !isFolder:
		return errors.New("several lists are exported into a folder that exists")
	}
	if c.Lang == "" {
		c.Lang = studio.Language
	}
	for _, list := range c.List {
		path := c.Path
		if isFolder {
			path = filepath.Join(c.Path, string(list)+"."+c.Format)
		}
		err := writeFile(path, func(w io.Writer) error { return exportList(ctx, engine, owner, list, c.Format, c.Lang, w) })
		if booking.CodeOf(err) == booking.NotFound {
			return fmt.Errorf("there is no list %q; the lists are %v", list, booking.ExportLists)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(out, path)
	}
	return nil
}

func exportList(
	ctx context.Context, engine *booking.Engine, owner booking.Actor, list booking.ExportList, format, lang string, w io.Writer,
) error {
	table := spreadsheet.NewCSV(w, booking.ExportSeparator(lang))
	if format == "xlsx" {
		var err error
		if table, err = spreadsheet.NewXLSX(w, string(list)); err != nil {
			return err
		}
	}
	err := engine.Export(ctx, owner, []booking.ExportList{list}, lang, func(booking.ExportList) (func([]string) error, error) {
		return table.Write, nil
	})
	if closing := table.Close(); err == nil {
		err = closing
	}
	return err
}

// writeFile writes a file that only its owner may read, and removes it if something fails. A file
// that is there already stays.
func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}
