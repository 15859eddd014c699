package check

import (
	"strings"
	"time"

	"tmk/consult"
)

// step is one request of the check.
type step struct {
	name, sent string
	good       bool                            // 2xx is the right answer; otherwise 4xx
	make       func(*sender) (*message, error) //
	wrong      string                          // what another answer means
}

// farOff is further from now than the tolerance, however long the way.
const farOff = 10 * time.Minute

const (
	unchecked = "It does not check the signature: whoever knows its address can tell it anything."
	keepGoing = "The server would send it again and again for three days, and hold back what comes after it."
)

// steps are in the order of sending: a session's first event before its later ones.
var steps = []step{
	{
		"good", "a good event", true,
		func(s *sender) (*message, error) {
			s.first = s.event(consult.SessionCreated, 1)
			return s.good(s.first)
		},
		"It refuses a good event. The key is what stands behind whsec_, decoded from base64; signed is webhook-id.webhook-timestamp.body, over the bytes as they came; " +
			"the header holds v1, and the base64 of HMAC-SHA256. Does it refuse sessions that it does not know? Name one that it knows: --session, --external-id.",
	},
	{
		"repeated", "the same event again, signed anew", true,
		func(s *sender) (*message, error) { return s.good(s.first) },
		"It refuses an event that it has had. Events come at least once: drop those with a known id, and answer 2xx. " + keepGoing,
	},
	{
		"ahead", "sequence 3 before 2", true,
		func(s *sender) (*message, error) { return s.good(s.event(consult.ParticipantLeft, 3)) },
		"It refuses an event whose predecessor it has not seen. A predecessor may be missing for good (given up after three days, or before the webhook was made). " + keepGoing,
	},
	{
		"behind", "sequence 2 after 3", true,
		func(s *sender) (*message, error) { return s.good(s.event(consult.ParticipantJoined, 2)) },
		"It refuses an event that comes after a later one, as one does that was sent again by hand. " + keepGoing,
	},
	{
		"new secret first", "two signatures, the first one ours", true,
		altered(func(m *message) error {
			other, err := m.strange()
			m.signature += " " + other
			return err
		}),
		"It refuses two signatures. While a secret is changed, both sign: take the header apart at spaces; one that matches is enough.",
	},
	{
		"old secret second", "two signatures, the second one ours", true,
		altered(func(m *message) error {
			other, err := m.strange()
			m.signature = other + " " + m.signature
			return err
		}),
		"It looks at the first signature only. While a secret is changed, both sign: take the header apart at spaces; one that matches is enough.",
	},
	{
		"unknown scheme", "a signature of another scheme beside ours", true,
		spoiled(func(m *message) { m.signature = "v9a,AAAA " + m.signature }),
		"It stumbles over a signature that does not begin with v1: pass over those.",
	},
	{
		"unknown type", "an event of a type that does not exist yet", true,
		func(s *sender) (*message, error) { return s.good(s.event("session.teleported", 4)) },
		"It refuses types that it does not know. New ones come with new versions of the server: answer 2xx and forget them. " + keepGoing,
	},
	{
		"unknown field", "an event with fields that do not exist yet", true, unknownField,
		"It refuses fields that it does not know. New ones come with new versions of the server: ignore them. " + keepGoing,
	},
	{
		"other spelling", "an event in other white space and order", true, rewritten,
		"It checks the signature over JSON that it wrote again itself. Check it over the bytes as they came, before they are decoded.",
	},
	{
		"forged", "signed with another secret", false,
		altered(func(m *message) (err error) { m.signature, err = m.strange(); return err }),
		unchecked,
	},
	{
		"other body", "the body changed after signing", false,
		spoiled(func(m *message) { m.body = strings.Replace(m.body, "UPCOMING", "FINISHED", 1) }),
		"It accepts a body that was changed after it was signed: the body must be part of what is checked.",
	},
	{
		"other id", "webhook-id changed after signing", false,
		spoiled(func(m *message) { m.id += "0" }),
		"It accepts a webhook-id that was changed after signing: with a new id an old event can be sent again. Signed is webhook-id.webhook-timestamp.body.",
	},
	{
		"old", "signed rightly, 10 minutes ago", false, late(-farOff),
		"It accepts an event signed 10 minutes ago: who once read one can send it again for ever. Refuse timestamps more than 5 minutes away.",
	},
	{
		"future", "signed rightly, 10 minutes ahead", false, late(farOff),
		"It accepts an event from 10 minutes ahead, which makes that event last longer than the tolerance. Refuse timestamps more than 5 minutes away, on both sides.",
	},
	{
		"no id", "without webhook-id", false,
		spoiled(func(m *message) { m.id = "" }),
		"It accepts an event without webhook-id.",
	},
	{
		"no timestamp", "without webhook-timestamp", false,
		spoiled(func(m *message) { m.timestamp = "" }),
		"It accepts an event without webhook-timestamp.",
	},
	{
		"bad timestamp", "webhook-timestamp that is no number", false,
		spoiled(func(m *message) { m.timestamp = "yesterday" }),
		"It accepts a webhook-timestamp that is no number.",
	},
	{
		"no signature", "without webhook-signature", false,
		spoiled(func(m *message) { m.signature = "" }),
		"It accepts an event without a signature: whoever knows its address can tell it anything.",
	},
	{
		"empty signature", "webhook-signature v1, and nothing after it", false,
		spoiled(func(m *message) { m.signature = "v1," }),
		"It accepts an empty signature: compare whole signatures, in constant time.",
	},
	{
		"half a signature", "the signature's first half", false,
		spoiled(func(m *message) { m.signature = m.signature[:len(m.signature)/2] }),
		"It accepts the beginning of a signature: compare whole signatures, in constant time.",
	},
}
