package web

import "terminplan/templates"

// DemoAccount is one that the login page of a demo offers.
type DemoAccount struct{ Email, German, English string }

func (s *Server) demoAccounts(r *request) (list []templates.DemoAccount, password string) {
	for _, a := range s.demo.Accounts {
		what := a.German
		if r.lang == "en" {
			what = a.English
		}
		list = append(list, templates.DemoAccount{Email: a.Email, What: what})
	}
	return list, s.demo.Password
}

// Demo is what the login page tells when the studio is a made-up one. Whether
// it may be shown at all is the program's decision.
type Demo struct {
	Accounts []DemoAccount
	Password string
}
