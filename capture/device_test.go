package capture

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"smoltcp/dissect"
)

func TestCheckInterfaceName(t *testing.T) {
	for name, ok := range map[string]bool{
		"tap0": true, "fifteen-bytes-x": true, "a.b@c": true, "ü": true,
		"": false, "sixteen-bytes-xx": false, ".": false, "..": false, "a/b": false, "a b": false, "a\nb": false,
		"eth0:1": false, "tap%d": false, "a\x00": false, "a\x7f": false,
	} {
		if err := checkInterfaceName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNoInterfaceError(t *testing.T) {
	for _, tt := range []struct {
		err  noInterfaceError
		want string
	}{
		{noInterfaceError{"eth9", []string{"lo", "eth0", "tap0"}}, "eth9: no such interface (have: lo, eth0, tap0)"},
		{noInterfaceError{"eth9", nil}, "eth9: no such interface (there is none at all)"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%s, want %s", got, tt.want)
		}
	}
}

func TestSetupCommands(t *testing.T) {
	o := DeviceOptions{Name: "tun7", TUN: true, HostAddrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/8"), netip.MustParsePrefix("fdaa::100/64")}}
	const want = "sudo ip tuntap add name tun7 mode tun user $USER && sudo ip link set tun7 up && " +
		"sudo ip addr add 10.0.0.1/8 dev tun7 && sudo ip addr add fdaa::100/64 dev tun7"
	if got := o.setupCommands(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestInterfaceRank: what is likely to be wanted comes first.
func TestInterfaceRank(t *testing.T) {
	up := InterfaceInfo{Up: true, Running: true, Carrier: true, CarrierKnown: true}
	with := func(name string, change func(i *InterfaceInfo)) InterfaceInfo {
		i := up
		i.Name = name
		if change != nil {
			change(&i)
		}
		return i
	}
	want := []InterfaceInfo{
		with("eth7", nil),
		with("eth0", nil), // as good as eth7: the kernel's order stays
		with("wlan0", func(i *InterfaceInfo) { i.Wireless, i.Carrier = true, false }),
		with(AnyInterface, func(i *InterfaceInfo) { i.CarrierKnown = false }),
		with("lo", func(i *InterfaceInfo) { i.Loopback, i.CarrierKnown = true, false }),
		with("unplugged", func(i *InterfaceInfo) { i.Carrier = false }),
		with("dormant", func(i *InterfaceInfo) { i.Running = false }),
		with("off", func(i *InterfaceInfo) { i.Up, i.Running = false, false }),
	}
	for i := range want[1:] {
		if a, b := &want[i], &want[i+1]; a.rank() > b.rank() || a.rank() == b.rank() && i >= 3 {
			t.Errorf("%s (%d) does not come before %s (%d)", a.Name, a.rank(), b.Name, b.rank())
		}
	}
}

// TestListInterfacesAnyone: the list needs no privileges.
func TestListInterfacesAnyone(t *testing.T) {
	list, err := ListInterfaces()
	if err != nil {
		t.Skipf("cannot list interfaces: %v", err)
	}
	i := slices.IndexFunc(list, func(i InterfaceInfo) bool { return i.Name == AnyInterface })
	if i < 0 || !strings.Contains(list[i].Description, "all interfaces") {
		t.Errorf("%+v", list)
	}
}

func TestLinkOf(t *testing.T) {
	for arphrd, want := range map[uint16]dissect.LinkType{
		1: dissect.LinkEthernet, 772: dissect.LinkEthernet, 65534: dissect.LinkRaw, 768: dissect.LinkRaw, 803: 127,
		512: dissect.LinkSLL2, 778: dissect.LinkSLL2,
	} {
		if got, ok := linkOf(arphrd); got != want || ok != (want != dissect.LinkSLL2) {
			t.Errorf("hardware type %d: %v, %v, want %v", arphrd, got, ok, want)
		}
	}
}
