package booking_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"terminplan/booking"
	"terminplan/booking/bookingtest"
)

// found returns the names that the directory and the desk find, which must be the same.
func found(t *testing.T, env *bookingtest.Env, class int64, q string) []string {
	t.Helper()
	list, _, err := env.Engine.Members(ctx, env.Owner, booking.DirectoryQuery{Search: q, Limit: booking.CandidatesMax})
	if err != nil {
		t.Fatalf("searching %q: %v", q, err)
	}
	hits, _, err := env.Candidates(ctx, env.Owner, class, q)
	if err != nil {
		t.Fatalf("searching %q at the desk: %v", q, err)
	}
	var desk []string
	for _, c := range hits {
		desk = append(desk, c.Name)
	}
	if !slices.Equal(names(list), desk) {
		t.Errorf("%q: the directory finds %v, the desk %v", q, names(list), desk)
	}
	return desk
}

// people adds members, each written as "given|family", then e-mail, number and telephone.
func people(t *testing.T, env *bookingtest.Env, list ...[4]string) {
	t.Helper()
	for i, p := range list {
		given, family, _ := strings.Cut(p[0], "|")
		if p[1] == "" {
			p[1] = fmt.Sprintf("person%d@studio.example", i)
		}
		if _, err := env.AddMember(ctx, env.Owner, booking.NewPerson{
			Role: booking.RoleMember, GivenName: given, FamilyName: family, Email: p[1], Number: p[2], Phone: p[3],
		}); err != nil {
			t.Fatalf("%v: %v", p, err)
		}
	}
}

func TestEveryKeyboardFindsEveryName(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	typed := map[string][]string{
		"İbrahim|Yılmaz": {
			"yilmaz", "YILMAZ", "Yılmaz", "yılmaz", "ibrahim", "İBRAHİM", "IBRAHIM", "ibrahim yilmaz",
			"yilmaz ibrahim", "Yılmaz, İbrahim",
		},
		"Ayşe|Kılıç":          {"kilic", "KILIC", "KILIÇ", "kılıç", "ayse"},
		"Deniz|Işık":          {"isik", "isi", "ISIK", "işık", "ısık", "IŞIK"},
		"Kjell|Sæther":        {"saether", "sather", "Sæther", "SÆTHER"},
		"Þóra|Guðmundsdóttir": {"thora", "þóra", "THORA", "gudmundsdottir", "guðm"},
		"Anne|Cœur":           {"coeur", "cour", "CŒUR"},
		"Đorđe|Živković":      {"djordje", "dorde", "đorđe", "DJORDJE", "zivkovic", "Djordje Zivkovic"},
		"Jean‑Luc|Picard":     {"jean-luc", "jean luc", "jeanluc", "Jean‑Luc", "JEAN–LUC", "luc", "jean-luc pic"},
		"Conan|O’Brien":       {"obrien", "o'brien", "o’brien", "O`Brien", "o´brien", "o brien", "OBRIEN"},
		"Ana|de la Cruz":      {"dela cruz", "delacruz", "de la cruz", "cruz", "lacruz", "la cruz", "ana dela cruz", "Ana delacruz"},
		"Piet|van der Straßen": {
			"vander", "vanderstrassen", "van der strassen", "vanderstraßen", "VAN DER STRASSEN", "straßen", "strasse", "der str",
		},
		"Kurt|Müller-Lüdenscheidt": {"lüdenscheidt", "ludenscheidt", "luedenscheidt", "müller-lüd", "muellerlued", "müllerlüdenscheidt"},
		"Ｓａｋｉ|Ｔａｎａｋａ":              {"tanaka", "ｔａｎａｋａ", "saki"},
		"Łukasz|Wójcik":            {"lukasz", "wojcik", "WÓJCIK"},
		"Søren|Kirkegård":          {"soren", "soeren", "kirkegaard", "kirkegard"},
		"Ö|X":                      {"ö x", "X, Ö", "x ö", "OE X"},
		"Bo|Å":                     {"bo å", "Å, Bo", "bo a"},
		"Niŋa|Sara":                {"ninga", "nina", "NIŊA"},
		"Jo\u0308rg|Ha\u0308rtel":  {"jörg", "joerg", "jorg", "härtel", "haertel"},
		"小龙|李":                     {"李", "小", "小龙 李", "李小龙"},
		"Ελένη|Παπαδοπούλου":       {"ελενη", "ΕΛΕΝΗ", "παπαδοπουλου", "ΠΑΠΑΔΟΠΟΎΛΟΥ"},
		"Σωκράτης|Νικολαΐδης":      {"ΣΩΚΡΑΤΗΣ", "σωκρατησ", "νικολαιδης"},
		"Алёна|Королёва":           {"алена", "КОРОЛЕВА", "алёна"},
		"🙂|Smiley":                 {"🙂", "smiley"},
		"Oxana|Xaver":              {"oxana", "xav"},
	}
	var list [][4]string
	for name := range typed {
		list = append(list, [4]string{name})
	}
	people(t, env, list...)
	for name, queries := range typed {
		want := strings.ReplaceAll(name, "|", " ")
		for _, q := range queries {
			if got := found(t, env, class, q); !slices.Equal(got, []string{want}) {
				t.Errorf("%q finds %q, want only %q", q, got, want)
			}
		}
	}
	for _, q := range []string{"%", "_", "...", "-", "'", "@@", "studiox", "q", "z"} {
		if got := found(t, env, class, q); len(got) > 0 {
			t.Errorf("%q finds %q", q, got)
		}
	}
}

