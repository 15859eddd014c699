package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"tmk/consult"
	"tmk/consult/auth"
)

type signingKeyCmd struct {
	Add    signingKeyAdd    `cmd:"" help:"Register a key with which an integration mints join links."`
	List   signingKeyList   `cmd:"" help:"List the keys."`
	Revoke signingKeyRevoke `cmd:"" help:"End a key at once."`
}

type signingKeyAdd struct {
	Integration string `arg:"" optional:"" default:"lk" help:"Whose key."`
	Issuer      string `help:"What the claim iss of its links is." required:"" placeholder:"ISS"`
	KID         string `name:"kid" help:"The key's name, the header kid." placeholder:"KID"`
	Algorithm   string `name:"alg" help:"EdDSA, ES256, RS256 or HS256: the only one that this key works with." placeholder:"ALG"`
	Key         string `help:"File with the public key, PEM or JSON Web Key; - reads the standard input." placeholder:"FILE" xor:"what"`
	SecretStdin bool   `help:"HS256: read the secret, in base64, from the standard input; otherwise one is made and shown once." xor:"what"`
	JWKS        string `name:"jwks" help:"https address of the integration's key set, in place of a key." placeholder:"URL" xor:"what"`
}

func (c signingKeyAdd) Run(a *app) error {
	o := consult.SigningKeyOrder{Integration: c.Integration, Issuer: c.Issuer, KID: c.KID, Algorithm: c.Algorithm, JWKSURL: c.JWKS}
	switch {
	case c.Key != "":
		text, err := a.readKey(c.Key)
		if err != nil {
			return err
		}
		if err := auth.ReadPublicKey(text, &o); err != nil {
			return fmt.Errorf("read key: %w", err)
		}
	case c.SecretStdin:
		line, _, err := a.password(true)
		if err != nil {
			return errors.New("read secret: the standard input is empty")
		}
		if o.Secret, err = base64.StdEncoding.DecodeString(line); err != nil {
			return errors.New("read secret: it is not base64")
		}
	}
	return a.with(func(f *facts) error {
		k, err := f.desk.CreateSigningKey(a.ctx, consult.System, o)
		if err != nil {
			return fmt.Errorf("register signing key: %w", err)
		}
		rows := [][]string{{"id", string(k.ID)}, {"integration", k.Integration}, {"issuer", k.Issuer}}
		if k.JWKSURL != "" {
			rows = append(rows, []string{"key set", k.JWKSURL})
		} else {
			rows = append(rows, []string{"kid", k.KID}, []string{"algorithm", k.Algorithm})
		}
		if k.Secret != nil && o.Secret == nil {
			rows = append(rows, []string{"secret", base64.StdEncoding.EncodeToString(k.Secret) + "  (base64; shown only now)"})
		}
		return a.table(rows...)
	})
}

// maxKeyFile is far more than a key has.
const maxKeyFile = 64 << 10

func (a *app) readKey(path string) (string, error) {
	in := a.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("read key: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("read key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

type signingKeyList struct {
	Integration string `arg:"" optional:"" help:"Whose; all when not named."`
}

func (c signingKeyList) Run(a *app) error {
	return a.with(func(f *facts) error {
		keys, err := f.desk.SigningKeys(a.ctx, consult.System, c.Integration)
		if err != nil {
			return fmt.Errorf("list signing keys: %w", err)
		}
		rows := [][]string{{"ID", "INTEGRATION", "ISSUER", "KID", "ALGORITHM", "KEY SET", "CREATED", "REVOKED"}}
		for _, k := range keys {
			rows = append(rows, []string{string(k.ID), k.Integration, k.Issuer, dash(k.KID), dash(k.Algorithm), dash(k.JWKSURL), day(k.CreatedAt), day(k.RevokedAt)})
		}
		return a.table(rows...)
	})
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

type signingKeyRevoke struct {
	ID string `arg:"" help:"The key's id, see list."`
}

func (c signingKeyRevoke) Run(a *app) error {
	return a.with(func(f *facts) error {
		if err := f.desk.RevokeSigningKey(a.ctx, consult.System, consult.SigningKeyID(c.ID)); err != nil {
			return fmt.Errorf("revoke signing key %s: %w", c.ID, err)
		}
		return a.table([]string{"revoked", c.ID})
	})
}
