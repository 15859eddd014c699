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
		"new staff":        {Staff: &consult.Staff{}},
		"dismissed":        {Staff: &consult.Staff{Roles: consult.AllStaffRoles, DisabledAt: time.Unix(1, 0)}},
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
	for _, role := range consult.AllStaffRoles {
		who["staff "+string(role)] = consult.Principal{Staff: &consult.Staff{Roles: []consult.StaffRole{role}}}
	}
	clerks := []string{"staff admin", "staff head", "staff auditor", "staff operator"}
	may := map[consult.Action][]string{
		consult.ActSchedule:          {"writer", "other key"},
		consult.ActRead:              append([]string{"system", "reader", "doctor", "patient", "relative"}, clerks...),
		consult.ActList:              append([]string{"system", "reader", "other key"}, clerks...),
		consult.ActAmend:             {"writer", "staff admin"},
		consult.ActCancel:            {"system", "writer", "staff admin"},
		consult.ActFinish:            {"system", "writer", "doctor", "staff admin"},
		consult.ActRate:              {"patient", "waiting patient"},
		consult.ActInvite:            {"writer", "doctor", "staff admin"},
		consult.ActListSeats:         {"writer", "staff admin"},
		consult.ActRevokeSeat:        {"writer", "doctor", "staff admin"},
		consult.ActRelink:            {"writer", "staff admin"},
		consult.ActAdmit:             {"doctor"},
		consult.ActReadThread:        {"system", "reader", "doctor", "patient", "waiting patient", "relative", "staff admin", "staff head"},
		consult.ActReadFile:          {"system", "reader", "doctor", "patient", "relative", "staff admin", "staff head"},
		consult.ActListRecording:     {"system", "recordings", "staff admin", "staff head"},
		consult.ActReadRecording:     {"recordings", "staff admin", "staff head"},
		consult.ActEraseRecording:    {"writer", "staff admin"},
		consult.ActAllRecordings:     {"staff admin", "staff head"},
		consult.ActListEvents:        {"reader", "other key"},
		consult.ActManageWebhooks:    {"system", "webhooks", "other key", "staff admin"},
		consult.ActManageAPIKeys:     {"system", "staff admin"},
		consult.ActManageSigningKeys: {"system", "staff admin"},
		consult.ActManageStaff:       {"system", "staff admin"},
		consult.ActReadAudit:         {"system", "staff admin", "staff auditor"},
	}
	aboutNone := map[consult.Action]bool{
		consult.ActSchedule: true, consult.ActList: true, consult.ActAllRecordings: true, consult.ActListEvents: true,
		consult.ActManageWebhooks: true, consult.ActManageAPIKeys: true, consult.ActManageSigningKeys: true,
		consult.ActManageStaff: true, consult.ActReadAudit: true,
	}
	for _, action := range consult.Actions() {
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
