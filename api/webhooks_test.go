package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tmk/consult"
)

// fakeTester stands for the outside: what a receiver answers to a test.
type fakeTester struct {
	outcome consult.Outcome
	tested  []consult.WebhookID
}

func (f *fakeTester) Test(_ context.Context, w *consult.Webhook) consult.Outcome {
	f.tested = append(f.tested, w.ID)
	return f.outcome
}

const hooks = base + "/webhooks"

func (h *house) hook(body string) WebhookWithSecret {
	h.t.Helper()
	return into[WebhookWithSecret](h.post(hooks, body).want(201))
}

func TestWebhooks(t *testing.T) {
	h := newHouse(t)
	r := h.post(hooks, `{"url":"https://lk.example/events","description":"Статусы","events":["session.status_changed","recording.ready"]}`).want(201)
	made := into[WebhookWithSecret](r)
	if !strings.HasPrefix(made.Secret, "whsec_") || made.Integration != "lk" || !made.Enabled || len(made.Events) != 2 || made.Description != "Статусы" ||
		len(made.Secrets) != 1 || r.header.Get("Location") != hooks+"/"+made.ID {
		t.Fatalf("%+v %v", made, r.header)
	}
	read := h.get(hooks + "/" + made.ID).want(200)
	if strings.Contains(string(read.body), "whsec_") || strings.Contains(string(read.body), `"secret":`) {
		t.Errorf("a secret is shown: %s", read.body)
	}
	if read.header.Get("ETag") != r.header.Get("ETag") {
		t.Error("the creation gives another tag than the reading")
	}
	h.do(call{path: hooks + "/" + made.ID, header: map[string]string{"If-None-Match": read.header.Get("ETag")}}).want(304)

	h.Clock.Advance(time.Second)
	all := h.hook(`{"url":"http://lk.example/all"}`)
	if all.Events == nil || len(all.Events) != 0 {
		t.Errorf("events %v", all.Events)
	}
	list := h.get(hooks).want(200)
	if page := into[WebhookPage](list); len(page.Items) != 2 || page.Items[0].ID != made.ID || strings.Contains(string(list.body), "whsec_") {
		t.Errorf("%s", list.body)
	}
	page := into[WebhookPage](h.get(hooks + "?limit=1").want(200))
	if rest := into[WebhookPage](h.get(hooks + "?cursor=" + url.QueryEscape(page.NextCursor)).want(200)); len(rest.Items) != 1 || rest.Items[0].ID != all.ID {
		t.Errorf("%+v", rest)
	}

	tag := read.header.Get("ETag")
	patched := h.patch(hooks+"/"+made.ID, `{"events":null,"description":null,"url":"https://lk.example/new"}`, "If-Match", tag).want(200)
	if w := into[Webhook](patched); len(w.Events) != 0 || w.Description != "" || w.URL != "https://lk.example/new" || w.Version <= made.Version {
		t.Errorf("%+v", w)
	}
	h.patch(hooks+"/"+made.ID, `{"enabled":false}`, "If-Match", tag).wantProblem(412, consult.CodeStale)
	off := into[Webhook](h.patch(hooks+"/"+made.ID, `{"enabled":false}`).want(200))
	if off.Enabled || off.DisabledAt.IsZero() || off.DisabledReason != "hand" {
		t.Errorf("%+v", off)
	}
	if on := into[Webhook](h.patch(hooks+"/"+made.ID, `{"enabled":true}`).want(200)); !on.Enabled || !on.DisabledAt.IsZero() {
		t.Errorf("%+v", on)
	}
	h.do(call{method: "DELETE", path: hooks + "/" + made.ID}).want(204)
	h.get(hooks+"/"+made.ID).wantProblem(404, consult.CodeNotFound)
	h.do(call{method: "DELETE", path: hooks + "/" + made.ID}).wantProblem(404, consult.CodeNotFound)
	h.as(h.key("other"), "GET", hooks+"/"+all.ID, nil).wantProblem(404, consult.CodeNotFound)
}

