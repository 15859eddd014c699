package main

import (
	"fmt"
	"runtime/debug"
)

// version is set by the Makefile for releases: -ldflags "-X main.version=…".
var version = ""

type versionCmd struct{}

func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, describeBuild())
	return err
}

// describeBuild is "tmk 1.2.3 (4f2a…, go1.26.0)"; the commit only where Go knows it.
func describeBuild() string {
	name, commit, goVersion := version, "", "go"
	if info, ok := debug.ReadBuildInfo(); ok {
		goVersion = info.GoVersion
		if name == "" {
			name = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value + ", "
			case s.Key == "vcs.modified" && s.Value == "true":
				commit = "modified " + commit
			}
		}
	}
	return fmt.Sprintf("tmk %s (%s%s)", name, commit, goVersion)
}
