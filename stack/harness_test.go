package stack

import (
	"encoding/binary"
	"errors"
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
	ourMAC  = dissect.MAC{2, 0, 0, 0, 0, 1}
	peerMAC = dissect.MAC{0xaa, 0, 0, 0, 0, 100}
	ourIP   = netip.MustParseAddr("192.168.69.1")
	peerIP  = netip.MustParseAddr("192.168.69.100")
)

// wire is a Device in the hands of a test. What it lent is overwritten at the following Recv, as a real device's
// buffer would be.
type wire struct {
	in      []any // frames, or errors of Recv
	out     [][]byte
	room    int // frames that Send takes before it is full
	sendErr error
	rawIP   bool
	mtu     int
	lent    []byte
}

func (w *wire) Ethernet() bool { return !w.rawIP }
func (w *wire) MTU() int       { return w.mtu }

func (w *wire) Recv() ([]byte, error) {
	for i := range w.lent {
		w.lent[i] = 0xee
	}
	if len(w.in) == 0 {
		return nil, nil
	}
	next := w.in[0]
	w.in = w.in[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	w.lent = slices.Clone(next.([]byte))
	return w.lent, nil
}

func (w *wire) Send(pieces [][]byte) (bool, error) {
	if w.sendErr != nil {
		return false, w.sendErr
	}
	if w.room == 0 {
		return false, nil
	}
	w.room--
	w.out = append(w.out, slices.Concat(pieces...))
	return true, nil
}

// bench is a stack with one Ethernet interface, 192.168.69.1/24, and the test at the other end of the wire.
type bench struct {
	*Stack
	t   testing.TB
	dev *wire
	ifc *Interface
	at  Time
}

func newBench(t testing.TB, cfg Config) *bench {
	t.Helper()
	h := &bench{t: t, dev: &wire{room: 1 << 30, mtu: 1500}}
	cfg.Rand = rand.NewChaCha8([32]byte{1})
	if cfg.TCP.QuickAcks == 0 {
		cfg.TCP.QuickAcks = -1
	}
	h.Stack = New(cfg)
	var err error
	h.ifc, err = h.AddInterface(h.dev, InterfaceConfig{
		Name: "eth0", HardwareAddr: ourMAC, Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second) // the announcements go out
	if got := h.sent(); got != "arp announce 192.168.69.1\narp announce 192.168.69.1" {
		t.Fatalf("announcements: %s", got)
	}
	return h
}

// knowPeer has the peer in the neighbor cache.
func (h *bench) knowPeer() {
	h.t.Helper()
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
	if got := h.sent(); !strings.HasPrefix(got, "arp reply 192.168.69.1") {
		h.t.Fatalf("reply: %s", got)
	}
}

// poll polls until there is nothing to do at once.
func (h *bench) poll() {
	h.t.Helper()
	for range 1000 {
		if !h.Stack.Poll(h.at) {
			if err := h.Verify(); err != nil {
				h.t.Fatal(err)
			}
			return
		}
	}
	h.t.Fatal("Poll has something to do at once for ever")
}

// wait lets time pass, polling whenever the stack asks for it.
func (h *bench) wait(d time.Duration) {
	h.t.Helper()
	end := h.at.Add(d)
	for n := 0; ; n++ {
		next := h.NextPoll()
		if next > end {
			break
		}
		if n > 100000 {
			h.t.Fatal("busy loop: NextPoll does not move")
		}
		h.at = max(h.at, next)
		h.poll()
	}
	h.at = end
	h.poll()
}

// rx has the stack receive frames.
func (h *bench) rx(frames ...[]byte) {
	h.t.Helper()
	for _, f := range frames {
		h.dev.in = append(h.dev.in, f)
	}
	h.poll()
}

// sent says what the stack sent since the last call, one frame a line.
func (h *bench) sent() string {
	h.t.Helper()
	var lines []string
	for _, f := range h.dev.out {
		lines = append(lines, describe(h.t, f, h.dev.rawIP))
	}
	h.dev.out = nil
	return strings.Join(lines, "\n")
}

func (h *bench) expect(want ...string) {
	h.t.Helper()
	if got := h.sent(); got != strings.Join(want, "\n") {
		h.t.Errorf("sent:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// counted checks that a counter has been incremented to n.
func (h *bench) counted(name string, n uint64) {
	h.t.Helper()
	found := false
	h.Counters().Each(func(k string, v uint64) {
		if k == name {
			found = true
			if v != n {
				h.t.Errorf("%s is %d, want %d; all:\n%v", name, v, n, h.Counters())
			}
		}
	})
	if !found {
		h.t.Errorf("no counter %s", name)
	}
}

// describe says in a line what a frame is, having checked its checksums and lengths.
func describe(t testing.TB, f []byte, rawIP bool) string {
	t.Helper()
	to := ""
	if !rawIP {
		eth := dissect.Ethernet(f)
		if len(f) < 60 {
			t.Errorf("frame of %d bytes", len(f))
		}
		if eth.Src() != ourMAC {
			t.Errorf("frame from %s", eth.Src())
		}
		switch eth.Dst() {
		case peerMAC:
		case dissect.BroadcastMAC:
			to = " to all"
		default:
			to = " to " + eth.Dst().String()
		}
		f = eth.Payload()
		if eth.Type() == dissect.EtherTypeARP {
			h, err := dissect.ARP(f).Header()
			if err != nil || h.SenderMAC != ourMAC {
				t.Errorf("ARP %+v: %v", h, err)
			}
			switch {
			case h.Op == dissect.ARPRequest && h.SenderIP == h.TargetIP && to == " to all":
				return "arp announce " + h.TargetIP.String()
			case h.Op == dissect.ARPRequest:
				return fmt.Sprintf("arp request %s from %s%s", h.TargetIP, h.SenderIP, to)
			}
			if h.TargetMAC != eth.Dst() {
				t.Errorf("ARP reply for %s in a frame to %s", h.TargetMAC, eth.Dst())
			}
			return fmt.Sprintf("arp reply %s to %s%s", h.SenderIP, h.TargetIP, to)
		}
		if eth.Type() == dissect.EtherTypeIPv6 {
			return describe6(t, dissect.IPv6(f), to)
		}
	}
	ip := dissect.IPv4(f)
	if err := ip.CheckWhole(); err != nil || !ip.ChecksumOK() {
		t.Errorf("IPv4 header: %v, checksum ok %v", err, ip.Check() == nil && ip.ChecksumOK())
		return "?"
	}
	pad := ip[ip.TotalLen():]
	for _, b := range pad {
		if b != 0 {
			t.Errorf("padding is % x", pad)
			break
		}
	}
	ip = ip[:ip.TotalLen()]
	p := ip.Payload()
	head := fmt.Sprintf("%s>%s", ip.Src(), ip.Dst())
	if ip.IsFragment() {
		more := ""
		if ip.MoreFragments() {
			more = "+"
		}
		return fmt.Sprintf("fragment %s %d@%d%s%s", head, len(p), ip.FragmentOffset(), more, to)
	}
	pseudo := dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), ip.Protocol(), len(p))
	switch ip.Protocol() {
	case dissect.ProtoICMP:
		m := dissect.ICMPv4(p)
		if m.CheckWhole() != nil || !m.ChecksumOK() {
			t.Error("ICMP is wrong")
		}
		return fmt.Sprintf("icmp %s %d/%d len %d%s", head, m.Type(), m.Code(), len(p), to)
	case dissect.ProtoIGMP:
		return describeIGMP(t, ip, head, to)
	case dissect.ProtoUDP:
		u := dissect.UDP(p)
		if u.CheckWhole() != nil || !u.ChecksumOK(pseudo) {
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
	return fmt.Sprintf("ip %s proto %s len %d%s", head, ip.Protocol(), len(p), to)
}

// Frames that the test sends.

func ethFrame(src, dst dissect.MAC, t dissect.EtherType, payload []byte) []byte {
	h := dissect.EthernetHeader{Dst: dst, Src: src, Type: t}
	f := append(h.Append(nil), payload...)
	for len(f) < 60 {
		f = append(f, 0xdd) // padding is not always zero
	}
	return f
}

func arpFrame(op dissect.ARPOp, sha dissect.MAC, spa netip.Addr, tha dissect.MAC, tpa netip.Addr) []byte {
	dst := tha
	if dst == (dissect.MAC{}) {
		dst = dissect.BroadcastMAC
	}
	h := dissect.ARPHeader{Op: op, SenderMAC: sha, SenderIP: spa, TargetMAC: tha, TargetIP: tpa}
	return ethFrame(sha, dst, dissect.EtherTypeARP, h.Append(nil))
}

// ipPacket makes a packet of h, whose zero fields take usual values, with payload.
func ipPacket(h dissect.IPv4Header, payload []byte) []byte {
	def(&h.Src, peerIP)
	def(&h.Dst, ourIP)
	def(&h.TTL, 64)
	def(&h.TotalLen, h.HeaderLen()+len(payload))
	return append(h.Append(nil), payload...)
}

func ipFrame(h dissect.IPv4Header, payload []byte) []byte {
	return ethFrame(peerMAC, ourMAC, dissect.EtherTypeIPv4, ipPacket(h, payload))
}

func icmpMessage(typ dissect.ICMPv4Type, code uint8, data []byte) []byte {
	m := dissect.ICMPv4(append([]byte{uint8(typ), code, 0, 0, 0x12, 0x34, 0, 1}, data...))
	m.FillChecksum()
	return m
}

// echoFrame is a ping with n bytes.
func echoFrame(h dissect.IPv4Header, n int) []byte {
	h.Protocol = dissect.ProtoICMP
	return ipFrame(h, icmpMessage(dissect.ICMPv4EchoRequest, 0, bytesOf(n)))
}

func bytesOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7) ^ byte(i>>8)
	}
	return b
}

func udpDatagram(src, dst netip.Addr, sport, dport uint16, data string) []byte {
	h := dissect.UDPHeader{SrcPort: sport, DstPort: dport, Length: uint16(8 + len(data))}
	u := dissect.UDP(append(h.Append(nil), data...))
	u.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoUDP, len(u)))
	return u
}

