// Package booking holds the rules of Terminplan and keeps its data in PostgreSQL.
// It knows no HTTP, no Redis and no HTML.
//
// # An operation is load, decide, save
//
// Every operation of [Engine] that concerns seats or credits is one transaction in two
// round trips. The first locks and reads (tx_load.go, tx_scan.go). Then Go decides on the
// snapshot (tx_snapshot.go, the rule_ files and the operation's own file). The second
// round trip writes and commits (tx_save.go, tx_save_batch.go). Operations that concern
// one class and arrive while a transaction on it is running share the next transaction
// (tx_batch.go, tx_run.go). A request that is repeated with its key gets the result of the
// first one (tx_idempotency.go). A refusal that a person may meet is an [Error] with a code;
// it changes nothing.
//
// Locks are taken in this order: classes by id, then people by id. A person's row is the
// lock of the person's balance. Every count is read in a statement after the locks. The
// isolation level is READ COMMITTED, and each transaction checks that it is.
//
// # Files
//
//	engine*.go               Engine: options, connections, start and end
//	reader.go                Reader: the methods of Engine that only read
//	read_*.go                reads, each in one round trip
//	rule_*.go                decisions that several operations share
//	tx_*.go                  the transaction: batch, load, decide, save
//	booking*, class*, …      the operations on one noun, and its types
//
// # Rules and files
//
//	seats                          1–7     booking_create.go, booking_add.go, booking.go, rule_eligibility.go, rule_allocate.go
//	waitlist, offers               8–11    waitlist.go, waitlist_recheck.go, offer.go, rule_allocate.go, rule_time.go
//	credits                        12–16   credit.go, credit_grant.go, credit_correct.go, credit_periodic.go, rule_refund.go
//	reasons                        17      booking_cancel.go, studio_lists.go
//	recurring bookings             18, 19  recurring.go, recurring_end.go, recurring_sweep.go
//	class changes, series          20–22   class_create.go, class_edit.go, class_cancel.go, class_conflict.go, series.go, studio_zone.go
//	booking window, limits         23      rule_eligibility.go
//	live                           24–27   change.go, epoch.go, read_versions.go, read_schedule*.go, read_personal.go, alert.go
//	reach                          28–32   notice.go, notice_relay.go, relay_position.go, delivery.go, notice_net.go, mail_cause.go,
//	                                       night_rest.go
//	bundles, reminders             28, 31  receipt.go, notice_bundle.go, teaching.go, reminder.go
//	accounts                       35      signin.go, password.go, password_queue.go, session.go, invitation.go
//
// # State machines
//
//	booking         booked → checked_in | no_show | cancelled | late_cancelled
//	waitlist entry  waiting → offered → accepted | declined | expired | withdrawn
//	offer           open → accepted | declined | expired | withdrawn
//
// A shared offer goes to every waiter and holds no seat. Its waitlist entry stays waiting.
//
// # Guarantees
//
// An operation that returned without an error is committed. An operation that returned an
// Error changed nothing, with one exception: after [Unknown] the connection broke during
// the commit, and repeating the request with the same key returns what happened. Requests
// with the same key have one effect and one result, for seven days, on any node.
//
// Every change of a class raises its version in the same transaction. After the commit the
// engine calls [Options].OnCommit with ids and versions, once per commit and in no
// particular order between classes. If a node dies before it calls OnCommit, comparing
// [Reader.Versions] finds the change.
//
// Time is the database's clock, read after the locks. [Engine.Run] settles whatever is due
// within a second; until then readers treat it as past. The invariants are the queries of
// invariants.sql; [Reader.Check] runs them.
package booking
