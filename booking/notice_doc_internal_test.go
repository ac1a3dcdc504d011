package booking

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var writeDocs = flag.Bool("write-docs", false, "write docs/notices.md")

const noticesDoc = "../docs/notices.md"

// noticeMeanings say in the document what each notice is about.
var noticeMeanings = map[NoticeKind]string{
	"seat_offered":       "a seat is held for a waiter",
	"seat_open":          "a seat is free for the first waiter who takes it",
	"moved_up":           "a waiter was booked without a click",
	"offer_expired":      "nobody answered an offer in time",
	"offer_withdrawn":    "an offer ended because online booking was switched off",
	"skipped":            "a seat became free and a rule denies it to the waiter",
	"no_seat":            "the class began before a seat became free",
	"class_cancelled":    "the studio cancelled a class",
	"class_restored":     "a cancelled class takes place after all",
	"class_moved":        "another time or location",
	"class_changed":      "another room or instructor",
	"booking_cancelled":  "staff removed a participant",
	"booking_added":      "staff added a participant",
	"recurring_booked":   "a standing booking took a seat",
	"recurring_missed":   "a standing booking got no seat",
	"credits_expiring_7": "credits expire in a week",
	"credits_expiring_1": "credits expire in a day",
	"password_changed":   "another password was set",
	"email_changed":      "another e-mail address was set",
	"sign_in_failed":     "strangers tried passwords",
	"signed_in_new":      "somebody signed in on a device that was not known",
	"second_factor":      "a second factor was added or removed",
	"recovery_code":      "somebody signed in with a recovery code",
	"receipt":            "what a member did within five minutes, and changes of the member's credits",
	"morning":            "news that could wait for the morning, together",
	"digest":             "20:00: the classes that the person teaches tomorrow",
	"free_until":         "cancelling is free for three more hours; while somebody waits, or if chosen",
	"reminder":           "a class begins in two hours",
	"teaching":           "a class has another teacher, was cancelled or restored; on devices also late cancellations",
	"invitation":         "a code that sets a password",
	"reset":              "a link that sets another password",
	"address":            "a link that confirms another address",
	"offer_ends":         "the offer to the person ends in ten minutes",
	"test":               "a person tries a device",

	"registration":          "a code and a link that confirm the address of a registration",
	"registration_taken":    "somebody registers with the address of an account",
	"registration_approved": "staff agreed to a registration",
	"registration_refused":  "staff refused a registration",
}

// noticesDocument is the text of docs/notices.md.
func noticesDocument(t *testing.T) string {
	t.Helper()
	mails := map[MailRule]string{
		MailNever: "–", MailMandatory: "always", MailAlert: "at once without a device, else after two minutes without an answer",
		MailBundle: "bundled",
	}
	ends := map[End]string{
		EndWeek:    "a week later",
		EndStart:   "the start of the class",
		EndOffer:   "the end of the offer",
		EndCredits: "the expiry",
	}
	b := &strings.Builder{}
	fmt.Fprint(
		b,
		"# Messages and channels\n\n"+
			"Made from the table in `booking/notice.go`; `go test ./booking -run NoticesIsMade -write-docs` writes it.\n"+
			"[Rules](rules.md#messages-and-reach) 28 to 31 say what holds for all of them.\n\n"+
			"| message | about | category | mail | push | not told after |\n|---|---|---|---|---|---|\n",
	)
	for _, r := range noticeRules {
		meaning := noticeMeanings[r.Kind]
		if meaning == "" {
			t.Errorf("the document does not say what %s is about", r.Kind)
		}
		mail, push := mails[r.Mail], string(r.Push)
		if r.Mail == MailAlert && (r.Kind == NoticeFreeUntil || r.Kind == NoticeReminder) {
			mail = "without a device, or if chosen"
		}
		switch {
		case r.Push == UrgencyNone:
			push = "–"
		case r.Soon && r.Push == UrgencyLow:
			push = "low, within a day of the start"
		case r.Soon:
			push += ", high within a day of the start"
		}
		end := ends[r.End]
		switch r.Kind {
		case NoticeFreeUntil:
			end = "the cut-off"
		case NoticeMorning:
			end = "the next morning"
		}
		if r.Settles {
			mail += "¹"
		}
		if r.Restless {
			mail += "²"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Kind, meaning, r.Category, mail, push, end)
	}
	fmt.Fprintf(b, "\n¹ waits %d s, since its author may take it back. ² does not wait for the end of the night rest.\n\n"+
		"## Choices\n\nWhat is not in this table cannot be switched off.\n\n| category | mail | push |\n|---|---|---|\n",
		int(SettleTime.Seconds()))
	for _, category := range []Category{
		CategoryClasses, CategoryWaitlist, CategoryFreeUntil, CategoryReminders, CategoryReceipts, CategoryChanges, CategoryCredits,
		CategoryTeaching, CategoryAccount,
	} {
		cells, any := []string{}, false
		for _, channel := range []Channel{ChannelMail, ChannelPush} {
			standard, ok := choices[Choice{category, channel}]
			any = any || ok
			switch {
			case !ok:
				cells = append(cells, "–")
			case standard:
				cells = append(cells, "on")
			default:
				cells = append(cells, "off")
			}
		}
		if any {
			fmt.Fprintf(b, "| %s | %s |\n", category, strings.Join(cells, " | "))
		}
	}
	return b.String()
}

func TestTheDocumentOfNoticesIsMadeFromTheTable(t *testing.T) {
	t.Parallel()
	text := noticesDocument(t)
	if *writeDocs {
		if err := os.WriteFile(noticesDoc, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if is, err := os.ReadFile(noticesDoc); err != nil || string(is) != text {
		t.Errorf("docs/notices.md differs from the table (%v): go test ./booking -run NoticesIsMade -write-docs", err)
	}
	if len(noticeMeanings) != len(noticeRules) {
		t.Errorf("%d meanings, %d notices", len(noticeMeanings), len(noticeRules))
	}
}
