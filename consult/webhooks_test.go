package consult_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tmk/consult"
	"tmk/consult/consulttest"
)

const hookURL = "https://lk.example/hook?from=tmk"

func hookOf(t *testing.T, w *consulttest.World, by consult.Principal) *consult.Webhook {
	t.Helper()
	return must(w.Desk.CreateWebhook(t.Context(), by, "", consult.WebhookOrder{URL: hookURL}))(t)
}

func TestCreateWebhook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		order := consult.WebhookOrder{
			URL: hookURL, Description: "Личный кабинет",
			Events: []consult.EventType{consult.SessionRated, consult.SessionCreated, consult.SessionRated},
		}
		made := must(w.Desk.CreateWebhook(t.Context(), key, "", order))(t)
		if made.Integration != "lk" || made.Version != 1 || len(made.Secrets) != 1 || len(made.Secrets[0].Value) != len("whsec_")+44 ||
			!slices.Equal(made.Events, []consult.EventType{consult.SessionCreated, consult.SessionRated}) {
			t.Errorf("%+v", made)
		}
		if order.Events[0] != consult.SessionRated {
			t.Error("the order was changed")
		}
		again := must(w.Desk.Webhook(t.Context(), key, made.ID))(t)
		if fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", made) {
			t.Errorf("made %+v\nread %+v", made, again)
		}
		// It is told of what it asked for only.
		v := w.Schedule(t, nil)
		arrive(t, w, v.Doctor.ID)
		page := must(w.Desk.Deliveries(t.Context(), key, consult.DeliveryQuery{Webhook: made.ID}))(t)
		if len(page.Items) != 1 || page.Items[0].Event.Type != consult.SessionCreated {
			t.Errorf("%d deliveries", len(page.Items))
		}
		// Others do not see it; administrators see all.
		other := keyOf(t, w, "other", consult.ScopeWebhooks)
		_, err := w.Desk.Webhook(t.Context(), other, made.ID)
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.Webhooks(t.Context(), other, "lk")
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.CreateWebhook(t.Context(), other, "lk", order)
		wantCode(t, err, consult.CodeNotFound)
		must(w.Desk.CreateWebhook(t.Context(), as(consult.StaffAdmin), "other", order))(t)
		for by, want := range map[*consult.Principal]int{&key: 1, &other: 1, ptr(as(consult.StaffAdmin)): 2} {
			if hooks := must(w.Desk.Webhooks(t.Context(), *by, ""))(t); len(hooks) != want {
				t.Errorf("%s sees %d, want %d", by.Actor(), len(hooks), want)
			}
		}
		_, err = w.Desk.Webhooks(t.Context(), as(consult.StaffHead), "")
		wantCode(t, err, consult.CodeForbidden)
		_, err = w.Desk.CreateWebhook(t.Context(), keyOf(t, w, "lk", consult.ScopeSessionsWrite), "lk", order)
		wantCode(t, err, consult.CodeForbidden)
	})
}

