package web

import "strconv"

// inviteImported invites the people whom an import added.
func (s *Server) inviteImported(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	out, err := s.engine.InviteImported(r.Request.Context(), r.actor, id)
	if err != nil {
		return response{}, err
	}
	return response{
		redirect: "/settings/data/import/" + strconv.FormatInt(id, 10), notice: s.receipt(r, "receipt.invited_import", "N", out.Invited),
		json: map[string]any{
			"invited": out.Invited, "were_invited": out.WereInvited, "shared": out.Shared, "no_address": out.NoAddress,
			"have_password": out.HavePassword,
		},
	}, nil
}
