package store

import (
	"context"
	"errors"
	"time"

	"tmk/consult"
)

var errPending = errors.New("store: not there yet")

func (db *DB) Seal(context.Context, func([]byte, *consult.AuditEntry) []byte) error { return nil }

func (t *tx) DeletePassesOf(consult.SeatID) error { return errPending }

func (t *tx) Delivery(consult.DeliveryID) (*consult.Delivery, error) { return nil, errPending }
func (t *tx) Deliveries(consult.DeliveryQuery) ([]*consult.Delivery, error) {
	return nil, errPending
}
func (t *tx) Requeue(consult.DeliveryID, time.Time) error { return errPending }
func (t *tx) RequeueDead(consult.WebhookID, time.Time, time.Time) (int, error) {
	return 0, errPending
}

func (t *tx) AddOnce(*consult.Once) error                          { return errPending }
func (t *tx) Once(string, []byte) (*consult.Once, error)           { return nil, errPending }
func (t *tx) SaveOnce(*consult.Once) error                         { return errPending }
func (t *tx) DeleteOnce(string, []byte) error                      { return errPending }
func (t *tx) DeleteOnces(time.Time) (int64, error)                 { return 0, errPending }
func (t *tx) AuditChain(int64, int) ([]*consult.AuditEntry, error) { return nil, errPending }
func (t *tx) TouchAPIKey(consult.KeyID, time.Time) error           { return errPending }

func (t *tx) AddSigningKey(*consult.SigningKey) error { return errPending }
func (t *tx) SigningKey(consult.SigningKeyID) (*consult.SigningKey, error) {
	return nil, errPending
}
func (t *tx) SigningKeys(string) ([]*consult.SigningKey, error) { return nil, errPending }
func (t *tx) SaveSigningKey(*consult.SigningKey) error          { return errPending }

func (t *tx) StaffBySubject(string, string) (*consult.Staff, error) { return nil, errPending }
func (t *tx) AllStaff() ([]*consult.Staff, error)                   { return nil, errPending }
func (t *tx) StaffSessions(consult.StaffID) ([]*consult.StaffSession, error) {
	return nil, errPending
}
func (t *tx) TouchStaffSession([]byte, time.Time) error           { return errPending }
func (t *tx) DeleteStaffSessionsExpired(time.Time) (int64, error) { return 0, errPending }

func (t *tx) SaveNode(consult.Node) error    { return errPending }
func (t *tx) Nodes() ([]consult.Node, error) { return nil, errPending }
func (t *tx) DeleteNode(string) error        { return errPending }
