//go:build !unix

package hub

import "errors"

// On these systems the goroutine for slow connections does every write.
const canWriteNow = false

func writeNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
