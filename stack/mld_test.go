package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// queryFrame is a query of a router: version 1 or 2, for a group or "::".
func queryFrame(version int, h dissect.IPv6Header, group netip.Addr, delay uint16) []byte {
	def(&h.Src, routerLink)
	def(&h.Dst, allNodes6)
	def(&h.HopLimit, 1)
	g := group.As16()
	m := append(dissect.ICMPv6{130, 0, 0, 0, byte(delay >> 8), byte(delay), 0, 0}, g[:]...)
	if version == 2 {
		m = append(m, 2, 125, 0, 0)
	}
	m.FillChecksum(dissect.PseudoHeaderSum(h.Src, h.Dst, dissect.ProtoICMPv6, len(m)))
	h.NextHeader = dissect.ProtoHopByHop
	return frame6(h, append(ext(dissect.ProtoICMPv6, 5, 2, 0, 0, 1, 0), m...))
}

// A change is reported twice, the second time within a second (RFC 3810 section 6.1, X-042); ff02::1 never is.
func TestMLDChanges(t *testing.T) {
	h := newBench6(t, Config{})
	group := ip6("ff15::7")
	_ = h.ifc.JoinGroup(group)
	h.expect("") // nothing is sent outside of Poll
	h.poll()
	h.expect("mld to-exclude ff15::7 fe80::1>ff02::16")
	h.wait(time.Second)
	h.expect("mld to-exclude ff15::7 fe80::1>ff02::16")
	h.ifc.LeaveGroup(group)
	h.poll()
	h.expect("mld to-include ff15::7 fe80::1>ff02::16")
	_ = h.ifc.JoinGroup(group) // before the end was repeated: that is no news any more
	h.wait(10 * time.Second)
	h.expect("mld to-exclude ff15::7 fe80::1>ff02::16", "mld to-exclude ff15::7 fe80::1>ff02::16")
	_ = h.ifc.JoinGroup(allNodes6)
	h.ifc.LeaveGroup(allNodes6)
	h.expect("")
	for i := range 1000 {
		g := netip.AddrFrom16([16]byte{0xff, 0x15, 14: byte(i >> 8), 15: byte(i)})
		_ = h.ifc.JoinGroup(g)
		h.ifc.LeaveGroup(g)
	}
	if len(h.ifc.mld.leaving) > maxLeaving || len(h.timers.heap) > maxLeaving+10 {
		t.Errorf("%d groups are being left, %d timers", len(h.ifc.mld.leaving), len(h.timers.heap))
	}
	h.wait(time.Minute)
	if len(h.ifc.mld.leaving) != 0 || h.NextPoll() != Never {
		t.Errorf("%d groups are being left, next poll %v", len(h.ifc.mld.leaving), h.NextPoll())
	}
}

// Without a link-local address reports come from "::", and again when there is one (RFC 3590 section 4).
func TestMLDLinkLocal(t *testing.T) {
	h := startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fe80::1/64")})
	h.wait(10 * time.Second)
	first := strings.Split(h.sent(), "\n")[0]
	if first != "mld to-exclude ff02::1:ff00:1 ::>ff02::16" {
		t.Errorf("first %s", first)
	}
	h = startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fe80::1/64")})
	h.wait(10 * time.Second)
	if s := h.sent(); !strings.Contains(s, "mld to-exclude ff02::1:ff00:1 fe80::1>ff02::16") {
		t.Errorf("sent\n%s", s)
	}
}

