package consult_test

import (
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

func TestAPIKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		scopes := []consult.Scope{consult.ScopeSessionsRead}
		key, secret := must2(w.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "for tests", scopes, time.Hour))(t)
		if !strings.HasPrefix(secret, "tmk_") || len(secret) != 4+43 || !key.ExpiresAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%q, %+v", secret, key)
		}
		p := must(w.Auth.Key(t.Context(), secret))(t)
		if p.Key == nil || p.Key.ID != key.ID || !p.Key.Has(consult.ScopeSessionsRead) || p.Key.Has(consult.ScopeSessionsWrite) {
			t.Errorf("%+v", p.Key)
		}
		_, forEver := w.Key(t)
		w.Clock.Advance(time.Hour)
		_, err := w.Auth.Key(t.Context(), secret)
		wantCode(t, err, consult.CodeUnauthorized)
		p = must(w.Auth.Key(t.Context(), forEver))(t)
		for range 2 {
			if err := w.Desk.RevokeAPIKey(t.Context(), consult.System, p.Key.ID); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.Auth.Key(t.Context(), forEver)
		wantCode(t, err, consult.CodeUnauthorized)
		for _, wrong := range []string{"", "tmk_", "tmk_" + strings.Repeat("A", 43), strings.TrimPrefix(secret, "tmk_")} {
			_, err = w.Auth.Key(t.Context(), wrong)
			wantCode(t, err, consult.CodeUnauthorized)
		}
		wantCode(t, w.Desk.RevokeAPIKey(t.Context(), consult.System, "k_unknown"), consult.CodeNotFound)
		if keys := must(w.Desk.APIKeys(t.Context(), consult.System))(t); len(keys) != 2 {
			t.Errorf("%d keys", len(keys))
		}
	})
}

func TestCreateAPIKeyInvalid(t *testing.T) {
	w := consulttest.New(t)
	_, _, err := w.Desk.CreateAPIKey(t.Context(), consult.System, "ЛК", "a\nb", []consult.Scope{"everything"}, -1)
	wantCode(t, err, consult.CodeInvalid)
	if n := len(asError(t, err).Fields); n != 4 {
		t.Errorf("%v", asError(t, err).Fields)
	}
	_, _, err = w.Desk.CreateAPIKey(t.Context(), consult.System, "lk", "", []consult.Scope{}, 0)
	wantCode(t, err, consult.CodeInvalid)
}

func TestWebhooks(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		hook := must(w.Desk.CreateWebhook(t.Context(), consult.System, "lk", consult.WebhookOrder{URL: "http://127.0.0.1:8099/hook"}))(t)
		if len(hook.Secrets) != 1 || !strings.HasPrefix(hook.Secrets[0].Value, "whsec_") || len(hook.Secrets[0].Value) != 6+44 {
			t.Errorf("%+v", hook)
		}
		v := w.Schedule(t, nil)
		due := must(w.Store.ClaimDeliveries(t.Context(), w.Clock.Now(), time.Minute, 10, 10))(t)
		if len(due) != 1 || due[0].Event.ConsultationID != v.ID || due[0].Webhook.ID != hook.ID {
			t.Errorf("%+v", due)
		}
		for range 2 {
			if err := w.Desk.DisableWebhook(t.Context(), hook.ID); err != nil {
				t.Fatal(err)
			}
		}
		if hooks := must(w.Desk.Webhooks(t.Context(), consult.System, "lk"))(t); len(hooks) != 1 || hooks[0].DisabledAt.IsZero() {
			t.Errorf("%+v", hooks)
		}
		wantCode(t, w.Desk.DisableWebhook(t.Context(), "wh_unknown"), consult.CodeNotFound)
		for _, url := range []string{
			"", "lk.example/hook", "ftp://lk.example", "https://", "https://u:p@lk.example", "https://lk.example/#a",
			"https://lk.example/" + strings.Repeat("a", 2048), "javascript:alert(1)",
		} {
			_, err := w.Desk.CreateWebhook(t.Context(), consult.System, "lk", consult.WebhookOrder{URL: url})
			wantCode(t, err, consult.CodeInvalid)
		}
	})
}

func TestEventIDsRise(t *testing.T) {
	last := consult.EventID("")
	for i := range 300 {
		now := noon.Add(time.Duration(i/100) * time.Millisecond)
		id := consult.NewEventID(now, int64(i+1))
		if id <= last || len(id) != len("evt_")+26 {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}
