package booking

import "time"

// ChangeKind is the kind of thing that a [Change] is about.
type ChangeKind string

// The kinds of things that change.
const (
	ClassChange  ChangeKind = "class"
	PersonChange ChangeKind = "person"
)

// Change announces what a commit changed: an id and its new version, never a name. Within
// an epoch the version of an id only grows.
type Change struct {
	Kind     ChangeKind
	ID       int64
	Version  int64
	StartsAt time.Time // classes: the present start, to find the pages that show that day
}
