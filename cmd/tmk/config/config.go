// Package config is what an administrator can set: one struct of small
// sections, read from defaults, a YAML file, TMK_ environment variables and
// flags, in this order, the later ones winning. It is strict: a key that it
// does not know is an error that names the key.
//
// docs/configure.md is generated from the tags of [Config].
package config

import (
	"fmt"
	"math"
	"time"
)

//go:generate sh -c "go run tmk/cmd/tmk config reference > ../../../docs/configure.md"
//go:generate sh -c "go run tmk/cmd/tmk config example > ../../../deploy/tmk.example.yaml"

// Config is everything that can be set. The tags are the reference manual:
// key is the name in the file, doc what it means, default its value when it is
// not set, secret that it is never shown.
type Config struct {
	Listen         string        `key:"listen" default:":8080" doc:"Address for pages, REST and the WebSocket: [host]:port. Port 0 takes a free one."`
	PublicURL      string        `key:"public_url" doc:"What people type to get here, such as https://tmk.example: links start with it. Empty: http://localhost and the port of listen, which works on this machine only."`
	DataDir        string        `key:"data_dir" default:"data" doc:"Folder for the database, files and recordings. Made when missing; only one server may use it at a time."`
	Database       string        `key:"database" secret:"url" doc:"Where the facts are: sqlite:/path/tmk.db or postgres://user:password@host/name. Empty: SQLite in data_dir."`
	SecretFile     string        `key:"secret_file" doc:"File with the secret that links are derived from and that seals secrets in the database. Empty: secret in data_dir, made at the first start. Keep a copy beside the backups: without it links, webhook secrets and second factors are lost. Servers that share a database share it."`
	TrustedProxies []string      `key:"trusted_proxies" doc:"Addresses or networks (CIDR) of proxies in front, whose X-Forwarded-For is believed. Without it all people behind a proxy share one limit of tries to log in."`
	StopTimeout    time.Duration `key:"stop_timeout" default:"30s" doc:"How long a graceful stop may take: people are told, recordings are finished, events are sent."`

	TLS       TLS       `key:"tls" doc:"HTTPS by the server itself. Browsers give camera and microphone only to https:// (and to localhost), so use this or a proxy in front."`
	SFU       SFU       `key:"sfu" doc:"Sound and picture. The UDP port must be reachable from outside; the TCP port helps people whose network blocks UDP."`
	Room      Room      `key:"room" doc:"The law of consultations."`
	Recording Recording `key:"recording" doc:"Recordings stand in data_dir/recordings."`
	Webhooks  Webhooks  `key:"webhooks" doc:"What the integration is told."`
	Auth      Auth      `key:"auth" doc:"How staff log in."`
	OIDC      OIDC      `key:"oidc" doc:"Login of staff at an OpenID Connect provider (Keycloak, Entra ID, Google, …), beside accounts with a password. Off while issuer is empty. At the provider, register the redirect address {public_url}/v1/admin/oidc/callback; tmk oidc check tells whether all fits."`
	Embed     Embed     `key:"embed" doc:"Consultations inside pages of the integration (docs/integrate.md)."`
	API       API       `key:"api" doc:"The REST interface."`
	Brand     Brand     `key:"brand" doc:"How the pages present themselves."`
	Log       Log       `key:"log" doc:"The log goes to the standard error output and holds ids only, never names or texts."`
	Metrics   Metrics   `key:"metrics" doc:"Prometheus metrics on an address of their own, so that they are not public by accident."`
}

// TLS is HTTPS by files.
type TLS struct {
	Cert string `key:"cert" doc:"PEM file with the certificate chain. Read again when it changes. Empty: plain HTTP, for a proxy in front."`
	Key  string `key:"key" doc:"PEM file with the private key."`
}

// SFU is where media flows.
type SFU struct {
	UDP          string   `key:"udp" default:":7882" doc:"UDP address for all media of all rooms: [host]:port."`
	TCP          string   `key:"tcp" default:":7882" doc:"TCP address for media of people whose network blocks UDP (ICE-TCP). \"off\" turns it off."`
	PublicIPs    []string `key:"public_ips" doc:"Addresses told to browsers in place of the machine's own, for a server behind 1:1 NAT. In the environment: separated by commas."`
	Loopback     bool     `key:"loopback" default:"false" doc:"Offer 127.0.0.1 too, for trying it out on one machine. serve --demo turns it on."`
	StartBitrate int      `key:"start_bitrate" default:"1000000" doc:"Bits per second with which a browser's video begins."`
	MaxBitrate   int      `key:"max_bitrate" default:"2500000" doc:"Bits per second that one camera may send at most."`
}

