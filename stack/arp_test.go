package stack

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

func peer(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{192, 168, byte(69 + n/200), byte(2 + n%200)})
}
func peerMACOf(n int) dissect.MAC { return dissect.MAC{0xaa, 0, 0, 1, byte(n >> 8), byte(n)} }

// Which ARP packets are answered, and what the cache knows afterwards.
func TestARPInput(t *testing.T) {
	other := netip.MustParseAddr("192.168.69.50")
	far := netip.MustParseAddr("10.9.8.7")
	request := func(sha dissect.MAC, spa, tpa netip.Addr) []byte {
		return arpFrame(dissect.ARPRequest, sha, spa, dissect.MAC{}, tpa)
	}
	for _, c := range []struct {
		name    string
		frame   []byte
		reply   string
		learned netip.Addr // expected to be in the cache, at peerMAC
		counter string
	}{
		{"request for us", request(peerMAC, peerIP, ourIP), "arp reply 192.168.69.1 to 192.168.69.100", peerIP, "ARPReceived"},
		{"request for another creates no entry", request(peerMAC, peerIP, other), "", netip.Addr{}, "ARPReceived"},
		{"probe is answered and not cached", request(peerMAC, netip.IPv4Unspecified(), ourIP), "arp reply 192.168.69.1 to 0.0.0.0", netip.Addr{}, "ARPReceived"},
		{"sender outside our prefixes", request(peerMAC, far, ourIP), "arp reply 192.168.69.1 to 10.9.8.7", far, "ARPReceived"},
		{"gratuitous of a stranger creates no entry", request(peerMAC, peerIP, peerIP), "", netip.Addr{}, "ARPReceived"},
		{"reply to us that nobody asked for", arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP), "", peerIP, "ARPReceived"},
		{"group sender address", request(dissect.MAC{1, 0, 0x5e, 0, 0, 1}, peerIP, ourIP), "", netip.Addr{}, "ARPBadSender"},
		{"broadcast sender IP", request(peerMAC, netip.MustParseAddr("192.168.69.255"), ourIP), "", netip.Addr{}, "ARPBadSender"},
		{"multicast sender IP", request(peerMAC, netip.MustParseAddr("224.0.0.5"), ourIP), "", netip.Addr{}, "ARPBadSender"},
		{"our own frame reflected", request(ourMAC, ourIP, other), "", netip.Addr{}, "ARPReceived"},
		{"protocol address of 5 bytes", put(request(peerMAC, peerIP, ourIP), 14+5, 5), "", netip.Addr{}, "ARPMalformed"},
		{"hardware address of 8 bytes", put(request(peerMAC, peerIP, ourIP), 14+4, 8), "", netip.Addr{}, "ARPMalformed"},
		{"unknown operation", put(request(peerMAC, peerIP, ourIP), 14+7, 9), "", netip.Addr{}, "ARPMalformed"},
		{"cut off", request(peerMAC, peerIP, ourIP)[:30], "", netip.Addr{}, "ARPMalformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{})
			h.rx(c.frame)
			if c.reply == "" {
				h.expect()
			} else {
				h.expect(c.reply)
			}
			h.counted(c.counter, 1)
			want := 0
			if c.learned.IsValid() {
				want = 1
				if n := h.ifc.neighbors.entries[c.learned]; n == nil || n.mac != peerMAC || n.state != reachable {
					t.Errorf("cache has %+v for %s", n, c.learned)
				}
			}
			if got := len(h.ifc.neighbors.entries); got != want {
				t.Errorf("cache has %d entries, want %d", got, want)
			}
		})
	}
}

// A cached sender's new hardware address is taken from any ARP packet (RFC 826).
func TestARPMerge(t *testing.T) {
	moved := dissect.MAC{0xba, 0xbb, 0, 0, 0, 1}
	for name, frame := range map[string][]byte{
		"gratuitous request":  arpFrame(dissect.ARPRequest, moved, peerIP, dissect.MAC{}, peerIP),
		"gratuitous reply":    arpFrame(dissect.ARPReply, moved, peerIP, dissect.BroadcastMAC, peerIP),
		"request for another": arpFrame(dissect.ARPRequest, moved, peerIP, dissect.MAC{}, netip.MustParseAddr("192.168.69.7")),
	} {
		t.Run(name, func(t *testing.T) {
			h := newBench(t, Config{})
			h.knowPeer()
			h.rx(frame)
			if n := h.ifc.neighbors.entries[peerIP]; n == nil || n.mac != moved {
				t.Errorf("entry %+v, want %s", n, moved)
			}
		})
	}
}

