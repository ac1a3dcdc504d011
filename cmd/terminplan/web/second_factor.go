package web

import (
	"encoding/base64"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// secondFactor is the page on which a person sets up second factors. It shows them only after the
// password was typed within ten minutes.
func (s *Server) secondFactor(r *request) (response, error) {
	d, err := s.factorData(r)
	if err != nil {
		return response{}, err
	}
	return response{page: s.renderFactor(r, d, nil), json: toFactorsJSON(d.Factors), secret: true}, nil
}

type factorsJSON struct {
	Passkeys      []passkeyJSON `json:"passkeys"`
	AppSince      *time.Time    `json:"app_since,omitempty"`
	RecoveryCodes int           `json:"recovery_codes"`
	Demanded      bool          `json:"demanded"`
}

type passkeyJSON struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	AddedAt time.Time  `json:"added_at"`
	UsedAt  *time.Time `json:"used_at,omitempty"`
}

func toFactorsJSON(f booking.SecondFactors) factorsJSON {
	out := factorsJSON{Passkeys: []passkeyJSON{}, AppSince: instant(f.AppSince), RecoveryCodes: f.RecoveryCodes, Demanded: f.Demanded}
	for _, k := range f.Passkeys {
		out.Passkeys = append(out.Passkeys, passkeyJSON{present.PasskeyID(k), k.Name, k.AddedAt.UTC(), instant(k.UsedAt)})
	}
	return out
}

func (s *Server) factorData(r *request) (d present.FactorData, err error) {
	ctx := r.Request.Context()
	d.Site, d.Device, d.Blocked = s.passkeySite(r), deviceName(r.Request), r.actor.NeedsFactor
	if d.Factors, err = s.engine.SecondFactors(ctx, r.actor); err != nil {
		return d, err
	}
	if d.Fresh, err = s.engine.PasswordFresh(ctx, r.actor, r.session); err != nil || !d.Fresh {
		return d, err
	}
	d.Setup, err = s.engine.AppSetup(ctx, r.actor, r.session)
	return d, err
}

func (s *Server) renderFactor(r *request, d present.FactorData, refused *booking.Error) func() error {
	return func() error {
		f := s.frame(r)
		f.Active, f.Live = "profile", ""
		if d.Blocked { // no other page can be opened
			f.Actor = booking.Actor{}
		}
		pr := s.present(r)
		p, err := pr.SecondFactor(pr.Layout(f), d, r.sent(refused))
		if err != nil {
			return err
		}
		return s.renderPage(r, p)
	}
}

// changedFactor answers a change of the factors. New recovery codes are shown once.
func (s *Server) changedFactor(r *request, codes []string, err error, receipt string) (response, error) {
	if err != nil {
		if r.format == asJSON || !canRedisplay(err) {
			return response{}, err
		}
		d, lost := s.factorData(r)
		if lost != nil {
			return response{}, err
		}
		page := s.renderFactor(r, d, refusal(err))
		return response{}, &redisplay{err: err, page: page, part: page}
	}
	if len(codes) == 0 {
		return response{redirect: present.SecondFactorPath, notice: s.receipt(r, receipt), json: struct{}{}}, nil
	}
	r.actor.NeedsFactor = false
	d, err := s.factorData(r)
	if err != nil {
		return response{}, err
	}
	d.Codes = codes
	page := s.renderFactor(r, d, nil)
	return response{page: page, part: page, json: map[string]any{"recovery_codes": codes}, secret: true}, nil
}

// confirmForFactor takes the password before factors are shown and changed.
func (s *Server) confirmForFactor(r *request) (response, error) {
	if r.form.values.Get("password") == "" {
		r.form.wrong("password", "missing")
	}
	err := r.form.failed()
	if err == nil {
		err = s.confirmPassword(r)
	}
	if err != nil {
		return s.changedFactor(r, nil, err, "")
	}
	return response{redirect: present.SecondFactorPath, json: struct{}{}}, nil
}

func (s *Server) askNewPasskey(r *request) (response, error) {
	if err := s.confirmPassword(r); err != nil {
		return response{}, err
	}
	q, err := s.engine.AskNewPasskey(r.Request.Context(), r.actor, s.passkeySite(r))
	return response{json: q}, err
}

func (s *Server) addPasskey(r *request) (response, error) {
	var codes []string
	err := s.confirmPassword(r)
	if err == nil {
		codes, err = s.engine.AddPasskey(r.Request.Context(), r.actor, r.session, s.passkeySite(r),
			r.form.text("name", booking.NameMax), []byte(r.form.values.Get("passkey")))
	}
	return s.changedFactor(r, codes, err, "receipt.passkey_added")
}

func (s *Server) removePasskey(r *request) (response, error) {
	id, err := base64.RawURLEncoding.DecodeString(r.Param("key"))
	if err != nil {
		return response{}, refuse(booking.NotFound)
	}
	if err = s.confirmPassword(r); err == nil {
		err = s.engine.RemovePasskey(r.Request.Context(), r.actor, r.session, id)
	}
	return s.changedFactor(r, nil, err, "receipt.passkey_removed")
}

// beginApp shows the secret that an app scans.
func (s *Server) beginApp(r *request) (response, error) {
	var setup booking.AppSetup
	err := s.confirmPassword(r)
	if err == nil {
		setup, err = s.engine.BeginApp(r.Request.Context(), r.actor, r.session)
	}
	if err != nil {
		return s.changedFactor(r, nil, err, "")
	}
	json := map[string]any{"secret": setup.Secret, "url": setup.URL}
	return response{redirect: present.SecondFactorPath + "#app", json: json, secret: true}, nil
}

func (s *Server) confirmApp(r *request) (response, error) {
	var codes []string
	err := s.confirmPassword(r)
	if err == nil {
		codes, err = s.engine.ConfirmApp(r.Request.Context(), r.actor, r.session, r.form.text("code", 40))
	}
	return s.changedFactor(r, codes, err, "receipt.app_added")
}

func (s *Server) removeApp(r *request) (response, error) {
	err := s.confirmPassword(r)
	if err == nil {
		err = s.engine.RemoveApp(r.Request.Context(), r.actor, r.session)
	}
	return s.changedFactor(r, nil, err, "receipt.app_removed")
}

// renewCodes voids the former recovery codes and shows new ones.
func (s *Server) renewCodes(r *request) (response, error) {
	var codes []string
	err := s.confirmPassword(r)
	if err == nil {
		codes, err = s.engine.RenewRecoveryCodes(r.Request.Context(), r.actor, r.session)
	}
	return s.changedFactor(r, codes, err, "")
}

// resetSecondFactor removes the factors of a person who has lost them.
func (s *Server) resetSecondFactor(r *request) (response, error) {
	id, err := r.idParam()
	if err != nil {
		return response{}, err
	}
	if err = s.confirmPassword(r); err == nil {
		err = s.engine.ResetSecondFactor(r.Request.Context(), r.actor, id)
	}
	if err != nil {
		return response{}, s.redisplayMember(r, id, err)
	}
	res := s.respondMember(r, id, s.receipt(r, "receipt.factor_reset"))
	res.json = struct{}{}
	return res, nil
}
