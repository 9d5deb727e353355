package capture

import (
	"net/netip"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
)

// Frames to any group reach a host on a packet socket, and so do those to its own address, which the interface does not know: the
// interface is promiscuous.
func TestRawGroups(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	d := openDevice(t, DeviceOptions{Name: "v0"})
	peer := openDevice(t, DeviceOptions{Name: "v1"})
	for i, dst := range [][6]byte{{0x01, 0x00, 0x5e, 5, 5, 5}, {0x33, 0x33, 0, 0, 0, 0x77}, {2, 0, 0, 0, 0, 1}} {
		f := testFrame(i, 60)
		copy(f, dst[:])
		send(t, peer, f)
		for { // what the kernel says by itself comes in between
			if got := receive(t, d); [6]byte(got) == dst && string(got[12:14]) == string(f[12:14]) {
				break
			}
		}
	}
	l, err := netlink.LinkByName("v0")
	if err != nil {
		t.Fatal(err)
	}
	if l.Attrs().Promisc == 0 {
		t.Error("the interface is not promiscuous")
	}
}

// Whichever step of opening a device fails, nothing stays open.
func TestOpenLeavesNothing(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	newVeth(t)
	busy := openDevice(t, tap0)
	defer busy.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "down0"
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "down1"}); err != nil {
		t.Fatal(err)
	}
	descriptors := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(list)
	}
	links := func() int {
		l, err := netlink.LinkList()
		if err != nil {
			t.Fatal(err)
		}
		return len(l)
	}
	before, linksBefore := descriptors(), links()
	bad := netip.MustParsePrefix("ff02::1/64")
	for name, opts := range map[string]DeviceOptions{
		"name":              {Name: "sixteen-bytes-16"},
		"TAP in use":        {Name: "tap0"},
		"loopback":          {Name: "lo"},
		"down":              {Name: "down0"},
		"host address":      {Name: "tap7", HostAddrs: []netip.Prefix{bad}},
		"MTU":               {Name: "tap8", MTU: 1 << 30},
		"address twice":     {Name: "tap9", HostAddrs: []netip.Prefix{netip.MustParsePrefix("10.9.0.1/24"), netip.MustParsePrefix("10.9.0.1/24")}},
		"template of names": {Name: "tap%d"},
	} {
		for range 3 {
			if d, err := OpenDevice(opts); err == nil {
				d.Close()
				t.Errorf("%s: opened", name)
			}
		}
		if now := descriptors(); now != before {
			t.Errorf("%s: %d descriptors are open, %d before", name, now, before)
		}
		if now := links(); now != linksBefore {
			t.Errorf("%s: %d interfaces, %d before", name, now, linksBefore)
		}
	}
	if d, err := OpenDevice(DeviceOptions{Name: "v0"}); err != nil {
		t.Error(err)
	} else if d.Close(); descriptors() != before {
		t.Errorf("%d descriptors are open after Close, %d before", descriptors(), before)
	}
}
