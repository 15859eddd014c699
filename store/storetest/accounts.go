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
	anna := &consult.Staff{ID: "u_a", Login: "анна", PasswordHash: "$argon2id$…", Roles: []consult.StaffRole{consult.StaffAdmin}, CreatedAt: morning}
	boris := &consult.Staff{ID: "u_b", Login: "boris", CreatedAt: morning}
	add(t, s, consult.Tx.AddStaff, anna)
	add(t, s, consult.Tx.AddStaff, boris)
	if n := count(); n != 2 {
		t.Errorf("%d, want 2", n)
	}
	want(t, "by id", read(t, s, func(tx consult.Tx) (*consult.Staff, error) { return tx.Staff("u_a") }), anna)
	byLogin := func(login string) func(tx consult.Tx) (*consult.Staff, error) {
		return func(tx consult.Tx) (*consult.Staff, error) { return tx.StaffByLogin(login) }
	}
	want(t, "by login", read(t, s, byLogin("boris")), boris)
	missing(t, s, "another case", byLogin("Boris"))
	missing(t, s, "a blank more", byLogin("boris "))
	missing(t, s, "no such id", func(tx consult.Tx) (*consult.Staff, error) { return tx.Staff("u_none") })
	boris.PasswordHash, boris.Roles = "new", []consult.StaffRole{consult.StaffAdmin}
	add(t, s, consult.Tx.SaveStaff, boris)
	want(t, "saved", read(t, s, byLogin("boris")), boris)
	refused(t, s, consult.CodeConflict, "the same login", func(tx consult.Tx) error {
		return tx.AddStaff(&consult.Staff{ID: "u_new", Login: "boris"})
	})
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
	refused(t, s, consult.CodeNotFound, "nobody's", func(tx consult.Tx) error {
		return tx.AddStaffSession(&consult.StaffSession{Hash: []byte("x"), StaffID: "u_none"})
	})
}