// Queries: which are valid (RFC 3810 section 6.2, X-234), and how they are answered.
func TestMLDQueries(t *testing.T) {
	const solicited, joined = "is-exclude ff02::1:ff00:1", "is-exclude ff15::7"
	group := ip6("ff15::7")
	all := fmt.Sprintf("mld %s, %s fe80::1>ff02::16", solicited, joined)
	one := fmt.Sprintf("mld %s fe80::1>ff02::16", joined)
	noAlert := queryFrame(2, dissect.IPv6Header{}, any6, 1000)
	put(noAlert, 14+40+2, 1, 4, 0, 0, 0, 0)
	code := queryFrame(2, dissect.IPv6Header{}, any6, 1000)
	put(code, 14+40+8+1, 99)
	sum := binary.BigEndian.Uint16(code[14+40+8+2:]) // RFC 1624: the code was 0
	c := uint32(^sum&0xffff) + 99
	binary.BigEndian.PutUint16(code[14+40+8+2:], ^uint16(c+c>>16))
	for _, c := range []struct {
		name    string
		frame   []byte
		answer  string
		counter string
	}{
		{"general", queryFrame(2, dissect.IPv6Header{}, any6, 1000), all, "MLDReceived"},
		{"its code is not looked at", code, all, "MLDReceived"},
		{"to our own address", queryFrame(2, dissect.IPv6Header{Dst: ourLink}, any6, 1000), all, "MLDReceived"},
		{"for a group", queryFrame(2, dissect.IPv6Header{Dst: group}, group, 1000), one, "MLDReceived"},
		{"for a group that nobody joined", queryFrame(2, dissect.IPv6Header{}, ip6("ff15::8"), 1000), "", "MLDReceived"},
		{"for all nodes", queryFrame(2, dissect.IPv6Header{}, allNodes6, 1000), "", "MLDReceived"},
		{"from a global address", queryFrame(2, dissect.IPv6Header{Src: peerIP6}, any6, 1000), "", "MLDInvalid"},
		{"from ::", queryFrame(2, dissect.IPv6Header{Src: any6}, any6, 1000), "", "MLDInvalid"},
		{"hop limit 2", queryFrame(2, dissect.IPv6Header{HopLimit: 2}, any6, 1000), "", "MLDInvalid"},
		{"without Router Alert", noAlert, "", "MLDInvalid"},
	} {
		h := newBench6(t, Config{})
		_ = h.ifc.JoinGroup(group)
		h.wait(10 * time.Second)
		h.sent()
		h.rx(c.frame)
		h.wait(1100 * time.Millisecond)
		if got := h.sent(); got != c.answer {
			t.Errorf("%s: sent %q, want %q", c.name, got, c.answer)
		}
		h.counted(c.counter, 1)
		checkAccounts(t, h.Stack)
	}
	// Each has a timer of its own, and the earlier answer wins.
	h := newBench6(t, Config{})
	_ = h.ifc.JoinGroup(group)
	h.wait(10 * time.Second)
	h.sent()
	h.rx(queryFrame(2, dissect.IPv6Header{}, any6, 60000>>1), queryFrame(2, dissect.IPv6Header{Dst: group}, group, 100))
	h.wait(200 * time.Millisecond)
	h.expect(one)
	h.wait(time.Minute)
	h.expect(all)
}

// A 24-byte query is one of version 1 and has that spoken for a while (RFC 3810 section 8.2.1, X-101); another member's report
// makes ours needless.
func TestMLDVersion1(t *testing.T) {
	h := newBench6(t, Config{})
	group := ip6("ff15::7")
	_ = h.ifc.JoinGroup(group)
	h.wait(10 * time.Second)
	h.sent()
	h.rx(queryFrame(1, dissect.IPv6Header{}, any6, 1000))
	h.wait(time.Second)
	got := strings.Split(h.sent(), "\n")
	slices.Sort(got)
	if want := []string{"mld1 131 ff02::1:ff00:1 fe80::1>ff02::1:ff00:1", "mld1 131 ff15::7 fe80::1>ff15::7"}; !slices.Equal(got, want) {
		t.Errorf("sent %q", got)
	}
	h.ifc.LeaveGroup(group)
	h.wait(time.Minute)
	h.expect("mld1 132 ff15::7 fe80::1>ff02::2")
	_ = h.ifc.JoinGroup(group)
	h.wait(time.Minute)
	h.expect("mld1 131 ff15::7 fe80::1>ff15::7", "mld1 131 ff15::7 fe80::1>ff15::7")
	h.rx(queryFrame(1, dissect.IPv6Header{Dst: group}, group, 1000))
	g := group.As16()
	h.rx(icmp6Frame(dissect.IPv6Header{Src: peerLink, Dst: group, HopLimit: 1}, append(dissect.ICMPv6{131, 0, 0, 0, 0, 0, 0, 0}, g[:]...)))
	h.wait(2 * time.Second)
	h.expect("")
	h.wait(5 * time.Minute)
	h.rx(queryFrame(2, dissect.IPv6Header{Dst: group}, group, 1000))
	h.wait(time.Second)
	h.expect("mld is-exclude ff15::7 fe80::1>ff02::16")
}

// Records that exceed the MTU go out in several reports.
func TestMLDManyGroups(t *testing.T) {
	h := newBench6(t, Config{Groups: 200})
	for i := range 150 {
		if err := h.ifc.JoinGroup(netip.AddrFrom16([16]byte{0xff, 0x15, 15: byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(10 * time.Second)
	h.sent()
	h.rx(queryFrame(2, dissect.IPv6Header{}, any6, 1000))
	h.wait(time.Second)
	for _, f := range h.dev.out {
		if len(f) > 14+1500 {
			t.Errorf("a frame of %d bytes", len(f))
		}
	}
	if s := h.sent(); strings.Count(s, "is-exclude") != 151 || strings.Count(s, "\n") != 2 {
		t.Errorf("%d records in %d reports", strings.Count(s, "is-exclude"), strings.Count(s, "\n")+1)
	}
}
