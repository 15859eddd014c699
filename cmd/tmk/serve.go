package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"tmk/api"
	"tmk/cmd/tmk/config"
	"tmk/cmd/tmk/demo"
	"tmk/consult"
	"tmk/consult/auth"
	"tmk/notify"
	"tmk/recorder"
	"tmk/sfu"
	"tmk/signaling"
	"tmk/web"
)

type serveCmd struct {
	Listen    *string `help:"Address of pages, REST and WebSocket (listen)." placeholder:"[HOST]:PORT"`
	PublicURL *string `name:"public-url" help:"What people type to get here (public_url)." placeholder:"URL"`
	Demo      bool    `help:"Try it out on this machine: a page at /demo plays the integration, media goes over loopback. Not for real use."`
	NoOpen    bool    `help:"With --demo: do not open a browser."`
}

// demoDefaults are the defaults that --demo changes: nothing of it is seen from outside.
var demoDefaults = map[string]string{
	"listen": "127.0.0.1:8080", "sfu.udp": "127.0.0.1:7882", "sfu.tcp": "127.0.0.1:7882", "sfu.loopback": "true",
	"webhooks.allow_private": "true", "log.level": "warn",
}

func (c *serveCmd) Run(a *app) error {
	var defaults map[string]string
	if c.Demo {
		defaults = demoDefaults
	}
	cfg, err := a.config(map[string]*string{"listen": c.Listen, "public_url": c.PublicURL}, defaults)
	if err != nil {
		return err
	}
	log := newLog(cfg.Log)
	s, err := build(a, cfg, c.Demo, log)
	if err != nil {
		return err
	}
	return s.serve(a.ctx, func(ctx context.Context) error {
		if c.Demo {
			return s.startDemo(ctx, a, !c.NoOpen)
		}
		return s.announce(a.stdout)
	})
}

// server is everything that runs, in the order in which it is built.
type server struct {
	cfg      *config.Config
	log      *slog.Logger
	closers  closers // what is open, in the order of opening
	listener net.Listener
	metrics  net.Listener // nil when off
	facts    *facts
	engine   *sfu.Engine
	recorder *recorder.Recorder
	hub      *signaling.Hub
	worker   *notify.Worker
	demo     *demo.LK // nil unless asked for
	rest     *api.API
	handler  http.Handler
	claim    string // token of the link that makes the first administrator; "" when there is one
}

