// Package protocol is the language that the pages and the server speak over
// the WebSocket at /ws: one struct per message, one JSON object per text frame,
// strict decoding. docs/protocol.md and web/src/wire/protocol.gen.ts are
// generated from it (go generate).
//
// The version is the WebSocket subprotocol, "tmk.v1". Every object carries
// "type". A client message may carry "id"; the server's answer to it, if there
// is one, carries the same as "re".
package protocol

// Version is the WebSocket subprotocol of this package.
const Version = "tmk.v1"
