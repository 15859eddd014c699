package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"tmk/signaling/protocol"
)

// source is package protocol as the outputs need it.
type source struct {
	structs  []structDoc // nested ones before those that use them
	closings []closeCode
}

type structDoc struct {
	Name   string
	Doc    string // the doc comment, without "Name is" in front
	Type   reflect.Type
	Fields []protocol.Field
}

type closeCode struct {
	Name  string // without "Close"
	Value string
	Doc   string
}

// readSource reflects over the messages and reads from the code what
// reflection cannot see: comments.
func readSource(dir string) (*source, error) {
	files, err := parseDir(dir)
	if err != nil {
		return nil, err
	}
	docs := map[string]string{}
	src := &source{}
	for _, f := range files {
		for _, decl := range f.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					docs[spec.Name.Name] = oneLine(g.Doc.Text())
				case *ast.ValueSpec:
					src.addClosing(spec)
				}
			}
		}
	}
	seen := map[reflect.Type]bool{}
	for _, kinds := range [][]protocol.Kind{protocol.ClientMessages, protocol.ServerMessages} {
		for _, k := range kinds {
			for _, f := range protocol.Fields(reflect.TypeOf(k.Body)) {
				if f.Name == "type" || f.Name == "id" || f.Name == "re" {
					return nil, fmt.Errorf("message %s: the field name %q is the envelope's", k.Type, f.Name)
				}
			}
			if err := src.addStruct(reflect.TypeOf(k.Body), docs, seen); err != nil {
				return nil, err
			}
		}
	}
	return src, nil
}

func parseDir(dir string) ([]*ast.File, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("find package protocol in %s: %w", dir, os.ErrNotExist)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", path, err)
		}
		files = append(files, f)
	}
	return files, nil
}

func (s *source) addClosing(spec *ast.ValueSpec) {
	name := spec.Names[0].Name
	if !ast.IsExported(name) || !strings.HasPrefix(name, "Close") || len(spec.Values) != 1 {
		return
	}
	if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
		s.closings = append(s.closings, closeCode{strings.TrimPrefix(name, "Close"), lit.Value, oneLine(spec.Comment.Text())})
	}
}

func (s *source) addStruct(t reflect.Type, docs map[string]string, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	fields := protocol.Fields(t)
	for _, f := range fields {
		if f.Name == "" || f.Doc == "" {
			return fmt.Errorf("%s: field %d has no name or doc tag", t.Name(), f.Index)
		}
		if nested := structOf(t.Field(f.Index).Type); nested != nil {
			if err := s.addStruct(nested, docs, seen); err != nil {
				return err
			}
		}
	}
	doc, ok := strings.CutPrefix(docs[t.Name()], t.Name()+" ")
	if !ok {
		return fmt.Errorf("%s: has no doc comment", t.Name())
	}
	doc = strings.TrimPrefix(doc, "is ")
	s.structs = append(s.structs, structDoc{t.Name(), doc, t, fields})
	return nil
}

// structOf returns the message struct behind pointers and lists, or nil.
func structOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[protocol.Join]().PkgPath() {
		return t
	}
	return nil
}

func (s *source) byType(t reflect.Type) structDoc {
	for _, d := range s.structs {
		if d.Type == t {
			return d
		}
	}
	panic("gen: no struct " + t.Name()) // readSource collects all
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
