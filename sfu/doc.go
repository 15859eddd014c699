// Package sfu forwards media between the people of a room: a selective
// forwarding unit (RFC 7667 §3.7) on Pion. The client always offers, the server
// always answers; who is shown in which receive slot is told in messages, so
// people come and go without renegotiation.
//
// [Engine] owns the sockets, [Room] the people, [Peer] one person's connection,
// [Publication] what he sends, and [Sink] is where else a publication's packets
// go: the recorder. The package knows no consultation and no database.
//
// # A packet's way
//
// The transport decrypts a packet and hands it on in the same goroutine, the
// connection's own (pion_inlet.go). [Peer] finds the publication (routing.go),
// which reads the header in place (package codec), notes the arrival for
// feedback (package uplink), keeps the payload of video for those who will have
// lost it (package history), and gives it to each slot in an immutable list.
// A slot gives it the numbers of its line (package rewrite) and writes it. On
// this way nothing is allocated, and no lock is taken that joining or leaving
// holds; a slot's and a connection's own locks are held for a packet at most.
//
// # What is told to whom
//
// To a sender: transport-wide feedback every 100 ms, receiver reports every
// second, requests for lost video packets at once and for about a second,
// requests for key frames at most every half second and until one comes, and
// what its receivers can take (REMB, package bandwidth). To a receiver: the
// send time of each packet, by which it estimates its downlink; the senders'
// reports in its own numbers, so that sound and picture stay together; lost
// packets again, the same to the last bit. When the downlink cannot take a
// picture it is held back (package layers) and [Slot] tells so; sound never is.
//
// # Locks
//
// Room.mu guards who is there and which slot shows what. Below it, never the
// other way round: slot.mu, a line's numbers, and Peer.mu, mutes and the tap.
// uplinkSide.mu (a connection's arrivals) and sinkHolder.mu (one call to a sink
// at a time) are taken alone and may take keyFrames.mu and downlinkSide.mu,
// which are leaves, as is events.mu. Owners' functions run under none of them.
package sfu
