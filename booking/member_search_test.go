package booking_test

import (
	"slices"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

func names(list []booking.Member) (out []string) {
	for _, m := range list {
		out = append(out, m.Name)
	}
	return out
}

func TestPeopleAreFoundAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for _, p := range []booking.NewPerson{
		{GivenName: "Lena", FamilyName: "Müller", Email: "lena@example.test", Phone: "0171 234567", Number: "10442"},
		{GivenName: "Karl", FamilyName: "Schmidt", Email: "karl@example.test", Phone: "+49 (30) 555-1234"},
		{GivenName: "Ana", FamilyName: "Petrović", Email: "ana@example.test"},
	} {
		p.Role = booking.RoleMember
		if _, err := env.AddMember(ctx, env.Owner, p); err != nil {
			t.Fatal(err)
		}
	}
	class := env.Class(nil)
	for q, want := range map[string][]string{
		"müller": {"Lena Müller"}, "mueller lena": {"Lena Müller"}, "Mul": {"Lena Müller"}, "Mueler": {"Lena Müller"},
		"Schmit": {"Karl Schmidt"}, "Petrowic": {"Ana Petrović"},
		"0171/234567": {"Lena Müller"}, "+49 171 234567": {"Lena Müller"}, "030 / 555 12 34": {"Karl Schmidt"},
		"10442": {"Lena Müller"}, "karl@": {"Karl Schmidt"},
		"%": nil, "_": nil, "xyzzy": nil,
	} {
		list, total, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: q, Limit: 10})
		if err != nil || total != len(want) || !slices.Equal(names(list), want) {
			t.Errorf("the directory finds for %q: %v, %d, %v, want %v", q, names(list), total, err, want)
		}
		found, _, err := env.Candidates(ctx, env.Owner, class, q)
		var hits []string
		for _, c := range found {
			hits = append(hits, c.Name)
		}
		if err != nil || !slices.Equal(hits, want) {
			t.Errorf("the desk finds for %q: %v, %v, want %v", q, hits, err, want)
		}
	}
}

func TestTheFamilyNameComesFirstAndNobodyIsMissedBetweenPages(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	for _, name := range []string{"Anna Bergmann", "Bergit Adler", "Carl Berg", "Dora Amberg", "Emil Bergmann", "Ohne Treffer"} {
		env.Member(name, 0)
	}
	var all []string
	for page := range 5 {
		list, total, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: "berg", Limit: 2, Offset: 2 * page})
		if err != nil {
			t.Fatal(err)
		}
		if more := total > 2*page+len(list); more != (page < 2) {
			t.Errorf("page %d has a next one: %v", page, more)
		}
		all = append(all, names(list)...)
	}
	if want := []string{"Carl Berg", "Anna Bergmann", "Emil Bergmann", "Bergit Adler", "Dora Amberg"}; !slices.Equal(all, want) {
		t.Errorf("found %v, want %v", all, want)
	}
}

func TestANameThatNobodyHasAnyMoreIsForgotten(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	first, second := env.Member("Rosa Quitzow", 0), env.Member("Karl Quitzow", 0)
	words := func() int { return env.Int(`select count(*) from name_word where word in ('quitzow', 'rosa')`) }
	if n := words(); n != 2 {
		t.Fatalf("%d of two words are known", n)
	}
	if _, err := env.Erase(ctx, env.Owner, first.ID); err != nil {
		t.Fatal(err)
	}
	if n := words(); n != 1 {
		t.Errorf("%d words are known after Rosa was erased, want Karl's one", n)
	}
	if _, err := env.Erase(ctx, env.Owner, second.ID); err != nil {
		t.Fatal(err)
	}
	if n := words(); n != 0 {
		t.Errorf("%d words are known after both were erased", n)
	}
}

func TestTheDirectoryIsFilteredAndSorted(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	anna := env.Member("Anna Zander", 0)
	env.Member("Ben Adler", 0)
	if _, err := env.Suspend(ctx, env.Owner, anna.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    booking.DirectoryQuery
		want []string
	}{
		{booking.DirectoryQuery{}, []string{"Ben Adler", "Olga Eigner", "Anna Zander"}},
		{booking.DirectoryQuery{Who: "members"}, []string{"Ben Adler", "Anna Zander"}},
		{booking.DirectoryQuery{Who: "staff"}, []string{"Olga Eigner"}},
		{booking.DirectoryQuery{Who: "suspended"}, []string{"Anna Zander"}},
		{booking.DirectoryQuery{Sort: "newest"}, []string{"Ben Adler", "Anna Zander", "Olga Eigner"}},
		{booking.DirectoryQuery{Offset: 1, Limit: 1}, []string{"Olga Eigner"}},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 10
		}
		if list, _, err := env.Engine.Members(ctx, env.Owner, c.q); err != nil || !slices.Equal(names(list), c.want) {
			t.Errorf("%+v: %v, %v, want %v", c.q, names(list), err, c.want)
		}
	}
	if _, _, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{
		Sort: "p.id; drop table person",
	}); booking.CodeOf(err) != booking.Invalid {
		t.Errorf("an order that nobody offers: %v", err)
	}
}
