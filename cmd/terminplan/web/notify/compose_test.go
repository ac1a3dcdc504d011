package notify

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"regexp"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/sample"
	"terminplan/templates"
)

// arrived is a mail as a program of a reader takes it apart.
type arrived struct {
	raw        string
	header     stdmail.Header
	text, html string
}

// composer returns a notifier that can put mails into envelopes, without an engine.
func composer(t *testing.T) *Notifier {
	t.Helper()
	set, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	return &Notifier{Options: Options{
		Templates: set, PublicURL: sample.PublicURL, From: "plan@studio.example", FromNews: "Studio Nord <news@studio.example>",
		ReplyTo: "hallo@studio.example",
	}}
}

// sent puts a mail into its envelope, and reads it again with other programs than those that wrote it.
func (n *Notifier) sent(t *testing.T, d booking.Delivery, m templates.Mail, unsubscribe string) arrived {
	t.Helper()
	message, err := n.message(d, m, unsubscribe)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := message.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	got := arrived{raw: raw.String()}
	read, err := stdmail.ReadMessage(&raw)
	if err != nil {
		t.Fatal(err)
	}
	got.header = read.Header
	kind, params, err := mime.ParseMediaType(read.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the mail is %q: %v", kind, err)
	}
	parts := multipart.NewReader(read.Body, params["boundary"])
	for _, part := range []struct {
		kind string
		into *string
	}{{"text/plain; charset=UTF-8", &got.text}, {"text/html; charset=UTF-8", &got.html}} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if is := p.Header.Get("Content-Type"); is != part.kind {
			t.Errorf("a part is %q, want %q", is, part.kind)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		*part.into = string(body)
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("the mail has a third part: %v", err)
	}
	return got
}

// each calls check with every sample in every language.
func each(t *testing.T, n *Notifier, check func(t *testing.T, m sample.Mail)) {
	t.Helper()
	for _, lang := range templates.Languages {
		for _, m := range sample.Mails(sample.Presenter(n.Templates, lang)) {
			t.Run(string(lang)+"/"+m.Name, func(t *testing.T) { check(t, m) })
		}
	}
}

var (
	links    = regexp.MustCompile(`href="([^"]*)"`)
	elements = regexp.MustCompile(
		`(?i)<(?:script|img|link|iframe|object|form|input|svg|video)\b|\s(?:src|background|on[a-z]+)\s*=|url\(|@import`,
	)
)

func TestTheTextOfAMailIsCompleteByItself(t *testing.T) {
	t.Parallel()
	n := composer(t)
	each(t, n, func(t *testing.T, m sample.Mail) {
		got := n.sent(t, m.Delivery, m.Mail, "token")
		text := got.text
		want := []string{m.Mail.Title, m.Mail.Why, m.Mail.Zone}
		want = append(want, m.Mail.Paragraphs...)
		want = append(want, m.Mail.After...)
		want = append(want, m.Mail.NoteLines()...)
		if c := m.Mail.Class; c != nil {
			want = append(want, c.Title, c.Day, c.Clock, c.Was, c.Place, c.Instructor)
		}
		for _, f := range m.Mail.Facts {
			want = append(want, f.Label+": "+f.Value)
		}
		for _, l := range m.Mail.Lists {
			want = append(want, l.Title)
			for _, i := range l.Items {
				want = append(want, i.Title, i.When, i.Text)
			}
		}
		for _, link := range links.FindAllStringSubmatch(got.html, -1) {
			want = append(want, html.UnescapeString(link[1]))
		}
		for _, w := range want {
			if w = strings.ReplaceAll(w, "\u00a0", " "); !strings.Contains(text, w) {
				t.Errorf("the text lacks %q:\n%s", w, text)
			}
		}
	})
}

func TestTheHTMLOfAMailLoadsAndRunsNothing(t *testing.T) {
	t.Parallel()
	n := composer(t)
	each(t, n, func(t *testing.T, m sample.Mail) {
		got := n.sent(t, m.Delivery, m.Mail, "token")
		if size := len(got.html); size > 100_000 {
			t.Errorf("the HTML has %d bytes", size)
		}
		if found := elements.FindString(got.html); found != "" {
			t.Errorf("the HTML contains %q", found)
		}
		for _, link := range links.FindAllStringSubmatch(got.html, -1) {
			if !strings.HasPrefix(link[1], sample.PublicURL+"/") {
				t.Errorf("a link leads to %q", link[1])
			}
		}
	})
}

