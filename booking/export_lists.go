package booking

import "maps"

func dayOfSQL(at string) string { return `to_char(` + at + ` at time zone word.zone, 'YYYY-MM-DD')` }

func clockOfSQL(at string) string { return `to_char(` + at + ` at time zone word.zone, 'HH24:MI')` }

func momentOfSQL(at string) string {
	return `to_char(` + at + ` at time zone word.zone, 'YYYY-MM-DD HH24:MI')`
}

// wholeHoursSQL is empty for a length that is not whole hours; minutesSQL is exact.
func wholeHoursSQL(long string) string {
	return `case when extract(epoch from ` + long + `) % 3600 = 0 then (extract(epoch from ` + long + `) / 3600)::int end`
}

func minutesSQL(long string) string { return `(extract(epoch from ` + long + `) / 60)::int` }

func yesOrNoSQL(is string) string { return `case when ` + is + ` then word.yes else word.no end` }

const (
	nameOfP         = `trim(p.given_name || ' ' || p.family_name)`
	exportedMinutes = `(extract(epoch from k.ends_at - k.starts_at) / 60)::int`
)

// The expressions of the fields that several kinds have. p is the person, k the class.
var (
	exportedMember = map[string]string{
		"member_number": `p.number`, "member_email": `coalesce(p.email, p.shared_email)`, "member_name": nameOfP,
	}
	exportedClass = map[string]string{
		"title": `k.title`, "date": dayOfSQL(`k.starts_at`), "start_time": clockOfSQL(`k.starts_at`),
		"location": `l.name`, "room": `r.name`,
	}
	exportedRules = map[string]string{
		"end_time": `case when k.ends_at - k.starts_at < interval '24 hours' then ` + clockOfSQL(`k.ends_at`) + ` end`,
		"minutes":  exportedMinutes, "class_type": `y.name`, "instructor": `trim(i.given_name || ' ' || i.family_name)`,
		"capacity": `k.capacity`, "cost": `k.cost`, "online": yesOrNoSQL(`k.online`),
		"free_cancel_hours": wholeHoursSQL(`k.free_cancel`), "free_cancel_minutes": minutesSQL(`k.free_cancel`),
		"substitute": `trim(u.given_name || ' ' || u.family_name)`, "hidden": `case when k.hidden then word.yes end`, "note": `k.note`,
	}
)

const (
	placesOfClass = ` left join location l on l.id = k.location_id left join room r on r.id = k.room_id`
	namesOfClass  = placesOfClass + ` left join class_type y on y.id = k.class_type_id left join person i on i.id = k.instructor_id
		left join person u on u.id = k.substitute_id`
)

func joinedFields(lists ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, m := range lists {
		maps.Copy(all, m)
	}
	return all
}

// Columns about a member and a class in lists that no import reads.
var (
	ofMember = []exportColumn{
		{"Mitgliedsnummer", "Member number", `p.number`},
		{"Name", "Name", nameOfP},
	}
	ofClass = []exportColumn{
		{"Kurs", "Class", `k.title`},
		{"Beginnt am", "Starts at", momentOfSQL(`k.starts_at`)},
	}
)