func TestWebhooksAreChecked(t *testing.T) {
	h := newHouse(t)
	for body, field := range map[string]string{
		`{}`: "/url", `{"url":"ftp://lk.example"}`: "/url", `{"url":"lk.example"}`: "/url", `{"url":"https://u:p@lk.example"}`: "/url",
		`{"url":"https://lk.example","integration":""}`: "/integration", `{"url":"http://127.0.0.1:99999/"}`: "/url", `{"url":"https://lk.example:0/"}`: "/url",
		`{"url":"https://lk.example/#a"}`: "/url", `{"url":"https://lk.example","events":["session.exploded"]}`: "/events/0",
		`{"url":"https://lk.example","events":"all"}`: "/events", `{"url":"https://lk.example","secret":"x"}`: "/secret",
		`{"url":"https://lk.example","integration":"other"}`: "/integration", `{"url":"https://lk.example","events":[null]}`: "/events/0",
	} {
		wantField(t, h.post(hooks, body).wantProblem(400, consult.CodeInvalid), field)
	}
	w := h.hook(`{"url":"https://lk.example","integration":"lk"}`)
	for body, field := range map[string]string{
		`{"url":null}`: "/url", `{"enabled":null}`: "/enabled", `{"enabled":"yes"}`: "/enabled", `{"events":[1]}`: "/events/0", `{"id":"x"}`: "/id",
	} {
		wantField(t, h.patch(hooks+"/"+w.ID, body).wantProblem(400, consult.CodeInvalid), field)
	}
	wantField(t, h.get(hooks+"?integration=other").wantProblem(400, consult.CodeInvalid), "/integration")
	h.get(hooks + "?integration=lk").want(200)
	for r := h.post(hooks, `{"url":"https://lk.example"}`); ; r = h.post(hooks, `{"url":"https://lk.example"}`) {
		if r.status != 201 {
			r.wantProblem(409, consult.CodeConflict) // so many and no more
			break
		}
	}
}

// Administrators manage every integration's webhooks, with their cookie.
func TestWebhooksByStaff(t *testing.T) {
	h := newHouse(t)
	own := h.hook(`{"url":"https://lk.example"}`)
	cookie := h.adminCookie()
	as := func(method, path string, body any, header ...string) *reply {
		t.Helper()
		hs := map[string]string{"Cookie": cookieName + "=" + cookie}
		for i := 0; i < len(header); i += 2 {
			hs[header[i]] = header[i+1]
		}
		return h.do(call{method: method, path: path, anonymous: true, body: body, header: hs})
	}
	wantField(t, as("POST", hooks, `{"url":"https://other.example"}`).wantProblem(400, consult.CodeInvalid), "/integration")
	made := into[WebhookWithSecret](as("POST", hooks, `{"url":"https://other.example","integration":"other"}`).want(201))
	if all := into[WebhookPage](as("GET", hooks, nil).want(200)); len(all.Items) != 2 {
		t.Errorf("%+v", all)
	}
	if some := into[WebhookPage](as("GET", hooks+"?integration=other", nil).want(200)); len(some.Items) != 1 || some.Items[0].ID != made.ID {
		t.Errorf("%+v", some)
	}
	as("PATCH", hooks+"/"+own.ID, `{"enabled":false}`).want(200)
	as("DELETE", hooks+"/"+made.ID, nil).want(204)
	as("POST", hooks, `{"url":"https://x.example","integration":"lk"}`, "Sec-Fetch-Site", "cross-site").wantProblem(403, consult.CodeForbidden)
}

