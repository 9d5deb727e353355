package stack

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

var (
	ourIP6   = netip.MustParseAddr("fdaa::1")
	ourLink  = netip.MustParseAddr("fe80::1")
	peerIP6  = netip.MustParseAddr("fdaa::64")
	peerLink = netip.MustParseAddr("fe80::64")
)

// newBench6 is newBench with fdaa::1/64 and fe80::1/64 instead of an IPv4 address, both of them assigned.
func newBench6(t testing.TB, cfg Config) *bench {
	t.Helper()
	h := startBench6(t, cfg, InterfaceConfig{Addrs: prefixes("fdaa::1/64", "fe80::1/64")})
	h.wait(10 * time.Second)
	if got := h.ifc.Addrs(); len(got) != 2 {
		t.Fatalf("addresses: %v", got)
	}
	h.sent()
	return h
}

// startBench6 makes a bench and lets no time pass.
func startBench6(t testing.TB, cfg Config, ifc InterfaceConfig) *bench {
	t.Helper()
	h := &bench{t: t, dev: &wire{room: 1 << 30, mtu: 1500}}
	cfg.Rand = rand.NewChaCha8([32]byte{1})
	if cfg.TCP.QuickAcks == 0 {
		cfg.TCP.QuickAcks = -1
	}
	h.Stack = New(cfg)
	ifc.Name, ifc.HardwareAddr = "eth0", ourMAC
	var err error
	if h.ifc, err = h.AddInterface(h.dev, ifc); err != nil {
		t.Fatal(err)
	}
	return h
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func ip6(s string) netip.Addr { return netip.MustParseAddr(s) }

// knowPeer6 has the peer's addresses in the neighbor cache: fdaa::64 and fe80::64 have asked for us.
func (h *bench) knowPeer6() {
	h.t.Helper()
	h.rx(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), nsFrame(peerLink, ourLink, ourLink, peerMAC))
	h.expect("na fdaa::1 SO fdaa::1>fdaa::64", "na fe80::1 SO fe80::1>fe80::64")
}

// frame6 makes a frame for us of h, whose zero fields take usual values, with payload. Groups are sent to their address on
// Ethernet.
func frame6(h dissect.IPv6Header, payload []byte) []byte {
	def(&h.Src, peerIP6)
	def(&h.Dst, ourIP6)
	def(&h.HopLimit, 64)
	def(&h.PayloadLen, len(payload))
	mac := ourMAC
	if h.Dst.IsMulticast() {
		mac = multicastMAC(h.Dst)
	}
	return ethFrame(peerMAC, mac, dissect.EtherTypeIPv6, append(h.Append(nil), payload...))
}

// icmp6Frame is frame6 for a message whose checksum is filled in.
func icmp6Frame(h dissect.IPv6Header, m dissect.ICMPv6) []byte {
	def(&h.Src, peerIP6)
	def(&h.Dst, ourIP6)
	h.NextHeader = dissect.ProtoICMPv6
	m = slices.Clone(m)
	m.FillChecksum(dissect.PseudoHeaderSum(h.Src, h.Dst, dissect.ProtoICMPv6, len(m)))
	return frame6(h, m)
}

func echo6Message(n int) dissect.ICMPv6 {
	return append(dissect.ICMPv6{128, 0, 0, 0, 0x12, 0x34, 0, 1}, bytesOf(n)...)
}

func echo6Frame(h dissect.IPv6Header, n int) []byte { return icmp6Frame(h, echo6Message(n)) }

// error6Frame is an error that quotes a packet.
func error6Frame(typ dissect.ICMPv6Type, code uint8, word uint32, quote []byte) []byte {
	m := dissect.ICMPv6{byte(typ), code, 0, 0, byte(word >> 24), byte(word >> 16), byte(word >> 8), byte(word)}
	return icmp6Frame(dissect.IPv6Header{Src: ip6("fdaa::99")}, append(m, quote...))
}

