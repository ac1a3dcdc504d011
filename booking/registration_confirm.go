package booking

import (
	"context"
	"crypto/hmac"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Registered is what became of a registration whose address was confirmed.
type Registered struct {
	SignedIn SignedIn // zero: staff must agree first
	Waits    bool     // staff must agree first
	Next     string   // the page that the person came from; empty: none
}

// ConfirmByCode confirms the address of a registration by the code of the mail, in the browser that
// registered, and signs in. The second press of the button signs in again. in says where; its e-mail
// and password do not matter. Refusals: WrongCode, CodeUsedUp, LinkGone, RegisterClosed, Invalid
// (the address has got an account), Throttled.
func (e *Engine) ConfirmByCode(ctx context.Context, t RegistrationTicket, code string, in SignInRequest) (Registered, error) {
	tries := []try{{subject: "registration codes from " + in.Address, limit: registerCodes}}
	if err := e.takeTries(ctx, tries); err != nil {
		return Registered{}, err
	}
	state, _, err := e.RegistrationState(ctx, t)
	if err != nil {
		return Registered{}, err
	}
	if state == RegistrationSent {
		if err := e.tryCode(ctx, t, code); err != nil {
			return Registered{}, err
		}
	}
	if err := e.giveBack(ctx, tries, false); err != nil {
		return Registered{}, err
	}
	return e.confirm(ctx, in, true, func(tx pgx.Tx) (int64, error) { return lockTicket(ctx, tx, t) })
}

// tryCode counts a code and compares it.
func (e *Engine) tryCode(ctx context.Context, t RegistrationTicket, code string) error {
	var person int64
	var hash []byte
	err := e.recordPool.QueryRow(ctx, `
		update registration set code_tries = code_tries + 1
		where ticket_hash = $1 and code_tries < $2 and code_expires_at > (select clock_timestamp())
		returning person_id, coalesce(code_hash, '')`, t.hash(), codesTyped).Scan(&person, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return &Error{Code: CodeUsedUp, Field: "code"}
	}
	if err != nil {
		return during("counting a code", err)
	}
	digits := strings.Map(func(r rune) rune { // as people copy it: "123 456"
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, code)
	if !hmac.Equal(hash, e.codeOf(person, digits)) {
		wrong := refuse(WrongCode, "why", "mail")
		wrong.Field = "code"
		return wrong
	}
	return nil
}

// OpenedRegistration is what the page of the link in a mail shows.
type OpenedRegistration struct {
	Email string
	Here  bool // the browser that registered asks; another one must give the password
}

// OpenRegistration reads the link of a mail without using it. Refusal: LinkGone.
func (rd *Reader) OpenRegistration(ctx context.Context, token string, t RegistrationTicket) (o OpenedRegistration, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select p.email, coalesce(r.ticket_hash = $2, false)`+linkedRegistrationSQL, tokenHash(token), t.hash()).Scan(&o.Email, &o.Here)
	if errors.Is(err, pgx.ErrNoRows) {
		return o, refuse(LinkGone)
	}
	return o, during("reading the link of a registration", err)
}

const linkedRegistrationSQL = `
	from mail_link l join person p on p.id = l.person_id join registration r on r.person_id = p.id
	where l.token_hash = $1 and l.kind = 'registration' and l.expires_at > (select clock_timestamp()) and p.state = 'active'
		and r.approved is distinct from false`

// ConfirmByLink confirms the address of a registration by the link of the mail, and signs in. The
// link alone proves that the person reads the mails of the address, not that the person chose the
// password: a stranger may have registered with the address. So another browser than the one that
// registered must give the password, in in. Refusals: LinkGone, WrongPassword (of the field
// password), RegisterClosed, Invalid (the address has got an account), Throttled, Busy.
func (e *Engine) ConfirmByLink(ctx context.Context, token string, t RegistrationTicket, in SignInRequest) (Registered, error) {
	tries := []try{{subject: "registration codes from " + in.Address, limit: registerCodes}}
	if err := e.takeTries(ctx, tries); err != nil {
		return Registered{}, err
	}
	acc, here := account{}, false
	err := e.readPool.QueryRow(ctx, `
		select p.id, p.email, r.password_hash, p.state, coalesce(r.ticket_hash = $2, false)`+linkedRegistrationSQL,
		tokenHash(token), t.hash()).Scan(&acc.id, &acc.email, &acc.hash, &acc.state, &here)
	if errors.Is(err, pgx.ErrNoRows) {
		return Registered{}, refuse(LinkGone)
	}
	if err != nil {
		return Registered{}, during("reading the link of a registration", err)
	}
	if err := e.giveBack(ctx, tries, false); err != nil {
		return Registered{}, err
	}
	if !here {
		if len(in.Password) > 512 {
			return Registered{}, wrongOwnPassword()
		}
		tries := []try{{subject: "registration " + acc.email, personID: acc.id, limit: linkPassword}}
		err := e.tryPassword(ctx, acc, in.Password, in.Address, tries)
		if CodeOf(err) == WrongPassword {
			return Registered{}, wrongOwnPassword()
		}
		if err != nil {
			return Registered{}, err
		}
	}
	return e.confirm(ctx, in, here, func(tx pgx.Tx) (id int64, err error) {
		err = tx.QueryRow(ctx, `select id from person where id = $1 for no key update`, acc.id).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			err = refuse(LinkGone)
		}
		return id, err
	})
}

// pending is a registration whose person is locked.
type pending struct {
	personID    int64
	person      NewPerson
	hash, next  string
	confirmedAt time.Time
	expiresAt   time.Time
	approved    *bool
	decidedAt   time.Time
	now         time.Time
}

func readPending(ctx context.Context, tx pgx.Tx, personID int64) (r pending, err error) {
	err = tx.QueryRow(ctx, `
		select p.id, p.role, p.given_name, p.family_name, coalesce(p.email, ''), p.phone, p.number, p.language,
			r.password_hash, r.next, r.confirmed_at, r.expires_at, r.approved, r.decided_at, clock_timestamp()
		from registration r join person p on p.id = r.person_id where r.person_id = $1`, personID).
		Scan(&r.personID, &r.person.Role, &r.person.GivenName, &r.person.FamilyName, &r.person.Email, &r.person.Phone, &r.person.Number,
			&r.person.Language, &r.hash, &r.next, at{&r.confirmedAt}, &r.expiresAt, &r.approved, at{&r.decidedAt}, &r.now)
	if errors.Is(err, pgx.ErrNoRows) {
		err = refuse(LinkGone)
	}
	return r, err
}

// confirm confirms the address of the registration whose person lock locks, and signs in where staff
// need not agree. here says that the browser that registered asks.
func (e *Engine) confirm(ctx context.Context, in SignInRequest, here bool, lock func(pgx.Tx) (int64, error)) (Registered, error) {
	studio, err := e.Studio(ctx)
	if err != nil {
		return Registered{}, err
	}
	var out Registered
	var acc account
	var version int64
	fresh := false
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		person, err := lock(tx)
		if err != nil {
			return err
		}
		r, err := readPending(ctx, tx, person)
		if err != nil {
			return err
		}
		out.Next, acc.id, acc.hash = r.next, r.personID, r.hash
		switch {
		case r.approved != nil && (!*r.approved || r.now.Sub(r.decidedAt) > registeredLife || r.person.Role != RoleMember):
			return refuse(LinkGone)
		case r.approved != nil: // the button was pressed twice, or staff has agreed
			return nil
		case r.confirmedAt.IsZero() && r.now.After(r.expiresAt):
			return refuse(LinkGone)
		case r.confirmedAt.IsZero() && studio.Registration == RegistrationOff:
			return refuse(RegisterClosed)
		case !r.confirmedAt.IsZero():
			out.Waits = true
			return nil
		}
		fresh = true
		member, err := memberWithoutPassword(ctx, tx, r.person.Email)
		switch {
		case err != nil:
			return err
		case member != 0:
			acc.id = member
			version, err = e.joinRegistration(ctx, tx, r, member, member)
			return err
		case studio.Registration == RegistrationApprove:
			out.Waits = true
			_, err = tx.Exec(ctx, `update registration set confirmed_at = clock_timestamp() where person_id = $1`, person)
			return err
		}
		version, err = e.admit(ctx, tx, r, person)
		return err
	})
	if err != nil {
		return Registered{}, refusalOr("confirming a registration", err)
	}
	if fresh {
		from := registrationTries("", in.Address)[1:]
		if err := e.giveBack(ctx, from, false); err != nil {
			return Registered{}, err
		}
		e.log.InfoContext(ctx, "registration confirmed", "person", acc.id, "address", in.Address, "waits", out.Waits)
	}
	if out.Waits {
		return out, nil
	}
	if fresh {
		e.accountChanged(acc.id, version)
	}
	out.SignedIn, err = e.beginSession(ctx, acc, in, here, nil)
	if CodeOf(err) == WrongPassword { // changed since, or the account has ended
		err = refuse(LinkGone)
	}
	return out, err
}

// memberWithoutPassword returns the member whose own address it is and who has no password yet; 0:
// nobody has the address. The member is locked. Refusal: Invalid, if the address has an account.
func memberWithoutPassword(ctx context.Context, tx pgx.Tx, email string) (id int64, err error) {
	var free bool
	err = tx.QueryRow(ctx, `
		select id, role = 'member' and state = 'active' and password_hash is null from person
		where lower(email) = any($1) and role <> 'guest' order by id limit 1 for no key update`, emailSpellings(email)).Scan(&id, &free)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err == nil && !free:
		err = invalid("email", "taken")
	}
	return id, err
}

// admit makes a registered guest a member. by is the person, or the staff who agreed. It returns the
// new version of the person.
func (e *Engine) admit(ctx context.Context, tx pgx.Tx, r pending, by int64) (version int64, err error) {
	n := r.person
	err = tx.QueryRow(ctx, `
		update person set role = 'member', password_hash = $2, password_by = $1, search = $3, version = version + 1
		where id = $1 and role = 'guest' returning version`,
		r.personID, r.hash, SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone)).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse(LinkGone)
	}
	if err != nil {
		return 0, err
	}
	if err := decideRegistration(ctx, tx, r.personID, by, r.personID); err != nil {
		return 0, err
	}
	if by != r.personID {
		err = insertHistory(ctx, tx, history{actorID: by, verb: verbApproveRegistration, personID: r.personID})
	} else {
		err = insertHistory(ctx, tx, history{actorID: by, verb: verbRegister, personID: r.personID})
	}
	return version, err
}

// decideRegistration records that a registration was confirmed and agreed to, for the account of member.
func decideRegistration(ctx context.Context, tx pgx.Tx, personID, by, member int64) error {
	_, err := tx.Exec(ctx, `
		update registration set
			confirmed_at = coalesce(confirmed_at, now), decided_at = now, decided_by = $2, approved = true, person_id = $3
		from clock_timestamp() as now where person_id = $1`, personID, by, member)
	return err
}

// joinRegistration gives a member who has no password the confirmed address and the password of a
// registration, and deletes the guest. by is the member, or the staff who knows that both are one
// person. It returns the new version of the member, who is locked.
func (e *Engine) joinRegistration(ctx context.Context, tx pgx.Tx, r pending, member, by int64) (version int64, err error) {
	former, err := readFormerAddress(ctx, tx, member)
	if err != nil {
		return 0, err
	}
	var was NewPerson
	err = tx.QueryRow(ctx, `
		update person p set password_hash = $2, password_by = p.id, email = $3, shared_email = null, version = p.version + 1,
			email_failed_at = case when p.email is not distinct from $3 then p.email_failed_at end
		from person was
		where p.id = $1 and was.id = p.id and p.password_hash is null and p.state = 'active' and p.role = 'member'
		returning p.version, p.given_name, p.family_name, p.number, p.phone, coalesce(was.email, '')`,
		member, r.hash, r.person.Email).Scan(&version, &was.GivenName, &was.FamilyName, &was.Number, &was.Phone, &was.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, refuse(NotFound)
	}
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `update person set search = $2 where id = $1`, member,
		SearchText(was.GivenName, was.FamilyName, r.person.Email, was.Number, was.Phone))
	if err != nil {
		return 0, err
	}
	if normalEmail(was.Email) != r.person.Email && was.Email != "" {
		if err := e.emailChanged(ctx, tx, member, version, former, false); err != nil {
			return 0, err
		}
	}
	if err := e.passwordSet(ctx, tx, member, version, false); err != nil {
		return 0, err
	}
	if by != member {
		if err := insertHistory(ctx, tx, history{actorID: by, verb: verbJoinRegistration, personID: member}); err != nil {
			return 0, err
		}
	}
	if _, err := tx.Exec(ctx, `delete from registration where person_id = $1`, member); err != nil {
		return 0, err
	}
	if err := decideRegistration(ctx, tx, r.personID, by, member); err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `update mail_link set person_id = $2 where person_id = $1 and kind = 'registration'`, r.personID, member)
	if err != nil {
		return 0, err
	}
	return version, deleteRegistered(ctx, tx, []int64{r.personID})
}

// deleteRegistered deletes guests that registered, with everything about them. Nothing else names them.
func deleteRegistered(ctx context.Context, tx pgx.Tx, people []int64) error {
	for _, sql := range []string{
		`delete from mail_link where person_id = any($1)`,
		`delete from delivery where person_id = any($1)`,
		`delete from sign_in_failure where person_id = any($1)`,
		`delete from registration where person_id = any($1)`,
		`delete from person where id = any($1) and role = 'guest'`,
	} {
		if _, err := tx.Exec(ctx, sql, people); err != nil {
			return during("deleting registrations", err)
		}
	}
	return nil
}

// sweepRegistrations deletes the registrations that were not confirmed in time, those that staff
// refused once their mail is out, and what is left of those that became members.
func (e *Engine) sweepRegistrations(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `
			select p.id from registration r join person p on p.id = r.person_id
			where p.role = 'guest' and (
				r.confirmed_at is null and r.expires_at < (select clock_timestamp())
				or r.approved = false and (r.decided_at < (select clock_timestamp()) - interval '2 days' or not exists (
					select from delivery d where d.person_id = p.id and d.state in ('waiting', 'sending'))))
			order by p.id limit 1000 for update of p skip locked`)
		gone, err := collectIDs(rows)
		if err != nil {
			return err
		}
		if len(gone) > 0 {
			if err := deleteRegistered(ctx, tx, gone); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			delete from registration where approved and decided_at < (select clock_timestamp()) - $1::interval`, registeredLife)
		return err
	})
	return during("deleting old registrations", err)
}
