package consult_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func publicPEM(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	der := must(x509.MarshalPKIXPublicKey(key))(t)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func edKey(t *testing.T) string {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return publicPEM(t, public)
}

func TestSigningKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		admin := as(consult.StaffAdmin)
		ec := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
		rs := must(rsa.GenerateKey(rand.Reader, 2048))(t)
		order := func(kid, algorithm, public string) consult.SigningKeyOrder {
			return consult.SigningKeyOrder{Integration: "lk", Issuer: "https://lk.example", KID: kid, Algorithm: algorithm, PublicKey: public}
		}
		ed := must(w.Desk.CreateSigningKey(t.Context(), admin, order("ed", consult.AlgorithmEdDSA, edKey(t))))(t)
		must(w.Desk.CreateSigningKey(t.Context(), admin, order("es", consult.AlgorithmES256, publicPEM(t, ec.Public()))))(t)
		must(w.Desk.CreateSigningKey(t.Context(), admin, order("rs", consult.AlgorithmRS256, publicPEM(t, rs.Public()))))(t)
		made := must(w.Desk.CreateSigningKey(t.Context(), admin, order("hs", consult.AlgorithmHS256, "")))(t)
		if len(made.Secret) != 32 || made.PublicKey != nil {
			t.Errorf("%+v", made)
		}
		given := order("hs2", consult.AlgorithmHS256, "")
		given.Secret = bytes.Repeat([]byte{7}, 48)
		must(w.Desk.CreateSigningKey(t.Context(), admin, given))(t)
		set := consult.SigningKeyOrder{Integration: "lk", Issuer: "https://lk.example", JWKSURL: "https://lk.example/.well-known/jwks.json"}
		must(w.Desk.CreateSigningKey(t.Context(), admin, set))(t)

		keys := must(w.Desk.SigningKeys(t.Context(), consult.System, "lk"))(t)
		if len(keys) != 6 {
			t.Fatalf("%d keys", len(keys))
		}
		byKID := make(map[string]*consult.SigningKey)
		for _, k := range keys {
			byKID[k.KID] = k
		}
		if _, err := x509.ParsePKIXPublicKey(byKID["es"].PublicKey); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(byKID["hs"].Secret, made.Secret) || !bytes.Equal(byKID["hs2"].Secret, given.Secret) || byKID[""].JWKSURL != set.JWKSURL {
			t.Error("the keys that are stored are others")
		}
		// One live key for each kid, one integration for each issuer.
		_, err := w.Desk.CreateSigningKey(t.Context(), admin, order("ed", consult.AlgorithmEdDSA, edKey(t)))
		wantCode(t, err, consult.CodeConflict)
		foreign := order("ed", consult.AlgorithmEdDSA, edKey(t))
		foreign.Integration = "other"
		_, err = w.Desk.CreateSigningKey(t.Context(), admin, foreign)
		wantCode(t, err, consult.CodeConflict)
		for range 2 {
			if err := w.Desk.RevokeSigningKey(t.Context(), admin, ed.ID); err != nil {
				t.Fatal(err)
			}
		}
		must(w.Desk.CreateSigningKey(t.Context(), admin, order("ed", consult.AlgorithmEdDSA, edKey(t))))(t)
		wantCode(t, w.Desk.RevokeSigningKey(t.Context(), admin, "jk_none"), consult.CodeNotFound)
		if got := actionsOn(t, w, string(ed.ID)); len(got) != 2 || got[0] != "signingkey.create" || got[1] != "signingkey.revoke" {
			t.Errorf("audit %v", got)
		}
	})
}

func TestSigningKeysRefused(t *testing.T) {
	w := consulttest.New(t)
	good := consult.SigningKeyOrder{Integration: "lk", Issuer: "lk", KID: "k", Algorithm: consult.AlgorithmEdDSA, PublicKey: edKey(t)}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der := must(x509.MarshalPKCS8PrivateKey(private))(t)
	privatePEM := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	p384 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	for name, tt := range map[string]struct {
		spoil func(o *consult.SigningKeyOrder)
		want  string
	}{
		"integration":   {func(o *consult.SigningKeyOrder) { o.Integration = "ЛК" }, "/integration"},
		"issuer":        {func(o *consult.SigningKeyOrder) { o.Issuer = "" }, "/issuer"},
		"kid":           {func(o *consult.SigningKeyOrder) { o.KID = "" }, "/kid"},
		"algorithm":     {func(o *consult.SigningKeyOrder) { o.Algorithm = "none" }, "/algorithm"},
		"another kind":  {func(o *consult.SigningKeyOrder) { o.Algorithm = consult.AlgorithmRS256 }, "/publicKey"},
		"another curve": {func(o *consult.SigningKeyOrder) { o.Algorithm, o.PublicKey = "ES256", publicPEM(t, p384.Public()) }, "/publicKey"},
		"private key":   {func(o *consult.SigningKeyOrder) { o.PublicKey = privatePEM }, "/publicKey"},
		"no key":        {func(o *consult.SigningKeyOrder) { o.PublicKey = "ssh-ed25519 AAAA" }, "/publicKey"},
		"key as secret": {func(o *consult.SigningKeyOrder) { o.Algorithm = consult.AlgorithmHS256 }, "/publicKey"},
		"short secret":  {func(o *consult.SigningKeyOrder) { o.Algorithm, o.PublicKey, o.Secret = "HS256", "", make([]byte, 31) }, "/secret"},
		"secret beside": {func(o *consult.SigningKeyOrder) { o.Secret = make([]byte, 32) }, "/secret"},
		"set beside":    {func(o *consult.SigningKeyOrder) { o.JWKSURL = "https://lk.example/jwks" }, "/jwksUrl"},
		"set without TLS": {func(o *consult.SigningKeyOrder) {
			*o = consult.SigningKeyOrder{Integration: "lk", Issuer: "lk", JWKSURL: "http://lk"}
		}, "/jwksUrl"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			tt.spoil(&o)
			_, err := w.Desk.CreateSigningKey(t.Context(), consult.System, o)
			wantCode(t, err, consult.CodeInvalid)
			for _, f := range asError(t, err).Fields {
				if f.Pointer != tt.want {
					t.Errorf("at %s, want %s", f.Pointer, tt.want)
				}
			}
		})
	}
	key, _ := w.Key(t)
	for _, by := range []consult.Principal{key, as(consult.StaffHead)} {
		_, err := w.Desk.CreateSigningKey(t.Context(), by, good)
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Desk.SigningKeys(t.Context(), by, "")
		wantCode(t, err, consult.CodeForbidden)
		wantCode(t, w.Desk.RevokeSigningKey(t.Context(), by, "jk_1"), consult.CodeForbidden)
	}
}
