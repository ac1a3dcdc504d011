package booking

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// ladderCase is a notice about a class, with its person.
type ladderCase struct {
	kind      AlertKind
	hour      int           // of the notice
	start     time.Duration // after the notice
	ends      time.Duration // of the offer, after the notice; 0: none
	devices   int
	noAddress bool
	role      Role
	off       []Choice // switched off
	quiet     *Rest    // own hours
}

func (c ladderCase) deliveries(t *testing.T) (at time.Time, list []newDelivery) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at = time.Date(2026, 6, 10, c.hour, 0, 0, 0, berlin)
	n := notice{
		alertID: 7, kind: NoticeKind(c.kind), classID: 8, createdAt: at, readAt: at, startsAt: at.Add(c.start),
		person: Recipient{ID: 1, Role: RoleMember, State: PersonActive, Email: "anna@example.test", chosen: map[Choice]bool{}},
	}
	if c.role != "" {
		n.person.Role = c.role
	}
	if c.noAddress {
		n.person.Email = ""
	}
	if c.ends != 0 {
		n.offerEnds = at.Add(c.ends)
	}
	for i := range c.devices {
		n.devices = append(n.devices, int64(i+1))
	}
	for _, choice := range c.off {
		n.person.chosen[choice] = false
	}
	if c.quiet != nil {
		n.person.quietFrom, n.person.quietUntil = &c.quiet.From, &c.quiet.Until
	}
	studio := &Studio{Zone: berlin, Night: Rest{On: true, From: 22 * 60, Until: 7 * 60}}
	return at, n.deliveries(studio)
}

