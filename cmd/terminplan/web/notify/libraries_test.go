package notify

import (
	_ "github.com/SherClockHolmes/webpush-go"
	_ "github.com/arran4/golang-ical"
	_ "github.com/emersion/go-ical"
	_ "github.com/emersion/go-smtp"
	_ "github.com/wneessen/go-mail"
)
