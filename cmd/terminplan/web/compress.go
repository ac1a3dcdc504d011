package web

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// compressed lets pages and JSON leave as gzip or zstd. It leaves alone what has a form of its
// own: static files are kept compressed, a schedule is joined from compressed pieces
// ([templates.Skeleton]), and a socket is no response.
//
// Compression reveals how much of a text repeats. A response that shows a secret is therefore
// sent as it is (response.secret), and a few random bytes blur the size of the others: a page of
// results repeats what was searched for beside the names of people. A calendar is compressed: its
// address is secret, but it shows neither that address nor anything of the request.
func compressed(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.CompressionLevel(4), gzhttp.RandomJitter(32, 0, false),
		gzhttp.ContentTypes([]string{
			"text/html", "application/json", "application/problem+json", "text/calendar", "application/manifest+json", "text/javascript",
		}),
	)
	if err != nil {
		return nil, err
	}
	pages := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/live") || strings.HasPrefix(r.URL.Path, "/static/") {
			next.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}), nil
}