func TestTheEnvelopeOfAMailFollowsTheStandards(t *testing.T) {
	t.Parallel()
	n := composer(t)
	ids := map[string]string{}
	each(t, n, func(t *testing.T, m sample.Mail) {
		got := n.sent(t, m.Delivery, m.Mail, "")
		if bare := strings.Count(got.raw, "\n") - strings.Count(got.raw, "\r\n"); bare != 0 {
			t.Errorf("%d lines do not end as lines of mails do", bare)
		}
		for line := range strings.SplitSeq(got.raw, "\r\n") {
			if len(line) > 998 || strings.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
				t.Errorf("a line of %d bytes: %q", len(line), line)
			}
		}
		for name, want := range map[string]string{
			"From": `"Studio Nord" <plan@studio.example>`, "Reply-To": "<hallo@studio.example>", "Auto-Submitted": "auto-generated",
			"List-Id": "<" + strings.ReplaceAll(string(m.Delivery.Rule.Category), "_", "-") + ".plan.example.org>", "List-Unsubscribe": "",
			"List-Unsubscribe-Post": "", "X-Mailer": "", "User-Agent": "",
		} {
			if is := got.header.Get(name); is != want {
				t.Errorf("%s is %q, want %q", name, is, want)
			}
		}
		to, err := got.header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Name != m.Delivery.To.Name || to[0].Address != m.Delivery.Address {
			t.Errorf("the mail goes to %v: %v", to, err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.header.Get("Subject"))
		if err != nil || subject != m.Mail.Subject {
			t.Errorf("the subject is %q, want %q: %v", subject, m.Mail.Subject, err)
		}
		if sent, err := got.header.Date(); err != nil || !sent.Equal(m.Delivery.Now.Truncate(1e9)) {
			t.Errorf("the date is %v: %v", sent, err)
		}
		again := m.Delivery
		again.Tries, again.Now = 2, again.Now.Add(60e9)
		id := got.header.Get("Message-Id")
		if second := n.sent(t, again, m.Mail, "").header.Get("Message-Id"); second != id {
			t.Errorf("the second try has the Message-ID %s, the first %s", second, id)
		}
		name := fmt.Sprint(m.Delivery.ID)
		if other := ids[id]; other != "" && other != name {
			t.Errorf("two deliveries have the Message-ID %s", id)
		}
		ids[id] = name
	})
}

func TestOnlyMailsThatCanBeSwitchedOffSayHow(t *testing.T) {
	t.Parallel()
	n := composer(t)
	m := sample.Mails(sample.Presenter(n.Templates, templates.German))[0]
	const link = sample.PublicURL + "/unsubscribe/1-waitlist-x"
	got := n.sent(t, m.Delivery, m.Mail, "1-waitlist-x")
	if is := got.header.Get("List-Unsubscribe"); is != "<"+link+">" {
		t.Errorf("List-Unsubscribe is %q", is)
	}
	if is := got.header.Get("List-Unsubscribe-Post"); is != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post is %q", is)
	}
	if !strings.Contains(got.text, link) || !strings.Contains(got.html, link) {
		t.Error("the mail itself lacks the link")
	}
	if is := got.header.Get("From"); is != `"Studio Nord" <news@studio.example>` {
		t.Errorf("the sender is %s", is)
	}
	mandatory := n.sent(t, m.Delivery, m.Mail, "")
	if strings.Contains(mandatory.raw, "unsubscribe") {
		t.Error("a mail that cannot be switched off says how")
	}
	n.PublicURL = "http://127.0.0.1:8080" // one-click needs https
	if plain := n.sent(t, m.Delivery, m.Mail, "x"); plain.header.Get("List-Unsubscribe-Post") != "" {
		t.Error("a site without TLS promises one click")
	}
}

func TestTextOfPeopleChangesNothingInAMail(t *testing.T) {
	t.Parallel()
	n := composer(t)
	const evil = "Yoga\r\nBcc: eve@example.org\r\n\r\n<script>alert(1)</script>\u202egnal\u2066 \"'&"
	pr := sample.Presenter(n.Templates, templates.English)
	for _, m := range sample.Mails(pr) {
		d, c := m.Delivery, m.Cause
		studio := *d.Studio
		studio.Name, d.Studio, d.To.Name = evil, &studio, evil
		spoil := func(class *booking.Class) {
			class.Title, class.Room, class.Location, class.Instructor, class.Note, class.Type.Hue = evil, evil, evil, evil, evil, evil
		}
		if c.Class != nil {
			class := *c.Class
			spoil(&class)
			c.Class = &class
		}
		c.Note, c.Reason = evil, map[string]string{"en": evil}
		if r := c.Receipt; r != nil {
			for i := range r.Booked {
				spoil(&r.Booked[i].Class)
			}
			for i := range r.Waiting {
				spoil(&r.Waiting[i].Class)
			}
			for i := range r.Credits {
				r.Credits[i].Grant, r.Credits[i].Note = evil, evil
			}
		}
		for i := range c.Digest {
			spoil(&c.Digest[i].Class)
		}
		for _, a := range c.Morning {
			if a.Class != nil {
				spoil(a.Class)
			}
		}
		pr := pr
		pr.PublicURL = sample.PublicURL
		got := n.sent(t, d, pr.Mail(d, c), "")
		if got.header.Get("Bcc") != "" || strings.Contains(got.raw, "\r\nBcc:") {
			t.Errorf("%s: a title became a header", m.Name)
		}
		if found := elements.FindString(got.html); found != "" {
			t.Errorf("%s: a title became HTML: %q", m.Name, found)
		}
		if strings.ContainsAny(got.text+got.html, "\u202e\u2066") {
			t.Errorf("%s: a title turns the direction of the text", m.Name)
		}
		for line := range strings.SplitSeq(got.text, "\r\n") {
			if strings.HasPrefix(line, "Bcc:") {
				t.Errorf("%s: a title became a line of its own", m.Name)
			}
		}
	}
}

