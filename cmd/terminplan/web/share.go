package web

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"image/color"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/picture"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/static"
)

// publicClass reads the class in the path, if everybody may see it.
func (s *Server) publicClass(r *request) (c booking.Class, err error) {
	if err := s.openPlan(r); err != nil {
		return c, err
	}
	id, err := r.idParam()
	if err != nil {
		return c, err
	}
	if c, err = s.engine.Class(r.Request.Context(), id); err == nil && c.Hidden {
		err = refuse(booking.NotFound)
	}
	return c, err
}

// share shows one class to everybody who has the link, and to messengers and search engines.
func (s *Server) share(r *request) (response, error) {
	c, err := s.publicClass(r)
	if err != nil {
		return response{}, err
	}
	pr := s.presentPublic(r)
	pr.PublicURL = strings.TrimSuffix(s.siteURL(r), "/") // messengers need whole addresses
	if pr.Now.After(c.EndsAt) {
		r.Header("X-Robots-Tag", "noindex, nofollow")
	}
	r.Header("Cache-Control", "no-cache")
	r.Writer.Header().Add("Vary", "Accept, Accept-Language")
	res := response{page: func() error { return s.renderPage(r, pr.Share(present.Frame{Studio: r.studio}, c)) }}
	if r.format == asJSON {
		res.json = toPublicClassJSON(c, r.studio)
	}
	return res, nil
}

// pictureCache holds the pictures that were drawn last.
type pictureCache struct {
	mu    sync.Mutex
	drawn map[string]*cachedPicture
}

type cachedPicture struct {
	mu   sync.Mutex
	body []byte
}

// maxPictures limits the cache, whose pictures have 20 to 60 KB. At the limit it is emptied.
const maxPictures = 200

// get draws each picture once, however many messengers ask at the same moment.
func (k *pictureCache) get(key string, render func() ([]byte, error)) ([]byte, error) {
	k.mu.Lock()
	p := k.drawn[key]
	if p == nil {
		if k.drawn == nil || len(k.drawn) >= maxPictures {
			k.drawn = map[string]*cachedPicture{}
		}
		p = &cachedPicture{}
		k.drawn[key] = p
	}
	k.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.body != nil {
		return p.body, nil
	}
	var err error
	p.body, err = render()
	return p.body, err
}

// sharePicture draws title and time of a class. The picture changes only with them.
func (s *Server) sharePicture(r *request) (response, error) {
	c, err := s.publicClass(r)
	if err != nil {
		return response{}, err
	}
	pr := s.presentPublic(r)
	card := picture.Card{Studio: r.studio.Name, Title: c.Title, When: pr.DateTime(c.StartsAt), Hue: hues()[c.Type.Hue]}
	return response{page: func() error {
		key := fmt.Sprintf("%q", card)
		body, err := s.pictures.get(key, func() ([]byte, error) { return picture.Draw(card) })
		if err != nil {
			return err
		}
		r.Header("Cache-Control", "public, max-age=300")
		r.Header("Cross-Origin-Resource-Policy", "cross-origin") // other sites show it beside the link
		sum := sha256.Sum256(body)
		if !r.unchanged(`"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`) {
			r.Data(http.StatusOK, "image/png", body)
		}
		return nil
	}}, nil
}

// hues are the colours of class types, as the light style sheet has them.
var hues = sync.OnceValue(func() map[string]color.RGBA {
	found := map[string]color.RGBA{}
	pattern := regexp.MustCompile(`--h-([a-z]+):#([0-9a-fA-F]{6})`)
	for _, m := range pattern.FindAllSubmatch(static.Pack().Content("member-light.css"), -1) {
		name := string(m[1])
		if _, later := found[name]; later {
			continue // of the dark theme
		}
		if n, err := strconv.ParseUint(string(m[2]), 16, 32); err == nil {
			found[name] = color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 0xFF}
		}
	}
	return found
})
