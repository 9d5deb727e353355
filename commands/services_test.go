package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
	"smoltcp/stack/tcp"
)

const (
	serviceAddr = "192.168.69.1"
	clientAddr  = "192.168.69.100"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// startHost runs a host until the test ends.
func startHost(t testing.TB, dev host.Device, addr string, mac byte, cfg stack.Config) *host.Host {
	t.Helper()
	h, err := host.New(dev, host.Config{Stack: cfg, Interface: stack.InterfaceConfig{
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, mac},
		Addrs:        []netip.Prefix{netip.MustParsePrefix(addr + "/24")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != nil && !errors.Is(err, capture.ErrGone) {
			t.Errorf("Run of %s: %v", addr, err)
		}
	})
	return h
}

// startServers makes a host with all services and a client beside it.
func startServers(t testing.TB, buffer, serviceBuffer int, client stack.Config) (*host.Host, *host.Host) {
	t.Helper()
	x, y := capture.Pipe(1500)
	server := startHost(t, x, serviceAddr, 1, stack.Config{Backlog: serveBacklog})
	server.Do(func(s *stack.Stack) {
		if err := startServices(s, tcp.Config{}, buffer, serviceBuffer, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	})
	return startHost(t, y, clientAddr, 2, client), server
}

// dial opens a connection to a service. It is given up after patience.
func dial(t testing.TB, h *host.Host, port int) *host.TCPConn {
	t.Helper()
	c, err := h.Dial(context.Background(), "tcp", fmt.Sprintf("%s:%d", serviceAddr, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*host.TCPConn)
}

// noise is n random bytes; of text, about every eighth byte is a newline.
func noise(seed uint64, n int, text bool) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	rng.Read(b)
	for i := range b {
		if text && b[i]&7 == 0 {
			b[i] = '\n'
		}
	}
	return b
}

// unreverse undoes what the reverse services do: the lines of a reply, each reversed, are the input without newlines.
func unreverse(t testing.TB, reply []byte) []byte {
	t.Helper()
	if len(reply) > 0 && reply[len(reply)-1] != '\n' {
		t.Errorf("the reply of %d bytes does not end in a newline", len(reply))
	}
	var out []byte
	for line := range bytes.SplitSeq(reply, []byte{'\n'}) {
		slices.Reverse(line)
		out = append(out, line...)
	}
	return out
}

// exchange writes data in pieces of up to maxWrite bytes, ends its direction, and reads to the end in pieces of up to maxRead.
func exchange(t testing.TB, c *host.TCPConn, data []byte, rng *rand.Rand, maxWrite, maxRead int) []byte {
	t.Helper()
	writeSeed := rng.Uint64()
	written := make(chan error, 1)
	go func() {
		rng := rand.New(rand.NewPCG(writeSeed, 0))
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+rng.IntN(maxWrite))
			if _, err := c.Write(rest[:n]); err != nil {
				written <- err
				return
			}
			rest = rest[n:]
		}
		written <- c.CloseWrite()
	}()
	var got []byte
	buf := make([]byte, maxRead)
	for {
		n, err := c.Read(buf[:1+rng.IntN(maxRead)])
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", len(got), err)
		}
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	return got
}

// eventually fails the test if what holds does not within patience. It is for what happens behind the last thing that can be waited for.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not: %s", what)
		}
	}
}

// connections counts those of a host that are not in TIME-WAIT.
func connections(h *host.Host) (n int) {
	h.Do(func(s *stack.Stack) {
		for c := range s.TCPSockets() {
			if c.State() != tcp.TimeWait {
				n++
			}
		}
	})
	return n
}

