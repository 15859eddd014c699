package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
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
	for _, o := range r.Origins {
		u, err := url.Parse(o)
		v.check(err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Scheme+"://"+u.Host == o,
			"room.origins", "%q is not an origin such as https://clinic.example", o)
	}
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
