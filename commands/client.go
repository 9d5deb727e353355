package commands

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// A client is a command that is a host on an interface for as long as it has something to ask there. Its flags say, with
// the defaults of serve, who that host is.

func clientFlags() []cli.Flag {
	const about = "Host:"
	return append([]cli.Flag{
		&cli.StringFlag{Category: about, Name: "via", Usage: "be a host on `INTERFACE`: a TAP interface, which is created if it does not exist, or any other one"},
		&cli.StringFlag{Category: about, Name: "hardware-addr", Value: defaultMAC, Usage: "the host's Ethernet address is `MAC`"},
		&cli.StringSliceFlag{Category: about, Name: "addr", Value: cli.NewStringSlice(defaultAddr, defaultAddr6, defaultLinkLocal), Usage: "the host has the address `ADDR/BITS`; may be repeated"},
		&cli.StringSliceFlag{Category: about, Name: "gateway", Usage: "other networks are reached by way of `ADDR`; once for each IP version, none for no gateway (default: " + defaultGateway + " and " + defaultGateway6 + " with the default addresses, else none)"},
		dhcpFlag(about),
		&cli.IntFlag{Category: about, Name: "mtu", Usage: "send and accept IP packets of up to `BYTES` (default: the interface's)"},
		&cli.StringFlag{Category: about, Name: "pcap", Usage: "record every frame in `FILE`: pcapng if it is called so"},
	}, slices.Concat(nameFlags(about), privilegeFlags())...)
}

// clientOptions says who the host is: of serve's options those that clientFlags set.
type clientOptions struct{ serveOptions }

// readVersion reads -4 and -6: the one IP version to use, or 0 for either.
func readVersion(c *cli.Context) (int, error) {
	switch {
	case c.Bool("4") && c.Bool("6"):
		return 0, usagef("-4 -6: which of them?")
	case c.Bool("4"):
		return 4, nil
	case c.Bool("6"):
		return 6, nil
	}
	return 0, nil
}

func readClient(c *cli.Context) (o clientOptions, err error) {
	if o.device.Name = c.String("via"); o.device.Name == "" {
		return o, usagef("by which interface? (--via tap0)")
	}
	o.needs, o.pcap = needsOf(c, saveOptions{}), c.String("pcap")
	if o.pcap == "-" {
		return o, usagef("--pcap -: packets and text cannot both go to standard output")
	}
	if o.mac, err = dissect.ParseMAC(c.String("hardware-addr")); err != nil || !o.mac.IsUnicast() {
		return o, usagef("--hardware-addr %s: not the address of one station", c.String("hardware-addr"))
	}
	if o.addrs, err = readPrefixes("addr", c.StringSlice("addr")); err != nil {
		return o, err
	}
	gateways := c.StringSlice("gateway")
	o.device.HostAddrs, o.device.TryAddrs = []netip.Prefix{netip.MustParsePrefix(defaultHostAddr)}, []netip.Prefix{netip.MustParsePrefix(defaultHostAddr6)}
	if !c.IsSet("addr") {
		o.addrs, o.maybe = o.addrs[:1], o.addrs[1:]
		if len(gateways) == 0 {
			gateways = []string{defaultGateway, defaultGateway6}
		}
	}
	if err := o.readDHCP(c); err != nil {
		return o, err
	}
	if err := o.names.read(c); err != nil {
		return o, err
	}
	if o.dhcp && !c.IsSet("gateway") {
		gateways = slices.DeleteFunc(gateways, func(g string) bool { return g == defaultGateway })
	}
	if o.gateway, err = readGateways(gateways, slices.Concat(o.addrs, o.maybe)); err != nil {
		return o, err
	}
	return o, o.readMTU(c)
}

