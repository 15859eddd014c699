package api

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

//go:embed openapi.yaml
var openapiYAML []byte

// pingWithin is how long the database may take to say that it is there.
const pingWithin = 2 * time.Second

func (a *API) getHealth(c echo.Context) error {
	return answer(c, http.StatusOK, Health{Status: HealthStatusOk})
}

func (a *API) getReadiness(c echo.Context) error {
	if a.cfg.Ready != nil {
		ctx, cancel := context.WithTimeout(c.Request().Context(), pingWithin)
		defer cancel()
		if err := a.cfg.Ready.Ping(ctx); err != nil {
			return &consult.Error{Code: consult.CodeUnavailable, Message: msgNoDatabase, Err: err}
		}
	}
	return answer(c, http.StatusOK, Health{Status: HealthStatusOk})
}

func (a *API) getOpenapi(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-cache")
	return c.Blob(http.StatusOK, "application/yaml", openapiYAML)
}
