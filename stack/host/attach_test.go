package host_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// multihomed is a host on three wires, each with a peer: 10.0.n.1 here and 10.0.n.2 there.
func multihomed(t *testing.T) (h *host.Host, ifcs [3]*stack.Interface, peers [3]*host.Host) {
	t.Helper()
	for i := range ifcs {
		x, y := capture.Pipe(1500)
		n := byte(i)
		peers[i] = newHost(t, y, netip.AddrFrom4([4]byte{10, 0, n, 2}).String(), 0x20+n)
		cfg := stack.InterfaceConfig{
			HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 0x10 + n},
			Addrs:        []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, n, 1}), 24)},
		}
		if i == 0 {
			var err error
			if h, err = host.New(x, host.Config{Interface: cfg}); err != nil {
				t.Fatal(err)
			}
			ifcs[0] = h.Interface()
			go h.Run(context.Background())
			t.Cleanup(func() { h.Close() })
			continue
		}
		var err error
		if ifcs[i], err = h.Attach(x, cfg); err != nil {
			t.Fatal(err)
		}
	}
	return h, ifcs, peers
}

// TestAttach moves data over all devices of a host at once, in both directions.
func TestAttach(t *testing.T) {
	h, _, peers := multihomed(t)
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(c, c)
				c.(*host.TCPConn).CloseWrite()
			}()
		}
	}()
	var wg sync.WaitGroup
	for i, p := range peers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := p.Dial(context.Background(), "tcp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i), 1}), 7).String())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			const size = 1 << 20
			sent, back := sha256.New(), sha256.New()
			go func() {
				io.CopyN(io.MultiWriter(c, sent), rand.NewChaCha8([32]byte{byte(i)}), size)
				c.(*host.TCPConn).CloseWrite()
			}()
			if n, err := io.Copy(back, c); n != size || err != nil {
				t.Errorf("wire %d: %d bytes came back: %v", i, n, err)
			}
			if [32]byte(sent.Sum(nil)) != [32]byte(back.Sum(nil)) {
				t.Errorf("wire %d: other bytes came back", i)
			}
		}()
	}
	wg.Wait()

	// A wire is found by the address, from this side too.
	pl, err := peers[2].Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.Dial(context.Background(), "tcp", "10.0.2.2:80")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if s, err := pl.Accept(); err != nil || s.RemoteAddr().String() != c.LocalAddr().String() {
		t.Errorf("accepted %v: %v", s, err)
	}
}

// TestDetach takes an interface away while a connection waits on it; the other wires carry on.
func TestDetach(t *testing.T) {
	h, ifcs, peers := multihomed(t)
	client, server := connectTo(t, peers[1], h, "10.0.1.1")
	defer client.Close()
	reading := make(chan error, 1)
	go func() {
		_, err := server.Read(make([]byte, 1))
		reading <- err
	}()
	before := runtime.NumGoroutine()
	if err := h.Detach(ifcs[1]); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-reading:
		if err == nil || err == io.EOF {
			t.Errorf("a read on the interface that is gone ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("a read on the interface that is gone goes on")
	}
	if err := h.Detach(ifcs[1]); err == nil {
		t.Error("detached twice")
	}
	if err := h.Detach(ifcs[0]); err == nil {
		t.Error("the first interface was detached")
	}
	for tries := 0; runtime.NumGoroutine() > before; tries++ { // the reader and the device's are gone, the peer's end as they like
		if tries == 500 {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
	c, s := connectTo(t, peers[2], h, "10.0.2.1")
	defer c.Close()
	s.Close()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("another wire: %v", err)
	}
}

// TestAttachLost: a further device that ends takes its interface with it and the host goes on; one that has ended takes no more of them.
func TestAttachLost(t *testing.T) {
	x, wire := capture.Pipe(1500)
	peer := newHost(t, wire, "10.0.0.2", 2)
	lost := make(chan error, 2)
	h, err := host.New(x, host.Config{
		Interface: stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")}},
		Lost:      func(ifc *stack.Interface, err error) { lost <- fmt.Errorf("%s: %w", ifc.Name(), err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	y, gone := capture.Pipe(1500)
	if _, err := h.Attach(y, stack.InterfaceConfig{Name: "spare", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 3}}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	gone.Close()
	if err := <-lost; !errors.Is(err, capture.ErrGone) || !strings.HasPrefix(err.Error(), "spare: ") {
		t.Errorf("lost: %v", err)
	}
	c, s := connectTo(t, peer, h, "10.0.0.1")
	c.Close()
	s.Close()
	h.Close()
	if err := <-ended; err != nil || len(lost) > 0 {
		t.Errorf("Run ended with %v, and %d more interfaces were lost", err, len(lost))
	}
	z, _ := capture.Pipe(1500)
	if _, err := h.Attach(z, stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 4}}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Attach to a host that has ended: %v", err)
	}
}

// connectTo opens a connection from a to addr of b.
func connectTo(t *testing.T, a, b *host.Host, addr string) (client, server net.Conn) {
	t.Helper()
	l, err := b.Listen("tcp", addr+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = a.Dial(context.Background(), "tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// lostDevice is a wire that is lost while it is being waited for.
type lostDevice struct {
	capture.Device
	waiting, lost, closed chan struct{}
	once                  sync.Once
}

func (d *lostDevice) Wait(time.Duration, bool) error {
	d.once.Do(func() { close(d.waiting) })
	<-d.lost
	return capture.ErrGone
}

func (d *lostDevice) Close() error {
	close(d.closed)
	return d.Device.Close()
}

// TestDetachLost takes an interface away whose device is lost at that moment: it is the host's no more, and does not end it.
func TestDetachLost(t *testing.T) {
	x, y := capture.Pipe(1500)
	defer y.Close()
	first, _ := capture.Pipe(1500)
	h, err := host.New(first, host.Config{Interface: stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	d := &lostDevice{Device: x, waiting: make(chan struct{}), lost: make(chan struct{}), closed: make(chan struct{})}
	ifc, err := h.Attach(d, stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	<-d.waiting
	if err := h.Detach(ifc); err != nil {
		t.Fatal(err)
	}
	close(d.lost)
	<-d.closed
	h.Close()
	if err := <-ended; err != nil {
		t.Errorf("the host ended: %v", err)
	}
}
