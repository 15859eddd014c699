package consult

import (
	"maps"
	"slices"
)

// Action is something that somebody may do or not. The audit names it too.
type Action string

const (
	ActSchedule          Action = "consultation.schedule"
	ActRead              Action = "consultation.read"
	ActList              Action = "consultation.list"
	ActAmend             Action = "consultation.amend"
	ActCancel            Action = "consultation.cancel"
	ActFinish            Action = "consultation.finish"
	ActRate              Action = "consultation.rate"
	ActInvite            Action = "seat.invite"
	ActListSeats         Action = "seat.list"
	ActRevokeSeat        Action = "seat.revoke"
	ActRelink            Action = "seat.relink"
	ActAdmit             Action = "seat.admit"
	ActReadThread        Action = "thread.read"
	ActReadFile          Action = "file.read"
	ActListRecording     Action = "recording.list"
	ActReadRecording     Action = "recording.read"
	ActEraseRecording    Action = "recording.erase"
	ActAllRecordings     Action = "recording.list_all"
	ActListEvents        Action = "event.list"
	ActManageWebhooks    Action = "webhook.manage"
	ActManageAPIKeys     Action = "apikey.manage"
	ActManageSigningKeys Action = "signingkey.manage"
	ActManageStaff       Action = "staff.manage"
	ActReadAudit         Action = "audit.read"
)

// Actions that only the audit names: what a link's holder, the recorder or the
// clock does needs no entry in the table, and the actions that manage something
// are told apart there.
const (
	actEnter            Action = "seat.enter"
	actEnterSigned      Action = "seat.enter_signed"
	actArrive           Action = "seat.arrive"
	actLeave            Action = "seat.leave"
	actReseat           Action = "seat.replace"
	actMiss             Action = "consultation.miss"
	actPost             Action = "message.post"
	actBeginFile        Action = "file.begin"
	actStoreFile        Action = "file.store"
	actRejectFile       Action = "file.reject"
	actConsent          Action = "consent.answer"
	actBeginRecording   Action = "recording.begin"
	actEndRecording     Action = "recording.end"
	actForgetRecording  Action = "recording.forget"
	actAcceptAudit      Action = "audit.accept"
	actCreateKey        Action = "apikey.create"
	actRevokeKey        Action = "apikey.revoke"
	actCreateSigningKey Action = "signingkey.create"
	actRevokeSigningKey Action = "signingkey.revoke"
	actCreateWebhook    Action = "webhook.create"
	actAmendWebhook     Action = "webhook.amend"
	actEnableWebhook    Action = "webhook.enable"
	// ActDisableWebhook is noted by the store, too, when an endpoint says that it is gone.
	ActDisableWebhook Action = "webhook.disable"
	actDeleteWebhook  Action = "webhook.delete"
	actRotateSecret   Action = "webhook.rotate_secret"
	actResend         Action = "delivery.resend"
)

// Right says who may do an action. Whom it does not name may not.
type Right struct {
	Scope    Scope       // keys with it, on what is their integration's; "": no key
	Roles    []Role      // admitted seats of the consultation with these roles
	AnySeat  bool        // admitted seats of the consultation, whatever their role
	Patients bool        // patients' seats of the consultation, admitted or not
	Staff    []StaffRole // staff with one of these roles, on everything
	System   bool
}

// Who of the staff may do what, as the table says it.
var (
	admins   = []StaffRole{StaffAdmin}
	heads    = []StaffRole{StaffAdmin, StaffHead}
	auditors = []StaffRole{StaffAdmin, StaffAuditor}
	clerks   = []StaffRole{StaffAdmin, StaffHead, StaffAuditor, StaffOperator}
)

