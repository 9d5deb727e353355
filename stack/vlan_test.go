package stack

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// tagged puts VLAN tags into a frame, the outermost first.
func tagged(f []byte, ids ...uint16) []byte {
	for _, id := range slices.Backward(ids) {
		tag := binary.BigEndian.AppendUint16([]byte{0x81, 0}, id)
		f = slices.Concat(f[:macs], tag, f[macs:])
	}
	return f
}

// untag gives the frames sent that had these tags and no others, without them, and keeps the rest.
func (h *bench) untag(ids ...uint16) {
	h.t.Helper()
	var list [][]byte
	for _, f := range h.dev.out {
		prefix := tagged(f[:macs], ids...)
		if rest, ok := strings.CutPrefix(string(f), string(prefix)); ok {
			f = append(slices.Clone(f[:macs]), rest...)
		} else {
			h.t.Errorf("frame without tags %v: % x", ids, f[:20])
		}
		list = append(list, f)
	}
	h.dev.out = list
}

// What has the tag of a VLAN is its interface's, and answered with the tag; ID 0 is none; IDs that nobody serves are dropped (802.1Q).
func TestVLAN(t *testing.T) {
	h := newBench(t, Config{})
	addr := netip.MustParseAddr("10.5.0.1")
	v, err := h.ifc.AddVLAN(5, InterfaceConfig{Addrs: []netip.Prefix{netip.PrefixFrom(addr, 24), netip.MustParsePrefix("fd05::1/64")}})
	if err != nil {
		t.Fatal(err)
	}
	if on, id := v.VLAN(); v.Name() != "eth0.5" || v.MTU() != 1500 || v.HardwareAddr() != ourMAC || on != h.ifc || id != 5 {
		t.Errorf("%s: MTU %d, %s, on %v, ID %d", v.Name(), v.MTU(), v.HardwareAddr(), on, id)
	}
	h.wait(10 * time.Second)
	h.untag(5)
	if got := h.sent(); strings.Count(got, "arp announce 10.5.0.1") != 2 || !strings.Contains(got, "fd05::1") {
		t.Errorf("announced\n%s", got)
	}
	from := netip.MustParseAddr("10.5.0.9")
	request := arpFrame(dissect.ARPRequest, peerMAC, from, dissect.MAC{}, addr)
	h.rx(request, tagged(request, 6), tagged(request, 4095))
	h.expect()
	h.counted("RxVLAN", 2)
	h.rx(tagged(request, 5))
	h.untag(5)
	h.expect("arp reply 10.5.0.1 to 10.5.0.9")
	if h.ifc.neighbors.entries[from] != nil || v.neighbors.entries[from] == nil {
		t.Error("the neighbor is on the wrong interface")
	}
	ping := echoFrame(dissect.IPv4Header{Src: from, Dst: addr}, 2000-28)
	h.rx(tagged(ping, 0xa005)) // with a priority
	h.untag(5)
	h.expect("fragment 10.5.0.1>10.5.0.9 1480@0+", "fragment 10.5.0.1>10.5.0.9 500@1480")
	// Untagged ones, and those with ID 0, are the interface's own, with a tag before the other as well.
	h.rx(tagged(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP), 0))
	h.expect("arp reply 192.168.69.1 to 192.168.69.100")
	h.rx(tagged(request, 0, 5))
	h.untag(5)
	h.expect("arp reply 10.5.0.1 to 10.5.0.9")
	// The same address in the other network is not confused.
	h.rx(tagged(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP), 5), tagged(ping[:30], 5)[:16])
	h.expect()
	h.counted("RxShort", 1)

	// A datagram goes out with the tag; while the device is full it waits, in order, and the owner is told to wait for room.
	u, err := h.DialUDP(netip.AddrPortFrom(from, 9), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.dev.room = 0
	for _, s := range []string{"one", "two"} {
		_ = u.Write([]byte(s))
		h.poll()
	}
	if !h.ifc.Stalled() || !v.Stalled() {
		t.Error("nobody waits for the device")
	}
	h.dev.room = 100
	h.poll()
	h.untag(5)
	h.expect(`udp 10.5.0.1>10.5.0.9 `+port(u)+`>9 "one"`, `udp 10.5.0.1>10.5.0.9 `+port(u)+`>9 "two"`)

	// Two tags: a VLAN on the VLAN.
	vv, err := v.AddVLAN(7, InterfaceConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("10.7.0.1/24")}})
	if err != nil || vv.Name() != "eth0.5.7" {
		t.Fatal(err)
	}
	h.wait(3 * time.Second)
	h.untag(5, 7)
	h.expect("arp announce 10.7.0.1", "arp announce 10.7.0.1")
	h.rx(tagged(arpFrame(dissect.ARPRequest, peerMAC, netip.MustParseAddr("10.7.0.9"), dissect.MAC{}, netip.MustParseAddr("10.7.0.1")), 5, 7))
	h.untag(5, 7)
	h.expect("arp reply 10.7.0.1 to 10.7.0.9")
	if !h.RemoveInterface(v) || len(h.Interfaces()) != 2 {
		t.Error("the VLAN on the VLAN is left")
	}
	h.rx(tagged(request, 5))
	h.expect()
	h.counted("RxVLAN", 3)
}

