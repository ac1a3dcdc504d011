package booking

import "time"

// Noun tells what a [Change] is about.
type Noun string

// The nouns that changes are told about.
const (
	ClassNoun  Noun = "class"
	PersonNoun Noun = "person"
)

// Change is what a commit tells the world: an id and its new version, never a
// name. Versions of one id only grow within an epoch.
type Change struct {
	Noun     Noun
	ID       int64
	Version  int64
	StartsAt time.Time // classes: when it starts now, to find who looks at that day
}
