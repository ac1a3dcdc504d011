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
	SharedEmail          string    // of somebody else's account, where messages go; Email is empty then (rule 34)
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
		coalesce(p.shared_email, '') as shared_email,
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

// SharesEmail lists the others whose messages go to the address of a person, first the one who signs
// in with it. Refusal: Forbidden.
func (rd *Reader) SharesEmail(ctx context.Context, a Actor, m Member) ([]PersonName, error) {
	if !a.Can(SeeMembers) {
		return nil, refuse(Forbidden)
	}
	address := m.Email + m.SharedEmail
	if address == "" {
		return nil, nil
	}
	rows, _ := rd.readPool.Query(ctx, `
		select `+personNameColumns+` from person p
		where (lower(p.email) = any($1) or lower(p.shared_email) = any($1)) and p.id <> $2 and p.role <> 'guest' and p.state <> 'erased'
		order by p.email is null, p.family_name, p.given_name, p.id limit 20`, emailSpellings(address), m.ID)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n PersonName, err error) {
		return n, row.Scan(scanPersonName(&n)...)
	})
	return list, during("reading who shares an address", err)
}

// MemberEdit is the content of the profile form.
type MemberEdit struct {
	PersonID                       int64
	GivenName, FamilyName          string
	Email, Phone, Number, Language string
	Note                           string   // for staff only
	ShareEmail                     bool     // an address that is the account of somebody else becomes the contact of this person
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
		email_failed_at = case when coalesce(email, shared_email, '') = @address then email_failed_at end,
		given_name = @given_name, family_name = @family_name, email = nullif(@email, ''), shared_email = nullif(@shared, ''),
		phone = @phone, number = @number,
		language = @language, note = @note, search = @search, version = version + 1
	where id = @id returning version`

// EditMember changes a person's data. The history names the changed fields without their
// content, so that it keeps nothing that Erase must remove. A member keeps a shared address until
// it is replaced by an own one or emptied. Refusals: Forbidden, NotFound, Invalid.
func (e *Engine) EditMember(ctx context.Context, a Actor, m MemberEdit) error {
	if !a.Can(EditMembers) {
		return refuse(Forbidden)
	}
	var version int64
	err := pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		var role Role
		var was MemberEdit
		var own bool
		err := tx.QueryRow(ctx, `
			select role, email is not null, given_name, family_name, coalesce(email, shared_email, ''), phone, number, language,
				note from person
			where id = $1 and role <> 'guest' and state <> 'erased' for no key update`, m.PersonID).
			Scan(&role, &own, &was.GivenName, &was.FamilyName, &was.Email, &was.Phone, &was.Number, &was.Language, &was.Note)
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
		if wrong == nil && n.Email == "" && own {
			wrong = invalid("email", "missing")
		}
		n.Role = role
		n, shared, err := shareTaken(ctx, tx, a, m.PersonID, n, m.ShareEmail || !own && n.Email == normalEmail(was.Email), wrong)
		if err != nil {
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
			"shared":      shared,
			"address":     n.Email + shared,
			"phone":       n.Phone,
			"number":      n.Number,
			"language":    m.Language,
			"note":        strings.TrimSpace(m.Note),
			"search":      SearchText(n.GivenName, n.FamilyName, n.Email+shared, n.Number, n.Phone),
		}).Scan(&version)
		if err != nil {
			return err
		}
		if normalEmail(was.Email) != n.Email+shared || own != (n.Email != "") {
			if err := e.emailChanged(ctx, tx, m.PersonID, version, former, m.PersonID == a.ID); err != nil {
				return err
			}
		}
		changed := []string{}
		for fact, pair := range map[string][2]string{
			"name":     {was.GivenName + was.FamilyName, n.GivenName + n.FamilyName},
			"email":    {was.Email, n.Email + shared},
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
	ShareEmail            bool   // as in MemberEdit

	shared  string
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
	n, shared, err := shareTaken(ctx, e.readPool, a, 0, n, n.ShareEmail, n.check())
	if err != nil {
		return 0, err
	}
	n.shared = shared
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

// shareTaken returns the person without the address, and the address as shared, if another account
// has it and share is true. Staff sign in and need an address of their own.
func shareTaken(
	ctx context.Context, db row, a Actor, personID int64, n NewPerson, share bool, wrong error,
) (_ NewPerson, shared string, _ error) {
	err := withEmailFree(ctx, db, a, personID, n.Email, nil)
	if CodeOf(err) != Invalid && err != nil {
		return n, "", err
	}
	if err != nil && share && !n.Role.Staff() {
		shared, n.Email, err = n.Email, "", nil
	}
	var f Faults
	f.Join(wrong)
	f.Join(err)
	return n, shared, f.Err()
}

func (n NewPerson) check() error {
	f := n.faults()
	f.Want(n.Email != "", "email", "missing")
	return f.Err()
}

// faults are the wrong fields. A member may have no address: some studios know none, and people
// who share one have it as contact only.
func (n NewPerson) faults() (f Faults) {
	f.Want(n.Role == RoleMember || n.Role.Staff(), "role", "unknown")
	// One of the two is enough: there are people with one name.
	f.Want(strings.TrimSpace(n.GivenName+n.FamilyName) != "", "given_name", "no_name")
	f.wantPlain(n.GivenName, NameMax, "given_name")
	f.wantPlain(n.FamilyName, NameMax, "family_name")
	f.Want(n.Email == "" || validEmail(n.Email), "email", "email")
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
			id, role, given_name, family_name, email, shared_email, phone, number, language, search, password_hash, password_by)
		values (
			@id, @role, @given_name, @family_name, nullif(@email, ''), nullif(@shared, ''), @phone, @number, @language,
			@search, @password_hash, @password_by)`,
		pgx.StrictNamedArgs{
			"id":            id,
			"role":          n.Role,
			"given_name":    n.GivenName,
			"family_name":   n.FamilyName,
			"email":         normalEmail(n.Email),
			"shared":        n.shared,
			"phone":         n.Phone,
			"number":        n.Number,
			"language":      n.Language,
			"search":        SearchText(n.GivenName, n.FamilyName, n.Email+n.shared, n.Number, n.Phone),
			"password_hash": textOrNil(n.PasswordHash.encoded),
			"password_by":   idOrNil(n.vouches),
		})
	return err
}
