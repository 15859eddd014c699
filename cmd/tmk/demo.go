package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"

	"tmk/cmd/tmk/demo"
	"tmk/consult"
)

// demoAdmin is the login of the account that the demo makes.
const demoAdmin = "admin"

// startDemo makes an account and a consultation to try, and tells where they are.
func (s *server) startDemo(ctx context.Context, a *app, open bool) error {
	admin, err := s.demoAccount(ctx)
	if err != nil {
		return err
	}
	alone := s.demoIsAlone()
	if !alone {
		s.log.Warn("the demo can be reached from other machines: whoever comes may do all that its key may", "listen", s.listener.Addr())
	}
	if err := s.demo.Start(ctx, admin, alone); err != nil {
		return err
	}
	links, err := s.demo.CreateSession(ctx)
	if err != nil {
		return fmt.Errorf("make the demo's consultation: %w", err)
	}
	page := s.cfg.PublicURL + "/demo"
	if err := tellDemo(a.stdout, page, s.cfg.PublicURL+"/admin/", s.cfg.DataDir, links, admin); err != nil {
		return err
	}
	if open {
		openBrowser(ctx, a, page)
	}
	return nil
}

// demoIsAlone tells whether only this machine reaches the demo: nobody listens for others, nor does a
// proxy or a tunnel, which a public address of another name tells of.
func (s *server) demoIsAlone() bool {
	u, err := url.Parse(s.cfg.PublicURL)
	if err != nil || !s.listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return localName(u.Hostname()) || err == nil && ip.Unmap().IsLoopback()
}

// demoAccount makes the account at the first start.
func (s *server) demoAccount(ctx context.Context) (demo.Admin, error) {
	n, err := s.facts.auth.StaffCount(ctx)
	if err != nil {
		return demo.Admin{}, fmt.Errorf("count accounts: %w", err)
	}
	if n > 0 {
		return demo.Admin{Login: demoAdmin}, nil
	}
	password := rand.Text()[:16] // 80 bits
	if _, err := s.facts.auth.CreateStaff(ctx, demoAdmin, password, consult.StaffAdmin); err != nil {
		return demo.Admin{}, fmt.Errorf("make the demo's account: %w", err)
	}
	return demo.Admin{Login: demoAdmin, Password: password}, nil
}

func tellDemo(w io.Writer, page, adminPage, dataDir string, links demo.Links, admin demo.Admin) error {
	password := admin.Password
	if password == "" {
		password = "shown at the first start; a new one: tmk admin passwd " + admin.Login + " --data-dir " + dataDir
	}
	_, err := fmt.Fprintf(w, `
  TMK is running. Try it:

    the page of the clinic's portal   %s
    a consultation, the doctor's tab  %s
    and the patient's tab             %s

    recordings                        %s
      login                           %s
      password                        %s

  Everything is kept in %s. Ctrl+C stops the server.

`, page, links.Doctor, links.Patient, adminPage, admin.Login, password, dataDir)
	return err
}

// openBrowser shows the page where there is a screen; elsewhere the text above is enough.
func openBrowser(ctx context.Context, a *app, url string) {
	file, ok := a.stdout.(*os.File)
	if !ok || (a.getenv("DISPLAY") == "" && a.getenv("WAYLAND_DISPLAY") == "") {
		return
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return
	}
	opener, err := exec.LookPath("xdg-open")
	if err != nil {
		return
	}
	cmd := exec.CommandContext(ctx, opener, url)
	if cmd.Start() == nil {
		go cmd.Wait() //nolint:errcheck // it ends with ctx at the latest; what it says helps nobody
	}
}