// Whatever the sizes of writes, reads and buffers are, the reverse services lose nothing and answer to the end.
func TestServiceReverse(t *testing.T) {
	for _, test := range []struct {
		buffer, size int
		maxWrite     int
		maxRead      int
		clientBuffer int
		text         bool
	}{
		{buffer: 1, size: 1500, maxWrite: 7, maxRead: 5},
		{buffer: 1, size: 1500, maxWrite: 700, maxRead: 1000, text: true},
		{buffer: 2, size: 2500, maxWrite: 300, maxRead: 3, text: true, clientBuffer: 10},
		{buffer: 3, size: 2500, maxWrite: 1, maxRead: 100, clientBuffer: 1},
		{buffer: 64, size: 50_000, maxWrite: 1, maxRead: 1, text: true},
		{buffer: 64, size: 50_000, maxWrite: 5000, maxRead: 3, clientBuffer: 100},
		{buffer: 64, size: 200_000, maxWrite: 20_000, maxRead: 20_000, text: true},
		{buffer: 5000, size: 1_000_000, maxWrite: 200_000, maxRead: 100, clientBuffer: 3000},
		{buffer: 1 << 20, size: 3_000_000, maxWrite: 200_000, maxRead: 100_000, text: true},
	} {
		for _, port := range []int{6969, 6970} {
			name := fmt.Sprintf("%d/%d bytes by %d, read by %d into %d", port, test.buffer, test.maxWrite, test.maxRead, test.clientBuffer)
			t.Run(name, func(t *testing.T) {
				client, server := startServers(t, test.buffer, 1<<16, stack.Config{TCP: tcp.Config{RcvBuf: test.clientBuffer}})
				data := noise(uint64(test.buffer), test.size, test.text)
				c := dial(t, client, port)
				reply := exchange(t, c, data, rand.New(rand.NewPCG(1, uint64(test.size))), test.maxWrite, test.maxRead)
				if want := bytes.ReplaceAll(data, []byte{'\n'}, nil); !bytes.Equal(unreverse(t, reply), want) {
					t.Errorf("%d bytes, reversed by line, are not the %d sent", len(reply), len(want))
				}
				c.Close()
				eventually(t, "no connection left at the server", func() bool { return connections(server) == 0 })
			})
		}
	}
}

func TestServiceReverseLines(t *testing.T) {
	client, _ := startServers(t, 64, 1<<16, stack.Config{})
	c := dial(t, client, 6969)
	full := strings.Repeat("x", 63)
	for _, x := range [][2]string{
		{full + "y", "y" + full + "\n"},
		{"abcdefg", "gfedcba\n"},
		{"abcdefg\n", "gfedcba\n"},
		{"\n", "\n"},
		{"\nab\ncd\n\n", "dcba\n"},
	} {
		if _, err := c.Write([]byte(x[0])); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(x[1]))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != x[1] {
			t.Errorf("%q is answered with %q, want %q (%v)", x[0], got, x[1], err)
		}
	}
}

// A peer that reads nothing is held up by the window; once it reads, everything is there.
func TestServiceReverseHeldUp(t *testing.T) {
	client, _ := startServers(t, 64, 1<<16, stack.Config{TCP: tcp.Config{RcvBuf: 500, SndBuf: 500}})
	c := dial(t, client, 6969)
	data := bytes.ReplaceAll(noise(5, 20_000, false), []byte{'\n'}, nil)
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := c.Write(data)
	// On the way fit: the client's send buffer, the server's receive and send buffers, and the client's receive buffer.
	if !errors.Is(err, os.ErrDeadlineExceeded) || n > 500+64+128+500 {
		t.Fatalf("wrote %d bytes that nobody takes: %v", n, err)
	}
	c.SetWriteDeadline(time.Now().Add(patience))
	reply := exchange(t, c, data[n:], rand.New(rand.NewPCG(1, 2)), 1000, 1000)
	if !bytes.Equal(unreverse(t, reply), data) {
		t.Error("bytes were lost")
	}
}

func TestServiceEcho(t *testing.T) {
	for _, buffer := range []int{1, 100, 256 << 10} {
		t.Run(fmt.Sprint(buffer), func(t *testing.T) {
			client, server := startServers(t, 64, buffer, stack.Config{})
			data := noise(7, min(4<<20, 3000*buffer), false)
			c := dial(t, client, 7)
			if got := exchange(t, c, data, rand.New(rand.NewPCG(3, 4)), 100_000, 100_000); !bytes.Equal(got, data) {
				t.Errorf("%d bytes came back that are not the %d sent", len(got), len(data))
			}
			c.Close()
			eventually(t, "no connection left at the server", func() bool { return connections(server) == 0 })
		})
	}
}

func TestServiceDiscard(t *testing.T) {
	client, server := startServers(t, 64, 4096, stack.Config{})
	for _, port := range []int{9, 6971} {
		c := dial(t, client, port)
		if got := exchange(t, c, noise(8, 1<<20, false), rand.New(rand.NewPCG(5, 6)), 50_000, 1); len(got) != 0 {
			t.Errorf("port %d answers with %q", port, got)
		}
		c.Close()
	}
	eventually(t, "no connection left at the server", func() bool { return connections(server) == 0 })
}

