package booking

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// People register themselves where the studio allows it (rule 35). A registration is a guest until
// its address is confirmed and, where the studio wants it, staff has agreed. Each request makes a
// registration of its own, also for an address that is taken: the answer and its work are the same
// for every address, and only the mail tells. The first one that is confirmed becomes the member.

// How long a registration, its link and its code are valid, and how many codes may be typed.
const (
	registrationLife = 24 * time.Hour
	registrationCode = 30 * time.Minute
	codesTyped       = 5
	// A browser that registered may sign in for so long after the decision.
	registeredLife = 24 * time.Hour
)

// Registrations are counted per address of mail and of the client, and for the whole studio. Those
// that are confirmed count no longer against the client and the studio.
var (
	registerTries = tryLimit{free: 3, longest: time.Hour, daily: 10}                            // one address of mail
	registerFrom  = tryLimit{free: 4 * freeTries, longest: 5 * time.Minute, daily: 200}         // one client, or one network
	registerAll   = tryLimit{free: 60 * freeTries, longest: 30 * time.Second, daily: 3000}      // the studio
	linkPassword  = tryLimit{free: freeTries, longest: time.Minute, daily: 20}                  // passwords of one registration
	registerCodes = tryLimit{free: 4 * freeTries, longest: time.Minute, daily: 100 * freeTries} // codes and links, from one client
)

// RegisterRequest is the content of the form.
type RegisterRequest struct {
	GivenName, FamilyName, Email, Phone, Password string
	Language                                      string // of the page, and of the mails
	Next                                          string // the page of the site that the person came from; empty: none
	Ticket                                        string // see RegistrationTicket
	Address                                       string // of the client
}

// RegistrationTicket is what the browser keeps of a registration. The same one twice is the same
// registration.
type RegistrationTicket struct{ Email, Secret string }

// NewRegistrationSecret returns the secret of a new ticket.
func NewRegistrationSecret() string { return rand.Text() }

// hash is the stored form of a ticket.
func (t RegistrationTicket) hash() []byte {
	return tokenHash("registration " + t.Secret + " " + normalEmail(t.Email))
}

// ticketLeast is how many characters the secret of a ticket has at least.
const ticketLeast = 20

func (r *RegisterRequest) person() NewPerson {
	return NewPerson{
		Role: RoleMember, GivenName: strings.TrimSpace(r.GivenName), FamilyName: strings.TrimSpace(r.FamilyName),
		Email: normalEmail(r.Email), Phone: strings.TrimSpace(r.Phone), Language: r.Language,
	}
}

// Check returns an Invalid error that names every wrong field. studio is the name of the studio.
func (r *RegisterRequest) Check(studio string) error {
	n := r.person()
	f := n.faults()
	if r.Password == "" {
		f.Add("password", "missing")
	} else {
		f.Join(CheckPassword(r.Password, n.GivenName, n.FamilyName, n.Email, studio))
	}
	return f.Err()
}

// Register adds a registration and sends a mail to its address: with a code and a link, or, if the
// address has an account, with the way to sign in. The answer tells nobody which. Refusals: NotFound
// (the studio does not allow it), Invalid, Throttled, Busy.
func (e *Engine) Register(ctx context.Context, r RegisterRequest) error {
	studio, err := e.Studio(ctx)
	if err != nil {
		return err
	}
	if studio.Registration == RegistrationOff {
		return refuse(NotFound)
	}
	if err := r.Check(studio.Name); err != nil {
		return err
	}
	n := r.person()
	if len(r.Ticket) < ticketLeast || len(r.Next) > 2000 {
		return invalid("ticket", "text")
	}
	if err := e.takeTries(ctx, registrationTries(n.Email, r.Address)); err != nil {
		return err
	}
	hash, err := e.hashPassword(ctx, account{email: "registration of " + n.Email}, r.Password, r.Address)
	if err != nil {
		return err
	}
	ticket := RegistrationTicket{Email: n.Email, Secret: r.Ticket}.hash()
	for range 2 { // the same form twice at one moment: the second one finds the first
		if err = e.saveRegistration(ctx, n, r.Next, hash, ticket); !violates(err, "registration_by_ticket") {
			break
		}
	}
	if err != nil {
		return refusalOr("saving a registration", err)
	}
	e.wakeRelay()
	e.log.InfoContext(ctx, "registered", "address", r.Address)
	return nil
}

func registrationTries(email, address string) []try {
	return []try{
		{subject: "registrations of " + email, limit: registerTries},
		{subject: "registrations from " + address, limit: registerFrom},
		{subject: "registrations", limit: registerAll},
	}
}

func violates(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.ConstraintName == constraint
}

// saveRegistration adds a guest with a registration and a mail. The form of a registration that is
// there already changes what was typed, and sends nothing again.
func (e *Engine) saveRegistration(ctx context.Context, n NewPerson, next, hash string, ticket []byte) error {
	conn, err := e.recordPool.Acquire(ctx)
	if err != nil {
		return during("waiting for a connection", err)
	}
	defer conn.Release()
	id, err := e.newID(ctx, conn)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var known int64
		err := tx.QueryRow(ctx, `
			update registration set password_hash = $2, next = $3 where ticket_hash = $1 and confirmed_at is null
			returning person_id`, ticket, hash, next).Scan(&known)
		if err == nil {
			_, err = tx.Exec(ctx, `
				update person set given_name = $2, family_name = $3, phone = $4, language = $5 where id = $1 and role = 'guest'`,
				known, n.GivenName, n.FamilyName, n.Phone, n.Language)
			return err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		var now time.Time
		err = tx.QueryRow(ctx, `
			with p as (
				insert into person (id, role, given_name, family_name, email, phone, language)
				values ($1, 'guest', $2, $3, $4, $5, $6) returning id)
			insert into registration (person_id, password_hash, next, ticket_hash, created_at, expires_at, code_expires_at)
			select p.id, $7, $8, $9, now, now + $10, now + $11 from p, clock_timestamp() as now
			returning created_at`,
			id, n.GivenName, n.FamilyName, n.Email, n.Phone, n.Language, hash, next, ticket, registrationLife, registrationCode).Scan(&now)
		if err != nil {
			return err
		}
		return e.mailRegistration(ctx, tx, id, n.Email, now)
	})
}

