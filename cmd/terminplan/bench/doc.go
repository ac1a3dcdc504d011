// Package bench measures what the program is fast at, each thing beside its limit
// in the same run: absolute times move from machine to machine and from hour to
// hour, ratios hold.
//
// Screens are measured in three processes: this one gives orders, one serves, one
// is the audience, so that the server's CPU is the server's alone. The peer,
// centrifuge, is a program of a module of its own (cmd/dev/peer), so that it is no
// dependency of this one; it is built with the Go toolchain where the source is at
// hand, and left out with a note where it is not. Bookings are measured on a
// private PostgreSQL that syncs every commit, through the engine with all rules in
// force, against the simplest statements that a careful programmer would write.
//
// Everything is on loopback and ends by itself; what it made is deleted. A part
// that fails ends the run with its error: a table with holes would be read as one
// without.
package bench
