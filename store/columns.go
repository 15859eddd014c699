package store

import (
	"encoding/json"
	"fmt"
	"time"

	"tmk/consult"
)

// instant scans a column of microseconds into a time in UTC; 0 is the zero time.
type instant time.Time

// Scan implements sql.Scanner.
func (at *instant) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("scan a time from %T", src)
	}
	*at = instant(fromMicros(n))
	return nil
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// jsonColumn scans a TEXT column of JSON into what v points at; "" leaves it alone.
type jsonColumn struct{ v any }

// Scan implements sql.Scanner.
func (c jsonColumn) Scan(src any) error {
	var b []byte
	switch s := src.(type) {
	case string:
		b = []byte(s)
	case []byte:
		b = s
	default:
		return fmt.Errorf("scan JSON from %T", src)
	}
	if len(b) == 0 {
		return nil
	}
	return json.Unmarshal(b, c.v)
}

// toJSON writes a map or a list; "" for an empty one.
func toJSON[T ~[]string | ~[][]byte | ~map[string]string | ~[]consult.WebhookSecret](v T) string {
	if len(v) == 0 {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot be: strings always marshal
	}
	return string(b)
}
