package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"tmk/store/pgtest"
)

// TestMain lets this test binary be the server that "bench --self" starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestBenchOfItself(t *testing.T) {
	for name, database := range map[string]func() []string{
		"SQLite":     func() []string { return nil },
		"PostgreSQL": func() []string { return []string{"--database", pgtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"bench", "api", "--self", "--fill", "1000", "--rate", "100", "--for", "2s", "--json"}, database()...)
			out, err := command(t, args...)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var report benchReport
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatalf("%v in %s", err, out)
			}
			if report.All.Count != 200 || report.All.Ms.P99 <= 0 || report.Delivered == 0 {
				t.Errorf("%s", out)
			}
			if name == "PostgreSQL" { // once more: now somebody uses it
				if out, err := command(t, args...); err == nil {
					t.Errorf("filled a database that was in use: %s", out)
				}
			}
		})
	}
}

func TestBenchWantsAServer(t *testing.T) {
	for _, args := range [][]string{{}, {"--url", "http://localhost"}, {"--self", "--url", "http://localhost", "--key", "k"}} {
		if _, err := command(t, append([]string{"bench", "api"}, args...)...); err == nil || !strings.Contains(err.Error(), "either") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
