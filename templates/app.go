package templates

// GuidePage explains the app on the phone.
type GuidePage struct{ Layout }

func (GuidePage) file() string { return "app" }

// OfflinePage stands for a page that cannot be loaded. The service worker keeps it, so it is the same
// for everybody, and a document of its own.
type OfflinePage struct {
	Studio string
	Mark   string // as in Layout
}

func (OfflinePage) file() string { return "offline" }

func (OfflinePage) who() Who { return Who{} }
