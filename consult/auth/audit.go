package auth

import (
	"strings"

	"tmk/consult"
)

// What the audit names.
const (
	actLogin         = "staff.login"
	actLoginFailed   = "staff.login_failed"
	actLogout        = "staff.logout"
	actClaim         = "staff.claim"
	actCreateStaff   = "staff.create"
	actAmendStaff    = "staff.amend"
	actDisableStaff  = "staff.disable"
	actEnableStaff   = "staff.enable"
	actSetPassword   = "staff.set_password"
	actEnableTOTP    = "staff.enable_totp"
	actDisableTOTP   = "staff.disable_totp"
	actRenewRecovery = "staff.renew_recovery"
	actEndSession    = "staff.end_session"
	actEndSessions   = "staff.end_sessions"
)

// audit notes what by did with object. detail holds no personal data.
func (a *Auth) audit(tx consult.Tx, by consult.Principal, action, object, detail string) error {
	now := a.clock()
	return tx.AddAudit(&consult.AuditEntry{
		ID: consult.NewID("au_", now), At: now, Actor: by.Actor(), Action: action, Object: object, Detail: detail,
	})
}

func rolesDetail(roles []consult.StaffRole) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, ",")
}
