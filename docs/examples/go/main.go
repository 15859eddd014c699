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
)

var tmk, key, self = os.Getenv("TMK"), os.Getenv("KEY"), os.Getenv("SELF")

// post sends one request to TMK and reads the answer.
func post(path, body string, answer any) {
	req, err := http.NewRequest("POST", tmk+"/v1/abm/video"+path, strings.NewReader(body))
	must(err)
	req.Header = http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	must(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	must(err)
	if resp.StatusCode >= 300 {
		must(fmt.Errorf("%s: %s: %s", path, resp.Status, got))
	}
	must(json.Unmarshal(got, answer))
}

func main() {
	var hook struct{ Secret string }
	post("/webhooks", `{"url": "`+self+`/hooks/tmk"}`, &hook)
	var seen sync.Map // ids of events; a real LK keeps them in its database
	http.HandleFunc("POST /hooks/tmk", func(w http.ResponseWriter, r *http.Request) {
		event, err := verify(r, hook.Secret)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		} else if _, again := seen.LoadOrStore(event.ID, true); !again { // it may come twice
			fmt.Println("told:", event.Type, event.Data.SessionID, event.Data.Status)
		}
	})
	go func() { must(http.ListenAndServe(strings.TrimPrefix(self, "http://"), nil)) }()

	// The smallest booking, from now on; /sessions/create takes names, a time and more.
	var booked struct{ ID, DoctorURL, PatientURL string }
	post("/sessions/create/simpl", `{"doctorId": "d-17", "patientId": "p-902"}`, &booked)
	fmt.Println("booked:", booked.ID, booked.DoctorURL, booked.PatientURL)
	select {}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
