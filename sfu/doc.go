// Package sfu forwards media between the people of a room: a selective
// forwarding unit (RFC 7667 §3.7) on Pion. The client always offers, the server
// always answers; who is shown in which receive slot is told in messages, so
// people come and go without renegotiation.
//
// [Engine] owns the sockets, [Room] the people, [Peer] one person's connection,
// [Publication] what he sends, and [Sink] is where else a publication's packets
// go: the recorder. The package knows no consultation and no database.
package sfu
