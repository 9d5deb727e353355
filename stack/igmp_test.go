package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"smoltcp/dissect"
)

var (
	routerIP = netip.MustParseAddr("192.168.69.254")
	groupA   = netip.MustParseAddr("239.1.2.3")
	groupB   = netip.MustParseAddr("239.1.2.4")
)

// describeIGMP is describe for a message of ours, of which it checks what all of them share: TTL 1, Router Alert, internetwork
// control, the group's address on Ethernet.
func describeIGMP(t testing.TB, ip dissect.IPv4, head, to string) string {
	t.Helper()
	m := dissect.IGMP(ip.Payload())
	if m.CheckWhole() != nil || !m.ChecksumOK() {
		t.Errorf("IGMP is wrong: % x", []byte(m))
		return "?"
	}
	if ip.TTL() != 1 || ip.DSCP() != 0x30 || string(ip.Options()) != "\x94\x04\x00\x00" {
		t.Errorf("TTL %d, DSCP %#x, options % x", ip.TTL(), ip.DSCP(), ip.Options())
	}
	if want := " to " + multicastMAC(ip.Dst()).String(); to != want && to != "" {
		t.Errorf("to %s, but%s", ip.Dst(), to)
	}
	if m.Type() != dissect.IGMPReportV3 {
		return fmt.Sprintf("igmp%d %#x %s %s", m.Version(), uint8(m.Type()), m.Group(), head)
	}
	var records []string
	b := dissect.IGMPv3Report(m).Records()
	for len(b) > 0 {
		r, rest, err := dissect.NextIGMPRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, fmt.Sprintf("%s %s", r.Type(), r.Group()))
		b = rest
	}
	if len(records) != dissect.IGMPv3Report(m).NumRecords() {
		t.Errorf("%d records, %d announced", len(records), dissect.IGMPv3Report(m).NumRecords())
	}
	return fmt.Sprintf("igmp3 %s %s", strings.Join(records, ", "), head)
}

// igmpFrame makes a frame of a message, whose checksum it fills in, with Router Alert if h says nothing about options.
func igmpFrame(h dissect.IPv4Header, m dissect.IGMP) []byte {
	def(&h.Src, routerIP)
	def(&h.Dst, allHosts4)
	def(&h.TTL, 1)
	def(&h.Options, ipOptions(148, 4, 0, 0))
	h.Protocol = dissect.ProtoIGMP
	m.FillChecksum()
	f := ipFrame(h, m)
	if h.Dst.IsMulticast() {
		mac := multicastMAC(h.Dst)
		copy(f, mac[:])
	}
	return f
}

// noOptions stands for options that are none of interest.
var noOptions = ipOptions(1, 1, 1, 1)

// igmpQuery is a query of a version with a response code, which version 1 has not; the group may be the zero Addr for all.
func igmpQuery(version int, group netip.Addr, code uint8) dissect.IGMP {
	def(&group, any4)
	if version == 1 {
		code = 0
	}
	a := group.As4()
	m := append(dissect.IGMP{0x11, code, 0, 0}, a[:]...)
	if version == 3 {
		m = append(m, 2, 125, 0, 0)
	}
	return m
}

// queryFrame4 is a query as routers send it: about a group to that, a general one to all hosts. Version 1 has only those.
func queryFrame4(version int, group netip.Addr, code uint8) []byte {
	if version == 1 {
		group = netip.Addr{}
	}
	return igmpFrame(dissect.IPv4Header{Dst: group}, igmpQuery(version, group, code))
}

