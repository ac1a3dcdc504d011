package templates

// MembersPage is the directory of customers and staff.
type MembersPage struct {
	Layout
	Query   string
	Total   int
	More    bool // there are more hits than shown
	Who     []Choice
	Sort    []Choice
	Rows    []MemberRow
	PrevURL string
	NextURL string
	New     *NewMember // the form for a new member; nil: not allowed
}

// NewMember is the form for a new member. The fields hold the text as typed.
type NewMember struct {
	Open                                        bool
	Invite                                      bool // show a code for the person's password right away
	AskShare, Share                             bool // ask whether the address is a shared one, and the answer
	GivenName, FamilyName, Email, Phone, Number string
	Bounds                                      map[string]Bound // by field
	Problems                                    []Problem
	Errors                                      map[string]string // by field
}

func (MembersPage) file() string { return "members" }

// MemberRow is one line of the directory.
type MemberRow struct {
	ID        int64
	Name      string
	Initials  string
	Email     string
	Phone     string
	Number    string
	Role      string // staff: in words; members: empty
	Suspended bool
	Credits   int
}

// MemberPage shows the profile of a person to staff.
type MemberPage struct {
	Layout
	Member Member
}

func (MemberPage) file() string { return "member" }

// Member is a tab of a profile. It is also the response to the forms in it.
type Member struct {
	ID          int64
	Name        string
	Initials    string
	Email       string
	SharedWith  string // names of others whose messages go to the address
	EmailFailed string // since when the address is undeliverable; empty: it is not
	Phone       string
	PhoneDigits string // for a link that calls; empty: there is no number
	Number      string
	Role        string // staff: in words; members: empty
	Suspended   bool
	Balance     int

	Tab  string // overview, training, credits, access, history
	Tabs []Tab

	Note             string // for staff only
	AttendanceRecord string // "2× nicht erschienen · 1× zu spät storniert"
	Upcoming         []BookedRow
	More             int // further bookings that the overview does not show
	Recurring        []RecurringItem
	Waiting          []WaitRow
	Past             []BookedRow
	Credits          Credits
	Templates        []GrantTemplate
	Access           []string // how the person gets in, in sentences
	Groups           []FormGroup
	Erasure          []FormGroup // after the suspension, as it goes further
	History          *History

	MayCancel  bool // cancel bookings and waitlist entries
	MayGrant   bool
	MaySuspend bool
	Grant      GrantForm
	Notice     Notice
	Key        string
	Path       string // of this tab
}

// Tab links to another page with the same heading.
type Tab struct {
	ID, Name, URL string
	Current       bool
}

// FormGroup holds the forms below one heading.
type FormGroup struct {
	ID      string
	Heading string
	Help    string
	Forms   []Form
}

// GrantTemplate gives a usual grant with one press.
type GrantTemplate struct {
	ID     string
	Text   string // "10er-Karte · 10 Punkte · 12 Monate"
	Key    string // of the press
	Fields []Hidden
}

// GrantForm grants credits. The fields hold the text as typed.
type GrantForm struct {
	Name      string
	Quantity  string
	Expires   string // 2026-12-31; empty: never
	Note      string
	ValidFrom string           // 2026-12-01; empty: now
	Types     []Option         // class types that it pays for; none ticked: all
	Bounds    map[string]Bound // by field
	Problems  []Problem
	Errors    map[string]string // by field: name, quantity, expires, note
}
