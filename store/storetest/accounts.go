package storetest

import (
	"testing"
	"time"

	"tmk/consult"
)

var accountLaws = []law{
	{"keys", apiKeys},
	{"staff", staff},
	{"sessions", staffSessions},
	{"signing keys", signingKeys},
	{"nodes", nodes},
}

func apiKeys(t *testing.T, s consult.Store) {
	b := &consult.APIKey{
		ID: "k_b", Integration: "lk", Name: "ключ", Hash: consult.HashToken("b"), Scopes: consult.AllScopes, CreatedAt: morning,
	}
	a := &consult.APIKey{
		ID: "k_a", Integration: "lk", Hash: consult.HashToken("a"), CreatedAt: morning,
		ExpiresAt: morning.Add(time.Hour), RevokedAt: morning.Add(time.Minute),
	}
	add(t, s, consult.Tx.AddAPIKey, b)
	add(t, s, consult.Tx.AddAPIKey, a)
	want(t, "all", read(t, s, consult.Tx.APIKeys), []*consult.APIKey{a, b})
	byHash := func(token string) func(tx consult.Tx) (*consult.APIKey, error) {
		return func(tx consult.Tx) (*consult.APIKey, error) { return tx.APIKey(consult.HashToken(token)) }
	}
	want(t, "a revoked one is found", read(t, s, byHash("a")), a)
	b.Name, b.Scopes = "new", []consult.Scope{consult.ScopeWebhooks}
	b.ExpiresAt, b.RevokedAt = morning.Add(2*time.Hour), morning.Add(3*time.Hour)
	add(t, s, consult.Tx.SaveAPIKey, b)
	want(t, "saved", read(t, s, byHash("b")), b)
	touch := func(id consult.KeyID, at time.Time) error {
		return s.Update(ctxOf(t), func(tx consult.Tx) error { return tx.TouchAPIKey(id, at) })
	}
	for _, at := range []time.Time{morning.Add(time.Hour), morning.Add(time.Minute)} {
		wantCode(t, "", "a use", touch("k_b", at))
		b.LastUsedAt = morning.Add(time.Hour)
		want(t, "the latest use", read(t, s, byHash("b")), b)
	}
	wantCode(t, consult.CodeNotFound, "the use of none", touch("k_none", morning))
	b.LastUsedAt = time.Time{}
	add(t, s, consult.Tx.SaveAPIKey, b)
	b.LastUsedAt = morning.Add(time.Hour)
	want(t, "a save leaves the use alone", read(t, s, byHash("b")), b)
	missing(t, s, "an unknown key", byHash("none"))
	missing(t, s, "no key at all", func(tx consult.Tx) (*consult.APIKey, error) { return tx.APIKey(nil) })
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveAPIKey(&consult.APIKey{ID: "k_none"}) })
	refused(t, s, consult.CodeConflict, "the same hash", func(tx consult.Tx) error {
		return tx.AddAPIKey(&consult.APIKey{ID: "k_new", Hash: a.Hash})
	})
}

