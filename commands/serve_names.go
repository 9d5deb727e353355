package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"smoltcp/stack"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// serve and names: --name is what other hosts call this one, --dns whom it asks what others are called.

func serveNameFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Category: category, Name: "name", Usage: "be known as `HOST`.local on the link, by multicast DNS; HOST-2 and so on if the name is taken"},
		&cli.StringSliceFlag{Category: category, Name: "dns", Usage: "ask `ADDR` for names, or ADDR:PORT, not the servers of --dhcp and --slaac; may be repeated. The log of --verbose has the names of peers then"},
	}
}

// readNames reads those flags.
func (o *serveOptions) readNames(c *cli.Context) (err error) {
	if o.names.servers, err = readServers("dns", c.StringSlice("dns")); err != nil {
		return err
	}
	if o.own = c.String("name"); c.IsSet("name") {
		if _, err := dns.NewResponder(dns.ResponderConfig{Name: o.own}); err != nil || !isHostLabel(o.own) {
			return usagef("--name %s: want one label of up to 63 bytes, like printer", o.own)
		}
	}
	return nil
}

// isHostLabel reports whether name is one label of what hosts are called (RFC 1123 section 2.1), which is less than what DNS carries; letters of
// all languages are what people give to their machines (RFC 6762 section 16).
func isHostLabel(name string) bool {
	return !strings.HasPrefix(name, "-") && !strings.HasSuffix(name, "-") && !strings.ContainsFunc(name, func(r rune) bool {
		return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// startName has the host answer for its name, if it has one. What it is called in the end is said on w.
func (o *serveOptions) startName(h *host.Host, w io.Writer) error {
	if o.own == "" {
		return nil
	}
	_, err := h.Respond(host.MulticastDNS{Name: o.own, Event: func(on *stack.Interface, e dns.ResponderEvent, name string) {
		switch e {
		case dns.Claimed:
			fmt.Fprintf(w, "%s: known as %s\n", on.Name(), name)
		case dns.Renamed:
			fmt.Fprintf(w, "%s: another host has the name; trying %s\n", on.Name(), name)
		case dns.Conflict:
			fmt.Fprintf(w, "%s: another host uses the name %s\n", on.Name(), name)
		}
	}})
	if err != nil {
		return fmt.Errorf("--name %s: %w", o.own, err)
	}
	return nil
}

// peerNames says in the log what the peers are called that appear there. Lines do not wait for it: a name has a line of its own, once.
type peerNames struct {
	fresh chan netip.Addr
}

const (
	maxFreshPeers = 64   // that wait to be looked up; more are passed over
	maxPeers      = 1024 // whose names were asked for; then all is forgotten
	peerPatience  = 5 * time.Second
)

// nameHandler is a handler of log lines that looks for peers in them.
type nameHandler struct {
	slog.Handler
	names *peerNames
}

// withPeerNames gives a log that tells names, and the function that starts looking them up, which gives the one that ends it.
func withPeerNames(log *slog.Logger) (named *slog.Logger, start func(h *host.Host) (stop func())) {
	names := &peerNames{fresh: make(chan netip.Addr, maxFreshPeers)}
	return slog.New(nameHandler{log.Handler(), names}), func(h *host.Host) func() {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			names.run(ctx, h.Resolver(), log)
		}()
		return func() {
			cancel()
			<-ended
		}
	}
}

func (n nameHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		n.names.see(a)
		return true
	})
	return n.Handler.Handle(ctx, r)
}

func (n nameHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		n.names.see(a)
	}
	return nameHandler{n.Handler.WithAttrs(attrs), n.names}
}

func (n nameHandler) WithGroup(name string) slog.Handler {
	return nameHandler{n.Handler.WithGroup(name), n.names}
}

// see takes note of a peer. It never waits: the loop may be what logs.
func (p *peerNames) see(a slog.Attr) {
	if a.Key != "peer" {
		return
	}
	var addr netip.Addr
	switch v := a.Value.Any().(type) {
	case netip.AddrPort:
		addr = v.Addr()
	case netip.Addr:
		addr = v
	case fmt.Stringer:
		if at, err := netip.ParseAddrPort(v.String()); err == nil {
			addr = at.Addr()
		}
	case string:
		if at, err := netip.ParseAddrPort(v); err == nil {
			addr = at.Addr()
		}
	}
	if !addr.IsValid() {
		return
	}
	select {
	case p.fresh <- addr.Unmap():
	default:
	}
}

// run looks peers up.
func (p *peerNames) run(ctx context.Context, r *host.Resolver, log *slog.Logger) {
	known := map[netip.Addr]bool{}
	for {
		var a netip.Addr
		select {
		case <-ctx.Done():
			return
		case a = <-p.fresh:
		}
		if known[a] {
			continue
		}
		if len(known) == maxPeers {
			clear(known)
		}
		known[a] = true
		limited, cancel := context.WithTimeout(ctx, peerPatience)
		names, err := r.LookupAddr(limited, a.String())
		cancel()
		switch {
		case len(names) > 0:
			log.Debug("peer is known as", "addr", a, "name", names[0])
		case errors.Is(err, dns.ErrNoServers):
			delete(known, a) // a lease or a router may name some later
		}
	}
}
