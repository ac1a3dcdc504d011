package booking

import (
	"slices"
	"time"
)

// NoticeKind is what a message outside the open page is about. Notices of alerts have the names
// of the kinds of alerts.
type NoticeKind string

// The notices without an alert.
const (
	NoticeReceipt    NoticeKind = "receipt"    // what a member did, bundled
	NoticeMorning    NoticeKind = "morning"    // news that can wait for the morning, bundled
	NoticeDigest     NoticeKind = "digest"     // the classes of tomorrow, for the person who teaches them
	NoticeFreeUntil  NoticeKind = "free_until" // the free cancellation of a booking ends soon (rule 31)
	NoticeReminder   NoticeKind = "reminder"   // a class of the person begins soon
	NoticeTeaching   NoticeKind = "teaching"   // a change of a class, for the person who teaches it
	NoticeInvitation NoticeKind = "invitation"
	NoticeReset      NoticeKind = "reset"      // a link that sets another password
	NoticeAddress    NoticeKind = "address"    // a link that confirms another e-mail address
	NoticeOfferEnds  NoticeKind = "offer_ends" // an offer without an answer ends soon
	NoticeTest       NoticeKind = "test"       // a person tries a device

	NoticeRegistration         NoticeKind = "registration"       // a code and a link that confirm the address of a registration
	NoticeRegistrationTaken    NoticeKind = "registration_taken" // somebody registers with the address of an account
	NoticeRegistrationApproved NoticeKind = "registration_approved"
	NoticeRegistrationRefused  NoticeKind = "registration_refused"
)

// Channel is a way out of the page.
type Channel string

// The channels.
const (
	ChannelMail Channel = "mail"
	ChannelPush Channel = "push"
)

// Category groups notices for the preferences of a person.
type Category string

// The categories, in the order of the page of preferences.
const (
	CategoryClasses   Category = "classes"    // own bookings that others changed; cannot be switched off (rule 28)
	CategoryWaitlist  Category = "waitlist"   // seats for a waiter
	CategoryFreeUntil Category = "free_until" // only while people wait for a seat, unless remindsAlways
	CategoryReminders Category = "reminders"
	CategoryReceipts  Category = "receipts"
	CategoryChanges   Category = "changes" // another room or instructor
	CategoryCredits   Category = "credits"
	CategoryTeaching  Category = "teaching" // of staff
	CategoryAccount   Category = "account"  // security; cannot be switched off
)

// AnswerTime is how long a notice that a device can show waits for an answer before it goes out by
// mail as well. SettleTime is how long a notice waits that its author may take back.
const (
	AnswerTime = 2 * time.Minute
	SettleTime = 30 * time.Second
)

// MailRule says when a notice goes out by mail.
type MailRule int

// The mail rules.
const (
	MailNever     MailRule = iota
	MailMandatory          // always
	MailAlert              // at once where no device can show it, else when it is unanswered for AnswerTime
	MailBundle             // in a bundle of its own event: receipt, morning or digest
)

// Urgency is how urgently a device is woken, as RFC 8030 names it; empty: not at all.
type Urgency string

// The urgencies.
const (
	UrgencyNone   Urgency = ""
	UrgencyLow    Urgency = "low"
	UrgencyNormal Urgency = "normal"
	UrgencyHigh   Urgency = "high"
)

// End is the instant after which a notice is not told any more.
type End int

// The ends.
const (
	EndWeek    End = iota // a week after the cause
	EndStart              // the start of the class
	EndOffer              // the end of the offer
	EndCredits            // the expiry of the credits
)

// NoticeRule is how a notice reaches a person outside the page. Preferences, the relay and the
// documents are made from the table of NoticeRules.
type NoticeRule struct {
	Kind     NoticeKind
	Category Category
	Mail     MailRule
	Push     Urgency
	End      End
	Soon     bool // pushed with high urgency within a day of the start, and with low urgency only then
	Settles  bool // waits for SettleTime, since whoever did it may take it back
	Restless bool // does not wait for the end of the night rest
}

