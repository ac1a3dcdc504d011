package present

import (
	"cmp"
	"maps"
	"time"

	"terminplan/booking"
)

// Refusal returns the sentence of a refusal in the language of the reader: the message
// error.CODE, or invalid.WHY for a wrong field. Some codes have separate messages for staff, at
// a field, or for the reason why. For nil the sentence is empty.
func (pr Presenter) Refusal(e *booking.Error) string {
	if e == nil {
		return ""
	}
	if e.Code == booking.Invalid {
		why, _ := e.Args["why"].(string)
		if name, ok := e.Args["name"].(string); ok && why == "taken" {
			if number, _ := e.Args["number"].(string); number != "" {
				name += " (" + number + ")"
			}
			return pr.Text("invalid.taken_by", "Name", name)
		}
		key := "invalid." + why
		if len(e.Args) > 1 && pr.Messages.Has(key+"_of") { // with its bounds
			args := map[string]any{"N": cmp.Or(e.Args["n"], e.Args["limit"])}
			maps.Copy(args, e.Args)
			return pr.Messages.Text(pr.Lang, key+"_of", args)
		}
		if pr.Messages.Has(key) {
			if wrong, ok := e.Args["wrong"].(string); ok { // the entries of a list
				return pr.Text(key, "Wrong", wrong)
			}
			return pr.Text(key)
		}
		return pr.Text("error.invalid")
	}
	args := map[string]any{}
	for name, value := range e.Args {
		if t, ok := value.(time.Time); ok {
			value = pr.DateTime(t)
		}
		args[name] = value
	}
	// The argument that selects the plural form, if the sentence has one.
	for _, name := range []string{"needed", "cost", "limit", "seconds", "taken", "position", "classes"} {
		if n, ok := e.Args[name]; ok {
			args["N"] = n
			break
		}
	}
	key := "error." + string(e.Code)
	if pr.Staff && pr.Messages.Has(key+"_staff") {
		key += "_staff"
	}
	if e.Field != "" && pr.Messages.Has(key+"_field") {
		key += "_field"
	}
	if why, ok := e.Args["why"].(string); ok && pr.Messages.Has(key+"_"+why) {
		key += "_" + why
	}
	return pr.Messages.Text(pr.Lang, key, args)
}
