package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
	"tmk/consult/auth"
	"tmk/consult/consulttest"
)

const issuer = "https://lk.example"

// mint is an integration that has one key of each algorithm registered, kid and algorithm alike.
type mint struct {
	*consulttest.World
	t       testing.TB
	minted  *auth.Minted
	visit   *consulttest.Visit
	private map[string]any // by algorithm
}

func newMint(t testing.TB) *mint {
	t.Helper()
	w := consulttest.New(t)
	m := &mint{World: w, t: t, private: privateKeys(t)}
	m.minted = auth.NewMinted(w.Store, nil, w.Clock.Now, nil)
	m.visit = w.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-1" })
	for algorithm, key := range m.private {
		m.register(&consult.SigningKey{Issuer: issuer, KID: algorithm, Algorithm: algorithm, PublicKey: public(t, key), Secret: symmetric(key)})
	}
	return m
}

func privateKeys(t testing.TB) map[string]any {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"EdDSA": ed, "ES256": ec, "RS256": rs, "HS256": []byte(strings.Repeat("0123456789abcdef", 2))}
}

// public is what is registered of a key: PKIX DER, nil for a symmetric one.
func public(t testing.TB, key any) []byte {
	t.Helper()
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func symmetric(key any) []byte {
	secret, _ := key.([]byte)
	return secret
}

func (m *mint) register(k *consult.SigningKey) *consult.SigningKey {
	m.t.Helper()
	if k.Integration == "" {
		k.Integration = "lk"
	}
	k.ID = consult.SigningKeyID(consult.NewID("jk_", m.Clock.Now()))
	k.CreatedAt = m.Clock.Now()
	if err := m.Store.Update(m.t.Context(), func(tx consult.Tx) error { return tx.AddSigningKey(k) }); err != nil {
		m.t.Fatal(err)
	}
	return k
}

// claims are those of a good token for the patient; nil takes one away.
func (m *mint) claims(change map[string]any) map[string]any {
	now := m.Clock.Now().Unix()
	c := map[string]any{
		"iss": issuer, "aud": "tmk", "sub": "p-902", "name": "Петров Олег Ильич", "role": "patient",
		"sid": string(m.visit.ID), "exp": now + 600, "iat": now, "jti": "t-1",
	}
	maps.Copy(c, change)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// sign makes a token by the book, whatever it says.
func sign(t testing.TB, algorithm string, key any, kid string, claims any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	return compact(t, jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: key}, options, claims)
}

// withKey signs with a key of one's own that the header brings along (RFC 7515 §4.1.3).
func withKey(t testing.TB, key any, kid string, claims any) string {
	t.Helper()
	options := (&jose.SignerOptions{EmbedJWK: true}).WithType("JWT")
	return compact(t, jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, options, claims)
}

func compact(t testing.TB, key jose.SigningKey, options *jose.SignerOptions, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (m *mint) good(change map[string]any) string {
	return sign(m.t, "EdDSA", m.private["EdDSA"], "EdDSA", m.claims(change))
}

func (m *mint) refused(what, token, session string, code consult.Code, says string) {
	m.t.Helper()
	claims, err := m.minted.Claims(m.t.Context(), token, session)
	if claims != nil || consult.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
		m.t.Errorf("%s: got %v, %v; want %s with %q", what, claims, err, code, says)
	}
}

func TestMintedOfEachAlgorithm(t *testing.T) {
	m := newMint(t)
	for algorithm, key := range m.private {
		token := sign(t, algorithm, key, algorithm, m.claims(nil))
		for range 2 { // a token may be shown again
			c, err := m.minted.Claims(t.Context(), token, string(m.visit.ID))
			if err != nil {
				t.Fatalf("%s: %v", algorithm, err)
			}
			if c.Integration != "lk" || c.Key == "" || c.Session != string(m.visit.ID) || c.Subject != "p-902" ||
				c.Name != "Петров Олег Ильич" || c.Role != consult.RolePatient || c.TokenID != "t-1" || !c.ExpiresAt.Equal(m.Clock.Now().Add(10*time.Minute)) {
				t.Errorf("%s: claims %+v", algorithm, c)
			}
			e, err := m.Desk.EnterSigned(t.Context(), *c)
			if err != nil || e.Seat.ID != m.visit.Patient.ID {
				t.Errorf("%s: entered %+v, %v", algorithm, e, err)
			}
		}
	}
}

func TestMintedSessionByEitherName(t *testing.T) {
	m := newMint(t)
	other := m.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-2" })
	id, external := string(m.visit.ID), "lk-1"
	for _, sid := range []string{id, external} {
		for _, at := range []string{id, external} {
			c, err := m.minted.Claims(t.Context(), m.good(map[string]any{"sid": sid}), at)
			if err != nil || c.Session != id {
				t.Errorf("sid %s at %s: %+v, %v", sid, at, c, err)
			}
		}
		for _, at := range []string{string(other.ID), "lk-2", "lk-3", "", "c_nonsense"} {
			m.refused("sid "+sid+" at "+at, m.good(map[string]any{"sid": sid}), at, consult.CodeLinkUnknown, "not for this session")
		}
	}
	m.refused("no such session", m.good(map[string]any{"sid": "lk-9"}), "lk-9", consult.CodeLinkUnknown, "not for this session")
	// Another integration's key opens nothing here, even with our session's id.
	key := m.private["EdDSA"]
	m.register(&consult.SigningKey{Integration: "other", Issuer: "https://other.example", KID: "k", Algorithm: "EdDSA", PublicKey: public(t, key)})
	token := sign(t, "EdDSA", key, "k", m.claims(map[string]any{"iss": "https://other.example"}))
	m.refused("another integration", token, id, consult.CodeLinkUnknown, "not for this session")
}

func TestMintedClaimsRefused(t *testing.T) {
	m := newMint(t)
	now := m.Clock.Now().Unix()
	long := strings.Repeat("x", 129)
	for _, c := range []struct {
		name   string
		change map[string]any
		code   consult.Code // link_unknown unless given
		says   string
	}{
		{"another issuer", map[string]any{"iss": "https://evil.example"}, "", "iss and kid"},
		{"no issuer", map[string]any{"iss": nil}, "", "iss and kid"},
		{"issuer of a wrong type", map[string]any{"iss": 7}, "", "not a JWT"},
		{"another audience", map[string]any{"aud": "lk"}, "", "aud"},
		{"other audiences", map[string]any{"aud": []string{"lk", "TMK"}}, "", "aud"},
		{"no audience", map[string]any{"aud": nil}, "", "aud"},
		{"audience of a wrong type", map[string]any{"aud": 7}, "", "wrong type"},
		{"no sub", map[string]any{"sub": nil}, "", "sub"},
		{"empty sub", map[string]any{"sub": ""}, "", "sub"},
		{"long sub", map[string]any{"sub": long}, "", "sub"},
		{"sub with a line break", map[string]any{"sub": "p\n902"}, "", "sub"},
		{"sub of a wrong type", map[string]any{"sub": 902}, "", "wrong type"},
		{"no role", map[string]any{"role": nil}, "", "role"},
		{"another role", map[string]any{"role": "admin"}, "", "role"},
		{"role in capitals", map[string]any{"role": "Doctor"}, "", "role"},
		{"no sid", map[string]any{"sid": nil}, "", "sid"},
		{"no jti", map[string]any{"jti": nil}, "", "jti"},
		{"long jti", map[string]any{"jti": long}, "", "jti"},
		{"long name", map[string]any{"name": strings.Repeat("ж", 201)}, "", "name"},
		{"name that turns writing", map[string]any{"name": "a\u202eb"}, "", "name"},
		{"no exp", map[string]any{"exp": nil}, "", "exp"},
		{"exp of a wrong type", map[string]any{"exp": "tomorrow"}, "", "wrong type"},
		{"exp of 0", map[string]any{"exp": 0}, "", "exp"},
		{"negative exp", map[string]any{"exp": -1}, "", "exp"},
		{"endless exp", map[string]any{"exp": 1e300}, "", "exp"},
		{"expired now", map[string]any{"exp": now}, consult.CodeLinkExpired, "expired"},
		{"expired long ago", map[string]any{"exp": now - 86400}, consult.CodeLinkExpired, "expired"},
		{"exp too far", map[string]any{"exp": now + 24*3600 + 61}, "", "24 hours"},
		{"iat in the future", map[string]any{"iat": now + 61}, "", "iat"},
		{"iat of a wrong type", map[string]any{"iat": true}, "", "wrong type"},
		{"not yet", map[string]any{"nbf": now + 61}, consult.CodeTooEarly, "nbf"},
		{"nbf no time", map[string]any{"nbf": -5}, "", "nbf"},
	} {
		code := c.code
		if code == "" {
			code = consult.CodeLinkUnknown
		}
		m.refused(c.name, m.good(c.change), string(m.visit.ID), code, c.says)
	}
	for name, change := range map[string]map[string]any{
		"exp at the limit":   {"exp": now + 24*3600},
		"fraction in exp":    {"exp": float64(now) + 60.5},
		"iat a little ahead": {"iat": now + 60, "nbf": now + 60},
		"several audiences":  {"aud": []string{"lk", "tmk"}},
		"no name, no iat":    {"name": nil, "iat": nil},
		"claims of others":   {"azp": "x", "scope": []string{"a"}},
	} {
		if _, err := m.minted.Claims(t.Context(), m.good(change), string(m.visit.ID)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMintedTooEarlySaysWhen(t *testing.T) {
	m := newMint(t)
	begins := m.Clock.Now().Add(time.Hour).Truncate(time.Second)
	token := m.good(map[string]any{"nbf": begins.Unix(), "exp": begins.Add(time.Hour).Unix()})
	_, err := m.minted.Claims(t.Context(), token, string(m.visit.ID))
	if e, ok := err.(*consult.Error); !ok || e.Ref != begins.UTC().Format(time.RFC3339) {
		t.Errorf("got %v, want the time %s", err, begins)
	}
}

func TestMintedSignatureRefused(t *testing.T) {
	m := newMint(t)
	ed, other := m.private["EdDSA"], privateKeys(t)
	payload, err := json.Marshal(m.claims(nil))
	if err != nil {
		t.Fatal(err)
	}
	good := m.good(nil)
	parts := strings.Split(good, ".")
	unsigned := func(header string) string { return encode(header) + "." + encode(string(payload)) + "." }
	rs, es, hs := m.private["RS256"], m.private["ES256"], m.private["HS256"].([]byte)
	der := public(t, rs)
	forged := strings.ReplaceAll(string(payload), "p-902", "p-903")
	for name, token := range map[string]string{
		"nothing":                    "",
		"rubbish":                    "a.b.c",
		"two parts":                  parts[0] + "." + parts[1],
		"four parts":                 good + ".x",
		"five parts (JWE)":           "a.b.c.d.e",
		"alg none":                   unsigned(`{"alg":"none","kid":"EdDSA"}`),
		"alg None":                   unsigned(`{"alg":"None","kid":"EdDSA"}`),
		"no alg":                     unsigned(`{"kid":"EdDSA"}`),
		"alg EdDSA, no signature":    unsigned(`{"alg":"EdDSA","kid":"EdDSA"}`),
		"no kid":                     sign(t, "EdDSA", ed, "", m.claims(nil)),
		"unknown kid":                sign(t, "EdDSA", ed, "k9", m.claims(nil)),
		"long kid":                   sign(t, "EdDSA", ed, strings.Repeat("k", 300), m.claims(nil)),
		"signature cut off":          parts[0] + "." + parts[1] + ".",
		"payload changed":            parts[0] + "." + encode(forged) + "." + parts[2],
		"payload no JSON":            parts[0] + "." + encode("hello") + "." + parts[2],
		"payload no object":          sign(t, "EdDSA", ed, "EdDSA", []string{"a"}),
		"another key of the kind":    sign(t, "EdDSA", other["EdDSA"], "EdDSA", m.claims(nil)),
		"another RSA key":            sign(t, "RS256", other["RS256"], "RS256", m.claims(nil)),
		"another EC key":             sign(t, "ES256", other["ES256"], "ES256", m.claims(nil)),
		"another secret":             sign(t, "HS256", []byte(strings.Repeat("f", 32)), "HS256", m.claims(nil)),
		"RSA key as HS256 secret":    sign(t, "HS256", der, "RS256", m.claims(nil)),
		"RSA key as PEM as secret":   sign(t, "HS256", pemOf(der), "RS256", m.claims(nil)),
		"EC key as HS256 secret":     sign(t, "HS256", public(t, es), "ES256", m.claims(nil)),
		"secret under another kid":   sign(t, "HS256", hs, "EdDSA", m.claims(nil)),
		"right key, other algorithm": sign(t, "PS256", rs, "RS256", m.claims(nil)),
		"RS512":                      sign(t, "RS512", rs, "RS256", m.claims(nil)),
		"HS384":                      sign(t, "HS384", append(hs, hs...), "HS256", m.claims(nil)),
		"RS256 under ES256's kid":    sign(t, "RS256", rs, "ES256", m.claims(nil)),
		"key in the header":          withKey(t, other["ES256"], "ES256", m.claims(nil)),
		"too long":                   m.good(map[string]any{"x": strings.Repeat("x", 8<<10)}),
		"JSON serialization":         `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		m.refused(name, token, string(m.visit.ID), consult.CodeLinkUnknown, "")
	}
	for _, name := range []string{"exp", "b64", "http://lk.example/x"} { // signed well, with a header that asks for more
		options := (&jose.SignerOptions{}).WithHeader("kid", "EdDSA").WithHeader("crit", []string{name}).WithHeader(jose.HeaderKey(name), true)
		token := compact(t, jose.SigningKey{Algorithm: jose.EdDSA, Key: ed}, options, m.claims(nil))
		m.refused("critical "+name, token, string(m.visit.ID), consult.CodeLinkUnknown, "crit")
	}
}

func TestMintedKeyRevoked(t *testing.T) {
	m := newMint(t)
	token := m.good(nil)
	if _, err := m.minted.Claims(t.Context(), token, "lk-1"); err != nil {
		t.Fatal(err)
	}
	err := m.Store.Update(t.Context(), func(tx consult.Tx) error {
		keys, err := tx.SigningKeys("lk")
		for _, k := range keys {
			if k.KID == "EdDSA" {
				k.RevokedAt = m.Clock.Now()
				return tx.SaveSigningKey(k)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m.refused("revoked", token, "lk-1", consult.CodeLinkUnknown, "iss and kid")
}

func TestWeakKeysAreNotUsed(t *testing.T) {
	m := newMint(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed, rs := m.private["EdDSA"], m.private["RS256"]
	m.register(&consult.SigningKey{Issuer: issuer, KID: "p384", Algorithm: "ES256", PublicKey: public(t, p384)})
	m.register(&consult.SigningKey{Issuer: issuer, KID: "mixed", Algorithm: "RS256", PublicKey: public(t, ed)})
	m.register(&consult.SigningKey{Issuer: issuer, KID: "both", Algorithm: "HS256", PublicKey: public(t, rs), Secret: public(t, rs)})
	m.register(&consult.SigningKey{Issuer: issuer, KID: "short", Algorithm: "HS256", Secret: []byte("short")})
	m.refused("P-384", sign(t, "ES384", p384, "p384", m.claims(nil)), "lk-1", consult.CodeLinkUnknown, "")
	m.refused("EdDSA key stored as RS256", sign(t, "EdDSA", ed, "mixed", m.claims(nil)), "lk-1", consult.CodeLinkUnknown, "")
	m.refused("public key as secret", sign(t, "HS256", public(t, rs), "both", m.claims(nil)), "lk-1", consult.CodeLinkUnknown, "")
	m.refused("short secret", shortHS256("short", "short", m.claims(nil)), "lk-1", consult.CodeLinkUnknown, "")
}

// FuzzMinted: whatever is shown, only what was signed is taken for it.
func FuzzMinted(f *testing.F) {
	m := newMint(f)
	signed := map[string]bool{}
	for algorithm, key := range m.private {
		token := sign(f, algorithm, key, algorithm, m.claims(nil))
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil {
			f.Fatal(err)
		}
		signed[string(payload)] = true
		f.Add(token, "lk-1")
	}
	f.Add("", "")
	f.Add(encode(`{"alg":"none","kid":"RS256"}`)+"."+encode(`{"iss":"`+issuer+`"}`)+".", "lk-1")
	f.Fuzz(func(t *testing.T, token, session string) {
		claims, err := m.minted.Claims(context.Background(), token, session)
		if err != nil {
			switch code := consult.CodeOf(err); code {
			case consult.CodeLinkUnknown, consult.CodeLinkExpired, consult.CodeTooEarly:
			default:
				t.Errorf("code %s: %v", code, err)
			}
			return
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		if err != nil || !signed[string(payload)] || claims.Session != string(m.visit.ID) {
			t.Errorf("took %q for %q: %+v", token, session, claims)
		}
	})
}
