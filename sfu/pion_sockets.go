package sfu

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"syscall"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
)

// udpMux is Pion's, on one socket, but tells only addresses that a client may
// reach: Pion would list every interface of the machine.
type udpMux struct {
	*ice.UDPMuxDefault
	socket   *net.UDPConn
	loopback bool
	useful   func(net.IP) bool
}

func listenUDP(cfg Config, log logging.LeveledLogger) (*udpMux, error) {
	addr, err := net.ResolveUDPAddr("udp", cfg.UDPAddr)
	if err != nil {
		return nil, fmt.Errorf("media UDP address %q: %w", cfg.UDPAddr, err)
	}
	socket, err := net.ListenUDP(family("udp", addr.IP), addr)
	if err != nil {
		return nil, fmt.Errorf("listen for media: %w", err)
	}
	setBuffers(socket, cfg.Log)
	return &udpMux{
		UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: socket, Logger: log}),
		socket:        socket,
		loopback:      cfg.Loopback,
		useful:        usefulIP(cfg.PublicIPs),
	}, nil
}

// listenTCP opens the port of ICE-TCP.
func listenTCP(cfg Config) (net.Listener, error) {
	addr, err := net.ResolveTCPAddr("tcp", cfg.TCPAddr)
	if err != nil {
		return nil, fmt.Errorf("media TCP address %q: %w", cfg.TCPAddr, err)
	}
	listener, err := net.ListenTCP(family("tcp", addr.IP), addr)
	if err != nil {
		return nil, fmt.Errorf("listen for ICE-TCP: %w", err)
	}
	return listener, nil
}

// family makes 0.0.0.0 mean what it says: Go would take it for [::].
func family(network string, ip net.IP) string {
	if ip.To4() != nil {
		return network + "4"
	}
	return network
}

// GetListenAddresses is the host candidates' addresses, looked up anew for each
// connection since interfaces come and go.
func (m *udpMux) GetListenAddresses() []net.Addr {
	local := m.socket.LocalAddr().(*net.UDPAddr)
	if !local.IP.IsUnspecified() {
		return []net.Addr{local}
	}
	interfaces, err := net.Interfaces()
	if err != nil {
		return m.UDPMuxDefault.GetListenAddresses()
	}
	v6 := local.IP.To4() == nil
	var addrs []net.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || !usefulInterface(i.Name) {
			continue
		}
		if i.Flags&net.FlagLoopback != 0 && !m.loopback {
			continue
		}
		list, err := i.Addrs()
		if err != nil {
			continue // gone since
		}
		for _, a := range list {
			if ip, ok := a.(*net.IPNet); ok && m.useful(ip.IP) && (v6 || ip.IP.To4() != nil) {
				addrs = append(addrs, &net.UDPAddr{IP: ip.IP, Port: local.Port})
			}
		}
	}
	return addrs
}

// usefulIP leaves out link-local addresses, which need a zone that SDP cannot
// tell, and, when public addresses take the place of local ones, the families
// that have none.
func usefulIP(public []string) func(net.IP) bool {
	v4, v6 := len(public) == 0, len(public) == 0
	for _, p := range public {
		if net.ParseIP(p).To4() != nil {
			v4 = true
		} else {
			v6 = true
		}
	}
	return func(ip net.IP) bool {
		if ip.IsLinkLocalUnicast() || ip.IsMulticast() {
			return false
		}
		if ip.To4() != nil {
			return v4
		}
		return v6
	}
}

// usefulInterface leaves out the bridges of containers and virtual machines: no
// client is behind them, and each costs it a candidate pair to try.
func usefulInterface(name string) bool {
	for _, prefix := range []string{"docker", "br-", "veth", "virbr", "vmnet", "cni", "flannel", "cali"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// setBuffers asks for large socket buffers and says when the kernel gave less.
func setBuffers(socket *net.UDPConn, log *slog.Logger) {
	_ = socket.SetReadBuffer(socketBuffer) // what came of it is read below
	_ = socket.SetWriteBuffer(socketBuffer)
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		for option, name := range map[int]string{syscall.SO_RCVBUF: "net.core.rmem_max", syscall.SO_SNDBUF: "net.core.wmem_max"} {
			// Linux answers with twice what may be used (socket(7)).
			got, err := syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, option)
			if err == nil && got < 2*socketBuffer {
				log.Warn("sfu: small UDP socket buffer: packets may be lost under load",
					"got", got/2, "want", socketBuffer, "raise", name)
			}
		}
	})
}
