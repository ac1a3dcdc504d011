package bookingtest

import (
	"context"
)

// Backup copies the database of the test. restore puts the copy into its place, under the
// engines that run: connections break, and what was committed since is gone.
func (env *Env) Backup() (restore func()) {
	env.T.Helper()
	name := env.Pool.Config().ConnConfig.Database
	copied := name + "_backup"
	env.asAdmin(
		`alter database `+name+` with allow_connections false`,
		`select pg_terminate_backend(pid, 60000) from pg_stat_activity where datname = '`+name+`'`,
		`create database `+copied+` template `+name+` strategy file_copy`,
		`alter database `+name+` with allow_connections true`,
	)
	env.Pool.Reset()
	return func() {
		env.T.Helper()
		env.asAdmin(
			`drop database `+name+` with (force)`,
			`create database `+name+` template `+copied+` strategy file_copy`,
		)
		env.Pool.Reset()
	}
}

// asAdmin runs statements outside of the test's database.
func (env *Env) asAdmin(statements ...string) {
	env.T.Helper()
	ctx := context.Background()
	admin, err := connect(ctx, dsn("postgres"))
	if err != nil {
		env.T.Fatal(err)
	}
	defer admin.Close()
	for _, sql := range statements {
		if _, err := admin.Exec(ctx, sql); err != nil {
			env.T.Fatalf("%s: %v", sql, err)
		}
	}
}
