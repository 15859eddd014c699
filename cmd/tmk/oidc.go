package main

import (
	"errors"
	"fmt"
	"slices"
)

type oidcCmd struct {
	Check oidcCheck `cmd:"" help:"Ask the provider what it says of itself, and show what it has to know of us."`
}

type oidcCheck struct{}

func (oidcCheck) Run(a *app) error {
	cfg, err := a.config(nil, nil)
	if err != nil {
		return err
	}
	o := oidcConfig(cfg)
	switch {
	case o == nil:
		return errors.New("there is no provider: oidc.issuer is empty")
	case cfg.PublicURL == "":
		return errors.New("public_url is empty: the provider sends people back there")
	}
	authorize, token, err := o.Describe(a.ctx)
	if err != nil {
		return fmt.Errorf("ask the provider: %w", err)
	}
	rows := [][]string{
		{"issuer", o.Issuer}, {"people go to", authorize}, {"codes are exchanged at", token},
		{"client", o.ClientID}, {"register this redirect address", o.RedirectURL}, {"roles are in the claim", o.RolesClaim},
	}
	for _, line := range slices.Sorted(slices.Values(cfg.OIDC.RoleMap)) {
		rows = append(rows, []string{"role", line})
	}
	return a.table(rows...)
}
