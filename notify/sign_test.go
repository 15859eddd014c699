package notify

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// The example that the Standard Webhooks libraries test themselves with.
const (
	exampleSecret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	exampleID        = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	exampleBody      = `{"test": 2432232314}`
	exampleSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

var exampleTime = time.Unix(1614265330, 0)

func TestSignAsTheStandardDoes(t *testing.T) {
	got, err := Sign(exampleSecret, exampleID, exampleTime, []byte(exampleBody))
	if err != nil {
		t.Fatal(err)
	}
	if got != exampleSignature {
		t.Errorf("%s, want %s", got, exampleSignature)
	}
}

func TestSignRefusesBadSecrets(t *testing.T) {
	for _, secret := range []string{"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64"} {
		if _, err := Sign(secret, "id", exampleTime, nil); err == nil {
			t.Errorf("secret %q is taken", secret)
		}
	}
}

func TestVerify(t *testing.T) {
	const other = "whsec_b3RoZXIgc2VjcmV0IG90aGVyIHNlY3JldA=="
	good := func() http.Header {
		h := http.Header{}
		h.Set(HeaderID, exampleID)
		h.Set(HeaderTimestamp, "1614265330")
		h.Set(HeaderSignature, exampleSignature)
		return h
	}
	with := func(name, value string) http.Header {
		h := good()
		h.Set(name, value)
		return h
	}
	for name, tc := range map[string]struct {
		secrets []string
		header  http.Header
		body    string
		now     time.Time
		want    error
	}{
		"good":                 {[]string{exampleSecret}, good(), exampleBody, exampleTime, nil},
		"rotation, receiver":   {[]string{other, exampleSecret}, good(), exampleBody, exampleTime, nil},
		"rotation, sender":     {[]string{exampleSecret}, with(HeaderSignature, "v1,AAAA v1a,xx "+exampleSignature), exampleBody, exampleTime, nil},
		"almost too late":      {[]string{exampleSecret}, good(), exampleBody, exampleTime.Add(Tolerance), nil},
		"too late":             {[]string{exampleSecret}, good(), exampleBody, exampleTime.Add(Tolerance + time.Second), ErrTimestamp},
		"too early":            {[]string{exampleSecret}, good(), exampleBody, exampleTime.Add(-Tolerance - time.Second), ErrTimestamp},
		"another body":         {[]string{exampleSecret}, good(), exampleBody + " ", exampleTime, ErrSignature},
		"another id":           {[]string{exampleSecret}, with(HeaderID, "msg_x"), exampleBody, exampleTime, ErrSignature},
		"another time":         {[]string{exampleSecret}, with(HeaderTimestamp, "1614265331"), exampleBody, exampleTime, ErrSignature},
		"another secret":       {[]string{other}, good(), exampleBody, exampleTime, ErrSignature},
		"no secret":            {nil, good(), exampleBody, exampleTime, ErrSignature},
		"scheme not ours":      {[]string{exampleSecret}, with(HeaderSignature, "v2"+exampleSignature[2:]), exampleBody, exampleTime, ErrSignature},
		"no signature":         {[]string{exampleSecret}, with(HeaderSignature, ""), exampleBody, exampleTime, ErrHeaders},
		"no id":                {[]string{exampleSecret}, with(HeaderID, ""), exampleBody, exampleTime, ErrHeaders},
		"time is not a number": {[]string{exampleSecret}, with(HeaderTimestamp, "now"), exampleBody, exampleTime, ErrHeaders},
		"nothing":              {[]string{exampleSecret}, http.Header{}, exampleBody, exampleTime, ErrHeaders},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Verify(tc.secrets, tc.header, []byte(tc.body), tc.now); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
	if err := Verify([]string{"rubbish"}, good(), []byte(exampleBody), exampleTime); err == nil {
		t.Error("a rubbish secret is no error")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(exampleID, "1614265330", exampleSignature, []byte(exampleBody))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		h := http.Header{}
		h.Set(HeaderID, id)
		h.Set(HeaderTimestamp, stamp)
		h.Set(HeaderSignature, signature)
		err := Verify([]string{exampleSecret}, h, body, exampleTime)
		if err == nil && (id != exampleID || string(body) != exampleBody) {
			t.Errorf("forged: %q %q %q %q", id, stamp, signature, body)
		}
	})
}
