package booking

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// importedMember is a row of members as it was read.
type importedMember struct {
	NewPerson
	note    string
	known   *knownMember // nil: the person is new
	shared  string       // the address, if it is the account of somebody else
	changes []string     // facts of the known person that the run changes
}

// judgeMembers finds the people of the rows. A new person is known to the rows that follow, so a
// person who is in the file twice is found like one who is in the studio.
func judgeMembers(ctx context.Context, tx pgx.Tx, im *importRun) error {
	f, err := im.findMembers(ctx, tx)
	if err != nil {
		return err
	}
	lines := map[int64]*importedRow{} // by person: the first row that means the person
	for i, r := range im.rows {
		if i%1000 == 0 {
			im.progress(i)
		}
		m := im.readMember(r)
		r.value = m
		if r.Verdict != VerdictWrong {
			im.judgeMember(r, m, f, lines)
		}
	}
	notes, err := im.knownNotes(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range im.rows {
		if m := r.value.(*importedMember); r.Verdict == "" {
			im.compareMember(r, m, f, notes)
		}
	}
	return nil
}

// judgeMember decides whether the row is a new person, one who is there already (without a verdict
// yet), or wrong.
func (im *importRun) judgeMember(r *importedRow, m *importedMember, f *memberFinder, lines map[int64]*importedRow) {
	name := m.person(0).Name()
	found := f.find(memberMarks{number: m.Number, email: m.Email, name: name, phone: m.Phone})
	field := im.nameField()
	if found.several > 0 {
		r.refuse(about(field, "ambiguous", "n", found.several))
		return
	}
	if k := found.member; k != nil {
		if first := lines[k.ID]; first != nil {
			if slices.Equal(first.Cells, r.Cells) {
				r.Verdict = VerdictSame
				r.note(about(field, "twice", "line", first.Line))
			} else {
				r.refuse(about(field, "twice", "line", first.Line))
			}
			return
		}
		m.known, r.TargetID, lines[k.ID] = k, k.ID, r
		return
	}
	if others := f.byNumber[foldedNumber(m.Number)]; m.Number != "" && len(others) > 0 {
		r.refuse(personNote("number", "number_taken", others[0]))
		return
	}
	if found.namesake != nil {
		r.note(personNote(field, "namesake", found.namesake))
	}
	if owners := f.byEmail[m.Email]; m.Email != "" && len(owners) > 0 {
		m.shared, m.Email = m.Email, ""
		r.note(personNote("email", "shares", owners[0]))
	}
	r.Verdict = VerdictNew
	id := -int64(r.Line)
	f.add(&knownMember{PersonName: m.person(id), shared: m.shared, role: RoleMember})
	lines[id] = r
}

// compareMember sets the verdict on a row of a person who is there already.
func (im *importRun) compareMember(r *importedRow, m *importedMember, f *memberFinder, notes map[int64]string) {
	k := m.known
	r.Verdict = VerdictSame
	differs := func(field, fact string, may bool) {
		switch {
		case k.role.Staff():
			r.note(about(field, "staff_stays"))
		case !im.Updates:
			r.note(about(field, "differs"))
		case !may:
			r.note(about(field, "stays"))
		default:
			r.note(about(field, "changes"))
			r.Verdict, m.changes = VerdictUpdate, append(m.changes, fact)
		}
	}
	if folded := m.person(0).Folded(); folded != k.name {
		differs(im.nameField(), "name", true)
	}
	if number := foldedNumber(m.Number); number != "" && number != foldedNumber(k.Number) {
		differs("number", "number", len(f.byNumber[number]) == 0)
	}
	if m.Email != "" && !k.sameAddress(m.Email) {
		owners := f.byEmail[m.Email]
		// The address of an account that somebody uses is changed by the person or the desk, who
		// are told of it. An address of somebody else does not replace an own one.
		may := !k.signsIn && (len(owners) == 0 || k.Email == "")
		differs("email", "email", may)
		if slices.Contains(m.changes, "email") {
			if len(owners) > 0 {
				m.shared, m.Email = m.Email, ""
				r.note(personNote("email", "shares", owners[0]))
			} else {
				f.byEmail[m.Email] = []*knownMember{k}
			}
		}
	}
	if m.Phone != "" && m.Phone != k.Phone && (k.Phone == "" || otherPhone(m.Phone, k.Phone)) {
		differs("phone", "phone", true)
	}
	if m.Language != "" && m.Language != k.language {
		differs("language", "language", true)
	}
	if m.note != "" && m.note != strings.TrimSpace(notes[k.ID]) {
		differs("note", "note", true)
	}
}

// knownNotes reads the notes about the people whom the rows mean, if the file has notes.
func (im *importRun) knownNotes(ctx context.Context, tx pgx.Tx) (map[int64]string, error) {
	notes, ids := map[int64]string{}, []int64{}
	for _, r := range im.rows {
		if m := r.value.(*importedMember); m.known != nil && m.note != "" {
			ids = append(ids, m.known.ID)
		}
	}
	if len(ids) == 0 {
		return notes, nil
	}
	var id int64
	var note string
	rows, _ := tx.Query(ctx, `select id, note from person where id = any($1)`, ids)
	_, err := pgx.ForEachRow(rows, []any{&id, &note}, func() error {
		notes[id] = note
		return nil
	})
	return notes, during("reading the notes about members", err)
}

// readMember reads the cells of a row with the bounds of the form. A member needs no address.
func (im *importRun) readMember(r *importedRow) *importedMember {
	given, family := im.memberName(r)
	m := &importedMember{note: im.text(r, "note"), NewPerson: NewPerson{
		Role: RoleMember, GivenName: given, FamilyName: family, Email: normalEmail(im.text(r, "email")),
		Phone: cmp.Or(im.text(r, "phone"), im.text(r, "second_phone")), Number: im.text(r, "number"),
	}}
	if slices.Contains(nothingWords, m.Email) {
		m.Email = ""
	}
	if text := strings.ToLower(im.text(r, "language")); text != "" {
		word, _, _ := strings.Cut(strings.ReplaceAll(text, "_", "-"), "-") // "de-AT", "en_US"
		known := false
		if m.Language, known = languageWords[strings.TrimSpace(word)]; !known && !slices.Contains(nothingWords, text) {
			r.note(about("language", "other_language"))
		}
	}
	wrong := m.faults()
	wrong.wantPlain(m.note, MemberNoteMax, "note")
	for _, e := range wrong {
		if e.Field == "given_name" {
			e.Field = im.nameField()
		}
		r.refuse(e)
	}
	return m
}

// nothingWords are what people write into the cell of an address that they do not know.
var nothingWords = []string{"-", "–", "—", "n/a", "keine", "none", "k. a.", "k.a."}

// languageWords are the names of the languages of the program.
var languageWords = map[string]string{
	"de": "de", "deutsch": "de", "german": "de", "ger": "de", "deu": "de",
	"en": "en", "englisch": "en", "english": "en", "eng": "en",
}

// nameField is the field of names that the file has.
func (im *importRun) nameField() string {
	for _, field := range []string{"name", "family_name"} {
		if _, ok := im.Columns[field]; ok {
			return field
		}
	}
	return "given_name"
}

// memberName returns the names of a row, from columns of their own or from one: "Lena Brandt",
// "Brandt, Lena". Beside a given name alone, the column "name" may be the family name.
func (im *importRun) memberName(r *importedRow) (given, family string) {
	words := func(field string) string { return strings.Join(strings.Fields(im.text(r, field)), " ") }
	given, family = words("given_name"), words("family_name")
	name := words("name")
	switch {
	case family != "" || name == "":
		return given, family
	case given != "":
		if rest, ok := strings.CutPrefix(name, given+" "); ok {
			return given, rest
		}
		if rest, ok := strings.CutSuffix(name, " "+given); ok {
			return given, strings.TrimSuffix(rest, ",")
		}
		return given, name
	}
	return splitName(name)
}

// splitName splits a whole name. Words that begin with a small letter belong to the family name:
// "Anna von der Heide". One word is a given name.
func splitName(name string) (given, family string) {
	if last, first, ok := strings.Cut(name, ","); ok {
		return strings.TrimSpace(first), strings.TrimSpace(last)
	}
	words := strings.Fields(name)
	if len(words) < 2 {
		return name, ""
	}
	from := len(words) - 1
	for i := 1; i < len(words)-1; i++ {
		if strings.ToLower(words[i]) == words[i] && strings.ToLower(words[from]) != words[from] {
			from = i
			break
		}
	}
	return strings.Join(words[:from], " "), strings.Join(words[from:], " ")
}

func (m *importedMember) person(id int64) PersonName {
	return PersonName{ID: id, GivenName: m.GivenName, FamilyName: m.FamilyName, Number: m.Number, Email: m.Email, Phone: m.Phone}
}

// about is a remark on a field of a row, with the arguments of its sentence.
func about(field, why string, args ...any) *Error {
	e := refuse(Invalid, append([]any{"why", why}, args...)...)
	e.Field = field
	return e
}

// personNote is a remark that names another person: by the line, if the person is in the file only.
func personNote(field, why string, other *knownMember) *Error {
	if other.ID < 0 {
		return about(field, why+"_line", "line", -other.ID)
	}
	return about(field, why, "name", other.Name())
}

// writeMembers adds the new people and changes those whom the verdicts say. Nobody is told.
func writeMembers(ctx context.Context, tx pgx.Tx, im *importRun) ([]Change, error) {
	var added, changed []*importedRow
	for _, r := range im.rows {
		switch r.Verdict {
		case VerdictNew:
			added = append(added, r)
		case VerdictUpdate:
			changed = append(changed, r)
		}
	}
	if err := im.addMembers(ctx, tx, added); err != nil {
		return nil, err
	}
	return im.changeMembers(ctx, tx, changed)
}

func (im *importRun) addMembers(ctx context.Context, tx pgx.Tx, rows []*importedRow) error {
	ids, err := idsFor(ctx, tx, len(rows))
	if err != nil {
		return err
	}
	columns := strings.Fields("id role given_name family_name email shared_email phone number language note search import_id")
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"person"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		if i%1000 == 0 {
			im.progress(i)
		}
		r := rows[i]
		m := r.value.(*importedMember)
		r.TargetID = ids.next()
		return []any{
			r.TargetID, string(RoleMember), m.GivenName, m.FamilyName, textOrNil(m.Email), textOrNil(m.shared), m.Phone, m.Number,
			m.Language, m.note, SearchText(m.GivenName, m.FamilyName, m.Email+m.shared, m.Number, m.Phone), im.ID,
		}, nil
	}))
	if err != nil {
		return refusalOr("adding the members of a file", err)
	}
	_, err = tx.Exec(ctx, `
		update import_row r set target_id = n.target from unnest($2::int[], $3::bigint[]) as n(line, target)
		where r.import_id = $1 and r.line = n.line`,
		im.ID, column(rows, func(r *importedRow) int { return r.Line }), column(rows, func(r *importedRow) int64 { return r.TargetID }))
	if err != nil {
		return during("noting the members of a file", err)
	}
	return im.recordRows(ctx, tx, verbCreateMember, rows, func(*importedRow) map[string]any { return map[string]any{"import": im.ID} })
}