// noticeRules is the one table of notices and channels.
var noticeRules = []NoticeRule{
	{Kind: NoticeKind(AlertSeatOffered), Category: CategoryWaitlist, Mail: MailAlert, Push: UrgencyHigh, End: EndOffer},
	{Kind: NoticeKind(AlertSeatOpen), Category: CategoryWaitlist, Mail: MailAlert, Push: UrgencyHigh, End: EndOffer},
	{Kind: NoticeKind(AlertMovedUp), Category: CategoryClasses, Mail: MailMandatory, Push: UrgencyHigh, End: EndStart},
	{Kind: NoticeKind(AlertOfferExpired), Category: CategoryWaitlist, Mail: MailBundle, End: EndStart},
	{Kind: NoticeKind(AlertOfferWithdrawn), Category: CategoryWaitlist, Mail: MailBundle, End: EndStart},
	{Kind: NoticeKind(AlertSkipped), Category: CategoryWaitlist, Mail: MailBundle, End: EndStart},
	{Kind: NoticeKind(AlertNoSeat), Category: CategoryWaitlist, Mail: MailNever, End: EndStart},
	{
		Kind:     NoticeKind(AlertClassCancelled),
		Category: CategoryClasses,
		Mail:     MailMandatory,
		Push:     UrgencyHigh,
		End:      EndStart,
		Settles:  true,
	},
	{Kind: NoticeKind(AlertClassRestored), Category: CategoryClasses, Mail: MailMandatory, Push: UrgencyHigh, End: EndStart, Settles: true},
	{Kind: NoticeKind(AlertClassMoved), Category: CategoryClasses, Mail: MailMandatory, Push: UrgencyHigh, End: EndStart, Settles: true},
	{
		Kind:     NoticeKind(AlertClassChanged),
		Category: CategoryChanges,
		Mail:     MailBundle,
		Push:     UrgencyLow,
		End:      EndStart,
		Soon:     true,
		Settles:  true,
	},
	{
		Kind: NoticeKind(AlertBookingCancelled), Category: CategoryClasses, Mail: MailMandatory, Push: UrgencyNormal, End: EndStart,
		Soon: true, Settles: true,
	},
	{
		Kind:     NoticeKind(AlertBookingAdded),
		Category: CategoryClasses,
		Mail:     MailMandatory,
		Push:     UrgencyNormal,
		End:      EndStart,
		Settles:  true,
	},
	{Kind: NoticeKind(AlertRecurringBooked), Category: CategoryReceipts, Mail: MailBundle, End: EndStart},
	{Kind: NoticeKind(AlertRecurringMissed), Category: CategoryWaitlist, Mail: MailAlert, Push: UrgencyNormal, End: EndStart},
	{Kind: NoticeKind(AlertCreditsExpiring7), Category: CategoryCredits, Mail: MailBundle, End: EndCredits},
	{Kind: NoticeKind(AlertCreditsExpiring1), Category: CategoryCredits, Mail: MailBundle, Push: UrgencyLow, End: EndCredits},
	{Kind: NoticeKind(AlertPasswordChanged), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},
	{Kind: NoticeKind(AlertEmailChanged), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},
	{Kind: NoticeKind(AlertSignInFailed), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},
	{Kind: NoticeKind(AlertSignedInNew), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},
	{Kind: NoticeKind(AlertFactorChanged), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},
	{Kind: NoticeKind(AlertRecoveryUsed), Category: CategoryAccount, Mail: MailMandatory, Push: UrgencyNormal, Restless: true},

	{Kind: NoticeReceipt, Category: CategoryReceipts, Mail: MailBundle},
	{Kind: NoticeMorning, Category: CategoryChanges, Mail: MailBundle},
	{Kind: NoticeDigest, Category: CategoryTeaching, Mail: MailBundle, End: EndStart},
	{Kind: NoticeFreeUntil, Category: CategoryFreeUntil, Mail: MailAlert, Push: UrgencyNormal, End: EndStart},
	{Kind: NoticeReminder, Category: CategoryReminders, Mail: MailAlert, Push: UrgencyNormal, End: EndStart},
	{Kind: NoticeTeaching, Category: CategoryTeaching, Mail: MailMandatory, Push: UrgencyNormal, End: EndStart, Settles: true},
	{Kind: NoticeInvitation, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeReset, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeAddress, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeRegistration, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeRegistrationTaken, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeRegistrationApproved, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeRegistrationRefused, Category: CategoryAccount, Mail: MailMandatory, Restless: true},
	{Kind: NoticeOfferEnds, Category: CategoryWaitlist, Push: UrgencyHigh, End: EndOffer},
	{Kind: NoticeTest, Category: CategoryAccount, Push: UrgencyHigh, Restless: true},
}

// NoticeRules lists how every event reaches people.
func NoticeRules() []NoticeRule { return noticeRules }

var ruleByKind = func() map[NoticeKind]NoticeRule {
	m := map[NoticeKind]NoticeRule{}
	for _, r := range noticeRules {
		m[r.Kind] = r
	}
	return m
}()

// Rule returns the rule of a notice, and whether there is one.
func (k NoticeKind) Rule() (NoticeRule, bool) { r, ok := ruleByKind[k]; return r, ok }

// Choice is a switch of the preferences: whether notices of a category go out by a channel.
type Choice struct {
	Category Category
	Channel  Channel
}

// choices are the switches that exist, with their defaults.
var choices = map[Choice]bool{
	{CategoryWaitlist, ChannelPush}: true, {CategoryWaitlist, ChannelMail}: true,
	{CategoryFreeUntil, ChannelPush}: true, {CategoryFreeUntil, ChannelMail}: true,
	{CategoryReminders, ChannelPush}: false, {CategoryReminders, ChannelMail}: false,
	{CategoryReceipts, ChannelMail}: true,
	{CategoryChanges, ChannelPush}:  true, {CategoryChanges, ChannelMail}: true,
	{CategoryCredits, ChannelPush}: true, {CategoryCredits, ChannelMail}: true,
	{CategoryTeaching, ChannelPush}: true, {CategoryTeaching, ChannelMail}: true,
}

// exists reports whether there are notices of the category that go out by the channel.
func (c Choice) exists() bool {
	return slices.ContainsFunc(noticeRules, func(r NoticeRule) bool {
		mailed, pushed := c.Channel == ChannelMail && r.Mail != MailNever, c.Channel == ChannelPush && r.Push != UrgencyNone
		return r.Category == c.Category && (mailed || pushed)
	})
}

// wanted reports whether a person with these chosen values gets notices of the category by the
// channel. Notices without a switch cannot be switched off (rule 28).
func (c Choice) wanted(chosen map[Choice]bool) bool {
	standard, ok := choices[c]
	if !ok {
		return true
	}
	if is, ok := chosen[c]; ok {
		return is
	}
	return standard
}