func TestCreateWebhookInvalid(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	for want, o := range map[string]consult.WebhookOrder{
		"/url":         {URL: "https://"},
		"/description": {URL: hookURL, Description: "a\nb"},
		"/events/1":    {URL: hookURL, Events: []consult.EventType{consult.SessionCreated, "session.exploded"}},
		"/events/0":    {URL: hookURL, Events: []consult.EventType{consult.WebhookTested}},
	} {
		_, err := w.Desk.CreateWebhook(t.Context(), key, "", o)
		wantCode(t, err, consult.CodeInvalid)
		if got := asError(t, err).Fields; len(got) != 1 || got[0].Pointer != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
	_, err := w.Desk.CreateWebhook(t.Context(), as(consult.StaffAdmin), "", consult.WebhookOrder{URL: hookURL})
	wantCode(t, err, consult.CodeInvalid) // whose?
}

func TestTooManyWebhooks(t *testing.T) {
	w := consulttest.New(t)
	key, _ := w.Key(t)
	var last *consult.Webhook
	for range 20 {
		last = hookOf(t, w, key)
	}
	_, err := w.Desk.CreateWebhook(t.Context(), key, "", consult.WebhookOrder{URL: hookURL})
	wantCode(t, err, consult.CodeConflict)
	if err := w.Desk.DisableWebhook(t.Context(), last.ID); err != nil {
		t.Fatal(err)
	}
	hookOf(t, w, key)
	_, err = w.Desk.AmendWebhook(t.Context(), key, last.ID, consult.WebhookAmendment{Enabled: ptr(true)}, 0)
	wantCode(t, err, consult.CodeConflict)
	hookOf(t, w, keyOf(t, w, "other", consult.ScopeWebhooks))
}

func TestAmendWebhook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		hook := hookOf(t, w, key)
		amend := func(a consult.WebhookAmendment, ifVersion int64) (*consult.Webhook, error) {
			return w.Desk.AmendWebhook(t.Context(), key, hook.ID, a, ifVersion)
		}
		edit := consult.WebhookAmendment{
			URL: ptr("https://lk.example/new"), Description: ptr("новый"), Events: &[]consult.EventType{consult.MessageCreated},
		}
		w2 := must(amend(edit, 1))(t)
		if w2.URL != "https://lk.example/new" || w2.Description != "новый" || w2.Version != 2 || len(w2.Events) != 1 ||
			w2.Secrets[0] != hook.Secrets[0] {
			t.Errorf("%+v", w2)
		}
		if again := must(amend(edit, 0))(t); again.Version != 2 {
			t.Errorf("what changed nothing made version %d", again.Version)
		}
		_, err := amend(consult.WebhookAmendment{}, 1)
		wantCode(t, err, consult.CodeStale)
		_, err = amend(consult.WebhookAmendment{URL: ptr("ftp://x")}, 0)
		wantCode(t, err, consult.CodeInvalid)
		if all := must(amend(consult.WebhookAmendment{Events: &[]consult.EventType{}}, 0))(t); len(all.Events) != 0 {
			t.Errorf("%+v", all)
		}
		// Off, what waits dies; on again, it begins afresh.
		v := w.Schedule(t, nil)
		off := must(amend(consult.WebhookAmendment{Enabled: ptr(false)}, 0))(t)
		if off.DisabledAt.IsZero() || off.DisabledReason != consult.DisabledByHand {
			t.Errorf("%+v", off)
		}
		dead := must(w.Desk.Deliveries(t.Context(), key, consult.DeliveryQuery{Webhook: hook.ID, State: consult.DeliveryDead}))(t)
		if len(dead.Items) != 1 || dead.Items[0].Event.ConsultationID != v.ID {
			t.Errorf("%d dead", len(dead.Items))
		}
		_, err = w.Desk.ResendDead(t.Context(), key, hook.ID, time.Time{})
		wantCode(t, err, consult.CodeConflict)
		_, err = w.Desk.Resend(t.Context(), key, dead.Items[0].ID)
		wantCode(t, err, consult.CodeConflict)
		on := must(amend(consult.WebhookAmendment{Enabled: ptr(true)}, off.Version))(t)
		if !on.DisabledAt.IsZero() || on.DisabledReason != "" {
			t.Errorf("%+v", on)
		}
		_, err = w.Desk.AmendWebhook(t.Context(), keyOf(t, w, "other", consult.ScopeWebhooks), hook.ID, edit, 0)
		wantCode(t, err, consult.CodeNotFound)
		want := []string{"webhook.create", "webhook.amend", "webhook.amend", "webhook.disable", "webhook.enable"}
		if got := actionsOn(t, w, string(hook.ID)); !slices.Equal(got, want) {
			t.Errorf("audit %v, want %v", got, want)
		}
	})
}

// actionsOn are the audit's entries of an object, oldest first.
func actionsOn(t *testing.T, w *consulttest.World, object string) []string {
	t.Helper()
	var all []string
	for _, a := range slices.Backward(must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Object: object}))(t).Items) {
		all = append(all, a.Action)
	}
	return all
}