// readGateways reads the gateways of a host with the addresses addrs: one for each IP version at most, in a network of the host's.
func readGateways(list []string, addrs []netip.Prefix) (out []netip.Addr, err error) {
	if len(list) == 1 && list[0] == "none" {
		return nil, nil
	}
	for _, text := range list {
		g, err := netip.ParseAddr(text)
		switch {
		case err != nil || g.Zone() != "":
			return nil, usagef("--gateway %s: not an IP address", text)
		case !g.IsLinkLocalUnicast() && !slices.ContainsFunc(addrs, func(a netip.Prefix) bool {
			// With an address that has no network (/32) the gateway is asked for on the link all the same.
			return a.Contains(g) || a.IsSingleIP() && a.Addr().Is4() == g.Is4()
		}):
			return nil, usagef("--gateway %s: in no network of the host's (--addr)", text)
		case slices.ContainsFunc(out, func(o netip.Addr) bool { return o.Is4() == g.Is4() }):
			return nil, usagef("--gateway %s: one for each IP version is enough", text)
		}
		out = append(out, g)
	}
	return out, nil
}

// routesBy are the ways to everywhere by gateways.
func routesBy(gateways []netip.Addr) (out []stack.Route) {
	for _, g := range gateways {
		everywhere := netip.PrefixFrom(netip.IPv6Unspecified(), 0)
		if g.Is4() {
			everywhere = netip.PrefixFrom(netip.IPv4Unspecified(), 0)
		}
		out = append(out, stack.Route{Prefix: everywhere, Gateway: g})
	}
	return out
}

// client is the host while it runs.
type client struct {
	*host.Host
	watch *watcher
	ended chan error // Run's result
	dhcp  *host.DHCP // nil without --dhcp
}

// open opens the interface and starts the host.
func (o *clientOptions) open(env Env) (*client, error) {
	o.device.Offload = o.offloads()
	dev, err := capture.OpenDevice(o.device)
	if err != nil {
		return nil, err
	}
	return o.openOn(env, dev)
}

// openOn is open for a device, which the client closes.
func (o *clientOptions) openOn(env Env, dev capture.Device) (*client, error) {
	privileges, err := env.relinquish(o.needs)
	if err != nil {
		dev.Close()
		return nil, err
	}
	watch, err := newWatcher(context.Background(), func() {}, env, o.serveOptions, []capture.Device{dev}, slog.New(slog.DiscardHandler))
	if err != nil {
		dev.Close()
		return nil, err
	}
	o.fit(dev.MTU())
	cfg := host.Config{Interface: stack.InterfaceConfig{Name: o.device.Name, HardwareAddr: o.mac, Addrs: o.addrs, MTU: o.mtu}, Routes: routesBy(o.gateway), DNS: o.names.config()}
	h, err := host.New(watch.devs[0], cfg)
	if err != nil {
		dev.Close()
		watch.close()
		return nil, hostError(err)
	}
	c := &client{Host: h, watch: watch, ended: make(chan error, 1)}
	if err := privileges.finish(); err != nil {
		h.Close()
		watch.close()
		return nil, err
	}
	if c.dhcp, err = o.startDHCP(h, env.Stderr, slog.New(slog.DiscardHandler), true); err != nil {
		h.Close()
		watch.close()
		return nil, err
	}
	go func() { c.ended <- h.Run(context.Background()) }()
	return c, nil
}

// addrTime is how long an address may take to be found free of other claims: a second and what chance adds (RFC 4862 section 5.4.2).
const addrTime = 5 * time.Second

// awaitAddr waits until the host may send from its IPv6 addresses. It returns early when ctx is done. An error says that another
// station has one of them.
func (c *client) awaitAddr(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(addrTime); ; {
		var tentative, taken []netip.Prefix
		c.Do(func(*stack.Stack) { tentative, taken = c.Interface().Tentative(), c.Interface().Duplicate() })
		switch {
		case len(taken) > 0:
			return fmt.Errorf("another station has the address %s (--addr)", taken[0].Addr())
		case len(tentative) == 0 || time.Now().After(end):
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// close ends the host. The error is that of an interface that vanished, or of the savefile.
func (c *client) close() error {
	if c.dhcp != nil {
		grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		c.Shutdown(grace) // gives the lease back
		cancel()
	}
	c.Host.Close()
	err := <-c.ended
	if werr := c.watch.close(); err == nil {
		err = werr
	}
	return err
}
