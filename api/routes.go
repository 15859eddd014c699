package api

import (
	"slices"

	"github.com/labstack/echo/v4"

	"tmk/consult"
)

// access says with which credential one comes to a route.
type access int

const (
	forAll        access = iota
	forKey               // an integration's key
	forPass              // the pass of a tab in a room
	forStaff             // the cookie of a member of staff
	forKeyOrStaff        // either
	forBrowser           // none, but a browser must come from our own pages
	forProbe             // none: health checks are not limited
)

func (a access) takesKeys() bool { return a == forKey || a == forKeyOrStaff }

// rule says who of those with the credential may. Every route has one; docs/access.md
// is made from them, and a test tries all callers at all routes.
type rule struct {
	action consult.Action // by the domain's table of rights
	open   string         // or why whoever has the credential may
}

// may leaves it to the table of rights.
func may(a consult.Action) rule { return rule{action: a} }

// everybody says why all that have the credential may.
func everybody(why string) rule { return rule{open: why} }

// route is one line of the router; a test compares them with the documents.
type route struct {
	method, path string
	access       access
	rule         rule
	query        []string // the parameters it knows; others are an error
	handle       echo.HandlerFunc
	// again answers a POST of LK's that took effect, and whose answer a crash lost, from the
	// object that it made or changed. nil where the request changes nothing here.
	again func(c echo.Context, object string) error
}

func (a *API) routes() []route {
	return slices.Concat(a.sessionRoutes(), a.eventRoutes(), a.roomRoutes(), a.adminRoutes(), a.serviceRoutes())
}

// root is where LK's routes are.
const root = "/v1/abm/video"

var (
	paged    = []string{"limit", "cursor"}
	sessions = []string{"status", "from", "to", "limit", "cursor"}
	ordered  = []string{"status", "from", "to", "order", "limit", "cursor"}
)

// sessionRoutes are those about consultations and what belongs to them.
func (a *API) sessionRoutes() []route {
	return []route{
		{"POST", root + "/sessions/create", forKey, may(consult.ActSchedule), nil, a.createSession, a.createdSession},
		{"POST", root + "/sessions/create/simpl", forKey, may(consult.ActSchedule), nil, a.createSimpleSession, a.createdSimpleSession},
		{"GET", root + "/sessions/doctor/:doctorId", forKey, may(consult.ActList), ordered, a.listDoctorSessions, nil},
		{"GET", root + "/sessions/patient/:patientId", forKey, may(consult.ActList), ordered, a.listPatientSessions, nil},
		{"GET", root + "/sessions/:id", forKey, may(consult.ActRead), nil, a.getSession, nil},
		{"PATCH", root + "/sessions/:id", forKey, may(consult.ActAmend), nil, a.patchSession, nil},
		{"POST", root + "/sessions/:id/cancel", forKey, may(consult.ActCancel), nil, a.cancelSession, a.endedSession},
		{"POST", root + "/sessions/:id/finish", forKey, may(consult.ActFinish), nil, a.finishSession, a.endedSession},
		{"GET", root + "/sessions/:id/invites", forKey, may(consult.ActListSeats), paged, a.listInvites, nil},
		{"POST", root + "/sessions/:id/invites", forKey, may(consult.ActInvite), nil, a.createInvite, a.createdInvite},
		{"DELETE", root + "/invites/:inviteId", forKey, may(consult.ActRevokeSeat), nil, bodiless(a.deleteInvite), nil},
		{"POST", root + "/invites/:inviteId/link", forKey, may(consult.ActRelink), nil, a.createLink, a.createdLink},
		{"GET", root + "/sessions/:id/messages", forKey, may(consult.ActReadThread), paged, a.listMessages, nil},
		{"GET", root + "/sessions/:id/files/:fileId/content", forKey, may(consult.ActReadFile), nil, a.getFileContent, nil},
		{"GET", root + "/sessions/:id/recordings", forKey, may(consult.ActListRecording), paged, a.listRecordings, nil},
		{"GET", root + "/recordings/:id", forKeyOrStaff, may(consult.ActListRecording), nil, a.getRecording, nil},
		{"DELETE", root + "/recordings/:id", forKeyOrStaff, may(consult.ActEraseRecording), nil, a.eraseRecording, nil},
		{"GET", root + "/recordings/:id/content", forKeyOrStaff, may(consult.ActReadRecording), nil, a.getRecordingContent, nil},
	}
}

// eventRoutes are those about what integrations are told.
func (a *API) eventRoutes() []route {
	const hooks = root + "/webhooks"
	manage := may(consult.ActManageWebhooks)
	return []route{
		{"GET", root + "/events", forKey, may(consult.ActListEvents), []string{"after", "limit", "wait"}, a.listEvents, nil},
		{"GET", hooks, forKeyOrStaff, manage, []string{"integration", "limit", "cursor"}, a.listWebhooks, nil},
		{"POST", hooks, forKeyOrStaff, manage, nil, a.createWebhook, a.createdWebhook},
		{"GET", hooks + "/:id", forKeyOrStaff, manage, nil, a.getWebhook, nil},
		{"PATCH", hooks + "/:id", forKeyOrStaff, manage, nil, a.patchWebhook, nil},
		{"DELETE", hooks + "/:id", forKeyOrStaff, manage, nil, bodiless(a.deleteWebhook), nil},
		{"POST", hooks + "/:id/secret/rotate", forKeyOrStaff, manage, nil, a.rotateSecret, a.rotatedSecret},
		{"POST", hooks + "/:id/test", forKeyOrStaff, manage, nil, a.testWebhook, nil},
		{"GET", hooks + "/:id/deliveries", forKeyOrStaff, manage, []string{"state", "sessionId", "limit", "cursor"}, a.listDeliveries, nil},
		{"POST", hooks + "/:id/resend", forKeyOrStaff, manage, nil, a.resendDead, a.resentDead},
		{"GET", root + "/deliveries/:id", forKeyOrStaff, manage, nil, a.getDelivery, nil},
		{"POST", root + "/deliveries/:id/resend", forKeyOrStaff, manage, nil, a.resendDelivery, a.resentDelivery},
	}
}

// serviceRoutes are about the server itself.
func (a *API) serviceRoutes() []route {
	return []route{
		{"GET", "/healthz", forProbe, everybody("tells only whether the process lives"), nil, a.getHealth, nil},
		{"GET", "/readyz", forProbe, everybody("tells only whether the server can serve"), nil, a.getReadiness, nil},
		{"GET", "/openapi.yaml", forAll, everybody("the same in every installation"), nil, a.getOpenapi, nil},
		{"GET", "/problems/:code", forAll, everybody("the same in every installation"), nil, a.getProblemPage, nil},
	}
}
