// Package consult is the domain of TMK: a consultation, the people invited to
// it, what they say and send, its recordings, and the law by which its status
// changes. [Desk] holds the use cases; [Store] is what it needs of a database.
//
// The package knows no HTTP, no WebSocket and no media. The words of the
// domain are explained in docs/words.md.
package consult
