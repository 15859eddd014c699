package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tmk/consult"
)

// FlowLasts is how long one may take at the provider.
const FlowLasts = 10 * time.Minute

// flow is what has to come back unchanged; the browser keeps it, sealed.
type flow struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE (RFC 7636)
	To       string `json:"t"` // where the person wanted to go
}

// Callback is what the provider sends back with the browser.
type Callback struct {
	State, Code string
	Error       string // of RFC 6749 §4.1.2.1
	Issuer      string // of RFC 9207; "" when the provider does not send it
}

// OIDCName is what the button for the provider says; "" when there is none.
func (a *Auth) OIDCName() string {
	if a.provider == nil {
		return ""
	}
	return a.provider.cfg.Name
}

// BeginOIDC returns the provider's address to send the browser to, and what the
// browser has to bring back to [Auth.FinishOIDC] within [FlowLasts]. to comes back
// from there. Codes: not_found (there is no provider), unavailable (it does not answer).
func (a *Auth) BeginOIDC(ctx context.Context, to string) (address, envelope string, err error) {
	if a.provider == nil {
		return "", "", noProvider
	}
	found, err := a.provider.discover(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: to}
	envelope, err = a.provider.flows.seal(f, FlowLasts)
	if err != nil {
		return "", "", fmt.Errorf("seal login: %w", err)
	}
	address = a.provider.oauth(found).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier))
	return address, envelope, nil
}

// FinishOIDC checks everything that came back, makes the account at the first
// login, gives it the roles that the claim says now, and opens a session. An
// account is known by issuer and subject, never by a name or an address.
// Codes: unauthorized (what came back cannot be trusted), forbidden (no role
// here, refused by the provider, see [ErrDeclined], or disabled), unavailable, not_found (there is no provider).
func (a *Auth) FinishOIDC(ctx context.Context, envelope string, back Callback, agent string) (d *Door, to string, err error) {
	if a.provider == nil {
		return nil, "", noProvider
	}
	var f flow
	if err := a.provider.flows.open(envelope, &f); err != nil {
		return nil, "", err
	}
	if subtle.ConstantTimeCompare([]byte(f.State), []byte(back.State)) != 1 {
		return nil, "", distrusted(errors.New("state is another"))
	}
	if back.Issuer != "" && back.Issuer != a.provider.cfg.Issuer {
		return nil, "", distrusted(errors.New("iss is another"))
	}
	if back.Error != "" {
		return nil, f.To, refusedThere(back.Error)
	}
	p, err := a.provider.redeem(ctx, f, back.Code)
	if err != nil {
		return nil, f.To, err
	}
	d, err = a.admit(ctx, p, agent)
	return d, f.To, err
}

// ErrDeclined is in the error when the provider let the person go without a login:
// whoever it was changed his mind, or may not use TMK there.
var ErrDeclined = errors.New("the login was declined at the provider")

// refusedThere is what an answer with an error means to us (RFC 6749 §4.1.2.1).
func refusedThere(code string) error {
	said := fmt.Errorf("provider says %.100q", code)
	switch code {
	case "access_denied":
		return &consult.Error{Code: consult.CodeForbidden, Message: "the login provider refused", Err: fmt.Errorf("%w: %w", ErrDeclined, said)}
	case "server_error", "temporarily_unavailable":
		return &consult.Error{Code: consult.CodeUnavailable, Message: "the login provider does not answer", Err: said}
	}
	return &consult.Error{Code: consult.CodeForbidden, Message: "the login provider refused", Err: said}
}

var noProvider = consult.Errorf(consult.CodeNotFound, "there is no login provider here")

// distrusted keeps the beginning of err only: the libraries put whole answers into it, and the log has it.
func distrusted(err error) error {
	return &consult.Error{
		Code: consult.CodeUnauthorized, Message: "what the login provider sent cannot be trusted", Err: fmt.Errorf("%.300s", err.Error()),
	}
}

