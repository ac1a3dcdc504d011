package web

import "terminplan/cmd/terminplan/web/present"

// Demo is the content of the login page of a demo studio. The program decides whether the
// studio is a demo.
type Demo = present.Demo

// DemoAccount is an account that the login page of a demo offers.
type DemoAccount = present.DemoAccount