func port(u *UDPSocket) string {
	_, p, _ := strings.Cut(u.LocalAddr().String(), ":")
	return p
}

// A VLAN may have an address of its own, and groups that the interface below has not joined. It follows the link and the hardware address.
func TestVLANFollows(t *testing.T) {
	h := newBench(t, Config{})
	mac := dissect.MAC{2, 0, 0, 0, 0, 5}
	own, err := h.ifc.AddVLAN(5, InterfaceConfig{Name: "blue", HardwareAddr: mac, MTU: 1400})
	if err != nil {
		t.Fatal(err)
	}
	same, err := h.ifc.AddVLAN(6, InterfaceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if own.MTU() != 1400 || own.Name() != "blue" {
		t.Errorf("%s: MTU %d", own.Name(), own.MTU())
	}
	if err := own.JoinGroup(netip.MustParseAddr("224.5.5.5")); err != nil {
		t.Fatal(err)
	}
	group := ethFrame(peerMAC, multicastMAC(netip.MustParseAddr("224.5.5.5")), dissect.EtherTypeIPv4, nil)
	h.rx(tagged(ethFrame(peerMAC, mac, dissect.EtherTypeIPv4, nil), 5), tagged(ethFrame(peerMAC, mac, dissect.EtherTypeIPv4, nil), 6),
		ethFrame(peerMAC, mac, dissect.EtherTypeIPv4, nil), tagged(group, 5), tagged(group, 6), group)
	h.counted("RxNotForUs", 4)
	h.ifc.SetLink(false)
	if own.Link() || same.Link() {
		t.Error("the link is up")
	}
	late, err := h.ifc.AddVLAN(8, InterfaceConfig{})
	if err != nil || late.Link() {
		t.Error("the link of a late one is up")
	}
	h.ifc.SetLink(true)
	if err := h.ifc.SetHardwareAddr(dissect.MAC{2, 0, 0, 0, 0, 9}); err != nil {
		t.Fatal(err)
	}
	if own.HardwareAddr() != mac || same.HardwareAddr() != h.ifc.HardwareAddr() || !own.Link() || !late.Link() {
		t.Errorf("addresses %v, %v", own.HardwareAddr(), same.HardwareAddr())
	}
	for id, cfg := range map[uint16]InterfaceConfig{0: {}, 4095: {}, 5: {Name: "x"}, 7: {Name: "blue"}, 9: {MTU: 1501}} {
		if _, err := h.ifc.AddVLAN(id, cfg); !errors.Is(err, ErrBadInterface) {
			t.Errorf("VLAN %d, %+v: %v", id, cfg, err)
		}
	}
	if _, err := h.interfaces[0].AddVLAN(5, InterfaceConfig{}); !errors.Is(err, ErrBadInterface) {
		t.Errorf("on the loopback: %v", err)
	}
}

// What is added on a link that is down asks for its addresses when that comes up.
func TestVLANOnNoLink(t *testing.T) {
	h := newBench(t, Config{})
	h.ifc.SetLink(false)
	v, err := h.ifc.AddVLAN(5, InterfaceConfig{ProbeAddrs: true, Addrs: prefixes("10.5.0.1/24", "fd05::1/64")})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(time.Minute)
	if len(v.Addrs()) != 0 || len(v.Tentative()) != 2 {
		t.Errorf("ours %v, tentative %v", v.Addrs(), v.Tentative())
	}
	h.ifc.SetLink(true)
	h.wait(10 * time.Second)
	if len(v.Addrs()) != 2 {
		t.Errorf("ours %v", v.Addrs())
	}
}

// A connection gives up in its time when the device stays full, also if it is a VLAN's frame alone that waits for it.
func TestVLANStall(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	v, err := h.ifc.AddVLAN(5, InterfaceConfig{Addrs: prefixes("10.5.0.1/24")})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	h.dev.room = 0
	u := h.openUDP("0.0.0.0:1000", UDPOptions{})
	if err := u.SendTo([]byte("x"), netip.MustParseAddrPort("10.5.0.255:9")); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if !v.Stalled() || h.ifc.txq.len() != 0 {
		t.Fatal("it is not the VLAN that waits")
	}
	if _, err := c.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	h.wait(2 * time.Hour)
	if c.State() != tcp.Closed {
		t.Errorf("state %v", c.State())
	}
}
