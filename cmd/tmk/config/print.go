package config

import (
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Hidden is what stands in place of a secret.
const Hidden = "hidden"

// Print writes the configuration as YAML that Load reads again, except that secrets are hidden.
func Print(w io.Writer, c *Config) error {
	values := valuesOf(c)
	var b strings.Builder
	for _, s := range Sections() {
		indent := ""
		if s.Name != "" {
			fmt.Fprintf(&b, "%s:\n", s.Name)
			indent = "  "
		}
		for _, key := range s.Keys {
			v := values[key.Path]
			switch {
			case key.Secret == "url":
				v = hideSecret(v)
			case key.Secret != "" && v != `""`:
				v = strconv.Quote(Hidden)
			}
			fmt.Fprintf(&b, "%s%s: %s\n", indent, strings.TrimPrefix(key.Path, s.Name+"."), v)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// hideSecret takes a quoted URL's password away, or all of what is no URL.
func hideSecret(quoted string) string {
	s, err := strconv.Unquote(quoted)
	if err != nil || s == "" || strings.HasPrefix(s, "sqlite:") {
		return quoted
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return strconv.Quote(Hidden)
	}
	if u.User != nil {
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), Hidden)
		}
	}
	query := u.Query()
	if query.Has("password") {
		query.Set("password", Hidden)
		u.RawQuery = query.Encode()
	}
	return strconv.Quote(u.String())
}

// valuesOf returns each key's value as YAML.
func valuesOf(c *Config) map[string]string {
	values := make(map[string]string)
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			path := prefix + v.Type().Field(i).Tag.Get("key")
			if v.Field(i).Kind() == reflect.Struct {
				walk(path+".", v.Field(i))
				continue
			}
			values[path] = yamlValue(v.Field(i).Interface())
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return values
}

func yamlValue(v any) string {
	switch v := v.(type) {
	case string:
		return quote(v)
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	case time.Duration:
		return shortDuration(v)
	}
	return fmt.Sprint(v)
}

// quote writes s as a YAML double-quoted scalar, whose escapes are Go's.
func quote(s string) string { return strconv.Quote(s) }

// shortDuration writes 15m, not 15m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
