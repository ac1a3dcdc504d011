// Package localpg starts a private PostgreSQL from the programs installed on
// this machine, so that Terminplan runs without any configuration and its tests
// run against the real thing. It installs nothing and touches no system service.
//
// The first Start makes a cluster (initdb), every later one reuses it:
//
//	<root>/lock              held while a server runs; holds its URL for a second instance
//	<root>/<major>/data      the cluster; data of another major version is never touched
//	<root>/<major>/password  of the only role; 192 random bits, readable by its owner alone
//	<root>/<major>/run       the Unix socket
//	<root>/<major>/postgres.log
//
// Guarantees:
//
//   - One server per root. A second Start gets ErrInUse and learns how to share.
//   - An interrupted first run leaves nothing that looks finished.
//   - The server listens on a Unix socket in a closed folder, on a random loopback
//     port where a socket is impossible, and asks for the password in both cases.
//   - The server ends with us, even by kill -9 (Linux: parent-death signal). Where
//     the system has no such signal, the next Start ends the one left behind.
//   - As root the programs run as an unprivileged account, which owns the cluster
//     and the socket folder and nothing else.
//   - Nothing of the caller's PG* environment reaches the server or a connection.
//
// When the server ends by itself, Done is closed: the caller should end too. The
// next Start lets PostgreSQL recover.
package localpg
