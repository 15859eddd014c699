package sfu

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLoggers puts Pion's own log at debug level: it warns of what is everyday
// life on the Internet, and its lines hold addresses.
type pionLoggers struct{ log *slog.Logger }

func (l pionLoggers) NewLogger(scope string) logging.LeveledLogger {
	return pionLogger{l.log, scope}
}

type pionLogger struct {
	log   *slog.Logger
	scope string
}

func (l pionLogger) write(format string, args ...any) {
	if !l.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	l.log.Debug("pion: "+fmt.Sprintf(format, args...), "scope", l.scope)
}

func (l pionLogger) Trace(string)                 {}
func (l pionLogger) Tracef(string, ...any)        {}
func (l pionLogger) Debug(string)                 {}
func (l pionLogger) Debugf(string, ...any)        {}
func (l pionLogger) Info(msg string)              { l.write("%s", msg) }
func (l pionLogger) Infof(f string, args ...any)  { l.write(f, args...) }
func (l pionLogger) Warn(msg string)              { l.write("%s", msg) }
func (l pionLogger) Warnf(f string, args ...any)  { l.write(f, args...) }
func (l pionLogger) Error(msg string)             { l.write("%s", msg) }
func (l pionLogger) Errorf(f string, args ...any) { l.write(f, args...) }
