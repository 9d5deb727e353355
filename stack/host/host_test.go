package host_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

const (
	addrA = "10.0.0.1"
	addrB = "10.0.0.2"
)

// newHost makes a host that runs until the test ends.
func newHost(t testing.TB, dev host.Device, addr string, mac byte) *host.Host {
	t.Helper()
	return runHost(t, dev, host.Config{Interface: stack.InterfaceConfig{
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, mac},
		Addrs:        []netip.Prefix{netip.MustParsePrefix(addr + "/24")},
	}})
}

// runHost is newHost with a configuration.
func runHost(t testing.TB, dev host.Device, cfg host.Config) *host.Host {
	t.Helper()
	h, err := host.New(dev, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != nil && !errors.Is(err, capture.ErrGone) {
			t.Errorf("Run of %v: %v", cfg.Interface.Addrs, err)
		}
	})
	return h
}

// newPair makes two hosts on one wire.
func newPair(t testing.TB) (a, b *host.Host) {
	x, y := capture.Pipe(1500)
	return newHost(t, x, addrA, 1), newHost(t, y, addrB, 2)
}

// connect opens a connection from a to b.
func connect(t testing.TB, a, b *host.Host) (client, server net.Conn) {
	t.Helper()
	l, err := b.Listen("tcp", addrB+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err = a.Dial(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

// TestConn holds connections to what Go's own conformance tests ask of a net.Conn.
func TestConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		a, b := newPair(t)
		c1, c2 = connect(t, a, b)
		return c1, c2, func() { c1.Close(); c2.Close() }, nil
	})
}

func TestTransferBothWays(t *testing.T) {
	a, b := newPair(t)
	c1, c2 := connect(t, a, b)
	const size = 4 << 20
	sum := func(seed uint64) [32]byte {
		h := sha256.New()
		io.CopyN(h, rand.NewChaCha8([32]byte{byte(seed)}), size)
		return [32]byte(h.Sum(nil))
	}
	var wg sync.WaitGroup
	for i, c := range []net.Conn{c1, c2} {
		wg.Add(2)
		go func() {
			defer wg.Done()
			if _, err := io.CopyN(c, rand.NewChaCha8([32]byte{byte(i)}), size); err != nil {
				t.Errorf("write: %v", err)
			}
			c.(*host.TCPConn).CloseWrite()
		}()
		go func() {
			defer wg.Done()
			h := sha256.New()
			if n, err := io.Copy(h, c); err != nil || n != size {
				t.Errorf("read %d bytes: %v", n, err)
			}
			if [32]byte(h.Sum(nil)) != sum(uint64(1-i)) {
				t.Error("the bytes received are not those that were sent")
			}
		}()
	}
	wg.Wait()
}

func TestErrors(t *testing.T) {
	a, b := newPair(t)
	c1, c2 := connect(t, a, b)

	if _, err := a.Dial(context.Background(), "tcp", addrB+":9"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial a closed port: %v", err)
	}
	if _, err := a.Dial(context.Background(), "tcp", "192.0.2.1:9"); !errors.Is(err, syscall.ENETUNREACH) {
		t.Errorf("dial without a route: %v", err)
	}
	if _, err := a.Dial(context.Background(), "tcp", "example.com:80"); !strings.Contains(fmt.Sprint(err), "no name server is known") {
		t.Errorf("dial a name: %v", err)
	}
	if _, err := a.Dial(context.Background(), "sctp", addrB+":9"); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Errorf("dial sctp: %v", err)
	}
	if _, err := a.Listen("tcp", addrB+":80"); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("listen on the address of another: %v", err)
	}
	l, err := a.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Listen("tcp", ":80"); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("listen twice: %v", err)
	}
	l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}

	c1.(*host.TCPConn).CloseWrite()
	if _, err := c1.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("write after CloseWrite: %v", err)
	}
	if n, err := c2.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read after the peer's CloseWrite: %d, %v", n, err)
	}
	c2.(*host.TCPConn).Abort()
	if _, err := c1.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read after a reset: %v", err)
	}
	if err := c1.Close(); err != nil {
		t.Errorf("close after a reset: %v", err)
	}
	if _, err := c1.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
	if err := c1.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("deadline after close: %v", err)
	}
}

func TestDialContext(t *testing.T) {
	x, _ := capture.Pipe(1500) // nobody at the other end
	a := newHost(t, x, addrA, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := a.Dial(ctx, "tcp", addrB+":80"); !errors.Is(err, context.Canceled) {
		t.Errorf("dial with a context that is done: %v", err)
	}
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := a.Dial(ctx, "tcp", addrB+":80")
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("dial with a timeout: %v", err)
	}
	if e, ok := err.(net.Error); !ok || !e.Timeout() {
		t.Errorf("%v is no timeout", err)
	}
}

