// Package chaos runs the program as a studio runs it, breaks it in every way that
// it can, many times, and looks whether anything was lost: two nodes, PostgreSQL
// and Redis, each a process of its own, under the traffic of members who book,
// cancel and wait, and who ask again with the same key where they got no answer.
//
// After every fault: each seat and each cancellation that was confirmed to somebody
// is in the database, a repeat of the click is answered the same at either node, and
// every invariant of terminplan check holds, which include that no seat is given
// twice, nothing is debited or refunded twice, and nobody is promoted twice.
//
// Faults, their order and their moments come from a seed. Processes meet as the
// machine lets them, so a seed gives the same faults again, not the same run.
// Everything is made in a folder of its own and deleted at the end.
package chaos
