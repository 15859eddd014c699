package consult_test

import (
	"fmt"
	"testing"
	"time"

	"tmk/consult"
)

// TestCan spells the whole table out: what is not named here nobody may.
func TestCan(t *testing.T) {
	c := &consult.Consultation{ID: "c_1", Integration: "lk"}
	key := func(integration string, scopes ...consult.Scope) consult.Principal {
		return consult.Principal{Key: &consult.APIKey{Integration: integration, Scopes: scopes}}
	}
	seat := func(role consult.Role, admitted bool) *consult.Seat {
		s := &consult.Seat{ConsultationID: "c_1", Role: role}
		if admitted {
			s.AdmittedAt = time.Unix(1, 0)
		}
		return s
	}
	stranger, revoked := seat(consult.RoleDoctor, true), seat(consult.RoleDoctor, true)
	stranger.ConsultationID, revoked.RevokedAt = "c_2", time.Unix(2, 0)
	who := map[string]consult.Principal{
		"nobody":           {},
		"system":           consult.System,
		"staff":            {Staff: &consult.Staff{}},
		"reader":           key("lk", consult.ScopeSessionsRead),
		"writer":           key("lk", consult.ScopeSessionsWrite),
		"recordings":       key("lk", consult.ScopeRecordingsRead),
		"webhooks":         key("lk", consult.ScopeWebhooks),
		"other key":        key("other", consult.AllScopes...),
		"doctor":           {Seat: seat(consult.RoleDoctor, false)},
		"patient":          {Seat: seat(consult.RolePatient, true)},
		"waiting patient":  {Seat: seat(consult.RolePatient, false)},
		"relative":         {Seat: seat(consult.RoleRelative, true)},
		"waiting relative": {Seat: seat(consult.RoleRelative, false)},
		"stranger":         {Seat: stranger},
		"revoked doctor":   {Seat: revoked},
	}
	may := map[consult.Action][]string{
		consult.ActSchedule:      {"writer", "other key"},
		consult.ActRead:          {"system", "staff", "reader", "doctor", "patient", "relative"},
		consult.ActList:          {"system", "staff", "reader", "other key"},
		consult.ActCancel:        {"system", "writer"},
		consult.ActFinish:        {"system", "writer", "doctor"},
		consult.ActInvite:        {"writer", "doctor"},
		consult.ActAdmit:         {"doctor"},
		consult.ActReadThread:    {"system", "staff", "reader", "doctor", "patient", "waiting patient", "relative"},
		consult.ActReadFile:      {"system", "staff", "reader", "doctor", "patient", "relative"},
		consult.ActListRecording: {"system", "staff", "recordings"},
		consult.ActReadRecording: {"staff", "recordings"},
		consult.ActAllRecordings: {"staff"},
	}
	aboutNone := map[consult.Action]bool{consult.ActSchedule: true, consult.ActList: true, consult.ActAllRecordings: true}
	for action := range consult.Rights {
		if may[action] == nil {
			t.Errorf("%s is not in this test", action)
		}
		allowed := map[string]bool{}
		for _, name := range may[action] {
			allowed[name] = true
		}
		for name, p := range who {
			t.Run(fmt.Sprintf("%s/%s", action, name), func(t *testing.T) {
				about := c
				if aboutNone[action] {
					about = nil
				}
				if got := consult.Can(p, action, about); got != allowed[name] {
					t.Errorf("got %t", got)
				}
			})
		}
	}
	if consult.Can(consult.System, "no.such.action", c) {
		t.Error("an action that is not in the table is allowed")
	}
}
