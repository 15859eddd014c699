// Package bandwidth shares a receiver's downlink among the pictures it is shown
// and says how much a sender may send. It is pure.
//
// A receiver tells what its downlink carries (REMB, measured by the send times
// that we stamp). Sound comes first: what it needs is set aside. The rest is
// shared by weight. A sender is then capped by what its receivers have for its
// picture, on top of what its own uplink allows, which it learns from
// transport-wide feedback.
package bandwidth

const (
	// Sound is set aside for each audio line, bits per second: Opus at 32
	// kbit/s with FEC, and the packets' heads.
	Sound = 56_000
	// Floor is the least a sender is capped to when more than one person
	// watches: one bad downlink must not take the picture from the others. Who
	// cannot carry even that gets no picture for a while (package layers).
	Floor = 300_000
	// Minimum is the least that any sender is capped to: below it browsers
	// encode nothing of use.
	Minimum = 60_000
)

// Unknown is the estimate of a receiver that has not told one.
const Unknown = 0

// Shares divides a downlink of bits per second among pictures of those weights,
// after the sound of that many lines. A share of Unknown is without a limit.
func Shares(shares []int64, bits int64, sounds int, weights []int64) []int64 {
	var sum int64
	for _, w := range weights {
		sum += w
	}
	rest := max(bits-int64(sounds)*Sound, 1)
	for _, w := range weights {
		share := int64(Unknown)
		if bits != Unknown {
			share = max(rest*w/sum, 1)
		}
		shares = append(shares, share)
	}
	return shares
}

// Cap is what the sender of a picture may send, bits per second, given what
// each receiver has for it and the most we want.
func Cap(receivers []int64, most int64) int64 {
	least, told := most, 0
	for _, bits := range receivers {
		if bits != Unknown {
			told++
			least = min(least, bits)
		}
	}
	if len(receivers) > 1 && told > 0 {
		least = max(least, Floor)
	}
	return min(max(least, Minimum), most)
}
