// Package signaling holds the live rooms: it speaks package protocol with the
// pages over WebSockets and joins what lasts (consult) with what flies (sfu, recorder).
//
// [Hub] takes the sockets. A connection has a reader, a writer with a bounded
// outbox, and one goroutine that runs its handlers one after another; those may
// call the desk and the SFU. A room's loop owns its presence and does no I/O:
// results are brought in by room.do. A room's clerk, one goroutine, does what no
// connection asks for: rereads facts after a hint, lets seats go whose
// connection did not come back, starts and stops recordings.
package signaling

//go:generate go run ./gen ../docs/access-socket.md