func TestDeleteWebhook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		hook := hookOf(t, w, key)
		w.Schedule(t, nil)
		wantCode(t, w.Desk.DeleteWebhook(t.Context(), as(consult.StaffHead), hook.ID), consult.CodeForbidden)
		wantCode(t, w.Desk.DeleteWebhook(t.Context(), key, hook.ID), "")
		wantCode(t, w.Desk.DeleteWebhook(t.Context(), key, hook.ID), consult.CodeNotFound)
		_, err := w.Desk.Webhook(t.Context(), key, hook.ID)
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.RotateSecret(t.Context(), key, hook.ID, 0)
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.ResendDead(t.Context(), key, hook.ID, time.Time{})
		wantCode(t, err, consult.CodeNotFound)
		if hooks := must(w.Desk.Webhooks(t.Context(), key, ""))(t); len(hooks) != 0 {
			t.Errorf("%d webhooks", len(hooks))
		}
		page := must(w.Desk.Deliveries(t.Context(), key, consult.DeliveryQuery{Webhook: hook.ID}))(t)
		if len(page.Items) != 1 || page.Items[0].State() != consult.DeliveryDead {
			t.Errorf("%d deliveries", len(page.Items))
		}
	})
}

func TestRotateSecret(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		hook := hookOf(t, w, key)
		first := hook.Secrets[0].Value
		live := func() []string {
			return must(w.Desk.Webhook(t.Context(), key, hook.ID))(t).LiveSecrets(w.Clock.Now())
		}
		second := must(w.Desk.RotateSecret(t.Context(), key, hook.ID, time.Hour))(t).Secrets[0].Value
		if got := live(); !slices.Equal(got, []string{second, first}) {
			t.Errorf("%d live", len(got))
		}
		third := must(w.Desk.RotateSecret(t.Context(), key, hook.ID, 7*24*time.Hour))(t).Secrets[0].Value
		if got := live(); !slices.Equal(got, []string{third, second}) {
			t.Errorf("%d live", len(got))
		}
		w.Clock.Advance(7 * 24 * time.Hour)
		if got := live(); !slices.Equal(got, []string{third}) {
			t.Errorf("%d live", len(got))
		}
		fourth := must(w.Desk.RotateSecret(t.Context(), key, hook.ID, 0))(t).Secrets[0].Value
		if got := live(); !slices.Equal(got, []string{fourth}) {
			t.Errorf("%d live", len(got))
		}
		for _, keep := range []time.Duration{-1, 7*24*time.Hour + 1} {
			_, err := w.Desk.RotateSecret(t.Context(), key, hook.ID, keep)
			wantCode(t, err, consult.CodeInvalid)
		}
		_, err := w.Desk.RotateSecret(t.Context(), key, "wh_none", 0)
		wantCode(t, err, consult.CodeNotFound)
		for _, a := range must(w.Desk.Audit(t.Context(), consult.System, consult.AuditQuery{Object: string(hook.ID)}))(t).Items {
			if strings.Contains(a.Detail, "whsec_") {
				t.Error("the audit tells a secret")
			}
		}
	})
}

func TestEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key := keyOf(t, w, "lk", consult.ScopeSessionsRead)
		var want []consult.EventID
		for range 3 {
			v := w.Schedule(t, nil)
			arrive(t, w, v.Doctor.ID)
			for _, e := range told(t, w, v.ID) {
				want = append(want, e.ID)
			}
		}
		other := keyOf(t, w, "other", consult.AllScopes...)
		must(w.Desk.Schedule(t.Context(), other, order()))(t)
		var got []consult.EventID
		for {
			after := consult.EventID("")
			if len(got) > 0 {
				after = got[len(got)-1]
			}
			events := must(w.Desk.Events(t.Context(), key, after, 4))(t)
			for _, e := range events {
				got = append(got, e.ID)
			}
			if len(events) < 4 {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if events := must(w.Desk.Events(t.Context(), other, "", 0))(t); len(events) != 1 {
			t.Errorf("the other integration sees %d", len(events))
		}
		_, err := w.Desk.Events(t.Context(), other, want[0], 0)
		wantCode(t, err, consult.CodeInvalid)
		_, err = w.Desk.Events(t.Context(), key, "evt_none", 0)
		wantCode(t, err, consult.CodeInvalid)
		_, err = w.Desk.Events(t.Context(), key, "", 201)
		wantCode(t, err, consult.CodeInvalid)
		for _, by := range []consult.Principal{as(consult.StaffAdmin), keyOf(t, w, "lk", consult.ScopeWebhooks), consult.System} {
			_, err = w.Desk.Events(t.Context(), by, "", 0)
			wantCode(t, err, consult.CodeForbidden)
		}
	})
}

