package signaling

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
	"time"

	"tmk/consult"
	"tmk/sfu"
	"tmk/signaling/protocol"
)

// ofRequests are codes that only HTTP requests with their headers can meet.
var ofRequests = []string{
	string(consult.CodeStale), string(consult.CodeMismatch), string(consult.CodeBusy), string(consult.CodeUnclaimed),
}

// TestEveryCodeIsKnown: whatever the domain answers, the protocol has a word and a close code for it.
func TestEveryCodeIsKnown(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../consult/error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		lit, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes++
		if slices.Contains(ofRequests, code) {
			return true
		}
		if !slices.ContainsFunc(protocol.ErrorCodes, func(c protocol.ErrorCode) bool { return string(c.Code) == code }) {
			t.Errorf("protocol.ErrorCodes has no %q", code)
		}
		return true
	})
	if codes < 10 {
		t.Errorf("found only %d codes in consult", codes)
	}
}

func TestGrade(t *testing.T) {
	for _, c := range []struct {
		state sfu.State
		q     sfu.Quality
		level int
		cause string
	}{
		{sfu.Connected, sfu.Quality{}, levelGood, ""},
		{sfu.Connected, sfu.Quality{UplinkLoss: 0.03, DownlinkLoss: 0.03, RTT: 400 * time.Millisecond}, levelGood, ""},
		{sfu.Connected, sfu.Quality{UplinkLoss: 0.04}, levelFair, "uplink"},
		{sfu.Connected, sfu.Quality{UplinkLoss: 0.04, DownlinkLoss: 0.2}, levelBad, "downlink"},
		{sfu.Connected, sfu.Quality{RTT: 500 * time.Millisecond}, levelFair, "latency"},
		{sfu.Connected, sfu.Quality{RTT: time.Second, UplinkLoss: 0.05}, levelBad, "latency"},
		{sfu.Connecting, sfu.Quality{}, levelNone, ""},
		{sfu.Failed, sfu.Quality{UplinkLoss: 0.5}, levelNone, ""},
	} {
		if level, cause := grade(c.state, c.q); level != c.level || cause != c.cause {
			t.Errorf("grade(%s, %+v) = %d, %q; want %d, %q", c.state, c.q, level, cause, c.level, c.cause)
		}
	}
}

// TestPanicEndsOne: a panic ends the connection in which it happened; the room goes on.
func TestPanicEndsOne(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, patient := w.meet(v)
	r := w.hub.room(v.ID)
	defer w.hub.release(r)
	r.do(func() { panic("in the loop") })
	var c *conn
	r.do(func() { c = r.members[v.Patient.ID].conn })
	func() {
		defer c.rescue("test")
		panic("in a connection")
	}()
	if code := patient.closed(); code != protocol.CloseInternal {
		t.Errorf("closed with %d", code)
	}
	expect(doctor, func(m protocol.PersonChanged) bool { return !m.Person.Connected })
	doctor.send(protocol.Ping{})
	expect[protocol.Pong](doctor)
	if n := w.hub.Stats().Panics; n != 2 {
		t.Errorf("%d panics counted", n)
	}
}

// TestMoreSlots: who has not enough receive lines is asked for more.
func TestMoreSlots(t *testing.T) {
	w := newWorld(t)
	v := w.visit(nil)
	doctor, _, dd, _ := w.call(v)
	doctor.send(protocol.Invite{Role: string(consult.RoleInterpreter), Name: "Гость"})
	inv := expect[protocol.Invited](doctor)
	gd := newDevice(t)
	guest := w.join(w.Pass(t, inv.URL[len("https://tmk.example/j/"):]), with(gd))
	expect[protocol.WaitingRoom](guest)
	doctor.send(protocol.Admit{Seat: inv.Seat})
	gd.accept(expect[protocol.Joined](guest).Answer)
	if m := expect[protocol.MoreSlots](doctor); m.Audio != 1 || m.Video != 1 {
		t.Errorf("more slots: %+v", m)
	}
	dd.receiveLines()
	doctor.send(dd.offer())
	dd.accept(expect[protocol.Answer](doctor).SDP)
	doctor.taken = 0 // the slots may come before the answer
	expect(doctor, func(m protocol.Slots) bool {
		return slices.ContainsFunc(m.Slots, func(s protocol.Slot) bool { return s.Seat == inv.Seat && s.Source == "camera" })
	})
}
