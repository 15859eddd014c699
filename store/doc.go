// Package store keeps the facts of the domain in a database: SQLite for one
// node, PostgreSQL for many. [DB] is a consult.Store; storetest is the law
// that it passes on both.
//
// There is one SQL text for the two databases. Only the migrations differ
// (store/migrations), where types do: times are whole microseconds since 1970
// in UTC, zero times are 0, JSON is TEXT, and a text that names nothing is the empty one.
//
// What is the same on both, whatever the database would allow by itself:
//
//   - Updates are serializable: as if they had run one after another.
//   - After a statement of a transaction failed, so does the rest of it. What
//     a method answers by a code without having failed (not found, an Add of
//     what exists already) leaves the transaction alive.
//   - The order of the events' log and of the audit's chain is that of Seal, see log.go.
//   - Secrets are sealed with a key that is not in the database, see secrets.go.
//   - Texts must be valid UTF-8 without NUL, or CodeInvalid comes back.
package store
