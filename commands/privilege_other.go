//go:build !linux

package commands

import "errors"

// privileges are not given up on this system.
type privileges struct{}

func (env Env) relinquish(n needs) (privileges, error) {
	if n.user != "" && env.Confine {
		return privileges{}, usageError{errors.New("-Z: becoming another user needs Linux")}
	}
	return privileges{}, nil
}

func (privileges) finish() error { return nil }
