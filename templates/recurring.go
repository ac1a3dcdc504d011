package templates

// RecurringPage offers the dates of a recurring booking, and afterwards shows the result for
// each date. The desk books on it for a member. Members choose in the sheet of the class.
type RecurringPage struct {
	Layout
	Title   string
	Member  string // name of the person
	BackURL string
	Choice  RecurringChoice
}

func (RecurringPage) file() string { return "recurring" }

// RecurringChoice holds the dates of a recurring booking, to choose from or with the result.
type RecurringChoice struct {
	ClassID  int64 // the first class
	MemberID int64 // staff: id of the person; 0: the signed-in member
	InSheet  bool  // a part of the sheet of the class
	Balance  int
	Cost     int             // credits per date
	Horizon  int             // number of days that a standing booking books ahead
	Dates    []RecurringDate // the results, by start
	Days     []RecurringDay  // the choices
	Sum      string          // total of the ticked dates: "4 Termine · 4 Punkte, danach 4"
	Rest     string          // "2 warten auf Punkte"; empty: none
	Standing bool
	Waitlist bool
	Done     bool // show the results
	Key      string
	Refused  string // why no date was booked; empty: none was sent, or the notice says it

	Weekdays    string // weekdays of the series: "Montag, Mittwoch"
	StandingSum string // total of the dates that a standing booking books at once
}

// RecurringDate is one date with the expected or actual result of a booking.
type RecurringDate struct {
	ClassID int64
	When    string
	// State is bookable, full, booked, waiting, pending_credits or refused.
	State  string
	Why    string // refused: a short reason
	Ticked bool

	// For the choice.
	Order        int  // by start
	Cost, Usable int  // credits: the price, and the credits that can pay for it
	Near         bool // a standing booking books it at once
	Short        bool // ticked, but the credits do not suffice
	Fixed        bool // cannot be chosen
}

// RecurringDay holds the dates on one weekday.
type RecurringDay struct {
	Weekday int             // 1 is Monday
	Label   string          // "Montag"
	Ticked  bool            // some of its dates are ticked
	Dates   []RecurringDate // the next ones
	Later   []RecurringDate
	Open    bool // show the later ones, too
}

// RecurringItem is a recurring booking in a list.
type RecurringItem struct {
	ID       int64
	Title    string
	Standing bool
	Dates    []RecurringDate
}

// EndRecurringPage shows the consequences of ending a recurring booking.
type EndRecurringPage struct {
	Layout
	ID          int64
	From        int64 // id of the first class whose booking ends; 0: all
	Already     bool  // it has ended: there is nothing to confirm
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

// EndingDate is a booking that would be cancelled, with its cost and refund.
type EndingDate struct {
	When string
	Cost int
	Late bool
}
