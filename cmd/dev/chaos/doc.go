// Package chaos runs the program as a studio runs it, injects faults, and verifies that
// nothing is lost. It builds the program and starts two nodes, PostgreSQL and Redis as
// processes, a mail server for each node, and a push service. Between all of them and their
// clients are proxies that can cut, hold, slow and silence connections (proxy.go). Members book,
// cancel, join waitlists and accept offers (member.go); they repeat a request with the same key if its answer was lost. Open pages of
// all kinds follow the rules of the site's own script (screen.go).
//
// After every fault it verifies (verify.go, compare.go):
//
//   - Every confirmed booking and cancellation is in the database.
//   - Both nodes give the same answer to a click whose first answer was lost.
//   - Every invariant of "terminplan check" holds. They include that no seat is given twice,
//     nothing is debited or refunded twice, no person is promoted twice, and no seat stays free
//     for two seconds while a person on the waitlist can take it.
//   - Every screen equals a freshly loaded page two seconds after both nodes are ready and
//     the page has its socket again.
//   - Every screen shows the alerts that are due to its person, once each, and no other; an
//     alert that was removed has not come back.
//   - Every mail and push message that counts as sent has arrived, and none has arrived twice, except
//     where the answer of the server was lost or a node was killed; every delivery that waits has a
//     job.
//   - Every 5xx response says when to try again.
//
// Some parts of a page have no version, and are not compared: that a member's row says that
// it overlaps with another class or that credits are short, how much is left of a
// participant's grant, and texts that change by themselves within minutes.
//
// Faults, their order and their moments come from a seed. The timing of processes does not,
// so a seed repeats the faults but not the whole run. All files are in a folder that is
// deleted at the end. A fault that this machine does not allow is not counted, and the table
// says why.
package chaos