// redeem exchanges the code for an ID token and checks it (OpenID Connect Core §3.1.3).
func (p *provider) redeem(ctx context.Context, f flow, code string) (*profile, error) {
	found, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx = p.client(ctx)
	token, err := p.oauth(found).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		var answered *oauth2.RetrieveError
		if errors.As(err, &answered) && answered.Response != nil && answered.Response.StatusCode < 500 {
			return nil, distrusted(fmt.Errorf("exchange code: %s", answered.ErrorCode))
		}
		return nil, &consult.Error{Code: consult.CodeUnavailable, Message: "the login provider does not answer", Err: fmt.Errorf("exchange code: %.300s", err.Error())}
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, distrusted(errors.New("no id_token"))
	}
	id, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.cfg.ClientID, Now: p.now}).Verify(ctx, raw)
	if err != nil {
		return nil, distrusted(err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1 {
		return nil, distrusted(errors.New("nonce is another"))
	}
	return p.profile(ctx, found, id, token)
}

// admit finds or makes the account of a profile and opens a session.
func (a *Auth) admit(ctx context.Context, p *profile, agent string) (*Door, error) {
	var refused error
	var known consult.StaffID // who was refused, unless a stranger
	var d *Door
	err := a.store.Update(ctx, func(tx consult.Tx) error {
		refused, known, d = nil, "", nil
		staff, err := tx.StaffBySubject(p.issuer, p.subject)
		unknown := consult.CodeOf(err) == consult.CodeNotFound
		switch {
		case unknown && len(p.roles) == 0:
			refused = noRole
			return nil
		case unknown:
			staff, err = a.enlist(tx, p)
		case err == nil:
			known = staff.ID
			refused, err = a.refresh(tx, staff, p)
		}
		if err != nil || refused != nil {
			return err // a refusal is committed: the roles are gone
		}
		cookie, err := a.openSession(tx, staff, WayOIDC, agent)
		d = &Door{Cookie: cookie, Staff: staff}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open session of a provider's account: %w", err)
	}
	if refused != nil && known != "" {
		a.refused.note(known, WayOIDC, a.clock())
	}
	return d, refused
}

var noRole = consult.Errorf(consult.CodeForbidden, "the login provider gives you no role here")

// refresh writes into a known account what the provider says of it now, or says why it may not come in.
func (a *Auth) refresh(tx consult.Tx, s *consult.Staff, p *profile) (refused, err error) {
	if !s.DisabledAt.IsZero() {
		return consult.Errorf(consult.CodeForbidden, "the account is disabled"), nil
	}
	if len(p.roles) == 0 {
		refused = noRole
		if err := tx.DeleteStaffSessions(s.ID); err != nil {
			return nil, err
		}
	}
	if slices.Equal(s.Roles, p.roles) && s.Name == p.name {
		return refused, nil
	}
	if !slices.Equal(s.Roles, p.roles) {
		if err := a.audit(tx, consult.System, actAmendStaff, string(s.ID), rolesDetail(p.roles)); err != nil {
			return nil, err
		}
	}
	s.Roles, s.Name = p.roles, p.name
	return refused, tx.SaveStaff(s)
}

// enlist makes the account of somebody who comes from the provider for the first
// time. Who has the wanted login already keeps it: they are not the same person.
func (a *Auth) enlist(tx consult.Tx, p *profile) (*consult.Staff, error) {
	now := a.clock()
	s := &consult.Staff{
		ID: consult.StaffID(consult.NewID("u_", now)), Login: p.login, Name: p.name, Roles: p.roles,
		Issuer: p.issuer, Subject: p.subject, CreatedAt: now,
	}
	if _, err := tx.StaffByLogin(s.Login); err == nil {
		tail := "-" + strings.ToLower(rand.Text()[:6])
		runes := []rune(s.Login)
		s.Login = string(runes[:min(len(runes), maxLogin-len(tail))]) + tail
	} else if consult.CodeOf(err) != consult.CodeNotFound {
		return nil, err
	}
	if err := tx.AddStaff(s); err != nil {
		return nil, err
	}
	return s, a.audit(tx, consult.System, actCreateStaff, string(s.ID), rolesDetail(s.Roles))
}

// loginOf makes a login of what a provider calls somebody.
func loginOf(wanted string) string {
	login := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, cleanLogin(strings.ToValidUTF8(wanted, "")))
	runes := []rune(login)
	if login = string(runes[:min(len(runes), maxLogin)]); login == "" {
		return "oidc-" + strings.ToLower(rand.Text()[:8])
	}
	return login
}

// nameOf makes a name of what a provider calls somebody.
func nameOf(wanted string) string {
	name := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(wanted, "")))
	runes := []rune(name)
	return string(runes[:min(len(runes), maxName)])
}
