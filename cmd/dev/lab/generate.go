package main

import (
	"context"
	"fmt"
	"time"

	"terminplan/booking"
	"terminplan/booking/generate"
)

// generateCmd fills a studio without classes with the data of a large one, to test speed.
type generateCmd struct {
	DatabaseURL string `required:"" env:"DATABASE_URL" help:"A database without classes on which terminplan was started once."`
	Members     int    `default:"100000" help:"Number of members."`
	Bookings    int    `default:"200000" help:"Number of bookings, spread over the classes."`
	Classes     int    `default:"2000" help:"Number of classes, from 200 days ago to four weeks ahead."`
	Seed        uint64 `default:"1" help:"The same seed gives the same studio."`
}

// Run fills the database.
func (g *generateCmd) Run(ctx context.Context) error {
	pool, err := booking.Connect(ctx, g.DatabaseURL)
	if err != nil {
		return err
	}
	defer pool.Close()
	began := time.Now()
	fmt.Printf("generating %d members, %d bookings in %d classes\n", g.Members, g.Bookings, g.Classes)
	if err := generate.Studio(
		ctx, pool, generate.Size{Members: g.Members, Bookings: g.Bookings, Classes: g.Classes, Seed: g.Seed},
	); err != nil {
		return err
	}
	fmt.Printf("done after %s\n", time.Since(began).Round(time.Millisecond))
	return nil
}
