package web

import (
	"net/http"

	"golang.org/x/text/language"
)

// The languages of the interface; the first is the default.
var (
	languages = []string{"de", "en"}
	matcher   = language.NewMatcher([]language.Tag{language.German, language.English})
)

const languageCookie = "language"

func knownLanguage(lang string) bool { return lang == "de" || lang == "en" }

// languageOf decides in which language a request is answered: as chosen on this
// device, else as the person's account says, else as the browser asks.
func languageOf(r *http.Request, account, studio string) string {
	if c, err := r.Cookie(languageCookie); err == nil && knownLanguage(c.Value) {
		return c.Value
	}
	if knownLanguage(account) {
		return account
	}
	if accept := r.Header.Get("Accept-Language"); accept != "" && len(accept) < 500 {
		if tags, _, err := language.ParseAcceptLanguage(accept); err == nil && len(tags) > 0 {
			if _, i, confidence := matcher.Match(tags...); confidence > language.No {
				return languages[i]
			}
		}
	}
	if knownLanguage(studio) {
		return studio
	}
	return languages[0]
}

// setLanguage remembers the choice on this device and, for who is signed in, for
// what is sent to them.
func (s *Server) setLanguage(r *request) (answer, error) {
	lang := r.form.values.Get("lang")
	if !knownLanguage(lang) {
		return answer{}, invalid("lang", "language")
	}
	if r.actor.ID != 0 {
		if err := s.engine.SetLanguage(r.Request.Context(), r.actor, lang); err != nil {
			return answer{}, err
		}
	}
	http.SetCookie(r.Writer, &http.Cookie{
		Name: languageCookie, Value: lang, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return answer{see: r.back("/"), reload: true, json: map[string]string{"language": lang}}, nil
}