// The first packet to an unresolved neighbor waits and is sent, in order; requests go out once a second, three times.
func TestNeighborResolution(t *testing.T) {
	h := newBench(t, Config{})
	u, err := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(peerIP, 2000)
	for _, s := range []string{"one", "two", "three"} {
		if err := u.SendTo([]byte(s), to); err != nil {
			t.Fatal(err)
		}
	}
	h.poll()
	h.expect("arp request 192.168.69.100 from 192.168.69.1 to all")
	h.wait(1500 * time.Millisecond)
	h.expect("arp request 192.168.69.100 from 192.168.69.1 to all")
	h.dev.room = 1 // the device is full after one: the others still leave before what is sent later
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
	if err := u.SendTo([]byte("four"), to); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.dev.room = 100
	h.poll()
	h.expect(`udp 192.168.69.1>192.168.69.100 1000>2000 "one"`, `udp 192.168.69.1>192.168.69.100 1000>2000 "two"`,
		`udp 192.168.69.1>192.168.69.100 1000>2000 "three"`, `udp 192.168.69.1>192.168.69.100 1000>2000 "four"`)
}

// An echo reply, an ICMP error and a RST wait for the neighbor as data does (the first ping is not lost).
func TestNeighborRepliesWait(t *testing.T) {
	h := newBench(t, Config{})
	h.rx(echoFrame(dissect.IPv4Header{}, 4), udpFrame(dissect.IPv4Header{}, 5, 6, "x"),
		tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 7, DstPort: 8, Flags: dissect.SYN}, ""))
	h.expect("arp request 192.168.69.100 from 192.168.69.1 to all")
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12", "icmp 192.168.69.1>192.168.69.100 3/3 len 37",
		"tcp 192.168.69.1>192.168.69.100 8>7 RST|ACK len 0")
}

func TestNeighborFailure(t *testing.T) {
	h := newBench(t, Config{})
	u, err := h.DialUDP(netip.AddrPortFrom(peerIP, 2000), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wakes := 0
	u.SetHandler(func() { wakes++ })
	h.poll()
	for range 3 {
		if err := u.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	wakes = 0
	h.wait(2900 * time.Millisecond)
	if got := strings.Count(h.sent(), "arp request"); got != 3 {
		t.Errorf("%d requests", got)
	}
	if u.Readable() {
		t.Error("failed too early")
	}
	h.wait(200 * time.Millisecond)
	h.expect()
	h.counted("NeighborUnsent", 3)
	if wakes != 1 {
		t.Errorf("handler called %d times", wakes)
	}
	if _, _, err := u.Peek(); err != ErrHostUnreachable {
		t.Errorf("Peek: %v", err)
	}
	if _, _, err := u.Recv(nil); err != ErrHostUnreachable {
		t.Errorf("Recv: %v", err)
	}
	if _, _, err := u.Recv(nil); err != ErrWouldBlock {
		t.Errorf("Recv again: %v", err)
	}
	if h.ifc.neighbors.waiting != 0 || len(h.ifc.neighbors.entries) != 0 {
		t.Errorf("%d bytes wait, %d entries", h.ifc.neighbors.waiting, len(h.ifc.neighbors.entries))
	}
}

// A reply that is already in the receive queue counts before the timer may declare failure.
func TestNeighborReplyAtDeadline(t *testing.T) {
	h := newBench(t, Config{Burst: 1})
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP, 2000))
	h.poll()
	h.wait(2500 * time.Millisecond)
	h.sent()
	for range 5 { // the reply is behind other frames, and a Poll takes one
		h.dev.in = append(h.dev.in, ethFrame(peerMAC, dissect.MAC{2, 9}, dissect.EtherTypeIPv4, nil))
	}
	h.dev.in = append(h.dev.in, arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
	h.at = h.NextPoll()
	h.poll()
	h.expect(`udp 192.168.69.1>192.168.69.100 1000>2000 "x"`)
}

// Requests go out at most once a second for each destination, whatever the cache forgets meanwhile; no destination
// waits for another.
func TestNeighborRequestLimit(t *testing.T) {
	h := newBench(t, Config{Neighbors: 8})
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	// Nine dead neighbors in turn over a cache of eight, many times a second.
	for range 38 {
		for n := range 9 {
			_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peer(n), 2000))
		}
		h.wait(50 * time.Millisecond)
	}
	count := map[string]int{}
	for _, line := range strings.Split(h.sent(), "\n") {
		count[line]++
	}
	if len(count) != 9 {
		t.Errorf("asked for %d neighbors", len(count))
	}
	for line, n := range count {
		if n > 2 { // in two seconds
			t.Errorf("%d times %s", n, line)
		}
	}
	if got := len(h.ifc.neighbors.entries); got > 8 {
		t.Errorf("%d entries", got)
	}
	if h.Counters().NeighborsEvicted == 0 {
		t.Error("nothing was evicted")
	}
}

