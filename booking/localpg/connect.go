package localpg

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// address of a running server.
type address struct{ host, port, password, database string }

// dsn names every setting that pgx would otherwise take from elsewhere.
func (a address) dsn() string {
	return fmt.Sprintf("host=%s port=%s user=%s password=%s dbname=%s sslmode=disable application_name=terminplan",
		quoted(a.host), a.port, superuser, a.password, quoted(a.database))
}

// quoted is a value as the keyword form wants it.
func quoted(value string) string {
	if value != "" && !strings.ContainsAny(value, " \t\n'\\") {
		return value
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// url is the same for DATABASE_URL.
func (a address) url() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, a.password), Path: "/" + a.database}
	q := url.Values{"sslmode": {"disable"}}
	if strings.HasPrefix(a.host, "/") {
		q.Set("host", a.host)
		q.Set("port", a.port)
	} else {
		u.Host = a.host + ":" + a.port
	}
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // to PostgreSQL a plus is no space
	return u.String()
}

// Config parses the DSN or URL of a private server. It drops the run-time
// parameters that pgx takes from the environment (PGOPTIONS, PGTZ, PGAPPNAME).
func Config(dsn string) (*pgx.ConnConfig, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err == nil {
		cfg.RuntimeParams = map[string]string{"application_name": "terminplan", "timezone": "UTC"}
	}
	return cfg, err
}

// ForgetEnvironment removes every PG* variable from the environment of this
// process: they describe some other server. An address cannot defend itself
// against all of them; PGSERVICE, PGCHANNELBINDING or PGTARGETSESSIONATTRS would
// make pgx refuse even a complete one. Start calls it.
func ForgetEnvironment() {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PG") {
			_ = os.Unsetenv(name) // fails only for a name that cannot be in the list
		}
	}
}
