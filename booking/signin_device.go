package booking

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// A device on which a person has signed in before keeps a mark. Tries of the password from
// such a device are counted apart, so that strangers cannot keep the person out.

// DeviceLife is how long a device is known after the last sign-in.
const DeviceLife = 90 * 24 * time.Hour

// devicesKept is the number of people whom one device may know, such as the computer at the
// front desk.
const devicesKept = 5

// device is a mark: a person, and a random number for the device, at an instant.
type device struct {
	personID int64
	since    time.Time // by the database's clock, in microseconds
	random   [12]byte
}

const deviceBytes = 8 + 8 + 12

// mark returns the mark with a signature that only the nodes of this studio can make.
func (e *Engine) mark(d device) string {
	text := binary.BigEndian.AppendUint64(nil, uint64(d.personID))
	text = binary.BigEndian.AppendUint64(text, uint64(d.since.UnixMicro()))
	text = append(text, d.random[:]...)
	return base64.RawURLEncoding.EncodeToString(append(text, e.deviceSignature(text)...))
}

func (e *Engine) deviceSignature(text []byte) []byte {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("device "))
	mac.Write(text)
	return mac.Sum(nil)[:16]
}

// devices reads the marks in the cookie of a device, and skips what is none.
func (e *Engine) devices(cookie string) (list []device) {
	for _, mark := range strings.SplitN(cookie, ".", devicesKept+1) {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(mark)
		if err != nil || len(raw) != deviceBytes+16 || !hmac.Equal(raw[deviceBytes:], e.deviceSignature(raw[:deviceBytes])) {
			continue
		}
		d := device{
			personID: int64(binary.BigEndian.Uint64(raw)),
			since:    time.UnixMicro(int64(binary.BigEndian.Uint64(raw[8:]))),
		}
		copy(d.random[:], raw[16:])
		list = append(list, d)
	}
	return list
}

// KnownTo returns a person who has signed in on the device with this cookie; 0: nobody. It
// does not read the database, so a mark that has ended counts as well.
func (e *Engine) KnownTo(cookie string) int64 {
	if list := e.devices(cookie); len(list) > 0 {
		return list[0].personID
	}
	return 0
}

// knownDevice returns the device with the cookie if the person signed in on it within
// DeviceLife, and since the person's earlier devices became strangers.
func (e *Engine) knownDevice(cookie string, a account) (device, bool) {
	for _, d := range e.devices(cookie) {
		if a.id != 0 && d.personID == a.id && !d.since.Before(a.devicesSince) && a.readAt.Sub(d.since) < DeviceLife {
			return d, true
		}
	}
	return device{}, false
}

// markDevice returns the cookie of a device on which the person has now given the password.
// The person's mark comes first; those of others stay.
func (e *Engine) markDevice(cookie string, personID int64, now time.Time) string {
	d := device{personID: personID, since: now}
	_, _ = rand.Read(d.random[:])
	marks := []string{}
	for _, was := range e.devices(cookie) {
		if was.personID == personID {
			d.random = was.random // tries from this device stay together
			continue
		}
		marks = append(marks, e.mark(was))
	}
	marks = append([]string{e.mark(d)}, marks...)
	return strings.Join(marks[:min(len(marks), devicesKept)], ".")
}
