package commands

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/stack"
	"smoltcp/stack/host"
)

// serve and the link: how addresses come to be the host's, and VLANs.

// linkOptions is what the flags below ask for.
type linkOptions struct {
	probe     bool
	linkLocal bool
	beside    bool // --link-local, beside the addresses of --addr
	vlans     []vlanOption
}

// vlanOption is one of --vlan.
type vlanOption struct {
	id    uint16
	addrs []netip.Prefix
}

func linkFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Category: category, Name: "probe", Usage: "ask whether another station has the IPv4 addresses of --addr before using them, which takes four to seven seconds (RFC 5227); IPv6 always asks"},
		&cli.BoolFlag{Category: category, Name: "link-local", Usage: "choose an IPv4 address of 169.254.0.0/16, not the default of --addr; with --dhcp, when no server answers (RFC 3927)"},
		&cli.StringSliceFlag{Category: category, Name: "vlan", Usage: "be in a VLAN too, `ID=ADDR/BITS` with one address of the host there, like 5=10.5.0.1/24; may be repeated, also for one VLAN"},
	}
}

// readLink reads them, and takes away the default of --addr if --link-local stands for it.
func (o *serveOptions) readLink(c *cli.Context) error {
	l := &o.link
	l.probe, l.linkLocal = c.Bool("probe"), c.Bool("link-local")
	l.beside = l.linkLocal && c.IsSet("addr") && !o.dhcp
	if l.linkLocal && !c.IsSet("addr") {
		o.addrs = slices.DeleteFunc(o.addrs, func(a netip.Prefix) bool { return a.Addr().Is4() })
	}
	for _, text := range c.StringSlice("vlan") {
		number, addr, _ := strings.Cut(text, "=")
		id, err := strconv.ParseUint(number, 10, 16)
		p, perr := netip.ParsePrefix(addr)
		if err != nil || perr != nil || id < 1 || id > 4094 {
			return usagef("--vlan %s: want an ID from 1 to 4094 and an address with the length of its network, like 5=10.5.0.1/24", text)
		}
		if i := slices.IndexFunc(l.vlans, func(v vlanOption) bool { return v.id == uint16(id) }); i >= 0 {
			l.vlans[i].addrs = append(l.vlans[i].addrs, p)
		} else {
			l.vlans = append(l.vlans, vlanOption{uint16(id), []netip.Prefix{p}})
		}
	}
	for _, f := range []string{"probe", "link-local", "vlan"} {
		if c.Bool("tun") && c.IsSet(f) {
			return usagef("--%s --tun: that needs Ethernet", f)
		}
	}
	return nil
}

// configure has the interface do what was asked for.
func (l *linkOptions) configure(cfg *stack.InterfaceConfig) {
	cfg.ProbeAddrs = l.probe
	switch {
	case l.linkLocal && l.beside:
		cfg.LinkLocal4 = stack.LinkLocalAlways
	case l.linkLocal:
		cfg.LinkLocal4 = stack.LinkLocalAlone
	}
}

// start adds the VLANs, and says on w what becomes of addresses that were asked about.
func (l *linkOptions) start(h *host.Host, w io.Writer) (err error) {
	h.Do(func(s *stack.Stack) {
		for _, v := range l.vlans {
			if _, err = h.Interface().AddVLAN(v.id, stack.InterfaceConfig{Addrs: v.addrs, ProbeAddrs: l.probe}); err != nil {
				err = fmt.Errorf("--vlan %d: %w", v.id, err)
				return
			}
		}
		t := addrTeller{w: w, told: map[string]bool{}}
		s.Watch(func() { t.tell(s) })
	})
	return err
}

// text is what the banner says of VLANs.
func (l *linkOptions) text(device string) (s string) {
	for _, v := range l.vlans {
		s += fmt.Sprintf(", %s on %s.%d", strings.Join(prefixTexts(v.addrs), ", "), device, v.id)
	}
	return s
}

// addrTeller says which addresses nobody gave the host turned out to be ours, and which of all to be another station's.
type addrTeller struct {
	w    io.Writer
	told map[string]bool // lines
}

func (t *addrTeller) tell(s *stack.Stack) {
	lines := map[string]bool{}
	for _, ifc := range s.Interfaces() {
		for _, a := range ifc.Addrs() {
			switch o, _ := ifc.Origin(a.Addr()); o {
			case stack.AddrLinkLocal:
				lines[fmt.Sprintf("%s: chose %s", ifc.Name(), a)] = true
			case stack.AddrStable, stack.AddrTemporary:
				lines[fmt.Sprintf("%s: formed %s", ifc.Name(), a.Addr())] = true // which prefixes are on the link is another matter
			}
		}
		for _, a := range ifc.Duplicate() {
			lines[fmt.Sprintf("%s: another station has %s: not used", ifc.Name(), a.Addr())] = true
		}
	}
	for _, line := range slices.Sorted(maps.Keys(lines)) {
		if !t.told[line] {
			fmt.Fprintln(t.w, line)
		}
	}
	t.told = lines
}
