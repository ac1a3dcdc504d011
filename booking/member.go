package booking

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PersonState says whether a person may use the account.
type PersonState string

// The states of a person.
const (
	PersonActive    PersonState = "active"
	PersonSuspended PersonState = "suspended" // may not sign in or book
	PersonErased    PersonState = "erased"    // the personal data is gone
)

// Member is a person in the directory: a member or a member of staff.
type Member struct {
	ID                   int64
	Name                 string
	Email, Phone, Number string
	Role                 Role
	State                PersonState
	Balance              int // credits that have not expired
	GivenName            string
	FamilyName           string
	Language             string    // empty: not chosen
	Note                 string    // for staff only
	EmailFailedAt        time.Time // since when the mail server refuses the address for good; zero: it does not
}

// PersonName returns the name with what tells the person apart.
func (m Member) PersonName() PersonName {
	return PersonName{ID: m.ID, GivenName: m.GivenName, FamilyName: m.FamilyName, Number: m.Number, Email: m.Email, Phone: m.Phone}
}

// memberSQL reads people as Member, by the names of its fields.
var memberSQL = `
	select p.id, trim(p.given_name || ' ' || p.family_name) as name, coalesce(p.email, '') as email, p.phone, p.number, p.role, p.state,
		` + balanceSQL(`p.id`) + ` as balance, p.given_name, p.family_name, p.language, p.note,
		coalesce(p.email_failed_at, '0001-01-01Z') as email_failed_at
	from person p`

// Member reads one person of the directory. To everybody but the person and staff with
// SeeMembers it is NotFound.
func (rd *Reader) Member(ctx context.Context, a Actor, id int64) (Member, error) {
	if !a.Can(SeeMembers) && a.ID != id {
		return Member{}, refuse(NotFound)
	}
	rows, _ := rd.readPool.Query(ctx, memberSQL+` where p.id = $1 and p.role <> 'guest'`, id)
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Member])
	if err == pgx.ErrNoRows || err == nil && m.State == PersonErased {
		return m, refuse(NotFound)
	}
	if err != nil {
		return m, during("reading a member", err)
	}
	if !a.Can(SeeMembers) {
		m.Note = ""
	}
	return m, nil
}

// MemberEdit is the content of the profile form.
type MemberEdit struct {
	PersonID                       int64
	GivenName, FamilyName          string
	Email, Phone, Number, Language string
	Note                           string   // for staff only
	Only                           []string // the names of the fields to change, as in the form; nil: all
}

// over returns the edit with the old values in the fields that it does not mean.
func (m MemberEdit) over(was MemberEdit) MemberEdit {
	for name, fact := range map[string]struct {
		to   *string
		from string
	}{
		"given_name":  {&m.GivenName, was.GivenName},
		"family_name": {&m.FamilyName, was.FamilyName},
		"email":       {&m.Email, was.Email},
		"phone":       {&m.Phone, was.Phone},
		"number":      {&m.Number, was.Number},
		"language":    {&m.Language, was.Language},
		"note":        {&m.Note, was.Note},
	} {
		if m.Only != nil && !slices.Contains(m.Only, name) {
			*fact.to = fact.from
		}
	}
	return m
}

func (m *MemberEdit) facts() NewPerson {
	return NewPerson{
		Role: RoleMember, GivenName: strings.TrimSpace(m.GivenName), FamilyName: strings.TrimSpace(m.FamilyName),
		Email: normalEmail(m.Email), Phone: strings.TrimSpace(m.Phone), Number: strings.TrimSpace(m.Number), Language: m.Language,
	}
}

// Check returns an Invalid error that names every wrong field among those that are meant.
func (m *MemberEdit) Check() error {
	f := m.facts().faults()
	f.wantPlain(m.Note, MemberNoteMax, "note")
	if m.Only != nil {
		oneName := !slices.Contains(m.Only, "given_name") || !slices.Contains(m.Only, "family_name")
		f = slices.DeleteFunc(f, func(e *Error) bool {
			return !slices.Contains(m.Only, e.Field) || e.Args["why"] == "no_name" && oneName // the other name is not known here
		})
	}
	return f.Err()
}

const updatePersonSQL = `
	update person set
		email_failed_at = case when email is not distinct from @email then email_failed_at end,
		given_name = @given_name, family_name = @family_name, email = @email, phone = @phone, number = @number,
		language = @language, note = @note, search = @search, version = version + 1
	where id = @id returning version`