// rfc864 is the example in RFC 864: the first lines of the pattern.
const rfc864 = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n" +
	"!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n" +
	"\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghi\r\n"

// chargenByte is byte i of RFC 864's stream, by arithmetic.
func chargenByte(i int) byte {
	line, col := i/74, i%74
	switch col {
	case 72:
		return '\r'
	case 73:
		return '\n'
	}
	return ' ' + byte((line+col)%95)
}

// The endless services send their pattern from its start, at whatever pace it is read, take what is sent to them, and go on when
// the peer has no more to say.
func TestServicePatterns(t *testing.T) {
	for i := range len(rfc864) {
		if chargenByte(i) != rfc864[i] {
			t.Fatalf("byte %d of the pattern is %q in RFC 864, not %q", i, rfc864[i], chargenByte(i))
		}
	}
	for _, test := range []struct {
		port int
		at   func(i int) byte
	}{
		{19, chargenByte},
		{6972, func(i int) byte { return byte(i) }},
	} {
		for _, buffer := range []int{1, 1000, 256 << 10} {
			t.Run(fmt.Sprintf("%d/%d", test.port, buffer), func(t *testing.T) {
				client, server := startServers(t, 64, buffer, stack.Config{})
				c := dial(t, client, test.port)
				rng := rand.New(rand.NewPCG(uint64(test.port), 0))
				buf := make([]byte, 40_000)
				// When the client has no more to say it delays its ACKs, and a small send buffer waits for each.
				total, size, last := 0, min(2_000_000, 3000*buffer), min(500_000, 3*buffer)
				half := false
				for total < size {
					n, err := c.Read(buf[:1+rng.IntN(len(buf))])
					if err != nil {
						t.Fatal(err)
					}
					for i, b := range buf[:n] {
						if b != test.at(total+i) {
							t.Fatalf("byte %d is %q, want %q", total+i, b, test.at(total+i))
						}
					}
					total += n
					switch {
					case half:
					case total < size-last:
						c.Write(buf[:min(n, buffer)])
					default:
						half = true
						c.CloseWrite()
					}
				}
				c.Abort()
				eventually(t, "no connection left at the server", func() bool { return connections(server) == 0 })
			})
		}
	}
}

// A reset frees the server's side at once, whatever it was doing.
func TestServiceReset(t *testing.T) {
	client, server := startServers(t, 64, 4096, stack.Config{})
	for _, s := range tcpServices {
		c := dial(t, client, int(s.port))
		c.Write(noise(uint64(s.port), 10, false))
		eventually(t, fmt.Sprintf("port %d connected", s.port), func() bool { return connections(server) == 1 })
		c.Abort()
		eventually(t, fmt.Sprintf("port %d free again", s.port), func() bool { return connections(server) == 0 })
	}
}

func TestServiceHundredsOfConnections(t *testing.T) {
	client, server := startServers(t, 64, 4096, stack.Config{})
	const conns, size = 400, 1500
	var all []*host.TCPConn
	for i := range conns {
		all = append(all, dial(t, client, 6969+i%2))
	}
	if n := connections(server); n != conns {
		t.Errorf("%d connections at the server, want %d", n, conns)
	}
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			data := noise(uint64(i), size, true)
			go func() {
				c.Write(data)
				c.CloseWrite()
			}()
			reply, err := io.ReadAll(c)
			if want := bytes.ReplaceAll(data, []byte{'\n'}, nil); err != nil || !bytes.Equal(unreverse(t, reply), want) {
				t.Errorf("connection %d: %d bytes of answer to %d: %v", i, len(reply), size, err)
			}
			c.Close()
		}()
	}
	wg.Wait()
	eventually(t, "no connection left at the server", func() bool { return connections(server) == 0 })
}

func TestServiceClosedPorts(t *testing.T) {
	client, _ := startServers(t, 64, 4096, stack.Config{})
	if _, err := client.Dial(context.Background(), "tcp", serviceAddr+":6973"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("tcp: %v", err)
	}
	u, err := client.Dial(context.Background(), "udp", serviceAddr+":6970")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	u.SetDeadline(time.Now().Add(patience))
	u.Write([]byte("anybody?"))
	if _, err := u.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("udp: %v", err)
	}
}

