package present

import (
	"html"
	"net/url"

	"terminplan/booking"
	"terminplan/templates"
)

// Paths of the schedule for frames of other sites, and of the script that makes them as high as it.
const (
	EmbedPath = "/embed"
	EmbedJS   = "/embed.js"
)

// embedHeight is the height in pixels of a frame whose height does not follow its content.
const embedHeight = "640"

// PublicWays returns what the studio puts into its own site to show the schedule there.
func (pr Presenter) PublicWays(st booking.Studio) templates.PublicWays {
	w := templates.PublicWays{On: st.Public}
	if !st.Public {
		return w
	}
	w.Address, w.Framed = pr.PublicURL+PlanPath, len(st.FrameOrigins) > 0
	var err error
	if w.Code, err = QR(w.Address); err != nil { // an address of a thousand characters: the link is enough
		w.Code = templates.QR{}
	}
	title := pr.Text("public.frame_title", "Studio", st.Name)
	w.Title, w.Preview = title, EmbedPath+"?"+url.Values{"lang": {string(pr.Lang)}}.Encode()
	frame := func(attributes string) string {
		return `<iframe src="` + html.EscapeString(pr.PublicURL+EmbedPath) + `" title="` + html.EscapeString(title) +
			`" width="100%" height="` + embedHeight + `" frameborder="0" loading="lazy"` + attributes + `></iframe>`
	}
	w.Frame = frame("")
	w.Script = frame(" data-terminplan") + "\n" + `<script async src="` + html.EscapeString(pr.PublicURL+EmbedJS) + `"></script>`
	return w
}