func TestUDP(t *testing.T) {
	a, b := newPair(t)
	server, err := b.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	client, err := a.Dial(context.Background(), "udp", addrB+":53")
	if err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Now().Add(10 * time.Second))
	server.SetDeadline(time.Now().Add(10 * time.Second))
	question := strings.Repeat("q", 3000) // two fragments
	if _, err := client.Write([]byte(question)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4000)
	n, from, err := server.ReadFrom(buf)
	if err != nil || string(buf[:n]) != question {
		t.Fatalf("server read %d bytes: %v", n, err)
	}
	if from.String() != client.LocalAddr().String() {
		t.Errorf("datagram from %v, want %v", from, client.LocalAddr())
	}
	if _, err := server.WriteTo([]byte("answer"), from); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "answer" {
		t.Fatalf("client read %q: %v", buf[:n], err)
	}
	if _, err := server.WriteTo(make([]byte, 70000), from); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("70000 bytes in a datagram: %v", err)
	}
	server.Close()
	client.Write([]byte("anybody?"))
	if _, err := client.Read(buf); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("read after the server went: %v", err)
	}
	client.SetReadDeadline(time.Now().Add(-time.Second))
	if _, err := client.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read with a deadline in the past: %v", err)
	}
}

// TestHTTP runs net/http over the stack, as it is.
func TestHTTP(t *testing.T) {
	a, b := newPair(t)
	l, err := b.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("request body: %v", err)
		}
		fmt.Fprintf(w, "%s to %s", body, r.URL.Path)
	})}
	go server.Serve(l)
	defer server.Close()
	client := http.Client{Transport: &http.Transport{DialContext: a.Dial}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body := strings.Repeat(fmt.Sprint(i), 50_000)
			r, err := client.Post(fmt.Sprintf("http://%s/%d", addrB, i), "text/plain", strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Body.Close()
			got, err := io.ReadAll(r.Body)
			if want := fmt.Sprintf("%s to /%d", body, i); err != nil || string(got) != want {
				t.Errorf("response %d: %d bytes, %v", i, len(got), err)
			}
		}()
	}
	wg.Wait()
}

// TestEndOfHost closes hosts in every way and looks for what is left behind.
func TestEndOfHost(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, end := range []struct {
		name string
		end  func(a, b *host.Host)
		want error // of a blocked Read on b
	}{
		{"close", func(a, b *host.Host) { b.Close() }, net.ErrClosed},
		{"shutdown", func(a, b *host.Host) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			a.Shutdown(ctx)
		}, io.EOF},
		{"reset by the peer", func(a, b *host.Host) { a.Do(func(s *stack.Stack) { s.Close() }) }, syscall.ECONNRESET},
	} {
		t.Run(end.name, func(t *testing.T) {
			a, b := newPair(t)
			_, server := connect(t, a, b)
			l, _ := b.Listen("tcp", ":81")
			accepting := make(chan error, 1)
			go func() {
				_, err := l.Accept()
				accepting <- err
			}()
			reading := make(chan error, 1)
			go func() {
				_, err := server.Read(make([]byte, 1))
				server.Close()
				reading <- err
			}()
			end.end(a, b)
			if err := <-reading; !errors.Is(err, end.want) {
				t.Errorf("blocked read ended with %v, want %v", err, end.want)
			}
			b.Close()
			if err := <-accepting; !errors.Is(err, net.ErrClosed) {
				t.Errorf("blocked accept ended with %v", err)
			}
			if _, err := b.Listen("tcp", ":82"); !errors.Is(err, net.ErrClosed) {
				t.Errorf("listen on a host that has ended: %v", err)
			}
		})
	}
	for tries := 0; runtime.NumGoroutine() > before; tries++ {
		if tries == 200 {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines are left of %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A host that never ran can be closed like any other.
func TestCloseBeforeRun(t *testing.T) {
	x, y := capture.Pipe(1500)
	h, err := host.New(x, host.Config{Interface: stack.InterfaceConfig{
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1},
		Addrs:        []netip.Prefix{netip.MustParsePrefix(addrA + "/24")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	accepting := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		accepting <- err
	}()
	for range 2 {
		if err := h.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := <-accepting; !errors.Is(err, net.ErrClosed) {
		t.Errorf("blocked accept ended with %v", err)
	}
	for frame, err := y.Recv(); !errors.Is(err, capture.ErrGone); frame, err = y.Recv() {
		if frame == nil || err != nil {
			t.Fatalf("the device is open: %v", err)
		}
	}
	if err := h.Run(context.Background()); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// A device that is gone ends the host with its error.
func TestDeviceGone(t *testing.T) {
	x, y := capture.Pipe(1500)
	h, err := host.New(x, host.Config{Interface: stack.InterfaceConfig{
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1},
		Addrs:        []netip.Prefix{netip.MustParsePrefix(addrA + "/24")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	y.Close()
	if err := h.Run(context.Background()); !errors.Is(err, capture.ErrGone) {
		t.Errorf("Run ended with %v", err)
	}
}
