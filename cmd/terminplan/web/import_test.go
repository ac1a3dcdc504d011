package web

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"terminplan/booking"
)

// upload sends a file as the form of the page does.
func (a ask) upload(kind, name, content string) reply {
	a.site.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("kind", kind)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || w.Close() != nil {
		a.site.t.Fatal(err)
	}
	return a.do("POST", "/settings/data/import", w.FormDataContentType(), body.String())
}

func TestAManagerImportsAFileOnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	maja := s.as(s.Staff(booking.RoleManager, "Maja Leitung"))
	before := s.Int(`select count(*) from person`)
	sent := maja.upload("members", "../<script>Büro.csv",
		"Mitgliedsnummer;Name;E-Mail\n1;Lena Brandt;lena@example.test\n2;Paul <b>Roth;paul@\n")
	id := s.Int(`select max(id) from import`)
	at := path("/settings/data/import/%d", id)
	sent.leadsTo(at + "/columns")
	maja.get(at).leadsTo(at + "/columns")
	maja.get(at+"/columns").wants(200).shows("Lena Brandt · Paul &lt;b&gt;Roth", "&lt;script&gt;Büro.csv").hides("<script>Büro")
	maja.post(at + "/run").wants(http.StatusConflict).shows("Lass die Datei zuerst prüfen.")
	maja.post(at+"/columns", "column_2", "email").wants(422).shows("Eine Spalte mit einem davon: Vorname, Nachname, Name.",
		`value="email" selected`)
	maja.post(at+"/columns", "column_0", "name", "column_1", "name").wants(422).shows("Zwei Spalten haben diese Bedeutung.")
	maja.post(at+"/columns", "column_0", "number", "column_1", "name", "column_2", "email").leadsTo(at)
	maja.get(at).wants(200).shows("1\u00a0Mitglied importieren", "1\u00a0Zeile hat Fehler und wird nicht importiert.",
		"E-Mail: Das ist keine E-Mail-Adresse.")
	maja.get(at + "?verdict=wrong").wants(200).shows("Paul &lt;b&gt;Roth").hides("Lena Brandt")
	if got := s.Int(`select count(*) from person`); got != before {
		t.Errorf("%d people were added before the last button", got-before)
	}
	wrong := maja.get(at + "/wrong?format=csv").wants(200)
	if !strings.Contains(wrong.body, "Paul <b>Roth") || !strings.Contains(wrong.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file of wrong rows: %s %v", wrong.body, wrong.header)
	}
	maja.get(at + "/wrong?format=exe").wants(422)
	maja.post(at + "/run").leadsTo(at)
	maja.get(at).wants(200).shows("1\u00a0Zeile ist neu dazugekommen.", "Guthaben importieren")
	maja.post(at + "/run").leadsTo(at)
	if got := s.Int(`select count(*) from person`); got != before+1 {
		t.Errorf("%d people were added", got-before)
	}
	maja.get("/settings/data").wants(200).shows("Büro.csv", `href="/settings/data/export"`,
		`href="/settings/data/export/ledger?format=xlsx"`)
	maja.json().get(at).wants(200).shows(`"state":"done"`)
	maja.json().get(at + "/rows?verdict=wrong").wants(200).shows(`"field":"email"`)
	maja.get("/settings/data/templates/members?format=xlsx").wants(200)
	maja.get("/settings/data/templates/shoes").wants(404)
}

// The page offers what can be imported, and nothing else; whatever the address says.
func TestThePageOffersTheKindsThatCanBeImported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	maja := s.as(s.Staff(booking.RoleManager, "Maja Leitung"))
	for _, kind := range booking.ImportKinds {
		page, sent := maja.get("/settings/data?kind="+string(kind)).wants(200), maja.upload(string(kind), "a.csv", "A;B\n1;2\n")
		if offered := strings.Contains(page.body, `id="kind-`+string(kind)+`"`); offered != (sent.status == http.StatusSeeOther) {
			t.Errorf("%s: offered %v, and a file of it gets %d", kind, offered, sent.status)
		}
		if strings.Count(page.body, "checked>") != 1 {
			t.Errorf("%s: not exactly one kind is chosen", kind)
		}
	}
}

// Each of these gets a sentence, and changes nothing.
func TestHostileUploadsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	maja := s.as(s.Staff(booking.RoleManager, "Maja Leitung"))
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err == nil {
		_, err = io.CopyN(w, zeros{}, 100<<20)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"bomb.xlsx":    bomb.String(),
		"broken.xlsx":  "PK\x03\x04" + strings.Repeat("x", 500),
		"nothing.csv":  "",
		"header.csv":   "Name;E-Mail\n",
		"picture.png":  "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01", 400),
		"page.html":    "<!doctype html><html><body>Hallo</body></html>",
		"columns.csv":  strings.Repeat("Name;", 10_000) + "\n" + strings.Repeat("a;", 10_000) + "\n",
		"mixed.csv":    "Name;E-Mail\nJürgen;a@b.de\nJ\xfcrgen;c@d.de\nM\x00x;e@f.de\n",
		"quote.csv":    "Name;E-Mail\n\"Lena;" + strings.Repeat("a\n", 50_000),
		"password.xls": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 2000),
	} {
		r := maja.upload("members", name, content).wants(http.StatusUnprocessableEntity)
		if !strings.Contains(r.body, `id="file-error"`) {
			t.Errorf("%s: no sentence at the field: %s", name, short(r.body))
		}
	}
	big := maja.upload("members", "big.csv", "Name;E-Mail\n"+strings.Repeat("Lena Brandt;lena@example.test\n", 2_500_000)).wants(422)
	big.shows("Die Datei ist zu groß")
	maja.upload("shoes", "a.csv", "Name\nLena\n").wants(422)
	for _, kind := range []string{"multipart/form-data", "multipart/form-data; boundary=x", "multipart/mixed; boundary=x"} {
		if r := maja.do("POST", "/settings/data/import", kind, "--y\r\n\r\nz"); r.status != 415 && r.status != 422 {
			t.Errorf("%s: %d", kind, r.status)
		}
	}
	maja.do("POST", "/settings/data/import", "text/csv", "Name\nLena\n").wants(415)
	maja.post("/settings/data/import", "kind", "members").wants(422)
	formula := maja.upload("members", "formula.csv", "Name\n=HYPERLINK(\"http://evil.example\")\n").wants(303)
	maja.get(formula.header.Get("Location")).wants(200)
	if n := s.Int(`select count(*) from import`); n != 1 {
		t.Errorf("%d files were kept, want the one with a formula", n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
