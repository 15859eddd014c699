package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tmk/consult"
)

type webhookCmd struct {
	Create     webhookCreate     `cmd:"" help:"Register an endpoint; its secret signs what is sent."`
	List       webhookList       `cmd:"" help:"List endpoints."`
	Enable     webhookEnable     `cmd:"" help:"Send to an endpoint again."`
	Disable    webhookDisable    `cmd:"" help:"Send nothing more to an endpoint."`
	Delete     webhookDelete     `cmd:"" help:"Remove an endpoint; the log of its deliveries stays."`
	Rotate     webhookRotate     `cmd:"" help:"Make a new secret; the old one signs too for a while."`
	Deliveries webhookDeliveries `cmd:"" help:"What was sent to an endpoint and how that went, newest first."`
	Resend     webhookResend     `cmd:"" help:"Send again: one delivery, or all that were given up."`
	Check      webhookCheck      `cmd:"" help:"Try out a receiver: good, repeated, reordered and forged events."`
}

type webhookCreate struct {
	URL         string   `arg:"" name:"url" help:"Where to POST, such as https://lk.example/hooks/tmk."`
	Integration string   `help:"Whose events." default:"lk"`
	Description string   `help:"What it is for."`
	Event       []string `help:"Only events of these types, such as session.status_changed; all when none is named." placeholder:"TYPE"`
}

func (c webhookCreate) Run(a *app) error {
	o := consult.WebhookOrder{URL: c.URL, Description: c.Description}
	for _, e := range c.Event {
		o.Events = append(o.Events, consult.EventType(e))
	}
	return a.with(func(f *facts) error {
		w, err := f.desk.CreateWebhook(a.ctx, consult.System, c.Integration, o)
		if err != nil {
			return fmt.Errorf("create webhook: %w", err)
		}
		return a.table([]string{"id", string(w.ID)}, []string{"url", w.URL}, []string{"events", joinEvents(w.Events)}, []string{"secret", presentSecret(w)})
	})
}

type webhookList struct {
	Integration string `arg:"" optional:"" help:"Whose endpoints; all when not named."`
}

func (c webhookList) Run(a *app) error {
	return a.with(func(f *facts) error {
		hooks, err := f.desk.Webhooks(a.ctx, consult.System, c.Integration)
		if err != nil {
			return fmt.Errorf("list webhooks: %w", err)
		}
		rows := [][]string{{"ID", "INTEGRATION", "URL", "EVENTS", "CREATED", "DISABLED", "WHY"}}
		for _, w := range hooks {
			rows = append(rows, []string{string(w.ID), w.Integration, w.URL, joinEvents(w.Events), day(w.CreatedAt), day(w.DisabledAt), whyDisabled(w)})
		}
		return a.table(rows...)
	})
}

func whyDisabled(w *consult.Webhook) string {
	switch w.DisabledReason {
	case consult.DisabledGone:
		return "it answered 410"
	case consult.DisabledByHand:
		return "by hand"
	}
	return ""
}

type webhookEnable struct {
	ID string `arg:"" help:"The endpoint's id (wh_…), see list."`
}

func (c webhookEnable) Run(a *app) error { return a.setEnabled(c.ID, true) }

type webhookDisable struct {
	ID string `arg:"" help:"The endpoint's id (wh_…), see list."`
}

func (c webhookDisable) Run(a *app) error { return a.setEnabled(c.ID, false) }

func (a *app) setEnabled(id string, enabled bool) error {
	word := map[bool]string{true: "enabled", false: "disabled"}[enabled]
	return a.with(func(f *facts) error {
		_, err := f.desk.AmendWebhook(a.ctx, consult.System, consult.WebhookID(id), consult.WebhookAmendment{Enabled: &enabled}, 0)
		if err != nil {
			return fmt.Errorf("change webhook %s: %w", id, err)
		}
		return a.table([]string{word, id})
	})
}

type webhookDelete struct {
	ID string `arg:"" help:"The endpoint's id (wh_…), see list."`
}

