package notify

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// receiver is the browser of a subscription.
type receiver struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newReceiver(t *testing.T) receiver {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return receiver{key, auth}
}

// decrypt reads the body of a push message of one record (RFC 8291, RFC 8188).
func (r receiver) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21 || len(body) < 21+int(body[20]) {
		return nil, errors.New("the header is cut")
	}
	salt, size, id := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:21+int(body[20])]
	record := body[21+len(id):]
	if len(record) > int(size) {
		return nil, errors.New("more than one record")
	}
	sender, err := ecdh.P256().NewPublicKey(id)
	if err != nil {
		return nil, err
	}
	shared, err := r.key.ECDH(sender)
	if err != nil {
		return nil, err
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		key, failed := hkdf.Key(sha256.New, secret, salt, info, n)
		err = errors.Join(err, failed)
		return key
	}
	ikm := derive(shared, r.auth, "WebPush: info\x00"+string(r.key.PublicKey().Bytes())+string(id), 32)
	key, nonce := derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16), derive(ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := gcm.Open(nil, nonce, record, nil)
	if err != nil {
		return nil, err
	}
	plain = bytes.TrimRight(plain, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 2 { // the delimiter of the last record
		return nil, errors.New("the padding is wrong")
	}
	return plain[:len(plain)-1], nil
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The receiver of these tests reads the example of the standard (RFC 8291, section 5).
func TestTheReceiverReadsTheExampleOfTheStandard(t *testing.T) {
	t.Parallel()
	key, err := ecdh.P256().NewPrivateKey(unbase64(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	to := receiver{key, unbase64(t, "BTBZMqHH6r4Tts7J_aSIgg")}
	plain, err := to.decrypt(unbase64(t, "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBt"+
		"kgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"+
		"PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"+
		"a-fN"))
	if err != nil || string(plain) != "When I grow up, I want to be a watermelon" {
		t.Errorf("the message is %q, %v", plain, err)
	}
}

// received is a message as the push service and then the browser see it.
type received struct {
	ttl            int
	urgency, topic string
	claims         map[string]any
	body           []byte
	payload        pushPayload
}

// pushService is a push service of the internet, on this machine.
type pushService struct {
	*httptest.Server
	respond func(http.ResponseWriter)

	mu   sync.Mutex
	list []received
}

// newPushService checks every request as push services do, and answers by respond; nil: 201. to is the
// browser.
func newPushService(t *testing.T, to receiver, public *ecdh.PublicKey, respond func(http.ResponseWriter)) *pushService {
	t.Helper()
	s := &pushService{respond: respond}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := check(r, to, public)
		if err != nil {
			t.Errorf("a push service refuses the message: %v", err)
		}
		s.mu.Lock()
		s.list = append(s.list, got)
		s.mu.Unlock()
		if s.respond != nil {
			s.respond(w)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.Close)
	return s
}

// client returns a client that finds the service under every name.
func (s *pushService) client() *http.Client {
	client := newPushClient(nil, nil)
	client.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.Listener.Addr().String())
		},
		TLSClientConfig: &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"},
	}
	return client
}

func (s *pushService) messages() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.list...)
}

var topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// check reads a request as strictly as the strictest push service.
func check(r *http.Request, to receiver, public *ecdh.PublicKey) (got received, err error) {
	got.urgency, got.topic = r.Header.Get("Urgency"), r.Header.Get("Topic")
	if got.body, err = io.ReadAll(r.Body); err != nil {
		return got, err
	}
	got.ttl, err = strconv.Atoi(r.Header.Get("TTL"))
	switch {
	case r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm":
		return got, fmt.Errorf("%s with encoding %q", r.Method, r.Header.Get("Content-Encoding"))
	case err != nil || got.ttl < 0 || got.ttl > 28*24*3600:
		return got, fmt.Errorf("TTL %q", r.Header.Get("TTL"))
	case got.urgency != "low" && got.urgency != "normal" && got.urgency != "high":
		return got, fmt.Errorf("urgency %q", got.urgency)
	case !topicForm.MatchString(got.topic) || len(got.topic)%4 == 1: // Apple decodes it
		return got, fmt.Errorf("topic %q", got.topic)
	case len(got.body) > 2300:
		return got, fmt.Errorf("%d bytes", len(got.body))
	}
	if got.claims, err = vapid(r.Header.Get("Authorization"), public); err != nil {
		return got, err
	}
	expires, _ := got.claims["exp"].(float64)
	if left := time.Until(time.Unix(int64(expires), 0)); left <= 0 || left > 24*time.Hour {
		return got, fmt.Errorf("the token ends in %s", left)
	}
	if got.claims["aud"] != "https://"+r.Host {
		return got, fmt.Errorf("the token is for %v", got.claims["aud"])
	}
	plain, err := to.decrypt(got.body)
	if err != nil {
		return got, err
	}
	strict := json.NewDecoder(bytes.NewReader(plain))
	strict.DisallowUnknownFields()
	return got, strict.Decode(&got.payload)
}

// vapid verifies the header Authorization (RFC 8292) and returns the claims of its token.
func vapid(header string, public *ecdh.PublicKey) (claims map[string]any, err error) {
	match := regexp.MustCompile(`^vapid t=([^, ]+), k=([^, ]+)$`).FindStringSubmatch(header)
	if match == nil {
		return nil, fmt.Errorf("authorization %q", header)
	}
	key, err := base64.RawURLEncoding.DecodeString(match[2])
	if err != nil || !bytes.Equal(key, public.Bytes()) {
		return nil, errors.New("the key is not that of the subscription")
	}
	parts := strings.Split(match[1], ".")
	if len(parts) != 3 {
		return nil, errors.New("no token")
	}
	var raw [3][]byte
	for i := range parts {
		if raw[i], err = base64.RawURLEncoding.DecodeString(parts[i]); err != nil {
			return nil, err
		}
	}
	var head struct{ Alg, Typ string }
	if err := json.Unmarshal(raw[0], &head); err != nil || head.Alg != "ES256" {
		return nil, fmt.Errorf("the token is signed by %q, %v", head.Alg, err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		return nil, err
	}
	if len(raw[2]) != 64 || !ecdsa.Verify(point, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		return nil, errors.New("the signature is wrong")
	}
	return claims, json.Unmarshal(raw[1], &claims)
}
