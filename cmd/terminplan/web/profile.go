package web

// profile is the page of the person's account.
func (s *Server) profile(r *request) (response, error) {
	return response{page: s.renderProfile(r), json: map[string]any{
		"id": r.actor.ID, "name": r.actor.Name, "email": r.actor.Email, "role": string(r.actor.Role), "language": r.lang,
		"chosen_language": chosenLanguage(r.Request, r.actor.Language),
	}}, nil
}

func (s *Server) renderProfile(r *request) func() error {
	return func() error {
		l, err := s.layout(r, "profile", "view=person")
		if err != nil {
			return err
		}
		return s.renderPage(r, s.present(r).Account(l, r.actor, chosenLanguage(r.Request, r.actor.Language)))
	}
}