// build makes all parts, bottom-up. What fails closes what was opened before.
func build(a *app, cfg *config.Config, withDemo bool, log *slog.Logger) (_ *server, err error) {
	s := &server{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closers.close())
		}
	}()
	if err = makeDataDir(cfg.DataDir); err != nil {
		return nil, err
	}
	unlock, err := lockDataDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	s.closers.add("unlock data folder", unlock)
	if err = s.listen(); err != nil {
		return nil, err
	}
	node := ""
	if !onSQLite(cfg) {
		if node, err = nodeID(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	if s.facts, err = openFacts(a, cfg, node, log); err != nil {
		return nil, err
	}
	s.closers.add("close database", s.facts.db.Close)
	if !withDemo { // which makes its administrator by itself
		if s.claim, err = s.facts.auth.OpenClaim(a.ctx); err != nil {
			return nil, err
		}
	}
	if err = s.buildMedia(); err != nil {
		return nil, err
	}
	s.hub = signaling.New(signaling.Config{
		// Behind a proxy the Host header may be another than the public one.
		Origins: append([]string{cfg.PublicURL}, cfg.Room.Origins...), ResumeFor: cfg.Room.ResumeFor,
	},
		s.facts.desk, s.facts.feed, s.engine, s.recorder, log)
	s.worker = notify.New(notify.Config{AllowPrivate: cfg.Webhooks.AllowPrivate}, s.facts.db, s.facts.feed, log)
	if withDemo {
		s.demo = demo.New(s.facts.desk, ownURL(s.listener, cfg), log)
	}
	s.handler = s.routes()
	return s, nil
}

// listen takes the addresses first: links need to know the port.
func (s *server) listen() (err error) {
	if s.listener, err = net.Listen("tcp", s.cfg.Listen); err != nil {
		return fmt.Errorf("listen (another address: --listen): %w", err)
	}
	s.closers.add("close listener", ignoreClosed(s.listener.Close))
	if s.cfg.Metrics.Listen != "" {
		if s.metrics, err = net.Listen("tcp", s.cfg.Metrics.Listen); err != nil {
			return fmt.Errorf("listen for metrics: %w", err)
		}
		s.closers.add("close metrics listener", ignoreClosed(s.metrics.Close))
	}
	if s.cfg.PublicURL == "" {
		s.cfg.PublicURL = localURL(s.listener, s.cfg)
	}
	s.cfg.PublicURL = strings.TrimSuffix(s.cfg.PublicURL, "/")
	return nil
}

func (s *server) buildMedia() (err error) {
	tcp := s.cfg.SFU.TCP
	if tcp == config.Off {
		tcp = ""
	}
	s.engine, err = sfu.New(sfu.Config{
		UDPAddr: s.cfg.SFU.UDP, TCPAddr: tcp, PublicIPs: s.cfg.SFU.PublicIPs, Loopback: s.cfg.SFU.Loopback,
		MaxPeers: s.cfg.Room.MaxPeople, StartBitrate: s.cfg.SFU.StartBitrate, MaxBitrate: s.cfg.SFU.MaxBitrate, Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("start media (other addresses: sfu.udp, sfu.tcp): %w", err)
	}
	s.closers.add("close media", s.engine.Close)
	s.recorder, err = recorder.New(recorder.Config{
		Dir: filepath.Join(s.cfg.DataDir, "recordings"), MinFree: int64(s.cfg.Recording.MinFree), Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("open recordings: %w", err)
	}
	return nil
}

// routes says which part answers which path.
func (s *server) routes() http.Handler {
	s.rest = api.New(api.Config{
		PublicURL: s.cfg.PublicURL, Brand: s.cfg.Brand.Name,
		CookieSecure:  strings.HasPrefix(s.cfg.PublicURL, "https://"),
		RatePerSecond: s.cfg.API.RatePerSecond,
		IPExtractor:   callerAddress(s.cfg.TrustedProxies),
		Tester:        s.worker, Feed: s.facts.feed, Ready: s.facts.db, Log: s.log,
		Minted: auth.NewMinted(s.facts.db, notify.NewClient(s.cfg.Webhooks.AllowPrivate), nil, s.log),
	}, s.facts.desk, s.facts.auth, s.recorder)

	mux := http.NewServeMux()
	mux.Handle("/ws", s.hub)
	if s.demo != nil {
		mux.Handle("/demo/api/", s.demo)
	}
	mux.Handle("/", web.Handler(web.Config{Demo: s.demo != nil, Embed: s.cfg.Embed.Origins}))
	h := restFirst(s.rest, mux)
	if s.demo != nil {
		h = ownHosts(s.cfg.PublicURL, h)
	}
	if s.claim != "" {
		h = beforeClaim(s.facts.auth.Claimed, h)
	}
	if !strings.HasPrefix(s.cfg.PublicURL, "https://") {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		h.ServeHTTP(w, r)
	})
}

// serve runs until ctx is done or a part fails, and stops gracefully. started
// is called once requests are answered.
func (s *server) serve(ctx context.Context, started func(context.Context) error) error {
	// The parts outlive ctx: they end when the stop below has told everybody.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if err := s.facts.desk.Heartbeat(ctx); err != nil { // before anybody is let in
		return errors.Join(err, s.closers.close())
	}
	group, running := errgroup.WithContext(running)
	pages := httpServer(s.handler, s.log)
	group.Go(func() error { return s.servePages(pages) })
	group.Go(func() error { return s.hub.Run(running) })
	group.Go(func() error { return s.worker.Run(running) })
	s.keepHouse(running, group)
	stopMetrics := s.serveMetrics(group)
	err := started(ctx)
	if err == nil {
		select {
		case <-ctx.Done():
		case <-running.Done(): // a part failed; Wait below says which
		}
	}
	err = errors.Join(err, s.stop(pages, stopMetrics))
	cancel()
	if waited := group.Wait(); !errors.Is(waited, context.Canceled) {
		err = errors.Join(err, waited)
	}
	return errors.Join(err, s.lastWords(), s.closers.close())
}

// stop lets nobody in any more, tells everybody in the rooms, and waits for requests and recordings to end.
func (s *server) stop(pages, metrics *http.Server) error {
	s.log.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.StopTimeout)
	defer cancel()
	if s.demo != nil {
		s.demo.Close(ctx)
	}
	s.rest.Close() // who waits for events is answered now
	var group errgroup.Group
	group.Go(func() error { return wrap("stop rooms", s.hub.Shutdown(ctx)) })
	group.Go(func() error { return wrap("stop pages", pages.Shutdown(ctx)) })
	err := group.Wait()
	if metrics != nil {
		err = errors.Join(err, wrap("stop metrics", metrics.Shutdown(ctx)))
	}
	return err
}

