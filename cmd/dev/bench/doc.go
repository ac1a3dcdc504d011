// Package bench measures the speed of the program. It measures each result and its limit in
// the same run, since absolute times differ between machines and hours while ratios hold.
//
// Servers, watchers and askers are processes of their own. The run sends them commands
// (process.go), so that the CPU of a server, as getrusage counts it, contains nothing else.
// Everything is on loopback, PostgreSQL syncs every commit, and Redis is a real one where
// redis-server is installed.
//
//   - screens: all screens watch one topic. A change is a hint that goes from this process
//     through Redis to the hub's process, as between two nodes. Plain TCP writes the same
//     bytes to the same number of bare connections, without Redis. The peer, centrifuge,
//     publishes through its own Redis broker. It is a module of its own (cmd/dev/peer), so
//     that this module does not depend on it.
//   - bookings: all members book at once, through the engine with all rules. The baseline
//     are the simplest statements that a careful programmer would write (baseline.sql),
//     sent by the same number of members; the pool size with which they are fastest counts.
//     The limit of a single booking is one function in the database that takes the same
//     locks, makes the same checks and writes the same rows (function.sql). Afterwards the
//     invariants are checked.
//   - rush: all members book one class over HTTP and JSON, with sessions that the node has
//     not seen before, on connections that stay open. The limit is a server that does the
//     same HTTP work, but looks sessions up and gives out seats in memory
//     (server_memory.go). Exactly as many members as there are seats must get one.
//   - clicks: one booking over HTTP at a node, until the last screen of another node shows
//     it. The limit is the fan-out of a fragment of that size by the hub alone plus the
//     commit of one row.
//   - visitors: what a change costs a node per page of the public schedule, against a page of
//     a member. Nobody is signed in at the former.
//   - pages: CPU of the node per schedule page, which it sends compressed. The limits are
//     processes that answer the same requests with the plain page, and with the compressed bytes.
//   - reconnects: all connections are cut, the class is booked, and all screens reconnect at
//     once, each with a session of its own: to a node that has just started, and then to the
//     same node. The limit is a process that only upgrades as many connections, with the
//     library and the options of the hub, and sends each a frame as long as the first one
//     of the node. The node counts the statements that it sends to PostgreSQL.
//
// All processes end with the run, and its files are deleted. If a part fails, the run ends
// with its error and not with an incomplete table.
package bench
