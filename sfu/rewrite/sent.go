package rewrite

// remembered is how many packets can be asked for again: at 2.5 Mbit/s the last
// two seconds.
const remembered = 512

// Packet is what went out on a line: enough to send the very same packet again
// from the source's payload. It has to be the very same, to the last bit of the
// header, since SRTP's GCM must not see two packets of one number (RFC 7714
// §8.2).
type Packet struct {
	Sequence  uint16 // as sent
	Source    uint16 // as it came
	Timestamp uint32 // as sent
	Stamp     uint32 // abs-send-time, 24 bits
	Marker    bool
	Resent    uint8
	known     bool
}

// Sent remembers the packets of a line. The zero Sent is empty and holds no
// memory until the first Put.
type Sent struct {
	ring []Packet
}

// Put remembers a packet.
func (s *Sent) Put(p Packet) {
	if s.ring == nil {
		s.ring = make([]Packet, remembered)
	}
	p.known = true
	s.ring[p.Sequence%remembered] = p
}

// Find returns the packet sent under that number, nil when it is unknown.
func (s *Sent) Find(seq uint16) *Packet {
	if s.ring == nil {
		return nil
	}
	p := &s.ring[seq%remembered]
	if !p.known || p.Sequence != seq {
		return nil
	}
	return p
}

// Clear forgets all packets: their source is gone.
func (s *Sent) Clear() { clear(s.ring) }