// Waiting packets are bounded for each neighbor; the newest replaces the oldest; no neighbor costs another a packet.
func TestNeighborQueueBound(t *testing.T) {
	h := newBench(t, Config{NeighborQueue: 2})
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	_ = u.SendTo([]byte("other"), netip.AddrPortFrom(peer(1), 2000))
	for i := range 5 {
		_ = u.SendTo(fmt.Append(nil, i), netip.AddrPortFrom(peerIP, 2000))
	}
	h.poll()
	h.sent()
	h.counted("NeighborQueueDrops", 3)
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP), arpFrame(dissect.ARPReply, peerMACOf(1), peer(1), ourMAC, ourIP))
	h.expect(`udp 192.168.69.1>192.168.69.100 1000>2000 "3"`, `udp 192.168.69.1>192.168.69.100 1000>2000 "4"`,
		`udp 192.168.69.1>192.168.69.3 1000>2000 "other" to aa-00-00-01-00-01`)
}

// A thousand forged pings from invented neighbors: little memory, no reachable entry lost, receiving and sending go on.
func TestNeighborForgedPings(t *testing.T) {
	h := newBench(t, Config{Neighbors: 64})
	h.ifc.addrs[0] = netip.PrefixFrom(ourIP, 16)
	h.knowPeer()
	for n := range 1000 {
		h.rx(echoFrame(dissect.IPv4Header{Src: peer(n)}, 1000))
	}
	h.sent()
	if n := len(h.ifc.neighbors.entries); n > 65 {
		t.Errorf("%d entries", n)
	}
	if n := h.ifc.neighbors.waiting; n > 1<<20 {
		t.Errorf("%d bytes wait", n)
	}
	h.rx(echoFrame(dissect.IPv4Header{}, 4))
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12")
	h.wait(10 * time.Second)
	if n := h.ifc.neighbors.waiting; n != 0 {
		t.Errorf("%d bytes still wait", n)
	}
}

// Requests from invented stations evict no entry that is in use.
func TestNeighborForgedRequests(t *testing.T) {
	h := newBench(t, Config{Neighbors: 64})
	h.ifc.addrs[0] = netip.PrefixFrom(ourIP, 16)
	h.knowPeer()
	for n := range 1000 {
		h.rx(arpFrame(dissect.ARPRequest, peerMACOf(n), peer(n), dissect.MAC{}, ourIP))
	}
	if got := strings.Count(h.sent(), "arp reply"); got != 1000 {
		t.Errorf("%d replies", got)
	}
	if n := h.ifc.neighbors.entries[peerIP]; n == nil || len(h.ifc.neighbors.entries) > 64 {
		t.Errorf("entry %v of %d", n, len(h.ifc.neighbors.entries))
	}
}

// An entry in use is asked again by unicast before it expires, and packets keep flowing; one not in use expires quietly.
func TestNeighborRevalidation(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	send := func() {
		_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP, 2000))
		h.poll()
	}
	const datagram = `udp 192.168.69.1>192.168.69.100 1000>2000 "x"`
	h.wait(29 * time.Second)
	send()
	h.expect(datagram)
	h.wait(2 * time.Second)
	send()
	h.expect("arp request 192.168.69.100 from 192.168.69.1", datagram)
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
	h.wait(29 * time.Second)
	send()
	h.expect(datagram)
	// The peer goes away: three unicast requests, then the entry is not used any more.
	h.wait(2 * time.Second)
	send()
	h.wait(5 * time.Second)
	h.expect("arp request 192.168.69.100 from 192.168.69.1", datagram,
		"arp request 192.168.69.100 from 192.168.69.1", "arp request 192.168.69.100 from 192.168.69.1")
	send()
	h.expect("arp request 192.168.69.100 from 192.168.69.1 to all")
}

// An expired neighbor is not used, also when nothing was polled since; a datagram sent after an idle day waits its
// full time.
func TestNeighborExpiry(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	h.at = h.at.Add(24 * time.Hour)
	h.Advance(h.at)
	_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP, 2000))
	h.poll()
	h.expect("arp request 192.168.69.100 from 192.168.69.1 to all")
	h.wait(2 * time.Second)
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
	if got := h.sent(); !strings.Contains(got, `"x"`) {
		t.Errorf("sent %s", got)
	}
}

// A claim to our address is answered by an announcement, at most once in ten seconds (RFC 5227 section 2.4), and
// changes nothing.
func TestARPConflict(t *testing.T) {
	var events []Event
	h := newBench(t, Config{Events: func(e Event) { events = append(events, e) }})
	h.wait(time.Minute)
	claim := arpFrame(dissect.ARPRequest, peerMAC, ourIP, dissect.MAC{}, ourIP)
	events = nil
	h.rx(claim)
	h.expect("arp announce 192.168.69.1")
	if len(events) == 0 || events[0].Kind != EventConflict || events[0].MAC != peerMAC || events[0].Addr != ourIP {
		t.Errorf("events %v", events)
	}
	h.rx(claim, claim)
	h.wait(9 * time.Second)
	h.expect()
	h.wait(2 * time.Second)
	h.rx(claim)
	h.expect("arp announce 192.168.69.1")
	h.counted("ARPConflicts", 4)
	if len(h.ifc.neighbors.entries) != 0 {
		t.Error("our own address is in the cache")
	}
}
