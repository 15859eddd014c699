package api

import (
	"encoding/json"
	"reflect"
)

// Patch is one member of a JSON Merge Patch (RFC 7396): absent (the zero
// Patch), null, or a value.
type Patch[T any] struct {
	Given bool // it is in the body
	Null  bool // as null
	Value T
}

// UnmarshalJSON reads the member; it is not called for one that is absent.
func (p *Patch[T]) UnmarshalJSON(raw []byte) error {
	*p = Patch[T]{Given: true}
	if string(raw) == "null" {
		p.Null = true
		return nil
	}
	return json.Unmarshal(raw, &p.Value)
}

// MarshalJSON writes the member as it came.
func (p Patch[T]) MarshalJSON() ([]byte, error) {
	if p.Null {
		return []byte("null"), nil
	}
	return json.Marshal(p.Value)
}

// of is what the value must be.
func (Patch[T]) of() reflect.Type { return reflect.TypeFor[T]() }

// change is nil when the member is absent, and a pointer to the zero value for
// null: the desk takes that for "back to the default".
func (p Patch[T]) change() *T {
	if !p.Given {
		return nil
	}
	return &p.Value
}
