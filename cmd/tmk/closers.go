package main

import (
	"errors"
	"net"
	"slices"
)

// closers closes what was opened, last first.
type closers struct {
	list []closer
}

type closer struct {
	what  string
	close func() error
}

func (c *closers) add(what string, fn func() error) {
	c.list = append(c.list, closer{what, fn})
}

func (c *closers) close() error {
	var errs []error
	for _, one := range slices.Backward(c.list) {
		errs = append(errs, wrap(one.what, one.close()))
	}
	c.list = nil
	return errors.Join(errs...)
}

// ignoreClosed is for listeners, which http.Server closes too.
func ignoreClosed(fn func() error) func() error {
	return func() error {
		if err := fn(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}
