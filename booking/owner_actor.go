package booking

import "context"

// OwnerActor returns the owner who came first, for imports and exports at the command line.
func (rd *Reader) OwnerActor(ctx context.Context) (a Actor, err error) {
	err = rd.readPool.QueryRow(ctx, `
		select id, role, trim(given_name || ' ' || family_name), coalesce(email, '') from person
		where role = 'owner' and state = 'active' order by id limit 1`).Scan(&a.ID, &a.Role, &a.Name, &a.Email)
	return a, during("reading the owner", err)
}
