package auth

import (
	"strings"

	"github.com/mileusna/useragent"
)

const (
	maxAgent = 1000 // bytes of a User-Agent that are looked at
	maxWord  = 30   // characters of a name in it
)

// agentWords says in a few words what browser it is, "Firefox on Windows"; ""
// when that cannot be told. Versions are left out: they would tell people apart.
func agentWords(header string) string {
	ua := useragent.Parse(header[:min(len(header), maxAgent)])
	name, system := decentWord(ua.Name), decentWord(ua.OS)
	switch {
	case name != "" && system != "":
		return name + " on " + system
	case name != "":
		return name
	}
	return system
}

// decentWord keeps what a browser calls itself from being anything but a name.
func decentWord(s string) string {
	s = strings.TrimSpace(s)
	odd := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ' || r == '.' || r == '-' || r == '_')
	}
	if len(s) > maxWord || strings.ContainsFunc(s, odd) {
		return ""
	}
	return s
}
