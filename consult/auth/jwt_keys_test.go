package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

// keyServer is the address of a key set; answer may be changed between requests.
type keyServer struct {
	*httptest.Server
	asked  atomic.Int32
	mu     sync.Mutex
	answer http.HandlerFunc
}

func (s *keyServer) serve(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *keyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	s.mu.Lock()
	answer := s.answer
	s.mu.Unlock()
	answer(w, r)
}

// with answers with a set of keys.
func with(t testing.TB, keys ...jose.JSONWebKey) http.HandlerFunc {
	body, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return text(string(body))
}

func text(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(body)) // the client may have gone
	}
}

func broken(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }

func jwk(kid, algorithm string, key any) jose.JSONWebKey {
	if signer, ok := key.(crypto.Signer); ok {
		key = signer.Public()
	}
	return jose.JSONWebKey{Key: key, KeyID: kid, Algorithm: algorithm}
}

const setIssuer = "https://set.example"

// newSetMint is a mint whose integration has registered the address of a key set too.
func newSetMint(t testing.TB) (*mint, *keyServer) {
	t.Helper()
	m, s := newMint(t), new(keyServer)
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	m.minted = auth.NewMinted(m.Store, s.Client(), m.Clock.Now, nil)
	m.register(&consult.SigningKey{Issuer: setIssuer, JWKSURL: s.URL + "/jwks.json"})
	return m, s
}

func (m *mint) ofSet(algorithm string, key any, kid string) string {
	// Clocks are moved by hours here: each token is of its time.
	return sign(m.t, algorithm, key, kid, m.claims(map[string]any{"iss": setIssuer}))
}

func (m *mint) try(token string) error {
	_, err := m.minted.Claims(m.t.Context(), token, "lk-1")
	return err
}

func (m *mint) wantCode(what, token string, code consult.Code) {
	m.t.Helper()
	if err := m.try(token); consult.CodeOf(err) != code {
		m.t.Errorf("%s: got %v, want code %q", what, err, code)
	}
}

func TestKeySetOfEachAlgorithm(t *testing.T) {
	m, s := newSetMint(t)
	ed, es, rs := m.private["EdDSA"], m.private["ES256"], m.private["RS256"]
	s.serve(with(t, jwk("ed", "", ed), jwk("es", "ES256", es), jwk("rs", "", rs)))
	m.wantCode("EdDSA", m.ofSet("EdDSA", ed, "ed"), "")
	m.wantCode("ES256", m.ofSet("ES256", es, "es"), "")
	m.wantCode("RS256", m.ofSet("RS256", rs, "rs"), "")
	m.wantCode("public RSA key as secret", m.ofSet("HS256", public(t, rs), "rs"), consult.CodeLinkUnknown)
	m.wantCode("PS256", m.ofSet("PS256", rs, "rs"), consult.CodeLinkUnknown)
	m.wantCode("another key", m.ofSet("EdDSA", privateKeys(t)["EdDSA"], "ed"), consult.CodeLinkUnknown)
	m.wantCode("another issuer", sign(t, "EdDSA", ed, "ed", m.claims(nil)), consult.CodeLinkUnknown)
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestKeySetLeavesOutWhatCannotSignLinks(t *testing.T) {
	m, s := newSetMint(t)
	ed, es, rs, hs := m.private["EdDSA"], m.private["ES256"], m.private["RS256"], m.private["HS256"]
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encryption := jwk("enc", "", rs)
	encryption.Use = "enc"
	s.serve(with(t,
		jwk("hs", "HS256", hs),                  // a secret that everybody can read
		jose.JSONWebKey{Key: es, KeyID: "open"}, // a private key
		jwk("p384", "", p384), encryption,
		jwk("rs", "RS512", rs), jwk("mixed", "ES256", rs),
		jwk("twice", "", ed), jwk("twice", "", es), jwk("", "", ed),
		jwk("good", "", ed),
	))
	m.wantCode("good", m.ofSet("EdDSA", ed, "good"), "")
	for what, token := range map[string]string{
		"symmetric":          m.ofSet("HS256", hs, "hs"),
		"private":            m.ofSet("ES256", es, "open"),
		"for encryption":     m.ofSet("RS256", rs, "enc"),
		"another alg":        m.ofSet("RS256", rs, "rs"),
		"alg of another key": m.ofSet("RS256", rs, "mixed"),
		"twice, first":       m.ofSet("EdDSA", ed, "twice"),
		"twice, second":      m.ofSet("ES256", es, "twice"),
		"P-384":              m.ofSet("ES384", p384, "p384"),
	} {
		m.wantCode(what, token, consult.CodeLinkUnknown)
	}
}

func TestKeySetIsKept(t *testing.T) {
	m, s := newSetMint(t)
	old, next := m.private["EdDSA"], m.private["ES256"]
	asked := func(want int32) {
		t.Helper()
		if n := s.asked.Load(); n != want {
			t.Errorf("asked %d times, want %d", n, want)
		}
	}
	s.serve(with(t, jwk("old", "", old)))
	m.wantCode("first", m.ofSet("EdDSA", old, "old"), "")
	m.Clock.Advance(9 * time.Minute)
	m.wantCode("fresh", m.ofSet("EdDSA", old, "old"), "")
	asked(1)
	s.serve(with(t, jwk("old", "", old), jwk("next", "", next)))
	m.wantCode("a new kid is fetched", m.ofSet("ES256", next, "next"), "")
	asked(2)
	for range 5 {
		m.wantCode("unknown kid", m.ofSet("EdDSA", old, "none"), consult.CodeLinkUnknown)
	}
	asked(2) // at most once a minute
	m.Clock.Advance(time.Minute)
	m.wantCode("unknown kid", m.ofSet("EdDSA", old, "none"), consult.CodeLinkUnknown)
	asked(3)

	s.serve(with(t, jwk("next", "", next)))
	m.Clock.Advance(11 * time.Minute)
	m.wantCode("withdrawn", m.ofSet("EdDSA", old, "old"), consult.CodeLinkUnknown)
	asked(4)

	s.serve(broken)
	m.Clock.Advance(23 * time.Hour)
	m.wantCode("the last good set", m.ofSet("ES256", next, "next"), "")
	m.wantCode("the last good set", m.ofSet("ES256", next, "next"), "")
	asked(5)
	m.Clock.Advance(time.Hour)
	m.wantCode("too old", m.ofSet("ES256", next, "next"), consult.CodeUnavailable)
	s.serve(with(t, jwk("next", "", next)))
	m.wantCode("too old", m.ofSet("ES256", next, "next"), consult.CodeUnavailable) // asked a moment ago
	m.Clock.Advance(time.Minute)
	m.wantCode("back", m.ofSet("ES256", next, "next"), "")
}

func TestKeySetAnswersThatAreNone(t *testing.T) {
	m, s := newSetMint(t)
	ed := m.private["EdDSA"]
	good, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{jwk("ed", "", ed)}})
	if err != nil {
		t.Fatal(err)
	}
	for what, answer := range map[string]http.HandlerFunc{
		"500":        broken,
		"not JSON":   text("<html>"),
		"no keys":    text(`{"error":"x"}`),
		"too large":  text(strings.TrimSuffix(string(good), "}") + strings.Repeat(" ", 256<<10) + "}"),
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999")
			_, _ = w.Write(good)
		},
		"nothing (204)": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	} {
		s.serve(answer)
		m.Clock.Advance(time.Minute)
		m.wantCode(what, m.ofSet("EdDSA", ed, "ed"), consult.CodeUnavailable)
	}
	s.serve(text(`{"keys":[]}`))
	m.Clock.Advance(time.Minute)
	m.wantCode("an empty set is an answer", m.ofSet("EdDSA", ed, "ed"), consult.CodeLinkUnknown)
	s.serve(text(`{"keys":[7,{"kty":"new"},` + strings.TrimPrefix(string(good), `{"keys":[`)))
	m.Clock.Advance(time.Minute)
	m.wantCode("keys of other kinds are passed over", m.ofSet("EdDSA", ed, "ed"), "")
}

