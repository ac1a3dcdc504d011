package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web"
)

// inviteCommand is the command for an owner who is locked out.
type inviteCommand struct {
	Email             string `arg:"" help:"E-mail address of the owner."`
	PublicURL         string `help:"Address of the site, for the link." placeholder:"https://…" env:"TERMINPLAN_PUBLIC_URL"`
	ResetSecondFactor bool   `help:"Also remove the owner's passkeys, app and recovery codes, and end the sessions."`
	Database
}

// invite prints a one-time link for the owner; without a public address, the code.
func invite(ctx context.Context, c inviteCommand, out, logs io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	public, err := web.ParsePublicURL(c.PublicURL)
	if err != nil {
		return fmt.Errorf("--public-url (TERMINPLAN_PUBLIC_URL): %w", err)
	}
	log := c.logger(logs)
	engine, leave, err := joinEngine(ctx, c.Database, booking.Options{Log: log})
	if err != nil {
		return err
	}
	defer leave()
	in, err := engine.InviteOwner(ctx, c.Email, c.ResetSecondFactor)
	if booking.CodeOf(err) == booking.NotFound {
		owners, err := engine.Owners(ctx)
		return errors.Join(err, fmt.Errorf(
			"%s is no active owner of this studio; the owners are: %s. Owners invite everybody else on the site",
			c.Email, strings.Join(owners, ", "),
		))
	}
	if err != nil {
		return err
	}
	until := in.ExpiresAt.UTC().Format("2006-01-02 15:04 MST")
	link := public.InvitationLink(in.Code)
	if link == "" {
		fmt.Fprintf(out, "Code for %s, to be typed at /invitation on the site until %s, once:\n%s\n", c.Email, until, in.Code)
		return nil
	}
	fmt.Fprintf(out, "Link for %s, to be opened until %s, once:\n%s\n", c.Email, until, link)
	return nil
}
