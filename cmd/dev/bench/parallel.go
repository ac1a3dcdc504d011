package bench

import (
	"slices"
	"sync"
	"time"
)

// parallel runs f for 0 to n-1, all at once.
func parallel(n int, f func(i int) error) error {
	var group sync.WaitGroup
	failed := make(chan error, n)
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			if err := f(i); err != nil {
				failed <- err
			}
		})
	}
	close(start)
	group.Wait()
	close(failed)
	return <-failed
}

// times holds repeated measurements of the same duration.
type times []time.Duration

// at returns a percentile.
func (t times) at(percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	return sorted[(len(sorted)*percent+99)/100-1]
}
