package commands

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// serve --also makes the host one with several interfaces: what it answers on one it answers on all.

// alsoInterface is one of --also.
type alsoInterface struct {
	device capture.DeviceOptions
	mac    dissect.MAC
	addrs  []netip.Prefix
}

func alsoFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Category: category, Name: "also", Usage: "be on a further interface too, `INTERFACE=ADDR/BITS` with one address of the host there, like tap1=10.1.0.1/24; may be repeated, also for one interface"},
		&cli.StringSliceFlag{Category: category, Name: "also-host-addr", Usage: "give the kernel's side of a new interface of --also an address, `INTERFACE=ADDR/BITS`; may be repeated"},
	}
}

// readAlso reads --also. The hardware addresses there are the ones after --hardware-addr.
func (o *serveOptions) readAlso(c *cli.Context) error {
	find := func(name string) *alsoInterface {
		for i := range o.also {
			if o.also[i].device.Name == name {
				return &o.also[i]
			}
		}
		return nil
	}
	for _, text := range c.StringSlice("also") {
		name, p, err := readInterfacePrefix("also", text)
		if err != nil {
			return err
		}
		if name == o.device.Name {
			return usagef("--also %s: that is where the host is already (more addresses there: --addr)", text)
		}
		a := find(name)
		if a == nil {
			mac := o.mac
			mac[5] += byte(len(o.also) + 1)
			o.also = append(o.also, alsoInterface{device: capture.DeviceOptions{Name: name, MTU: o.mtu, TUN: o.device.TUN}, mac: mac})
			a = &o.also[len(o.also)-1]
		}
		a.addrs = append(a.addrs, p)
	}
	for _, text := range c.StringSlice("also-host-addr") {
		name, p, err := readInterfacePrefix("also-host-addr", text)
		if err != nil {
			return err
		}
		a := find(name)
		if a == nil {
			return usagef("--also-host-addr %s: no interface of --also", text)
		}
		if slices.ContainsFunc(a.addrs, func(q netip.Prefix) bool { return q.Addr() == p.Addr() }) {
			return usagef("--also-host-addr %s: the host has that address (--also)", text)
		}
		a.device.HostAddrs = append(a.device.HostAddrs, p)
	}
	return nil
}

func readInterfacePrefix(flag, text string) (name string, p netip.Prefix, err error) {
	name, addr, ok := strings.Cut(text, "=")
	p, err = netip.ParsePrefix(addr)
	if !ok || name == "" || err != nil {
		return "", p, usagef("--%s %s: want an interface and an address with the length of its network, like tap1=10.1.0.1/24", flag, text)
	}
	return name, p, nil
}

// interfaces are the names of all that the host is on.
func (o *serveOptions) interfaces() []string {
	names := []string{o.device.Name}
	for _, a := range o.also {
		names = append(names, a.device.Name)
	}
	return names
}

// openAlso opens the interfaces of --also, all or none.
func (o *serveOptions) openAlso() (devs []capture.Device, err error) {
	for _, a := range o.also {
		a.device.Offload = o.offloads()
		dev, err := capture.OpenDevice(a.device)
		if err != nil {
			closeAll(devs)
			return nil, err
		}
		devs = append(devs, dev)
	}
	return devs, nil
}

func closeAll(devs []capture.Device) {
	for _, d := range devs {
		d.Close()
	}
}

// splitGateways gives each gateway to the interface whose network it is in: to one of --also, or else to the first.
func (o *serveOptions) splitGateways() (own []netip.Addr, others [][]netip.Addr) {
	others = make([][]netip.Addr, len(o.also))
	for _, g := range o.gateway {
		i := slices.IndexFunc(o.also, func(a alsoInterface) bool {
			return slices.ContainsFunc(a.addrs, func(p netip.Prefix) bool { return p.Contains(g) })
		})
		if i < 0 {
			own = append(own, g)
		} else {
			others[i] = append(others[i], g)
		}
	}
	return own, others
}

// attach gives the host the interfaces of --also: devs, with what watches them, and gateways. It closes what the host does not take.
func (o *serveOptions) attach(h *host.Host, devs []capture.Device, gateways [][]netip.Addr) error {
	for i, a := range o.also {
		cfg := stack.InterfaceConfig{Name: a.device.Name, HardwareAddr: a.mac, Addrs: a.addrs, ProbeAddrs: o.link.probe, MTU: min(o.mtu, devs[i].MTU())}
		if _, err := h.Attach(devs[i], cfg, routesBy(gateways[i])...); err != nil {
			closeAll(devs[i:])
			return err
		}
	}
	return nil
}

// alsoText is what the banner says of --also.
func (o *serveOptions) alsoText() (s string) {
	for _, a := range o.also {
		s += fmt.Sprintf(", %s on %s", strings.Join(prefixTexts(a.addrs), ", "), a.device.Name)
	}
	return s
}
