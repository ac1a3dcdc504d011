package present

import "terminplan/booking"

// importExamples are the cells of the example row of templates, by the field. Those of a kind
// come first.
var importExamples = map[string]string{
	"number": "1042", "given_name": "Lena", "family_name": "Brandt", "email": "lena.brandt@example.org", "phone": "0171 5550142",
	"member_number": "1042", "member_email": "lena.brandt@example.org", "credits": "8",
	"valid_from": "2027-01-01", "expires": "2027-06-30", "title": "Yoga Flow", "date": "2027-01-11", "start_time": "18:30",
	"end_time": "19:30", "minutes": "60", "class_type": "Yoga", "class_types": "Yoga, Pilates", "capacity": "14", "cost": "1",
	"free_cancel_hours": "24", "from": "2027-01-04", "until": "2027-06-30", "every_weeks": "1", "position": "1",
	"class_types/name": "Yoga",
}

// ImportExample is the example of a field in the template of a kind; empty for fields that are
// better left empty.
func (pr Presenter) ImportExample(kind booking.ImportKind, field string) string {
	if text, ok := importExamples[string(kind)+"/"+field]; ok {
		return text
	}
	switch field {
	case "language":
		return string(pr.Lang)
	case "weekdays":
		return pr.Text("text.import_example_weekdays")
	case "online", "paid":
		return pr.Text("field.yes")
	case "pack":
		return pr.Text("text.import_example_pack")
	}
	return importExamples[field]
}
