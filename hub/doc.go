// Package hub brings the newest state of what a page shows to every page that
// shows it: over WebSockets to the browsers of this node, and as hints through
// Redis between nodes. It moves bytes and does not know what a class is.
//
// # Guarantees
//
//   - A message is state, never a delta. Per topic and key the newest version
//     wins; an older one may be dropped, a newer one never, except with the
//     connection itself.
//   - Broadcast, Send, Announce, Watch and Unwatch never block and never fail:
//     no viewer, however slow, and no Redis, however dead, holds up a request
//     or another viewer.
//   - A frame is built once per flush of a topic and the same bytes go to all
//     subscribers. A quiet topic is flushed at once, a hot one every 10 to 20 ms.
//   - A connection subscribes before Accept returns, so state that is read
//     afterwards and handed to Conn.Send leaves no gap.
//   - What a peer may send is budgeted in bytes, frames and messages. Text that
//     arrives is checked and otherwise ignored: topics are fixed at the handshake.
//   - No data frame follows a close frame.
//
// # What happens on failure
//
// A peer that does not read becomes slow: only the latest state per key is kept
// for it, and after Options.SlowLimit without progress it is closed with 1013.
// A peer that says nothing, not even a pong, is closed. On Close every socket
// gets 1012, spread over the drain so that not all return in the same instant.
//
// Redis carries channel names, ids and versions only, so that whoever can
// publish there cannot write into anybody's screen. Losing it loses no state:
// the database is the truth, Broker.Healthy says that hints cannot be trusted
// just now, and Resync is called when everything must be compared again.
package hub
