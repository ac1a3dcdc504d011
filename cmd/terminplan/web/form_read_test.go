package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

func TestOnlyPathsOfThisSiteAreFollowed(t *testing.T) {
	for _, next := range []string{"/schedule", "/schedule?date=2026-11-25&view=week", "/classes/42"} {
		if got := localPath(next, "/"); got != next {
			t.Errorf("localPath(%q) = %q", next, got)
		}
	}
	for _, next := range []string{
		"", "schedule", "//evil.example", `/\evil.example`, "https:evil.example", "https://evil.example/", "javascript:alert(1)",
		"/\t/evil.example", "\t//evil.example", "/a\r\nSet-Cookie: x=1", "/%5c%5cevil", "/ evil", "/%2f%2fevil" + strings.Repeat("x", 2000),
	} {
		if got := localPath(next, "/safe"); got != "/safe" {
			t.Errorf("localPath(%q) = %q, want the fallback", next, got)
		}
	}
}

func TestIDsAreReadStrictly(t *testing.T) {
	for s, want := range map[string]int64{"1": 1, "42": 42, "9223372036854775807": 9223372036854775807} {
		if got, ok := parseID(s); !ok || got != want {
			t.Errorf("parseID(%q) = %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "0", "-1", "+1", "01", "1.0", "1e3", "9223372036854775808", "99999999999999999999", "٣", "1 ", "0x1"} {
		if _, ok := parseID(s); ok {
			t.Errorf("parseID(%q) was accepted", s)
		}
	}
}

func TestAFormAndAJSONBodyReadTheSame(t *testing.T) {
	want := url.Values{"cost_seen": {"2"}, "refundable_seen": {"1"}, "member_id": {"7", "9"}, "text": {"zu spät"}}
	fromJSON, err := readBody(
		post("application/json", `{"cost_seen":2,"refundable_seen":true,"member_id":[7,9],"text":"zu spät","none":null}`),
	)
	if err != nil {
		t.Fatal(err)
	}
	fromForm, err := readBody(post("application/x-www-form-urlencoded", want.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	for key, values := range want {
		if strings.Join(fromJSON[key], ",") != strings.Join(values, ",") || strings.Join(fromForm[key], ",") != strings.Join(values, ",") {
			t.Errorf("%s: JSON %v, form %v, want %v", key, fromJSON[key], fromForm[key], values)
		}
	}
}

func TestMalformedBodiesAreRefused(t *testing.T) {
	form, json := "application/x-www-form-urlencoded", "application/json"
	for name, c := range map[string]struct {
		kind, body string
		want       booking.Code
	}{
		"NUL":              {form, "text=a%00b", booking.Invalid},
		"invalid UTF-8":    {form, "text=%ff", booking.Invalid},
		"NUL in JSON":      {json, `{"text":"a\u0000b"}`, booking.Invalid},
		"broken escape":    {form, "text=%zz", booking.Invalid},
		"20,000 values":    {form, strings.Repeat("a&", 20_000), booking.Invalid},
		"too long":         {form, "text=" + strings.Repeat("a", maxBody), tooLarge},
		"nested":           {json, `{"a":{"b":1}}`, booking.Invalid},
		"deep":             {json, strings.Repeat(`{"a":`, 10_000), booking.Invalid},
		"a list":           {json, `[1]`, booking.Invalid},
		"two documents":    {json, `{}{}`, booking.Invalid},
		"plain text":       {"text/plain", `{"a":1}`, wrongType},
		"multipart":        {"multipart/form-data; boundary=x", "--x--", wrongType},
		"no type":          {"", "a=b", wrongType},
		"a malformed type": {"application/", "a=b", wrongType},
	} {
		if _, err := readBody(post(c.kind, c.body)); booking.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	zipped := post(json, "{}")
	zipped.Header.Set("Content-Encoding", "gzip")
	if _, err := readBody(zipped); booking.CodeOf(err) != wrongType {
		t.Errorf("a compressed body: %v", err)
	}
}

func TestNumbersOutsideTheirRangeNameTheirField(t *testing.T) {
	for _, value := range []string{"-1", "1001", "1.5", "2147483648", "9223372036854775808", "NaN", "0x10", "zwei"} {
		f := form{values: url.Values{"capacity": {value}}}
		f.number("capacity", 0, 1000, 0)
		if len(f.faults) != 1 || f.faults[0].Field != "capacity" {
			t.Errorf("%s: %v", value, f.faults)
		}
	}
}

func TestDatesThatDoNotExistAreRefused(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []string{
		"2026-02-29", "2026-11-31", "0000-01-01", "9999-01-01", "275760-09-13", "infinity", "gestern", "2026-1-1",
	} {
		f := form{values: url.Values{"date": {day}}}
		f.day("date", berlin)
		if f.failed() == nil {
			t.Errorf("%s was accepted", day)
		}
	}
}

// Forms, series and the start of a day convert a wall clock to the same instant (rule 22).
func TestATimeOfDayThatAClockChangeSkipsOrRepeatsIsTheFirstInstant(t *testing.T) {
	for _, c := range []struct{ zone, date, clock, want string }{
		{"Europe/Berlin", "2027-10-31", "02:30", "2027-10-31T00:30:00Z"}, // occurs twice
		{"Europe/Berlin", "2027-03-28", "02:30", "2027-03-28T01:00:00Z"}, // is skipped
		{"America/Santiago", "2027-09-05", "00:30", "2027-09-05T04:00:00Z"},
		{"Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-03T14:45:00Z"},
		{"Europe/Berlin", "2027-06-01", "18:00", "2027-06-01T16:00:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, values := range []url.Values{{"date": {c.date}, "time": {c.clock}}, {"date": {c.date + "T" + c.clock}}} {
			f := form{values: values}
			if got := f.localTime("date", "time", zone, booking.CalendarDay(time.Now(), zone)).UTC().Format(time.RFC3339); got != c.want ||
				f.failed() != nil {
				t.Errorf("%s, %v: %s, want %s (%v)", c.zone, values, got, c.want, f.failed())
			}
		}
	}
	santiago, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	// This day has no midnight; it begins at 01:00.
	const begins = "2027-09-05T01:00:00-03:00"
	f := form{values: url.Values{"date": {"2027-09-05"}}}
	if got := f.day("date", santiago).Format(time.RFC3339); got != begins {
		t.Errorf("the day begins at %s", got)
	}
	f = form{values: url.Values{"date": {"2027-09-04"}}}
	if got := present.AddDays(f.day("date", santiago), 1).Format(time.RFC3339); got != begins {
		t.Errorf("the next day begins at %s", got)
	}
}

func TestTheLanguageIsChosenElseOfTheBrowserElseOfTheStudio(t *testing.T) {
	both, german, english := []string{"de", "en"}, []string{"de"}, []string{"en"}
	for _, c := range []struct {
		pressed, account, cookie, accept string
		offered                          []string
		studio, want                     string
	}{
		// A chosen language: the last press, else the account's, else this browser's.
		{"", "en", "", "de", both, "de", "en"},
		{"", "de", "en", "en", both, "en", "de"},
		{"", "", "en", "de", both, "de", "en"},
		{"en", "de", "de", "de", both, "de", "en"},
		{"browser", "de", "", "en", both, "de", "en"},
		// The language of the browser, by order and weights.
		{"", "", "", "en-GB,en;q=0.9,de;q=0.1", both, "de", "en"},
		{"", "", "", "de;q=0.3, en;q=0.8", both, "de", "en"},
		{"", "", "", "en;q=0, de;q=0.1", both, "en", "de"},
		{"", "", "", "fr, en;q=0.5", both, "de", "en"},
		{"", "", "", "de-AT", both, "en", "de"},
		{"", "", "", "DE-ch", both, "en", "de"},
		// The language of the studio, if the browser asks for none that it offers.
		{"", "", "", "fr-FR", both, "en", "en"},
		{"", "", "", "", both, "en", "en"},
		{"xx", "yy", "zz", ";;;,,=", both, "de", "de"},
		{"", "", "", strings.Repeat("en,", 300), both, "de", "de"},
		{"en", "en", "en", "en", german, "de", "de"},
		{"", "", "", "de", english, "en", "en"},
		// The studio could not be read.
		{"", "", "", "en", nil, "", "en"},
		{"", "", "", "", nil, "", "de"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", c.accept)
		for name, value := range map[string]string{pressedCookie: c.pressed, languageCookie: c.cookie} {
			if value != "" {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		}
		if got := languageOf(r, c.account, booking.Studio{Language: c.studio, Languages: c.offered}); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestAForgedForwardedForIsIgnored(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "192.0.2.1:1234"
	r.Header.Set("X-Forwarded-For", "6.6.6.6, 10.0.0.9")
	if got := (&Server{}).address(r); got != "192.0.2.1" {
		t.Errorf("without a proxy: %s", got)
	}
	behind := &Server{proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.0/8")}}
	if got := behind.address(r); got != "6.6.6.6" {
		t.Errorf("behind proxies: %s", got)
	}
	if a, b := rateLimitKey("2001:db8::1"), rateLimitKey("2001:db8::ffff:1"); a != b {
		t.Errorf("addresses in one network of 64 bits have two keys: %s, %s", a, b)
	}
}

func TestTheRateLimitIsPerKey(t *testing.T) {
	l := newRateLimiter(0.001, 2)
	for i, want := range []bool{true, true, false} {
		if l.allow("a") != want {
			t.Errorf("request %d with a limit of two: allowed %v, want %v", i+1, !want, want)
		}
	}
	if !l.allow("b") {
		t.Error("another key shares the limit of the first")
	}
}

func post(kind, body string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

// FuzzBodies looks for a body that causes a panic or gives values that PostgreSQL refuses.
func FuzzBodies(f *testing.F) {
	f.Add("application/json", `{"a":[1,true,null,"x"]}`)
	f.Add("application/x-www-form-urlencoded", "a=1&b=%00&c=%ff")
	f.Fuzz(func(t *testing.T, kind, body string) {
		values, err := readBody(post(kind, body))
		if err != nil {
			return
		}
		for key, list := range values {
			for _, value := range list {
				if !validText(key) || !validText(value) {
					t.Errorf("the invalid text %q=%q was accepted", key, value)
				}
			}
		}
	})
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/schedule?date=2026-11-25")
	f.Add(`/\\evil.example`)
	f.Fuzz(func(t *testing.T, next string) {
		got := localPath(next, "/safe")
		u, err := url.Parse("https://own.example")
		if err != nil {
			t.Fatal(err)
		}
		to, err := u.Parse(got)
		if err != nil || to.Host != "own.example" || strings.ContainsAny(got, "\r\n\\") {
			t.Errorf("%q leads to %q", next, got)
		}
	})
}
