package templates

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed messages/*.json
var catalogues embed.FS

// messages holds the sentences of both languages.
type messages struct {
	bundle     *i18n.Bundle
	localizers map[Lang]*i18n.Localizer
	plural     map[string]bool // the keys that have plural forms
}

func loadMessages() (*messages, error) {
	m := &messages{bundle: i18n.NewBundle(language.German), localizers: map[Lang]*i18n.Localizer{}, plural: map[string]bool{}}
	m.bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	for _, lang := range Languages {
		loaded, err := m.bundle.LoadMessageFileFS(catalogues, "messages/"+string(lang)+".json")
		if err != nil {
			return nil, fmt.Errorf("loading the sentences: %w", err)
		}
		for _, one := range loaded.Messages {
			m.plural[one.ID] = m.plural[one.ID] || one.One != ""
		}
		m.localizers[lang] = i18n.NewLocalizer(m.bundle, string(lang))
	}
	return m, nil
}

// counts are the arguments that choose a plural form; the first one present counts. The later
// ones are names from the refusals of the engine.
var counts = []string{"N", "needed", "cost", "limit", "seconds"}

// text returns the sentence of a key.
func (m *messages) text(lang Lang, key string, args map[string]any) (string, error) {
	config := &i18n.LocalizeConfig{MessageID: key, TemplateData: args}
	if m.plural[key] {
		config.PluralCount = 2
		for _, name := range counts {
			if n, ok := args[name].(int); ok {
				config.PluralCount = max(n, -n)
				break
			}
		}
	}
	return m.localizers[lang.known()].Localize(config)
}

// Text returns the sentence of a key for the web layer, such as a refusal ("error."), a wrong
// field ("invalid.") or a receipt. The argument N chooses the plural form. For an unknown key
// it returns the key, so that a missing sentence causes no failure; a test checks that all
// keys exist.
func (s *Set) Text(lang Lang, key string, args map[string]any) string {
	text, err := s.messages.text(lang, key, args)
	if err != nil {
		return key
	}
	return text
}

// Has reports whether every language has a sentence for the key.
func (s *Set) Has(key string) bool {
	for _, lang := range Languages {
		if _, err := s.messages.text(lang, key, nil); err != nil {
			return false
		}
	}
	return true
}

// functions are the functions of templates besides the built-in ones.
func (s *Set) functions(lang Lang, o Options) template.FuncMap {
	var plain sync.Map // cache of the sentences without arguments
	return template.FuncMap{
		// t returns a sentence: {{t "key" "Name" .Name}}. An argument N chooses the plural.
		"t": func(key string, pairs ...any) (string, error) {
			if len(pairs) == 0 {
				if text, ok := plain.Load(key); ok {
					return text.(string), nil
				}
				text, err := s.messages.text(lang, key, nil)
				if err == nil {
					plain.Store(key, text)
				}
				return text, err
			}
			if len(pairs)%2 != 0 {
				return "", fmt.Errorf("%s: arguments come in pairs", key)
			}
			args := make(map[string]any, len(pairs)/2)
			for i := 0; i < len(pairs); i += 2 {
				args[fmt.Sprint(pairs[i])] = pairs[i+1]
			}
			return s.messages.text(lang, key, args)
		},
		// pieces splits a sentence at the places of its fields: "Platz für … Personen."
		"pieces": func(sentence string) []string { return strings.Split(sentence, "…") },
		"lang":   func() Lang { return lang },
		"num":    lang.Number,
		"signed": lang.Signed,
		"asset":  o.Asset,
		"pair":   func(a, b any) pairOf { return pairOf{a, b} },
	}
}

// pairOf passes two values to a shared define.
type pairOf struct{ A, B any }
