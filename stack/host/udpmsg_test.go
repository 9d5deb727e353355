package host_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// patience is how long anything may take that should happen at once.
const patience = 10 * time.Second

// A message tells both ends of a datagram and how it came, and takes the answer back the same way, from the address that was asked.
func TestUDPMessages(t *testing.T) {
	a, b := newPair6(t)
	b.Do(func(*stack.Stack) {
		if err := b.Interface().AddAddr(netip.MustParsePrefix("10.0.0.7/24")); err != nil {
			t.Error(err)
		}
	})
	lc := host.ListenConfig{Host: b, UDP: stack.UDPOptions{TTL: 9, DSCP: 10}}
	server, err := lc.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	server.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, 100)
	for _, to := range []string{"10.0.0.2", "10.0.0.7", "10.0.0.255", "fdaa::2", "fe80::2%eth0"} {
		// A source port of our choice.
		d := host.Dialer{Host: a, LocalAddr: netip.AddrPortFrom(netip.Addr{}, 5353), UDP: stack.UDPOptions{TTL: 77, DSCP: 46, ECN: dissect.ECT0}}
		var client *host.UDPConn
		if to == "10.0.0.255" { // the answer comes from another address
			lc := host.ListenConfig{Host: a, UDP: d.UDP}
			if client, err = lc.ListenPacket("udp4", ":5353"); err == nil {
				_, err = client.WriteTo([]byte("?"), &net.UDPAddr{IP: net.ParseIP(to), Port: 53})
			}
		} else {
			var c net.Conn
			if c, err = d.Dial(context.Background(), "udp", net.JoinHostPort(to, "53")); err == nil {
				client = c.(*host.UDPConn)
				_, err = client.Write([]byte("?"))
			}
		}
		if err != nil {
			t.Fatal(to, err)
		}
		n, m, err := server.ReadMsg(buf)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		wantLocal := netip.AddrPortFrom(netip.MustParseAddr(to).WithZone(""), 53)
		if m.Local.Addr().WithZone("") != wantLocal.Addr() || m.Local.Port() != 53 || m.Remote.Port() != 5353 || m.TTL != 77 || m.DSCP != 46 || m.ECN != dissect.ECT0 ||
			m.Interface != b.Interface() || m.Broadcast != (to == "10.0.0.255") {
			t.Errorf("to %s: %+v", to, m)
		}
		if n, err := server.WriteMsg([]byte("answer"), stack.UDPMessage{Remote: m.Remote, Local: m.Local, Interface: m.Interface}); n != 6 || err != nil {
			t.Errorf("answer from %s: %d, %v", to, n, err)
		}
		client.SetDeadline(time.Now().Add(patience))
		n, m, err = client.ReadMsg(buf)
		wantRemote := netip.MustParseAddr(to)
		if to == "10.0.0.255" {
			wantRemote = netip.MustParseAddr("10.0.0.2")
		}
		if err != nil || string(buf[:n]) != "answer" || m.Remote != netip.AddrPortFrom(wantRemote, 53) || m.TTL != 9 || m.DSCP != 10 {
			t.Errorf("%s: %q, %+v, %v", to, buf[:n], m, err)
		}
		client.Close()
	}
}

// Members of a group get what is sent to it, each of them, until they leave; others do not.
func TestUDPGroups(t *testing.T) {
	for _, c := range []struct{ network, group, plain string }{{"udp4", "239.1.2.3", "0.0.0.0"}, {"udp6", "ff05::1234", "::"}} {
		a, b := newPair6(t)
		group := netip.AddrPortFrom(netip.MustParseAddr(c.group), 7000)
		one, err := b.ListenMulticast(c.network, nil, group)
		if err != nil {
			t.Fatal(err)
		}
		two, err := b.ListenMulticast(c.network, nil, group)
		if err != nil {
			t.Fatal(err)
		}
		sender, err := a.Dial(context.Background(), c.network, group.String())
		if err != nil {
			t.Fatal(err)
		}
		expect := func(u *host.UDPConn, want string) {
			t.Helper()
			wait := patience
			if want == "" {
				wait = 50 * time.Millisecond
			}
			u.SetReadDeadline(time.Now().Add(wait))
			buf := make([]byte, 10)
			n, m, err := u.ReadMsg(buf)
			if string(buf[:n]) != want || (want == "") != errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s: %q, %v, want %q", c.group, buf[:n], err, want)
			}
			if want != "" && (!m.Broadcast || m.Local != group) {
				t.Errorf("%s: %+v", c.group, m)
			}
		}
		sender.Write([]byte("first"))
		expect(one, "first")
		expect(two, "first")
		if err := one.LeaveGroup(group.Addr(), nil); err != nil {
			t.Error(err)
		}
		if err := one.LeaveGroup(group.Addr(), nil); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("leave twice: %v", err)
		}
		if err := one.JoinGroup(group.Addr(), nil); err != nil {
			t.Error(err)
		}
		if err := one.JoinGroup(group.Addr(), nil); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("join twice: %v", err)
		}
		if err := one.JoinGroup(netip.MustParseAddr("10.0.0.9"), nil); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("join a host: %v", err)
		}
		sender.Write([]byte("second"))
		expect(one, "second")
		one.Close()
		two.Close()
		if err := one.JoinGroup(group.Addr(), nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("join after close: %v", err)
		}
		// A plain socket on the port, no member: nothing comes in, for the host is in no such group any more.
		plain, err := b.ListenPacket(c.network, net.JoinHostPort(c.plain, "7000"))
		if err != nil {
			t.Fatal(err)
		}
		sender.Write([]byte("third"))
		expect(plain.(*host.UDPConn), "")
	}
}

