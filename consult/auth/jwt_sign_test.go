package auth_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
)

func encode(part string) string { return base64.RawURLEncoding.EncodeToString([]byte(part)) }

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// shortHS256 signs with a secret that no library would take.
func shortHS256(secret, kid string, claims any) string {
	payload, _ := json.Marshal(claims)
	input := encode(`{"alg":"HS256","kid":"`+kid+`"}`) + "." + encode(string(payload))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
