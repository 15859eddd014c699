package notify

import (
	"net/http"
	"testing"
	"time"
)

func TestNextTry(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	want := []time.Duration{
		5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
		5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
	}
	for i, least := range want {
		for range 100 {
			wait := promised.nextTry(now, i+1, 0).Sub(now)
			if most := least + least/10; wait < least || wait > most {
				t.Fatalf("after try %d: %v, want %v to %v", i+1, wait, least, most)
			}
		}
	}
	if got := promised.nextTry(now, len(want)+1, time.Hour); !got.IsZero() {
		t.Errorf("after the last try: %v", got)
	}
	if promised.nextTry(now, 3, 0).Equal(promised.nextTry(now, 3, 0)) {
		t.Error("no jitter")
	}
	if got := promised.nextTry(now, 1, time.Hour); !got.Equal(now.Add(time.Hour)) {
		t.Errorf("the endpoint asked for an hour: %v", got)
	}
	if got := promised.nextTry(now, 5, time.Second); got.Before(now.Add(2 * time.Hour)) {
		t.Errorf("the endpoint made it sooner: %v", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, tc := range map[string]struct {
		status int
		value  string
		want   time.Duration
	}{
		"seconds":            {429, "120", 2 * time.Minute},
		"a date":             {503, now.Add(time.Hour).UTC().Format(http.TimeFormat), time.Hour},
		"a date gone by":     {503, now.Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
		"none":               {503, "", 0},
		"rubbish":            {429, "soon", 0},
		"negative":           {429, "-5", 0},
		"far too long":       {429, "99999999", maxWait},
		"of another status":  {500, "120", 0},
		"too long for a int": {429, "999999999999999999999999", 0},
	} {
		resp := &http.Response{StatusCode: tc.status, Header: http.Header{"Retry-After": {tc.value}}}
		if got := retryAfter(resp, now); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