func columnsOf(lists ...[]exportColumn) (all []exportColumn) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// exportSources are the lists. Words of the database, such as states, are exported as they are.
var exportSources = map[ExportList]exportSource{
	ExportList(ImportMembers): {
		kind: ImportMembers,
		fields: map[string]string{
			"number": `p.number`, "given_name": `p.given_name`, "family_name": `p.family_name`,
			"email": `coalesce(p.email, p.shared_email)`, "phone": `p.phone`, "language": `p.language`, "note": `p.note`,
		},
		more: []exportColumn{
			{"Rolle", "Role", `p.role`},
			{"Status", "State", `p.state`},
			{"Angelegt am", "Created at", momentOfSQL(`p.created_at`)},
		},
		from: `person p where p.role <> 'guest' and p.state <> 'erased' order by p.family_name, p.given_name, p.id`,
	},
	ExportList(ImportPacks): {
		kind: ImportPacks,
		fields: joinedFields(exportedMember, map[string]string{
			"pack": `a.name`, "credits": `a.remaining`, "valid_from": dayOfSQL(`a.valid_from`),
			"expires": dayOfSQL(`(a.expires_at - interval '1 microsecond')`),
			"class_types": `(select string_agg(y.name, '; ' order by y.position, y.id) from class_type y
				where y.id = any(a.class_type_ids))`,
		}),
		more: []exportColumn{{"Ausgegeben", "Issued", `a.quantity`}},
		from: `account a join person p on p.id = a.person_id
			where a.kind = 'grant' and a.remaining > 0 and (a.expires_at > (select clock_timestamp())) is not false
			order by p.family_name, p.given_name, p.id, a.expires_at nulls last, a.id`,
	},
	ExportList(ImportClassTypes): {
		kind: ImportClassTypes,
		fields: map[string]string{
			"name": `y.name`, "description": `y.description`, "minutes": `y.minutes`, "capacity": `y.capacity`, "cost": `y.cost`,
			"online":            `case when y.online is not null then ` + yesOrNoSQL(`y.online`) + ` end`,
			"free_cancel_hours": wholeHoursSQL(`y.free_cancel`), "free_cancel_minutes": minutesSQL(`y.free_cancel`),
			"active": yesOrNoSQL(`y.active`),
		},
		from: `class_type y order by y.position, y.id`,
	},
	ExportList(ImportClasses): {
		kind: ImportClasses, fields: joinedFields(exportedClass, exportedRules),
		more: []exportColumn{{"Gebucht", "Booked", `k.booked`}, {"Wartend", "Waiting", `k.waiting`}},
		from: `class k` + namesOfClass + `
			where k.state = 'scheduled' and k.starts_at > (select clock_timestamp()) order by k.starts_at, k.id`,
	},
	ExportList(ImportSeries): {
		kind: ImportSeries,
		fields: joinedFields(exportedClass, exportedRules, map[string]string{
			"weekdays":    `array_to_string(s.weekdays, ', ')`,
			"from":        dayOfSQL(`k.starts_at`),
			"until":       dayOfSQL(`(select max(z.starts_at) from class z where z.series_id = s.id and z.state = 'scheduled')`),
			"every_weeks": `s.every_weeks`,
		}),
		from: `series s join lateral (select * from class z
				where z.series_id = s.id and z.state = 'scheduled' and z.starts_at > (select clock_timestamp())
				order by z.starts_at, z.id limit 1) k
			on true` + namesOfClass + ` order by k.starts_at, s.id`,
	},
	ExportList(ImportBookings): {
		kind: ImportBookings,
		fields: joinedFields(exportedMember, exportedClass, map[string]string{
			"guest": yesOrNoSQL(`p.role = 'guest'`), "cost": `b.cost`, "paid": `word.yes`,
		}),
		more: []exportColumn{{"Gebucht am", "Booked at", momentOfSQL(`b.booked_at`)}},
		from: `booking b join class k on k.id = b.class_id join person p on p.id = b.person_id` + placesOfClass + `
			where b.state in ('booked', 'checked_in') and k.starts_at > (select clock_timestamp()) order by k.starts_at, k.id, b.id`,
	},
	ExportList(ImportWaitlist): {
		kind: ImportWaitlist,
		fields: joinedFields(exportedMember, exportedClass, map[string]string{
			"position": `row_number() over (partition by e.class_id order by e.priority desc, e.seq)`,
		}),
		from: `waitlist_entry e join class k on k.id = e.class_id join person p on p.id = e.person_id` + placesOfClass + `
			where e.state in ('waiting', 'offered') and k.starts_at > (select clock_timestamp())
			order by k.starts_at, k.id, e.priority desc, e.seq`,
	},
	ExportPastClasses: {
		kind: ImportClasses, fields: joinedFields(exportedClass, exportedRules),
		more: []exportColumn{
			{"Status", "State", `k.state`}, {"Gebucht", "Booked", `k.booked`}, {"Eingecheckt", "Checked in", `k.checked_in`},
		},
		from: `class k` + namesOfClass + `
			where k.state <> 'scheduled' or k.starts_at <= (select clock_timestamp()) order by k.starts_at, k.id`,
	},
	ExportPastBookings: {
		kind:   ImportBookings,
		fields: joinedFields(exportedMember, exportedClass, map[string]string{"guest": yesOrNoSQL(`p.role = 'guest'`), "cost": `b.cost`}),
		more: []exportColumn{
			{"Status", "State", `b.state`},
			{"Gebucht am", "Booked at", momentOfSQL(`b.booked_at`)},
			{"Beendet am", "Ended at", momentOfSQL(`b.ended_at`)},
		},
		from: `booking b join class k on k.id = b.class_id join person p on p.id = b.person_id` + placesOfClass + `
			where b.state not in ('booked', 'checked_in') or k.starts_at <= (select clock_timestamp())
			order by k.starts_at, k.id, b.id`,
	},
	ExportLedger: {
		more: columnsOf([]exportColumn{{"Zeit", "Time", momentOfSQL(`t.at`)}}, ofMember, []exportColumn{
			{"Art", "Kind", `t.kind`},
			{"Gutgeschrieben", "Credited", `case when t.to_id = a.id then t.amount end`},
			{"Abgezogen", "Debited", `case when t.from_id = a.id then t.amount end`},
			{"Guthabenpaket", "Pack", `a.name`},
		}, ofClass, []exportColumn{
			{"Durch", "By", `trim(x.given_name || ' ' || x.family_name)`},
			{"Notiz", "Note", `t.note`},
		}),
		from: `transfer t join account a on a.id in (t.from_id, t.to_id) and a.kind = 'grant' join person p on p.id = a.person_id
			left join booking b on b.id = t.booking_id left join class k on k.id = b.class_id left join person x on x.id = t.actor_id
			order by t.id, a.id`,
	},
	ExportCancellations: {
		more: columnsOf([]exportColumn{{"Zeit", "Time", momentOfSQL(`b.ended_at`)}}, ofMember, ofClass, []exportColumn{
			{"Status", "State", `b.state`},
			{"Anlass", "Cause", `b.ended_cause`},
			{"Durch", "By", `trim(x.given_name || ' ' || x.family_name)`},
			{"Rechtzeitig", "In time", `case when b.in_time is not null then ` + yesOrNoSQL(`b.in_time`) + ` end`},
			{"Grund (deutsch)", "Reason (German)", `q.text_de`},
			{"Grund (englisch)", "Reason (English)", `q.text_en`},
			{"Anmerkung", "Remark", `b.reason_text`},
			{"Erstattet", "Refunded", `(select sum(t.amount) from transfer t where t.booking_id = b.id and t.kind = 'refund')`},
		}),
		from: `booking b join class k on k.id = b.class_id join person p on p.id = b.person_id
			left join person x on x.id = b.ended_by left join reason q on q.id = b.reason_id
			where b.ended_at is not null order by b.ended_at, b.id`,
	},
	ExportAttendance: {
		more: columnsOf(ofMember, ofClass, []exportColumn{
			{"Status", "State", `b.state`},
			{"Eingecheckt am", "Checked in at", momentOfSQL(`b.checked_in_at`)},
		}),
		from: `booking b join class k on k.id = b.class_id join person p on p.id = b.person_id
			where b.state in ('booked', 'checked_in', 'no_show') and k.starts_at <= (select clock_timestamp())
			order by k.starts_at, k.id, b.id`,
	},
	ExportReasons: {
		more: []exportColumn{
			{"Text (deutsch)", "Text (German)", `q.text_de`},
			{"Text (englisch)", "Text (English)", `q.text_en`},
			{"Für", "For", `q.audience`},
			{"Braucht Text", "Needs text", yesOrNoSQL(`q.needs_text`)},
			{"Aktiv", "Active", yesOrNoSQL(`q.active`)},
		},
		from: `reason q order by q.position, q.id`,
	},
	ExportPlaces: {
		more: []exportColumn{
			{"Standort", "Location", `l.name`},
			{"Adresse", "Address", `l.address`},
			{"Raum", "Room", `r.name`},
			{"Aktiv", "Active", yesOrNoSQL(`coalesce(r.active, true) and coalesce(l.active, true)`)},
		},
		from: `(location l full join room r on r.location_id = l.id) order by l.position, l.id, r.position, r.id`,
	},
	ExportHistory: {
		more: columnsOf([]exportColumn{
			{"Zeit", "Time", momentOfSQL(`h.at`)},
			{"Durch", "By", `trim(x.given_name || ' ' || x.family_name)`},
			{"Was", "What", `h.verb`},
		}, ofMember, ofClass, []exportColumn{{"Einzelheiten", "Details", `h.details`}}),
		from: `history h left join person x on x.id = h.actor_id left join person p on p.id = h.person_id
			left join class k on k.id = h.class_id
			order by h.id`,
	},
}
