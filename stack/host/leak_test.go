package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// deafDevice is a wire that can be made to swallow what is sent.
type deafDevice struct {
	capture.Device
	deaf atomic.Bool
}

func (d *deafDevice) Send(pieces [][]byte) (bool, error) {
	if d.deaf.Load() {
		return true, nil
	}
	return d.Device.Send(pieces)
}

// leakHosts runs two hosts, 10.0.0.1 and 10.0.0.2, that end with the test. TIME-WAIT is short, so that it can be waited for.
func leakHosts(t *testing.T) (a, b *Host, wire *deafDevice) {
	t.Helper()
	x, y := capture.Pipe(1500)
	wire = &deafDevice{Device: y}
	var hosts [2]*Host
	for i, dev := range []Device{x, wire} {
		h, err := New(dev, Config{
			Stack: stack.Config{TCP: tcp.Config{TimeWait: 20 * time.Millisecond}},
			Interface: stack.InterfaceConfig{
				HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, byte(i + 1)}, Addrs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- h.Run(context.Background()) }()
		t.Cleanup(func() {
			h.Close()
			<-ended
		})
		hosts[i] = h
	}
	return hosts[0], hosts[1], wire
}

// empty waits until the host has no connection, no buffer and no open endpoint.
func (h *Host) empty(t *testing.T) {
	t.Helper()
	var left string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left = ""
		h.Do(func(s *stack.Stack) {
			for c := range s.TCPSockets() {
				left += fmt.Sprintf("%v-%v %v\n", c.LocalAddr(), c.RemoteAddr(), c.State())
			}
			if n := s.TCPMemory(); n != 0 {
				left += fmt.Sprintf("%d bytes of buffers\n", n)
			}
			if n := len(h.open); n != 0 {
				left += fmt.Sprintf("%d endpoints\n", n)
			}
		})
		if left == "" {
			return
		}
	}
	t.Errorf("there is left:\n%s", left)
}

