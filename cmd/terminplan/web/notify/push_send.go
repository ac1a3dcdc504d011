package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
	"terminplan/templates"
)

// Bounds of a message. Every one is padded to pushRecord bytes: its length then tells nothing about
// its content, and Firefox on Android takes it, which refuses more than 3,070.
const (
	pushRecord     = 2048
	pushPayloadMax = pushRecord - 86 - 16 - 1 // without the header, the tag and the delimiter (RFC 8188)
	pushBodyMax    = 300                      // characters of a text
	pushAnswerMax  = 300                      // bytes that are read of a response
	pushTTLMax     = 28 * 24 * time.Hour      // push services keep nothing for longer
)

// pushPayload is the content of a message. Safari shows it without a worker (Declarative Web Push); the
// worker of the site reads the same elsewhere.
type pushPayload struct {
	WebPush      int              `json:"web_push"` // 8030 marks the format
	Notification pushNotification `json:"notification"`
}

type pushNotification struct {
	Title    string `json:"title"`
	Body     string `json:"body,omitempty"`
	Lang     string `json:"lang"`
	Tag      string `json:"tag"`
	Navigate string `json:"navigate"`
	Silent   bool   `json:"silent"`
	Renotify bool   `json:"renotify,omitempty"`
	AppBadge string `json:"app_badge"`
}

// sendPush sends a push message to the device of a delivery.
func (n *Notifier) sendPush(ctx context.Context, d booking.Delivery) error {
	message, err := n.pushMessage(ctx, d)
	if err != nil {
		return err
	}
	lang := pushLanguage(d)
	payload, err := json.Marshal(pushPayload{8030, pushNotification{
		Title: cut(message.Title), Body: cut(message.Body), Lang: lang, Tag: message.Tag, Silent: message.Silent, Renotify: message.Again,
		Navigate: strings.TrimSuffix(n.PublicURL, "/") + message.Path, AppBadge: strconv.Itoa(message.Badge),
	}})
	if err != nil {
		return fmt.Errorf("writing a push message: %w", err)
	}
	if len(payload) > pushPayloadMax {
		return &permanentError{booking.WhyRefused, fmt.Errorf("a push message has %d bytes, more than %d", len(payload), pushPayloadMax)}
	}
	ttl := pushTTLMax
	if !d.ExpiresAt.IsZero() {
		ttl = min(ttl, d.ExpiresAt.Sub(d.Now))
	}
	key := n.Engine.PushKey()
	response, err := webpush.SendNotificationWithContext(ctx, payload, &webpush.Subscription{
		Endpoint: d.Device.Endpoint,
		Keys:     webpush.Keys{P256dh: encode(d.Device.P256dh), Auth: encode(d.Device.Auth)},
	}, &webpush.Options{
		HTTPClient: n.PushClient, RecordSize: pushRecord, Subscriber: strings.TrimPrefix(n.subject, "mailto:"),
		Topic: pushTopic(message.Tag), TTL: int(ttl / time.Second), Urgency: webpush.Urgency(d.PushUrgency()),
		VAPIDPublicKey: encode(key.PublicKey().Bytes()), VAPIDPrivateKey: encode(key.Bytes()),
	})
	if err != nil {
		return pushFailure(err)
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, pushAnswerMax)) // for the log only
	return n.pushAnswer(ctx, d, response, strings.ToValidUTF8(string(said), "?"))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// pushTopic is the topic by which a push service replaces a message that it still holds. Apple decodes it
// as base64url, so its length matters (RFC 8030, section 5.4).
func pushTopic(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return encode(sum[:])[:32]
}

// cut shortens a text that is too long for a message.
func cut(text string) string {
	runes := []rune(text)
	if len(runes) <= pushBodyMax {
		return text
	}
	return string(runes[:pushBodyMax-1]) + "…"
}

// pushMessage returns the words of a delivery in the language of its reader.
func (n *Notifier) pushMessage(ctx context.Context, d booking.Delivery) (m present.PushMessage, err error) {
	c := present.PushCause{Delivery: d}
	if c.Together, err = n.Engine.PushTogether(ctx, d); err != nil {
		return m, err
	}
	var classes []int64
	if d.ClassID != 0 {
		class, err := n.Engine.Class(ctx, d.ClassID)
		if err != nil {
			return m, err
		}
		c.Class, classes = &class, []int64{d.ClassID}
	}
	if c.Personal, err = n.Engine.Personal(ctx, booking.Actor{ID: d.To.ID, Role: d.To.Role}, classes); err != nil {
		return m, err
	}
	pr := present.Presenter{
		Messages: n.Templates, Lang: templates.Lang(pushLanguage(d)), Zone: d.Studio.Zone, Now: d.Now, Counts: d.Studio.SeatCounts,
		Staff: d.To.Role.Staff(),
	}
	return pr.Push(c), nil
}

// pushLanguage is the language that the person chose, else that of the browser, else the studio's.
func pushLanguage(d booking.Delivery) string {
	for _, lang := range []string{d.To.Language, d.Device.Language} {
		if slices.Contains(d.Studio.Languages, lang) {
			return lang
		}
	}
	return d.Studio.Language
}

// laterError is a failure after which the server wants to be asked again, but not before some time.
type laterError struct {
	after time.Duration
	err   error
}

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// pushFailure is the error of a request without a response. It does not contain the endpoint: anybody who
// has it could send messages to the device.
func pushFailure(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	err = fmt.Errorf("reaching the push service: %w", err)
	if errors.Is(err, errPrivateAddress) {
		return &permanentError{booking.WhyRefused, err}
	}
	return &channelError{err}
}

// pushAnswer turns the response of a push service into its effect (RFC 8030).
func (n *Notifier) pushAnswer(ctx context.Context, d booking.Delivery, r *http.Response, said string) error {
	err := fmt.Errorf("the push service said %s: %s", r.Status, cmp.Or(strings.TrimSpace(said), "nothing more"))
	switch {
	case r.StatusCode < 300:
		return nil
	case r.StatusCode == http.StatusNotFound, r.StatusCode == http.StatusGone:
		if err := n.Engine.EndDelivery(ctx, d.ID, booking.DeliveryCancelled, booking.WhyGone); err != nil {
			return err
		}
		if err := n.Engine.ForgetDevice(ctx, d.Device.ID); err != nil {
			return err
		}
		return booking.ErrDeliveryEnded
	case r.StatusCode == http.StatusRequestTimeout, r.StatusCode == http.StatusTooManyRequests, r.StatusCode >= 500:
		if r.StatusCode >= 500 {
			err = &channelError{err}
		}
		after, ok := retryAfter(r.Header.Get("Retry-After"), time.Now())
		switch {
		case !ok:
			return err
		case !d.ExpiresAt.IsZero() && !d.Now.Add(after).Before(d.ExpiresAt):
			return errors.Join(booking.ErrDeliveryEnded, n.Engine.EndDelivery(ctx, d.ID, booking.DeliveryExpired, ""))
		}
		return &laterError{after, err}
	}
	if r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden { // it refuses the sender, not the message
		err = &channelError{err}
	}
	return &permanentError{booking.WhyRefused, err}
}

// retryAfter reads the header Retry-After: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(value string, now time.Time) (after time.Duration, ok bool) {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 {
		return max(time.Second, time.Duration(seconds)*time.Second), true
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(time.Second, t.Sub(now)), true
	}
	return 0, false
}
