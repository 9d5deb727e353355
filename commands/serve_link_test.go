package commands

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
)

func TestServeLinkFlags(t *testing.T) {
	prefixes := func(list ...string) (out []netip.Prefix) {
		for _, s := range list {
			out = append(out, netip.MustParsePrefix(s))
		}
		return out
	}
	for _, test := range []struct {
		line  string
		link  linkOptions
		addrs []netip.Prefix
		cfg   stack.InterfaceConfig
	}{
		{"tap0", linkOptions{}, prefixes("192.168.69.1/24"), stack.InterfaceConfig{}},
		{"tap0 --probe", linkOptions{probe: true}, prefixes("192.168.69.1/24"), stack.InterfaceConfig{ProbeAddrs: true}},
		{"tap0 --link-local", linkOptions{linkLocal: true}, nil, stack.InterfaceConfig{LinkLocal4: stack.LinkLocalAlone}},
		{"tap0 --link-local --dhcp", linkOptions{linkLocal: true}, nil, stack.InterfaceConfig{LinkLocal4: stack.LinkLocalAlone}},
		{"tap0 --link-local --addr 10.0.0.1/8", linkOptions{linkLocal: true, beside: true}, prefixes("10.0.0.1/8"), stack.InterfaceConfig{LinkLocal4: stack.LinkLocalAlways}},
		{"tap0 --vlan 5=10.5.0.1/24 --vlan 4094=10.6.0.1/24 --vlan 5=fd05::1/64", linkOptions{vlans: []vlanOption{
			{5, prefixes("10.5.0.1/24", "fd05::1/64")}, {4094, prefixes("10.6.0.1/24")},
		}}, prefixes("192.168.69.1/24"), stack.InterfaceConfig{}},
	} {
		o, err := parseServe(t, test.line)
		if err != nil {
			t.Errorf("serve %s: %v", test.line, err)
			continue
		}
		var cfg stack.InterfaceConfig
		o.link.configure(&cfg)
		if !reflect.DeepEqual(o.link, test.link) || len(o.addrs) != len(test.addrs) || !reflect.DeepEqual(cfg, test.cfg) {
			t.Errorf("serve %s: %+v, addresses %v, interface %+v", test.line, o.link, o.addrs, cfg)
		}
	}
	for _, test := range []struct{ line, want string }{
		{"tap0 --vlan 5", "--vlan 5: want an ID from 1 to 4094 and an address"},
		{"tap0 --vlan 0=10.5.0.1/24", "--vlan 0="},
		{"tap0 --vlan 4095=10.5.0.1/24", "--vlan 4095="},
		{"tap0 --vlan blue=10.5.0.1/24", "--vlan blue="},
		{"tap0 --vlan 5=10.5.0.1", "--vlan 5=10.5.0.1:"},
		{"tun0 --tun --probe", "--probe --tun: that needs Ethernet"},
		{"tun0 --tun --link-local", "--link-local --tun"},
		{"tun0 --tun --vlan 5=10.5.0.1/24", "--vlan --tun"},
	} {
		if _, err := parseServe(t, test.line); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("serve %s: %v, want %s", test.line, err, test.want)
		}
	}
	if s := (&linkOptions{vlans: []vlanOption{{5, prefixes("10.5.0.1/24", "fd05::1/64")}}}).text("tap0"); s != ", 10.5.0.1/24, fd05::1/64 on tap0.5" {
		t.Errorf("banner %q", s)
	}
}

// An IPv6 address that another station has is not used, and serve says so without being asked to.
func TestServeAddressTaken(t *testing.T) {
	t.Parallel()
	s := startServe(t, "tap0", nil)
	ours, group := netip.MustParseAddr("fdaa::1"), netip.MustParseAddr("ff02::1:ff00:1")
	solicit := append([]byte{byte(dissect.ICMPv6NeighborSolicitation), 7: 0}, ours.AsSlice()...)
	dissect.ICMPv6(solicit).FillChecksum(dissect.PseudoHeaderSum(netip.IPv6Unspecified(), group, dissect.ProtoICMPv6, len(solicit)))
	frame := (&dissect.EthernetHeader{Dst: dissect.MAC{0x33, 0x33, 0xff, 0, 0, 1}, Src: dissect.MAC{2, 0, 0, 0, 0, 0x64}, Type: dissect.EtherTypeIPv6}).Append(nil)
	frame = (&dissect.IPv6Header{PayloadLen: len(solicit), NextHeader: dissect.ProtoICMPv6, HopLimit: 255, Src: netip.IPv6Unspecified(), Dst: group}).Append(frame)
	frame = append(frame, solicit...)
	const want = "tap0: another station has fdaa::1: not used\n"
	for end := time.Now().Add(patience); !strings.Contains(s.stderr.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("serve says %q, want %q", s.stderr, want)
		}
		s.send(frame) // somebody else wants it at the same time
	}
}
