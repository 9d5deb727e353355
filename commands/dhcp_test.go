package commands

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack/dhcp"
)

// With --dhcp the IPv4 defaults give way, and nothing that was asked for.
func TestDHCPOptions(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"--dhcp", "true [] [fdaa::1/64 fe80::1/64] [fdaa::100]"},
		{"--dhcp --addr 10.0.0.2/8", "true [10.0.0.2/8] [] []"},
		{"--dhcp --addr 10.0.0.2/8 --gateway 10.0.0.1", "true [10.0.0.2/8] [] [10.0.0.1]"},
		{"--dhcp --gateway none", "true [] [fdaa::1/64 fe80::1/64] []"},
		{"", "false [192.168.69.1/24] [fdaa::1/64 fe80::1/64] [192.168.69.100 fdaa::100]"},
	} {
		text := func(o serveOptions) string { return fmt.Sprint(o.dhcp, o.addrs, o.maybe, o.gateway) }
		if o, err := parseServe(t, "tap0 "+c.line); err != nil || text(o) != c.want {
			t.Errorf("serve %s: %s, %v; want %s", c.line, text(o), err, c.want)
		}
		if o, err := parsePing(t, "--via tap0 10.9.9.9 "+c.line); err != nil || text(o.host.serveOptions) != c.want {
			t.Errorf("ping %s: %s, %v; want %s", c.line, text(o.host.serveOptions), err, c.want)
		}
	}
	if o, err := parseServe(t, "tap0 --dhcp --slaac"); err != nil || len(o.addrs)+len(o.maybe)+len(o.gateway) != 0 || !o.dhcp || !o.slaac {
		t.Errorf("serve --dhcp --slaac: %v %v %v, %v", o.addrs, o.maybe, o.gateway, err)
	}
	if _, err := parseServe(t, "tun0 --dhcp --tun"); err == nil || !strings.Contains(err.Error(), "--dhcp --tun: DHCP needs Ethernet") {
		t.Errorf("serve --dhcp --tun: %v", err)
	}
	// A default gateway that is asked for stays, if it can be reached.
	if _, err := parsePing(t, "--via tap0 10.9.9.9 --dhcp --gateway "+defaultGateway); err == nil {
		t.Error("a gateway in no network of the host's")
	}
}

func TestLeaseName(t *testing.T) {
	for name, want := range map[string]string{"": "", "printer": "printer", "Printer-2": "Printer-2", "-x": "", "x-": "", "my printer": "", "büro": "", "a.b": ""} {
		if got := leaseName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// What is said of a lease: what is news, and what went wrong.
func TestLeaseTeller(t *testing.T) {
	var out, log bytes.Buffer
	lease := dhcp.Lease4{
		Addr: netip.MustParsePrefix("10.0.0.57/24"), Server: netip.MustParseAddr("10.0.0.1"),
		Since: 0, T1: 60e9, T2: 90e9, Expires: 120e9,
	}
	later, other := lease.Clone(), lease.Clone()
	later.Since, later.Expires = 60e9, 180e9
	other.MTU = 1400
	teller := leaseTeller{w: &out, log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), name: "tap0"}
	events := []dhcp.Event4{
		{Kind: dhcp.EventState, From: dhcp.Init, To: dhcp.Selecting},
		{Kind: dhcp.EventRetry, Message: dissect.DHCPDiscover, N: 2}, {Kind: dhcp.EventRetry, Message: dissect.DHCPDiscover, N: 3}, {Kind: dhcp.EventRetry, Message: dissect.DHCPDiscover, N: 4},
		{Kind: dhcp.EventBound, Lease: lease}, {Kind: dhcp.EventRenewed, Lease: later}, {Kind: dhcp.EventRenewed, Lease: other},
		{Kind: dhcp.EventLost, Lease: other, Reason: "10.0.0.1 refused it"}, {Kind: dhcp.EventRefused, Reason: "another host has 10.0.0.57"},
		{Kind: dhcp.EventBound, Lease: other},
	}
	for _, e := range events {
		teller.event(e)
	}
	want := `tap0: no DHCP server answers; asking on
tap0: lease 10.0.0.57/24 from 10.0.0.1 for 2m0s
tap0: lease 10.0.0.57/24 from 10.0.0.1 for 2m0s; MTU 1400
tap0: lost 10.0.0.57: 10.0.0.1 refused it; asking anew
tap0: no lease: another host has 10.0.0.57
tap0: lease 10.0.0.57/24 from 10.0.0.1 for 2m0s; MTU 1400
`
	if out.String() != want {
		t.Errorf("said:\n%swant:\n%s", out.String(), want)
	}
	if n := strings.Count(log.String(), "dhcp: "); n != len(events) {
		t.Errorf("%d lines in the log:\n%s", n, log.String())
	}
	out.Reset()
	teller.quiet = true
	for _, e := range events {
		teller.event(e)
	}
	if strings.Contains(out.String(), ": lease ") || !strings.Contains(out.String(), "tap0: lost ") {
		t.Errorf("said quietly:\n%s", out.String())
	}
}

// A client that gets no lease ends with what is known of why; Ctrl-C ends the waiting.
func TestAwaitLease(t *testing.T) {
	x, y := capture.Pipe(1500)
	defer y.Close()
	o := pingFor(t, "10.9.9.9 --dhcp")
	var errs bytes.Buffer
	c, err := o.host.openOn(Env{Stdin: strings.NewReader(""), Stdout: &errs, Stderr: &errs}, x)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.awaitLease(ctx); err == nil || err.Error() != "tap0: no lease: interrupted" {
		t.Errorf("interrupted: %v", err)
	}
	c.dhcp.Release()
	if err := c.awaitLease(context.Background()); err == nil || err.Error() != "tap0: no lease: the client has ended" {
		t.Errorf("no lease: %v", err)
	}
	c.dhcp = nil
	if err := c.awaitLease(context.Background()); err != nil {
		t.Errorf("without --dhcp: %v", err)
	}
}
