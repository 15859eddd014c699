// LK in forty lines: it registers its endpoint, books a consultation, hands out the two links and is told what
// becomes of it. The standard library is all it needs; verify.go reads what comes and is to be copied as it is.
//
//	TMK=http://localhost:8080 KEY=tmk_… SELF=http://localhost:9000 go run ./docs/examples/go
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

var tmk, key, self = os.Getenv("TMK"), os.Getenv("KEY"), os.Getenv("SELF")

// post sends one request to TMK and reads the answer. Sent again with the same once, as after an answer that got
// lost, it takes effect once.
func post(path, once, body string, answer any) {
	req := must(http.NewRequest("POST", tmk+"/v1/abm/video"+path, strings.NewReader(body)))
	req.Header = http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}, "Idempotency-Key": {once}}
	resp := must(http.DefaultClient.Do(req))
	defer resp.Body.Close()
	got := must(io.ReadAll(resp.Body))
	if resp.StatusCode >= 300 || json.Unmarshal(got, answer) != nil {
		panic(fmt.Sprintf("%s: %s: %s", path, resp.Status, got))
	}
}

func main() {
	var hook struct{ Secret string }
	post("/webhooks", "endpoint "+self, `{"url": "`+self+`/hooks/tmk"}`, &hook)
	var last sync.Map // sequence of the newest event of each session; a real LK keeps it in its database
	http.HandleFunc("POST /hooks/tmk", func(w http.ResponseWriter, r *http.Request) {
		event, err := verify(r, hook.Secret)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		} else if had, _ := last.LoadOrStore(event.Data.SessionID, 0); event.Sequence > had.(int) { // otherwise it came twice, or late
			last.Store(event.Data.SessionID, event.Sequence)
			fmt.Println("told:", event.Type, event.Data.SessionID, event.Data.Status)
		}
	})
	go func() { panic(http.ListenAndServe(strings.TrimPrefix(self, "http://"), nil)) }()

	booking := fmt.Sprint("lk-", time.Now().Unix()) // LK's own number of it
	var booked struct {
		ID    string
		Links struct{ Doctor, Patient string }
	}
	post("/sessions/create", booking, `{"externalId": "`+booking+`", "doctor": {"id": "d-17"}, "patient": {"id": "p-902"}}`, &booked)
	fmt.Println("booked:", booked.ID, booked.Links.Doctor, booked.Links.Patient)
	select {}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
