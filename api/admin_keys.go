package api

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

// expiringWithin is how long before its end a key is shown as expiring.
const expiringWithin = 14 * 24 * time.Hour

// keyRoutes are how administrators look after what integrations prove themselves with.
func (a *API) keyRoutes() []route {
	const keys, signing = "/v1/admin/apikeys", "/v1/admin/signingkeys"
	manageKeys, manageSigning := may(consult.ActManageAPIKeys), may(consult.ActManageSigningKeys)
	return []route{
		{"GET", keys, forStaff, manageKeys, nil, a.listAPIKeys, nil},
		{"POST", keys, forStaff, manageKeys, nil, a.createAPIKey, nil},
		{"DELETE", keys + "/:id", forStaff, manageKeys, nil, bodiless(a.revokeAPIKey), nil},
		{"GET", signing, forStaff, manageSigning, []string{"integration"}, a.listSigningKeys, nil},
		{"POST", signing, forStaff, manageSigning, nil, a.createSigningKey, nil},
		{"DELETE", signing + "/:id", forStaff, manageSigning, nil, bodiless(a.revokeSigningKey), nil},
	}
}

func (a *API) listAPIKeys(c echo.Context) error {
	keys, err := a.desk.APIKeys(c.Request().Context(), principal(c))
	if err != nil {
		return err
	}
	list := APIKeyList{Items: make([]APIKey, 0, len(keys))}
	for _, k := range keys {
		list.Items = append(list.Items, showAPIKey(k, a.cfg.Now()))
	}
	return answer(c, http.StatusOK, list)
}

func (a *API) createAPIKey(c echo.Context) error {
	body, err := decode[NewAPIKey](c)
	if err != nil {
		return err
	}
	now := a.cfg.Now()
	ttl := time.Duration(0)
	if !body.ExpiresAt.IsZero() {
		if ttl = body.ExpiresAt.Sub(now); ttl <= 0 {
			return invalid([]consult.FieldError{{Pointer: "/expiresAt", Message: msgPast}})
		}
	}
	scopes := make([]consult.Scope, len(body.Scopes))
	for i, s := range body.Scopes {
		scopes[i] = consult.Scope(s)
	}
	key, secret, err := a.desk.CreateAPIKey(c.Request().Context(), principal(c), body.Integration, body.Name, scopes, ttl)
	if err != nil {
		return err
	}
	k := showAPIKey(key, now)
	return answer(c, http.StatusCreated, CreatedAPIKey{
		ID: k.ID, Integration: k.Integration, Name: k.Name, Scopes: k.Scopes, State: k.State,
		CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, LastUsedAt: k.LastUsedAt, Key: secret,
	})
}

func (a *API) revokeAPIKey(c echo.Context) error {
	if err := a.desk.RevokeAPIKey(c.Request().Context(), principal(c), consult.KeyID(param(c, "id"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func showAPIKey(k *consult.APIKey, now time.Time) APIKey {
	shown := APIKey{
		ID: string(k.ID), Integration: k.Integration, Name: k.Name, State: APIKeyStateLive,
		CreatedAt: k.CreatedAt.UTC(), ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, LastUsedAt: k.LastUsedAt,
		Scopes: make([]KeyScope, len(k.Scopes)),
	}
	for i, s := range k.Scopes {
		shown.Scopes[i] = KeyScope(s)
	}
	switch {
	case !k.RevokedAt.IsZero():
		shown.State = APIKeyStateRevoked
	case k.ExpiresAt.IsZero():
	case !now.Before(k.ExpiresAt):
		shown.State = APIKeyStateExpired
	case k.ExpiresAt.Sub(now) <= expiringWithin:
		shown.State = APIKeyStateExpiring
	}
	return shown
}

func (a *API) listSigningKeys(c echo.Context) error {
	keys, err := a.desk.SigningKeys(c.Request().Context(), principal(c), c.QueryParam("integration"))
	if err != nil {
		return err
	}
	list := SigningKeyList{Items: make([]SigningKey, 0, len(keys))}
	for _, k := range keys {
		list.Items = append(list.Items, showSigningKey(k))
	}
	return answer(c, http.StatusOK, list)
}

func (a *API) createSigningKey(c echo.Context) error {
	body, err := decode[NewSigningKey](c)
	if err != nil {
		return err
	}
	o := consult.SigningKeyOrder{
		Integration: body.Integration, Issuer: body.Issuer, KID: body.Kid, Algorithm: string(body.Algorithm), JWKSURL: body.JwksURL,
	}
	if body.PublicKey != "" {
		if err := auth.ReadPublicKey(body.PublicKey, &o); err != nil {
			return err
		}
	}
	if body.Secret != "" {
		if o.Secret, err = base64.StdEncoding.DecodeString(body.Secret); err != nil {
			return invalid([]consult.FieldError{{Pointer: "/secret", Message: msgNotBase64}})
		}
	}
	made := o.Secret == nil
	key, err := a.desk.CreateSigningKey(c.Request().Context(), principal(c), o)
	if err != nil {
		return err
	}
	k := showSigningKey(key)
	created := CreatedSigningKey{
		ID: k.ID, Integration: k.Integration, Issuer: k.Issuer, Kid: k.Kid, Algorithm: k.Algorithm,
		PublicKey: k.PublicKey, JwksURL: k.JwksURL, CreatedAt: k.CreatedAt, RevokedAt: k.RevokedAt,
	}
	if made && key.Secret != nil {
		created.Secret = base64.StdEncoding.EncodeToString(key.Secret)
	}
	return answer(c, http.StatusCreated, created)
}

func (a *API) revokeSigningKey(c echo.Context) error {
	if err := a.desk.RevokeSigningKey(c.Request().Context(), principal(c), consult.SigningKeyID(param(c, "id"))); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func showSigningKey(k *consult.SigningKey) SigningKey {
	shown := SigningKey{
		ID: string(k.ID), Integration: k.Integration, Issuer: k.Issuer, Kid: k.KID, Algorithm: SigningAlgorithm(k.Algorithm),
		JwksURL: k.JWKSURL, CreatedAt: k.CreatedAt.UTC(), RevokedAt: k.RevokedAt,
	}
	if k.PublicKey != nil {
		if _, err := x509.ParsePKIXPublicKey(k.PublicKey); err == nil {
			shown.PublicKey = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.PublicKey}))
		}
	}
	return shown
}