// nsFrame is a solicitation; a zero mac leaves the option out.
func nsFrame(src, dst, target netip.Addr, mac dissect.MAC) []byte {
	h := dissect.NeighborSolicitationHeader{Target: target}
	if mac != (dissect.MAC{}) {
		h.Options.AddSourceAddr(mac)
	}
	return icmp6Frame(dissect.IPv6Header{Src: src, Dst: dst, HopLimit: 255}, h.Append(nil))
}

// naFrame is an advertisement by the peer; flags are letters out of RSO, a zero mac leaves the option out.
func naFrame(dst, target netip.Addr, flags string, mac dissect.MAC) []byte {
	h := dissect.NeighborAdvertisementHeader{
		Target: target, Router: strings.Contains(flags, "R"), Solicited: strings.Contains(flags, "S"), Override: strings.Contains(flags, "O"),
	}
	if mac != (dissect.MAC{}) {
		h.Options.AddTargetAddr(mac)
	}
	return icmp6Frame(dissect.IPv6Header{Src: target, Dst: dst, HopLimit: 255}, h.Append(nil))
}

func udp6Frame(h dissect.IPv6Header, sport, dport uint16, data string) []byte {
	def(&h.Src, peerIP6)
	def(&h.Dst, ourIP6)
	h.NextHeader = dissect.ProtoUDP
	return frame6(h, udpDatagram(h.Src, h.Dst, sport, dport, data))
}

func tcp6Frame(ip dissect.IPv6Header, h dissect.TCPHeader, data string) []byte {
	def(&ip.Src, peerIP6)
	def(&ip.Dst, ourIP6)
	def(&h.Window, 65535)
	ip.NextHeader = dissect.ProtoTCP
	return frame6(ip, tcpSegment(ip.Src, ip.Dst, h, data))
}

// fragments6 cuts the packet that frame6 would make into fragments of size bytes. unfragmentable precedes the Fragment header of
// each; its last header must say 44.
func fragments6(h dissect.IPv6Header, id uint32, proto dissect.IPProto, unfragmentable, payload []byte, size int) (frames [][]byte) {
	if unfragmentable == nil {
		h.NextHeader = dissect.ProtoFragment
	}
	for off := 0; off < len(payload); off += size {
		end := min(off+size, len(payload))
		f := dissect.IPv6FragmentHeader{NextHeader: proto, Offset: off, MoreFragments: end < len(payload), ID: id}
		frames = append(frames, frame6(h, append(f.Append(slices.Clone(unfragmentable)), payload[off:end]...)))
	}
	return frames
}

// describe6 is describe for a packet of IPv6.
func describe6(t testing.TB, ip dissect.IPv6, to string) string {
	t.Helper()
	if err := ip.CheckWhole(); err != nil {
		t.Errorf("IPv6 header: %v", err)
		return "?"
	}
	n, _ := ip.Len()
	for _, b := range ip[n:] {
		if b != 0 {
			t.Errorf("padding is % x", []byte(ip[n:]))
			break
		}
	}
	ip = ip[:n]
	src, dst := ip.Src(), ip.Dst()
	if dst.IsMulticast() {
		if want := " to " + multicastMAC(dst).String(); to != want {
			t.Errorf("a packet to %s goes%s, want%s", dst, to, want)
		}
		to = ""
	}
	head := fmt.Sprintf("%s>%s", src, dst)
	proto, p := ip.NextHeader(), ip.Payload()
	if proto == dissect.ProtoFragment {
		f := dissect.IPv6Fragment(p)
		more := ""
		if f.MoreFragments() {
			more = "+"
		}
		return fmt.Sprintf("fragment %s %d@%d%s%s", head, len(f.Payload()), f.Offset(), more, to)
	}
	alert := false
	if proto == dissect.ProtoHopByHop {
		o, _, err := dissect.NextIPv6Option(p[2:])
		if v, ok := o.RouterAlert(); err != nil || !ok || v != dissect.RouterAlertMLD || len(p) < 8 {
			t.Errorf("Hop-by-Hop header % x", p)
		}
		proto, p, alert = dissect.IPProto(p[0]), p[8:], true
	}
	pseudo := dissect.PseudoHeaderSum(src, dst, proto, len(p))
	switch proto {
	case dissect.ProtoICMPv6:
		return describeICMP6(t, ip, p, head, to, alert)
	case dissect.ProtoUDP:
		u := dissect.UDP(p)
		if u.CheckWhole() != nil || !u.ChecksumOK(pseudo) || u.Checksum() == 0 {
			t.Error("UDP is wrong")
		}
		return fmt.Sprintf("udp %s %d>%d %q%s", head, u.SrcPort(), u.DstPort(), u.Payload(), to)
	case dissect.ProtoTCP:
		s := dissect.TCP(p)
		if s.CheckWhole() != nil || !s.ChecksumOK(pseudo) {
			t.Error("TCP is wrong")
		}
		return fmt.Sprintf("tcp %s %d>%d %s len %d%s", head, s.SrcPort(), s.DstPort(), s.Flags(), len(s.Payload()), to)
	}
	return fmt.Sprintf("ip %s proto %s len %d%s", head, proto, len(p), to)
}

