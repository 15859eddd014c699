package notify

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// errPrivate is why a connection to an inner address is refused.
var errPrivate = errors.New("the address is not public")

// globalV6 is all of IPv6 that is given out for the open Internet (RFC 4291
// §2.4, IANA's registry). NAT64, site-local, mapped and discarded addresses
// and all that may be invented are outside.
var globalV6 = netip.MustParsePrefix("2000::/3")

// inner lists what netip's own predicates and globalV6 do not cover and
// nobody's name may lead to.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),        // this network, RFC 1122
	netip.MustParsePrefix("100.64.0.0/10"),    // carrier-grade NAT, RFC 6598
	netip.MustParsePrefix("168.63.129.16/32"), // public, but inside Azure a service of the host
	netip.MustParsePrefix("192.0.0.0/24"),     // protocol assignments, RFC 6890
	netip.MustParsePrefix("192.0.2.0/24"),     // documentation, RFC 5737
	netip.MustParsePrefix("192.88.99.0/24"),   // 6to4 relays, RFC 7526
	netip.MustParsePrefix("198.18.0.0/15"),    // benchmarks, RFC 2544
	netip.MustParsePrefix("198.51.100.0/24"),  // documentation
	netip.MustParsePrefix("203.0.113.0/24"),   // documentation
	netip.MustParsePrefix("240.0.0.0/4"),      // reserved, and broadcast
	netip.MustParsePrefix("2001::/23"),        // protocol assignments, with Teredo
	netip.MustParsePrefix("2001:db8::/32"),    // documentation
	netip.MustParsePrefix("2002::/16"),        // 6to4, RFC 3056
	netip.MustParsePrefix("3fff::/20"),        // documentation, RFC 9637
}

// public reports whether an address belongs to the open Internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false // loopback, link-local, multicast and unspecified are not global unicast
	}
	if a.Is6() && (!globalV6.Contains(a) || tunnelled(a)) {
		return false
	}
	for _, p := range inner {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// tunnelled reports whether an IPv6 address ends in one of IPv4 that a machine
// of its network would tunnel to (ISATAP, RFC 5214 §6.1).
func tunnelled(a netip.Addr) bool {
	b := a.As16()
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
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
