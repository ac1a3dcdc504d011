package notify

import (
	"context"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"

	"github.com/riverqueue/river"
)

type pushJob struct {
	Delivery int64 `json:"delivery"`
}

func (pushJob) Kind() string { return "push" }

type pushWorker struct {
	river.WorkerDefaults[pushJob]
	n *Notifier
}

// Work sends a push message to one device.
func (w *pushWorker) Work(ctx context.Context, job *river.Job[pushJob]) error {
	if w.n.subject == "" {
		return river.JobSnooze(unsetPause)
	}
	return w.n.deliver(ctx, job.Args.Delivery, job.Attempt >= job.MaxAttempts, w.n.sendPush)
}

// PushSubject returns the address under which push services reach the operator (RFC 8292, section
// 2.1): the public address of the site if it is https, else the address of the sender of mails; empty
// if neither is one that push services accept, or if the site has no public address. Push is off then.
func PushSubject(publicURL, from string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	if u.Scheme == "https" && publicName(u.Hostname()) {
		return "https://" + u.Host
	}
	if a, err := mail.ParseAddress(from); err == nil && publicName(a.Address[strings.LastIndex(a.Address, "@")+1:]) {
		return "mailto:" + a.Address
	}
	return ""
}

// publicName reports whether a host can be one of the internet. Apple refuses messages of others.
func publicName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && strings.Contains(strings.Trim(host, "."), ".") && !strings.HasSuffix(host, ".localhost")
}
