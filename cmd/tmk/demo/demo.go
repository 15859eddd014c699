// Package demo plays LK, the patient portal that TMK is made for, so that one
// can try everything in a minute. It has no door of its own: it calls the REST
// interface with a real key and is told of events by real signed webhooks.
//
// It serves /demo/api for the page at /demo and belongs on one's own machine
// only: whoever reaches it may do all that its key may.
package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"tmk/consult"
)

// Integration is whose consultations the demo makes.
const Integration = "demo"

// Admin is the account that the page shows.
type Admin struct {
	Login    string `json:"adminLogin"`
	Password string `json:"adminPassword"` // "" when it was made at an earlier start
}

// LK is the demo portal.
type LK struct {
	desk    *consult.Desk
	base    string // how this machine reaches the server, "http://127.0.0.1:8080"
	log     *slog.Logger
	client  *http.Client
	handler http.Handler
	done    chan struct{} // closed by Close: long polls end

	mu      sync.Mutex
	key     consult.KeyID
	secret  string   // of the API key
	alone   bool     // only this machine reaches the page
	hook    string   // the webhook's id
	signing []string // the webhook's secrets; none until it is registered
	since   time.Time
	admin   Admin
	closed  bool
	inbox   inbox
}

// New makes the portal; [LK.Start] makes it work.
func New(desk *consult.Desk, base string, log *slog.Logger) *LK {
	lk := &LK{
		desk: desk, base: base, log: log,
		client: &http.Client{Timeout: 10 * time.Second},
		done:   make(chan struct{}),
	}
	lk.inbox.init()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /demo/api/info", plain(lk.getInfo))
	mux.HandleFunc("GET /demo/api/key", plain(lk.getKey))
	mux.HandleFunc("GET /demo/api/events", plain(lk.getEvents))
	mux.HandleFunc("POST /demo/api/webhook", plain(lk.postWebhook))
	mux.HandleFunc("PUT /demo/api/receiver", plain(lk.putReceiver))
	mux.Handle(throughPath, lk.through())
	// Another site's page must not make consultations in the name of whoever looks at it.
	lk.handler = http.NewCrossOriginProtection().Handler(mux)
	return lk
}

func (lk *LK) ServeHTTP(w http.ResponseWriter, r *http.Request) { lk.handler.ServeHTTP(w, r) }

// plain keeps answers out of caches and out of guesses about their type.
func plain(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h(w, r)
	}
}

// Start gets an API key and registers the webhook; the server must answer
// requests already. alone says that only this machine reaches the page: then it
// may show the key and the account.
func (lk *LK) Start(ctx context.Context, admin Admin, alone bool) error {
	key, secret, err := lk.desk.CreateAPIKey(ctx, consult.System, Integration, "demo page", nil, 0)
	if err != nil {
		return fmt.Errorf("make the demo's API key: %w", err)
	}
	if !alone {
		admin.Password = ""
	}
	lk.mu.Lock()
	lk.key, lk.secret, lk.alone, lk.admin = key.ID, secret, alone, admin
	lk.mu.Unlock()
	if err := lk.remember(ctx); err != nil {
		return fmt.Errorf("read the log of events: %w", err)
	}
	if err := lk.register(ctx); err != nil {
		return fmt.Errorf("register the demo's webhook: %w", err)
	}
	return nil
}

// register finds or makes the endpoint at this address and removes those of
// earlier starts at others. The secret of one that is found was known to an
// earlier start only, so it gets a new one.
func (lk *LK) register(ctx context.Context) error {
	here := lk.base + "/demo/api/webhook"
	var list struct {
		Items []struct {
			ID, URL string
			Enabled bool
		}
	}
	if err := lk.call(ctx, http.MethodGet, "/webhooks?limit=200", nil, &list); err != nil {
		return err
	}
	var hook struct{ ID, Secret string }
	for _, h := range list.Items {
		path := "/webhooks/" + h.ID
		if h.URL != here || !h.Enabled || hook.ID != "" {
			if err := lk.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
				return err
			}
			continue
		}
		if err := lk.call(ctx, http.MethodPost, path+"/secret/rotate", map[string]int{"keepOldMinutes": 0}, &hook); err != nil {
			return err
		}
	}
	if hook.ID == "" {
		if err := lk.call(ctx, http.MethodPost, "/webhooks", map[string]string{"url": here, "description": "demo page"}, &hook); err != nil {
			return err
		}
	}
	lk.mu.Lock()
	defer lk.mu.Unlock()
	lk.hook, lk.signing, lk.since = hook.ID, []string{hook.Secret}, time.Now().UTC()
	return nil
}

// remember reads the log of events, so that LK knows after a restart what it
// has worked on and which event comes next.
func (lk *LK) remember(ctx context.Context) error {
	for after := ""; ; {
		var page struct {
			Items     []told
			NextAfter string
		}
		if err := lk.call(ctx, http.MethodGet, "/events?limit=200&after="+url.QueryEscape(after), nil, &page); err != nil {
			return err
		}
		if len(page.Items) == 0 {
			return nil
		}
		after = page.NextAfter
		lk.mu.Lock()
		for _, e := range page.Items {
			lk.inbox.take(e.ID, e.Data.SessionID, e.Sequence)
		}
		lk.mu.Unlock()
	}
}

// Close revokes the key, whose secret nobody knows any more, and ends the long polls.
func (lk *LK) Close(ctx context.Context) {
	lk.mu.Lock()
	key, first := lk.key, !lk.closed
	lk.closed, lk.key = true, ""
	lk.mu.Unlock()
	if first {
		close(lk.done)
	}
	if key == "" {
		return
	}
	if err := lk.desk.RevokeAPIKey(ctx, consult.System, key); err != nil {
		lk.log.Warn("the demo's API key was not revoked", "err", err)
	}
}

func (lk *LK) getInfo(w http.ResponseWriter, _ *http.Request) {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	writeJSON(w, http.StatusOK, struct {
		Admin
		PublicURL string `json:"publicUrl"`
		WebhookID string `json:"webhookId"`
		Receiver  int    `json:"receiver"` // what the endpoint answers to good events
		KeyShown  bool   `json:"keyShown"` // GET /demo/api/key tells the key
		// What happened before LK has read in the log; what came later must have come by webhook.
		Since time.Time `json:"since"`
	}{lk.admin, lk.desk.Config().PublicURL, lk.hook, lk.inbox.answer, lk.alone, lk.since})
}

// getKey tells the key to whoever sits at this machine: a request that one has copied should run as it is.
func (lk *LK) getKey(w http.ResponseWriter, _ *http.Request) {
	lk.mu.Lock()
	secret, alone := lk.secret, lk.alone
	lk.mu.Unlock()
	if !alone {
		http.Error(w, "the key is shown to this machine only", http.StatusForbidden)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"key": secret})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the caller is gone
}
