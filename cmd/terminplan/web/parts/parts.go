package parts

import (
	"fmt"
)

// Partial names the element that a fragment replaces, wherever it is answered.
func Partial(target string, body []byte) []byte {
	return fmt.Appendf(nil, `<hx-partial hx-target="#%s" hx-swap="outerMorph">%s</hx-partial>`, target, body)
}
