package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"tmk/cmd/tmk/config"
)

// httpServer has limits for slow and idle callers. A download moves its own
// limit of writing on with every piece, and a WebSocket has limits of its own.
func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,     // bodies are at most 64 KiB
		WriteTimeout:      5 * time.Minute, // the largest page over a poor line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // what callers do wrong
	}
}

// restFirst gives the API its paths as they are, and all others to pages: [http.ServeMux] would
// send who asks for one that is not clean ("//", "/../") elsewhere, in words of its own.
func restFirst(api, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// callerAddress believes X-Forwarded-For of the proxies named and of nobody else.
func callerAddress(proxies []string) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		network, err := config.ParseNetwork(p)
		if err != nil {
			continue // config has checked it: not reached
		}
		trust = append(trust, echo.TrustIPRange(&net.IPNet{
			IP:   network.Masked().Addr().AsSlice(),
			Mask: net.CIDRMask(network.Bits(), network.Addr().BitLen()),
		}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// certificates serves a certificate from files and reads them again when they
// change: renewing needs no restart.
type certificates struct {
	cert, key string
	log       *slog.Logger

	mu       sync.Mutex
	loaded   *tls.Certificate
	modified time.Time // of the certificate's file, when it was loaded
	checked  time.Time
}

// recheck is how often the file is looked at, at most.
const recheck = 10 * time.Second

func (c *certificates) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(time.Now()) },
	}
}

// current returns the certificate of the files, or the last good one while the files are not.
func (c *certificates) current(now time.Time) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded != nil && now.Sub(c.checked) < recheck {
		return c.loaded, nil
	}
	c.checked = now
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.modified) {
		return c.loaded, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.cert, c.key); err == nil {
			c.loaded, c.modified = &pair, info.ModTime()
			return c.loaded, nil
		}
	}
	if c.loaded != nil {
		c.log.Error("certificate cannot be read again, the old one stays", "err", err)
		return c.loaded, nil
	}
	return nil, fmt.Errorf("load certificate: %w", err)
}
