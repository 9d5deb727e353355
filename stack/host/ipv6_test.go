package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/net/nettest"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// newPair6 makes two hosts on one wire with addresses of both IP versions: 10.0.0.1, fdaa::1 and fe80::1, and the same with 2. Their
// interfaces are called eth0.
func newPair6(t testing.TB) (a, b *host.Host) {
	x, y := capture.Pipe(1500)
	for i, dev := range []host.Device{x, y} {
		n := byte(i + 1)
		h := runHost(t, dev, host.Config{
			Stack: stack.Config{DADTransmits: -1},
			Interface: stack.InterfaceConfig{Name: "eth0", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, n}, Addrs: []netip.Prefix{
				netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), 24),
				netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 0xaa, 15: n}), 64),
				netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0x80, 15: n}), 64),
			}},
		})
		if i == 0 {
			a = h
		} else {
			b = h
		}
	}
	return a, b
}

// TestConn6 is TestConn over link-local addresses.
func TestConn6(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		a, b := newPair6(t)
		l, err := b.Listen("tcp6", "[fe80::2%eth0]:0")
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close()
		if c1, err = a.Dial(context.Background(), "tcp6", l.Addr().String()); err != nil {
			return nil, nil, nil, err
		}
		c2, err = l.Accept()
		return c1, c2, func() { c1.Close(); c2.Close() }, err
	})
}

// Networks choose the IP version as Go's own do, and a listener on no address takes both.
func TestNetworks(t *testing.T) {
	a, b := newPair6(t)
	ctx := context.Background()
	for _, c := range []struct{ network, address, reached string }{
		{"tcp", ":80", "10.0.0.2 fdaa::2 fe80::2%eth0"}, {"tcp4", ":80", "10.0.0.2"}, {"tcp6", ":80", "fdaa::2 fe80::2%eth0"},
		{"tcp", "0.0.0.0:80", "10.0.0.2"}, {"tcp", "[::]:80", "10.0.0.2 fdaa::2 fe80::2%eth0"}, {"tcp", "[fdaa::2]:80", "fdaa::2"},
	} {
		l, err := b.Listen(c.network, c.address)
		if err != nil {
			t.Errorf("%s %s: %v", c.network, c.address, err)
			continue
		}
		var reached []string
		for _, to := range []string{"10.0.0.2", "fdaa::2", "fe80::2%eth0"} {
			conn, err := a.Dial(ctx, "tcp", net.JoinHostPort(to, "80"))
			if err != nil {
				if !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("%s: %v", to, err)
				}
				continue
			}
			if got := conn.RemoteAddr().String(); got != net.JoinHostPort(to, "80") {
				t.Errorf("%s is called %s", to, got)
			}
			reached = append(reached, to)
			conn.Close()
		}
		if got := strings.Join(reached, " "); got != c.reached {
			t.Errorf("%s %s is reached by %q, want %q", c.network, c.address, got, c.reached)
		}
		l.Close()
	}
	for _, c := range []struct{ network, address string }{
		{"tcp4", "[fdaa::2]:80"}, {"tcp6", "10.0.0.2:80"}, {"udp6", "10.0.0.2:80"}, {"udp4", "[fdaa::2]:80"}, {"tcp5", "10.0.0.2:80"}, {"", "10.0.0.2:80"},
	} {
		if _, err := a.Dial(ctx, c.network, c.address); err == nil {
			t.Errorf("%s %s works", c.network, c.address)
		}
		if _, err := a.Listen(c.network, c.address); err == nil {
			t.Errorf("listen %s %s works", c.network, c.address)
		}
	}
}

// Answering a datagram with the address that it came from works for link-local peers too.
func TestUDP6(t *testing.T) {
	a, b := newPair6(t)
	server, err := b.ListenPacket("udp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			server.WriteTo(fmt.Appendf(nil, "%s from %s", buf[:n], from), from)
		}
	}()
	for _, c := range []struct{ to, from string }{{"10.0.0.2", "10.0.0.1"}, {"fdaa::2", "fdaa::1"}, {"fe80::2%eth0", "fe80::1%eth0"}} {
		conn, err := a.Dial(context.Background(), "udp", net.JoinHostPort(c.to, "7"))
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
		buf := make([]byte, 100)
		if _, err := conn.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buf)
		if want := "hello from " + net.JoinHostPort(c.from, port); err != nil || string(buf[:n]) != want {
			t.Errorf("%q, %v, want %q", buf[:n], err, want)
		}
	}
	server.Close()
}

// net/http runs over IPv6.
func TestHTTP6(t *testing.T) {
	a, b := newPair6(t)
	l, err := b.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.Host) })}
	go server.Serve(l)
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: a.Dial}}
	defer client.CloseIdleConnections()
	r, err := client.Get("http://[fdaa::2]/")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if text, err := io.ReadAll(r.Body); err != nil || string(text) != "hello [fdaa::2]" {
		t.Errorf("%q, %v", text, err)
	}
}