// A socket that is not connected hears of ICMP errors if it asks, a connected one always.
func TestUDPErrorsReported(t *testing.T) {
	a, _ := newPair6(t)
	for _, ask := range []bool{true, false} {
		lc := host.ListenConfig{Host: a, UDP: stack.UDPOptions{ReportErrors: ask}}
		for _, to := range []string{"10.0.0.2:9", "[fdaa::2]:9"} {
			u, err := lc.ListenPacket("udp", ":0")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := u.WriteToUDPAddrPort([]byte("x"), netip.MustParseAddrPort(to)); err != nil {
				t.Fatal(err)
			}
			u.SetReadDeadline(time.Now().Add(patience))
			if !ask {
				u.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			}
			if _, _, err := u.ReadFrom(make([]byte, 1)); ask != errors.Is(err, syscall.ECONNREFUSED) || ask == errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s, asked for errors: %t: %v", to, ask, err)
			}
			u.Close()
		}
	}
}

// What nettest asks of connections, as far as it holds for packet sockets: deadlines past, present and future, also of calls that block, Close
// that ends them, and many goroutines at once.
func TestPacketConn(t *testing.T) {
	for _, network := range []string{"udp4", "udp6"} {
		a, b := newPair6(t)
		x, err := a.ListenPacket(network, ":1000")
		if err != nil {
			t.Fatal(err)
		}
		y, err := b.ListenPacket(network, ":1000")
		if err != nil {
			t.Fatal(err)
		}
		to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(map[string]string{"udp4": "10.0.0.2:1000", "udp6": "[fdaa::2]:1000"}[network]))

		// Deadlines.
		expired := func(err error) bool {
			var e net.Error
			return errors.Is(err, os.ErrDeadlineExceeded) && errors.As(err, &e) && e.Timeout()
		}
		for _, d := range []time.Duration{-time.Second, 0, 20 * time.Millisecond} {
			y.SetReadDeadline(time.Now().Add(d))
			if _, _, err := y.ReadFrom(make([]byte, 1)); !expired(err) {
				t.Errorf("deadline in %v: %v", d, err)
			}
		}
		y.SetDeadline(time.Now().Add(-time.Second))
		if _, err := y.WriteTo([]byte("x"), x.LocalAddr()); !expired(err) {
			t.Errorf("write after the deadline: %v", err)
		}
		y.SetDeadline(time.Time{})
		blocked := make(chan error, 1)
		go func() {
			_, _, err := y.ReadFrom(make([]byte, 1))
			blocked <- err
		}()
		time.Sleep(10 * time.Millisecond)
		y.SetReadDeadline(time.Now())
		if err := <-blocked; !expired(err) {
			t.Errorf("a deadline set while a read blocks: %v", err)
		}
		y.SetReadDeadline(time.Now().Add(patience))

		// Every datagram arrives once, whole, and with its sender, whoever reads.
		const writers, each = 8, 20 // less than what waits for a neighbor
		var wg sync.WaitGroup
		got := make(chan string, writers*each)
		for w := range writers {
			wg.Add(2)
			go func() {
				defer wg.Done()
				for i := range each {
					if n, err := x.WriteTo(fmt.Appendf(nil, "%d of %d", i, w), to); err != nil || n < 6 {
						t.Error(n, err)
					}
				}
			}()
			go func() {
				defer wg.Done()
				buf := make([]byte, 100)
				for range each {
					n, from, err := y.ReadFrom(buf)
					if err != nil {
						t.Error(err)
						return
					}
					if from.(*net.UDPAddr).Port != 1000 {
						t.Errorf("from %v", from)
					}
					got <- string(buf[:n])
				}
			}()
		}
		wg.Wait()
		close(got)
		seen := map[string]bool{}
		for s := range got {
			seen[s] = true
		}
		if len(seen) != writers*each {
			t.Errorf("%d different datagrams of %d", len(seen), writers*each)
		}

		// What does not fit is cut off; an empty one is one.
		x.WriteTo([]byte("0123456789"), to)
		x.WriteTo(nil, to)
		if n, _, err := y.ReadFrom(make([]byte, 4)); n != 4 || err != nil {
			t.Error(n, err)
		}
		if n, from, err := y.ReadFrom(make([]byte, 4)); n != 0 || from == nil || err != nil {
			t.Error(n, from, err)
		}

		go func() {
			_, _, err := y.ReadFrom(make([]byte, 1))
			blocked <- err
		}()
		time.Sleep(10 * time.Millisecond)
		if err := y.Close(); err != nil {
			t.Error(err)
		}
		if err := <-blocked; !errors.Is(err, net.ErrClosed) {
			t.Errorf("a read that Close ends: %v", err)
		}
		if _, err := y.WriteTo(nil, to); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after Close: %v", err)
		}
		if err := y.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close again: %v", err)
		}
		if err := y.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("deadline after Close: %v", err)
		}
		if _, err := x.WriteTo(nil, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 1}); err == nil {
			t.Error("a TCP address will do")
		}
	}
}
