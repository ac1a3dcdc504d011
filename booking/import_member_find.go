package booking

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// knownMember is a member or a member of staff as rows of a file are compared with it.
type knownMember struct {
	PersonName
	shared   string // the address of another person that the messages go to
	language string
	role     Role
	signsIn  bool   // has a password
	name     string // as PersonName.Folded
}

// sameAddress reports whether the person gets messages at the address, which is normal.
func (m *knownMember) sameAddress(email string) bool {
	return email != "" && (normalEmail(m.Email) == email || normalEmail(m.shared) == email)
}

// address is where the person gets messages; empty: nowhere.
func (m *knownMember) address() string {
	if m.Email != "" {
		return m.Email
	}
	return m.shared
}

// memberFinder finds the members that the rows of a file mean. It has everybody who is not erased
// and no guest, since a file of bookings names the same people again and again.
type memberFinder struct {
	byID     map[int64]*knownMember
	byNumber map[string][]*knownMember
	byDigits map[string][]*knownMember // by number without leading zeros, which spreadsheets drop
	byEmail  map[string][]*knownMember // own address
	byShared map[string][]*knownMember
	byName   map[string][]*knownMember
}

func newMemberFinder() *memberFinder {
	return &memberFinder{
		byID: map[int64]*knownMember{}, byNumber: map[string][]*knownMember{}, byDigits: map[string][]*knownMember{},
		byEmail: map[string][]*knownMember{}, byShared: map[string][]*knownMember{}, byName: map[string][]*knownMember{},
	}
}

// findMembers reads all members and staff, with one statement.
func (im *importRun) findMembers(ctx context.Context, tx pgx.Tx) (*memberFinder, error) {
	f := newMemberFinder()
	rows, _ := tx.Query(ctx, `
		select `+personNameColumns+`, coalesce(p.shared_email, ''), p.language, p.role, p.password_hash is not null from person p
		where p.role <> 'guest' and p.state <> 'erased' order by p.id`)
	err := each(rows, func(rows pgx.Rows) error {
		m := &knownMember{}
		err := rows.Scan(append(scanPersonName(&m.PersonName), &m.shared, &m.language, &m.role, &m.signsIn)...)
		f.add(m)
		return err
	})
	return f, during("reading the members that a file may mean", err)
}

// add makes a person known to the finder.
func (f *memberFinder) add(m *knownMember) {
	f.byID[m.ID], m.name = m, m.Folded()
	put := func(index map[string][]*knownMember, key string) {
		if key != "" {
			index[key] = append(index[key], m)
		}
	}
	number := foldedNumber(m.Number)
	put(f.byNumber, number)
	put(f.byDigits, strings.TrimLeft(number, "0"))
	put(f.byEmail, normalEmail(m.Email))
	put(f.byShared, normalEmail(m.shared))
	put(f.byName, m.name)
}

// foldedNumber is a member number without case and punctuation.
func foldedNumber(number string) string { return joined(strings.Fields(Fold(number))...) }

// of returns the member that a row means by number, e-mail address and name, each of which may be
// empty. The problem says why there is none: unknown_member, or ambiguous with how many there are.
func (f *memberFinder) of(_ *importedRow, number, email, name string) (personID int64, problem *Error) {
	found := f.find(memberMarks{number: number, email: email, name: name})
	if found.member != nil {
		return found.member.ID, nil
	}
	field := "member_number"
	switch {
	case number == "" && email != "":
		field = "member_email"
	case number == "":
		field = "member_name"
	}
	if found.several > 1 {
		problem = invalid(field, "ambiguous")
		problem.Args["n"] = found.several
		return 0, problem
	}
	return 0, invalid(field, "unknown_member")
}

// nameOf is the name of the person of a row, from one column or from two.
func (im *importRun) nameOf(r *importedRow) string {
	if name := im.text(r, "member_name"); name != "" {
		return name
	}
	return strings.TrimSpace(im.text(r, "member_given_name") + " " + im.text(r, "member_family_name"))
}

// memberOf returns the member whom a row names in the fieldsOfMember. The problem is that of
// [memberFinder.of], or missing.
func (im *importRun) memberOf(r *importedRow, f *memberFinder) (personID int64, problem *Error) {
	number, email, name := im.text(r, "member_number"), im.text(r, "member_email"), im.nameOf(r)
	id, problem := f.of(r, number, email, name)
	if problem == nil {
		return id, nil
	}
	if number+email+name == "" {
		problem = invalid(problem.Field, "missing")
	}
	if _, has := im.Columns[problem.Field]; !has { // name a column that the file has
		for _, c := range fieldsOfMember {
			if _, has := im.Columns[c.Field]; has {
				problem.Field = c.Field
				break
			}
		}
	}
	return 0, problem
}

