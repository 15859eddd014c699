package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

const (
	envPrefix = "TMK_"
	// EnvFile names the configuration file when no flag does.
	EnvFile = "TMK_CONFIG"
)

// Source is where settings come from.
type Source struct {
	File    string            // "" means the environment's TMK_CONFIG, or none
	Environ []string          // "NAME=value", as of os.Environ
	Flags   map[string]string // by key: "sfu.udp"
	// Defaults stand in for those of the struct's tags: what --demo changes.
	Defaults map[string]string
}

// Load reads, merges and validates. The error names every key that is wrong, and where it stands.
func Load(src Source) (*Config, error) {
	k := koanf.New(".")
	for _, layer := range []func(Source) (*koanf.Koanf, error){fromDefaults, fromFile, fromEnviron, fromFlags} {
		one, err := layer(src)
		if err != nil {
			return nil, err
		}
		if err := k.Merge(one); err != nil {
			return nil, fmt.Errorf("merge settings: %w", err)
		}
	}
	cfg := new(Config)
	err := k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{Tag: "key", DecoderConfig: &mapstructure.DecoderConfig{
		Result: cfg, TagName: "key", WeaklyTypedInput: true,
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			durationHook, listHook, mapstructure.TextUnmarshallerHookFunc(),
		),
	}})
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", explain(err))
	}
	return cfg, cfg.validate()
}

// explain takes the decoder's words away and leaves the keys.
func explain(err error) error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, explain(e))
		}
		return errors.Join(all...)
	}
	var decode *mapstructure.DecodeError
	if errors.As(err, &decode) {
		return fmt.Errorf("%s: %w", decode.Name(), decode.Unwrap())
	}
	return err
}

func fromDefaults(src Source) (*koanf.Koanf, error) {
	values := make(map[string]any)
	for _, key := range Keys() {
		if key.Default != "" {
			values[key.Path] = key.Default
		}
	}
	for path, v := range src.Defaults {
		values[path] = v
	}
	return fromMap(values)
}

func fromFile(src Source) (*koanf.Koanf, error) {
	k := koanf.New(".")
	path := src.File
	if path == "" {
		path = lookup(src.Environ, EnvFile)
	}
	if path == "" {
		return k, nil
	}
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	known := make(map[string]bool)
	for _, s := range Sections() {
		known[s.Name] = true // a section whose keys are all commented out
		for _, key := range s.Keys {
			known[key.Path] = true
		}
	}
	var wrong []error
	for _, path := range k.Keys() {
		switch section := slices.ContainsFunc(Sections(), func(s Section) bool { return s.Name == path }); {
		case !known[path]:
			wrong = append(wrong, unknown(path, paths(), "key"))
		case section && k.Get(path) == nil:
			k.Delete(path)
		case section:
			wrong = append(wrong, fmt.Errorf("%s is a section: write its keys below it", path))
		}
	}
	if wrong != nil {
		return nil, fmt.Errorf("configuration %s: %w", path, errors.Join(wrong...))
	}
	return k, nil
}

func fromEnviron(src Source) (*koanf.Koanf, error) {
	byEnv := make(map[string]string)
	names := []string{EnvFile}
	for _, key := range Keys() {
		byEnv[key.Env] = key.Path
		names = append(names, key.Env)
	}
	var wrong []error
	k := koanf.New(".")
	err := k.Load(env.Provider(".", env.Opt{
		Prefix:      envPrefix,
		EnvironFunc: func() []string { return src.Environ },
		TransformFunc: func(name, value string) (string, any) {
			if name == EnvFile {
				return "", nil
			}
			path, ok := byEnv[name]
			if !ok {
				wrong = append(wrong, unknown(name, names, "variable"))
			}
			return path, value
		},
	}), nil)
	if err = errors.Join(append(wrong, err)...); err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	return k, nil
}

func fromFlags(src Source) (*koanf.Koanf, error) {
	values := make(map[string]any)
	for path, v := range src.Flags {
		if !slices.Contains(paths(), path) {
			return nil, fmt.Errorf("--set: %w", unknown(path, paths(), "key"))
		}
		values[path] = v
	}
	return fromMap(values)
}

func fromMap(values map[string]any) (*koanf.Koanf, error) {
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(values, "."), nil); err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	return k, nil
}

func unknown(name string, candidates []string, what string) error {
	if best := nearest(name, candidates); best != "" {
		return fmt.Errorf("unknown %s %s (did you mean %s?)", what, name, best)
	}
	return fmt.Errorf("unknown %s %s", what, name)
}

func paths() []string {
	var all []string
	for _, key := range Keys() {
		all = append(all, key.Path)
	}
	return all
}

func lookup(environ []string, name string) string {
	for _, e := range environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// durationHook reads "15m"; a bare number would be nanoseconds, which nobody means.
func durationHook(_, to reflect.Type, value any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() {
		return value, nil
	}
	if d, ok := value.(time.Duration); ok {
		return d, nil
	}
	text := fmt.Sprint(value)
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, fmt.Errorf("%q is not a duration such as 15m or 30s", text)
	}
	return d, nil
}

// listHook splits "a, b" of the environment and of flags; the file has real lists.
func listHook(_, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[[]string]() {
		return value, nil
	}
	list := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list, nil
}

// readable tells whether path can be opened.
func readable(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}
