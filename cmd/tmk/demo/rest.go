package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// restBase is where the REST routes are that every integration calls.
const restBase = "/v1/abm/video"

// throughPath is where the page calls REST through LK, as the browser of a
// patient never does itself: only LK's server holds the key.
const throughPath = "/demo/api/rest" + restBase + "/"

// longestWatch bounds one answer that is passed through.
const longestWatch = 2 * time.Hour

// through passes a request on to the REST interface with LK's key, and the answer back as it is.
func (lk *LK) through() http.Handler {
	target, err := url.Parse(lk.base)
	if err != nil {
		return http.NotFoundHandler() // base is made from a listener's address: not reached
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, "/demo/api/rest")
			r.Out.URL.RawPath = strings.TrimPrefix(r.Out.URL.RawPath, "/demo/api/rest")
			// What a browser adds tells of the page and of its visitor, not of LK.
			for name := range r.Out.Header {
				if strings.HasPrefix(name, "Sec-") || name == "Cookie" || name == "Origin" || name == "Referer" {
					r.Out.Header.Del(name)
				}
			}
			r.Out.Header.Set("Authorization", "Bearer "+lk.apiKey())
			r.Out.Header.Set("User-Agent", "LK-demo/1")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() == nil {
				lk.log.Error("the demo could not reach the REST interface", "err", err)
			}
			http.Error(w, "the REST interface cannot be reached", http.StatusBadGateway)
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A recording is watched for longer than a page takes; no error: it is the page's server that has this limit.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(longestWatch))
		proxy.ServeHTTP(w, r)
	})
}

func (lk *LK) apiKey() string {
	lk.mu.Lock()
	defer lk.mu.Unlock()
	return lk.secret
}

// call asks our own REST interface, as LK's server does, and reads the answer into answer unless that is nil.
func (lk *LK) call(ctx context.Context, method, path string, body, answer any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return fmt.Errorf("write the body of %s: %w", path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, lk.base+restBase+path, &sent)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	req.Header.Set("Authorization", "Bearer "+lk.apiKey())
	req.Header.Set("Accept-Language", "en")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := lk.client.Do(req)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer of %s: %w", path, err)
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: REST answered %d: %s", method, path, resp.StatusCode, got)
	case answer == nil:
		return nil
	}
	if err := json.Unmarshal(got, answer); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

// Links are what LK hands out: one for each person.
type Links struct {
	Doctor  string `json:"doctor"`
	Patient string `json:"patient"`
}

// CreateSession makes a consultation of the demo's own people that starts now,
// so that there is something to try.
func (lk *LK) CreateSession(ctx context.Context) (Links, error) {
	type person struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Specialty string `json:"specialty,omitempty"`
	}
	var made struct{ Links Links }
	err := lk.call(ctx, http.MethodPost, "/sessions/create", map[string]any{
		"doctor":          person{"d-17", "Иванова Мария Петровна", "терапевт"},
		"patient":         person{"p-902", "Петров Олег Ильич", ""},
		"durationMinutes": 30,
		"topic":           "Повторная консультация",
		"language":        "ru",
		"recording":       "ask",
		"metadata":        map[string]string{"madeBy": "demo"},
	}, &made)
	return made.Links, err
}
