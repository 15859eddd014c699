package consult

import "slices"

// Action is something that somebody may do or not. The audit names it too.
type Action string

const (
	ActSchedule      Action = "consultation.schedule"
	ActRead          Action = "consultation.read"
	ActList          Action = "consultation.list"
	ActCancel        Action = "consultation.cancel"
	ActFinish        Action = "consultation.finish"
	ActInvite        Action = "seat.invite"
	ActAdmit         Action = "seat.admit"
	ActReadThread    Action = "thread.read"
	ActReadFile      Action = "file.read"
	ActListRecording Action = "recording.list"
	ActReadRecording Action = "recording.read"
	ActAllRecordings Action = "recording.list_all"
)

// Actions that only the audit names: what a link's holder, the recorder or an
// administrator at the machine does needs no entry in the table.
const (
	actEnter          Action = "seat.enter"
	actArrive         Action = "seat.arrive"
	actLeave          Action = "seat.leave"
	actMiss           Action = "consultation.miss"
	actPost           Action = "message.post"
	actBeginFile      Action = "file.begin"
	actStoreFile      Action = "file.store"
	actRejectFile     Action = "file.reject"
	actConsent        Action = "consent.answer"
	actBeginRecording Action = "recording.begin"
	actEndRecording   Action = "recording.end"
	actCreateKey      Action = "apikey.create"
	actRevokeKey      Action = "apikey.revoke"
	actCreateWebhook  Action = "webhook.create"
	actDisableWebhook Action = "webhook.disable"
)

// right says who may do an action.
type right struct {
	scope    Scope  // keys with it, on their integration's consultations; "": no key
	roles    []Role // admitted seats of the consultation with these roles
	anySeat  bool   // admitted seats of the consultation, whatever their role
	patients bool   // patients' seats of the consultation, admitted or not
	anyStaff bool   // staff, on all consultations
	system   bool
}

// rights is the whole table of who may do what.
var rights = map[Action]right{
	ActSchedule:      {scope: ScopeSessionsWrite},
	ActRead:          {scope: ScopeSessionsRead, anySeat: true, anyStaff: true, system: true},
	ActList:          {scope: ScopeSessionsRead, anyStaff: true, system: true},
	ActCancel:        {scope: ScopeSessionsWrite, system: true},
	ActFinish:        {scope: ScopeSessionsWrite, roles: []Role{RoleDoctor}, system: true},
	ActInvite:        {scope: ScopeSessionsWrite, roles: []Role{RoleDoctor}},
	ActAdmit:         {roles: []Role{RoleDoctor}},
	ActReadThread:    {scope: ScopeSessionsRead, anySeat: true, patients: true, anyStaff: true, system: true},
	ActReadFile:      {scope: ScopeSessionsRead, anySeat: true, anyStaff: true, system: true},
	ActListRecording: {scope: ScopeRecordingsRead, anyStaff: true, system: true},
	ActReadRecording: {scope: ScopeRecordingsRead, anyStaff: true},
	ActAllRecordings: {anyStaff: true},
}

// Can tells whether p may do a with c. c is nil for actions that are about no
// one consultation (schedule, list, list_all).
func Can(p Principal, a Action, c *Consultation) bool { return authorize(p, a, c) == nil }

// authorize is [Can] with the reason. Codes: unauthorized (nobody), not_found
// (another integration's consultation, or a seat of another), forbidden.
func authorize(p Principal, a Action, c *Consultation) error {
	r := rights[a]
	allowed := false
	switch {
	case p.Key != nil:
		if c != nil && c.Integration != p.Key.Integration {
			return Errorf(CodeNotFound, "there is no such consultation")
		}
		allowed = r.scope != "" && p.Key.Has(r.scope)
	case p.Seat != nil:
		if c != nil && c.ID != p.Seat.ConsultationID {
			return Errorf(CodeNotFound, "there is no such consultation")
		}
		allowed = c != nil && p.Seat.RevokedAt.IsZero() && r.holds(p.Seat)
	case p.Staff != nil:
		allowed = r.anyStaff
	case p.System:
		allowed = r.system
	default:
		return Errorf(CodeUnauthorized, "nobody known is calling")
	}
	if !allowed {
		return Errorf(CodeForbidden, "this caller may not do %s", a)
	}
	return nil
}

// holds tells whether the role and the admission of a seat give it the right.
func (r right) holds(s *Seat) bool {
	return r.patients && s.Role == RolePatient ||
		s.Admitted() && (r.anySeat || slices.Contains(r.roles, s.Role))
}

// Has tells whether the key was given the scope.
func (k *APIKey) Has(s Scope) bool { return slices.Contains(k.Scopes, s) }
