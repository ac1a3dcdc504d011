package templates_test

import (
	"html"
	"os"
	"regexp"
	"strings"
	"testing"

	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// Mails have no variables, so their colours are written twice.
func TestMailsHaveTheColoursOfThePages(t *testing.T) {
	t.Parallel()
	tokens, err := os.ReadFile("../static/css/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(string(tokens), "prefers-color-scheme: dark")
	one := func(css, name string) string {
		found := regexp.MustCompile(`--` + name + `: (#[0-9A-F]{6})`).FindStringSubmatch(css)
		if found == nil {
			t.Fatalf("there is no colour %s", name)
		}
		return found[1]
	}
	s := set(t)
	for _, hue := range []string{"teal", "moss", "sky", "plum", "ember", "rose", "slate", "sand"} {
		_, body, err := s.Mail(templates.German, templates.Mail{Class: &templates.MailClass{Title: "Yoga", Hue: hue}})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			`class="m-bar-` + hue + `" style="width:5px;background:` + one(light, "h-"+hue),
			`class="m-tile-` + hue + `" style="padding:16px 18px;background:` + one(light, "h-"+hue+"-s"),
			`.m-bar-` + hue + ` { background: ` + one(dark, "h-"+hue) + ` !important; }`,
			`.m-tile-` + hue + ` { background: ` + one(dark, "h-"+hue+"-s") + ` !important; }`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("the mail lacks %s", want)
			}
		}
	}
	known := map[string]bool{}
	for _, colour := range regexp.MustCompile(`#[0-9A-F]{6}`).FindAllString(string(tokens), -1) {
		known[colour] = true
	}
	_, body, err := s.Mail(templates.German, sample.Mails(sample.Presenter(s, templates.German))[0].Mail)
	if err != nil {
		t.Fatal(err)
	}
	for _, colour := range regexp.MustCompile(`#[0-9A-Fa-f]{3,6}\b`).FindAllString(body, -1) {
		if !known[colour] {
			t.Errorf("no page has the colour %s", colour)
		}
	}
}

// The sentences of mails are chosen by kinds of notices, so no source names them.
func TestEveryMessageOfMailsIsInAMail(t *testing.T) {
	t.Parallel()
	s := set(t)
	gap := regexp.MustCompile(`\{\{[^}]*\}\}`)
	for _, lang := range templates.Languages {
		var all strings.Builder
		for _, m := range sample.Mails(sample.Presenter(s, lang)) {
			m.Mail.Off.URL = sample.PublicURL
			text, body, err := s.Mail(lang, m.Mail)
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(m.Mail.Subject + "\n" + text + html.UnescapeString(body))
		}
		said := strings.ReplaceAll(all.String(), "\u00a0", " ")
		for key, forms := range templates.Catalogue(t, lang) {
			if !strings.HasPrefix(key, "mail.") || strings.HasPrefix(key, "mail.demo.") {
				continue
			}
			used := false
			for _, form := range forms {
				longest := ""
				for _, piece := range gap.Split(strings.ReplaceAll(form, "\u00a0", " "), -1) {
					if len(piece) > len(longest) {
						longest = piece
					}
				}
				used = used || strings.Contains(said, longest)
			}
			if !used {
				t.Errorf("no mail in %s says %s: %v", lang, key, forms)
			}
		}
	}
}

func TestAMailSaysItsTimeOfDayInItsSubjectBriefly(t *testing.T) {
	t.Parallel()
	at := sample.Mails(sample.Presenter(set(t), templates.German))[0].Delivery.Now
	for lang, want := range map[templates.Lang]string{templates.German: "Mi 25. Nov. 14:02", templates.English: "Wed 25 Nov 14:02"} {
		if is := lang.Brief(at); is != want {
			t.Errorf("%s, want %s", is, want)
		}
	}
}
