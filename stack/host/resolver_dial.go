package host

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// namedHost reports whether an address has a name instead of an IP address, and takes it apart.
func namedHost(address string) (name string, port uint16, ok bool) {
	name, text, err := net.SplitHostPort(address)
	if err != nil || name == "" {
		return "", 0, false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "", 0, false
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return name, uint16(n), err == nil
}

// attemptDelay is the head start that each address has before the next (RFC 8305 section 5).
const attemptDelay = 250 * time.Millisecond

// leastAttempt is the least time for one of several addresses that are tried one by one.
const leastAttempt = 2 * time.Second

// dialName is DialWith for a name. The addresses of both IP versions are tried as RFC 8305 says (happy eyeballs): the better version first,
// then by turns, each started a moment after the one before it or as soon as that failed; the first that is established wins. With data they are tried
// one by one, since two peers must not get it.
func (d *Dialer) dialName(ctx context.Context, network, name string, port uint16, data []byte) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	resolver := d.Resolver
	if resolver == nil {
		resolver = d.Host.Resolver()
	}
	version := "ip"
	if v := network[len(network)-1]; v == '4' || v == '6' {
		version += string(v)
	} else if a := d.LocalAddr.Addr().Unmap(); a.IsValid() && !a.IsUnspecified() {
		version = "ip6"
		if a.Is4() {
			version = "ip4"
		}
	}
	list, err := resolver.LookupNetIP(ctx, version, name)
	if err != nil {
		return fail(err)
	}
	list = byTurns(list)
	dial := func(ctx context.Context, a netip.Addr) (net.Conn, error) {
		return d.DialWith(ctx, network, netip.AddrPortFrom(a, port).String(), data)
	}
	if isNetwork(network, "tcp") && len(data) == 0 {
		return race(ctx, list, dial)
	}
	var first error
	for i, a := range list {
		c, err := dialFor(ctx, len(list)-i, a, dial)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// dialFor dials one of so many addresses that are left, for its part of the time.
func dialFor(ctx context.Context, left int, a netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok && left > 1 {
		part := max(time.Until(end)/time.Duration(left), leastAttempt)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, part)
		defer cancel()
	}
	return dial(ctx, a)
}

// byTurns puts addresses of the other IP version than the first between those of the first (RFC 8305 section 4). Their order within a version stays.
func byTurns(list []netip.Addr) []netip.Addr {
	var same, other, out []netip.Addr
	for _, a := range list {
		if a.Is4() == list[0].Is4() {
			same = append(same, a)
		} else {
			other = append(other, a)
		}
	}
	for len(same)+len(other) > 0 {
		if len(same) > 0 {
			out, same = append(out, same[0]), same[1:]
		}
		if len(other) > 0 {
			out, other = append(out, other[0]), other[1:]
		}
	}
	return out
}

// race dials addresses, a moment apart, and gives the first connection, or the first error when all have failed. The others are gone when it returns.
func race(ctx context.Context, list []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (won net.Conn, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		c   net.Conn
		err error
	}
	outcomes := make(chan outcome)
	running := 0
	start := func() {
		a := list[0]
		list = list[1:]
		running++
		go func() {
			c, err := dial(ctx, a)
			outcomes <- outcome{c, err}
		}()
	}
	start()
	next := time.NewTimer(attemptDelay)
	defer next.Stop()
	for running > 0 {
		select {
		case o := <-outcomes:
			running--
			switch {
			case o.err == nil && won == nil:
				won = o.c
				cancel()
			case o.err == nil:
				o.c.Close() // it came too late
			case err == nil:
				err = o.err
			}
			if won == nil && len(list) > 0 && ctx.Err() == nil {
				start()
				next.Reset(attemptDelay)
			}
		case <-next.C:
			if won == nil && len(list) > 0 {
				start()
				next.Reset(attemptDelay)
			}
		}
	}
	if won != nil {
		err = nil
	}
	return won, err
}