func TestTheBestHitIsFirst(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	people(t, env,
		[4]string{"Samuel|Klein"}, [4]string{"Karl|Müller", "karl@studio.example", "12"}, [4]string{"Lena|Mueller", "", "20"},
		[4]string{"Lena|Müller", "lm2@studio.example", "22"}, [4]string{"Lena|Müller", "lm1@studio.example", "21"},
		[4]string{"Jan|Mülders"},
		[4]string{"Mulan|Abt"}, [4]string{"Ida|von Mulden"}, [4]string{"Lea|Åkesson"}, [4]string{"Can|Aydın"}, [4]string{"Lenard|Zorn"},
		[4]string{"Ole|Lenart"}, [4]string{"Tom|Kamuller"},
	)
	muls := []string{
		"Jan Mülders", "Lena Mueller", "Karl Müller", "Lena Müller", "Lena Müller", "Mulan Abt", "Ida von Mulden",
		"Samuel Klein", "Tom Kamuller",
	}
	for _, c := range []struct {
		q    string
		want []string
	}{
		{"lena müller", []string{"Lena Müller", "Lena Müller", "Lena Mueller"}},
		{"lena mueller", []string{"Lena Mueller", "Lena Müller", "Lena Müller"}},
		{"Müller, Lena", []string{"Lena Müller", "Lena Müller", "Lena Mueller"}},
		{"LENA MÜLLER", []string{"Lena Müller", "Lena Müller", "Lena Mueller"}},
		{"müller", []string{"Karl Müller", "Lena Müller", "Lena Müller", "Lena Mueller", "Tom Kamuller"}},
		{"mueller", []string{"Lena Mueller", "Karl Müller", "Lena Müller", "Lena Müller", "Tom Kamuller"}},
		{"müller l", []string{"Lena Mueller", "Lena Müller", "Lena Müller"}},
		{"len mü", []string{"Lena Mueller", "Lena Müller", "Lena Müller"}},
		{"lena", []string{"Lena Mueller", "Lena Müller", "Lena Müller", "Ole Lenart", "Lenard Zorn"}},
		{"muell", []string{"Karl Müller", "Lena Mueller", "Lena Müller", "Lena Müller", "Tom Kamuller"}},
		{"le", []string{"Ole Lenart", "Lea Åkesson", "Lena Mueller", "Lena Müller", "Lena Müller", "Lenard Zorn"}},
		{"m", nil},
		{"i", nil},
		{"a", nil},
		{"ex", nil},
		{"studio", nil},
		{"example", nil},
		{"Mueler", nil},
	} {
		got := found(t, env, class, c.q)
		if c.q == "Mueler" { // a typing error finds the whole family name
			if len(got) < 4 || slices.Contains(got, "Samuel Klein") {
				t.Errorf("%q finds %q", c.q, got)
			}
		} else if !slices.Equal(got, c.want) {
			t.Errorf("%q finds %q, want %q", c.q, got, c.want)
		}
	}
	for _, q := range []string{"mü", "mu", "mue", "mul", "mül"} {
		got := found(t, env, class, q)
		if len(got) < 7 || got[0] != "Jan Mülders" || slices.Index(got, "Mulan Abt") < slices.Index(got, "Karl Müller") ||
			slices.Index(got, "Ida von Mulden") < slices.Index(got, "Mulan Abt") || got[0] == "Samuel Klein" {
			t.Errorf("%q finds %q, want the order of %q", q, got, muls)
		}
	}
	hits, _, err := env.Candidates(ctx, env.Owner, class, "lena müller")
	if err != nil || hits[0].Number != "21" || hits[1].Number != "22" {
		t.Errorf("two people of one name: %+v, %v, want the number 21 first", hits, err)
	}
}

