// Package hub pushes state to open pages. It sends updates over WebSockets to the browsers
// that are connected to this node, and exchanges hints with the other nodes through Redis.
// It moves bytes and knows nothing about classes or bookings.
//
// # Guarantees
//
//   - A message is complete state, never a delta. Per topic and key the newest version
//     wins. The hub may drop an older version. It drops the newest one only together with
//     the connection.
//   - Broadcast, Send, Announce, Watch and Unwatch never block and never fail. A slow
//     viewer or a dead Redis delays no request and no other viewer.
//   - A frame is built once per flush of a topic, and all subscribers get the same bytes.
//     A quiet topic is flushed at once, a busy one every 10 to 20 ms.
//   - A connection is subscribed before Accept returns. A caller that reads the state after
//     Accept and passes it to Conn.Send therefore misses no update.
//   - The bytes, frames and messages from a peer are limited. Incoming text is checked and
//     then ignored: the handshake fixes the topics.
//   - No data frame follows a close frame (RFC 6455, section 5.5.1).
//
// # Failures
//
// A peer that does not read becomes slow: the hub keeps only the latest state per key for it,
// and closes it with 1013 after Options.SlowLimit without progress. A peer that sends nothing,
// not even a pong, is disconnected. Close sends 1012 to every socket, spread over the drain
// time, so that the pages do not all reconnect at the same moment.
//
// Redis carries only channel names, ids and versions, so that somebody with access to Redis
// cannot change the content of a page. Losing Redis loses no state, because the database is
// the source of truth. Broker.Healthy reports whether hints arrive at present, and Resync is
// called when the node must compare everything with the database.
package hub
