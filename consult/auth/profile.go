package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"tmk/consult"
)

// maxSubjectClaim is the longest subject that OpenID Connect Core §2 allows.
const maxSubjectClaim = 255

// profile is somebody as the provider describes him.
type profile struct {
	issuer, subject string
	login, name     string
	roles           []consult.StaffRole // none: nobody here
}

// profile reads the claims of a checked ID token. Roles that are not in it are
// looked for at the userinfo endpoint, as many providers have it.
func (p *provider) profile(ctx context.Context, found *oidc.Provider, id *oidc.IDToken, token *oauth2.Token) (*profile, error) {
	claims := map[string]json.RawMessage{}
	if err := id.Claims(&claims); err != nil {
		return nil, distrusted(fmt.Errorf("read claims: %w", err))
	}
	// OpenID Connect Core §3.1.3.7: of many audiences, we must be the one it was made for.
	if azp := text(claims["azp"]); (azp != "" || len(id.Audience) > 1) && azp != p.cfg.ClientID {
		return nil, distrusted(errors.New("azp is another"))
	}
	if id.Subject == "" || len(id.Subject) > maxSubjectClaim {
		return nil, distrusted(errors.New("sub is none"))
	}
	values, there := claimAt(claims, p.cfg.RolesClaim)
	if !there && found.UserInfoEndpoint() != "" {
		info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, &consult.Error{Code: consult.CodeUnavailable, Message: "the login provider does not answer", Err: fmt.Errorf("read userinfo: %.300s", err.Error())}
		}
		if info.Subject != id.Subject { // §5.3.2
			return nil, distrusted(errors.New("userinfo is of another"))
		}
		more := map[string]json.RawMessage{}
		if err := info.Claims(&more); err != nil {
			return nil, distrusted(fmt.Errorf("read userinfo: %w", err))
		}
		values, _ = claimAt(more, p.cfg.RolesClaim)
	}
	return &profile{
		issuer: id.Issuer, subject: id.Subject,
		login: loginOf(firstOf(text(claims["preferred_username"]), text(claims["email"]), text(claims["name"]))),
		name:  nameOf(text(claims["name"])),
		roles: p.rolesOf(values),
	}, nil
}

// rolesOf maps the values of the claim, in the order of our roles.
func (p *provider) rolesOf(values []string) []consult.StaffRole {
	var roles []consult.StaffRole
	for _, r := range consult.AllStaffRoles {
		if slices.ContainsFunc(values, func(v string) bool { return p.cfg.RoleMap[v] == r }) {
			roles = append(roles, r)
		}
	}
	return roles
}

// claimAt finds a claim by its name, or by a path of names with dots, and reads
// it as a list of strings; one string is a list of one.
func claimAt(claims map[string]json.RawMessage, path string) (values []string, there bool) {
	raw, there := claims[path]
	if !there {
		head, rest, deeper := strings.Cut(path, ".")
		inner := map[string]json.RawMessage{}
		if !deeper || json.Unmarshal(claims[head], &inner) != nil {
			return nil, false
		}
		return claimAt(inner, rest)
	}
	if json.Unmarshal(raw, &values) == nil {
		return values, true
	}
	if one := text(raw); one != "" {
		return []string{one}, true
	}
	return nil, true
}

// text reads a claim that is a string; "" when it is none.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