func TestTheLadderOfNotices(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		ladderCase
		want string // channel, and how long after the notice it leaves
	}{
		"an offer, no device": {
			ladderCase{kind: AlertSeatOffered, hour: 12, start: 3 * day, ends: time.Hour},
			"mail 0s",
		},
		"an offer, two devices": {
			ladderCase{kind: AlertSeatOffered, hour: 12, start: 3 * day, ends: time.Hour, devices: 2},
			"push 0s, push 0s, push 50m0s, push 50m0s, mail 2m0s",
		},
		"an offer, devices off": {
			ladderCase{
				kind: AlertSeatOffered, hour: 12, start: 3 * day, ends: time.Hour, devices: 1,
				off: []Choice{{CategoryWaitlist, ChannelPush}},
			},
			"mail 0s",
		},
		"an offer, mail off": {
			ladderCase{
				kind: AlertSeatOffered, hour: 12, start: 3 * day, ends: time.Hour, devices: 1,
				off: []Choice{{CategoryWaitlist, ChannelMail}},
			},
			"push 0s, push 50m0s",
		},
		"an offer that has ended": {ladderCase{kind: AlertSeatOffered, hour: 12, start: 3 * day, ends: -time.Second}, ""},
		"an offer at night": {
			ladderCase{kind: AlertSeatOffered, hour: 23, start: 3 * day, ends: 9 * time.Hour, devices: 1},
			"push 8h0m0s, push 8h50m0s, mail 8h2m0s",
		},
		"moved up": {
			ladderCase{kind: AlertMovedUp, hour: 12, start: 3 * day, devices: 1},
			"push 0s, mail 0s",
		},
		"no seat": {ladderCase{kind: AlertNoSeat, hour: 12, start: time.Second, devices: 1}, ""},
		"cancelled": {
			ladderCase{kind: AlertClassCancelled, hour: 12, start: 3 * day, devices: 1},
			"push 30s, mail 30s",
		},
		"cancelled, the switches are off": {
			ladderCase{
				kind: AlertClassCancelled, hour: 12, start: 3 * day, devices: 1,
				off: []Choice{{CategoryClasses, ChannelMail}, {CategoryClasses, ChannelPush}},
			},
			"push 30s, mail 30s",
		},
		"cancelled, begins soon":             {ladderCase{kind: AlertClassCancelled, hour: 12, start: 3 * time.Hour}, "mail 0s"},
		"cancelled at night":                 {ladderCase{kind: AlertClassCancelled, hour: 23, start: 2 * day}, "mail 8h0m0s"},
		"cancelled at night, in the morning": {ladderCase{kind: AlertClassCancelled, hour: 23, start: 11 * time.Hour}, "mail 30s"},
		"cancelled, own hours": {
			ladderCase{kind: AlertClassCancelled, hour: 12, start: 3 * day, quiet: &Rest{From: 12 * 60, Until: 13 * 60}},
			"mail 1h0m0s",
		},
		"cancelled at night, own hours none": {
			ladderCase{kind: AlertClassCancelled, hour: 23, start: 3 * day, quiet: &Rest{}},
			"mail 30s",
		},
		"cancelled after the start": {ladderCase{kind: AlertClassCancelled, hour: 12, start: -time.Second}, ""},
		"cancelled, a guest": {
			ladderCase{kind: AlertClassCancelled, hour: 12, start: 3 * day, devices: 1, role: RoleGuest},
			"mail 30s",
		},
		"cancelled, no address": {
			ladderCase{kind: AlertClassCancelled, hour: 12, start: 3 * day, noAddress: true},
			"mail 30s", // the desk hears that it failed
		},
		"another room, within a day": {
			ladderCase{kind: AlertClassChanged, hour: 12, start: day - time.Second, devices: 1},
			"push 30s, morning 20h0m0s",
		},
		"another room, later": {
			ladderCase{kind: AlertClassChanged, hour: 12, start: day, devices: 1},
			"morning 20h0m0s",
		},
		"another room, before the morning": {ladderCase{kind: AlertClassChanged, hour: 6, start: 2 * day}, "morning 2h0m0s"},
		"another room, long own hours": {
			ladderCase{kind: AlertClassChanged, hour: 12, start: 2 * day, quiet: &Rest{From: 22 * 60, Until: 9 * 60}},
			"morning 21h0m0s",
		},
		"another room, no address": {ladderCase{kind: AlertClassChanged, hour: 12, start: 2 * day, noAddress: true}, ""},
		"removed": {
			ladderCase{kind: AlertBookingCancelled, hour: 12, start: 3 * day, devices: 1},
			"push 30s, mail 30s",
		},
		"a password at night": {ladderCase{kind: AlertPasswordChanged, hour: 23, devices: 1}, "push 0s, mail 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, list := c.deliveries(t)
			var got []string
			for _, d := range list {
				channel := string(d.channel)
				if d.kind == NoticeMorning {
					channel = "morning"
				}
				got = append(got, fmt.Sprint(channel, " ", d.due.Sub(at)))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("the deliveries are %q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// These hold for every notice, whatever its person has, has chosen, and the clock shows.
func TestEveryLadderKeepsToItsRule(t *testing.T) {
	t.Parallel()
	for _, rule := range noticeRules {
		off := []Choice{{rule.Category, ChannelMail}, {rule.Category, ChannelPush}}
		_, switchable := choices[off[0]]
		for _, hour := range []int{3, 12, 23} {
			for _, start := range []time.Duration{-time.Minute, time.Hour, 12 * time.Hour, 72 * time.Hour} {
				for devices := range 3 {
					for _, chosen := range [][]Choice{nil, off} {
						c := ladderCase{kind: AlertKind(rule.Kind), hour: hour, start: start, devices: devices, off: chosen}
						at, list := c.deliveries(t)
						keys, mails, pushes := map[string]bool{}, 0, 0
						for _, d := range list {
							keys[d.key] = true
							if d.due.Before(at) || !d.expires.After(at) {
								t.Errorf("%s %+v: due %v, expires %v", rule.Kind, c, d.due, d.expires)
							}
							if d.channel == ChannelMail {
								mails++
							} else {
								pushes++
							}
						}
						over := start < 0 && rule.End == EndStart
						switch {
						case len(keys) != len(list) || mails > 1 || pushes > devices || pushes > 0 && rule.Push == UrgencyNone:
							t.Errorf("%s %+v: %d mails, %d pushes, %d keys", rule.Kind, c, mails, pushes, len(keys))
						case over && len(list) > 0:
							t.Errorf("%s %+v is told after the start", rule.Kind, c)
						case rule.Mail == MailMandatory && !switchable && !over && mails == 0:
							t.Errorf("%s %+v is not told by mail", rule.Kind, c)
						case chosen != nil && switchable && mails > 0:
							t.Errorf("%s %+v is told by mail though it is switched off", rule.Kind, c)
						}
					}
				}
			}
		}
	}
}
