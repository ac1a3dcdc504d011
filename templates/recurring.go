package templates

// RecurringPage chooses the dates of a recurring booking, and afterwards says
// what became of each.
type RecurringPage struct {
	Layout
	ClassID  int64 // where it begins
	Title    string
	Member   string // staff: for whom
	MemberID int64  // staff; 0: for oneself
	Balance  int
	Cost     int             // credits per date
	Horizon  int             // days that a standing booking books ahead
	Dates    []RecurringDate // afterwards, by start
	Days     []RecurringDay  // before, to choose from
	Sum      string          // what the ticks come to: "4 Termine · 4 Punkte, danach 4"
	Rest     string          // "2 warten auf Punkte"; empty: nothing else
	Standing bool
	Waitlist bool
	Done     bool // the answer: nothing can be chosen any more
	BackURL  string
	Key      string
	Problems []Problem
	Errors   map[string]string // by field: class_id

	Weekdays    string // on which the series takes place: "Montag, Mittwoch"
	StandingSum string // what a standing booking would book at once
}

func (RecurringPage) file() string { return "recurring" }

// RecurringDate is one date with what a booking would meet, or met.
type RecurringDate struct {
	ClassID int64
	When    string
	// State is bookable, full, booked, waiting, pending_credits or refused.
	State  string
	Why    string // refused: a few words
	Ticked bool

	// Before the choice.
	Order        int  // by start
	Cost, Usable int  // credits: what it takes, what there is for it
	Near         bool // a standing booking takes it at once
	Short        bool // ticked, and the credits end before it
	Fixed        bool // cannot be chosen
}

// RecurringDay is the dates on one weekday.
type RecurringDay struct {
	Weekday int    // 1 is Monday
	Name    string // "Montag"
	Ticked  bool   // some of its dates are
	Dates   []RecurringDate
}

// RecurringItem is a recurring booking in a list.
type RecurringItem struct {
	ID       int64
	Title    string
	Standing bool
	Dates    []RecurringDate
}

// EndRecurringPage says what ending a recurring booking would do.
type EndRecurringPage struct {
	Layout
	ID          int64
	From        int64 // the class it ends with; 0: all
	Dates       []EndingDate
	Refund      int
	Reasons     []Reason
	Chosen      int64
	Text        string
	ReasonError string
	TextError   string
	Bound       Bound // of the text
	Key         string
	BackURL     string
}

func (EndRecurringPage) file() string { return "recurring_end" }

// EndingDate is one booking that would end, with its verdict.
type EndingDate struct {
	When string
	Cost int
	Late bool
}
