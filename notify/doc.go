// Package notify tells integrations what happened: it takes events out of the
// outbox and delivers them to webhooks as Standard Webhooks
// (https://www.standardwebhooks.com) wants it.
//
// A delivery is claimed from the store under a lease, tried once, and settled.
// The store gives out no delivery whose predecessor of the same webhook and
// consultation is still open, so order holds without any state here. A worker
// may die at any point: its leases run out and somebody claims again, so an
// event may arrive twice but is never lost.
package notify
