package web

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"

	"terminplan/booking"
)

// The languages of the interface; the first is the default.
var (
	languages = []string{"de", "en"}
	matcher   = language.NewMatcher([]language.Tag{language.German, language.English})
)

// A press without a session is a choice of this browser and lies in a cookie. A press
// with a session is stored in the account, for all browsers; a second cookie repeats it
// for the seconds in which another node may not know of it.
const (
	languageCookie = "language"
	pressedCookie  = "language_pressed"
	pressedSeconds = 5 // longer than a node keeps a session
)

// asBrowser is what a form sends to take a choice back.
const asBrowser = "browser"

func knownLanguage(lang string) bool { return lang == "de" || lang == "en" }

func cookieOf(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// chosenLanguage is what the person has chosen, else what was chosen in this browser;
// empty where nobody has.
func chosenLanguage(r *http.Request, account string) string {
	switch pressed := cookieOf(r, pressedCookie); {
	case knownLanguage(pressed):
		return pressed
	case knownLanguage(account) && pressed != asBrowser:
		return account
	}
	if here := cookieOf(r, languageCookie); knownLanguage(here) {
		return here
	}
	return ""
}

// languageOf decides in which language a request is answered: as chosen, else as the
// browser asks, else as the studio speaks; always one that the studio offers.
func languageOf(r *http.Request, account string, studio booking.Studio) string {
	offered := studio.Languages
	switch len(offered) {
	case 0: // the studio could not be read
		offered = languages
	case 1:
		return offered[0]
	}
	if chosen := chosenLanguage(r, account); slices.Contains(offered, chosen) {
		return chosen
	}
	if accept := r.Header.Get("Accept-Language"); accept != "" && len(accept) < 500 {
		if tags, _, err := language.ParseAcceptLanguage(accept); err == nil && len(tags) > 0 {
			if _, i, confidence := matcher.Match(tags...); confidence > language.No && slices.Contains(offered, languages[i]) {
				return languages[i]
			}
		}
	}
	if knownLanguage(studio.Language) {
		return studio.Language
	}
	return languages[0]
}

// chooseLanguage keeps a choice: the person's in the account, a stranger's in the browser.
func (s *Server) chooseLanguage(r *request) (response, error) {
	lang := r.form.values.Get("lang")
	if !knownLanguage(lang) && lang != asBrowser {
		return response{}, invalid("lang", "language")
	}
	if r.actor.ID == 0 {
		s.setLanguageCookie(r, languageCookie, lang, 365*24*3600)
	} else {
		stored := lang
		if lang == asBrowser {
			stored = ""
		}
		if err := s.engine.SetLanguage(r.Request.Context(), r.actor, stored); err != nil {
			return response{}, err
		}
		s.setLanguageCookie(r, pressedCookie, lang, pressedSeconds)
	}
	if lang == asBrowser {
		s.setLanguageCookie(r, languageCookie, "", -1)
	}
	return response{redirect: r.back("/"), reload: true, json: map[string]string{"language": lang}}, nil
}

func (s *Server) setLanguageCookie(r *request, name, lang string, seconds int) {
	http.SetCookie(r.Writer, &http.Cookie{
		Name: name, Value: lang, Path: "/", MaxAge: seconds,
		Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