func TestRotateSecret(t *testing.T) {
	h := newHouse(t)
	w := h.hook(`{"url":"https://lk.example"}`)
	path := hooks + "/" + w.ID + "/secret/rotate"
	fresh := into[WebhookWithSecret](h.post(path, nil).want(200))
	if fresh.Secret == w.Secret || len(fresh.Secrets) != 2 || !fresh.Secrets[1].ExpiresAt.Equal(h.Clock.Now().Add(24*time.Hour)) {
		t.Errorf("%+v", fresh)
	}
	h.Clock.Advance(24 * time.Hour)
	if got := into[Webhook](h.get(hooks + "/" + w.ID).want(200)); len(got.Secrets) != 1 {
		t.Errorf("a day later %+v", got.Secrets)
	}
	leaked := into[WebhookWithSecret](h.post(path, `{"keepOldMinutes":0}`).want(200))
	if leaked.Secret == fresh.Secret || len(leaked.Secrets) != 1 {
		t.Errorf("%+v", leaked)
	}
	for _, n := range []string{"-1", "10081", "9999999999", `"60"`, "1.5"} {
		f := wantField(t, h.post(path, `{"keepOldMinutes":`+n+`}`).wantProblem(400, consult.CodeInvalid), "/keepOldMinutes")
		if want := translate(russian, msgBadKeepOld); f.Message != want && !strings.ContainsAny(n, `".`) {
			t.Errorf("%s: %q, want %q", n, f.Message, want)
		}
	}
}

func TestTestWebhook(t *testing.T) {
	fake := &fakeTester{outcome: consult.Outcome{Delivered: true, Status: 204, Took: 41 * time.Millisecond}}
	h := newHouse(t, func(c *Config) { c.Tester = fake })
	fake.outcome.At = h.Clock.Now()
	w := h.hook(`{"url":"https://lk.example"}`)
	got := into[WebhookTestResult](h.post(hooks+"/"+w.ID+"/test", nil).want(200))
	if !got.Delivered || got.Status != 204 || got.TookMs != 41 || !got.At.Equal(h.Clock.Now()) || len(fake.tested) != 1 {
		t.Errorf("%+v, tested %v", got, fake.tested)
	}
	fake.outcome = consult.Outcome{Error: "connection refused", At: h.Clock.Now()}
	if got := into[WebhookTestResult](h.post(hooks+"/"+w.ID+"/test", `{}`).want(200)); got.Delivered || got.Status != 0 || got.Error == "" {
		t.Errorf("%+v", got)
	}
	h.post(hooks+"/wh_none/test", nil).wantProblem(404, consult.CodeNotFound)
	h.as(h.key("other"), "POST", hooks+"/"+w.ID+"/test", nil).wantProblem(404, consult.CodeNotFound)
	if len(fake.tested) != 2 {
		t.Errorf("tested %v", fake.tested)
	}
	newHouse(t).post(hooks+"/wh_none/test", nil).wantProblem(404, consult.CodeNotFound)
}

// settle plays the worker: it answers for what is due, and moves the clock to each.
func (h *house) settle(o consult.Outcome) int {
	h.t.Helper()
	ds, err := h.Store.ClaimDeliveries(h.t.Context(), h.Clock.Now(), time.Minute, 100, 100)
	if err != nil {
		h.t.Fatal(err)
	}
	o.At = h.Clock.Now()
	for i := range ds {
		if err := h.Store.SettleDelivery(h.t.Context(), &ds[i], o); err != nil {
			h.t.Fatal(err)
		}
	}
	return len(ds)
}