// newMember is newBench with groups joined, and the reports of that behind it.
func newMember(t testing.TB, groups ...netip.Addr) *bench {
	t.Helper()
	h := newBench(t, Config{})
	for _, g := range groups {
		if err := h.ifc.JoinGroup(g); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(20 * time.Second)
	h.sent()
	return h
}

// during lets d pass in small steps and gives what was sent, each with the time that had passed.
func (h *bench) during(d time.Duration) (lines []string, at []time.Duration) {
	h.t.Helper()
	const step = 10 * time.Millisecond
	for passed := step; passed <= d; passed += step {
		h.wait(step)
		if s := h.sent(); s != "" {
			for _, line := range strings.Split(s, "\n") {
				lines, at = append(lines, line), append(at, passed)
			}
		}
	}
	return lines, at
}

// trap igmp.1: every message has TTL 1 and the Router Alert option (RFC 2236 2, X-044): those of all versions, byte by byte.
func TestIGMPMessages(t *testing.T) {
	for _, c := range []struct {
		version   int
		join, end string
	}{
		{1, "01005e010203 12 00 fcfa ef010203", ""},
		{2, "01005e010203 16 00 f8fa ef010203", "01005e000002 17 00 f7fa ef010203"},
		{3, "01005e000016 22 00 e8f9 00000001 04000000 ef010203", "01005e000016 22 00 e9f9 00000001 03000000 ef010203"},
	} {
		h := newBench(t, Config{})
		switch c.version {
		case 1:
			h.rx(queryFrame4(1, netip.Addr{}, 0))
		case 2:
			h.rx(queryFrame4(2, netip.Addr{}, 100))
		}
		check := func(what, want string) {
			t.Helper()
			h.poll()
			var got []string
			for _, f := range h.dev.out {
				p := dissect.IPv4(f[14:])
				if p.TTL() != 1 || p.DSCP() != 48 || p.HeaderLen() != 24 || !p.DontFragment() || p.Src() != ourIP {
					t.Errorf("version %d, %s: header % x", c.version, what, f[14:38])
				}
				if !slices.Equal(p.Options(), []byte{0x94, 4, 0, 0}) {
					t.Errorf("version %d, %s: options % x", c.version, what, p.Options())
				}
				got = append(got, fmt.Sprintf("%x %x", f[:6], []byte(p.Payload())))
			}
			h.sent() // checksums
			mac, rest, _ := strings.Cut(want, " ")
			if want := strings.TrimSpace(mac + " " + strings.ReplaceAll(rest, " ", "")); strings.Join(got, "; ") != want {
				t.Errorf("version %d, %s: sent %q, want %q", c.version, what, got, want)
			}
		}
		_ = h.ifc.JoinGroup(groupA)
		check("join", c.join)
		h.wait(time.Minute)
		h.sent()
		h.ifc.LeaveGroup(groupA)
		check("leave", c.end)
	}
}

// trap igmp.2: a join is reported at once, and again within 10 s, in version 3 within one (RFC 2236 3, RFC 3376 5.1, X-042).
func TestIGMPChanges(t *testing.T) {
	const in, out = "igmp3 to-exclude 239.1.2.3 192.168.69.1>224.0.0.22", "igmp3 to-include 239.1.2.3 192.168.69.1>224.0.0.22"
	h := newBench(t, Config{})
	_ = h.ifc.JoinGroup(groupA)
	h.expect("") // nothing is sent outside of Poll
	h.poll()
	h.expect(in)
	h.wait(time.Second)
	h.expect(in)
	_ = h.ifc.JoinGroup(groupA) // a second time: no news
	h.ifc.LeaveGroup(groupA)
	h.wait(time.Minute)
	h.expect("")
	h.ifc.LeaveGroup(groupA)
	h.poll()
	h.expect(out)
	_ = h.ifc.JoinGroup(groupA) // before the end was repeated: that is no news any more
	h.wait(time.Minute)
	h.expect(in, in)
	h.counted("IGMPReports", 5)

	const v2 = "igmp2 0x16 239.1.2.4 192.168.69.1>239.1.2.4"
	h.rx(igmpFrame(dissect.IPv4Header{}, igmpQuery(2, groupB, 10)))
	_ = h.ifc.JoinGroup(groupB)
	h.poll()
	h.expect(v2)
	h.wait(10 * time.Second)
	h.expect(v2)
	h.wait(time.Minute)
	h.expect("")

	for i := range 1000 {
		g := netip.AddrFrom4([4]byte{239, 9, byte(i >> 8), byte(i)})
		_ = h.ifc.JoinGroup(g)
		h.ifc.LeaveGroup(g)
	}
	if len(h.ifc.igmp.leaving) > maxLeaving || len(h.timers.heap) > maxLeaving+10 {
		t.Errorf("%d groups are being left, %d timers", len(h.ifc.igmp.leaving), len(h.timers.heap))
	}
	h.wait(time.Minute)
	if len(h.ifc.igmp.leaving) != 0 || h.NextPoll() != Never {
		t.Errorf("%d groups are being left, next poll %v", len(h.ifc.igmp.leaving), h.NextPoll())
	}
}

// trap igmp.3: a report that could not be sent is tried again: the device fails, or is so full that the stack's
// own frames find no room. One that was sent before there was an address, from 0.0.0.0 (RFC 3376 4.2.13), is sent again when there
// is one, since routers may have passed it over (RFC 2236 10).
func TestIGMPTriedAgain(t *testing.T) {
	const in = "igmp3 to-exclude 239.1.2.3 192.168.69.1>224.0.0.22"
	for name, c := range map[string]struct{ fail, mend func(h *bench) }{
		"the device fails": {func(h *bench) { h.dev.sendErr = errDevice }, func(h *bench) { h.dev.sendErr = nil }},
		"the device is full": {func(h *bench) {
			h.dev.room = 0
			h.rx(echoFrame(dissect.IPv4Header{}, 8))
		}, func(h *bench) {
			h.dev.room = 1 << 30
			h.poll()
			h.sent()
		}},
	} {
		h := newBench(t, Config{TxQueue: 1})
		h.knowPeer()
		c.fail(h)
		_ = h.ifc.JoinGroup(groupA)
		h.wait(20 * time.Second) // longer than all repetitions would take
		h.expect("")
		h.counted("IGMPReports", 0)
		c.mend(h)
		h.wait(3 * time.Second)
		h.expect(in, in)
		for _, about := range []netip.Addr{{}, groupA} { // the same for answers
			h.rx(queryFrame4(3, about, 100))
			c.fail(h)
			h.wait(20 * time.Second)
			h.expect("")
			c.mend(h)
			h.wait(3 * time.Second)
			if got := h.sent(); got != "igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22" {
				t.Errorf("%s: the answer about %v is %q", name, about, got)
			}
		}
	}
	h := startBench6(t, Config{}, InterfaceConfig{})
	_ = h.ifc.JoinGroup(groupA)
	h.wait(time.Minute)
	h.expect(strings.ReplaceAll(in, "192.168.69.1", "0.0.0.0"), strings.ReplaceAll(in, "192.168.69.1", "0.0.0.0"))
	if err := h.ifc.AddAddr(netip.PrefixFrom(ourIP, 24)); err != nil {
		t.Fatal(err)
	}
	h.wait(time.Minute)
	got := slices.DeleteFunc(strings.Split(h.sent(), "\n"), func(s string) bool { return strings.HasPrefix(s, "arp") })
	if !slices.Equal(got, []string{in, in}) {
		t.Errorf("with an address: %q", got)
	}
	_ = h.ifc.AddAddr(netip.MustParsePrefix("192.168.70.1/24"))
	h.wait(time.Minute)
	if s := h.sent(); strings.Contains(s, "igmp") {
		t.Errorf("with one more address: %s", s)
	}
}

// trap igmp.4: the response time of a query of 8 bytes counts tenths of a second, in one of 12 and more it is a floating code
// (RFC 2236 2.2, RFC 3376 4.1.1, 7.1, X-102): 200 means 20 s there, 307.2 s here.
func TestIGMPResponseTime(t *testing.T) {
	latest := func(version int, code uint8, limit time.Duration) (last time.Duration) {
		for i := range 20 {
			h := newMember(t, groupA)
			h.wait(time.Duration(i) * 7 * time.Second) // other random numbers
			_ = h.random.below(time.Second)
			for range i {
				h.random.uint64()
			}
			h.rx(queryFrame4(version, groupA, code))
			lines, at := h.during(limit)
			if len(lines) != 1 {
				t.Fatalf("version %d, code %d: %d answers within %v", version, code, len(lines), limit)
			}
			last = max(last, at[0])
		}
		return last
	}
	for _, c := range []struct {
		version int
		code    uint8
		limit   time.Duration
	}{
		{1, 0, 10 * time.Second}, {2, 5, 500 * time.Millisecond}, {2, 127, 12700 * time.Millisecond}, {2, 200, 20 * time.Second},
		{3, 127, 12700 * time.Millisecond}, {3, 128, 12800 * time.Millisecond}, {3, 200, 307200 * time.Millisecond},
	} {
		if last := latest(c.version, c.code, c.limit+10*time.Millisecond); last < c.limit/2 {
			t.Errorf("version %d, code %d: of 20 answers the last came after %v, the limit is %v", c.version, c.code, last, c.limit)
		}
	}
}

// trap igmp.5: in versions 1 and 2 a general query is answered for each group by a timer of its own, at random times (RFC 2236 3,
// X-189); in version 3 by one report for all, at a random time (RFC 3376 5.2).
func TestIGMPDelays(t *testing.T) {
	var groups []netip.Addr
	for i := range 20 {
		groups = append(groups, netip.AddrFrom4([4]byte{239, 1, 1, byte(i)}))
	}
	h := newMember(t, groups...)
	h.rx(queryFrame4(2, netip.Addr{}, 100))
	lines, at := h.during(10 * time.Second)
	if len(lines) != len(groups) || at[0] > 5*time.Second || at[len(at)-1] < 5*time.Second {
		t.Fatalf("%d answers, at %v", len(lines), at)
	}
	slices.Sort(lines)
	if n := len(slices.Compact(lines)); n != len(groups) {
		t.Errorf("answers for %d groups", n)
	}
	gaps := make(map[time.Duration]bool)
	for i := 1; i < len(at); i++ {
		gaps[at[i]-at[i-1]] = true
	}
	if len(gaps) < 10 {
		t.Errorf("answers at %v are not at random", at)
	}
	h = newMember(t, groups...)
	h.rx(queryFrame4(3, netip.Addr{}, 100))
	lines, at = h.during(10 * time.Second)
	if len(lines) != 1 || strings.Count(lines[0], "is-exclude") != len(groups) || at[0] < 100*time.Millisecond {
		t.Errorf("at %v: %q", at, lines)
	}
}

// trap igmp.6: a query about one group leaves the pending answers of others alone, and moves a running timer only to an earlier time
// (RFC 2236 3, X-045).
func TestIGMPSpecificQuery(t *testing.T) {
	const a2, b2 = "igmp2 0x16 239.1.2.3 192.168.69.1>239.1.2.3", "igmp2 0x16 239.1.2.4 192.168.69.1>239.1.2.4"
	h := newMember(t, groupA, groupB)
	h.rx(queryFrame4(2, netip.Addr{}, 250), queryFrame4(2, groupA, 1))
	h.wait(100 * time.Millisecond)
	h.expect(a2)
	h.rx(queryFrame4(2, groupB, 255), queryFrame4(2, groupA, 255)) // later times than that of B
	h.wait(25 * time.Second)
	got := strings.Split(h.sent(), "\n")
	slices.Sort(got)
	if !slices.Equal(got, []string{a2, b2}) && !slices.Equal(got, []string{b2}) {
		t.Errorf("sent %q", got)
	}
	h.wait(time.Second)
	h.sent()
	h.rx(queryFrame4(2, groupB, 1), queryFrame4(2, groupB, 255))
	h.wait(100 * time.Millisecond)
	h.expect(b2)
	h.wait(time.Minute)
	h.expect("")
	// Version 3: the general answer stays due when a group is asked for.
	const a3, all = "igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22", "igmp3 is-exclude 239.1.2.3, is-exclude 239.1.2.4 192.168.69.1>224.0.0.22"
	h = newMember(t, groupA, groupB)
	h.rx(queryFrame4(3, netip.Addr{}, 200), queryFrame4(3, groupA, 1))
	h.wait(100 * time.Millisecond)
	h.expect(a3)
	h.wait(6 * time.Minute)
	h.expect(all)
	// It answers for a group as well, if it is due first (RFC 3376 5.2).
	h.rx(queryFrame4(3, netip.Addr{}, 1), queryFrame4(3, groupA, 255))
	h.wait(time.Hour)
	h.expect(all)
}

// trap igmp.7: another member's report cancels our pending one in versions 1 and 2 (RFC 2236 3, X-190), and not in 3.
func TestIGMPSuppression(t *testing.T) {
	report := func(version int, dst netip.Addr) []byte {
		typ, a := uint8(0x16), groupA.As4()
		if version == 1 {
			typ = 0x12
		}
		return igmpFrame(dissect.IPv4Header{Src: peerIP, Dst: dst}, append(dissect.IGMP{typ, 0, 0, 0}, a[:]...))
	}
	const b2 = "igmp2 0x16 239.1.2.4 192.168.69.1>239.1.2.4"
	h := newMember(t, groupA, groupB)
	h.rx(queryFrame4(2, netip.Addr{}, 100), report(2, groupA))
	h.wait(10 * time.Second)
	h.expect(b2)
	h.rx(queryFrame4(2, netip.Addr{}, 100), report(2, groupB)) // sent to another group than it is about
	h.wait(10 * time.Second)
	if got := h.sent(); strings.Count(got, "\n") != 1 {
		t.Errorf("sent %s", got)
	}
	// The repetition of a join, too, and from a member that has no address yet.
	h.ifc.LeaveGroup(groupA)
	h.wait(time.Minute)
	h.rx(queryFrame4(2, groupB, 10))
	h.wait(time.Minute)
	h.sent()
	_ = h.ifc.JoinGroup(groupA)
	h.poll()
	h.expect("igmp2 0x16 239.1.2.3 192.168.69.1>239.1.2.3")
	f := report(1, groupA)
	h.rx(igmpFrame(dissect.IPv4Header{Src: any4, Dst: groupA}, dissect.IGMP(dissect.IPv4(f[14:]).Payload()[:8])))
	h.wait(time.Minute)
	h.expect("")
	// Version 3 suppresses nothing (RFC 3376 5, appendix A.2).
	h = newMember(t, groupA)
	h.rx(queryFrame4(3, groupA, 100), report(2, groupA))
	h.wait(10 * time.Second)
	h.expect("igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22")
}

// traps igmp.8 and igmp.9: leaving a group cancels its pending answer (RFC 2236 6, X-188), and no other group's (RFC 2236 3, X-186).
func TestIGMPLeave(t *testing.T) {
	var groups []netip.Addr
	for i := range 5 {
		groups = append(groups, netip.AddrFrom4([4]byte{239, 1, 1, byte(i)}))
	}
	for left := range groups {
		h := newMember(t, groups...)
		h.rx(queryFrame4(2, netip.Addr{}, 100))
		h.ifc.LeaveGroup(groups[left])
		h.wait(10 * time.Second)
		got := strings.Split(h.sent(), "\n")
		if want := fmt.Sprintf("igmp2 0x17 %s 192.168.69.1>224.0.0.2", groups[left]); got[0] != want {
			t.Errorf("left %d: first %s, want %s", left, got[0], want)
		}
		got = got[1:]
		slices.Sort(got)
		var want []string
		for i, g := range groups {
			if i != left {
				want = append(want, fmt.Sprintf("igmp2 0x16 %s 192.168.69.1>%s", g, g))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("left %d: sent %q", left, got)
		}
		// Version 3: the one answer has what is joined when it is sent.
		h = newMember(t, groups...)
		h.rx(queryFrame4(3, netip.Addr{}, 100))
		h.ifc.LeaveGroup(groups[left])
		h.wait(10 * time.Second)
		if s := h.sent(); strings.Count(s, "is-exclude") != len(groups)-1 || strings.Contains(s, "is-exclude "+groups[left].String()) {
			t.Errorf("left %d: sent %s", left, s)
		}
		_ = h.ifc.JoinGroup(groups[left])
		h.wait(10 * time.Second)
		h.sent()
		h.rx(queryFrame4(3, groups[left], 1))
		h.ifc.LeaveGroup(groups[left])
		h.wait(10 * time.Second)
		end := fmt.Sprintf("igmp3 to-include %s 192.168.69.1>224.0.0.22", groups[left])
		h.expect(end, end)
	}
}

// trap igmp.10: for 400 s after a query of version 1 all reports are of version 1 and no leave is sent, whatever else routers
// ask; the same for version 2 below 3, for 260 s (RFC 2236 4, RFC 3376 7.2.1, 8.12, X-043).
func TestIGMPVersions(t *testing.T) {
	report := map[int]string{
		1: "igmp1 0x12 239.1.2.3 192.168.69.1>239.1.2.3", 2: "igmp2 0x16 239.1.2.3 192.168.69.1>239.1.2.3",
		3: "igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22",
	}
	h := newMember(t, groupA)
	asked := func(by, want int) {
		t.Helper()
		h.rx(queryFrame4(by, groupA, 10))
		h.wait(10 * time.Second)
		h.expect(report[want])
	}
	asked(3, 3)
	asked(1, 1)
	asked(2, 1)
	asked(3, 1)
	h.ifc.LeaveGroup(groupA)
	h.wait(time.Minute)
	h.expect("")
	_ = h.ifc.JoinGroup(groupA)
	h.wait(10 * time.Second)
	h.expect(report[1], report[1])
	h.wait(290 * time.Second) // 390 s since the query of version 1, 380 since that of version 2
	asked(3, 1)
	asked(3, 3)
	asked(2, 2)
	asked(3, 2)
	h.wait(230 * time.Second) // 250 s since the query of version 2
	asked(3, 2)
	asked(3, 3)
	// An older router than was known of: what was to be said in newer words is not (RFC 3376 7.2.1), but a change that nobody was told of.
	groupC := netip.MustParseAddr("239.1.2.5")
	_ = h.ifc.JoinGroup(groupC)
	h.wait(10 * time.Second)
	h.sent()
	h.ifc.LeaveGroup(groupC)
	h.poll()
	h.expect("igmp3 to-include 239.1.2.5 192.168.69.1>224.0.0.22")
	h.rx(queryFrame4(3, netip.Addr{}, 255))
	_ = h.ifc.JoinGroup(groupB)
	h.rx(queryFrame4(2, groupA, 10))
	if n := len(h.ifc.igmp.leaving); n != 0 {
		t.Errorf("%d groups are still being left", n)
	}
	h.wait(10 * time.Minute)
	got := strings.Split(h.sent(), "\n")
	slices.Sort(got)
	joinB := "igmp2 0x16 239.1.2.4 192.168.69.1>239.1.2.4"
	if want := []string{report[2], joinB, joinB}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// IGMP tells of the groups of IPv4, MLD of those of IPv6, and queries of the one are none of the other.
func TestIGMPBesideMLD(t *testing.T) {
	h := newBench6(t, Config{})
	if err := h.ifc.AddAddr(netip.PrefixFrom(ourIP, 24)); err != nil {
		t.Fatal(err)
	}
	_, _ = h.ifc.JoinGroup(groupA), h.ifc.JoinGroup(ip6("ff15::7"))
	h.wait(20 * time.Second)
	h.sent()
	h.rx(queryFrame4(3, netip.Addr{}, 10))
	h.wait(time.Second)
	h.expect("igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22")
	h.rx(queryFrame(2, dissect.IPv6Header{}, any6, 1000))
	h.wait(time.Second)
	if s := h.sent(); !strings.Contains(s, "is-exclude ff15::7") || strings.Contains(s, "239") || strings.Contains(s, "igmp") {
		t.Errorf("sent %s", s)
	}
	h.rx(queryFrame4(1, netip.Addr{}, 0)) // an old router of the one protocol is none of the other
	h.wait(10 * time.Second)
	h.expect("igmp1 0x12 239.1.2.3 192.168.69.1>239.1.2.3")
	h.ifc.LeaveGroup(ip6("ff15::7"))
	h.poll()
	h.expect("mld to-include ff15::7 fe80::1>ff02::16")
}

// trap igmp.11: 224.0.0.1 is neither reported nor left (RFC 2236 6, X-191), in any version, and always received.
func TestIGMPAllHosts(t *testing.T) {
	for version := 1; version <= 3; version++ {
		h := newBench(t, Config{})
		u := h.openUDP("0.0.0.0:7", UDPOptions{})
		h.rx(queryFrame4(version, netip.Addr{}, 10))
		if err := h.ifc.JoinGroup(allHosts4); err != nil {
			t.Fatal(err)
		}
		h.wait(time.Minute)
		h.rx(queryFrame4(version, netip.Addr{}, 10), igmpFrame(dissect.IPv4Header{}, igmpQuery(version, allHosts4, 10)))
		h.wait(time.Minute)
		h.ifc.LeaveGroup(allHosts4)
		h.wait(time.Minute)
		h.expect("")
		f := udpFrame(dissect.IPv4Header{Dst: allHosts4}, 9, 7, "all")
		h.rx(put(f, 0, 1, 0, 0x5e, 0, 0, 1))
		if got := recv(u); got != "all" {
			t.Errorf("version %d: received %q", version, got)
		}
	}
}

// Which queries count (RFC 3376 sections 7.1 and 9.1), and that each frame is counted once.
func TestIGMPQueries(t *testing.T) {
	const all = "igmp3 is-exclude 239.1.2.3 192.168.69.1>224.0.0.22"
	q := func(h dissect.IPv4Header) []byte { return igmpFrame(h, igmpQuery(3, netip.Addr{}, 10)) }
	long := func(n int) []byte {
		return igmpFrame(dissect.IPv4Header{}, append(igmpQuery(2, netip.Addr{}, 10), make([]byte, n)...))
	}
	sources := igmpQuery(3, groupA, 10)
	sources[11] = 1
	sum := put(q(dissect.IPv4Header{}), 14+24+2, 0xba, 0xd0)
	for _, c := range []struct {
		name    string
		frame   []byte
		answer  string
		counter string
	}{
		{"general", q(dissect.IPv4Header{}), all, "IGMPReceived"},
		{"to our own address", q(dissect.IPv4Header{Dst: ourIP}), all, "IGMPReceived"},
		{"from a switch without an address", q(dissect.IPv4Header{Src: any4}), all, "IGMPReceived"},
		{"about a group", queryFrame4(3, groupA, 10), all, "IGMPReceived"},
		{"about a source", igmpFrame(dissect.IPv4Header{Dst: groupA}, append(sources, 10, 0, 0, 1)), all, "IGMPReceived"},
		{"about a group to all hosts", igmpFrame(dissect.IPv4Header{}, igmpQuery(3, groupA, 10)), all, "IGMPReceived"},
		{"about a group that nobody joined", igmpFrame(dissect.IPv4Header{}, igmpQuery(3, groupB, 10)), "", "IGMPReceived"},
		{"of version 1, its group not looked at", igmpFrame(dissect.IPv4Header{Options: noOptions}, igmpQuery(1, groupB, 0)),
			"igmp1 0x12 239.1.2.3 192.168.69.1>239.1.2.3", "IGMPReceived"},
		{"longer than version 3 is now", long(40), all, "IGMPReceived"},
		{"of no version", long(2), "", "IGMPInvalid"},
		{"without Router Alert", q(dissect.IPv4Header{Options: noOptions}), "", "IGMPInvalid"},
		{"version 2 without Router Alert", igmpFrame(dissect.IPv4Header{Options: noOptions}, igmpQuery(2, netip.Addr{}, 10)), "", "IGMPInvalid"},
		{"general, to another group", q(dissect.IPv4Header{Dst: groupA}), "", "IGMPInvalid"},
		{"about what is no group", igmpFrame(dissect.IPv4Header{}, igmpQuery(3, peerIP, 10)), "", "IGMPInvalid"},
		{"a source is missing", igmpFrame(dissect.IPv4Header{}, slices.Clone(sources)), "", "IGMPInvalid"},
		{"cut off", igmpFrame(dissect.IPv4Header{}, dissect.IGMP{0x11, 10, 0, 0}), "", "IGMPInvalid"},
		{"wrong checksum", sum, "", "IGMPInvalid"},
		{"of a type that is not known", igmpFrame(dissect.IPv4Header{}, dissect.IGMP{0x99, 0, 0, 0, 0, 0, 0, 0}), "", "IGMPReceived"},
		{"from nobody to us alone", q(dissect.IPv4Header{Src: any4, Dst: ourIP}), "", "IPv4Martian"},
	} {
		h := newMember(t, groupA)
		h.rx(c.frame)
		h.wait(11 * time.Second)
		if got := h.sent(); got != c.answer {
			t.Errorf("%s: sent %q, want %q", c.name, got, c.answer)
		}
		h.counted(c.counter, 1)
		checkAccounts(t, h.Stack)
	}
}

// Records that exceed the MTU go out in several reports (RFC 3376 section 4.2.16).
func TestIGMPManyGroups(t *testing.T) {
	h := newBench(t, Config{Groups: 400})
	for i := range 400 {
		if err := h.ifc.JoinGroup(netip.AddrFrom4([4]byte{239, 0, byte(i >> 8), byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.ifc.JoinGroup(groupA); err != ErrTooManyGroups {
		t.Errorf("beyond Config.Groups: %v", err)
	}
	h.wait(10 * time.Second)
	h.sent()
	h.rx(queryFrame4(3, netip.Addr{}, 10))
	h.wait(time.Second)
	for _, f := range h.dev.out {
		if len(f) > 14+1500 {
			t.Errorf("a frame of %d bytes", len(f))
		}
	}
	if s := h.sent(); strings.Count(s, "is-exclude") != 400 || strings.Count(s, "\n") != 2 {
		t.Errorf("%d records in %d reports", strings.Count(s, "is-exclude"), strings.Count(s, "\n")+1)
	}
}

// On an interface without Ethernet reports are the bare packets.
func TestIGMPWithoutEthernet(t *testing.T) {
	s := New(Config{})
	dev := &wire{mtu: 1500, rawIP: true, room: 9}
	ifc, err := s.AddInterface(dev, InterfaceConfig{Addrs: prefixes("192.168.69.1/24")})
	if err != nil {
		t.Fatal(err)
	}
	h := &bench{Stack: s, t: t, dev: dev, ifc: ifc}
	_ = ifc.JoinGroup(groupA)
	h.poll()
	h.expect("igmp3 to-exclude 239.1.2.3 192.168.69.1>224.0.0.22")
}

// The messages of all versions mean to another parser what they mean to ours.
func TestGopacketReadsIGMP(t *testing.T) {
	seen := make(map[string]int)
	for version := 1; version <= 3; version++ {
		h := newMember(t, groupA, groupB)
		h.rx(queryFrame4(version, netip.Addr{}, 20))
		h.ifc.LeaveGroup(groupB)
		h.wait(20 * time.Second)
		if len(h.dev.out) == 0 {
			t.Fatalf("version %d: nothing sent", version)
		}
		for _, f := range h.dev.out {
			p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
			if e := p.ErrorLayer(); e != nil {
				t.Errorf("% x: %v", f, e.Error())
				continue
			}
			ip, ok := p.Layer(layers.LayerTypeIPv4).(*layers.IPv4)
			if !ok || ip.TTL != 1 || ip.TOS != 0xc0 || len(ip.Options) != 1 || ip.Options[0].OptionType != 148 {
				t.Errorf("% x: %v", f, p)
				continue
			}
			switch m := p.Layer(layers.LayerTypeIGMP).(type) {
			case *layers.IGMPv1or2:
				seen[fmt.Sprintf("%v %v", m.Type, m.GroupAddress)]++
				if want := ^checksumOf(f[38:46]); want != 0 {
					t.Errorf("checksum off by %#x", want)
				}
			case *layers.IGMP:
				if len(m.GroupRecords) != int(m.NumberOfGroupRecords) {
					t.Errorf("%d records, %d announced", len(m.GroupRecords), m.NumberOfGroupRecords)
				}
				for _, r := range m.GroupRecords {
					seen[fmt.Sprintf("%v %v %v", m.Type, r.Type, r.MulticastAddress)]++
				}
			default:
				t.Errorf("% x: %v", f, p)
			}
		}
	}
	for _, want := range []string{
		"IGMPv1 Membership Report 239.1.2.3", "IGMPv2 Membership Report 239.1.2.3", "Leave Group 239.1.2.4",
		"IGMPv3 Membership Report MODE_IS_EXCLUDE 239.1.2.3", "IGMPv3 Membership Report CHANGE_TO_INCLUDE_MODE 239.1.2.4",
	} {
		if seen[want] == 0 {
			t.Errorf("no %q among %v", want, seen)
		}
	}
}

// checksumOf adds up 16-bit words in ones' complement.
func checksumOf(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}

// Whatever comes as IGMP, in whatever order with joins and leaves: what the stack holds stays bounded, what it sends is right, and
// when all groups are left there is nothing more to do.
func FuzzIGMP(f *testing.F) {
	f.Add([]byte{0, 3, 8, 11, 100, 0, 0, 0, 0, 0, 0, 20, 2, 3})
	f.Add([]byte{0, 0, 1, 1, 2, 8, 11, 0, 0, 0, 239, 1, 2, 0, 30, 2, 0})
	f.Add([]byte{0, 4, 12, 11, 200, 0, 0, 239, 1, 2, 0, 2, 125, 0, 0, 30, 2, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		h := newBench(t, Config{Groups: 4})
		group := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{239, 1, 2, n & 7}) }
		next := func() (b byte) {
			if len(script) > 0 {
				b, script = script[0], script[1:]
			}
			return b
		}
		for n := 0; len(script) > 0 && n < 200; n++ {
			switch op := next(); op & 3 {
			case 0:
				_ = h.ifc.JoinGroup(group(next()))
			case 1:
				h.ifc.LeaveGroup(group(next()))
			case 2:
				h.wait(time.Duration(next()) * 100 * time.Millisecond)
			case 3:
				size := int(next()) & 31
				m := make(dissect.IGMP, max(size, 4))
				copy(m, script)
				script = script[min(len(m), len(script)):]
				h.rx(igmpFrame(dissect.IPv4Header{}, m))
			}
			if len(h.ifc.groups) > 4 || len(h.ifc.igmp.leaving) > maxLeaving {
				t.Fatalf("%d groups, %d being left", len(h.ifc.groups), len(h.ifc.igmp.leaving))
			}
		}
		checkAccounts(t, h.Stack)
		for i := range byte(8) {
			for h.ifc.LeaveGroup(group(i)) {
			}
		}
		h.wait(24 * time.Hour)
		h.sent()
		if len(h.ifc.groups) != 0 || len(h.ifc.igmp.leaving) != 0 || h.NextPoll() != Never {
			t.Errorf("%d groups, %d being left, next poll %v", len(h.ifc.groups), len(h.ifc.igmp.leaving), h.NextPoll())
		}
	})
}