func staff(t *testing.T, s consult.Store) {
	count := func() int { return read(t, s, consult.Tx.StaffCount) }
	if n := count(); n != 0 {
		t.Errorf("%d at first", n)
	}
	anna := &consult.Staff{
		ID: "u_a", Login: "анна", Name: "Анна Ёлкина", PasswordHash: "$argon2id$…", Roles: []consult.StaffRole{consult.StaffAdmin, consult.StaffHead},
		TOTPSecret: []byte("12345678901234567890"), TOTPStep: 59123456, Recovery: [][]byte{consult.HashToken("1"), consult.HashToken("2")},
		CreatedAt: morning, DisabledAt: morning.Add(time.Hour),
	}
	boris := &consult.Staff{ID: "u_b", Login: "boris", CreatedAt: morning}
	vera := &consult.Staff{ID: "u_c", Login: "Vera", Issuer: "https://id.example", Subject: "v", CreatedAt: morning}
	for _, v := range []*consult.Staff{anna, boris, vera} {
		add(t, s, consult.Tx.AddStaff, v)
	}
	if n := count(); n != 3 {
		t.Errorf("%d, want 3", n)
	}
	want(t, "all, by login", read(t, s, consult.Tx.AllStaff), []*consult.Staff{vera, boris, anna})
	want(t, "by id", read(t, s, func(tx consult.Tx) (*consult.Staff, error) { return tx.Staff("u_a") }), anna)
	byLogin := func(login string) func(tx consult.Tx) (*consult.Staff, error) {
		return func(tx consult.Tx) (*consult.Staff, error) { return tx.StaffByLogin(login) }
	}
	bySubject := func(issuer, subject string) func(tx consult.Tx) (*consult.Staff, error) {
		return func(tx consult.Tx) (*consult.Staff, error) { return tx.StaffBySubject(issuer, subject) }
	}
	want(t, "by login", read(t, s, byLogin("boris")), boris)
	want(t, "by subject", read(t, s, bySubject("https://id.example", "v")), vera)
	missing(t, s, "another case", byLogin("Boris"))
	missing(t, s, "a blank more", byLogin("boris "))
	missing(t, s, "another issuer's", bySubject("https://other.example", "v"))
	missing(t, s, "no subject", bySubject("", ""))
	missing(t, s, "no such id", func(tx consult.Tx) (*consult.Staff, error) { return tx.Staff("u_none") })

	*boris = consult.Staff{
		ID: "u_b", Login: "борис", Name: "Борис", PasswordHash: "new", Roles: []consult.StaffRole{consult.StaffAuditor},
		Issuer: "https://id.example", Subject: "b", TOTPSecret: []byte("x"), TOTPStep: 1, Recovery: [][]byte{consult.HashToken("3")},
		CreatedAt: morning, DisabledAt: morning.Add(time.Minute),
	}
	add(t, s, consult.Tx.SaveStaff, boris)
	want(t, "saved", read(t, s, byLogin("борис")), boris)
	*anna = consult.Staff{ID: "u_a", Login: "анна", CreatedAt: morning}
	add(t, s, consult.Tx.SaveStaff, anna)
	want(t, "emptied", read(t, s, byLogin("анна")), anna)

	for name, v := range map[string]consult.Staff{
		"login": {ID: "u_new", Login: "борис"}, "subject": {ID: "u_new", Login: "new", Issuer: "https://id.example", Subject: "b"},
	} {
		refused(t, s, consult.CodeConflict, "the same "+name, func(tx consult.Tx) error { return tx.AddStaff(&v) })
		v.ID = "u_a"
		refused(t, s, consult.CodeConflict, "saving another's "+name, func(tx consult.Tx) error { return tx.SaveStaff(&v) })
	}
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveStaff(&consult.Staff{ID: "u_none"}) })
}

func staffSessions(t *testing.T, s consult.Store) {
	for _, id := range []consult.StaffID{"u_a", "u_b"} {
		add(t, s, consult.Tx.AddStaff, &consult.Staff{ID: id, Login: string(id), CreatedAt: morning})
	}
	session := func(name string, id consult.StaffID, created time.Time) *consult.StaffSession {
		v := &consult.StaffSession{
			ID: "ss_" + name, Hash: consult.HashToken(name), StaffID: id, Way: "totp", Agent: "Firefox, Ёж",
			CreatedAt: created, SeenAt: created, ExpiresAt: created.Add(time.Hour),
		}
		add(t, s, consult.Tx.AddStaffSession, v)
		return v
	}
	first, others := session("first", "u_a", morning), session("others", "u_b", morning)
	by := func(name string) func(tx consult.Tx) (*consult.StaffSession, error) {
		return func(tx consult.Tx) (*consult.StaffSession, error) { return tx.StaffSession(consult.HashToken(name)) }
	}
	want(t, "found", read(t, s, by("first")), first)
	second := session("second", "u_a", morning.Add(time.Minute))
	want(t, "beside another", read(t, s, by("first")), first)
	of := func(id consult.StaffID) []*consult.StaffSession {
		return read(t, s, func(tx consult.Tx) ([]*consult.StaffSession, error) { return tx.StaffSessions(id) })
	}
	want(t, "of one person, the newest first", of("u_a"), []*consult.StaffSession{second, first})
	want(t, "of nobody", of("u_none"), nil)
	seen := morning.Add(30 * time.Minute)
	for _, at := range []time.Time{seen, morning} {
		update(t, s, func(tx consult.Tx) error { return tx.TouchStaffSession(second.Hash, at) })
		second.SeenAt = seen
		want(t, "when it was seen last", read(t, s, by("second")), second)
	}
	refused(t, s, consult.CodeNotFound, "seeing none", func(tx consult.Tx) error { return tx.TouchStaffSession([]byte("none"), seen) })
	session("third", "u_a", morning.Add(time.Hour+time.Second))
	missing(t, s, "one that had run out when another began", by("first"))
	want(t, "one that had not", read(t, s, by("second")), second)
	want(t, "somebody else's", read(t, s, by("others")), others)
	for range 2 {
		update(t, s, func(tx consult.Tx) error { return tx.DeleteStaffSession(consult.HashToken("second")) })
		missing(t, s, "deleted", by("second"))
	}
	update(t, s, func(tx consult.Tx) error { return tx.DeleteStaffSessions("u_a") })
	missing(t, s, "all of one person's deleted", by("third"))
	want(t, "and nobody else's", read(t, s, by("others")), others)
	refused(t, s, consult.CodeConflict, "the same", func(tx consult.Tx) error { return tx.AddStaffSession(others) })
	edge := session("edge", "u_b", morning.Add(time.Minute))
	update(t, s, func(tx consult.Tx) error {
		n, err := tx.DeleteStaffSessionsExpired(edge.ExpiresAt)
		if n != 1 {
			t.Errorf("deleted %d sessions, want 1", n)
		}
		return err
	})
	want(t, "those that had not run out", of("u_b"), []*consult.StaffSession{edge})
	refused(t, s, consult.CodeNotFound, "nobody's", func(tx consult.Tx) error {
		return tx.AddStaffSession(&consult.StaffSession{Hash: []byte("x"), StaffID: "u_none"})
	})
}