// EditMember changes a person's data. The history names the changed fields without their
// content, so that it keeps nothing that Erase must remove. Refusals: Forbidden, NotFound,
// Invalid.
func (e *Engine) EditMember(ctx context.Context, a Actor, m MemberEdit) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	var version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var role Role
		var was MemberEdit
		err := tx.QueryRow(ctx, `select role, given_name, family_name, coalesce(email, ''), phone, number, language, note from person
			where id = $1 and role <> 'guest' and state <> 'erased' for no key update`, m.PersonID).
			Scan(&role, &was.GivenName, &was.FamilyName, &was.Email, &was.Phone, &was.Number, &was.Language, &was.Note)
		if err == pgx.ErrNoRows || err == nil && role.Staff() && !a.Can(EditRoles) && a.ID != m.PersonID {
			return refuse(NotFound)
		}
		if err != nil {
			return err
		}
		m := m.over(was)
		wrong := m.Check()
		n := m.facts()
		if wrong == nil && n.GivenName+n.FamilyName == "" { // the last name was emptied alone
			field := "given_name"
			if !slices.Contains(m.Only, field) {
				field = "family_name"
			}
			wrong = invalid(field, "no_name")
		}
		if err := withEmailFree(ctx, tx, a, m.PersonID, m.Email, wrong); err != nil {
			return err
		}
		former, err := readFormerAddress(ctx, tx, m.PersonID)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, updatePersonSQL, pgx.StrictNamedArgs{
			"id":          m.PersonID,
			"given_name":  n.GivenName,
			"family_name": n.FamilyName,
			"email":       n.Email,
			"phone":       n.Phone,
			"number":      n.Number,
			"language":    m.Language,
			"note":        strings.TrimSpace(m.Note),
			"search":      SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone),
		}).Scan(&version)
		if err != nil {
			return err
		}
		if normalEmail(was.Email) != n.Email {
			if err := e.emailChanged(ctx, tx, m.PersonID, version, former, m.PersonID == a.ID); err != nil {
				return err
			}
		}
		changed := []string{}
		for fact, pair := range map[string][2]string{
			"name":     {was.GivenName + was.FamilyName, n.GivenName + n.FamilyName},
			"email":    {was.Email, n.Email},
			"phone":    {was.Phone, n.Phone},
			"number":   {was.Number, n.Number},
			"language": {was.Language, m.Language},
			"note":     {was.Note, strings.TrimSpace(m.Note)},
		} {
			if pair[0] != pair[1] {
				changed = append(changed, fact)
			}
		}
		return insertHistory(ctx, tx, history{
			actorID: a.ID, verb: verbEditMember, personID: m.PersonID,
			details: map[string]any{"facts": strings.Join(changed, ", ")},
		})
	})
	if err != nil {
		return refusalOr("changing a member", err)
	}
	e.accountChanged(m.PersonID, version)
	return nil
}

// NewPerson is an account to be created. People set their passwords by accepting an
// invitation; only the creation of a studio passes a hash.
type NewPerson struct {
	Role                  Role
	GivenName, FamilyName string
	Email, Phone, Number  string
	PasswordHash          PasswordHash
	Language              string // empty: not chosen

	vouches int64 // who vouches for the password; 0: the person
}

// AddMember creates an account and returns its id. Refusals: Forbidden, Invalid (also if
// the e-mail address has an account).
func (e *Engine) AddMember(ctx context.Context, a Actor, n NewPerson) (int64, error) {
	if !a.Can(EditMembers) || n.Role.Staff() && !a.Can(EditRoles) {
		return 0, refuse(Forbidden)
	}
	n.vouches = a.ID
	n.GivenName, n.FamilyName, n.Email = strings.TrimSpace(n.GivenName), strings.TrimSpace(n.FamilyName), normalEmail(n.Email)
	if err := withEmailFree(ctx, e.readPool, a, 0, n.Email, n.check()); err != nil {
		return 0, err
	}
	return e.writeRecorded(ctx, 0, func(tx pgx.Tx, id int64) (history, error) {
		return history{actorID: a.ID, verb: verbCreateMember, personID: id}, insertPerson(ctx, tx, id, n)
	})
}

// withEmailFree adds to the wrong fields of a form that another account has the e-mail address.
// Somebody who may see members is told whose account it is.
func withEmailFree(ctx context.Context, db row, a Actor, personID int64, email string, wrong error) error {
	if email == "" {
		return wrong
	}
	var owner PersonName
	err := db.QueryRow(ctx, `select `+personNameColumns+` from person p
		where lower(p.email) = any($1) and p.role <> 'guest' and p.id <> $2 limit 1`, emailSpellings(email),
		personID).Scan(scanPersonName(&owner)...)
	if err == pgx.ErrNoRows {
		return wrong
	}
	if err != nil {
		return during("looking for an account with the address", err)
	}
	taken := invalid("email", "taken")
	if a.Can(SeeMembers) {
		taken.Args["person_id"], taken.Args["name"], taken.Args["number"] = owner.ID, owner.Name(), owner.Number
	}
	var f Faults
	f.Join(wrong)
	f.add(taken)
	return f.Err()
}

func (n NewPerson) check() error { return n.faults().Err() }

func (n NewPerson) faults() (f Faults) {
	f.Want(n.Role == RoleMember || n.Role.Staff(), "role", "unknown")
	// One of the two is enough: there are people with one name.
	f.Want(strings.TrimSpace(n.GivenName+n.FamilyName) != "", "given_name", "no_name")
	f.wantPlain(n.GivenName, NameMax, "given_name")
	f.wantPlain(n.FamilyName, NameMax, "family_name")
	f.Want(n.Email != "", "email", "missing")
	f.Want(validEmail(n.Email), "email", "email")
	f.wantPlain(n.Phone, ContactMax, "phone")
	f.wantPlain(n.Number, ContactMax, "number")
	f.Want(knownChoice(n.Language), "language", "choice")
	return f
}

// insertPerson inserts an account, in a transaction or on a connection.
func insertPerson(ctx context.Context, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, id int64, n NewPerson,
) error {
	if n.vouches == 0 {
		n.vouches = id
	}
	if n.PasswordHash.encoded == "" {
		n.vouches = 0
	}
	_, err := db.Exec(ctx, `
		insert into person (
			id, role, given_name, family_name, email, phone, number, language, search, password_hash, password_by)
		values (
			@id, @role, @given_name, @family_name, @email, @phone, @number, @language, @search, @password_hash, @password_by)`,
		pgx.StrictNamedArgs{
			"id":            id,
			"role":          n.Role,
			"given_name":    n.GivenName,
			"family_name":   n.FamilyName,
			"email":         normalEmail(n.Email),
			"phone":         n.Phone,
			"number":        n.Number,
			"language":      n.Language,
			"search":        SearchText(n.GivenName, n.FamilyName, n.Email, n.Number, n.Phone),
			"password_hash": textOrNil(n.PasswordHash.encoded),
			"password_by":   idOrNil(n.vouches),
		})
	return err
}