func describeICMP6(t testing.TB, ip dissect.IPv6, m dissect.ICMPv6, head, to string, alert bool) string {
	t.Helper()
	if m.CheckWhole() != nil || !m.ChecksumOK(dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoICMPv6, len(m))) {
		t.Errorf("ICMPv6 is wrong: % x", []byte(m))
	}
	typ := m.Type()
	if ndp := typ >= dissect.ICMPv6RouterSolicitation && typ <= dissect.ICMPv6Redirect; ndp && ip.HopLimit() != 255 {
		t.Errorf("hop limit %d", ip.HopLimit())
	}
	var mac dissect.MAC
	switch typ {
	case dissect.ICMPv6NeighborSolicitation:
		n := dissect.NeighborSolicitation(m)
		mac, _ = linkAddrOption(n.Options(), dissect.NDPOptSourceAddr)
		if (mac == ourMAC) == ip.Src().IsUnspecified() {
			t.Errorf("solicitation from %s with the option %s", ip.Src(), mac)
		}
		return fmt.Sprintf("ns %s %s%s", n.Target(), head, to)
	case dissect.ICMPv6NeighborAdvertisement:
		n := dissect.NeighborAdvertisement(m)
		if mac, _ = linkAddrOption(n.Options(), dissect.NDPOptTargetAddr); mac != ourMAC {
			t.Errorf("advertisement of %s", mac)
		}
		flags := ""
		for _, f := range []struct {
			set    bool
			letter string
		}{{n.Router(), "R"}, {n.Solicited(), "S"}, {n.Override(), "O"}} {
			if f.set {
				flags += f.letter
			}
		}
		return strings.ReplaceAll(fmt.Sprintf("na %s %s %s%s", n.Target(), flags, head, to), "  ", " ")
	case dissect.ICMPv6RouterSolicitation:
		return fmt.Sprintf("rs %s%s", head, to)
	case dissect.ICMPv6MLDReport, dissect.ICMPv6MLDDone:
		if !alert || ip.HopLimit() != 1 {
			t.Error("MLD without alert, or with a wrong hop limit")
		}
		return fmt.Sprintf("mld1 %d %s %s%s", typ, dissect.MLD(m).Group(), head, to)
	case dissect.ICMPv6MLDv2Report:
		if !alert || ip.HopLimit() != 1 {
			t.Error("MLD without alert, or with a wrong hop limit")
		}
		var records []string
		r := dissect.MLDv2Report(m)
		for b := r.Records(); len(b) > 0; {
			rec, rest, err := dissect.NextMLDRecord(b)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, fmt.Sprintf("%s %s", rec.Type(), rec.Group()))
			b = rest
		}
		if len(records) != r.NumRecords() {
			t.Errorf("%d records of %d", len(records), r.NumRecords())
		}
		return fmt.Sprintf("mld %s %s%s", strings.Join(records, ", "), head, to)
	}
	if alert {
		t.Error("a Router Alert on something else")
	}
	detail := ""
	if typ == dissect.ICMPv6ParameterProblem {
		detail = fmt.Sprintf(" at %d", m.Pointer())
	}
	return fmt.Sprintf("icmp6 %s %d/%d%s len %d%s", head, typ, m.Code(), detail, len(m), to)
}
