package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/transport/v4/packetio"
	"github.com/pion/webrtc/v4"
)

const (
	// socketBuffer holds 20 ms of a full gigabit; with the default Galène loses
	// 0.9 % at 20 000 packets a second.
	socketBuffer = 4 << 20
	// sctpReceiveBuffer is the window of a file upload.
	sctpReceiveBuffer = 4 << 20
	// maxMessage is the largest data channel message: a chunk of 64 KiB and its head.
	maxMessage = 128 << 10
	// replayWindow is how many packets back one may come late, after it was asked
	// for: two seconds of video. Pion's 64 are a fifth of a second.
	replayWindow = 1024
	// certificateAge is when a new DTLS certificate is made; Pion's are valid for a month.
	certificateAge = 24 * time.Hour

	// A connection is "disconnected" after disconnectAfter without a packet and
	// "failed" failAfter later. The browsers check consent every 5 s (RFC 7675).
	disconnectAfter = 6 * time.Second
	failAfter       = 20 * time.Second
)

// pionTransport opens connections with Pion.
type pionTransport struct {
	cfg Config
	log *slog.Logger
	udp *udpMux
	tcp *ice.TCPMuxDefault // nil when ICE-TCP is off

	mu          sync.Mutex
	certificate webrtc.Certificate
	issued      time.Time
}

func newPionTransport(cfg Config) (*pionTransport, error) {
	t := &pionTransport{cfg: cfg, log: cfg.Log}
	var err error
	if t.udp, err = listenUDP(cfg, pionLogger{cfg.Log, "ice"}); err != nil {
		return nil, err
	}
	if cfg.TCPAddr == "" {
		return t, nil
	}
	listener, err := listenTCP(cfg)
	if err != nil {
		return nil, errors.Join(err, t.udp.Close())
	}
	t.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener:             listener,
		Logger:               pionLogger{cfg.Log, "ice-tcp"},
		ReadBufferSize:       64,      // packets
		WriteBufferSize:      1 << 20, // bytes; more is dropped, so that nobody waits for a slow client
		FirstStunBindTimeout: 10 * time.Second,
		// Our side always knows the ufrag before the client does, so whoever
		// comes with an unknown one is late. Close may wait this long for
		// such a connection: Pion loses sight of it when the client dials
		// again while its peer is being closed.
		AliveDurationForConnFromStun: 2 * time.Second,
	})
	return t, nil
}

func (t *pionTransport) close() error {
	err := t.udp.Close()
	if t.tcp != nil {
		err = errors.Join(err, t.tcp.Close())
	}
	if err != nil {
		return fmt.Errorf("close media sockets: %w", err)
	}
	return nil
}

// open makes a PeerConnection. Each has an API of its own: Pion's buffer
// factory, by which packets reach us without a queue and a goroutine between,
// belongs to an API and does not say whose packet it is.
func (t *pionTransport) open(h connHandler) (conn, error) {
	certificate, err := t.currentCertificate()
	if err != nil {
		return nil, err
	}
	media, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	c := &pionConn{log: t.log, cfg: t.cfg, handler: h, now: t.cfg.Now}
	settings, err := t.settings(c)
	if err != nil {
		return nil, err
	}
	// No interceptors: what they would do is done in place where the packet is
	// read anyway (package uplink), at a tenth of the cost.
	api := webrtc.NewAPI(
		webrtc.WithSettingEngine(settings),
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}),
	)
	c.pc, err = api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{certificate},
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, fmt.Errorf("make peer connection: %w", err)
	}
	c.listen()
	return c, nil
}

func (t *pionTransport) settings(c *pionConn) (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = pionLoggers{t.log}
	s.BufferFactory = func(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
		return newInlet(c, kind, ssrc)
	}
	s.SetFireOnTrackBeforeFirstRTP(true) // no goroutine to wait for a packet that the inlet takes
	s.DisableMediaEngineCopy(true)
	s.SetLite(true)
	s.SetICEUDPMux(t.udp)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if t.tcp != nil {
		s.SetICETCPMux(t.tcp)
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	s.SetNetworkTypes(networks)
	s.SetInterfaceFilter(usefulInterface)
	s.SetIPFilter(usefulIP(t.cfg.PublicIPs))
	s.SetIncludeLoopbackCandidate(t.cfg.Loopback)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.DisableActiveTCP(true)
	s.SetICETimeouts(disconnectAfter, failAfter, 2*time.Second)
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	s.SetSRTPReplayProtectionWindow(replayWindow)
	s.SetDTLSRetransmissionInterval(200 * time.Millisecond)
	s.EnableSCTPZeroChecksum(true)
	s.SetSCTPMaxReceiveBufferSize(sctpReceiveBuffer)
	s.SetSCTPMaxMessageSize(maxMessage)
	if len(t.cfg.PublicIPs) > 0 {
		err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External:        t.cfg.PublicIPs,
			AsCandidateType: webrtc.ICECandidateTypeHost,
			Mode:            webrtc.ICEAddressRewriteReplace,
		})
		if err != nil {
			return s, fmt.Errorf("use public IPs %v: %w", t.cfg.PublicIPs, err)
		}
	}
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return s, fmt.Errorf("be the DTLS server: %w", err)
	}
	return s, nil
}

// currentCertificate is shared by the connections of a day: making one costs
// as much as a join.
func (t *pionTransport) currentCertificate() (webrtc.Certificate, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now() // the certificate's dates are the wall clock's
	if !t.issued.IsZero() && now.Sub(t.issued) < certificateAge {
		return t.certificate, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make DTLS key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make DTLS certificate: %w", err)
	}
	t.certificate, t.issued = *certificate, now
	return t.certificate, nil
}