func signingKeys(t *testing.T, s consult.Store) {
	b := &consult.SigningKey{
		ID: "jk_b", Integration: "lk", Issuer: "lk", KID: "1", Algorithm: "HS256", Secret: []byte("a secret of thirty-two bytes or more"), CreatedAt: morning,
	}
	a := &consult.SigningKey{
		ID: "jk_a", Integration: "lk", Issuer: "lk", KID: "2", Algorithm: "EdDSA", PublicKey: []byte{0x30, 0x2a}, CreatedAt: morning,
	}
	sets := &consult.SigningKey{ID: "jk_c", Integration: "lk", Issuer: "lk", JWKSURL: "https://lk.example/jwks", CreatedAt: morning.Add(time.Second)}
	sets2 := &consult.SigningKey{ID: "jk_d", Integration: "lk", Issuer: "other", JWKSURL: "https://lk.example/jwks2", CreatedAt: morning.Add(time.Second)}
	other := &consult.SigningKey{ID: "jk_e", Integration: "other", KID: "1", Algorithm: "ES256", PublicKey: []byte{1}, CreatedAt: morning}
	for _, k := range []*consult.SigningKey{b, a, sets, sets2, other} {
		add(t, s, consult.Tx.AddSigningKey, k)
	}
	of := func(integration string) []*consult.SigningKey {
		return read(t, s, func(tx consult.Tx) ([]*consult.SigningKey, error) { return tx.SigningKeys(integration) })
	}
	want(t, "of one", of("lk"), []*consult.SigningKey{a, b, sets, sets2})
	want(t, "of all", of(""), []*consult.SigningKey{a, b, other, sets, sets2})
	again := &consult.SigningKey{ID: "jk_new", Integration: "lk", KID: "1", Algorithm: "EdDSA", PublicKey: []byte{2}, CreatedAt: morning.Add(time.Hour)}
	refused(t, s, consult.CodeConflict, "a live one's kid", func(tx consult.Tx) error { return tx.AddSigningKey(again) })
	b.RevokedAt = morning.Add(time.Minute)
	add(t, s, consult.Tx.SaveSigningKey, b)
	want(t, "revoked", read(t, s, func(tx consult.Tx) (*consult.SigningKey, error) { return tx.SigningKey("jk_b") }), b)
	add(t, s, consult.Tx.AddSigningKey, again)
	want(t, "revoked ones too", of("lk"), []*consult.SigningKey{a, b, sets, sets2, again})
	missing(t, s, "no such key", func(tx consult.Tx) (*consult.SigningKey, error) { return tx.SigningKey("jk_none") })
	refused(t, s, consult.CodeNotFound, "saving none", func(tx consult.Tx) error { return tx.SaveSigningKey(&consult.SigningKey{ID: "jk_none"}) })
}

func nodes(t *testing.T, s consult.Store) {
	b, a := consult.Node{ID: "b", SeenAt: morning}, consult.Node{ID: "a", SeenAt: morning.Add(time.Second)}
	add(t, s, consult.Tx.SaveNode, b)
	add(t, s, consult.Tx.SaveNode, a)
	want(t, "all", read(t, s, consult.Tx.Nodes), []consult.Node{a, b})
	b.SeenAt = morning.Add(time.Minute)
	add(t, s, consult.Tx.SaveNode, b)
	want(t, "seen again", read(t, s, consult.Tx.Nodes), []consult.Node{a, b})
	for range 2 {
		update(t, s, func(tx consult.Tx) error { return tx.DeleteNode("a") })
		want(t, "deleted", read(t, s, consult.Tx.Nodes), []consult.Node{b})
	}
}
