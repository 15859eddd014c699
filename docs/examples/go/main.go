// LK in sixty lines: it registers its endpoint, books a consultation, hands out the two links and is told what
// becomes of it. The standard library is all it needs.
//
//	TMK=http://localhost:8080 KEY=tmk_… SELF=http://localhost:9000 go run ./docs/examples/go
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var tmk, key, self = os.Getenv("TMK"), os.Getenv("KEY"), os.Getenv("SELF")

// post sends one request to TMK and reads the answer.
func post(path, body string, answer any) {
	req, err := http.NewRequest("POST", tmk+"/v1/abm/video"+path, bytes.NewBufferString(body))
	must(err)
	req.Header = http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	must(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if must(err); resp.StatusCode/100 != 2 {
		must(fmt.Errorf("%s: %s: %s", path, resp.Status, got))
	}
	must(json.Unmarshal(got, answer))
}

// verify tells whether TMK sent this: Standard Webhooks, over the bytes as they came.
func verify(secret string, h http.Header, body []byte) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	seconds, bad := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || bad != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for got := range strings.FieldsSeq(h.Get("webhook-signature")) { // two while the secret is changed
		if hmac.Equal([]byte(got), []byte(want)) {
			return true
		}
	}
	return false
}

func main() {
	var hook struct{ Secret string }
	post("/webhooks", `{"url": "`+self+`/hooks/tmk"}`, &hook)
	var seen sync.Map // ids of events; a real LK keeps them in its database
	http.HandleFunc("POST /hooks/tmk", func(w http.ResponseWriter, r *http.Request) {
		var event struct {
			ID, Type string
			Data     struct{ SessionID, Status string }
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err != nil || !verify(hook.Secret, r.Header, body) || json.Unmarshal(body, &event) != nil {
			http.Error(w, "not from TMK", http.StatusUnauthorized)
		} else if _, again := seen.LoadOrStore(event.ID, true); !again { // it may come twice
			fmt.Println("told:", event.Type, event.Data.SessionID, event.Data.Status)
		}
	})
	go func() { must(http.ListenAndServe(strings.TrimPrefix(self, "http://"), nil)) }()

	var made struct {
		ID    string
		Links struct{ Doctor, Patient string }
	}
	post("/sessions/create", `{"doctor": {"id": "d-17", "name": "Иванова Мария Петровна"}, "patient": {"id": "p-902", "name": "Петров Олег Ильич"}}`, &made)
	fmt.Println("booked:", made.ID, made.Links.Doctor, made.Links.Patient)
	select {}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