// memberMarks is what a row says about a person, as it is typed.
type memberMarks struct{ number, email, name, phone string }

// foundMember is the result of a search for the person of a row.
type foundMember struct {
	member   *knownMember
	several  int          // how many people it may be; member is nil then
	namesake *knownMember // has the name of the row, but is somebody else
}

// find looks for the member by number, then by own address, then by shared address and name, then
// by name. A person whom the other marks contradict is another one.
func (f *memberFinder) find(m memberMarks) foundMember {
	number, email := foldedNumber(m.number), normalEmail(m.email)
	name := PersonName{GivenName: m.name}.Folded()
	var out foundMember
	pick := func(list []*knownMember, fits func(*knownMember) bool) bool {
		var fitting []*knownMember
		for _, one := range list {
			if fits(one) {
				fitting = append(fitting, one)
			}
		}
		if len(fitting) > 1 { // those with exactly this name and address
			for _, exact := range []func(*knownMember) bool{
				func(k *knownMember) bool { return k.name == name },
				func(k *knownMember) bool { return k.sameAddress(email) },
			} {
				if better := slices.DeleteFunc(slices.Clone(fitting), func(k *knownMember) bool { return !exact(k) }); len(better) > 0 {
					fitting = better
				}
			}
		}
		switch len(fitting) {
		case 0:
			return false
		case 1:
			out.member = fitting[0]
		default:
			out.several = len(fitting)
		}
		return true
	}
	if number != "" {
		list := f.byNumber[number]
		if len(list) == 0 {
			list = f.byDigits[strings.TrimLeft(number, "0")]
		}
		if pick(list, func(k *knownMember) bool { return name == "" || k.sameAddress(email) || wordsMeet(k.name, name) }) {
			return out
		}
	}
	otherNumber := func(k *knownMember) bool {
		known := foldedNumber(k.Number)
		return number != "" && known != "" && strings.TrimLeft(known, "0") != strings.TrimLeft(number, "0")
	}
	if email != "" {
		// Those of this name come first, then the owner of the address, whose name may be spelled
		// otherwise in the file.
		all := append(slices.Clone(f.byEmail[email]), f.byShared[email]...)
		if name != "" && pick(all, func(k *knownMember) bool { return k.name == name }) {
			return out
		}
		if pick(f.byEmail[email], func(k *knownMember) bool { return !otherNumber(k) && (name == "" || similarName(k, name)) }) {
			return out
		}
		if name == "" && pick(f.byShared[email], func(k *knownMember) bool { return !otherNumber(k) }) {
			return out
		}
	}
	if name == "" {
		return out
	}
	pick(f.byName[name], func(k *knownMember) bool {
		contradicts := otherNumber(k) || email != "" && k.address() != "" && !k.sameAddress(email) || otherPhone(k.Phone, m.phone)
		if contradicts && out.namesake == nil {
			out.namesake = k
		}
		return !contradicts
	})
	return out
}

// otherPhone reports whether two telephone numbers differ, however they are spelled. A number that
// is not known differs from none.
func otherPhone(a, b string) bool {
	_, one := splitPhone(a)
	_, other := splitPhone(b)
	return one != "" && other != "" && !strings.HasSuffix(one, other) && !strings.HasSuffix(other, one)
}

// wordsMeet reports whether two folded names have a word in common: people change one of their
// names, but hardly both.
func wordsMeet(a, b string) bool {
	words := strings.Fields(b)
	return slices.ContainsFunc(strings.Fields(a), func(w string) bool { return slices.Contains(words, w) })
}

// generations are words, folded, that tell parents from children of the same name.
var generations = strings.Fields("jun junior jr sen senior sr ii iii")

// similarName reports whether a folded name may be that of the person with more or fewer words, or
// with another family name. Others of the family have other given names.
func similarName(k *knownMember, name string) bool {
	words, known := strings.Fields(name), strings.Fields(k.name)
	for _, w := range generations {
		if slices.Contains(words, w) != slices.Contains(known, w) {
			return false
		}
	}
	within := !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(known, w) })
	given := strings.Fields(Fold(k.GivenName))
	return within || len(given) > 0 && slices.Contains(words, given[0])
}