// Whatever way a connection or a socket ends, nothing of it stays: no goroutine, connection, buffer, endpoint or running deadline.
func TestNothingLeaks(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, a, b *Host, wire *deafDevice)
	}{
		{"refused", func(t *testing.T, a, b *Host, _ *deafDevice) {
			if _, err := a.Dial(ctx, "tcp", "10.0.0.2:9"); !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		}},
		{"no such neighbor", func(t *testing.T, a, _ *Host, _ *deafDevice) {
			d, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			if _, err := a.Dial(d, "tcp", "10.0.0.77:9"); !isTimeout(err) {
				t.Error(err)
			}
		}},
		{"canceled", func(t *testing.T, a, b *Host, wire *deafDevice) {
			l, err := b.Listen("tcp", ":9")
			if err != nil {
				t.Fatal(err)
			}
			if c, err := a.Dial(ctx, "tcp", "10.0.0.2:9"); err != nil { // addresses are known
				t.Error(err)
			} else {
				c.Close()
			}
			wire.deaf.Store(true) // the answer to the SYN is lost: half open over there
			for range 5 {
				d, cancel := context.WithCancel(ctx)
				time.AfterFunc(10*time.Millisecond, cancel)
				if _, err := a.Dial(d, "tcp", "10.0.0.2:9"); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
			wire.deaf.Store(false)
			l.Close()
		}},
		{"half open", func(t *testing.T, a, b *Host, wire *deafDevice) {
			l, err := b.Listen("tcp", ":9")
			if err != nil {
				t.Fatal(err)
			}
			if c, err := a.Dial(ctx, "tcp", "10.0.0.2:9"); err != nil { // addresses are known
				t.Error(err)
			} else {
				c.Close()
			}
			wire.deaf.Store(true)
			d, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			dialed := make(chan error, 1)
			go func() {
				_, err := a.Dial(d, "tcp", "10.0.0.2:9")
				dialed <- err
			}()
			time.Sleep(20 * time.Millisecond)
			l.Close()
			if err := <-dialed; !isTimeout(err) && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
			wire.deaf.Store(false)
		}},
		{"never accepted", func(t *testing.T, a, b *Host, _ *deafDevice) {
			l, err := b.Listen("tcp", ":9")
			if err != nil {
				t.Fatal(err)
			}
			c, err := a.Dial(ctx, "tcp", "10.0.0.2:9")
			if err != nil {
				t.Fatal(err)
			}
			c.Write([]byte("nobody reads this"))
			l.Close()
			c.SetDeadline(time.Now().Add(time.Hour))
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Error(err)
			}
			c.Close()
		}},
		{"unread", func(t *testing.T, a, b *Host, _ *deafDevice) {
			c, s := leakPair(t, a, b)
			c.Write(make([]byte, 100000))
			time.Sleep(10 * time.Millisecond)
			s.Close()
			c.Close()
		}},
		{"unsent", func(t *testing.T, a, b *Host, _ *deafDevice) {
			c, s := leakPair(t, a, b)
			c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			for err := error(nil); err == nil; _, err = c.Write(make([]byte, 100000)) {
			}
			c.(*TCPConn).Abort()
			s.Close()
		}},
		{"orderly", func(t *testing.T, a, b *Host, _ *deafDevice) {
			c, s := leakPair(t, a, b)
			go func() {
				io.Copy(s, s)
				s.Close()
			}()
			c.Write(make([]byte, 100000))
			c.(*TCPConn).CloseWrite()
			if n, err := io.Copy(io.Discard, c); n != 100000 || err != nil {
				t.Error(n, err)
			}
			c.Close()
		}},
		{"blocked", func(t *testing.T, a, b *Host, _ *deafDevice) {
			c, s := leakPair(t, a, b)
			ended := make(chan error, 2)
			for _, c := range []net.Conn{c, s} {
				go func() {
					_, err := c.Read(make([]byte, 1))
					ended <- err
				}()
			}
			time.Sleep(10 * time.Millisecond)
			c.Close()
			s.Close()
			<-ended
			<-ended
		}},
		{"udp", func(t *testing.T, a, b *Host, _ *deafDevice) {
			u, err := b.ListenMulticast("udp4", nil, netip.MustParseAddrPort("239.1.1.1:9"))
			if err != nil {
				t.Fatal(err)
			}
			v, err := a.Dial(ctx, "udp", "239.1.1.1:9")
			if err != nil {
				t.Fatal(err)
			}
			v.SetDeadline(time.Now().Add(time.Hour))
			v.Write([]byte("x"))
			u.Close()
			v.Close()
			for h, at := range map[*Host]net.Addr{a: v.LocalAddr(), b: u.LocalAddr()} {
				again, err := h.ListenPacket("udp", fmt.Sprint(":", at.(*net.UDPAddr).Port))
				if err != nil {
					t.Fatalf("the port is taken still: %v", err)
				}
				again.Close()
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			goroutines := runtime.NumGoroutine()
			a, b, wire := leakHosts(t)
			for range 3 {
				c.run(t, a, b, wire)
			}
			a.empty(t)
			b.empty(t)
			ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			a.Shutdown(ctx)
			b.Shutdown(ctx)
			for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					buf := make([]byte, 1<<16)
					t.Fatalf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), goroutines, buf[:runtime.Stack(buf, true)])
				}
			}
		})
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func leakPair(t *testing.T, a, b *Host) (client, server net.Conn) {
	t.Helper()
	l, err := b.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = a.Dial(context.Background(), "tcp", fmt.Sprint("10.0.0.2:", l.Addr().(*net.TCPAddr).Port))
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// A deadline that is still to come ends with what it is for.
func TestDeadlinesEnd(t *testing.T) {
	a, b, _ := leakHosts(t)
	c, s := leakPair(t, a, b)
	l, err := a.Listen("tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	u, err := a.ListenPacket("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	l.(*TCPListener).SetDeadline(later)
	for _, c := range []interface{ SetDeadline(time.Time) error }{c, s, u} {
		if err := c.SetDeadline(later); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	l.Close()
	u.Close()
	b.Close() // ends s
	for name, e := range map[string]*endpoint{
		"connection": &c.(*TCPConn).endpoint, "of a host that ended": &s.(*TCPConn).endpoint, "listener": &l.(*TCPListener).endpoint, "packet": &u.(*UDPConn).endpoint,
	} {
		for _, d := range []*deadline{&e.rd, &e.wr} {
			d.mu.Lock()
			if d.timer != nil {
				t.Errorf("%s: a deadline is running", name)
			}
			d.mu.Unlock()
		}
	}
}
