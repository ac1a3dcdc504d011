package web

import (
	"slices"
	"strings"

	"terminplan/booking"
	"terminplan/cmd/terminplan/web/present"
)

// access is a set of persons who may use a route. Handlers also ask the engine about the
// object, for instance about the owner of a booking.
type access struct {
	name        string
	public      bool
	anonymous   bool                 // the response is the same for everybody, so nobody is identified
	permissions []booking.Permission // one of them is enough; empty: any signed-in person
}

var (
	everybody = access{name: "everybody", public: true}
	anonymous = access{name: "anonymous", public: true, anonymous: true}
	signedIn  = access{name: "signed in"}
	staff     = requireAny("staff", booking.SeeSchedule)
	desk      = requireAny("edit participants", booking.EditParticipants)
	checker   = requireAny("check in", booking.SeeSchedule) // the engine limits instructors to their classes
	directory = requireAny("see members", booking.SeeMembers)
	granter   = requireAny("grant credits", booking.GrantCredits)
	memberEd  = requireAny("edit members", booking.EditMembers)
	settingEd = requireAny("edit settings", booking.EditSettings)
	corrector = requireAny("correct credits", booking.CorrectCredits)
	forgiver  = requireAny("refund anyway", booking.RefundAnyway)
	roleEd    = requireAny("edit roles", booking.EditRoles)
	classEd   = requireAny("edit classes", booking.EditClasses)
)

// requireAny is the access for persons with one of the permissions.
func requireAny(name string, p ...booking.Permission) access {
	return access{name: name, permissions: p}
}

func (w access) allows(a booking.Actor) bool {
	if w.public || a.ID != 0 && len(w.permissions) == 0 {
		return true
	}
	return slices.ContainsFunc(w.permissions, a.Can)
}

// route is one line of the table of routes.
type route struct {
	method, path string
	access       access
	handler      func(*Server, *request) (response, error)
}

// probe reports whether proxies use the route, not browsers.
func (rt route) probe() bool { return rt.path == "/healthz" || rt.path == "/readyz" }

// guess reports whether strangers can try passwords, codes, links or addresses by the route.
func (rt route) guess() bool {
	return rt.method == "POST" &&
		slices.Contains([]string{
			"/login", "/login/second", "/login/passkey", "/invitation", "/reset", "/reset/:token", "/address/:token",
			"/register", "/register/code", "/register/mail", "/registration/:token",
		}, rt.path)
}

// oneClick reports whether mail programs post to the route: from other origins, without cookies,
// and also with multipart bodies (RFC 8058). The token in the path is the permission.
func (rt route) oneClick() bool { return rt.method == "POST" && rt.path == unsubscribePath }

// upload reports whether the body of the route is a file, which its handler reads as it comes.
func (rt route) upload() bool { return rt.method == "POST" && rt.path == "/settings/data/import" }

// beforeFactor reports whether a person whose role demands a second factor may use the route before
// one is set up: to set it up, and what needs no session.
func (rt route) beforeFactor() bool {
	return rt.access.public && rt.path != "/" || strings.HasPrefix(rt.path, present.SecondFactorPath)
}

// socket reports whether the route becomes a WebSocket.
func (rt route) socket() bool { return strings.HasSuffix(rt.path, "/live") }

