package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// validate names everything that is wrong, not only the first.
func (c *Config) validate() error {
	v := &validator{}
	v.address("listen", c.Listen, false)
	v.publicURL(c.PublicURL)
	v.check(c.DataDir != "", "data_dir", "must not be empty")
	v.check(c.Database == "" || strings.HasPrefix(c.Database, "sqlite:") ||
		strings.HasPrefix(c.Database, "postgres://") || strings.HasPrefix(c.Database, "postgresql://"),
		"database", "must begin with sqlite: or postgres://")
	v.positive("stop_timeout", c.StopTimeout)
	for _, proxy := range c.TrustedProxies {
		_, err := ParseNetwork(proxy)
		v.check(err == nil, "trusted_proxies", "%q is not an address or a network such as 10.0.0.0/8", proxy)
	}

	v.check((c.TLS.Cert == "") == (c.TLS.Key == ""), "tls", "needs both cert and key, or neither")
	for key, path := range map[string]string{"tls.cert": c.TLS.Cert, "tls.key": c.TLS.Key} {
		if path != "" {
			err := readable(path)
			v.check(err == nil, key, "cannot be read: %v", err)
		}
	}

	v.address("sfu.udp", c.SFU.UDP, false)
	v.address("sfu.tcp", c.SFU.TCP, true)
	for _, ip := range c.SFU.PublicIPs {
		_, err := netip.ParseAddr(ip)
		v.check(err == nil, "sfu.public_ips", "%q is not an IP address", ip)
	}
	v.check(c.SFU.StartBitrate >= 100_000, "sfu.start_bitrate", "must be at least 100000 bits per second")
	v.check(c.SFU.MaxBitrate >= c.SFU.StartBitrate, "sfu.max_bitrate", "must not be below sfu.start_bitrate")

	v.room(&c.Room)
	v.oidc(&c.OIDC)
	v.origins("embed.origins", c.Embed.Origins)
	v.check(c.Recording.MinFree >= 0, "recording.min_free", "must not be negative")
	v.check(c.API.RatePerSecond > 0, "api.rate_per_second", "must be above 0")
	v.check(c.Brand.Name != "" && len(c.Brand.Name) <= 200, "brand.name", "must have 1 to 200 bytes")
	v.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	v.oneOf("log.format", c.Log.Format, "text", "json")
	if c.Metrics.Listen != "" {
		v.address("metrics.listen", c.Metrics.Listen, false)
	}
	return v.err()
}

func (v *validator) room(r *Room) {
	_, err := time.LoadLocation(r.TimeZone)
	v.check(err == nil && r.TimeZone != "" && r.TimeZone != "Local", "room.time_zone", "%q is no time zone such as Europe/Moscow", r.TimeZone)
	v.positive("room.join_early", r.JoinEarly)
	v.positive("room.grace", r.Grace)
	v.positive("room.abandon_after", r.AbandonAfter)
	v.positive("room.max_length", r.MaxLength)
	v.positive("room.resume_for", r.ResumeFor)
	v.check(r.MaxFileSize > 0, "room.max_file_size", "must be above 0")
	v.check(r.MaxPeople >= 2 && r.MaxPeople <= 8, "room.max_people", "must be 2 to 8")
	v.origins("room.origins", r.Origins)
}

// originShape is an origin as browsers write it (RFC 6454 §6.2): small letters, no path, no wildcard.
var originShape = regexp.MustCompile(`^https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

func (v *validator) origins(key string, list []string) {
	for _, o := range list {
		v.check(originShape.MatchString(o), key, "%q is not an origin such as https://clinic.example", o)
	}
}

// roles are what role_map may give; consult has the same, which a test compares.
var roles = []string{"admin", "head", "auditor", "operator", "doctor"}

func (v *validator) oidc(o *OIDC) {
	if o.Issuer == "" {
		v.check(o.ClientID == "" && o.ClientSecret == "" && len(o.RoleMap) == 0, "oidc.issuer", "is missing beside the other settings of oidc")
		return
	}
	u, err := url.Parse(o.Issuer)
	v.check(err == nil && u.Host != "" && u.RawQuery == "" && u.Fragment == "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())),
		"oidc.issuer", "%q is not an address such as https://id.example", o.Issuer)
	v.check(o.ClientID != "", "oidc.client_id", "must not be empty")
	v.check(o.Name != "" && len(o.Name) <= 100, "oidc.name", "must have 1 to 100 bytes")
	v.check(slices.Contains(o.Scopes, "openid"), "oidc.scopes", "must hold openid")
	v.check(o.RolesClaim != "", "oidc.roles_claim", "must not be empty")
	v.check(len(o.RoleMap) > 0, "oidc.role_map", "must name a role, such as tmk-admins=admin: without it nobody can log in")
	for value, role := range o.Roles() {
		v.check(value != "" && slices.Contains(roles, role), "oidc.role_map", "%s=%s is not VALUE=ROLE with one of %s", value, role, strings.Join(roles, ", "))
	}
}

// Roles is the role map, value of the claim → role.
func (o *OIDC) Roles() map[string]string {
	all := make(map[string]string, len(o.RoleMap))
	for _, line := range o.RoleMap {
		value, role := line, ""
		if i := strings.LastIndex(line, "="); i >= 0 { // values may hold the sign themselves: cn=admins,…
			value, role = strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
		}
		all[value] = role
	}
	return all
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

type validator struct{ errs []error }

func (v *validator) err() error {
	if v.errs == nil {
		return nil
	}
	return fmt.Errorf("settings: %w", errors.Join(v.errs...))
}

func (v *validator) check(ok bool, key, format string, args ...any) {
	if !ok {
		v.errs = append(v.errs, fmt.Errorf("%s %s", key, fmt.Sprintf(format, args...)))
	}
}

func (v *validator) positive(key string, d time.Duration) {
	v.check(d > 0, key, "must be above 0, such as 15m")
}

func (v *validator) oneOf(key, value string, allowed ...string) {
	v.check(slices.Contains(allowed, value), key, "must be one of %s, not %q", strings.Join(allowed, ", "), value)
}

func (v *validator) address(key, addr string, mayBeOff bool) {
	if mayBeOff && addr == Off {
		return
	}
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	v.check(err == nil, key, "%q is not an address such as :8080 or 127.0.0.1:8080", addr)
}

func (v *validator) publicURL(s string) {
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	v.check(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == "" && u.User == nil,
		"public_url", "%q is not an address such as https://tmk.example", s)
}

// ParseNetwork reads an address or a network in CIDR notation.
func ParseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.Prefix(addr.BitLen())
	}
	return netip.ParsePrefix(s)
}

// Off is how an address that may be left out is turned off.
const Off = "off"