// Room is the law of consultations.
type Room struct {
	TimeZone     string        `key:"time_zone" default:"Europe/Moscow" doc:"IANA time zone of consultations that name none."`
	JoinEarly    time.Duration `key:"join_early" default:"15m" doc:"The room opens this long before the planned start."`
	Grace        time.Duration `key:"grace" default:"30m" doc:"A consultation that was not held is missed this long after its planned end."`
	AbandonAfter time.Duration `key:"abandon_after" default:"10m" doc:"A running consultation ends when its room was empty this long."`
	MaxLength    time.Duration `key:"max_length" default:"8h" doc:"A running consultation ends at the latest this long after it began."`
	ResumeFor    time.Duration `key:"resume_for" default:"15s" doc:"A person whose connection broke keeps the seat this long before the others are told that he left."`
	MaxFileSize  ByteSize      `key:"max_file_size" default:"100MiB" doc:"Largest file in a chat."`
	MaxPeople    int           `key:"max_people" default:"8" doc:"People in one room, 2 to 8."`
	Origins      []string      `key:"origins" doc:"Further origins (https://host) whose pages may open the WebSocket; the server's own host always may."`
}

// Recording is how recordings are kept.
type Recording struct {
	MinFree ByteSize `key:"min_free" default:"512MiB" doc:"With less free disk space than this a recording ends as failed (disk_full); the call goes on."`
}

// Webhooks is how integrations are told.
type Webhooks struct {
	AllowPrivate bool `key:"allow_private" default:"false" doc:"Deliver to private and loopback addresses too. Needed when the integration is in the same network; otherwise a danger (SSRF). serve --demo turns it on."`
}

// Auth is how staff log in.
type Auth struct {
	RequireTOTP bool `key:"require_totp" default:"false" doc:"Every account with a password needs a second factor (TOTP): until it is set up, its owner can do nothing else. What accounts of the OIDC provider need is the provider's matter."`
}

// OIDC is login at a provider.
type OIDC struct {
	Issuer       string   `key:"issuer" doc:"The provider, such as https://id.example/realms/clinic: what its tokens name as iss. Empty: no such login. It may be down when TMK starts."`
	ClientID     string   `key:"client_id" doc:"What the provider knows TMK as."`
	ClientSecret string   `key:"client_secret" secret:"all" doc:"The secret of a confidential client. Empty for a public one; PKCE is always used."`
	Name         string   `key:"name" default:"SSO" doc:"What the button on the login page says."`
	Scopes       []string `key:"scopes" default:"openid, profile" doc:"What to ask the provider for; openid must be among it."`
	RolesClaim   string   `key:"roles_claim" default:"roles" doc:"The claim with the groups or roles of a person, in the ID token or at the userinfo endpoint. Dots go into objects: realm_access.roles."`
	RoleMap      []string `key:"role_map" doc:"Which value of the claim gives which role here, as VALUE=ROLE: tmk-admins=admin. Roles: admin, head, auditor, operator, doctor. Whom no line names cannot log in. Roles follow the claim at each login."`
}

// Embed is where rooms may be shown.
type Embed struct {
	Origins []string `key:"origins" doc:"Origins (https://lk.example) whose pages may show a consultation in a frame (embed.js). Empty: none."`
}

// API is the REST interface.
type API struct {
	RatePerSecond int `key:"rate_per_second" default:"50" doc:"Requests per second for each API key; more are answered 429."`
}

// Brand is the name on the pages.
type Brand struct {
	Name string `key:"name" default:"ТМК" doc:"Name of the clinic or service, shown in the pages."`
}

// Log is what the log looks like.
type Log struct {
	Level  string `key:"level" default:"info" doc:"debug, info, warn or error."`
	Format string `key:"format" default:"text" doc:"text or json."`
}

// Metrics is where Prometheus reads.
type Metrics struct {
	Listen string `key:"listen" doc:"Address of /metrics, such as 127.0.0.1:9090. Empty: off."`
}

// ByteSize is a number of bytes, written as 512MiB, 1GiB, 64KiB or plainly.
type ByteSize int64

var byteUnits = []struct {
	name string
	size ByteSize
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

// UnmarshalText reads what String writes.
func (b *ByteSize) UnmarshalText(text []byte) error {
	for _, u := range byteUnits {
		var n int64
		var rest string
		count, _ := fmt.Sscanf(string(text), "%d"+u.name+"%s", &n, &rest)
		if count == 1 && fmt.Sprintf("%d%s", n, u.name) == string(text) {
			if n < 0 || ByteSize(n) > math.MaxInt64/u.size {
				break
			}
			*b = ByteSize(n) * u.size
			return nil
		}
	}
	return fmt.Errorf("%q is not a size such as 512MiB", text)
}

// String writes the size in the largest unit that divides it.
func (b ByteSize) String() string {
	for _, u := range byteUnits {
		if b != 0 && b%u.size == 0 {
			return fmt.Sprintf("%d%s", b/u.size, u.name)
		}
	}
	return "0"
}
