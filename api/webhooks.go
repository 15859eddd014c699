package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// Tester sends a test event to an endpoint and says what came back.
type Tester interface {
	Test(ctx context.Context, h *consult.Webhook) consult.Outcome
}

// How long an old secret goes on signing where nobody says, and how long it may.
const (
	defaultKeepOld    = 24 * time.Hour
	maxKeepOldMinutes = 7 * 24 * 60
)

func (a *API) listWebhooks(c echo.Context) error {
	hooks, err := a.desk.Webhooks(c.Request().Context(), principal(c), c.QueryParam("integration"))
	if err != nil {
		return ownIntegration(err)
	}
	hooks, next, err := slice(c, hooks, func(w *consult.Webhook) string { return string(w.ID) })
	if err != nil {
		return err
	}
	page := WebhookPage{Items: make([]Webhook, 0, len(hooks)), NextCursor: next}
	for _, w := range hooks {
		page.Items = append(page.Items, a.showWebhook(w))
	}
	return answer(c, http.StatusOK, page)
}

// ownIntegration says what is wrong where a key names the integration of another.
func ownIntegration(err error) error {
	if consult.CodeOf(err) == consult.CodeNotFound {
		return consult.Invalid("/integration", msgNotYourIntegration)
	}
	return err
}

func (a *API) createWebhook(c echo.Context) error {
	body, err := decode[NewWebhook](c)
	if err != nil {
		return err
	}
	integration, err := optionalID("/integration", body.Integration)
	if err != nil {
		return err
	}
	w, err := a.desk.CreateWebhook(c.Request().Context(), principal(c), integration, consult.WebhookOrder{
		URL: body.URL, Description: body.Description, Events: eventTypes(body.Events),
	})
	if err != nil {
		return ownIntegration(err)
	}
	return a.answerNewWebhook(c, w)
}

func (a *API) createdWebhook(c echo.Context, object string) error {
	w, err := a.desk.Webhook(c.Request().Context(), principal(c), consult.WebhookID(object))
	if err != nil {
		return err
	}
	return a.answerNewWebhook(c, w)
}

func (a *API) answerNewWebhook(c echo.Context, w *consult.Webhook) error {
	c.Response().Header().Set(echo.HeaderLocation, root+"/webhooks/"+url.PathEscape(string(w.ID)))
	return a.answerSecret(c, http.StatusCreated, w)
}

// answerSecret is one of the two answers that show a secret.
func (a *API) answerSecret(c echo.Context, status int, w *consult.Webhook) error {
	s := a.showWebhook(w)
	return answerTaggedAs(c, status, w.Version, s, WebhookWithSecret{
		ID: s.ID, Integration: s.Integration, URL: s.URL, Description: s.Description, Events: s.Events,
		Enabled: s.Enabled, DisabledAt: s.DisabledAt, DisabledReason: WebhookWithSecretDisabledReason(s.DisabledReason),
		Secrets: s.Secrets, CreatedAt: s.CreatedAt, Version: s.Version,
		Secret: w.Secrets[0].Value,
	})
}

func (a *API) getWebhook(c echo.Context) error {
	w, err := a.desk.Webhook(c.Request().Context(), principal(c), webhookID(c))
	return a.answerWebhook(c, w, err)
}

func (a *API) patchWebhook(c echo.Context) error {
	body, err := decodePatch[WebhookPatch](c)
	if err != nil {
		return err
	}
	amendment := consult.WebhookAmendment{
		URL: body.URL.pointer(), Description: body.Description.pointer(), Enabled: body.Enabled.pointer(),
	}
	if events := body.Events.pointer(); events != nil {
		types := eventTypes(*events)
		amendment.Events = &types
	}
	ctx, by, id := c.Request().Context(), principal(c), webhookID(c)
	version, err := ifMatch(c, func() (int64, error) {
		w, err := a.desk.Webhook(ctx, by, id)
		if err != nil {
			return 0, err
		}
		return w.Version, nil
	})
	if err != nil {
		return err
	}
	w, err := a.desk.AmendWebhook(ctx, by, id, amendment, version)
	return a.answerWebhook(c, w, err)
}

func (a *API) answerWebhook(c echo.Context, w *consult.Webhook, err error) error {
	if err != nil {
		return err
	}
	return answerTagged(c, http.StatusOK, w.Version, a.showWebhook(w))
}

func (a *API) deleteWebhook(c echo.Context) error {
	if err := a.desk.DeleteWebhook(c.Request().Context(), principal(c), webhookID(c)); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func (a *API) rotateSecret(c echo.Context) error {
	body, err := decodeOptional[SecretRotation](c)
	if err != nil {
		return err
	}
	keep := defaultKeepOld
	if n := body.KeepOldMinutes; n != nil {
		if *n < 0 || *n > maxKeepOldMinutes {
			return consult.Invalid("/keepOldMinutes", msgBadKeepOld)
		}
		keep = time.Duration(*n) * time.Minute
	}
	w, err := a.desk.RotateSecret(c.Request().Context(), principal(c), webhookID(c), keep)
	if err != nil {
		return err
	}
	return a.answerSecret(c, http.StatusOK, w)
}

func (a *API) rotatedSecret(c echo.Context, object string) error {
	w, err := a.desk.Webhook(c.Request().Context(), principal(c), consult.WebhookID(object))
	if err != nil {
		return err
	}
	return a.answerSecret(c, http.StatusOK, w)
}

func (a *API) testWebhook(c echo.Context) error {
	if _, err := decodeOptional[struct{}](c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	w, err := a.desk.Webhook(ctx, principal(c), webhookID(c))
	if err != nil {
		return err
	}
	if a.cfg.Tester == nil {
		return consult.Errorf(consult.CodeUnavailable, msgNoTester)
	}
	o := a.cfg.Tester.Test(ctx, w)
	return answer(c, http.StatusOK, WebhookTestResult{
		Delivered: o.Delivered, Status: o.Status, Error: o.Error, At: o.At.UTC(), TookMs: o.Took.Milliseconds(),
	})
}

// showWebhook is an endpoint without its secrets.
func (a *API) showWebhook(w *consult.Webhook) Webhook {
	s := Webhook{
		ID:             string(w.ID),
		Integration:    w.Integration,
		URL:            w.URL,
		Description:    w.Description,
		Events:         make([]EventType, 0, len(w.Events)),
		Enabled:        w.DisabledAt.IsZero(),
		DisabledAt:     w.DisabledAt.UTC(),
		DisabledReason: WebhookDisabledReason(w.DisabledReason),
		Secrets:        make([]WebhookSecret, 0, len(w.Secrets)),
		CreatedAt:      w.CreatedAt.UTC(),
		Version:        w.Version,
	}
	for _, typ := range w.Events {
		s.Events = append(s.Events, EventType(typ))
	}
	now := a.cfg.Now()
	for _, secret := range w.Secrets {
		if secret.ExpiresAt.IsZero() || now.Before(secret.ExpiresAt) {
			s.Secrets = append(s.Secrets, WebhookSecret{ExpiresAt: secret.ExpiresAt.UTC()})
		}
	}
	return s
}

func eventTypes(types []EventType) []consult.EventType {
	var asked []consult.EventType
	for _, typ := range types {
		asked = append(asked, consult.EventType(typ))
	}
	return asked
}

func webhookID(c echo.Context) consult.WebhookID { return consult.WebhookID(param(c, "id")) }
