//go:build !unix

package bench

import "time"

// cpu is not known here; ratios of it are left out.
func cpu() time.Duration { return 0 }