// A kid that was pasted keeps its meaning, whatever an address says of it.
func TestPastedKeyGoesBeforeASet(t *testing.T) {
	m, s := newSetMint(t)
	mine, theirs := m.private["EdDSA"], m.private["ES256"]
	s.serve(with(t, jwk("k", "", theirs)))
	m.register(&consult.SigningKey{Issuer: setIssuer, KID: "k", Algorithm: "EdDSA", PublicKey: public(t, mine)})
	m.wantCode("pasted", m.ofSet("EdDSA", mine, "k"), "")
	m.wantCode("of the set", m.ofSet("ES256", theirs, "k"), consult.CodeLinkUnknown)
	if s.asked.Load() != 0 {
		t.Error("asked the address without need")
	}
}

func TestKeySetIsAskedOnceForAllWhoWait(t *testing.T) {
	m, s := newSetMint(t)
	ed := m.private["EdDSA"]
	release := make(chan struct{})
	good := with(t, jwk("ed", "", ed))
	s.serve(func(w http.ResponseWriter, r *http.Request) { <-release; good(w, r) })
	token := m.ofSet("EdDSA", ed, "ed")
	// One who gives up takes the answer from nobody.
	impatient, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := m.minted.Claims(impatient, token, "lk-1"); !errors.Is(err, context.Canceled) {
			t.Errorf("impatient: %v", err)
		}
	})
	for range 8 {
		wg.Go(func() {
			if err := m.try(token); err != nil {
				t.Error(err)
			}
		})
	}
	for s.asked.Load() == 0 {
		runtime.Gosched()
	}
	leave()
	close(release)
	wg.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// FuzzKeySet: whatever an address answers, what is taken from it are public keys that fit their algorithm.
func FuzzKeySet(f *testing.F) {
	keys := privateKeys(f)
	for _, k := range []jose.JSONWebKey{jwk("a", "", keys["EdDSA"]), jwk("b", "ES256", keys["ES256"]), jwk("c", "", keys["RS256"]), jwk("d", "", keys["HS256"])} {
		body, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AA","kid":"x"},null,7]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		found, err := auth.ReadKeySet(body)
		if err != nil {
			return
		}
		for kid, k := range found {
			switch key := k.(type) {
			case *rsa.PublicKey:
				if key.N.BitLen() < 2048 {
					t.Errorf("%s: %d bits", kid, key.N.BitLen())
				}
			case *ecdsa.PublicKey:
				if key.Curve != elliptic.P256() {
					t.Errorf("%s: %s", kid, key.Curve.Params().Name)
				}
			case ed25519.PublicKey:
			default:
				t.Errorf("%s: a %T", kid, k)
			}
		}
	})
}