// routes is the table of all routes. The authorization test is generated from it.
var routes = []route{
	{"GET", "/", everybody, (*Server).home},
	{"GET", "/signed-in", everybody, (*Server).signedIn},
	{"GET", "/login", everybody, (*Server).loginPage},
	{"POST", "/login", everybody, (*Server).login},
	{"GET", "/login/second", everybody, (*Server).secondPage},
	{"POST", "/login/second", everybody, (*Server).finishLogin},
	{"GET", "/login/second/passkey", everybody, (*Server).askSecondPasskey},
	{"GET", "/login/passkey", everybody, (*Server).askPasskey},
	{"POST", "/login/passkey", everybody, (*Server).loginWithPasskey},
	{"POST", "/logout", everybody, (*Server).logout},
	{"POST", "/language", everybody, (*Server).chooseLanguage},
	{"GET", "/reset", everybody, (*Server).resetRequestPage},
	{"POST", "/reset", everybody, (*Server).requestReset},
	{"GET", "/reset/:token", everybody, (*Server).resetPage},
	{"POST", "/reset/:token", everybody, (*Server).setResetPassword},
	{"GET", "/address/:token", everybody, (*Server).addressPage},
	{"POST", "/address/:token", everybody, (*Server).confirmAddress},
	{"GET", "/register", everybody, (*Server).registerPage},
	{"POST", "/register", everybody, (*Server).register},
	{"GET", "/register/code", everybody, (*Server).registerCodePage},
	{"POST", "/register/code", everybody, (*Server).confirmRegistration},
	{"POST", "/register/mail", everybody, (*Server).mailRegistration},
	{"GET", "/registration/:token", everybody, (*Server).registrationPage},
	{"POST", "/registration/:token", everybody, (*Server).confirmRegistrationLink},

	{"GET", "/schedule", signedIn, (*Server).schedule},
	{"GET", "/classes/:id", signedIn, (*Server).class},
	{"POST", "/classes/:id/bookings", signedIn, (*Server).book},
	{"POST", "/classes/:id/waitlist", signedIn, (*Server).joinWaitlist},
	{"GET", "/bookings/:id/cancellation", signedIn, (*Server).cancelPage},
	{"POST", "/bookings/:id/cancellation", signedIn, (*Server).cancel},
	{"POST", "/waitlist/:id/withdrawal", signedIn, (*Server).leaveWaitlist},
	{"POST", "/offers/:id/acceptance", signedIn, (*Server).acceptOffer},
	{"POST", "/offers/:id/refusal", signedIn, (*Server).declineOffer},

	{"GET", "/classes/:id/recurring", signedIn, (*Server).recurringPage},
	{"POST", "/classes/:id/recurring", signedIn, (*Server).bookRecurring},
	{"GET", "/recurring/:id/ending", signedIn, (*Server).endRecurringPage},
	{"POST", "/recurring/:id/ending", signedIn, (*Server).endRecurring},

	{"GET", "/bookings", signedIn, (*Server).bookings},
	{"GET", "/bookings/kept", signedIn, (*Server).keptBookings},
	{"GET", "/credits", signedIn, (*Server).myCredits},
	{"GET", "/alerts", signedIn, (*Server).alerts},
	{"POST", "/alerts/dismissal", signedIn, (*Server).dismissAlerts},
	{"POST", "/alerts/:id/dismissal", signedIn, (*Server).dismissAlert},
	{"GET", "/profile", signedIn, (*Server).profile},
	{"GET", "/profile/data", signedIn, (*Server).profileData},
	{"GET", "/profile/calendar", signedIn, (*Server).calendarSettings},
	{"POST", "/profile/calendar", signedIn, (*Server).editCalendar},
	{"POST", "/profile/calendar/reset", signedIn, (*Server).resetCalendar},
	{"GET", "/calendar/bookings/:id", signedIn, (*Server).calendarBooking},
	{"GET", "/profile/notifications", signedIn, (*Server).preferences},
	{"POST", "/profile/notifications", signedIn, (*Server).setPreferences},
	{"POST", "/profile/password", signedIn, (*Server).changePassword},
	{"POST", "/profile/email", signedIn, (*Server).requestEmail},
	{"GET", "/profile/second-factor", signedIn, (*Server).secondFactor},
	{"POST", "/profile/second-factor", signedIn, (*Server).confirmForFactor},
	{"GET", "/profile/second-factor/passkey", signedIn, (*Server).askNewPasskey},
	{"POST", "/profile/second-factor/passkeys", signedIn, (*Server).addPasskey},
	{"POST", "/profile/second-factor/passkeys/:key/removal", signedIn, (*Server).removePasskey},
	{"POST", "/profile/second-factor/app", signedIn, (*Server).beginApp},
	{"POST", "/profile/second-factor/app/confirmation", signedIn, (*Server).confirmApp},
	{"POST", "/profile/second-factor/app/removal", signedIn, (*Server).removeApp},
	{"POST", "/profile/second-factor/codes", signedIn, (*Server).renewCodes},
	{"POST", "/profile/sessions/ending", signedIn, (*Server).endOtherSessions},
	{"POST", "/profile/sessions/:session/ending", signedIn, (*Server).endSession},

	{"GET", "/push/devices", signedIn, (*Server).pushDevices},
	{"POST", "/push/devices", signedIn, (*Server).subscribeDevice},
	{"POST", "/push/devices/:id/ending", signedIn, (*Server).removeDevice},
	{"POST", "/push/devices/:id/test", signedIn, (*Server).testDevice},

	{"GET", "/today", staff, (*Server).today},
	{"GET", "/today/feed", staff, (*Server).dayFeed},
	{"GET", "/today/unreached", desk, (*Server).unreached},
	{"POST", "/today/unreached/:id/ending", desk, (*Server).endUnreached},
	{"GET", "/today/registrations", directory, (*Server).registrations},
	{"POST", "/today/registrations/:id/approval", directory, (*Server).approveRegistration},
	{"POST", "/today/registrations/:id/refusal", directory, (*Server).refuseRegistration},
	{"POST", "/today/registrations/:id/joining", memberEd, (*Server).joinRegistration},
	{"GET", "/find", staff, (*Server).find},
	{"GET", "/classes/:id/summary", staff, (*Server).classSummary},
	{"GET", "/classes/:id/candidates", desk, (*Server).candidates},
	{"POST", "/classes/:id/participants", desk, (*Server).addParticipants},
	{"GET", "/bookings/:id/link", desk, (*Server).guestLink},
	{"POST", "/bookings/:id/restoration", desk, (*Server).restoreBooking},
	{"POST", "/bookings/:id/attendance", checker, (*Server).checkIn},
	{"POST", "/classes/:id/attendance", checker, (*Server).checkInAll},
	{"POST", "/waitlist/:id/priority", desk, (*Server).setPriority},
	{"POST", "/waitlist/:id/offer", desk, (*Server).offerSeat},
	{"POST", "/waitlist/:id/booking", desk, (*Server).bookWaiter},

	{"GET", "/schedule/copy", classEd, (*Server).copyWeekPage},
	{"POST", "/schedule/copy", classEd, (*Server).copyWeek},
	{"GET", "/classes/new", classEd, (*Server).newClass},
	{"POST", "/classes", classEd, (*Server).createClass},
	{"POST", "/classes/preview", classEd, (*Server).previewClass},
	{"GET", "/classes/quick", classEd, (*Server).previewLine},
	{"POST", "/classes/quick", classEd, (*Server).addByLine},
	{"GET", "/classes/:id/edit", classEd, (*Server).editPage},
	{"POST", "/classes/:id/edit", classEd, (*Server).editClass},
	{"GET", "/classes/:id/move", classEd, (*Server).movePage},
	{"POST", "/classes/:id/move", classEd, (*Server).moveClass},
	{"GET", "/classes/:id/cancellation", classEd, (*Server).cancelClassPage},
	{"POST", "/classes/:id/cancellation", classEd, (*Server).cancelClass},
	{"POST", "/classes/:id/restoration", classEd, (*Server).restoreClass},

	{"GET", "/members", directory, (*Server).members},
	{"POST", "/members", memberEd, (*Server).createMember},
	{"GET", "/members/:id", directory, (*Server).member},
	{"GET", "/members/:id/training", directory, (*Server).memberTraining},
	{"GET", "/members/:id/credits", directory, (*Server).memberCredits},
	{"GET", "/members/:id/access", directory, (*Server).memberAccess},
	{"POST", "/members/:id/credits", granter, (*Server).grantCredits},
	{"POST", "/members/:id/suspension", memberEd, (*Server).suspend},
	{"POST", "/members/:id/reactivation", memberEd, (*Server).reactivate},
	{"POST", "/members/:id/role", roleEd, (*Server).setRole},
	{"POST", "/members/:id/second-factor/reset", roleEd, (*Server).resetSecondFactor},

	{"POST", "/members/:id/data", directory, (*Server).memberData},
	{"POST", "/members/:id/edit", memberEd, (*Server).editMember},
	{"POST", "/members/:id/erasure", memberEd, (*Server).eraseMember},
	{"POST", "/members/:id/invitation", memberEd, (*Server).invite},
	{"POST", "/members/:id/corrections", corrector, (*Server).correctCredits},
	{"POST", "/members/:id/periodic", granter, (*Server).addPeriodic},
	{"POST", "/periodic/:id/ending", granter, (*Server).endPeriodic},
	{"POST", "/bookings/:id/forgiveness", forgiver, (*Server).forgive},
	{"GET", "/invitation", everybody, (*Server).invitationPage},
	{"POST", "/invitation", everybody, (*Server).acceptInvitation},

	{"GET", unsubscribePath, everybody, (*Server).unsubscribePage},
	{"POST", unsubscribePath, everybody, (*Server).unsubscribe},

	{"GET", "/settings", settingEd, (*Server).settings},
	{"POST", "/settings", settingEd, (*Server).editSettings},
	{"GET", "/settings/studio", settingEd, settingsOf("studio")},
	{"GET", "/settings/booking", settingEd, settingsOf("booking")},
	{"GET", "/settings/waitlist", settingEd, settingsOf("waitlist")},
	{"GET", "/settings/night", settingEd, settingsOf("night")},
	{"GET", "/settings/public", settingEd, settingsOf("public")},
	{"GET", "/settings/accounts", settingEd, settingsOf("accounts")},
	{"POST", "/settings/fields/:field", settingEd, (*Server).saveSetting},
	{"POST", "/settings/fields/:field/undo", settingEd, (*Server).undoSetting},
	{"GET", "/settings/zone", settingEd, (*Server).zonePage},
	{"POST", "/settings/order/:list", settingEd, (*Server).moveListItem},
	{"GET", "/settings/reasons", settingEd, (*Server).reasons},
	{"POST", "/settings/reasons", settingEd, (*Server).saveReason},
	{"GET", "/settings/class-types", settingEd, (*Server).types},
	{"POST", "/settings/class-types", settingEd, (*Server).saveType},
	{"GET", "/settings/places", settingEd, (*Server).formOptions},
	{"POST", "/settings/locations", settingEd, (*Server).saveLocation},
	{"POST", "/settings/rooms", settingEd, (*Server).saveRoom},
	{"GET", "/settings/packs", settingEd, (*Server).packs},
	{"POST", "/settings/packs", settingEd, (*Server).savePack},
	{"GET", "/settings/holidays", settingEd, (*Server).holidays},
	{"POST", "/settings/holidays", settingEd, (*Server).saveHoliday},
	{"GET", "/settings/data/export", settingEd, (*Server).exportArchive},
	{"GET", "/settings/data/export/:list", settingEd, (*Server).exportList},
	{"GET", "/settings/roles", settingEd, (*Server).rightsPage},
	{"GET", "/settings/history", settingEd, (*Server).studioHistory},
	{"GET", "/classes/:id/history", staff, (*Server).classHistory},
	{"GET", "/members/:id/history", directory, (*Server).memberHistory},

	{"GET", "/start", settingEd, (*Server).start},
	{"POST", "/start", settingEd, (*Server).leaveStart},
	{"POST", "/start/template", settingEd, (*Server).applyTemplate},
	{"POST", "/start/release", settingEd, (*Server).release},

	{"GET", "/settings/data", settingEd, (*Server).dataPage},
	{"GET", "/settings/data/templates/:kind", settingEd, (*Server).importTemplate},
	{"POST", "/settings/data/import", settingEd, (*Server).upload},
	{"GET", "/settings/data/import/:id", settingEd, (*Server).importPage},
	{"GET", "/settings/data/import/:id/rows", settingEd, (*Server).importRows},
	{"GET", "/settings/data/import/:id/wrong", settingEd, (*Server).wrongRows},
	{"GET", "/settings/data/import/:id/columns", settingEd, (*Server).importColumns},
	{"POST", "/settings/data/import/:id/columns", settingEd, (*Server).mapImport},
	{"POST", "/settings/data/import/:id/check", settingEd, (*Server).checkImport},
	{"POST", "/settings/data/import/:id/run", settingEd, (*Server).runImport},
	{"POST", "/settings/data/import/:id/removal", settingEd, (*Server).removeImport},

	{"GET", "/settings/channels", settingEd, (*Server).channelsPage},

	{"GET", "/settings/board", settingEd, (*Server).boardSettings},
	{"POST", "/settings/data/import/:id/invitations", settingEd, (*Server).inviteImported},
	{"POST", "/settings/board", settingEd, (*Server).editBoard},
	{"POST", "/settings/board/reset", settingEd, (*Server).resetBoard},

	{"GET", "/board/:secret", everybody, (*Server).board},
	{"GET", "/board/:secret/live", everybody, (*Server).boardSocket},

	{"GET", present.PlanPath, anonymous, (*Server).plan},
	{"GET", present.PlanPath + "/live", anonymous, (*Server).planSocket},

	{"GET", present.PlanPath + "/classes/:id", anonymous, (*Server).share},
	{"GET", present.PlanPath + "/classes/:id/picture.png", anonymous, (*Server).sharePicture},

	{"GET", present.EmbedPath, anonymous, (*Server).embed},
	{"GET", present.EmbedPath + "/live", anonymous, (*Server).planSocket},
	{"GET", present.EmbedPath + "/colours.css", anonymous, (*Server).embedColours},
	{"GET", present.EmbedJS, anonymous, (*Server).embedScript},

	{"GET", "/calendar/:token", everybody, (*Server).calendarFeed},
	{"GET", "/guest/:token", everybody, (*Server).guest},
	{"POST", "/guest/:token", everybody, (*Server).cancelAsGuest},
	{"GET", "/guest/:token/calendar.ics", everybody, (*Server).guestCalendar},

	{"GET", "/demo", everybody, (*Server).demoPage},
	{"POST", "/demo/steps", everybody, (*Server).demoStep},
	{"GET", "/demo/mail", everybody, (*Server).demoMails},
	{"GET", "/demo/mail/:id", everybody, (*Server).demoMail},
	{"GET", "/demo/mail/:id/message", everybody, (*Server).demoMessage},

	{"GET", "/app", everybody, (*Server).guide},
	{"GET", "/manifest.webmanifest", everybody, (*Server).manifest},
	{"GET", "/sw.js", everybody, (*Server).worker},

	{"GET", "/live", signedIn, (*Server).liveSocket},
	{"GET", "/healthz", everybody, (*Server).healthz},
	{"GET", "/readyz", everybody, (*Server).readyz},
	{"POST", "/csp", everybody, (*Server).cspReport},
}
