package web

import "terminplan/templates"

// DemoAccount is an account that the login page of a demo offers.
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

// Demo is what the login page of a demo studio shows. The program decides whether the
// studio is a demo.
type Demo struct {
	Accounts []DemoAccount
	Password string
}