// takenSQL says whether an address has an account that a registration cannot open. A member who has
// no password yet can: the address is the proof, as for a forgotten password.
const takenSQL = `exists (select from person where lower(email) = any($1) and role <> 'guest'
	and not (role = 'member' and state = 'active' and password_hash is null))`

// mailRegistration adds the mail of a registration.
func (e *Engine) mailRegistration(ctx context.Context, tx pgx.Tx, personID int64, email string, now time.Time) error {
	var taken bool
	if err := tx.QueryRow(ctx, `select `+takenSQL, emailSpellings(email)).Scan(&taken); err != nil {
		return during("looking for an account with the address", err)
	}
	kind := NoticeRegistration
	if taken {
		kind = NoticeRegistrationTaken
	}
	return insertDelivery(ctx, tx, linkMail(kind, personID, now, registrationLife))
}

// MailRegistration sends the mail of a registration again. The former code and link end, and there
// are five tries again. Refusals: LinkGone (there is no such registration, or it is confirmed),
// Throttled, RegisterClosed.
func (e *Engine) MailRegistration(ctx context.Context, t RegistrationTicket, address string) error {
	studio, err := e.Studio(ctx)
	if err != nil {
		return err
	}
	if studio.Registration == RegistrationOff {
		return refuse(RegisterClosed)
	}
	email := normalEmail(t.Email)
	if err := e.takeTries(ctx, registrationTries(email, address)); err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		person, err := lockTicket(ctx, tx, t)
		if err != nil {
			return err
		}
		var now time.Time
		err = tx.QueryRow(ctx, `
			update registration set code_hash = null, code_tries = 0, expires_at = now + $2, code_expires_at = now + $3
			from clock_timestamp() as now
			where person_id = $1 and confirmed_at is null and expires_at > now returning now`,
			person, registrationLife, registrationCode).Scan(&now)
		if errors.Is(err, pgx.ErrNoRows) {
			return refuse(LinkGone)
		}
		if err != nil {
			return err
		}
		if err := endMailLinks(ctx, tx, person, NoticeRegistration, NoticeRegistrationTaken); err != nil {
			return err
		}
		return e.mailRegistration(ctx, tx, person, email, now)
	})
	if err != nil {
		return refusalOr("sending the mail of a registration again", err)
	}
	e.wakeRelay()
	return nil
}

// lockTicket locks the person of a ticket. Refusal: LinkGone.
func lockTicket(ctx context.Context, tx pgx.Tx, t RegistrationTicket) (personID int64, err error) {
	err = tx.QueryRow(ctx, `
		select p.id from person p where p.id = (select person_id from registration where ticket_hash = $1) for no key update`,
		t.hash()).Scan(&personID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse(LinkGone)
	}
	return personID, err
}

// RegistrationState says what a registration waits for.
type RegistrationState string

// The states of a registration.
const (
	RegistrationSent     RegistrationState = "sent"     // the address is not confirmed
	RegistrationWaits    RegistrationState = "waits"    // staff has not agreed yet
	RegistrationApproved RegistrationState = "approved" // the person may sign in
)

// RegistrationState reads the state of the registration of a ticket, and the page that the person came
// from. Refusal: LinkGone, if there is none any more.
func (rd *Reader) RegistrationState(ctx context.Context, t RegistrationTicket) (state RegistrationState, next string, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select case when confirmed_at is null then 'sent' when approved is null then 'waits' else 'approved' end, next
		from registration
		where ticket_hash = $1 and approved is distinct from false
			and (confirmed_at is not null or expires_at > (select clock_timestamp()))`,
		t.hash()).Scan(&state, &next)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", "", refuse(LinkGone)
	}
	return state, next, during("reading a registration", err)
}

// MailCode makes the short code in the mail of a registration, and returns it with its end. A mail
// that is composed again has the same code, since the former one may have arrived. The database
// keeps a hash only.
func (e *Engine) MailCode(ctx context.Context, d Delivery) (code string, until time.Time, err error) {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("registration " + strconv.FormatInt(d.ID, 10)))
	code = fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
	err = e.recordPool.QueryRow(ctx, `
		update registration set code_hash = $2 where person_id = $1 and confirmed_at is null
			and exists (select from delivery where id = $3 and state = 'sending')
		returning coalesce(code_expires_at, expires_at)`, d.To.ID, e.codeOf(d.To.ID, code), d.ID).Scan(&until)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", until, errors.Join(ErrDeliveryEnded, e.EndDelivery(ctx, d.ID, DeliveryCancelled, whyWithdrawn))
	}
	return code, until, during("making the code of a mail", err)
}

// codeOf is the stored form of the code of a person's registration.
func (e *Engine) codeOf(personID int64, code string) []byte {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("code " + strconv.FormatInt(personID, 10) + " " + code))
	return mac.Sum(nil)
}
