// Package templates is how Terminplan looks and reads: one html file per page,
// beside it the struct with what the page shows, and the sentences of both
// languages.
//
// The structs hold display values only: strings as they are read, numbers,
// and decisions such as CanBook that the web layer has taken. No rule lives
// here, and no type of the domain or of the hub reaches a template, so a
// member's row has no field that could hold another person's name.
//
// A fragment that is pushed to open pages is the same define that the page
// itself uses; page and push cannot drift apart. Pages and fragments are
// rendered to memory first: a failing template is an error, never half a page.
//
// Everything is parsed by [New] once at start. A template or a message that
// does not parse is an error of New, so a broken build never begins to serve.
// All methods may be called from many goroutines.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed *.html parts/*.html
var files embed.FS

// Page is one of the page structs of this package.
type Page interface {
	// file names the html file of the page, without its ending.
	file() string
}

// Render writes one page; it fits gin's c.Render.
type Render interface {
	Render(http.ResponseWriter) error
	WriteContentType(http.ResponseWriter)
}

// Set is all pages, fragments and sentences in all languages.
type Set struct {
	messages  *messages
	pages     map[Lang]map[string]*template.Template
	fragments map[Lang]*template.Template
	skeletons map[Lang]*template.Template // the schedule with gaps
	rows      map[Lang]*rowCache
	parts     map[Lang]*partCache
}

// Options of a [Set].
type Options struct {
	// Asset turns the name of a static file into its URL. The default is
	// "/static/" and the name, which is enough for tests.
	Asset func(name string) string
}

// New parses everything. Without options static files are taken to be where
// their names say.
func New(options ...Options) (*Set, error) {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if o.Asset == nil {
		o.Asset = func(name string) string { return "/static/" + name }
	}
	m, err := loadMessages()
	if err != nil {
		return nil, err
	}
	s := &Set{
		messages: m, pages: map[Lang]map[string]*template.Template{}, fragments: map[Lang]*template.Template{},
		skeletons: map[Lang]*template.Template{}, rows: map[Lang]*rowCache{}, parts: map[Lang]*partCache{},
	}
	for _, lang := range Languages {
		s.parts[lang] = &partCache{}
		s.rows[lang] = &rowCache{render: func(r ClassRow) ([]byte, error) { return s.Fragment(lang, "class_row", r) }}
		if err := s.parse(lang, o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parse makes one set per page, since every page defines "main" in its own way.
func (s *Set) parse(lang Lang, o Options) error {
	base, err := template.New("").Option("missingkey=error").Funcs(s.functions(lang, o)).ParseFS(files, "layout.html", "parts/*.html")
	if err != nil {
		return fmt.Errorf("parsing the shared templates: %w", err)
	}
	// The fragments live in the files of their pages; what is "main" there
	// does not matter, nobody asks this set for it.
	all, err := template.Must(base.Clone()).ParseFS(files, "*.html")
	if err != nil {
		return fmt.Errorf("parsing the fragments: %w", err)
	}
	s.fragments[lang] = all
	s.pages[lang] = map[string]*template.Template{}
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		page := strings.TrimSuffix(path.Base(name), ".html")
		if page == "layout" {
			continue
		}
		if s.pages[lang][page], err = template.Must(base.Clone()).ParseFS(files, name); err != nil {
			return fmt.Errorf("parsing the page %s: %w", page, err)
		}
	}
	if s.skeletons[lang], err = withGaps(s.pages[lang]["schedule"]); err != nil {
		return fmt.Errorf("making gaps in the schedule: %w", err)
	}
	return nil
}

// Page makes p ready to be written in a language.
func (s *Set) Page(lang Lang, p Page) Render { return rendering{set: s, lang: lang, page: p} }

type rendering struct {
	set  *Set
	lang Lang
	page Page
}

func (r rendering) WriteContentType(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
}

// buffers are used again: a big page would make one grow many times.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes the whole page, or nothing if the template fails.
func (r rendering) Render(w http.ResponseWriter) error {
	t := r.set.pages[r.lang.known()][r.page.file()]
	if t == nil {
		return errors.New("there is no page " + r.page.file())
	}
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	if err := t.ExecuteTemplate(body, "layout", r.page); err != nil {
		return fmt.Errorf("rendering the page %s: %w", r.page.file(), err)
	}
	r.WriteContentType(w)
	_, err := w.Write(body.Bytes())
	return err
}

// Fragment renders one define by its name, for a push or as the answer to htmx.
// The names and their data:
//
//	class_seats   Shared       what everybody sees of a class, as partials for the socket
//	class_personal PersonalState what a class is to one person, as a partial for the socket
//	class_row     ClassRow     a whole row: the answer to a form in it
//	class_sheet   Sheet        the sheet: the answer to a form in it
//	staff_row     StaffRow     what the desk sees of a class, as a partial for the socket
//	roster        Roster       participants, waitlist and cancelled, as an answer
//	roster_push   Roster       the same as a partial for the socket
//	panel         Panel        the whole participant panel, as an answer
//	candidates    Candidates   the hits of "add a member"
//	cancel_dialog CancelDialog the dialog of a cancellation
//	cancel_class  CancelClass  the dialog that calls a class off
//	alerts        Alerts       the alert cards, as an answer
//	alerts_push   Alerts       the same and the count in the tab, as partials for the socket
//	balance_push  Balance      the balance wherever it stands, as a partial for the socket
//	booking_list   BookingList   the list of own bookings, as an answer
//	booking_list_push BookingList the same as a partial for the socket
//	people        MembersPage  the hits in the directory, as an answer
//	member_body   Member       a profile as staff sees it, as an answer
//	notice        Notice       one sentence about what just happened
func (s *Set) Fragment(lang Lang, name string, data any) ([]byte, error) {
	var body bytes.Buffer
	if err := s.fragments[lang.known()].ExecuteTemplate(&body, name, data); err != nil {
		return nil, fmt.Errorf("rendering the fragment %s: %w", name, err)
	}
	return body.Bytes(), nil
}

// Part makes a fragment ready to be written as the answer to htmx.
func (s *Set) Part(lang Lang, name string, data any) Render {
	return part{set: s, lang: lang, name: name, data: data}
}

type part struct {
	set  *Set
	lang Lang
	name string
	data any
}

func (p part) WriteContentType(w http.ResponseWriter) { rendering{}.WriteContentType(w) }

func (p part) Render(w http.ResponseWriter) error {
	body, err := p.set.Fragment(p.lang, p.name, p.data)
	if err != nil {
		return err
	}
	p.WriteContentType(w)
	_, err = w.Write(body)
	return err
}
