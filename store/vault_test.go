package store

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"tmk/consult"
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

// Nothing that an audit entry is written with can be changed without the key.
func TestSign(t *testing.T) {
	v, err := newVault(make([]byte, keySize))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	entry := consult.AuditEntry{ID: "a", At: at, Actor: "b", Action: "c", ConsultationID: "d", Object: "e", Detail: "f"}
	mac := v.sign(&entry)
	same := entry
	same.N, same.Link, same.At = 7, []byte("link"), at.Local()
	if !v.signs(&same, mac) {
		t.Error("its place in the chain is not known when it is signed")
	}
	for name, change := range map[string]func(*consult.AuditEntry){
		"id":           func(a *consult.AuditEntry) { a.ID = "x" },
		"time":         func(a *consult.AuditEntry) { a.At = at.Add(time.Microsecond) },
		"actor":        func(a *consult.AuditEntry) { a.Actor = "x" },
		"action":       func(a *consult.AuditEntry) { a.Action = "x" },
		"consultation": func(a *consult.AuditEntry) { a.ConsultationID = "x" },
		"object":       func(a *consult.AuditEntry) { a.Object = "x" },
		"detail":       func(a *consult.AuditEntry) { a.Detail = "x" },
		"moved":        func(a *consult.AuditEntry) { a.Object, a.Detail = "", "ef" },
	} {
		changed := entry
		change(&changed)
		if v.signs(&changed, mac) {
			t.Errorf("%s: signed", name)
		}
	}
	if v.signs(&entry, nil) || v.signs(&entry, mac[:16]) {
		t.Error("half a MAC is none")
	}
	other, err := newVault(append(make([]byte, keySize-1), 1))
	if err != nil {
		t.Fatal(err)
	}
	if other.signs(&entry, mac) {
		t.Error("signed with another key")
	}
}
