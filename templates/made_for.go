package templates

import (
	"bytes"
	"strconv"
)

// Who is the signed-in person in the header of a page; the zero value is nobody.
type Who struct {
	ID             int64
	Name, Initials string
	Role           string // staff: the word for the role, under the name; empty: not shown
}

// madeFor returns the field by which a form names the person for whom its page was made. The
// server refuses the form if another person has signed in since. Script sends the name with
// every request; the field is for forms without script.
func (w Who) madeFor() []byte {
	return append(strconv.AppendInt([]byte(`<input type="hidden" name="made_for" value="`), w.ID, 10), `">`...)
}

// postForm is in the first tag of every form that changes something. Values that people typed
// cannot contain it, since their quotes are escaped.
var postForm = []byte(`method="post"`)

// formStarts returns where the contents of these forms begin.
func formStarts(html []byte) (starts []int) {
	for at := 0; ; {
		i := bytes.Index(html[at:], postForm)
		if i < 0 {
			return starts
		}
		at += i
		end := bytes.IndexByte(html[at:], '>')
		if end < 0 {
			return starts
		}
		at += end + 1
		starts = append(starts, at)
	}
}

// withMadeFor returns the page with the field in each of its forms.
func withMadeFor(html []byte, w Who) []byte {
	starts := formStarts(html)
	if w.ID == 0 || len(starts) == 0 {
		return html
	}
	field := w.madeFor()
	out, from := make([]byte, 0, len(html)+len(starts)*len(field)), 0
	for _, at := range starts {
		out = append(append(out, html[from:at]...), field...)
		from = at
	}
	return append(out, html[from:]...)
}
