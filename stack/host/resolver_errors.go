package host

import (
	"context"
	"errors"
	"net"
	"os"

	"smoltcp/stack/dns"
)

// resultsError is why a lookup of several types found nothing: a failure before what is an answer, since the name may be there.
func resultsError(name string, results []dns.Result) error {
	worst := &results[0]
	for i := range results {
		res := &results[i]
		if isAnswer(worst) && !isAnswer(res) && res.Err != nil {
			worst = res
		}
	}
	server := ""
	if worst.Server.IsValid() && !worst.Multicast {
		server = worst.Server.String()
	}
	err := worst.Err
	if isAnswer(worst) {
		err = errNotFound{err}
	}
	return resolveError(name, server, err)
}

// isAnswer reports whether the outcome of a lookup says something of the name. That no host of the link answers means that there is none.
func isAnswer(res *dns.Result) bool {
	return res.Err == nil || errors.Is(res.Err, dns.ErrNoName) || errors.Is(res.Err, dns.ErrNoData) || res.Multicast && errors.Is(res.Err, dns.ErrTimeout)
}

// errNotFound marks an error that says that there is nothing.
type errNotFound struct{ error }

func (e errNotFound) Unwrap() error { return e.error }

// resolveError makes err what package net would report.
func resolveError(name, server string, err error) error {
	out := &net.DNSError{Name: name, Server: server, UnwrapErr: err}
	switch {
	case errors.As(err, new(errNotFound)), errors.Is(err, dns.ErrBadName):
		out.Err, out.IsNotFound = "no such host", true
	case errors.Is(err, context.Canceled):
		out.Err = "operation was canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		out.Err, out.IsTimeout = "i/o timeout", true
	case errors.Is(err, dns.ErrTimeout):
		out.Err, out.IsTimeout, out.IsTemporary = "i/o timeout", true, true
	case errors.Is(err, dns.ErrServer), errors.Is(err, dns.ErrMessage):
		out.Err, out.IsTemporary = "server misbehaving", true
	case errors.Is(err, dns.ErrNoServers), errors.Is(err, dns.ErrNoType), errors.Is(err, net.ErrClosed):
		out.Err = err.Error()
	default:
		if no, ok := errno(err); ok {
			out.UnwrapErr = no
		}
		out.Err, out.IsTemporary = err.Error(), true
	}
	return out
}
