package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Stop ends the server and waits for it. It first requests a fast shutdown, which ends open
// transactions and writes everything to disk. After a while, or at once when ctx ends, it
// uses force. Then the error says so; the data is still safe, and the next Start recovers
// it.
func (s *Server) Stop(ctx context.Context) error {
	var err error
	s.stop.Do(func() {
		defer s.lock.Close()
		for i, step := range stopSteps {
			if err = step.send(s.process); errors.Is(err, os.ErrProcessDone) {
				err = nil
			}
			timer := time.NewTimer(step.patience)
			select {
			case <-s.done:
			case <-ctx.Done():
			case <-timer.C:
			}
			timer.Stop()
			select {
			case <-s.done:
				if i > 0 {
					err = fmt.Errorf("postgres did not stop when asked and was ended by %v", step.signal)
				}
				return
			default:
			}
		}
		<-s.done
		err = errors.New("postgres had to be killed")
	})
	return err
}
