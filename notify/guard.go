package notify

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errPrivate is why a connection to an inner address is refused.
var errPrivate = errors.New("the address is not public")

// inner lists what netip's own predicates do not cover and a webhook must not
// reach. The v6 prefixes that carry a v4 address are refused as a whole.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network, RFC 1122
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments, RFC 6890
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation, RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays, RFC 7526
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks, RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("::/96"),           // v4-compatible, RFC 4291
	netip.MustParsePrefix("::ffff:0:0:0/96"), // v4-translated, RFC 2765
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64, RFC 6052
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64, RFC 8215
	netip.MustParsePrefix("100::/64"),        // discard, RFC 6666
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, with Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4, RFC 3056
	netip.MustParsePrefix("3fff::/20"),       // documentation, RFC 9637
	netip.MustParsePrefix("fec0::/10"),       // site-local, RFC 3879
}

// public reports whether an address belongs to the open Internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false // loopback, link-local, multicast and unspecified are not global unicast
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// guard is a net.Dialer's Control: it sees the address that is really
// connected to, after the name was resolved, so a name that points inside
// (or changes its mind between a check and the connection) does not get through.
func guard(network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("check address: %w", err)
	}
	if network != "tcp4" && network != "tcp6" || !public(ap.Addr()) {
		return fmt.Errorf("connect to %s: %w", address, errPrivate)
	}
	return nil
}
