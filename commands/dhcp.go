package commands

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/dissect"
	"smoltcp/stack/dhcp"
	"smoltcp/stack/host"
)

// --dhcp: serve and the clients are then told by the network who they are.

func dhcpFlag(category string) cli.Flag {
	return &cli.BoolFlag{Category: category, Name: "dhcp", Usage: "ask a DHCP server for the IPv4 address, routes and name servers, in place of the defaults of --addr and --gateway"}
}

// readDHCP reads --dhcp, when o has the addresses of --addr: those that nobody asked for give way.
func (o *serveOptions) readDHCP(c *cli.Context) error {
	if o.dhcp = c.Bool("dhcp"); !o.dhcp {
		return nil
	}
	if c.Bool("tun") {
		return usagef("--dhcp --tun: DHCP needs Ethernet")
	}
	if !c.IsSet("addr") {
		o.addrs = nil
	}
	return nil
}

// startDHCP begins to ask for a lease on h, if that is wanted. What comes of it is said on w, and everything in the log. quick is for a
// program that somebody waits for.
func (o *serveOptions) startDHCP(h *host.Host, w io.Writer, log *slog.Logger, quick bool) (*host.DHCP, error) {
	if !o.dhcp {
		return nil, nil
	}
	t := leaseTeller{w: w, log: log, name: o.device.Name, quiet: quick}
	d, err := h.StartDHCP(host.DHCPConfig{
		Client:     dhcp.Config4{NoDelay: quick, HostName: leaseName(o.own), Events: t.event},
		QuickProbe: quick,
		Trouble:    func(err error) { t.log.Debug("dhcp: " + err.Error()) },
	})
	if err != nil {
		return nil, fmt.Errorf("DHCP on %s: %w", o.device.Name, err)
	}
	return d, nil
}

// leaseName is a name of --name as DHCP can have it, "" if it cannot: mDNS allows more.
func leaseName(name string) string {
	for _, c := range []byte(name) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	if strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
		return ""
	}
	return name
}

// leaseTeller says what becomes of a lease, as far as it matters to those who use the host.
type leaseTeller struct {
	w     io.Writer
	log   *slog.Logger
	name  string // of the interface
	last  string // what was said of the lease
	quiet bool   // say only what is wrong
}

// patience4 is the number of the DISCOVER with which it is said that nobody answers.
const patience4 = 3

func (t *leaseTeller) event(e dhcp.Event4) {
	t.log.Debug("dhcp: " + e.String())
	switch e.Kind {
	case dhcp.EventBound, dhcp.EventRenewed:
		// A lease that goes on as it was is no news.
		if text := e.Lease.String(); text != t.last && !t.quiet {
			t.say("lease " + text)
			t.last = text
		}
	case dhcp.EventLost:
		t.say(e.String() + "; asking anew")
		t.last = ""
	case dhcp.EventRefused:
		t.say("no lease: " + e.Reason)
	case dhcp.EventRetry:
		if e.Message == dissect.DHCPDiscover && e.N == patience4 {
			t.say("no DHCP server answers; asking on")
		}
	}
}

func (t *leaseTeller) say(text string) { fmt.Fprintf(t.w, "%s: %s\n", t.name, text) }

// information logs what DHCPv6 says; nil if nobody wants to know.
func information(log *slog.Logger, verbose bool) func(dhcp.Event6) {
	if !verbose {
		return nil
	}
	return func(e dhcp.Event6) { log.Debug("dhcpv6: " + e.String()) }
}

// leaseTime is how long a client waits for a lease: three DISCOVERs, the last of them four seconds before the end.
const leaseTime = 20 * time.Second

// awaitLease waits until the host has the address that --dhcp asks for, if it does.
func (c *client) awaitLease(ctx context.Context) error {
	if c.dhcp == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	_, err := c.dhcp.Wait(limited)
	switch name := c.Interface().Name(); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w: interrupted", name, host.ErrNoLease)
	case limited.Err() != nil:
		return fmt.Errorf("%s: %w (waited %v; --addr sets an address by hand)", name, err, leaseTime)
	default:
		return fmt.Errorf("%s: %w", name, err)
	}
}
