package main

import (
	"log/slog"

	"tmk/cmd/tmk/config"
	"tmk/consult"
	"tmk/consult/auth"
)

// authConfig is what the settings say about who may come in.
func authConfig(cfg *config.Config, secret *secret, log *slog.Logger) auth.Config {
	return auth.Config{
		Name: cfg.Brand.Name, Key: secret.derive("staff"), RequireTOTP: cfg.Auth.RequireTOTP, OIDC: oidcConfig(cfg), Log: log,
	}
}

// oidcConfig is nil without a provider.
func oidcConfig(cfg *config.Config) *auth.OIDC {
	o := cfg.OIDC
	if o.Issuer == "" {
		return nil
	}
	roles := make(map[string]consult.StaffRole, len(o.RoleMap))
	for value, role := range o.Roles() {
		roles[value] = consult.StaffRole(role)
	}
	return &auth.OIDC{
		Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: o.ClientSecret, Name: o.Name, Scopes: o.Scopes,
		RedirectURL: cfg.PublicURL + "/v1/admin/oidc/callback", RolesClaim: o.RolesClaim, RoleMap: roles,
	}
}
