package host_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// ping is an echo request.
func ping(data string) []byte {
	h := dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}
	m := dissect.ICMPv4(append(h.Append(nil), data...))
	m.FillChecksum()
	return m
}

// Raw sockets as package net's: a program that pings with those pings with these.
func TestRawSockets(t *testing.T) {
	a, b := newPair(t)
	remote := &net.IPAddr{IP: net.ParseIP(addrB)}
	c, err := a.ListenPacket("ip4:icmp", "0.0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(ping("hello"), remote); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, from, err := c.ReadFrom(buf)
	if m := dissect.ICMPv4(buf[:n]); err != nil || m.Check() != nil || m.Type() != dissect.ICMPv4EchoReply || string(m.Data()) != "hello" || from.String() != addrB {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
	if c.LocalAddr().String() != "0.0.0.0" || c.LocalAddr().Network() != "ip" {
		t.Errorf("local address %v", c.LocalAddr())
	}

	d, err := a.Dial(context.Background(), "ip4:1", addrB)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(ping("connected")); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Read(buf); err != nil || string(buf[8:n]) != "connected" || d.RemoteAddr().String() != addrB {
		t.Errorf("%q, %v, peer %v", buf[:n], err, d.RemoteAddr())
	}

	// A protocol that nobody has, first without a receiver: the error names the system's number.
	x, err := a.Dial(context.Background(), "ip:200", addrB)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Write([]byte("anybody?")); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Read(buf); !errors.Is(err, syscall.ENOPROTOOPT) {
		t.Errorf("nobody has it: %v", err)
	}
	y, err := b.ListenIP("ip4:200", addrB, stack.RawOptions{Header: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Write([]byte("now?")); err != nil {
		t.Fatal(err)
	}
	n, m, err := y.ReadMsg(buf)
	if ip := dissect.IPv4(buf[:n]); err != nil || ip.CheckWhole() != nil || string(ip.Payload()) != "now?" || m.HeaderLen != 20 || m.Src.String() != addrA {
		t.Fatalf("% x, %+v, %v", buf[:n], m, err)
	}
	// Header: the answer is written whole.
	h := dissect.IPv4Header{TotalLen: 23, TTL: 9, DSCP: 10, Protocol: 200, Src: m.Dst, Dst: m.Src}
	if _, err := y.WriteTo(append(h.Append(nil), "yes"...), nil); err != nil {
		t.Fatal(err)
	}
	if n, err := x.Read(buf); err != nil || string(buf[:n]) != "yes" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if _, err := y.WriteTo([]byte("no packet"), nil); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("no packet: %v", err)
	}
	if _, err := y.WriteTo(nil, &net.UDPAddr{}); err == nil {
		t.Error("a UDP address is taken")
	}

	// Deadlines and ends.
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	for {
		if _, _, err = c.ReadFrom(buf); err != nil {
			break
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
	ended := make(chan error)
	go func() {
		var err error
		for err == nil {
			_, err = d.Read(make([]byte, 10)) // what had come before
		}
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	d.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read of a closed one: %v", err)
	}
	if err := d.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second close: %v", err)
	}
	go func() {
		var err error
		for err == nil {
			_, err = x.Read(make([]byte, 10)) // what had come before
		}
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	a.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after the host's end: %v", err)
	}
}

// What is no network or address of raw sockets.
func TestRawSocketsRefused(t *testing.T) {
	a, _ := newPair(t)
	for _, c := range []struct{ network, address string }{
		{"ip4", "0.0.0.0"}, {"ip4:nothing", "0.0.0.0"}, {"ip4:256", "0.0.0.0"}, {"ip5:icmp", "0.0.0.0"}, {"ip4:", ""}, {"ipx:1", ""},
		{"ip4:icmp", "::1"}, {"ip6:58", "10.0.0.1"}, {"ip4:icmp", "10.0.0.1:1"}, {"ip4:icmp", "10.0.0.9"}, {"ip4:255", ""},
	} {
		if x, err := a.ListenPacket(c.network, c.address); err == nil || x != nil {
			t.Errorf("listen %s %s: %v, %v", c.network, c.address, x, err)
		}
	}
	for _, c := range []struct{ network, address string }{{"ip4:icmp", ""}, {"ip4:icmp", "0.0.0.0"}, {"ip4:icmp", "8.8.8.8"}, {"ip6:icmp", addrB}} {
		if x, err := a.Dial(context.Background(), c.network, c.address); err == nil || x != nil {
			t.Errorf("dial %s %s: %v, %v", c.network, c.address, x, err)
		}
	}
	// The local address may be left out, and be that of either version.
	for network, want := range map[string]string{"ip:icmp": "0.0.0.0", "ip4:ICMP": "0.0.0.0", "ip6:ipv6-icmp": "::"} {
		x, err := a.ListenPacket(network, "")
		if err != nil || x.LocalAddr().String() != want {
			t.Errorf("%s: %v, %v", network, x, err)
		}
	}
}

// A tap writes a capture file of what a host receives and sends.
func TestTapToFile(t *testing.T) {
	a, b := newPair(t)
	var file bytes.Buffer
	w, err := capture.NewPcapWriter(&file, dissect.LinkEthernet, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 100)
	a.Do(func(s *stack.Stack) {
		tap := s.OpenTap(a.Interface(), stack.TapOptions{})
		tap.SetHandler(func() {
			for {
				f, err := tap.Next()
				if err != nil {
					return
				}
				written <- w.Write(&capture.Packet{Time: int64(f.Time), Data: f.Data, Len: f.Len, Link: f.Link()})
			}
		})
	})
	c, err := a.ListenPacket("udp", addrA+":0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := b.ListenPacket("udp", addrB+":7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo([]byte("recorded"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addrB+":7"))); err != nil {
		t.Fatal(err)
	}
	if _, from, err := d.ReadFrom(make([]byte, 10)); err != nil {
		t.Fatal(err)
	} else if _, err := d.WriteTo([]byte("answered"), from); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadFrom(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	a.Close()
	close(written)
	for err := range written {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	r, err := capture.NewReader(&file, "tap")
	if err != nil {
		t.Fatal(err)
	}
	var datagrams []string
	for {
		p, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if ip := dissect.IPv4(dissect.Ethernet(p.Data).Payload()); ip.Check() == nil && ip.Protocol() == dissect.ProtoUDP {
			datagrams = append(datagrams, string(dissect.UDP(ip.Payload()).Payload()))
		}
	}
	if !slices.Equal(datagrams, []string{"recorded", "answered"}) {
		t.Errorf("datagrams %q", datagrams)
	}
}

var _ net.PacketConn = (*host.IPConn)(nil)
