package signaling

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"tmk/consult"
	"tmk/signaling/protocol"
)

// rule says who may send a type of message, and when. The zero rule lets nobody, and no handler may have it.
type rule struct {
	before  bool           // before the join, whoever it is
	waiting []consult.Role // while waiting for admission
	inside  []consult.Role // in the room
}

// guests are those who may have to wait for admission; doctors are admitted by nature.
var guests = []consult.Role{consult.RolePatient, consult.RoleRelative, consult.RoleInterpreter, consult.RoleObserver}

var everybody = append([]consult.Role{consult.RoleDoctor}, guests...)

var (
	newcomers   = rule{before: true}
	anybody     = rule{waiting: guests, inside: everybody}
	threadOnes  = rule{waiting: []consult.Role{consult.RolePatient}, inside: everybody} // [consult.Seat.InThread]
	admitted    = rule{inside: everybody}
	doctorsOnly = rule{inside: []consult.Role{consult.RoleDoctor}}
)

// check is nil when somebody of a role may send the message at a stage behind the join. Code: forbidden.
func (r rule) check(s stage, role consult.Role) error {
	switch {
	case s == stageWaiting && !slices.Contains(r.waiting, role):
		return consult.Errorf(consult.CodeForbidden, "not while waiting for admission")
	case s == stageIn && !slices.Contains(r.inside, role):
		return consult.Errorf(consult.CodeForbidden, "not for a %s", role)
	}
	return nil
}

// WriteAccess writes docs/access-socket.md: who may send which message, as the table of handlers has it.
func WriteAccess(w io.Writer) error {
	var b strings.Builder
	b.WriteString(accessHead)
	columns := []string{"message", "before join"}
	for _, role := range guests {
		columns = append(columns, string(role)+", waiting")
	}
	for _, role := range everybody {
		columns = append(columns, string(role))
	}
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, name := range slices.Sorted(maps.Keys(handlers)) {
		r := handlers[name].rule
		cells := []string{"`" + name + "`", mark(r.before)}
		for _, role := range guests {
			cells = append(cells, mark(r.check(stageWaiting, role) == nil))
		}
		for _, role := range everybody {
			cells = append(cells, mark(r.check(stageIn, role) == nil))
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mark(may bool) string {
	if may {
		return "yes"
	}
	return "–"
}

var accessHead = fmt.Sprintf(`# Who may send which message

<!-- Generated from the table of handlers in signaling/serve.go by "go generate ./signaling". -->

Messages of the WebSocket (%s, [protocol.md](protocol.md)), by role and by whether the person is in the room or still waits for
admission. Doctors never wait. A message that is not allowed is answered with the error %s; one that comes
before %s, and a second %s, end the connection with %d.
A test sends every message in every one of these places.

`, "`"+protocol.Version+"`", "`forbidden`", "`join`", "`join`", protocol.CloseBadMessage)
