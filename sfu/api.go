package sfu

import "context"

// THIS FILE IS THE CONTRACT; its bodies are filled in by the package's author.

// Engine owns the sockets and the rooms.
type Engine struct{}

// New opens the sockets.
func New(cfg Config) (*Engine, error) { panic("todo") }

// Close ends every room and closes the sockets.
func (e *Engine) Close() error { panic("todo") }

// Room returns the room of that name, which is made when there is none. It is gone when its last peer left.
func (e *Engine) Room(name string) *Room { panic("todo") }

// Room forwards between its peers.
type Room struct{}

// Join makes a peer of an offer and returns the answer. A peer of the same id that is there already is closed first.
// Errors: ErrRoomFull, ErrBadOffer (wrapped with the reason).
func (r *Room) Join(ctx context.Context, id string, o Offer, ev PeerEvents) (*Peer, string, error) {
	panic("todo")
}

// Close ends all peers.
func (r *Room) Close() { panic("todo") }

// Peer is one person's connection.
type Peer struct{}

// Offer takes a further offer of the client (more slots, another sender, an ICE restart) and returns the answer.
func (p *Peer) Offer(ctx context.Context, o Offer) (string, error) { panic("todo") }

// SetMuted stops or resumes forwarding of a source, whatever the client still sends. Resuming asks for a key frame.
func (p *Peer) SetMuted(s Source, muted bool) { panic("todo") }

// SetTap hands the peer's publications to sinks from now on; nil closes the sinks there are.
func (p *Peer) SetTap(t Tap) { panic("todo") }

// SendData sends one binary message on the data channel "files". It never blocks:
// an error means the channel is not open or its buffer (1 MiB) is full.
func (p *Peer) SendData(b []byte) error { panic("todo") }

// Close ends the connection; PeerEvents.State gets Closed, nothing after it.
func (p *Peer) Close() { panic("todo") }
