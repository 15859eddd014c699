// Package auth finds out who is calling: an integration by its API key, a
// person in a room by the pass of a tab, a member of staff by a session cookie.
// What the caller may do is not its business: that is [consult.Can].
package auth