func (im *importRun) changeMembers(ctx context.Context, tx pgx.Tx, rows []*importedRow) ([]Change, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	notes, err := im.knownNotes(ctx, tx)
	if err != nil {
		return nil, err
	}
	var readdressed []int64
	people := make([]NewPerson, len(rows))
	shared, texts := make([]string, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		m := r.value.(*importedMember)
		k := m.known
		has := func(fact string) bool { return slices.Contains(m.changes, fact) }
		pick := func(fact, to, was string) string {
			if has(fact) {
				return to
			}
			return was
		}
		n := NewPerson{Phone: pick("phone", m.Phone, k.Phone), Number: pick("number", m.Number, k.Number)}
		n.GivenName, n.FamilyName = pick("name", m.GivenName, k.GivenName), pick("name", m.FamilyName, k.FamilyName)
		n.Email, n.Language = pick("email", m.Email, k.Email), pick("language", m.Language, k.language)
		people[i], shared[i] = n, pick("email", m.shared, k.shared)
		texts[i] = SearchText(n.GivenName, n.FamilyName, n.Email+shared[i], n.Number, n.Phone)
		if has("email") {
			readdressed = append(readdressed, k.ID)
		}
		if has("note") {
			notes[k.ID] = m.note
		} else {
			delete(notes, k.ID)
		}
	}
	updated, _ := tx.Query(ctx, `
		update person p set
			given_name = u.given, family_name = u.family, email = nullif(u.email, ''), shared_email = nullif(u.shared, ''),
			phone = u.phone, number = u.number, language = u.language, search = u.search, note = coalesce(u.note, p.note),
			email_failed_at = case when coalesce(p.email, p.shared_email, '') = u.email || u.shared then p.email_failed_at end,
			version = p.version + 1
		from unnest(
			$1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
			u(id, given, family, email, shared, phone, number, language, search, note)
		where p.id = u.id returning p.id, p.version`,
		column(rows, func(r *importedRow) int64 { return r.TargetID }),
		column(people, func(n NewPerson) string { return n.GivenName }), column(people, func(n NewPerson) string { return n.FamilyName }),
		column(people, func(n NewPerson) string { return n.Email }), shared,
		column(people, func(n NewPerson) string { return n.Phone }), column(people, func(n NewPerson) string { return n.Number }),
		column(people, func(n NewPerson) string { return n.Language }), texts,
		column(rows, func(r *importedRow) *string {
			if note, ok := notes[r.TargetID]; ok {
				return &note
			}
			return nil
		}))
	changes, err := pgx.CollectRows(updated, func(row pgx.CollectableRow) (Change, error) {
		c := Change{Kind: PersonChange}
		return c, row.Scan(&c.ID, &c.Version)
	})
	if err != nil {
		return nil, refusalOr("changing the members of a file", err)
	}
	if len(readdressed) > 0 { // what was sent to the former address opens nothing any more
		b := &pgx.Batch{}
		b.Queue(`delete from mail_link where person_id = any($1)`, readdressed)
		b.Queue(`delete from invitation where person_id = any($1)`, readdressed)
		b.Queue(`
			update delivery set state = 'cancelled', why = 'withdrawn', ended_at = clock_timestamp()
			where person_id = any($1) and kind = any($2) and state in ('waiting', 'sending')`, readdressed, linkKinds)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return nil, during("ending the links to former addresses", err)
		}
	}
	return changes, im.recordRows(ctx, tx, verbEditMember, rows, func(r *importedRow) map[string]any {
		return map[string]any{"facts": strings.Join(r.value.(*importedMember).changes, ", "), "import": im.ID}
	})
}

// recordRows writes the history of the people of the rows.
func (im *importRun) recordRows(
	ctx context.Context, tx pgx.Tx, verb historyVerb, rows []*importedRow, details func(*importedRow) map[string]any,
) error {
	columns := strings.Fields("at actor_id verb person_id details")
	at := im.now.UTC().Truncate(time.Microsecond)
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"history"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		return []any{at, idOrNil(im.actor.ID), string(verb), rows[i].TargetID, details(rows[i])}, nil
	}))
	return during("writing the history of an import", err)
}
