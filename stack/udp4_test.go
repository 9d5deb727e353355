package stack

import (
	"errors"
	"net/netip"
	"testing"

	"smoltcp/dissect"
)

// Every code of unreachable reaches the socket, as what the program can act on (RFC 1122 section 4.1.3.3).
func TestUnreachableCodes(t *testing.T) {
	want := [16]error{
		0: ErrNetUnreachable, 1: ErrHostUnreachable, 2: ErrProtoUnreach, 3: ErrRefused, 4: ErrMessageSize, 5: ErrHostUnreachable,
		6: ErrNetUnreachable, 7: ErrHostUnreachable, 8: ErrHostUnreachable, 9: ErrProhibited, 10: ErrProhibited,
		11: ErrNetUnreachable, 12: ErrHostUnreachable, 13: ErrProhibited, 14: ErrHostUnreachable, 15: ErrHostUnreachable,
	}
	for code, want := range want {
		h := newBench(t, Config{})
		u := h.openUDP("192.168.69.1:1000", UDPOptions{DontFragment: true})
		if err := u.Connect(netip.AddrPortFrom(peerIP, 9)); err != nil {
			t.Fatal(err)
		}
		p := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 17, DontFragment: true}, udpDatagram(ourIP, peerIP, 1000, 9, string(make([]byte, 1000))))
		m := dissect.ICMPv4(append([]byte{3, byte(code), 0, 0, 0, 0, 600 >> 8, 600 & 255}, p[:28]...)) // the MTU is for code 4
		m.FillChecksum()
		h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, m))
		if _, _, err := u.Recv(nil); !errors.Is(err, want) {
			t.Errorf("code %d: %v, want %v", code, err, want)
		}
		h.counted("ICMPReceived", 1)
	}
}

// trap udp.7: an ephemeral port is one that no open socket holds, with whatever address (RFC 6056 3.2, X-295).
func TestUDPPortsOverlap(t *testing.T) {
	h := newBench(t, Config{})
	const left = 5 // ports that are free
	next := 0
	for _, local := range []string{"192.168.69.1", "0.0.0.0", "::", "127.0.0.1", "::1", "192.168.69.255"} {
		for range numPorts/6 + 1 {
			if next == numPorts-left {
				break
			}
			u := h.openUDP(netip.AddrPortFrom(netip.MustParseAddr(local), uint16(firstPort+next)).String(), UDPOptions{Shared: true})
			if next%2 == 0 && local != "192.168.69.255" {
				to := ap("192.168.69.100:9")
				if local == "127.0.0.1" {
					to = ap("127.0.0.1:9")
				} else if local == "::1" {
					to = ap("[::1]:9")
				}
				if err := u.Connect(to); err != nil {
					t.Fatal(err)
				}
			}
			next++
		}
	}
	seen := map[uint16]bool{}
	for _, local := range []string{"192.168.69.1:0", "0.0.0.0:0", "[::]:0", "127.0.0.1:0", "[::1]:0"} {
		port := h.openUDP(local, UDPOptions{Shared: true}).LocalAddr().Port()
		if int(port) < 65536-left || seen[port] {
			t.Errorf("%s got port %d", local, port)
		}
		seen[port] = true
	}
	if _, err := h.DialUDP(ap("192.168.69.100:9"), UDPOptions{}); err != ErrNoPorts {
		t.Errorf("no port is left, and %v", err)
	}
}