// listenUDP opens a socket at the client.
func listenUDP(t *testing.T, h *host.Host, port int) net.PacketConn {
	t.Helper()
	u, err := h.ListenPacket("udp", fmt.Sprintf(":%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	u.SetDeadline(time.Now().Add(patience))
	return u
}

func serviceUDP(port int) *net.UDPAddr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(serviceAddr), uint16(port)))
}

func TestServiceUDP(t *testing.T) {
	client, server := startServers(t, 64, 4096, stack.Config{})
	buf := make([]byte, 1<<16)
	ask := func(u net.PacketConn, port int, data []byte) []byte {
		t.Helper()
		if _, err := u.WriteTo(data, serviceUDP(port)); err != nil {
			t.Fatal(err)
		}
		n, from, err := u.ReadFrom(buf)
		if err != nil || from.String() != serviceUDP(port).String() {
			t.Fatalf("port %d, %d bytes: answer from %v: %v", port, len(data), from, err)
		}
		return buf[:n]
	}
	u := listenUDP(t, client, 0)
	for _, size := range []int{0, 1, 512, 1472, 1473, 9000, 65507} {
		data := noise(uint64(size), size, false)
		if got := ask(u, 7, data); !bytes.Equal(got, data) {
			t.Errorf("echo of %d bytes gave %d others", size, len(got))
		}
		if got := ask(u, 6969, data); string(got) != "yo dawg\n" {
			t.Errorf("6969 says %q to %d bytes", got, size)
		}
	}
	// Chargen answers with 0 to 512 characters, not always as many.
	sizes := map[int]bool{}
	for range 50 {
		got := string(ask(u, 19, []byte("x")))
		sizes[len(got)] = true
		if len(got) > 512 {
			t.Errorf("chargen gives %d characters, over 512", len(got))
		}
		if first, _, _ := strings.Cut(got, "\r\n"); strings.ContainsFunc(first, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("chargen gives %q", got)
		}
	}
	if len(sizes) < 10 {
		t.Errorf("chargen knows only %d sizes", len(sizes))
	}

	// Discard takes it and says nothing: what is answered next is another question.
	u.WriteTo([]byte("nothing"), serviceUDP(9))
	if got := ask(u, 7, []byte("still there?")); string(got) != "still there?" {
		t.Errorf("discard answered %q", got)
	}
	server.Do(func(s *stack.Stack) {
		if n := s.Counters().UDPNoSocket; n != 0 {
			t.Errorf("%d datagrams found no service", n)
		}
	})
}

// An answer to a port that answers in its turn would come back for ever, and an answer to a broadcast would
// come from every host of the network.
func TestServiceUDPLoops(t *testing.T) {
	client, server := startServers(t, 64, 4096, stack.Config{})
	received := func() (in, out uint64) {
		server.Do(func(s *stack.Stack) { in, out = s.Counters().UDPReceived, s.Counters().UDPSent })
		return in, out
	}
	var sent uint64
	for _, from := range []int{7, 13, 17, 19, 37, 6969} {
		u := listenUDP(t, client, from)
		message := []byte("loop")
		if from == 6969 {
			message = yoDawg // what another host like this answers; a client with that port is served
		}
		for _, to := range []int{7, 9, 19, 6969} {
			u.WriteTo(message, serviceUDP(to))
			sent++
		}
	}
	u := listenUDP(t, client, 0)
	for _, dst := range []string{"192.168.69.255", "255.255.255.255"} {
		for _, to := range []int{7, 9, 19, 6969} {
			a := netip.AddrPortFrom(netip.MustParseAddr(dst), uint16(to))
			if _, err := u.WriteTo([]byte("amplify"), net.UDPAddrFromAddrPort(a)); err != nil {
				t.Fatal(err)
			}
			sent++
		}
	}
	eventually(t, "all datagrams received", func() bool { in, _ := received(); return in == sent })
	if _, out := received(); out != 0 {
		t.Errorf("%d datagrams were answered", out)
	}
	u.WriteTo([]byte("one"), serviceUDP(7))
	if n, _, err := u.ReadFrom(make([]byte, 10)); n != 3 || err != nil {
		t.Errorf("afterwards an ordinary datagram gets %d bytes, %v", n, err)
	}
}

// virtual is a server and a client that are polled by hand, in virtual time.
type virtual struct {
	t              *testing.T
	now            stack.Time
	server, client *stack.Stack
	dead           capture.Device // the client's device, once the client is gone
}