func udpFrame(h dissect.IPv4Header, sport, dport uint16, data string) []byte {
	def(&h.Src, peerIP)
	def(&h.Dst, ourIP)
	h.Protocol = dissect.ProtoUDP
	return ipFrame(h, udpDatagram(h.Src, h.Dst, sport, dport, data))
}

func tcpSegment(src, dst netip.Addr, h dissect.TCPHeader, data string) []byte {
	s := dissect.TCP(append(h.Append(nil), data...))
	s.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoTCP, len(s)))
	return s
}

func tcpFrame(ip dissect.IPv4Header, h dissect.TCPHeader, data string) []byte {
	def(&ip.Src, peerIP)
	def(&ip.Dst, ourIP)
	ip.Protocol = dissect.ProtoTCP
	def(&h.Window, 65535)
	return ipFrame(ip, tcpSegment(ip.Src, ip.Dst, h, data))
}

func ipOptions(b ...byte) dissect.IPv4Options { return dissect.MakeIPv4Options(b) }

// unsum breaks the IP header checksum.
func unsum(f []byte) []byte {
	binary.BigEndian.PutUint16(f[24:], ^binary.BigEndian.Uint16(f[24:]))
	return f
}

// put overwrites bytes of a frame.
func put(f []byte, at int, b ...byte) []byte {
	copy(f[at:], b)
	return f
}

var errDevice = errors.New("input/output error")
