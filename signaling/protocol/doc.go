// Package protocol is the language that the pages and the server speak over
// the WebSocket at /ws: one struct per message, one JSON object per text frame,
// strict decoding. docs/protocol.md and web/src/wire/protocol.gen.ts are
// generated from it (go generate).
//
// The version is the WebSocket subprotocol, "tmk.v1". Every object carries
// "type". A client message may carry "id"; the server's answer to it, if there
// is one, carries the same as "re".
//
// Struct tags: doc is what the generated pages say of a field; enum lists the
// values of a string (an empty one at the end allows ""); max is the largest
// number of characters. A field without omitempty must be there.
package protocol

//go:generate go run ./gen -root ../..

// Version is the WebSocket subprotocol of this package.
const Version = "tmk.v1"