func (c webhookDelete) Run(a *app) error {
	return a.with(func(f *facts) error {
		if err := f.desk.DeleteWebhook(a.ctx, consult.System, consult.WebhookID(c.ID)); err != nil {
			return fmt.Errorf("delete webhook %s: %w", c.ID, err)
		}
		return a.table([]string{"deleted", c.ID})
	})
}

type webhookRotate struct {
	ID      string        `arg:"" help:"The endpoint's id (wh_…), see list."`
	KeepOld time.Duration `help:"How long the old secret signs too." default:"24h" placeholder:"DURATION"`
}

func (c webhookRotate) Run(a *app) error {
	return a.with(func(f *facts) error {
		w, err := f.desk.RotateSecret(a.ctx, consult.System, consult.WebhookID(c.ID), c.KeepOld)
		if err != nil {
			return fmt.Errorf("rotate the secret of webhook %s: %w", c.ID, err)
		}
		return a.table([]string{"id", string(w.ID)}, []string{"secret", presentSecret(w)})
	})
}

// presentSecret is the newest one: an old one that still signs is known already.
func presentSecret(w *consult.Webhook) string {
	if live := w.LiveSecrets(time.Now()); len(live) > 0 {
		return live[0]
	}
	return ""
}

type webhookDeliveries struct {
	ID    string `arg:"" help:"The endpoint's id (wh_…), see list."`
	State string `help:"pending, delivered or dead." placeholder:"STATE"`
	Limit int    `help:"How many, at most 200." default:"50"`
}

func (c webhookDeliveries) Run(a *app) error {
	return a.with(func(f *facts) error {
		page, err := f.desk.Deliveries(a.ctx, consult.System, consult.DeliveryQuery{
			Webhook: consult.WebhookID(c.ID), State: consult.DeliveryState(c.State), Limit: c.Limit,
		})
		if err != nil {
			return fmt.Errorf("list deliveries of %s: %w", c.ID, err)
		}
		rows := [][]string{{"ID", "EVENT", "TYPE", "STATE", "ATTEMPTS", "NEXT", "LAST ANSWER"}}
		for _, d := range page.Items {
			next := "–"
			if d.State() == consult.DeliveryPending {
				next = day(d.NextAt)
			}
			rows = append(rows, []string{string(d.ID), string(d.Event.ID), string(d.Event.Type), string(d.State()), strconv.Itoa(d.Attempts), next, lastAnswer(d)})
		}
		return a.table(rows...)
	})
}

func lastAnswer(d *consult.Delivery) string {
	if len(d.Log) == 0 {
		return "–"
	}
	last := d.Log[len(d.Log)-1]
	if last.Status == 0 {
		return last.Error
	}
	return strings.TrimSpace(fmt.Sprint(last.Status, " ", last.Error))
}

type webhookResend struct {
	ID    string        `arg:"" help:"A delivery (d_…), or an endpoint (wh_…) for all that were given up."`
	Since time.Duration `help:"With an endpoint: of events of the last so long." default:"168h" placeholder:"DURATION"`
}

func (c webhookResend) Run(a *app) error {
	return a.with(func(f *facts) error {
		if !strings.HasPrefix(c.ID, "wh_") {
			if _, err := f.desk.Resend(a.ctx, consult.System, consult.DeliveryID(c.ID)); err != nil {
				return fmt.Errorf("send %s again: %w", c.ID, err)
			}
			return a.table([]string{"queued", c.ID})
		}
		n, err := f.desk.ResendDead(a.ctx, consult.System, consult.WebhookID(c.ID), time.Now().Add(-c.Since))
		if err != nil {
			return fmt.Errorf("send again to %s: %w", c.ID, err)
		}
		return a.table([]string{"queued", strconv.Itoa(n)})
	})
}

func joinEvents(types []consult.EventType) string {
	if len(types) == 0 {
		return "all"
	}
	all := make([]string, len(types))
	for i, t := range types {
		all[i] = string(t)
	}
	return strings.Join(all, ",")
}
