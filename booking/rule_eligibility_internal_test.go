package booking

import "testing"

// Operations of one transaction count too, before any of them is saved.
func TestChangesWithinATransactionCount(t *testing.T) {
	s := &snapshot{changed: map[personInClass]int{}}
	p, c := &person{id: 7, role: RoleMember}, &class{Class: Class{ID: 42}}
	for range changesMax {
		if err := s.changesDenial(p, c); err != nil {
			t.Fatal(err)
		}
		s.countChange(c, p.id, p.id)
		s.countChange(c, p.id, 8) // by staff
		s.countChange(&class{Class: Class{ID: 43}}, p.id, p.id)
	}
	if err := s.changesDenial(p, c); err == nil || err.Code != LimitChanges {
		t.Errorf("got %v, want a refusal", err)
	}
	p.role = RoleFrontDesk
	if err := s.changesDenial(p, c); err != nil {
		t.Errorf("staff is limited: %v", err)
	}
}
