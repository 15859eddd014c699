package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Key is one thing that can be set.
type Key struct {
	Path    string // "sfu.udp"
	Env     string // "TMK_SFU_UDP"
	Type    string // for people: "text", "duration", …
	Default string // as it would be written; "" for none
	Doc     string
	Secret  string // "": shown by Print; "url": its password is hidden; "all": all of it is
}

// Section is a group of keys of the file.
type Section struct {
	Name string // "" for the keys at the top
	Doc  string
	Keys []Key
}

// Sections lists every key there is, in the order of [Config].
func Sections() []Section {
	sections := []Section{{}}
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() != reflect.Struct {
			sections[0].Keys = append(sections[0].Keys, keyOf("", f))
			continue
		}
		s := Section{Name: f.Tag.Get("key"), Doc: f.Tag.Get("doc")}
		for j := range f.Type.NumField() {
			s.Keys = append(s.Keys, keyOf(s.Name+".", f.Type.Field(j)))
		}
		sections = append(sections, s)
	}
	return sections
}

// Keys lists every key there is, flat.
func Keys() []Key {
	var keys []Key
	for _, s := range Sections() {
		keys = append(keys, s.Keys...)
	}
	return keys
}

func keyOf(prefix string, f reflect.StructField) Key {
	path := prefix + f.Tag.Get("key")
	return Key{
		Path:    path,
		Env:     envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_")),
		Type:    typeName(f.Type),
		Default: f.Tag.Get("default"),
		Doc:     f.Tag.Get("doc"),
		Secret:  f.Tag.Get("secret"),
	}
}

// typeName says what to write; a type that it does not know is a defect, seen by every test.
func typeName(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[ByteSize]():
		return "size"
	case t == reflect.TypeFor[[]string]():
		return "list"
	case t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "number"
	}
	panic(fmt.Sprintf("config: no name for type %v", t))
}

// nearest returns the candidate that looks most like s, or "" when none does.
func nearest(s string, candidates []string) string {
	best, bestDistance := "", len(s)/2+1
	for _, c := range candidates {
		if d := editDistance(s, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
