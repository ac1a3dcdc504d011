package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"reflect"
	"strings"
	plain "text/template"
	"unicode"
)

//go:embed mail/*
var mailFiles embed.FS

// Mail holds the values of a mail to one person. It has no field for the data of another person.
// Addresses begin with the public address of the site.
type Mail struct {
	Lang      Lang
	Studio    string
	Mark      string // as in Layout
	Subject   string
	Preheader string // what lists of mails show after the subject
	Title     string
	Tone      string // "offer", "good", "warn" or "bad" colours the top; empty: the colour of the studio

	Paragraphs []string
	Note       string     // what the studio says about it; empty: nothing
	Class      *MailClass // nil: about no class
	Facts      []MailFact // price, deadline and the like
	Lists      []MailList // of a bundle
	Buttons    []MailLink // at most two; the first is the main one
	After      []string   // sentences below the buttons
	Links      []MailLink // below the buttons, smaller
	Secret     string     // a link to copy, where the button is of no use; empty: none
	Zone       string     // a sentence about the zone of the times; empty: the mail names none
	Why        string     // why the person gets this
	Off        MailLink   // switches it off; without URL it cannot be switched off
	Choose     MailLink   // where the person chooses what comes by mail; without URL: nowhere
}

// MailClass is the class that a mail is about.
type MailClass struct {
	Title      string
	Day        string // "Dienstag, 1. Dezember 2026"
	Clock      string // "18:00–19:00 Uhr"
	Was        string // the former time, "Mo., 30.11., 18:00 Uhr"; empty: the time did not change
	Place      string // room and location; empty: not known
	Instructor string
	Hue        string // of the class type, as in ClassRow
	Off        bool   // it does not take place
	URL        string // empty: none
}

// MailFact is a line with a label and a value.
type MailFact struct {
	Label, Value string
	Strong       bool // a deadline
}

// MailList is a part of a bundle.
type MailList struct {
	Title string
	Items []MailItem
}

// MailItem is an entry of a MailList.
type MailItem struct {
	Title string
	When  string
	Text  string
	Hue   string
	URL   string // empty: none
}

// MailLink is a link with its words.
type MailLink struct{ Text, URL string }

// mailSet holds the two parts of a mail in a language.
type mailSet struct {
	html *template.Template
	text *plain.Template
}

func (s *Set) parseMail(lang Lang, o Options) error {
	functions := s.functions(lang, o)
	functions["hue"] = hueOf
	functions["underline"] = func(line string) string { return strings.Repeat("-", min(72, len([]rune(line)))) }
	html, err := template.New("mail.html").Option("missingkey=error").Funcs(functions).ParseFS(mailFiles, "mail/mail.html")
	if err != nil {
		return fmt.Errorf("parsing the mail: %w", err)
	}
	text, err := plain.New("mail.txt").Option("missingkey=error").Funcs(plain.FuncMap(functions)).ParseFS(mailFiles, "mail/mail.txt")
	if err != nil {
		return fmt.Errorf("parsing the text of the mail: %w", err)
	}
	s.mails[lang] = mailSet{html, text}
	return nil
}

// Mail renders both parts of a mail. Each is complete by itself: all facts, all links.
func (s *Set) Mail(lang Lang, m Mail) (text, html string, err error) {
	m.Lang = lang.known()
	var body bytes.Buffer
	if err := s.mails[m.Lang].html.Execute(&body, m); err != nil {
		return "", "", fmt.Errorf("rendering a mail: %w", err)
	}
	html = body.String()
	body.Reset()
	if err := s.mails[m.Lang].text.Execute(&body, m); err != nil {
		return "", "", fmt.Errorf("rendering the text of a mail: %w", err)
	}
	return strings.ReplaceAll(body.String(), nbsp, " "), html, nil
}

// Clean returns the mail without what people could type to make it look like another one: line
// breaks, other control characters, and characters that turn the direction of the text behind
// them. Only the note keeps its lines.
func (m Mail) Clean() Mail {
	note := m.Note
	if m.Class != nil {
		class := *m.Class
		m.Class = &class
	}
	cleanStrings(reflect.ValueOf(&m).Elem())
	lines := strings.Split(note, "\n")
	for i := range lines {
		lines[i] = OneLine(lines[i])
	}
	m.Note = strings.TrimSpace(strings.Join(lines, "\n"))
	return m
}

func cleanStrings(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(OneLine(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			cleanStrings(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			cleanStrings(v.Index(i))
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			cleanStrings(field)
		}
	}
}

// OneLine returns a text of a person as one line, without characters that turn its direction:
// U+202A to U+202E and U+2066 to U+2069 turn directions.
func OneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, text))
}

// NoteLines returns the lines of the note.
func (m Mail) NoteLines() []string { return strings.Split(m.Note, "\n") }

// mailHues are the colours of the class types in mails, which have no variables: the light one of
// the bar and of the tile, as in tokens.css. A test compares them.
var mailHues = map[string]struct{ Bar, Tile string }{
	"teal": {"#0B7A75", "#DEF1EE"}, "moss": {"#4A771C", "#E9F2DC"}, "sky": {"#0A74A8", "#DFF0F9"}, "plum": {"#8A3A8C", "#F5E6F5"},
	"ember": {"#BC4A17", "#FCE8DD"}, "rose": {"#B3265E", "#FCE4ED"}, "slate": {"#4B5666", "#E8EBF0"}, "sand": {"#84672B", "#F4ECD8"},
}

// hueOf returns the colours of a hue; a class without a type is slate.
func hueOf(name string) struct{ Name, Bar, Tile string } {
	colours, ok := mailHues[name]
	if !ok {
		name, colours = "slate", mailHues["slate"]
	}
	return struct{ Name, Bar, Tile string }{name, colours.Bar, colours.Tile}
}
