package templates

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func set(t *testing.T) *Set {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sentence is an entry of a catalogue: one text, or one text per plural form.
type sentence map[string]string

func catalogue(t *testing.T, lang Lang) map[string]sentence {
	t.Helper()
	body, err := fs.ReadFile(catalogues, "messages/"+string(lang)+".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(body, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]sentence{}
	for key, value := range raw {
		switch value := value.(type) {
		case string:
			out[key] = sentence{"": value}
		case map[string]any:
			out[key] = sentence{}
			for form, text := range value {
				out[key][form] = text.(string)
			}
		default:
			t.Fatalf("%s is neither a text nor a plural", key)
		}
	}
	return out
}

var argument = regexp.MustCompile(`\{\{\.([A-Za-z]+)\}\}`)

// names returns the arguments of a sentence in all its forms.
func (s sentence) names() []string {
	found := map[string]bool{}
	for _, text := range s {
		for _, m := range argument.FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
	}
	var list []string
	for name := range found {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func TestLanguagesHaveTheSameKeys(t *testing.T) {
	de, en := catalogue(t, German), catalogue(t, English)
	for key, german := range de {
		english, ok := en[key]
		if !ok {
			t.Errorf("%s has no English sentence", key)
			continue
		}
		if a, b := german.names(), english.names(); !slices.Equal(a, b) {
			t.Errorf("%s: German needs %v, English %v", key, a, b)
		}
		for form, text := range german {
			if english[form] == "" || text == "" {
				t.Errorf("%s %s is empty in a language", key, form)
			}
		}
	}
	for key := range en {
		if de[key] == nil {
			t.Errorf("%s has no German sentence", key)
		}
	}
}

// The web layer builds the keys of these families from codes. A template must name every other
// key.
func TestEveryMessageIsUsed(t *testing.T) {
	var used strings.Builder
	EachSource(t, func(_, source string) { used.WriteString(source) })
	families := regexp.MustCompile(
		`^(?:error|invalid|receipt|spoken|news|text|why|role|left|day|field|tab|right|history|fact|setting|preview|do|feed|find|` +
			`hit|mail|pref|public|push|unreached)\.`,
	)
	for key := range catalogue(t, German) {
		if !families.MatchString(key) && !strings.Contains(used.String(), `"`+key+`"`) {
			t.Errorf("no template uses the message %s", key)
		}
	}
}

func TestMessagesInTemplatesExistAndGetTheirArguments(t *testing.T) {
	de := catalogue(t, German)
	call := regexp.MustCompile(`[({ ]t "([a-zA-Z0-9._]+)"((?: "[A-Za-z]+" (?:\([^)]*\)|[^\s})]+))*)`)
	start := regexp.MustCompile(`(?:{{|{{- |\()t "`)
	name := regexp.MustCompile(` "([A-Za-z]+)" `)
	EachSource(t, func(file, source string) {
		if n, m := len(start.FindAllString(source, -1)), len(call.FindAllString(source, -1)); n != m {
			t.Errorf("%s: has %d messages, this test finds %d", file, n, m)
		}
		for _, m := range call.FindAllStringSubmatch(source, -1) {
			s, ok := de[m[1]]
			if !ok {
				t.Errorf("%s: there is no sentence %s", file, m[1])
				continue
			}
			var given []string
			for _, g := range name.FindAllStringSubmatch(m[2]+" ", -1) {
				given = append(given, g[1])
			}
			for _, want := range s.names() {
				if !slices.Contains(given, want) && m[1] != "say.hits" { // the script inserts the count
					t.Errorf("%s: %s needs %s", file, m[1], want)
				}
			}
			if _, plural := s["one"]; plural && !slices.Contains(given, "N") {
				t.Errorf("%s: %s needs a number for its plural form", file, m[1])
			}
		}
	})
}

func TestGermanTerms(t *testing.T) {
	// Terms of the studio (left) and the words that must not be used instead.
	never := map[string]*regexp.Regexp{
		"buchen, einloggen":           regexp.MustCompile(`(?i)anmeld|abmeld|registrier`),
		"stornieren":                  regexp.MustCompile(`(?i)kündig`),
		"Platz":                       regexp.MustCompile(`(?i)\bslots?\b|\bspots?\b`),
		"nachgerückt":                 regexp.MustCompile(`(?i)beförder|hochgestuft`),
		"Guthabenpunkte":              regexp.MustCompile(`(?i)\bcredits?\b|\bcoins?\b`),
		"zu spät storniert":           regexp.MustCompile(`(?i)spätstorno`),
		"reserviert":                  regexp.MustCompile(`(?i)\bhold\b`),
		"ausgebucht":                  regexp.MustCompile(`(?i)ausverkauft`),
		"Nr. 2 auf der Warteliste":    regexp.MustCompile(`Platz[ \x{a0}]\{\{`),
		"Buchung behalten":            regexp.MustCompile(`Abbrechen`),
		"du":                          regexp.MustCompile(`\b(?:Ihre?[mnrs]?|Ihnen)\b`),
		"ein Satz ohne Ausrufen":      regexp.MustCompile(`!`),
		"… nach einem Leerzeichen":    regexp.MustCompile(`\w\.\.\.`),
		"„…“":                         regexp.MustCompile(`["”]`),
		"ein geschütztes Leerzeichen": regexp.MustCompile(`(?:\}\}|\d) (?:Punkte?|Min\.|Std\.|Uhr|Guthabenpunkte?)(?:\W|$)`),
	}
	for key, s := range catalogue(t, German) {
		for _, text := range s {
			for instead, bad := range never {
				if found := bad.FindString(text); found != "" {
					t.Errorf("%s says %q: %q; the word is %s", key, text, found, instead)
				}
			}
			// The cancellation of a booking by a member and of a class by the studio have
			// different verbs.
			if strings.Contains(strings.ToLower(text), "absag") && !strings.Contains(key, "class") {
				t.Errorf("%s uses the verb for classes for another object: %q", key, text)
			}
			if strings.Contains(text, "stornier") && strings.HasPrefix(key, "cancel_class") {
				t.Errorf("%s uses the verb for bookings for a class: %q", key, text)
			}
		}
	}
}

func TestEnglishTerms(t *testing.T) {
	german := regexp.MustCompile(`[äöüßÄÖÜ„“]|!|\b(?:der|die|das|und|nicht|Uhr)\b`)
	for key, s := range catalogue(t, English) {
		for _, text := range s {
			plain := strings.NewReplacer("“", "", "”", "").Replace(text)
			if found := german.FindString(plain); found != "" {
				t.Errorf("%s says %q: %q", key, text, found)
			}
		}
	}
}

func TestPluralForms(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		lang Lang
		key  string
		args map[string]any
		want string
	}{
		{German, "plate.few", map[string]any{"N": 1}, "Nur noch 1"},
		{German, "credits", map[string]any{"N": 0}, "0 Punkte"},
		{German, "credits", map[string]any{"N": 1}, "1 Punkt"},
		{German, "credits", map[string]any{"N": 2}, "2 Punkte"},
		{English, "credits", map[string]any{"N": 1}, "1 credit"},
		{English, "credits", map[string]any{"N": 3}, "3 credits"},
		{German, "error.cost_changed", map[string]any{"cost": 1}, "Der Kurs kostet jetzt 1 Punkt. Es wurde noch nichts gebucht."},
		{German, "error.cost_changed", map[string]any{"cost": 2}, "Der Kurs kostet jetzt 2 Punkte. Es wurde noch nichts gebucht."},
		{English, "error.no_credits", map[string]any{"needed": 2, "have": 1}, ""},
	} {
		got := strings.ReplaceAll(s.Text(c.lang, c.key, c.args), nbsp, " ")
		if c.want == "" && (got == c.key || strings.Contains(got, "<no value>")) || c.want != "" && got != c.want {
			t.Errorf("%s %v in %s: %q", c.key, c.args, c.lang, got)
		}
	}
}

func TestMissingMessageIsItsKey(t *testing.T) {
	s := set(t)
	if got := s.Text(German, "no.such", nil); got != "no.such" {
		t.Errorf("got %q", got)
	}
	if s.Has("no.such") || !s.Has("nav.schedule") {
		t.Error("Has is wrong about a key")
	}
}

func TestMessagesAreEscapedOnce(t *testing.T) {
	got := set(t).Text(German, "receipt.removed", map[string]any{"Name": `O'Neill & <Söhne>`})
	if want := `O'Neill & <Söhne> entfernt`; strings.ReplaceAll(got, nbsp, " ") != want {
		t.Errorf("got %q: the message is escaped before the page escapes it", got)
	}
}

// numberWord finds a number with the word after it. The number is an argument.
var numberWord = regexp.MustCompile(`(\d+)[\s\x{a0}]+(\pL+)`)

// texts are the arguments that are no numbers. The script replaces Count, and chooses the form.
var texts = []string{
	"Actor", "Address", "At", "Class", "Clock", "Code", "Count", "Day", "Days", "Grant", "Link", "Name", "Password", "Person", "Reason",
	"Request", "Role", "Studio",
	"Since", "Title", "Until", "Verb", "Was", "What", "When", "Who", "Why", "at", "name", "title",
}

// TestEveryNounHasTheFormOfItsOwnNumber renders each sentence with 0, 1 and 2 for one of its
// arguments and other numbers for the rest. The catalogue itself tells the forms of a noun: the
// words after the number in sentences that differ by it.
func TestEveryNounHasTheFormOfItsOwnNumber(t *testing.T) {
	t.Parallel()
	s := set(t)
	argument := regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)
	for _, lang := range Languages {
		list := catalogue(t, lang)
		one, many := map[string]bool{}, map[string]bool{}
		for word, number := range map[string]int{
			"Platz": 1, "Punkt": 1, "Kurs": 1, "ist": 1, "wartet": 1, "seat": 1, "credit": 1, "class": 1, "person": 1, "is": 1, "was": 1,
			"Plätze": 2, "Plätzen": 2, "Punkte": 2, "Kurse": 2, "sind": 2, "warten": 2, "seats": 2, "credits": 2, "classes": 2, "people": 2,
			"are": 2, "were": 2, "Personen": 2, "Tage": 2, "Stunden": 2, "Minuten": 2, "days": 2, "hours": 2, "minutes": 2,
		} {
			one[word], many[word] = number == 1, number == 2
		}
		for _, forms := range list {
			if forms["one"] == "" {
				continue
			}
			single := numberWord.FindAllStringSubmatch(argument.ReplaceAllString(forms["one"], "1"), -1)
			plural := numberWord.FindAllStringSubmatch(argument.ReplaceAllString(forms["other"], "2"), -1)
			for i := range min(len(single), len(plural)) {
				if a, b := single[i][2], plural[i][2]; a != b && single[i][1] == "1" {
					one[a], many[b] = true, true
				}
			}
		}
		for key, forms := range list {
			var names []string
			for _, text := range forms {
				for _, m := range argument.FindAllStringSubmatch(text, -1) {
					if !slices.Contains(names, m[1]) {
						names = append(names, m[1])
					}
				}
			}
			if !slices.ContainsFunc(names, func(name string) bool { return slices.Contains(counts, name) }) {
				names = append(names, "N")
			}
			for _, varied := range names {
				for n := range 3 {
					args := map[string]any{}
					for _, name := range names {
						if args[name] = 7; slices.Contains(texts, name) {
							args[name] = "Lena"
						}
					}
					if args[varied] != "Lena" {
						args[varied] = n
					}
					for _, m := range numberWord.FindAllStringSubmatch(s.Text(lang, key, args), -1) {
						word := m[2]
						if m[1] == "1" && many[word] && !one[word] || m[1] != "1" && one[word] && !many[word] {
							t.Errorf("%s, %s with %s = %d: %q", lang, key, varied, n, s.Text(lang, key, args))
						}
					}
				}
			}
		}
	}
}
