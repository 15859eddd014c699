package api

import (
	"encoding/json"
	"reflect"
)

// Change is a member of a JSON Merge Patch (RFC 7396) that cannot be removed:
// absent (the zero Change), or a value.
type Change[T any] struct {
	given bool
	value T
}

// UnmarshalJSON reads the member; it is not called for one that is absent.
func (c *Change[T]) UnmarshalJSON(raw []byte) error {
	c.given = true
	return json.Unmarshal(raw, &c.value)
}

// MarshalJSON writes the member as it came.
func (c Change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }

// pointer is nil when the member is absent.
func (c Change[T]) pointer() *T {
	if !c.given {
		return nil
	}
	return &c.value
}

func (Change[T]) memberOf() (t reflect.Type, nullable bool) { return reflect.TypeFor[T](), false }

// Patch is a member of a JSON Merge Patch that may be removed: absent (the zero
// Patch), null, or a value.
type Patch[T any] struct {
	given, null bool
	value       T
}

// UnmarshalJSON reads the member; it is not called for one that is absent.
func (p *Patch[T]) UnmarshalJSON(raw []byte) error {
	*p = Patch[T]{given: true, null: string(raw) == "null"}
	if p.null {
		return nil
	}
	return json.Unmarshal(raw, &p.value)
}

// MarshalJSON writes the member as it came.
func (p Patch[T]) MarshalJSON() ([]byte, error) {
	if p.null {
		return []byte("null"), nil
	}
	return json.Marshal(p.value)
}

// pointer is nil when the member is absent. For null it points to the zero
// value, which the desk takes for "back to what it is when nobody says".
func (p Patch[T]) pointer() *T {
	if !p.given {
		return nil
	}
	return &p.value
}

func (Patch[T]) memberOf() (t reflect.Type, nullable bool) { return reflect.TypeFor[T](), true }

// patched is a [Change] or a [Patch]: what its value must be, and whether null is one.
type patched interface {
	memberOf() (t reflect.Type, nullable bool)
}