// Others of the family read the mails to a shared address.
func TestAMailToASharedAddressSaysForWhomItIs(t *testing.T) {
	t.Parallel()
	n := composer(t)
	for _, m := range sample.Mails(sample.Presenter(n.Templates, templates.German)) {
		pr, d := sample.Presenter(n.Templates, templates.German), m.Delivery
		pr.PublicURL = sample.PublicURL
		for _, shares := range []bool{false, true} {
			d.To.Name, d.To.SharesEmail = "Tim Brandt-Vogel", shares
			got := n.sent(t, d, pr.Mail(d, m.Cause), "")
			if says := strings.Contains(got.text, "Diese Nachricht ist für Tim Brandt-Vogel."); says != shares {
				t.Errorf("%s: shared is %v, and it says so: %v", m.Name, shares, says)
			}
		}
	}
}

func TestAMailNamesNoOtherPerson(t *testing.T) {
	t.Parallel()
	n := composer(t)
	const other, address, phone = "Kanari Vogel", "kanari@example.org", "030 555 0199"
	for _, lang := range templates.Languages {
		for _, m := range sample.Mails(sample.Presenter(n.Templates, lang)) {
			c := m.Cause
			if c.Receipt != nil {
				for i := range c.Receipt.Waiting {
					e := &c.Receipt.Waiting[i].Entry
					e.Name, e.GivenName, e.FamilyName, e.Email, e.Phone = other, other, other, address, phone
				}
			}
			if c.Booking != nil {
				b := *c.Booking
				b.ReasonText, c.Booking = other, &b // what a person wrote about the cancellation
			}
			pr := sample.Presenter(n.Templates, lang)
			pr.PublicURL = sample.PublicURL
			got := n.sent(t, m.Delivery, pr.Mail(m.Delivery, c), "")
			for _, secret := range []string{other, address, phone} {
				if strings.Contains(got.text+got.html+got.raw, secret) {
					t.Errorf("%s in %s contains %q", m.Name, lang, secret)
				}
			}
		}
	}
}

func TestAnAddressThatCannotBeReadIsUndeliverable(t *testing.T) {
	t.Parallel()
	n := composer(t)
	m := sample.Mails(sample.Presenter(n.Templates, templates.German))[0]
	m.Delivery.Address = "lena example.org"
	_, err := n.message(m.Delivery, m.Mail, "")
	if !Refused(err) {
		t.Errorf("got %v", err)
	}
}

func TestAMailIsInTheLanguageOfItsReader(t *testing.T) {
	t.Parallel()
	both := &booking.Studio{Language: "de", Languages: []string{"de", "en"}}
	for _, c := range []struct {
		chosen string
		studio *booking.Studio
		want   templates.Lang
	}{
		{"en", both, templates.English},
		{"", both, templates.German},
		{"en", &booking.Studio{Language: "de", Languages: []string{"de"}}, templates.German},
		{"", &booking.Studio{Language: "en", Languages: []string{"de", "en"}}, templates.English},
	} {
		if is := languageOf(booking.Delivery{To: booking.Recipient{Language: c.chosen}, Studio: c.studio}); is != c.want {
			t.Errorf("a person with %q at a studio with %v reads %s", c.chosen, c.studio.Languages, is)
		}
	}
}

func TestEveryNoticeThatGoesOutByMailHasAMail(t *testing.T) {
	t.Parallel()
	n := composer(t)
	for _, lang := range templates.Languages {
		written := map[booking.NoticeKind]bool{}
		for _, m := range sample.Mails(sample.Presenter(n.Templates, lang)) {
			written[m.Delivery.Kind] = true
			all := fmt.Sprintf("%+v", m.Mail)
			if m.Mail.Subject == "" || m.Mail.Title == "" || m.Mail.Preheader == "" || m.Mail.Why == "" || len(m.Mail.Buttons) > 2 ||
				strings.Contains(all, "<no value>") || regexp.MustCompile(`\bmail\.[a-z]`).MatchString(all) {
				t.Errorf("%s in %s is not complete: %s", m.Name, lang, all)
			}
		}
		for _, r := range booking.NoticeRules() {
			if (r.Mail != booking.MailNever) != written[r.Kind] {
				t.Errorf("%s: a sample of its mail exists: %v", r.Kind, written[r.Kind])
			}
		}
	}
}
