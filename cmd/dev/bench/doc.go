// Package bench measures what the program is fast at, each thing beside its limit
// in the same run: absolute times move from machine to machine and from hour to
// hour, ratios hold.
//
// Whoever serves and whoever asks or watches are processes of their own, which this
// one gives orders (process.go), so that a server's CPU, as getrusage counts it, is
// the server's alone. Everything is on loopback, PostgreSQL syncs every commit, and
// Redis is a real one where redis-server is installed.
//
//   - screens: one topic with all screens. A change is a hint that goes from this
//     process through Redis to the hub's process, as between two nodes. Plain TCP
//     writes the same bytes to as many bare connections and has no Redis in its
//     way; the peer, centrifuge, publishes through its own Redis broker. It is a
//     module of its own (cmd/dev/peer), so that it is no dependency of this one.
//   - bookings: the engine with all rules, asked by all members at once, against the
//     simplest statements that a careful programmer would write (baseline.sql), which are
//     asked by as many at once; what counts is the pool of connections with which they
//     are fastest. A single booking is held against one function in the database that
//     takes the same locks, makes the same checks and writes the same rows
//     (function.sql); the invariants are asked for afterwards.
//   - rush: all members click on one class over HTTP, JSON with a session that the node
//     has not seen before, on connections that are kept. The limit is a server with the
//     same HTTP work that looks sessions up and gives out seats in memory (memory.go).
//     Exactly as many as there are seats must get one.
//   - clicks: one booking over HTTP at a node, until the last screen of another node
//     shows it; the limit is showing a fragment of that size by the hub alone, and the
//     commit of one row.
//   - pages: CPU of the node per schedule page, against a process that answers the
//     same requests with the same bytes.
//   - reconnects: all connections are cut, the class is booked meanwhile, and all
//     screens connect again at once, each with a session of its own: to the same
//     node, and to one that has just started. Statements are counted where the node
//     sends them to PostgreSQL.
//
// Everything ends by itself, and what it made is deleted. A part that fails ends the
// run with its error: a table with holes would be read as one without.
package bench