func (s *server) servePages(pages *http.Server) error {
	var err error
	if s.cfg.TLS.Cert != "" {
		certs := &certificates{cert: s.cfg.TLS.Cert, key: s.cfg.TLS.Key, log: s.log}
		pages.TLSConfig = certs.config()
		err = pages.ServeTLS(s.listener, "", "")
	} else {
		err = pages.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return wrap("serve pages", err)
}

// announce tells where to go, and what will surely be missed.
func (s *server) announce(w io.Writer) error {
	if u, err := url.Parse(s.cfg.PublicURL); err == nil && u.Scheme == "http" && u.Hostname() != "localhost" {
		s.log.Warn("browsers give camera and microphone to https:// only", "public_url", s.cfg.PublicURL)
	}
	if s.metrics != nil {
		if _, err := fmt.Fprintf(w, "metrics at http://%s/metrics\n", s.metrics.Addr()); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "TMK listens on %s, public address %s\n", s.listener.Addr(), s.cfg.PublicURL); err != nil {
		return err
	}
	if s.claim == "" {
		return nil
	}
	// To the standard output, not into the log: it is a secret until it is used.
	_, err := fmt.Fprintf(w, "There is no administrator yet, so nothing else is answered. Open this link once (it changes with each start):\n  %s/admin/claim#%s\nor run: tmk admin create NAME\n", s.cfg.PublicURL, s.claim)
	return err
}

// localURL is how a browser on this machine reaches the server.
func localURL(l net.Listener, cfg *config.Config) string {
	return scheme(cfg) + "://" + net.JoinHostPort("localhost", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

// ownURL is how the server reaches itself, whatever localhost resolves to.
func ownURL(l net.Listener, cfg *config.Config) string {
	addr := *l.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	return scheme(cfg) + "://" + addr.String()
}

func scheme(cfg *config.Config) string {
	if cfg.TLS.Cert != "" {
		return "https"
	}
	return "http"
}

func deskConfig(cfg *config.Config, node string, secret *secret) consult.Config {
	return consult.Config{
		PublicURL: cfg.PublicURL, TimeZone: cfg.Room.TimeZone,
		JoinEarly: cfg.Room.JoinEarly, Grace: cfg.Room.Grace, AbandonAfter: cfg.Room.AbandonAfter, MaxLength: cfg.Room.MaxLength,
		MaxFileSize: int64(cfg.Room.MaxFileSize), MaxSeats: cfg.Room.MaxPeople,
		Node: node, LinkKey: secret.derive("links"), AuditKey: secret.derive("audit"), AuditAnchor: newAnchor(cfg.DataDir),
	}
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
