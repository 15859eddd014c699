package api

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

func TestStaffOverREST(t *testing.T) {
	h := newHouse(t)
	boss := h.hire("boss", consult.StaffAdmin)
	const staff = "/v1/admin/staff"
	made := into[CreatedStaff](boss.ask("POST", staff, map[string]any{"login": "Anna", "name": "Анна", "roles": []string{"operator", "auditor"}}).want(201))
	if made.Login != "anna" || made.Name != "Анна" || len(made.Roles) != 2 || !made.Local || made.Totp || len(made.Password) != 19 {
		t.Errorf("%+v", made)
	}
	boss.ask("POST", staff, map[string]any{"login": "anna", "roles": []string{"head"}}).wantProblem(409, consult.CodeConflict)
	wantField(t, boss.ask("POST", staff, map[string]any{"login": "x", "roles": []string{"king"}}).wantProblem(400, consult.CodeInvalid), "/roles/0")
	wantField(t, boss.ask("POST", staff, map[string]any{"login": "x", "roles": []string{}}).wantProblem(400, consult.CodeInvalid), "/roles")
	anna := &person{h, cookieOf(t, h.login("anna", made.Password, nil).want(204)).Value}
	one := staff + "/" + made.ID

	list := into[StaffList](boss.ask("GET", staff, nil).want(200)).Items
	if len(list) != 2 || list[0].Login != "anna" || list[1].Login != "boss" {
		t.Errorf("%+v", list)
	}
	got := into[StaffMember](boss.ask("PATCH", one, map[string]any{"name": "Анна С.", "roles": []string{"head"}}).want(200))
	if got.Name != "Анна С." || len(got.Roles) != 1 || got.Roles[0] != StaffRoleHead || !got.DisabledAt.IsZero() {
		t.Errorf("%+v", got)
	}
	if got = into[StaffMember](boss.ask("PATCH", one, map[string]any{"disabled": true}).want(200)); got.DisabledAt.IsZero() || got.Name != "Анна С." {
		t.Errorf("%+v", got)
	}
	anna.ask("GET", "/v1/admin/me", nil).wantProblem(401, consult.CodeUnauthorized)
	h.login("anna", made.Password, nil).wantProblem(401, consult.CodeUnauthorized)
	if got = into[StaffMember](boss.ask("PATCH", one, map[string]any{"disabled": false, "name": ""}).want(200)); !got.DisabledAt.IsZero() || got.Name != "" {
		t.Errorf("%+v", got)
	}
	reset := into[MadePassword](boss.ask("POST", one+"/password", nil).want(200))
	anna.cookie = cookieOf(t, h.login("anna", reset.Password, nil).want(204)).Value
	sessions := into[StaffSessionList](boss.ask("GET", one+"/sessions", nil).want(200)).Items
	if len(sessions) != 1 || sessions[0].Current {
		t.Fatalf("%+v", sessions)
	}
	boss.ask("DELETE", one+"/sessions/"+sessions[0].ID, nil).want(204)
	anna.ask("GET", "/v1/admin/me", nil).wantProblem(401, consult.CodeUnauthorized)
	boss.ask("DELETE", one+"/sessions", nil).want(204)
	boss.ask("DELETE", one+"/totp", nil).want(204)
	boss.ask("GET", staff+"/u_none", nil).wantProblem(404, consult.CodeNotFound)
	if got = into[StaffMember](boss.ask("GET", one, nil).want(200)); got.ID != made.ID {
		t.Errorf("%+v", got)
	}
	me := into[Me](boss.ask("GET", "/v1/admin/me", nil).want(200))
	boss.ask("PATCH", staff+"/"+me.ID, map[string]any{"disabled": true}).wantProblem(409, consult.CodeConflict) // the last administrator
	boss.ask("PATCH", staff+"/"+me.ID, map[string]any{"roles": []string{"head"}}).wantProblem(409, consult.CodeConflict)
	boss.ask("POST", staff+"/"+me.ID+"/password", nil).wantProblem(409, consult.CodeConflict) // with the present one, on his own page
	boss.ask("DELETE", staff+"/"+me.ID+"/totp", nil).wantProblem(409, consult.CodeConflict)
}