func TestDeliveries(t *testing.T) {
	onBoth(t, func(t *testing.T, w *consulttest.World) {
		key, _ := w.Key(t)
		hook := hookOf(t, w, key)
		for range 3 {
			w.Schedule(t, nil)
		}
		settle := func(o consult.Outcome) {
			t.Helper()
			for _, d := range must(w.Store.ClaimDeliveries(t.Context(), w.Clock.Now(), time.Minute, 10, 10))(t) {
				o.At = w.Clock.Now()
				if err := w.Store.SettleDelivery(t.Context(), &d, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		settle(consult.Outcome{Status: 500, Error: "500"})
		var all []*consult.Delivery
		q := consult.DeliveryQuery{Webhook: hook.ID, Limit: 2}
		for {
			page := must(w.Desk.Deliveries(t.Context(), key, q))(t)
			all = append(all, page.Items...)
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(all) != 3 || all[0].State() != consult.DeliveryDead || len(all[0].Log) != 1 || all[0].Log[0].Status != 500 {
			t.Fatalf("%d deliveries, %+v", len(all), all[0])
		}
		var hints []consult.Hint
		w.Feed.Subscribe(func(h consult.Hint) { hints = append(hints, h) })
		sent := must(w.Desk.Resend(t.Context(), key, all[0].ID))(t)
		if sent.State() != consult.DeliveryPending || len(hints) != 1 || hints[0].Kind != consult.HintOutbox {
			t.Errorf("%+v, hints %v", sent, hints)
		}
		_, err := w.Desk.Resend(t.Context(), key, all[0].ID)
		wantCode(t, err, consult.CodeConflict)
		if n := must(w.Desk.ResendDead(t.Context(), key, hook.ID, w.Clock.Now().Add(time.Second)))(t); n != 0 {
			t.Errorf("%d sent of the time after", n)
		}
		if n := must(w.Desk.ResendDead(t.Context(), key, hook.ID, time.Time{}))(t); n != 2 {
			t.Errorf("%d sent", n)
		}
		settle(consult.Outcome{Delivered: true, Status: 204})
		one := must(w.Desk.Delivery(t.Context(), key, all[1].ID))(t)
		if one.State() != consult.DeliveryDelivered || len(one.Log) != 2 {
			t.Errorf("%+v", one)
		}
		other := keyOf(t, w, "other", consult.ScopeWebhooks)
		_, err = w.Desk.Delivery(t.Context(), other, one.ID)
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.Resend(t.Context(), other, one.ID)
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.Deliveries(t.Context(), other, consult.DeliveryQuery{Webhook: hook.ID})
		wantCode(t, err, consult.CodeNotFound)
		_, err = w.Desk.Delivery(t.Context(), as(consult.StaffHead), one.ID)
		wantCode(t, err, consult.CodeForbidden)
		for _, q := range []consult.DeliveryQuery{
			{Webhook: hook.ID, Limit: 201}, {Webhook: hook.ID, State: "lost"}, {Webhook: hook.ID, After: "d_none"},
		} {
			_, err = w.Desk.Deliveries(t.Context(), key, q)
			wantCode(t, err, consult.CodeInvalid)
		}
		if got := actionsOn(t, w, string(all[0].ID)); !slices.Equal(got, []string{"delivery.resend"}) {
			t.Errorf("audit %v", got)
		}
	})
}
