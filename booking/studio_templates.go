package booking

// StudioTemplate is a studio to begin with: its class types, its rooms, and a week of classes.
type StudioTemplate struct {
	Name       string // in requests and in the database
	Title      Words
	Hue, Glyph string

	types   []templateType
	rooms   []Words
	lessons []lesson
}

// Words is a text in the languages of the interface.
type Words struct{ German, English string }

// In returns the text in a language; the default is German.
func (w Words) In(lang string) string {
	if lang == "en" {
		return w.English
	}
	return w.German
}

func both(text string) Words { return Words{text, text} }

// Types counts the class types.
func (t *StudioTemplate) Types() int { return len(t.types) }

// Rooms counts the rooms.
func (t *StudioTemplate) Rooms() int { return len(t.rooms) }

// Classes counts the classes of a week.
func (t *StudioTemplate) Classes() (n int) {
	for _, l := range t.lessons {
		n += len(l.weekdays)
	}
	return n
}

type templateType struct {
	name              Words
	hue, glyph        string
	minutes, capacity int
	cost              int
}

// lesson is a class that takes place every week on some days. kind and room are indexes into the
// lists of the template; an empty title is the name of the type.
type lesson struct {
	title        Words
	kind, room   int
	weekdays     []int // 1 is Monday
	hour, minute int
	minutes      int
}

