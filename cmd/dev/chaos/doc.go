// Package chaos runs the program as a studio runs it, breaks it in every way that
// it can, many times, and looks whether anything was lost: two nodes, PostgreSQL
// and Redis, each a process of its own, with wires between all of them and their
// clients that can be cut, held, slowed and silenced (proxy.go). Members book,
// cancel, wait and take what is offered to them (member.go), and ask again with the
// same key where they got no answer. Pages of all kinds are open and kept true as
// the site's own script does it (screen.go).
//
// After every fault: each seat and each cancellation that was confirmed is in the
// database, a click whose answer was lost is answered the same by either node, and
// every invariant of terminplan check holds, which include that no seat is given
// twice, nothing is debited or refunded twice, nobody is promoted twice, and no seat
// is free for two seconds while somebody waits for it (look.go). Every screen equals
// a freshly loaded page two seconds after both nodes are ready and the page has its
// socket again, shows the alerts that are due to its person once each and no other,
// and none that was gone has come back (audience.go). Whatever is answered with 5xx
// says when to come back.
//
// What screens are not held to, because no version covers it: that a member's row
// says that it overlaps with another class or that credits are short, what is left of
// a participant's pack, and what passes by itself within minutes.
//
// Faults, their order and their moments come from a seed. Processes meet as the
// machine lets them, so a seed gives the same faults again, not the same run.
// Everything is made in a folder of its own and deleted at the end. A fault that this
// machine does not allow is not counted, and the table says why.
package chaos
