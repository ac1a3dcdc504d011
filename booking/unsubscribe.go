package booking

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// UnsubscribeToken is the token of a link that switches mail of a category off for a person,
// without signing in: "PERSON-CATEGORY-SIGNATURE", safe in a path. Only the nodes of this studio
// can make it, and it never ends. It is empty for a category that cannot be switched off (rule 28).
func (e *Engine) UnsubscribeToken(personID int64, c Category) string {
	if _, ok := choices[Choice{c, ChannelMail}]; !ok {
		return ""
	}
	return strconv.FormatInt(personID, 36) + "-" + string(c) + "-" + e.unsubscribeSignature(personID, c)
}

func (e *Engine) unsubscribeSignature(personID int64, c Category) string {
	mac := hmac.New(sha256.New, e.secret)
	fmt.Fprintf(mac, "unsubscribe %d %s", personID, c)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
}

// readUnsubscribeToken accepts only what UnsubscribeToken returns.
func (e *Engine) readUnsubscribeToken(token string) (personID int64, c Category, ok bool) {
	parts := strings.SplitN(token, "-", 3)
	if len(parts) != 3 {
		return 0, "", false
	}
	personID, err := strconv.ParseInt(parts[0], 36, 64)
	c = Category(parts[1])
	made := e.UnsubscribeToken(personID, c)
	return personID, c, err == nil && made != "" && hmac.Equal([]byte(token), []byte(made))
}

// Unsubscription is what a link to unsubscribe is about.
type Unsubscription struct {
	Category Category
	Language string // of the person; empty: the studio's
	Wanted   bool   // mail of the category still goes out

	personID int64
}

// Unsubscription returns what the token of [Engine.UnsubscribeToken] is about. Refusal: NotFound,
// also for a person who was erased.
func (e *Engine) Unsubscription(ctx context.Context, token string) (Unsubscription, error) {
	personID, category, ok := e.readUnsubscribeToken(token)
	if !ok {
		return Unsubscription{}, refuse(NotFound)
	}
	u, mail := Unsubscription{Category: category, personID: personID}, Choice{category, ChannelMail}
	var wanted *bool
	err := e.readPool.QueryRow(ctx, `
		select p.language, x.wanted from person p
		left join preference x on x.person_id = p.id and x.category = $2 and x.channel = $3
		where p.id = $1 and p.state <> 'erased'`, personID, category, ChannelMail).Scan(&u.Language, &wanted)
	if err == pgx.ErrNoRows {
		return u, refuse(NotFound)
	}
	chosen := map[Choice]bool{}
	if wanted != nil {
		chosen[mail] = *wanted
	}
	u.Wanted = mail.wanted(chosen)
	return u, during("reading what a link unsubscribes", err)
}

// Unsubscribe switches mail of the category of a token off, or on again. Refusal: NotFound.
func (e *Engine) Unsubscribe(ctx context.Context, token string, wanted bool) (Unsubscription, error) {
	u, err := e.Unsubscription(ctx, token)
	if err != nil {
		return u, err
	}
	u.Wanted = wanted
	return u, e.setChoice(ctx, u.personID, Choice{u.Category, ChannelMail}, wanted)
}