// An account of the provider has no password here to change.
func TestAccountWithoutAPassword(t *testing.T) {
	h := newHouse(t)
	now := h.Clock.Now()
	cookie := consult.NewToken(32)
	err := h.Store.Update(t.Context(), func(tx consult.Tx) error {
		s := &consult.Staff{ID: "u_oidc", Login: "anna", Roles: []consult.StaffRole{consult.StaffHead}, Issuer: "https://id.example", Subject: "1", CreatedAt: now}
		if err := tx.AddStaff(s); err != nil {
			return err
		}
		return tx.AddStaffSession(&consult.StaffSession{
			ID: "ss_1", Hash: consult.HashToken(cookie), StaffID: s.ID, Way: "oidc", CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	anna := &person{h, cookie}
	if me := into[Me](anna.ask("GET", "/v1/admin/me", nil).want(200)); me.Local || me.Way != StaffWayOidc {
		t.Errorf("%+v", me)
	}
	anna.ask("POST", "/v1/admin/account/password", map[string]any{"current": "x", "password": "another long password"}).wantProblem(409, consult.CodeConflict)
	anna.ask("POST", "/v1/admin/account/totp", map[string]any{"password": "x"}).wantProblem(409, consult.CodeConflict)
	boss := h.hire("boss", consult.StaffAdmin)
	boss.ask("PATCH", "/v1/admin/staff/u_oidc", map[string]any{"roles": []string{"admin"}}).wantProblem(409, consult.CodeConflict)
	boss.ask("POST", "/v1/admin/staff/u_oidc/password", nil).wantProblem(409, consult.CodeConflict)
}

func TestAPIKeysOverREST(t *testing.T) {
	h := newHouse(t)
	boss := h.hire("boss", consult.StaffAdmin)
	const keys = "/v1/admin/apikeys"
	soon := h.Clock.Now().Add(14 * 24 * time.Hour)
	made := into[CreatedAPIKey](boss.ask("POST", keys, map[string]any{
		"integration": "clinic", "name": "portal", "scopes": []string{"sessions:read"}, "expiresAt": soon.Format(time.RFC3339),
	}).want(201))
	if !strings.HasPrefix(made.Key, "tmk_") || made.State != APIKeyStateExpiring || !made.ExpiresAt.Equal(soon) || len(made.Scopes) != 1 {
		t.Errorf("%+v", made)
	}
	h.as(made.Key, "GET", root+"/sessions/doctor/d-1", nil).want(200)
	h.as(made.Key, "POST", root+"/sessions/create/simpl", map[string]any{"doctorId": "d", "patientId": "p"}).wantProblem(403, consult.CodeForbidden)
	wantField(t, boss.ask("POST", keys, map[string]any{
		"integration": "clinic", "scopes": []string{"sessions:read"}, "expiresAt": h.Clock.Now().Format(time.RFC3339),
	}).wantProblem(400, consult.CodeInvalid), "/expiresAt")
	wantField(t, boss.ask("POST", keys, map[string]any{"integration": "No", "scopes": []string{"webhooks"}}).wantProblem(400, consult.CodeInvalid), "/integration")
	wantField(t, boss.ask("POST", keys, map[string]any{"integration": "x", "scopes": []string{"all"}}).wantProblem(400, consult.CodeInvalid), "/scopes/0")

	find := func() APIKey {
		t.Helper()
		for _, k := range into[APIKeyList](boss.ask("GET", keys, nil).want(200)).Items {
			if k.ID == made.ID {
				return k
			}
		}
		t.Fatal("the key is not in the list")
		return APIKey{}
	}
	if k := find(); !k.LastUsedAt.Equal(h.Clock.Now()) || k.Name != "portal" {
		t.Errorf("%+v", k)
	}
	h.Clock.Advance(11 * time.Hour)
	boss.ask("DELETE", keys+"/"+made.ID, nil).want(204)
	boss.ask("DELETE", keys+"/"+made.ID, nil).want(204)
	if k := find(); k.State != APIKeyStateRevoked || k.RevokedAt.IsZero() {
		t.Errorf("%+v", k)
	}
	h.as(made.Key, "GET", root+"/sessions/doctor/d-1", nil).wantProblem(401, consult.CodeUnauthorized)
	boss.ask("DELETE", keys+"/k_none", nil).wantProblem(404, consult.CodeNotFound)
	if strings.Contains(h.logs.String(), made.Key) {
		t.Error("the log holds the key")
	}
}

func TestSigningKeysOverREST(t *testing.T) {
	h := newHouse(t)
	boss := h.hire("boss", consult.StaffAdmin)
	const keys = "/v1/admin/signingkeys"
	order := func(more map[string]any) map[string]any {
		o := map[string]any{"integration": "lk", "issuer": "lk"}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	jwk := `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"ed-1","alg":"EdDSA"}`
	ed := into[CreatedSigningKey](boss.ask("POST", keys, order(map[string]any{"publicKey": jwk})).want(201))
	if ed.Kid != "ed-1" || ed.Algorithm != SigningAlgorithmEdDSA || !strings.HasPrefix(ed.PublicKey, "-----BEGIN PUBLIC KEY-----") || ed.Secret != "" {
		t.Errorf("%+v", ed)
	}
	boss.ask("POST", keys, order(map[string]any{"publicKey": jwk})).wantProblem(409, consult.CodeConflict)
	pem := into[CreatedSigningKey](boss.ask("POST", keys, order(map[string]any{"publicKey": ed.PublicKey, "kid": "ed-2", "algorithm": "EdDSA"})).want(201))
	if pem.PublicKey != ed.PublicKey {
		t.Errorf("%+v", pem)
	}
	made := into[CreatedSigningKey](boss.ask("POST", keys, order(map[string]any{"kid": "hs-1", "algorithm": "HS256"})).want(201))
	if raw, err := base64.StdEncoding.DecodeString(made.Secret); err != nil || len(raw) != 32 {
		t.Errorf("%+v", made)
	}
	theirs := strings.Repeat("MDEy", 12)
	if own := into[CreatedSigningKey](boss.ask("POST", keys, order(map[string]any{"kid": "hs-2", "algorithm": "HS256", "secret": theirs})).want(201)); own.Secret != "" {
		t.Error("a secret that they know is shown")
	}
	for pointer, body := range map[string]map[string]any{
		"/secret":    order(map[string]any{"kid": "x", "algorithm": "HS256", "secret": "?"}),
		"/publicKey": order(map[string]any{"publicKey": `{"kty":"OKP"}`}),
		"/algorithm": order(map[string]any{"kid": "x"}),
		"/jwksUrl":   order(map[string]any{"jwksUrl": "http://lk.example/keys"}),
	} {
		wantField(t, boss.ask("POST", keys, body).wantProblem(400, consult.CodeInvalid), pointer)
	}
	private := strings.Replace(jwk, `"alg"`, `"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","alg"`, 1)
	wantField(t, boss.ask("POST", keys, order(map[string]any{"publicKey": private})).wantProblem(400, consult.CodeInvalid), "/publicKey")
	boss.ask("POST", keys, map[string]any{"integration": "other", "issuer": "other", "jwksUrl": "https://lk.example/keys"}).want(201)
	list := boss.ask("GET", keys+"?integration=lk", nil).want(200)
	if items := into[SigningKeyList](list).Items; len(items) != 4 {
		t.Errorf("%d keys of lk", len(items))
	}
	if strings.Contains(string(list.body), made.Secret) || strings.Contains(string(list.body), theirs) {
		t.Error("the list holds a secret")
	}
	boss.ask("DELETE", keys+"/"+ed.ID, nil).want(204)
	boss.ask("DELETE", keys+"/jk_none", nil).wantProblem(404, consult.CodeNotFound)
}

func TestAuditOverREST(t *testing.T) {
	h := newHouse(t)
	auditor := h.hire("auditor", consult.StaffAuditor)
	boss := h.hire("boss", consult.StaffAdmin)
	v := h.Schedule(t, nil)
	h.Clock.Advance(time.Minute)
	from := h.Clock.Now()
	boss.ask("POST", "/v1/admin/apikeys", map[string]any{"integration": "clinic", "scopes": []string{"webhooks"}}).want(201)
	const audit = "/v1/admin/audit"
	read := func(query string) []AuditEntry {
		t.Helper()
		return into[AuditPage](auditor.ask("GET", audit+query, nil).want(200)).Items
	}
	made := read("?action=apikey.create&from=" + from.Format(time.RFC3339))
	if len(made) != 1 || made[0].ActorName != "boss" || !strings.HasPrefix(made[0].Actor, "staff:u_") || !strings.HasPrefix(made[0].Object, "k_") {
		t.Errorf("%+v", made)
	}
	if got := read("?session=" + string(v.ID)); len(got) != 1 || got[0].Action != "consultation.schedule" || got[0].ActorName != "lk: test" {
		t.Errorf("%+v", got)
	}
	if got := read("?action=staff.&to=" + from.Format(time.RFC3339)); len(got) != 4 { // two made, two logged in
		t.Errorf("%+v", got)
	}
	if got := read("?actor=" + made[0].Actor + "&object=" + made[0].Object); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	first := into[AuditPage](auditor.ask("GET", audit+"?limit=1", nil).want(200))
	second := into[AuditPage](auditor.ask("GET", audit+"?limit=1&cursor="+first.NextCursor, nil).want(200))
	if len(first.Items) != 1 || len(second.Items) != 1 || first.Items[0].ID == second.Items[0].ID {
		t.Errorf("%+v, %+v", first, second)
	}
	p := auditor.ask("GET", audit+"?limit=0&from=x&to=y", nil).wantProblem(400, consult.CodeInvalid)
	for _, field := range []string{"/limit", "/from", "/to"} {
		wantField(t, p, field)
	}
	wantField(t, auditor.ask("GET", audit+"?cursor=au_none", nil).wantProblem(400, consult.CodeInvalid), "/cursor")

	verdict := into[AuditVerdict](auditor.ask("POST", audit+"/verify", nil).want(200))
	if !verdict.Ok || verdict.Entries < 6 || verdict.HeadN != verdict.Entries || len(verdict.HeadLink) != 64 || verdict.Why != "" {
		t.Errorf("%+v", verdict)
	}
	if got := read("?limit=200"); got[len(got)-1].N != 1 {
		t.Errorf("the first entry is %+v", got[len(got)-1])
	}
	if got := read("?action=audit.read"); len(got) == 0 || got[0].ActorName != "auditor" {
		t.Errorf("reading the audit is not in it: %+v", got)
	}
}