func TestDeliveries(t *testing.T) {
	h := newHouse(t)
	w := h.hook(`{"url":"https://lk.example","events":["session.created"]}`)
	first := h.Schedule(t, nil)
	h.Schedule(t, func(o *consult.Order) { o.Patient.ID = "p-2" })
	path := hooks + "/" + w.ID + "/deliveries"
	pending := into[DeliveryPage](h.get(path).want(200))
	if len(pending.Items) != 2 || pending.Items[0].State != DeliveryStatePending || pending.Items[0].NextAttemptAt.IsZero() {
		t.Fatalf("%+v", pending)
	}
	if n := h.settle(consult.Outcome{Status: 500, Error: "500 Internal Server Error", Took: 70 * time.Millisecond}); n != 2 {
		t.Fatalf("%d settled", n)
	}
	dead := into[DeliveryPage](h.get(path + "?state=dead&sessionId=" + string(first.ID)).want(200))
	if len(dead.Items) != 1 {
		t.Fatalf("%+v", dead)
	}
	d := dead.Items[0]
	if d.WebhookID != w.ID || d.Event.Type != EventTypeSessionCreated || !strings.Contains(string(d.Event.Data), string(first.ID)) || d.State != DeliveryStateDead ||
		d.DeadAt.IsZero() || len(d.Log) != 1 || d.Log[0].Status != 500 || d.Log[0].TookMs != 70 || d.Log[0].Error == "" {
		t.Errorf("%+v", d)
	}
	one := h.get(base + "/deliveries/" + d.ID).want(200)
	h.do(call{path: base + "/deliveries/" + d.ID, header: map[string]string{"If-None-Match": one.header.Get("ETag")}}).want(304)

	page := into[DeliveryPage](h.get(path + "?limit=1").want(200))
	rest := into[DeliveryPage](h.get(path + "?limit=1&cursor=" + url.QueryEscape(page.NextCursor)).want(200))
	if page.Items[0].ID == rest.Items[0].ID || rest.NextCursor != "" {
		t.Errorf("%+v, then %+v", page, rest)
	}
	for query, field := range map[string]string{"state=lost": "/state", "state=": "/state", "limit=0": "/limit", "cursor=AAAA": "/cursor", "page=2": "/page"} {
		wantField(t, h.get(path+"?"+query).wantProblem(400, consult.CodeInvalid), field)
	}

	again := into[Delivery](h.post(base+"/deliveries/"+d.ID+"/resend", nil).want(202))
	if again.State != DeliveryStatePending || len(again.Log) != 1 {
		t.Errorf("%+v", again)
	}
	h.post(base+"/deliveries/"+d.ID+"/resend", nil).wantProblem(409, consult.CodeConflict)
	resent := into[Resent](h.post(hooks+"/"+w.ID+"/resend", fmt.Sprintf(`{"since":%q}`, h.Clock.Now().Add(-time.Hour).Format(time.RFC3339))).want(202))
	if resent.Queued == nil || *resent.Queued != 1 {
		t.Errorf("%+v", resent)
	}
	if n := h.settle(consult.Outcome{Delivered: true, Status: 204}); n != 2 {
		t.Errorf("%d sent again", n)
	}
	if got := into[DeliveryPage](h.get(path + "?state=delivered").want(200)); len(got.Items) != 2 || got.Items[0].DeliveredAt.IsZero() || len(got.Items[0].Log) != 2 {
		t.Errorf("%+v", got)
	}
	if none := into[Resent](h.post(hooks+"/"+w.ID+"/resend", nil).want(202)); none.Queued == nil || *none.Queued != 0 {
		t.Errorf("%+v", none)
	}
	wantField(t, h.post(hooks+"/"+w.ID+"/resend", `{"since":"yesterday"}`).wantProblem(400, consult.CodeInvalid), "/since")
	h.patch(hooks+"/"+w.ID, `{"enabled":false}`).want(200)
	h.post(hooks+"/"+w.ID+"/resend", nil).wantProblem(409, consult.CodeConflict)
	h.post(base+"/deliveries/"+d.ID+"/resend", nil).wantProblem(409, consult.CodeConflict)
	h.as(h.key("other"), "GET", base+"/deliveries/"+d.ID, nil).wantProblem(404, consult.CodeNotFound)
	h.as(h.key("other"), "POST", base+"/deliveries/"+d.ID+"/resend", nil).wantProblem(404, consult.CodeNotFound)
}