func TestNumbersTelephonesAndAddressesAreFoundAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	people(t, env,
		[4]string{"Anna|Mobil", "anna.b@studio.example", "A-77", "+49 170 5550101"},
		[4]string{"Beat|Zürcher", "beat@studio.example", "B 12", "+41 79 123 45 67"},
		[4]string{"Carl|Inland", "carl@studio.example", "00815", "0171/234567"},
		[4]string{"Dora|Null", "dora@verein.example", "", "0049 (0)30 555-1234"},
		[4]string{"Enzo|Roma", "enzo@bücher.example", "", "+39 06 698 12345"},
		[4]string{"Finn|Voll", "finn@studio.example", "", "＋４９ １６０ ９９８８７７６"},
	)
	for want, queries := range map[string][]string{
		"Anna Mobil": {
			"01705550101", "0170 5550101", "0170 555 01 01", "0170/5550101", "+49170", "+491705550101", "00491705550101",
			"+49 (0)170 555", "0049170",
			"170 555 0101", "1705550101", "0170555", "0170-5550101", "5550101", "A77", "a-77", "A 77", "a77", "77", "anna.b",
			"anna.b@", "anna.b@studio.ex",
		},
		"Beat Zürcher": {
			"0791234567", "079 123 45 67", "+4179", "+41 79 123 45 67", "0041791234567", "079123", "b12", "B 12",
			"beat@studio",
		},
		"Carl Inland": {"0171234567", "0171 234567", "+49171234567", "+49 171 234567", "0049171234567", "0171", "00815"},
		"Dora Null":   {"030 555 1234", "0305551234", "+49305551234", "+49 30", "@verein", "@verein.example"},
		"Enzo Roma":   {"0669812345", "+390669812345", "06 698", "enzo@bücher", "enzo@xn--bcher-kva.example", "@bücher.example"},
		"Finn Voll":   {"01609988776", "+49160998", "０１６０９９８８"},
	} {
		for _, q := range queries {
			if got := found(t, env, class, q); !slices.Equal(got, []string{want}) {
				t.Errorf("%q finds %q, want only %q", q, got, want)
			}
		}
	}
	for _, q := range []string{"verein", "studio", "example", "bücher", "0000", "+999999"} {
		if got := found(t, env, class, q); len(got) > 0 {
			t.Errorf("%q finds %q", q, got)
		}
	}
	if got := found(t, env, class, "@studio.example"); len(got) != 4 {
		t.Errorf("the domain finds %q, want the four people there", got)
	}
}

func TestTheDeskIsToldHowManyMoreThereAre(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	var list [][4]string
	for i := range 40 {
		list = append(list, [4]string{fmt.Sprintf("Vorname|Person%c%c", 'a'+i/26, 'a'+i%26), "", fmt.Sprint(10400 + i)})
	}
	people(t, env, list...)
	for q, want := range map[string]int{"104": 30, "person": 30, "10439": 0, "vorname personb": 4} {
		hits, more, err := env.Candidates(ctx, env.Owner, class, q)
		if err != nil || more != want || want > 0 && len(hits) != booking.CandidatesMax {
			t.Errorf("%q: %d hits and %d more, %v, want %d more", q, len(hits), more, err, want)
		}
	}
}

// A program with another fold may run beside this one for a while.
func TestNamesThatAnOlderProgramFoldedAreFoldedAgain(t *testing.T) {
	t.Parallel()
	env := bookingtest.New(t)
	class := env.Class(nil)
	people(t, env, [4]string{"Deniz|Işık", "", "A-5"}, [4]string{"Ana|de la Cruz", "", "A-6"})
	env.Exec(`update person set search = 'ısık deniz deniz@studio.example a-5' where family_name = 'Işık'`)
	env.Exec(`update person set search = '0| de la cruz ana # ' where family_name = 'de la Cruz'`)
	if got := found(t, env, class, "isik"); len(got) > 0 {
		t.Fatalf("the old text is as good as the new one: %q", got)
	}
	if err := env.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	for q, want := range map[string]string{"isik": "Deniz Işık", "a5": "Deniz Işık", "delacruz": "Ana de la Cruz"} {
		if got := found(t, env, class, q); !slices.Equal(got, []string{want}) {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
	if n := env.Int(`select count(*) from name_word where word in ('isik', 'cruz')`); n != 2 {
		t.Errorf("%d of the words isik and cruz are known", n)
	}
	if n := env.Int(`select count(*) from name_word where word = 'ısık'`); n != 0 {
		t.Error("the old spelling is still known")
	}
}