// rights is the whole table of who may do what.
var rights = map[Action]Right{
	ActSchedule:          {Scope: ScopeSessionsWrite},
	ActRead:              {Scope: ScopeSessionsRead, AnySeat: true, Staff: clerks, System: true},
	ActList:              {Scope: ScopeSessionsRead, Staff: clerks, System: true},
	ActAmend:             {Scope: ScopeSessionsWrite, Staff: admins},
	ActCancel:            {Scope: ScopeSessionsWrite, Staff: admins, System: true},
	ActFinish:            {Scope: ScopeSessionsWrite, Roles: []Role{RoleDoctor}, Staff: admins, System: true},
	ActRate:              {Patients: true},
	ActInvite:            {Scope: ScopeSessionsWrite, Roles: []Role{RoleDoctor}, Staff: admins},
	ActListSeats:         {Scope: ScopeSessionsWrite, Staff: admins},
	ActRevokeSeat:        {Scope: ScopeSessionsWrite, Roles: []Role{RoleDoctor}, Staff: admins},
	ActRelink:            {Scope: ScopeSessionsWrite, Staff: admins},
	ActAdmit:             {Roles: []Role{RoleDoctor}},
	ActReadThread:        {Scope: ScopeSessionsRead, AnySeat: true, Patients: true, Staff: heads, System: true},
	ActReadFile:          {Scope: ScopeSessionsRead, AnySeat: true, Staff: heads, System: true},
	ActListRecording:     {Scope: ScopeRecordingsRead, Staff: heads, System: true},
	ActReadRecording:     {Scope: ScopeRecordingsRead, Staff: heads},
	ActEraseRecording:    {Scope: ScopeSessionsWrite, Staff: admins},
	ActAllRecordings:     {Staff: heads},
	ActListEvents:        {Scope: ScopeSessionsRead},
	ActManageWebhooks:    {Scope: ScopeWebhooks, Staff: admins, System: true},
	ActManageAPIKeys:     {Staff: admins, System: true},
	ActManageSigningKeys: {Staff: admins, System: true},
	ActManageStaff:       {Staff: admins, System: true},
	ActReadAudit:         {Staff: auditors, System: true},
}

// Rights is a copy of the table of who may do what, for those who show or check it whole.
func Rights() map[Action]Right { return maps.Clone(rights) }

// Actions are all actions of the table, in the order of their names.
func Actions() []Action { return slices.Sorted(maps.Keys(rights)) }

// target is what an action is about: a consultation, or another thing of an
// integration. The zero target is about no one thing.
type target struct {
	what         string // "consultation"
	integration  string
	consultation ConsultationID
}

func about(c *Consultation) target {
	if c == nil {
		return target{}
	}
	return target{"consultation", c.Integration, c.ID}
}

// Can tells whether p may do a with c. c is nil for actions that are about no
// one consultation (schedule, list, list_all, manage).
func Can(p Principal, a Action, c *Consultation) bool { return authorize(p, a, about(c)) == nil }

// Authorize is [Can] with the reason. Codes: unauthorized (nobody), not_found
// (another integration's consultation, or a seat of another), forbidden.
func Authorize(p Principal, a Action, c *Consultation) error { return authorize(p, a, about(c)) }

func authorize(p Principal, a Action, of target) error {
	r := rights[a]
	allowed := false
	switch {
	case p.Key != nil:
		if of.what != "" && of.integration != p.Key.Integration {
			return Errorf(CodeNotFound, "there is no such %s", of.what)
		}
		allowed = r.Scope != "" && p.Key.Has(r.Scope)
	case p.Seat != nil:
		if of.what != "" && of.consultation != p.Seat.ConsultationID {
			return Errorf(CodeNotFound, "there is no such %s", of.what)
		}
		allowed = of.consultation != "" && p.Seat.RevokedAt.IsZero() && r.holds(p.Seat)
	case p.Staff != nil:
		allowed = p.Staff.DisabledAt.IsZero() && slices.ContainsFunc(r.Staff, p.Staff.Is)
	case p.System:
		allowed = r.System
	default:
		return Errorf(CodeUnauthorized, "nobody known is calling")
	}
	switch {
	case allowed:
		return nil
	case p.Key != nil && r.Scope != "":
		return Errorf(CodeForbidden, "the key lacks the scope %s", r.Scope)
	default:
		return Errorf(CodeForbidden, "this caller may not do %s", a)
	}
}

// holds tells whether the role and the admission of a seat give it the right.
func (r Right) holds(s *Seat) bool {
	return r.Patients && s.Role == RolePatient ||
		s.Admitted() && (r.AnySeat || slices.Contains(r.Roles, s.Role))
}

// Has tells whether the key was given the scope.
func (k *APIKey) Has(s Scope) bool { return slices.Contains(k.Scopes, s) }

// Is tells whether the member of staff was given the role.
func (s *Staff) Is(r StaffRole) bool { return slices.Contains(s.Roles, r) }
