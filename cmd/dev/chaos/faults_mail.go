//go:build unix

package chaos

import (
	"context"
	"math/rand/v2"
	"syscall"
	"time"

	"terminplan/cmd/terminplan/web/notify/smtptest"
)

var mailFaults = []fault{
	{
		name:  "the mail server refuses connections",
		fresh: true,
		inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
			return s.whileMail(ctx, random, func(smtptest.Step) smtptest.Verdict { return smtptest.Verdict{HangUp: true} })
		}),
	},
	{name: "the mail server is busy", fresh: true, inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		steps := []smtptest.Step{smtptest.From, smtptest.To, smtptest.Data}
		at := steps[random.IntN(len(steps))]
		return s.whileMail(ctx, random, func(step smtptest.Step) smtptest.Verdict {
			if step == at {
				return smtptest.Verdict{Code: 451}
			}
			return smtptest.Verdict{}
		})
	})},
	{name: "the mail server is slow", fresh: true, inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
		slow := time.Duration(200+random.IntN(2000)) * time.Millisecond
		return s.whileMail(ctx, random, func(smtptest.Step) smtptest.Verdict { return smtptest.Verdict{Pause: slow} })
	})},
	{
		name:    "connections to the mail server hang",
		fresh:   true,
		doubles: mailsOnTheirWay,
		inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
			for _, n := range s.nodes {
				n.mail.set(linkState{toServer: true, toClient: true})
			}
			s.wait(ctx, random, 2*time.Second, 6*time.Second)
			for _, n := range s.nodes {
				n.mail.cut()
				n.mail.set(linkState{})
			}
			return nil
		}),
	},
	{
		name:    "a node is killed after the mail server took a mail, before it knows",
		doubles: mailsOnTheirWay,
		inject:  noRemark(killedAfterMail),
	},
	{
		name:    "a connection is cut after the mail server took a mail",
		doubles: 1,
		inject: noRemark(func(ctx context.Context, s *studio, random *rand.Rand) error {
			n := s.anyNode(random)
			done := make(chan struct{})
			n.mails.Judge(once(smtptest.Taken, done, smtptest.Verdict{HangUp: true}, func() {}))
			defer n.mails.Judge(nil)
			return ended(ctx, done, "a mail of "+n.name)
		}),
	},
}

// whileMail lets the mail servers of both nodes answer as judge says, for a while.
func (s *studio) whileMail(ctx context.Context, random *rand.Rand, judge func(smtptest.Step) smtptest.Verdict) error {
	for _, n := range s.nodes {
		n.mails.Judge(func(step smtptest.Step, _ string) smtptest.Verdict { return judge(step) })
	}
	s.wait(ctx, random, 2*time.Second, 6*time.Second)
	for _, n := range s.nodes {
		n.mails.Judge(nil)
	}
	return nil
}

// once returns a judge that runs then at the first such step, answers it by v, and closes done.
func once(at smtptest.Step, done chan struct{}, v smtptest.Verdict, then func()) func(smtptest.Step, string) smtptest.Verdict {
	first := make(chan struct{}, 1)
	first <- struct{}{}
	return func(step smtptest.Step, _ string) smtptest.Verdict {
		if step != at {
			return smtptest.Verdict{}
		}
		select {
		case <-first:
			then()
			close(done)
			return v
		default:
			return smtptest.Verdict{}
		}
	}
}

func killedAfterMail(ctx context.Context, s *studio, random *rand.Rand) error {
	n := s.anyNode(random)
	done := make(chan struct{})
	n.mails.Judge(once(smtptest.Taken, done, smtptest.Verdict{HangUp: true}, func() { _ = n.signal(syscall.SIGKILL) }))
	defer n.mails.Judge(nil)
	if err := ended(ctx, done, "a mail of "+n.name); err != nil {
		return err
	}
	n.kill(syscall.SIGKILL)
	return n.start(ctx)
}
