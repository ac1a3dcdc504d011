// Package templates renders the pages of Terminplan. There is one html file per page, next to
// it the struct with the values of the page, and the sentences of both languages.
//
// The structs hold display values only: formatted strings, numbers, and decisions such as
// CanBook that the web layer has made. The package contains no rules and no types of the
// booking package or the hub. The struct of a member's row therefore has no field that could
// hold another person's name.
//
// A fragment that is pushed to open pages is the same define that the page uses, so page and
// push cannot differ. Pages and fragments are rendered to memory first, so a failing template
// is an error and never sends half a page.
//
// [New] parses all templates and messages once, at start. If one does not parse, New returns
// an error, and the program does not start. All methods are safe for concurrent use.
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
	// file returns the name of the page's html file without ".html".
	file() string
	who() Who
}

// Render writes a page. The interface is that of gin's c.Render.
type Render interface {
	Render(http.ResponseWriter) error
	WriteContentType(http.ResponseWriter)
}

// Set holds all pages, fragments and sentences in all languages.
type Set struct {
	messages  *messages
	pages     map[Lang]map[string]*template.Template
	fragments map[Lang]*template.Template
	skeletons map[Lang]map[string]*template.Template // the schedules with gaps, by html file
	rows      map[Lang]*rowCache
	parts     map[Lang]*partCache
	mails     map[Lang]mailSet
}

// Options of a [Set].
type Options struct {
	// Asset returns the URL of a static file by its name. The default is "/static/" followed
	// by the name, which is enough for tests.
	Asset func(name string) string
}

// New parses all templates and messages. Without options it uses the default Asset.
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
		skeletons: map[Lang]map[string]*template.Template{}, rows: map[Lang]*rowCache{}, parts: map[Lang]*partCache{},
		mails: map[Lang]mailSet{},
	}
	for _, lang := range Languages {
		s.parts[lang] = &partCache{}
		s.rows[lang] = &rowCache{render: func(r ClassRow) ([]byte, error) { return s.Fragment(lang, "class_row", r) }}
		if err := errors.Join(s.parse(lang, o), s.parseMail(lang, o)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// parse builds one template set per page, since every page defines "main".
func (s *Set) parse(lang Lang, o Options) error {
	base, err := template.New("").Option("missingkey=error").Funcs(s.functions(lang, o)).ParseFS(files, "layout.html", "parts/*.html")
	if err != nil {
		return fmt.Errorf("parsing the shared templates: %w", err)
	}
	// Fragments are defined in the files of their pages. Each page redefines "main" in this
	// set, but fragments do not use it.
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
	s.skeletons[lang] = map[string]*template.Template{}
	for _, page := range []string{"schedule", "plan", "embed"} {
		if s.skeletons[lang][page], err = withGaps(s.pages[lang][page]); err != nil {
			return fmt.Errorf("making gaps in the page %s: %w", page, err)
		}
	}
	return nil
}

// Page prepares p for rendering in a language.
func (s *Set) Page(lang Lang, p Page) Render { return rendering{set: s, lang: lang, page: p} }

type rendering struct {
	set  *Set
	lang Lang
	page Page
}

func (r rendering) WriteContentType(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
}

// buffers reuses buffers, since a large page makes a new one grow many times.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes the whole page, or nothing if the template fails.
func (r rendering) Render(w http.ResponseWriter) error {
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	if err := r.set.render(body, r.lang, r.page); err != nil {
		return err
	}
	r.WriteContentType(w)
	_, err := w.Write(withMadeFor(body.Bytes(), r.page.who()))
	return err
}

// Document renders a page that is no response.
func (s *Set) Document(lang Lang, p Page) ([]byte, error) {
	var body bytes.Buffer
	err := s.render(&body, lang, p)
	return body.Bytes(), err
}

// render puts a page into an empty buffer.
func (s *Set) render(body *bytes.Buffer, lang Lang, p Page) error {
	t := s.pages[lang.known()][p.file()]
	if t == nil {
		return errors.New("there is no page " + p.file())
	}
	body.Reset()
	if err := t.ExecuteTemplate(body, "layout", p); err != nil {
		return fmt.Errorf("rendering the page %s: %w", p.file(), err)
	}
	return nil
}

// Fragment renders a define with its data. A push consists of hx-partial elements for the
// socket, a response is for htmx. The names and their data:
//
//	class_seats       Shared        the shared facts of a class, push
//	class_personal    PersonalState the state of one person in a class, push
//	class_row         ClassRow      a row, response to a form in it
//	class_sheet       Sheet         the sheet, response to a form in it
//	staff_row         StaffRow      a class for staff, push
//	board_row         BoardRow      a class on the board in the lobby, in a partial of package live
//	roster            Roster        participants, waitlist and cancellations, response
//	roster_push       Roster        the same, push
//	panel             Panel         the whole panel of participants, response
//	candidates        Candidates    the hits of "add a member", response
//	desk_feed         DeskFeed      the last things that happened today, response
//	found             Found         the hits of the palette, response
//	cancel_dialog     CancelDialog  the dialog that cancels a booking, response
//	cancel_class      CancelClass   the dialog that cancels a class, response
//	alerts            Alerts        the alert cards, response
//	alerts_push       Alerts        the same and the count in the tab, push
//	balance_push      Balance       the balance in all its places, push
//	booking_list      BookingList   the member's own bookings, response
//	booking_list_push BookingList   the same, push
//	home              Home          the first page of a member, response
//	alert_list        AlertList     all alerts of a person, response
//	people            MembersPage   the hits in the directory, response
//	member_body       Member        a profile for staff, response
//	install_hint      nil           the hint about installing, for a script
//	notice            Notice        a sentence about the last action, response
func (s *Set) Fragment(lang Lang, name string, data any) ([]byte, error) {
	var body bytes.Buffer
	if err := s.fragments[lang.known()].ExecuteTemplate(&body, name, data); err != nil {
		return nil, fmt.Errorf("rendering the fragment %s: %w", name, err)
	}
	return body.Bytes(), nil
}

// Part prepares a fragment as the response to htmx.
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
