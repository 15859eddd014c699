package store

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// No bytes but those that were sealed open, and none of any kind break it.
func FuzzOpenSealed(f *testing.F) {
	v, err := newVault(bytes.Repeat([]byte{1}, keySize))
	if err != nil {
		f.Fatal(err)
	}
	where := place("table", "column", "row")
	good, err := hex.DecodeString("01fdd741e130055e441cc118fd492ecd3b75fb7c5dbbe132521d0267d368469c617355")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:13])
	f.Add([]byte{sealVersion})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		got, err := v.open(sealed, where)
		switch {
		case bytes.Equal(sealed, good):
			if err != nil || string(got) != "secret" {
				t.Errorf("%q, %v", got, err)
			}
		case len(sealed) > 0 && err == nil:
			t.Errorf("%x opened to %q", sealed, got)
		}
	})
}
