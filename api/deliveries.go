package api

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

func (a *API) listDeliveries(c echo.Context) error {
	limit, badLimit := limitParam(c)
	after, badCursor := cursorParam(c)
	var badState *consult.FieldError
	state := c.QueryParam("state")
	if c.QueryParams().Has("state") && !DeliveryState(state).Valid() {
		badState = &consult.FieldError{Pointer: "/state", Message: msgNotInEnum}
	}
	if err := invalidOf(badLimit, badCursor, badState); err != nil {
		return err
	}
	page, err := a.desk.Deliveries(c.Request().Context(), principal(c), consult.DeliveryQuery{
		Webhook: webhookID(c), State: consult.DeliveryState(state),
		ConsultationID: consult.ConsultationID(c.QueryParam("sessionId")),
		Limit:          limit, After: consult.DeliveryID(after),
	})
	if err != nil {
		return err
	}
	shown := DeliveryPage{Items: make([]Delivery, 0, len(page.Items)), NextCursor: cursorBehind(c, string(page.Next))}
	for _, d := range page.Items {
		shown.Items = append(shown.Items, showDelivery(d))
	}
	return answer(c, http.StatusOK, shown)
}

func (a *API) getDelivery(c echo.Context) error {
	d, err := a.desk.Delivery(c.Request().Context(), principal(c), deliveryID(c))
	return answerDelivery(c, http.StatusOK, d, err)
}

func (a *API) resendDelivery(c echo.Context) error {
	if _, err := decodeOptional[struct{}](c); err != nil {
		return err
	}
	d, err := a.desk.Resend(c.Request().Context(), principal(c), deliveryID(c))
	return answerDelivery(c, http.StatusAccepted, d, err)
}

func (a *API) resentDelivery(c echo.Context, object string) error {
	d, err := a.desk.Delivery(c.Request().Context(), principal(c), consult.DeliveryID(object))
	return answerDelivery(c, http.StatusAccepted, d, err)
}

func (a *API) resendDead(c echo.Context) error {
	body, err := decodeOptional[Resend](c)
	if err != nil {
		return err
	}
	n, err := a.desk.ResendDead(c.Request().Context(), principal(c), webhookID(c), body.Since)
	if err != nil {
		return err
	}
	return answer(c, http.StatusAccepted, Resent{Queued: &n})
}

// resentDead cannot tell how many there were: some may be on their way already.
func (a *API) resentDead(c echo.Context, object string) error {
	if _, err := a.desk.Webhook(c.Request().Context(), principal(c), consult.WebhookID(object)); err != nil {
		return err
	}
	return answer(c, http.StatusAccepted, Resent{})
}

// answerDelivery tags by content alone: a delivery has no version.
func answerDelivery(c echo.Context, status int, d *consult.Delivery, err error) error {
	if err != nil {
		return err
	}
	return answerTagged(c, status, 0, showDelivery(d))
}

func showDelivery(d *consult.Delivery) Delivery {
	s := Delivery{
		ID:          string(d.ID),
		WebhookID:   string(d.Webhook.ID),
		Event:       showEvent(&d.Event),
		State:       DeliveryState(d.State()),
		Attempts:    d.Attempts,
		DeliveredAt: d.DeliveredAt.UTC(),
		DeadAt:      d.DeadAt.UTC(),
		Log:         make([]DeliveryAttempt, 0, len(d.Log)),
	}
	if d.State() == consult.DeliveryPending {
		s.NextAttemptAt = d.NextAt.UTC()
	}
	for _, at := range d.Log {
		s.Log = append(s.Log, DeliveryAttempt{
			At: at.At.UTC(), TookMs: int64(at.Took / time.Millisecond), Status: at.Status, Error: at.Error,
		})
	}
	return s
}

func deliveryID(c echo.Context) consult.DeliveryID { return consult.DeliveryID(param(c, "id")) }
