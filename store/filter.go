package store

import (
	"fmt"
	"slices"
	"strings"
)

// filter collects the conditions of a WHERE and their arguments.
type filter struct {
	conditions []string
	args       []any
}

// add appends a condition; each %s in it becomes the placeholder of one value.
func (f *filter) add(format string, values ...any) {
	names := make([]any, len(values))
	for i, v := range values {
		f.args = append(f.args, v)
		names[i] = fmt.Sprintf("$%d", len(f.args))
	}
	f.conditions = append(f.conditions, fmt.Sprintf(format, names...))
}

// clone is a filter that goes its own way from here; the arguments so far are shared.
func (f *filter) clone() filter {
	return filter{slices.Clip(f.conditions), f.args}
}

// where is "" without conditions.
func (f *filter) where() (string, []any) {
	if len(f.conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(f.conditions, " AND "), f.args
}