func newVirtual(t *testing.T) *virtual {
	x, y := capture.Pipe(1500)
	v := &virtual{t: t, now: 1, server: stack.New(stack.Config{}), client: stack.New(stack.Config{})}
	for i, s := range []*stack.Stack{v.server, v.client} {
		dev, addr := x, serviceAddr
		if i == 1 {
			dev, addr = y, clientAddr
			v.dead = y
		}
		_, err := s.AddInterface(dev, stack.InterfaceConfig{
			HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, byte(i + 1)},
			Addrs:        []netip.Prefix{netip.MustParsePrefix(addr + "/24")},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := startServices(v.server, tcp.Config{}, 64, 4096, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return v
}

// run polls for d, or until done.
func (v *virtual) run(d time.Duration, clientToo bool, done func() bool) {
	v.t.Helper()
	for end := v.now.Add(d); v.now < end && !done(); {
		for again := true; again; {
			again = v.server.Poll(v.now)
			if clientToo {
				again = v.client.Poll(v.now) || again
			} else {
				for f, _ := v.dead.Recv(); f != nil; f, _ = v.dead.Recv() {
				}
			}
		}
		next := min(v.server.NextPoll(), v.now.Add(10*time.Millisecond), end)
		v.now = max(next, v.now+1000)
	}
}

// The sink on 6971 keeps idle peers that answer, and notices within two seconds one that does not.
func TestServiceKeepAlive(t *testing.T) {
	v := newVirtual(t)
	c, err := v.client.DialTCP(netip.MustParseAddrPort(serviceAddr+":6971"), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	never := func() bool { return false }
	v.run(time.Second, true, func() bool { return c.State() == tcp.Established })
	c.Write([]byte("hello"))
	v.run(10*time.Minute, true, never)
	if c.State() != tcp.Established {
		t.Fatalf("an idle connection is %v after ten minutes: %v", c.State(), c.Err())
	}
	var server *stack.TCPSocket
	for s := range v.server.TCPSockets() {
		server = s
	}
	gone := v.now
	v.run(time.Minute, false, func() bool { return server.State() == tcp.Closed })
	after := v.now.Sub(gone)
	if server.State() != tcp.Closed || !errors.Is(server.Err(), stack.ErrTimeout) {
		t.Fatalf("the peer is gone, and the connection %v: %v", server.State(), server.Err())
	}
	// The last sign of life was an answer to a probe, up to a second before.
	if after < time.Second || after > 2100*time.Millisecond {
		t.Errorf("noticed after %v", after)
	}
}

// A chunk or a datagram costs no memory.
func TestServiceAllocs(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget at random")
	}
	v := newVirtual(t)
	poll := func() {
		for again := true; again; {
			again = v.client.Poll(v.now)
			again = v.server.Poll(v.now) || again
		}
		v.now += 1000
	}
	buf, data := make([]byte, 2000), bytes.Repeat([]byte("abcdefg\n"), 8)
	for _, port := range []uint16{7, 9, 6969, 6971} {
		c, err := v.client.DialTCP(netip.AddrPortFrom(netip.MustParseAddr(serviceAddr), port), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.SetNoDelay(true)
		answered := 0
		exchange := func() {
			c.Write(data)
			for range 4 {
				poll()
				n, _ := c.Read(buf)
				answered += n
			}
		}
		for range 100 {
			exchange()
		}
		if n := testing.AllocsPerRun(200, exchange); n > 0 {
			t.Errorf("tcp %d: %v allocations for a chunk", port, n)
		}
		if answers := port != 9 && port != 6971; answers != (answered > 200*50) {
			t.Errorf("tcp %d: %d bytes of answers", port, answered)
		}
		c.Close()
	}
	u, err := v.client.ListenUDP(netip.AddrPort{}, stack.UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range []uint16{7, 9, 19, 6969} {
		to := netip.AddrPortFrom(netip.MustParseAddr(serviceAddr), port)
		answered := 0
		exchange := func() {
			u.SendTo(data, to)
			poll()
			poll()
			if _, _, err := u.Recv(buf); err == nil {
				answered++
			}
		}
		exchange()
		if n := testing.AllocsPerRun(200, exchange); n > 0 {
			t.Errorf("udp %d: %v allocations for a datagram", port, n)
		}
		if (port != 9) != (answered > 200) {
			t.Errorf("udp %d: %d answers", port, answered)
		}
	}
}
