package notify

import (
	"errors"
	"net/netip"
	"testing"
)

func TestPublic(t *testing.T) {
	for _, a := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
		"203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "fe80::1",
		"fe80::1%eth0", "fc00::1", "fd12:3456::1", "fd00:ec2::254", "fec0::1", "ff02::1", "3fff::1", "100:0:0:1::1", "5f00::1", "4000::1",
		"168.63.129.16", "100.100.100.200", "::ffff:168.63.129.16", "::ffff:0.0.0.0", "0::ffff:7f00:1", "2a02:6b8::5efe:10.0.0.1", "2a02:6b8::200:5efe:7f00:1",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1111", "2a02:6b8::2:242", "168.63.129.17", "2a02:6b8::100:5efe:7f00:1"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not pass", a)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address passes")
	}
}

func TestGuard(t *testing.T) {
	if err := guard("tcp4", "8.8.8.8:443", nil); err != nil {
		t.Error(err)
	}
	for _, tc := range [][2]string{{"tcp4", "127.0.0.1:80"}, {"tcp6", "[::1]:80"}, {"udp4", "8.8.8.8:53"}, {"unix", "/run/docker.sock"}, {"tcp4", "rubbish"}} {
		if err := guard(tc[0], tc[1], nil); err == nil {
			t.Errorf("%v passes", tc)
		}
	}
	if err := guard("tcp4", "10.0.0.1:80", nil); !errors.Is(err, errPrivate) {
		t.Errorf("%v", err)
	}
}
