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

// Without a session a choice is stored in a cookie, for this browser. With a session it is
// stored in the account, for all browsers; a second cookie repeats it for some seconds,
// because another node may still use the account as it was.
const (
	languageCookie = "language"
	pressedCookie  = "language_pressed"
	pressedSeconds = 5 // longer than a node caches a session
)

// asBrowser is the value of the form that removes a choice.
const asBrowser = "browser"

func knownLanguage(lang string) bool { return lang == "de" || lang == "en" }

func cookieOf(r *http.Request, name string) string {
	if c, err := r.Cookie(name); err == nil {
		return c.Value
	}
	return ""
}

// chosenLanguage returns the choice of the person, else the choice in this browser; empty
// if there is none.
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

// languageOf returns the language of the response: the chosen one, else the language of
// the browser, else that of the studio; always one that the studio offers.
func languageOf(r *http.Request, account string, studio booking.Studio) string {
	return offeredLanguage(chosenLanguage(r, account), r.Header.Get("Accept-Language"), studio)
}

// offeredLanguage returns the chosen language if the studio offers it, else the one that fits
// the header Accept-Language.
func offeredLanguage(chosen, accept string, studio booking.Studio) string {
	offered := studio.Languages
	switch len(offered) {
	case 0: // the studio could not be read
		offered = languages
	case 1:
		return offered[0]
	}
	if slices.Contains(offered, chosen) {
		return chosen
	}
	if accept != "" && len(accept) < 500 {
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

// chooseLanguage stores a choice: in the account, or for a visitor without one in a
// cookie.
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
		Secure: s.public.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
