package auth

import "time"

// CodeAt is what an authenticator with a secret shows at now.
func CodeAt(secret []byte, now time.Time) string { return codeAt(secret, stepAt(now)) }

// Hurry makes the hashes of passwords cheap: tests about anything else make many.
func Hurry(a *Auth) *Auth {
	a.hasher = newHasher(64)
	return a
}
