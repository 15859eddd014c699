package auth

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/jwt"

	"tmk/consult"
)

// Bounds on what a minted link says.
const (
	audience     = "tmk"           // what aud must hold
	maxLifetime  = 24 * time.Hour  // from now to exp
	clocksDiffer = time.Minute     // an integration's clock may be ahead of ours by so much
	maxClaimID   = 128             // characters, as of every id of an integration's
	maxPerson    = 200             // characters of a name
	lastSecond   = 253_402_300_799 // the end of the year 9999: what is later is a mistake
)

// mintedClaims is the payload of a minted link.
type mintedClaims struct {
	Issuer    string       `json:"iss"`
	Audience  jwt.Audience `json:"aud"`
	Subject   string       `json:"sub"`
	Name      string       `json:"name"`
	Role      string       `json:"role"`
	Session   string       `json:"sid"`
	ExpiresAt *float64     `json:"exp"`
	IssuedAt  *float64     `json:"iat"`
	NotBefore *float64     `json:"nbf"`
	TokenID   string       `json:"jti"`
}

// check says what is wrong with the claims at now. Codes: link_unknown, link_expired, too_early (Ref).
func (c *mintedClaims) check(now time.Time) (*consult.Claims, error) {
	if !slices.Contains(c.Audience, audience) {
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the aud of the token is not tmk")
	}
	expires, err := c.times(now)
	if err != nil {
		return nil, err
	}
	role := consult.Role(c.Role)
	switch {
	case !decent(c.Subject, maxClaimID):
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's sub is missing or not an id")
	case !decent(c.Session, maxClaimID):
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's sid is missing or not an id")
	case !decent(c.TokenID, maxClaimID):
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's jti is missing or not an id")
	case !slices.Contains(mintedRoles, role):
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's role is not doctor, patient, relative, interpreter or observer")
	case c.Name != "" && !decent(c.Name, maxPerson):
		return nil, consult.Errorf(consult.CodeLinkUnknown, "the token's name is too long or cannot be shown")
	}
	return &consult.Claims{
		Session: c.Session, Subject: c.Subject, Name: c.Name, Role: role, ExpiresAt: expires, TokenID: c.TokenID,
	}, nil
}

var mintedRoles = []consult.Role{
	consult.RoleDoctor, consult.RolePatient, consult.RoleRelative, consult.RoleInterpreter, consult.RoleObserver,
}

// times checks exp, iat and nbf (RFC 7519 §4.1) and returns the first.
func (c *mintedClaims) times(now time.Time) (time.Time, error) {
	expires, ok := moment(c.ExpiresAt)
	if !ok || expires.IsZero() {
		return time.Time{}, consult.Errorf(consult.CodeLinkUnknown, "the token's exp is missing or not a time")
	}
	issued, ok := moment(c.IssuedAt)
	if !ok || issued.After(now.Add(clocksDiffer)) {
		return time.Time{}, consult.Errorf(consult.CodeLinkUnknown, "the token's iat is in the future or not a time")
	}
	begins, ok := moment(c.NotBefore)
	if !ok {
		return time.Time{}, consult.Errorf(consult.CodeLinkUnknown, "the token's nbf is not a time")
	}
	switch {
	case !now.Before(expires):
		return time.Time{}, consult.Errorf(consult.CodeLinkExpired, "the link has expired")
	case expires.After(now.Add(maxLifetime + clocksDiffer)):
		return time.Time{}, consult.Errorf(consult.CodeLinkUnknown, "the token's exp is more than 24 hours ahead")
	case begins.After(now.Add(clocksDiffer)):
		return time.Time{}, &consult.Error{
			Code: consult.CodeTooEarly, Message: "the link cannot be used yet (nbf)", Ref: begins.UTC().Format(time.RFC3339),
		}
	}
	return expires, nil
}

// moment reads a NumericDate (RFC 7519 §2); nil is the zero time.
func moment(seconds *float64) (time.Time, bool) {
	if seconds == nil {
		return time.Time{}, true
	}
	if !(*seconds > 0 && *seconds <= lastSecond) {
		return time.Time{}, false
	}
	return time.Unix(int64(*seconds), 0).UTC(), true
}

// decent tells text of one line that can be shown: 1 to limit characters.
func decent(s string, limit int) bool {
	return s != "" && utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}
