package sample

import (
	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

func factors(pr present.Presenter, out templates.Layout, add func(string, templates.Page)) {
	l := pr.Layout(of(fred, "profile"))
	show := func(name string, l templates.Layout, d present.FactorData, sent present.Sent) {
		d.Device = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
		p, err := pr.SecondFactor(l, d, sent)
		if err != nil {
			panic(err) // the address of an app is short
		}
		add("second_factor"+name, p)
	}
	site := booking.PasskeySite{Host: "plan.studio-nord.example", Origin: "https://plan.studio-nord.example", Name: studio.Name}
	some := booking.SecondFactors{
		AppSince: at(20, 9, 0), RecoveryCodes: 9,
		Passkeys: []booking.Passkey{
			{ID: []byte{1}, Name: "Firefox, Linux", AddedAt: at(23, 9, 0), UsedAt: at(25, 10, 0)},
			{ID: []byte{2}, Name: "iPhone", AddedAt: at(20, 9, 0)},
		},
	}
	show("", l, present.FactorData{Fresh: true, Site: site, Factors: some}, present.Sent{})
	show("_none", l, present.FactorData{Fresh: true}, present.Sent{})
	show("_ask", l, present.FactorData{Site: site}, present.Sent{})
	show("_wrong", l, present.FactorData{Fresh: true, Site: site, Factors: some}, present.Sent{Refused: wrong("name", "missing")})
	show("_refused", l, present.FactorData{Fresh: true, Site: site, Factors: some}, present.Sent{Refused: refused(booking.LastFactor)})
	demanded := booking.SecondFactors{Demanded: true}
	show("_demanded", out, present.FactorData{Fresh: true, Site: site, Blocked: true, Factors: demanded}, present.Sent{})
	setup := booking.AppSetup{
		Secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", URL: "otpauth://totp/Studio:fred@example.test?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
	}
	wrongCode := present.Sent{Refused: &booking.Error{Code: booking.WrongFactor, Field: "code"}}
	show("_app", l, present.FactorData{Fresh: true, Site: site, Setup: setup}, wrongCode)
	codes := []string{"ABCD-EFGH-IJKL-MNOP", "BCDE-FGHI-JKLM-NOPQ", "CDEF-GHIJ-KLMN-OPQR"}
	show("_codes", l, present.FactorData{Fresh: true, Site: site, Factors: some, Codes: codes}, present.Sent{})
}
