package booking

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// InvitedImport counts the active people whom an import added, by what became of their invitation.
type InvitedImport struct {
	Invited      int // now
	WereInvited  int // before, or their address is undeliverable
	Shared       int // their address is the account of somebody else
	NoAddress    int
	HavePassword int
}

// inviteEvery is the distance between the mails of an import, so that other mails go out meanwhile.
const inviteEvery = 100 * time.Millisecond

// importedPeopleSQL are the active members of an import, each with what keeps the person from being
// invited; empty: nothing.
const importedPeopleSQL = `
	select p.id, case
			when p.password_hash is not null then 'password'
			when p.email is null and p.shared_email is not null then 'shared'
			when p.email is null then 'address'
			when p.email_failed_at is not null
				or exists (select from delivery d where d.person_id = p.id and d.kind = 'invitation')
				or exists (select from invitation i where i.person_id = p.id) then 'invited'
			else '' end
	from person p
	where p.import_id = $1 and p.role = 'member' and p.state = 'active'
	order by p.id for no key update`

// InviteImported invites the people whom an import of members added, by mail: those with an address
// of their own who have no password and were not invited. A second call invites nobody again.
// Refusals: Forbidden, NotFound (no such import of members that is done).
func (e *Engine) InviteImported(ctx context.Context, a Actor, importID int64) (out InvitedImport, err error) {
	if !a.Can(EditSettings) || !a.Role.mayInvite(RoleMember) {
		return out, refuse(Forbidden)
	}
	err = pgx.BeginFunc(ctx, e.recordPool, func(tx pgx.Tx) error {
		out = InvitedImport{}
		var now time.Time
		err := tx.QueryRow(ctx, `
			select clock_timestamp() from import where id = $1 and kind = 'members' and state = 'done'
			for no key update`, importID).Scan(&now)
		if err == pgx.ErrNoRows {
			return refuse(NotFound)
		}
		if err != nil {
			return err
		}
		var people []int64
		rows, _ := tx.Query(ctx, importedPeopleSQL, importID)
		err = each(rows, func(rows pgx.Rows) error {
			var id int64
			var why string
			err := rows.Scan(&id, &why)
			switch why {
			case "password":
				out.HavePassword++
			case "shared":
				out.Shared++
			case "address":
				out.NoAddress++
			case "invited":
				out.WereInvited++
			default:
				people = append(people, id)
			}
			return err
		})
		if err != nil || len(people) == 0 {
			return err
		}
		out.Invited = len(people)
		b := &pgx.Batch{}
		b.Queue(`
			insert into delivery (key, kind, channel, person_id, details, due_at, expires_at)
			select 'invitation of import ' || $1::bigint || ' ' || x.id, $2, 'mail', x.id,
				jsonb_build_object('by', $3::bigint), x.due, x.due + $4
			from (
				select id, $5::timestamptz + (n - 1) * $6::interval as due from unnest($7::bigint[]) with ordinality u(id, n)) x
			on conflict (key) do nothing`, importID, NoticeInvitation, a.ID, invitationLife, now, inviteEvery, people)
		b.Queue(`
			insert into history (at, actor_id, verb, person_id, details)
			select $1, $2, $3, id, jsonb_build_object('import', $4::bigint) from unnest($5::bigint[]) id`,
			now, a.ID, verbInvite, importID, people)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return out, refusalOr("inviting the people of an import", err)
	}
	e.wakeRelay()
	e.log.InfoContext(ctx, "invited the people of an import", "import", importID, "people", out.Invited, "by", a.ID)
	return out, nil
}
