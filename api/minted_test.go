package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tmk/consult"
	"tmk/consult/auth"
)

const secret = "0123456789abcdef0123456789abcdef"

// mintingHouse is a house whose integration "lk" mints links by itself.
func mintingHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse(t)
	h.api.cfg.Minted = auth.NewMinted(h.Store, http.DefaultClient, h.Clock.Now, h.api.cfg.Log)
	_, err := h.Desk.CreateSigningKey(t.Context(), consult.System, consult.SigningKeyOrder{
		Integration: "lk", Issuer: "https://lk.example", KID: "k1", Algorithm: "HS256", Secret: []byte(secret),
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// mint signs a link's token for the patient of the session.
func (h *house) mint(session string, change map[string]any) string {
	h.t.Helper()
	claims := map[string]any{
		"iss": "https://lk.example", "aud": "tmk", "sub": "p-902", "role": "patient", "sid": session,
		"exp": h.Clock.Now().Add(time.Hour).Unix(), "jti": "t-1",
	}
	for name, v := range change {
		claims[name] = v
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		h.t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, (&jose.SignerOptions{}).WithHeader("kid", "k1"))
	if err != nil {
		h.t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		h.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *house) enterMinted(token, session string) *reply {
	h.t.Helper()
	return h.do(call{method: "POST", path: "/v1/room/enter", body: map[string]any{"token": token, "session": session}, anonymous: true,
		header: map[string]string{"Accept-Language": "ru"}})
}

func TestEnterByMintedLink(t *testing.T) {
	h := mintingHouse(t)
	v := h.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-1" })
	token := h.mint("lk-1", nil)
	first := into[RoomEntered](h.enterMinted(token, "lk-1").want(200))
	again := into[RoomEntered](h.enterMinted(token, string(v.ID)).want(200))
	if first.Seat.ID != string(v.Patient.ID) || again.Seat.ID != first.Seat.ID || first.Pass == again.Pass || first.Session.ID != string(v.ID) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	guest := h.mint("lk-1", map[string]any{"sub": "r-1", "role": "relative", "name": "Анна Сергеевна"})
	if e := into[RoomEntered](h.enterMinted(guest, "lk-1").want(200)); e.Seat.Name != "Анна Сергеевна" || e.Seat.Role != RoleRelative {
		t.Errorf("guest %+v", e.Seat)
	}
	// There is no end of guests.
	full := 0
	for i := range 10 {
		r := h.enterMinted(h.mint("lk-1", map[string]any{"sub": fmt.Sprint("r-", i+2), "role": "relative"}), "lk-1")
		if r.status != 200 {
			r.wantProblem(409, consult.CodeConflict)
			full++
		}
	}
	if full != 10-(consult.DefaultConfig.MaxSeats-3) {
		t.Errorf("%d of 10 more guests were refused", full)
	}
	if strings.Contains(h.logs.String(), token) || strings.Contains(h.logs.String(), strings.Split(guest, ".")[1]) {
		t.Error("the log holds a token")
	}
}

// One token can be written in many ways (base64 skips line ends), and a person may have many: they are paced together.
func TestMintedLinkIsPaced(t *testing.T) {
	h := mintingHouse(t)
	v := h.Schedule(t, nil)
	session := string(v.ID)
	token := h.mint(session, nil)
	for i := range entriesBurst {
		h.enterMinted(token+strings.Repeat("\n", i), session).want(200)
	}
	h.enterMinted(token+strings.Repeat("\n", entriesBurst), session).wantProblem(429, consult.CodeRateLimited)
	h.enterMinted(h.mint(session, map[string]any{"jti": "t-2"}), session).wantProblem(429, consult.CodeRateLimited)
	h.enterMinted(h.mint(session, map[string]any{"sub": "d-17", "role": "doctor"}), session).want(200)
	h.Clock.Advance(2 * time.Second)
	h.enterMinted(token, session).want(200)
}

func TestMintedLinkRefused(t *testing.T) {
	h := mintingHouse(t)
	v := h.Schedule(t, func(o *consult.Order) { o.ExternalID = "lk-1" })
	now := h.Clock.Now()
	for name, c := range map[string]struct {
		token  string
		status int
		code   consult.Code
		detail string
	}{
		"forged":        {h.mint("lk-1", nil) + "A", 404, consult.CodeLinkUnknown, ""},
		"no token":      {"hello", 404, consult.CodeLinkUnknown, "это не JWT"},
		"other session": {h.mint("lk-2", nil), 404, consult.CodeLinkUnknown, "токен выдан для другой сессии"},
		"audience":      {h.mint("lk-1", map[string]any{"aud": "x"}), 404, consult.CodeLinkUnknown, "aud токена не tmk"},
		"expired":       {h.mint("lk-1", map[string]any{"exp": now.Unix() - 1}), 410, consult.CodeLinkExpired, "срок действия ссылки истёк"},
		"not yet":       {h.mint("lk-1", map[string]any{"nbf": now.Unix() + 600}), 403, consult.CodeTooEarly, "nbf"},
		"other patient": {h.mint("lk-1", map[string]any{"sub": "p-1"}), 403, consult.CodeForbidden, ""},
	} {
		p := h.enterMinted(c.token, "lk-1").wantProblem(c.status, c.code)
		if !strings.Contains(p.Detail, c.detail) {
			t.Errorf("%s: detail %q, want %q", name, p.Detail, c.detail)
		}
	}
	if !strings.Contains(h.logs.String(), "minted link refused") {
		t.Error("the log does not help the integration's programmers")
	}
	// A minted token is no link of ours, and a link of ours no minted token.
	h.enter(h.mint("lk-1", nil), "ru").wantProblem(404, consult.CodeLinkUnknown)
	h.enterMinted(v.PatientLink, "lk-1").wantProblem(404, consult.CodeLinkUnknown)
	h.api.cfg.Minted = nil
	h.enterMinted(h.mint("lk-1", nil), "lk-1").wantProblem(404, consult.CodeLinkUnknown)
}

func TestRating(t *testing.T) {
	h := newHouse(t)
	v := h.begin(nil)
	doctor, patient := h.Pass(t, v.DoctorLink), h.Pass(t, v.PatientLink)
	rate := func(pass string, body any) *reply { return h.as(pass, "POST", "/v1/room/rating", body) }
	five := map[string]any{"stars": 5, "comment": "Спасибо"}
	rate(patient, five).wantProblem(409, consult.CodeConflict) // not over yet
	if _, err := h.Desk.Finish(t.Context(), consult.Principal{Seat: v.Doctor}, v.ID, consult.EndedByDoctor); err != nil {
		t.Fatal(err)
	}
	if p := into[RoomProblem](h.as(patient, "GET", "/v1/room/state", nil).want(410)); p.Session.Rating != RatingStateOpen {
		t.Errorf("rating is %q, want open", p.Session.Rating)
	}
	if p := into[RoomProblem](h.as(doctor, "GET", "/v1/room/state", nil).want(410)); p.Session.Rating != "" {
		t.Errorf("the doctor is asked for a rating: %q", p.Session.Rating)
	}
	rate(patient, map[string]any{"stars": 6}).wantProblem(400, consult.CodeInvalid)
	rate(patient, map[string]any{"stars": 4, "comment": strings.Repeat("ж", 1001)}).wantProblem(400, consult.CodeInvalid)
	rate(patient, map[string]any{"comment": "x"}).wantProblem(400, consult.CodeInvalid)
	rate(doctor, five).wantProblem(403, consult.CodeForbidden)
	h.do(call{method: "POST", path: "/v1/room/rating", body: five, anonymous: true}).wantProblem(401, consult.CodeUnauthorized)
	rate(patient, five).want(204)
	rate(patient, five).want(204) // sent twice is no second rating
	rate(patient, map[string]any{"stars": 1}).wantProblem(409, consult.CodeConflict)
	if p := into[RoomProblem](h.as(patient, "GET", "/v1/room/state", nil).want(410)); p.Session.Rating != RatingStateGiven {
		t.Errorf("rating is %q, want given", p.Session.Rating)
	}
	if strings.Contains(h.logs.String(), "Спасибо") {
		t.Error("the log holds a comment")
	}
}

// A guest whom the room has no place for is told so.
func TestMintedLinkIntoAFullRoom(t *testing.T) {
	h := mintingHouse(t)
	v := h.Schedule(t, nil)
	for range h.Desk.Config().MaxSeats - 2 {
		h.post(sessionURL(v, "/invites"), `{"role":"observer"}`).want(201)
	}
	guest := h.mint(string(v.ID), map[string]any{"sub": "r-1", "role": "relative"})
	h.enterMinted(guest, string(v.ID)).wantProblem(409, consult.CodeConflict)
	h.enterMinted(h.mint(string(v.ID), nil), string(v.ID)).want(200)
}

// A seat that is revoked opens nothing, whatever passes it may have left.
func TestPassOfARevokedSeat(t *testing.T) {
	h := newHouse(t)
	v := h.Schedule(t, nil)
	pass := h.Pass(t, v.PatientLink)
	err := h.Store.Update(t.Context(), func(tx consult.Tx) error {
		seat, err := tx.Seat(v.Patient.ID)
		if err != nil {
			return err
		}
		seat.RevokedAt = h.Clock.Now()
		return tx.SaveSeat(seat)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.as(pass, "GET", "/v1/room/state", nil).wantProblem(404, consult.CodeLinkUnknown)
	h.as(pass, "POST", "/v1/room/rating", map[string]any{"stars": 5}).wantProblem(404, consult.CodeLinkUnknown)
}