// StudioTemplates are the templates in the order in which they are offered. No two classes of a
// template are in one room at one time.
var StudioTemplates = []StudioTemplate{
	{
		Name: "yoga", Title: Words{"Yogastudio", "Yoga studio"}, Hue: "teal", Glyph: "lotus",
		types: []templateType{
			{both("Vinyasa"), "teal", "lotus", 75, 14, 1},
			{both("Hatha"), "sand", "sun", 75, 14, 1},
			{both("Yin"), "plum", "stretch", 75, 14, 1},
			{Words{"Yoga für den Rücken", "Yoga for your back"}, "sky", "spine", 60, 12, 1},
			{both("Pilates"), "moss", "ball", 55, 10, 1},
		},
		rooms: []Words{{"Großer Raum", "Large room"}, {"Kleiner Raum", "Small room"}},
		lessons: []lesson{
			{Words{"Morgen-Vinyasa", "Morning Vinyasa"}, 0, 0, []int{1, 3, 5}, 7, 0, 60},
			{both("Hatha Yoga"), 1, 0, []int{2, 4}, 9, 30, 75},
			{Words{}, 3, 0, []int{1, 3}, 17, 30, 60},
			{both("Vinyasa Flow"), 0, 0, []int{1, 2, 3, 4}, 18, 45, 75},
			{Words{}, 4, 1, []int{2, 4}, 18, 30, 55},
			{both("Yin Yoga"), 2, 0, []int{1, 3}, 20, 15, 75},
			{Words{"Yoga am Samstag", "Saturday yoga"}, 0, 0, []int{6}, 10, 0, 90},
			{both("Hatha Yoga"), 1, 0, []int{7}, 10, 0, 90},
			{both("Yin Yoga"), 2, 0, []int{7}, 18, 0, 75},
		},
	},
	{
		Name: "boxing", Title: Words{"Box-Gym", "Boxing gym"}, Hue: "rose", Glyph: "glove",
		types: []templateType{
			{Words{"Boxen", "Boxing"}, "rose", "glove", 90, 16, 1},
			{Words{"Fitnessboxen", "Boxing fitness"}, "ember", "sun", 60, 20, 1},
			{Words{"Athletik", "Strength"}, "slate", "dumbbell", 60, 16, 1},
			{Words{"Kinderboxen", "Kids' boxing"}, "sky", "glove", 60, 14, 1},
		},
		rooms: []Words{{"Halle", "Main floor"}},
		lessons: []lesson{
			{Words{}, 3, 0, []int{1, 3}, 17, 0, 60},
			{Words{}, 1, 0, []int{1, 3, 5}, 18, 0, 60},
			{Words{"Boxen: Grundlagen", "Boxing: basics"}, 0, 0, []int{1, 3}, 19, 15, 90},
			{Words{}, 2, 0, []int{2, 4}, 18, 0, 60},
			{Words{"Boxen: Fortgeschrittene", "Boxing: advanced"}, 0, 0, []int{2, 4}, 19, 15, 90},
			{both("Sparring"), 0, 0, []int{5}, 19, 15, 60},
			{Words{}, 1, 0, []int{6}, 10, 0, 60},
			{Words{}, 2, 0, []int{6}, 11, 15, 60},
		},
	},
	{
		Name: "fitness", Title: Words{"Fitnessclub", "Fitness club"}, Hue: "slate", Glyph: "dumbbell",
		types: []templateType{
			{both("Yoga"), "teal", "lotus", 60, 20, 1},
			{both("Pilates"), "plum", "ball", 55, 12, 1},
			{both("Cycling"), "ember", "bike", 45, 18, 1},
			{Words{"Kraft", "Strength"}, "slate", "dumbbell", 55, 16, 1},
			{Words{"Rücken", "Back care"}, "sky", "spine", 55, 20, 1},
			{both("HIIT"), "sand", "sun", 30, 16, 1},
			{both("Mobility"), "moss", "stretch", 45, 20, 1},
			{Words{"Boxen", "Boxing"}, "rose", "glove", 60, 16, 1},
		},
		rooms: []Words{{"Saal 1", "Studio 1"}, {"Saal 2", "Studio 2"}, {"Cycling-Raum", "Cycling room"}},
		lessons: []lesson{
			{Words{}, 6, 0, []int{1, 2, 3, 4, 5}, 7, 0, 45},
			{Words{"Rücken Fit", "Healthy back"}, 4, 0, []int{1, 3, 5}, 9, 30, 55},
			{both("Hatha Yoga"), 0, 0, []int{2, 4}, 9, 30, 60},
			{Words{"HIIT am Mittag", "Lunchtime HIIT"}, 5, 1, []int{1, 2, 3, 4, 5}, 12, 15, 30},
			{Words{"Kraftzirkel", "Strength circuit"}, 3, 0, []int{1, 3}, 17, 30, 55},
			{Words{"Fitnessboxen", "Boxing fitness"}, 7, 0, []int{2, 4}, 17, 30, 60},
			{Words{}, 2, 2, []int{1, 2, 3, 4}, 18, 30, 45},
			{both("Yoga Flow"), 0, 0, []int{1, 3}, 18, 45, 60},
			{Words{}, 1, 1, []int{2, 4}, 18, 45, 55},
			{Words{}, 2, 2, []int{5}, 17, 30, 45},
			{Words{}, 2, 2, []int{6}, 10, 0, 60},
			{both("Yoga Flow"), 0, 0, []int{6}, 10, 0, 75},
			{Words{"Kraftzirkel", "Strength circuit"}, 3, 0, []int{6}, 11, 30, 55},
			{Words{"Rücken Fit", "Healthy back"}, 4, 0, []int{7}, 10, 0, 55},
		},
	},
	{
		Name: "club", Title: Words{"Verein", "Sports club"}, Hue: "moss", Glyph: "stretch",
		types: []templateType{
			{Words{"Gymnastik", "Gymnastics"}, "moss", "stretch", 60, 25, 0},
			{Words{"Rückenschule", "Back care"}, "sky", "spine", 60, 20, 0},
			{Words{"Zirkeltraining", "Circuit training"}, "slate", "dumbbell", 60, 24, 0},
			{both("Yoga"), "teal", "lotus", 75, 20, 0},
			{both("Volleyball"), "ember", "ball", 120, 18, 0},
			{Words{"Kinderturnen", "Kids' gym"}, "sand", "sun", 60, 20, 0},
		},
		rooms: []Words{{"Turnhalle", "Sports hall"}},
		lessons: []lesson{
			{Words{}, 5, 0, []int{1, 3}, 16, 0, 60},
			{Words{}, 1, 0, []int{1, 4}, 18, 0, 60},
			{Words{}, 2, 0, []int{2}, 18, 0, 60},
			{Words{}, 0, 0, []int{3}, 18, 0, 60},
			{Words{}, 3, 0, []int{3}, 19, 15, 75},
			{Words{}, 2, 0, []int{4}, 19, 15, 60},
			{Words{}, 4, 0, []int{5}, 19, 0, 120},
			{Words{"Gymnastik 60+", "Gymnastics 60+"}, 0, 0, []int{6}, 10, 0, 60},
		},
	},
}
