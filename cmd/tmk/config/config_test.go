package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultsAreGood(t *testing.T) {
	c, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != ":8080" || c.Room.JoinEarly != 15*time.Minute || c.Room.MaxFileSize != 100<<20 || c.Room.MaxPeople != 8 {
		t.Errorf("defaults: %+v", c)
	}
}

func TestLaterLayersWin(t *testing.T) {
	file := write(t, "tmk.yaml", "listen: ':1'\ndata_dir: file\nsfu:\n  udp: ':2'\n  public_ips: [192.0.2.1, '2001:db8::1']\nroom:\n  grace: 1h\nlog:\n")
	c, err := Load(Source{
		File:     file,
		Environ:  []string{"PATH=/bin", "TMK_DATA_DIR=env", "TMK_SFU_UDP=:3", "TMK_WEBHOOKS_ALLOW_PRIVATE=true"},
		Flags:    map[string]string{"sfu.udp": ":4"},
		Defaults: map[string]string{"listen": ":5", "brand.name": "Demo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Listen, c.DataDir, c.SFU.UDP, c.SFU.PublicIPs, c.Room.Grace, c.Webhooks.AllowPrivate, c.Brand.Name, c.Log.Level}
	want := []any{":1", "env", ":4", []string{"192.0.2.1", "2001:db8::1"}, time.Hour, true, "Demo", "info"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestFileFromEnvironment(t *testing.T) {
	file := write(t, "tmk.yaml", "brand: {name: Клиника}")
	c, err := Load(Source{Environ: []string{EnvFile + "=" + file, "TMK_SFU_PUBLIC_IPS=192.0.2.1, 192.0.2.2"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Brand.Name != "Клиника" || len(c.SFU.PublicIPs) != 2 {
		t.Errorf("got %q, %v", c.Brand.Name, c.SFU.PublicIPs)
	}
}

func TestRefusals(t *testing.T) {
	cert := write(t, "cert.pem", "")
	tests := []struct {
		name  string
		file  string
		env   []string
		flags map[string]string
		want  []string // all must stand in the message
	}{
		{"unknown key of the file", "sfu:\n  upd: ':1'\n", nil, nil, []string{"sfu.upd", "did you mean sfu.udp?", "tmk.yaml"}},
		{"unknown section", "smtp:\n  host: x\n", nil, nil, []string{"smtp.host"}},
		{"two unknown keys", "lisen: ':1'\nbrnd: {name: x}\n", nil, nil, []string{"lisen", "brnd.name"}},
		{"section as a value", "sfu: 7\n", nil, nil, []string{"sfu is a section"}},
		{"value as a section", "listen: {port: 1}\n", nil, nil, []string{"listen.port"}},
		{"no YAML", "a: [\n", nil, nil, []string{"tmk.yaml"}},
		{"twice the same key", "listen: ':1'\nlisten: ':2'\n", nil, nil, []string{"listen", "already defined"}},
		{"unknown variable", "", []string{"TMK_SFU_UPD=:1"}, nil, []string{"TMK_SFU_UPD", "TMK_SFU_UDP"}},
		{"unknown flag key", "", nil, map[string]string{"room.gracee": "1h"}, []string{"room.gracee", "room.grace?"}},
		{"duration without unit", "room: {grace: 30}\n", nil, nil, []string{"room.grace", "15m"}},
		{"negative duration", "room: {grace: -1s}\n", nil, nil, []string{"room.grace"}},
		{"size", "room: {max_file_size: 1TiBs}\n", nil, nil, []string{"room.max_file_size", "512MiB"}},
		{"number", "room: {max_people: many}\n", nil, nil, []string{"room.max_people"}},
		{"bool", "webhooks: {allow_private: maybe}\n", nil, nil, []string{"webhooks.allow_private"}},
		{"several at once", "log: {level: loud, format: xml}\nroom: {max_people: 9}\n", nil, nil, []string{"log.level", "log.format", "room.max_people"}},
		{"address", "listen: '8080'\n", nil, nil, []string{"listen", "8080"}},
		{"off where it cannot be", "sfu: {udp: off}\n", nil, nil, []string{"sfu.udp"}},
		{"public_url with a path", "public_url: https://tmk.example/x\n", nil, nil, []string{"public_url"}},
		{"origin with a slash", "room: {origins: ['https://lk.example/']}\n", nil, nil, []string{"room.origins"}},
		{"database", "database: mysql://x\n", nil, nil, []string{"database", "sqlite:"}},
		{"half of tls", "tls: {cert: " + cert + "}\n", nil, nil, []string{"tls", "both"}},
		{"missing certificate", "tls: {cert: /nowhere/c, key: /nowhere/k}\n", nil, nil, []string{"tls.cert", "tls.key"}},
		{"time zone", "room: {time_zone: Moscow}\n", nil, nil, []string{"room.time_zone", "Moscow"}},
		{"proxy", "trusted_proxies: [10.0.0.0/33]\n", nil, nil, []string{"trusted_proxies", "10.0.0.0/33"}},
		{"ip", "sfu: {public_ips: [tmk.example]}\n", nil, nil, []string{"sfu.public_ips", "tmk.example"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Load(Source{File: write(t, "tmk.yaml", tt.file), Environ: tt.env, Flags: tt.flags})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not name %q", err, w)
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load(Source{File: "/nowhere/tmk.yaml"}); err == nil || !strings.Contains(err.Error(), "/nowhere/tmk.yaml") {
		t.Errorf("got %v", err)
	}
}

// Print's output is a configuration again, and the same one.
func TestPrintedIsLoadable(t *testing.T) {
	first, err := Load(Source{Flags: map[string]string{
		"brand.name": `"Клиника" \ №1`, "sfu.public_ips": "192.0.2.1,192.0.2.2", "stop_timeout": "90s", "sfu.tcp": "off",
	}})
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := Print(&printed, first); err != nil {
		t.Fatal(err)
	}
	second, err := Load(Source{File: write(t, "tmk.yaml", printed.String())})
	if err != nil {
		t.Fatalf("%v in\n%s", err, printed.String())
	}
	first.SFU.PublicIPs, second.SFU.PublicIPs = append([]string{}, first.SFU.PublicIPs...), append([]string{}, second.SFU.PublicIPs...)
	for _, c := range []*Config{first, second} { // empty and none are the same here
		c.Room.Origins, c.TrustedProxies, c.Embed.Origins, c.OIDC.RoleMap = nil, nil, nil, nil
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("first  %+v\nsecond %+v", first, second)
	}
}

func TestPrintHidesSecrets(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://tmk:s3cret@db/tmk?sslmode=disable": `"postgres://tmk:hidden@db/tmk?sslmode=disable"`,
		"postgres://db/tmk?password=s3cret&user=tmk":   `"postgres://db/tmk?password=hidden&user=tmk"`,
		"sqlite:/var/lib/tmk.db":                       `"sqlite:/var/lib/tmk.db"`,
		"postgres://tmk:s3cr%et@db/tmk":                `"hidden"`,
	} {
		var printed strings.Builder
		if err := Print(&printed, &Config{Database: url}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(printed.String(), "database: "+want+"\n") || strings.Contains(printed.String(), "s3cr") {
			t.Errorf("%s printed as\n%s", url, printed.String())
		}
	}
}

// The generated files are what the tags say now.
func TestGeneratedFilesAreFresh(t *testing.T) {
	for path, generate := range map[string]func(*strings.Builder) error{
		"../../../docs/configure.md":       func(b *strings.Builder) error { return Reference(b) },
		"../../../deploy/tmk.example.yaml": func(b *strings.Builder) error { return Example(b) },
	} {
		var want strings.Builder
		if err := generate(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want.String() {
			t.Errorf("%s is stale: make generate", path)
		}
	}
}

// The example says nothing but the defaults, in all its keys.
func TestExampleIsTheDefault(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/tmk.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	var uncommented strings.Builder
	for line := range strings.Lines(string(text)) {
		trimmed := strings.TrimLeft(line, " ")
		if rest, ok := strings.CutPrefix(trimmed, "# "); ok {
			if name, _, found := strings.Cut(rest, ":"); found && !strings.Contains(name, " ") && strings.ToLower(name) == name {
				line = strings.Replace(line, "# ", "", 1)
			}
		}
		uncommented.WriteString(line)
	}
	for _, example := range []string{string(text), uncommented.String()} {
		got, err := Load(Source{File: write(t, "tmk.yaml", example)})
		if err != nil {
			t.Fatal(err)
		}
		got.SFU.PublicIPs, got.Room.Origins, got.TrustedProxies = want.SFU.PublicIPs, want.Room.Origins, want.TrustedProxies // [] and none are the same
		got.OIDC.RoleMap, got.Embed.Origins = want.OIDC.RoleMap, want.Embed.Origins
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	for _, key := range Keys() {
		name := key.Path[strings.LastIndex(key.Path, ".")+1:]
		if !strings.Contains(uncommented.String(), name+": ") {
			t.Errorf("the example lacks %s", key.Path)
		}
	}
}

func FuzzByteSize(f *testing.F) {
	for _, s := range []string{"512MiB", "0", "1", "64KiB", "1GiB", "-1", "99999999999GiB", "1 MiB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b ByteSize
		if b.UnmarshalText([]byte(s)) != nil {
			return
		}
		if b < 0 {
			t.Fatalf("%q is %d", s, int64(b))
		}
		var again ByteSize
		if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b {
			t.Errorf("%q is %d, printed as %q", s, b, b)
		}
	})
}
