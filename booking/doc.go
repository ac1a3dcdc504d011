// Package booking is the truth of Terminplan: its rules, on PostgreSQL. It knows
// no HTTP, no Redis and no HTML.
//
// # A verb is load, decide, save
//
// Every verb of [Engine] is one transaction in two round trips (load.go,
// save.go). The first locks and reads, the second writes and commits; between
// them Go decides on the snapshot (decide.go and the verb's own file). Verbs that
// concern one class and arrive while a transaction on it is in flight share the
// next one (combine.go, clicks.go, answer.go). A refusal that a person may meet is an [Error] with a
// code and changes nothing.
//
// Locks are taken in this order: classes by id, then people by id. A person's
// row is the lock of the wallet. Whatever is counted is read in a statement
// after the lock; the isolation is READ COMMITTED and is asserted.
//
// # Rules and files
//
//	seats                          1–7     book.go, participant.go, decide.go, allocate.go
//	waitlist, offers               8–11    waitlist.go, offer.go, allocate.go
//	credits                        12–16   credit.go, correct.go, periodic.go, cutoff.go (the refund table)
//	reasons                        17      cancel.go, catalogue.go
//	recurring bookings             18, 19  recurring.go
//	class changes, series          20–22   plan.go, edit.go, series.go, conflict.go
//	booking window, limits         23      decide.go
//	live                           24–27   change.go, schedule.go (Versions), visit.go and board.go (what a page shows), own.go, alert.go
//
// # State machines
//
//	booking         booked → checked_in | no_show | cancelled | late_cancelled
//	waitlist entry  waiting → offered → accepted | declined | expired | withdrawn
//	offer           open → accepted | declined | expired | withdrawn
//
// A shared offer is asked of everybody waiting and holds no seat; its entry
// stays waiting.
//
// # Guarantees
//
// A verb that returned without an error is committed. One that returned an Error
// changed nothing, but for [Unknown]: the connection broke during the commit, and
// asking again with the same key tells what happened. Whoever asks twice with one
// key gets one effect and one answer, for seven days, on any node. Every change
// of a class raises its version by the transaction that made it, and after the
// commit [Options].OnCommit is told ids and versions, once and without order
// between classes; a node that dies before telling is caught by comparing
// [Engine.Versions].
//
// Time is the database's clock, read after the locks. What is due at an instant
// is moved by [Engine.Run] within a second; readers treat it as past before that.
// The invariants stand in check.sql; [Engine.Check] asks for them.
package booking
