package peertest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/stack/host"
)

// noise is a stream of bytes by seed.
func noise(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// send writes size bytes and ends its direction; receive reads to the end. Both give the sum of the bytes.
func send(c stream, seed byte, size int64) ([32]byte, error) {
	h := sha256.New()
	_, err := io.CopyN(struct{ io.Writer }{c}, io.TeeReader(noise(seed), h), size)
	if err == nil {
		err = c.CloseWrite()
	}
	return [32]byte(h.Sum(nil)), err
}

func receive(c stream) ([32]byte, error) {
	h := sha256.New()
	_, err := io.Copy(h, struct{ io.Reader }{c})
	return [32]byte(h.Sum(nil)), err
}

// TestStreams moves bytes both ways at once between the stacks, over good wires and bad ones.
func TestStreams(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int64
		mtu    int
		faults capture.FaultConfig
	}{
		{"a good wire", 20 << 20, 1500, capture.FaultConfig{}},
		{"large frames", 20 << 20, 65535, capture.FaultConfig{}},
		{"small frames", 2 << 20, 1280, capture.FaultConfig{}},
		{"loss", 2 << 20, 1500, capture.FaultConfig{Seed: 1, DropChance: 1}},
		{"much loss", 200 << 10, 1500, capture.FaultConfig{Seed: 2, DropChance: 10}},
		{"reordering", 2 << 20, 1500, capture.FaultConfig{Seed: 3, ReorderChance: 5, ReorderDelay: 2 * time.Millisecond}},
		{"duplicates", 2 << 20, 1500, capture.FaultConfig{Seed: 4, DuplicateChance: 5}},
		{"corruption", 1 << 20, 1500, capture.FaultConfig{Seed: 5, CorruptChance: 2}},
		{"all of it, and delay", 300 << 10, 1500, capture.FaultConfig{Seed: 6, DropChance: 1, CorruptChance: 1, DuplicateChance: 2, ReorderChance: 2, Delay: 2 * time.Millisecond}},
	} {
		for _, p := range pairs {
			for _, version := range []int{4, 6} {
				t.Run(label(c.name, p.name, version), func(t *testing.T) {
					t.Parallel()
					a, b := join(t, p.a, p.b, c.mtu, c.faults)
					client, server := connect(t, a, b, version)
					client.SetDeadline(time.Now().Add(2 * time.Minute))
					server.SetDeadline(time.Now().Add(2 * time.Minute))
					start := time.Now()
					var sums [4][32]byte
					var errs [4]error
					var all sync.WaitGroup
					for i, f := range []func() ([32]byte, error){
						func() ([32]byte, error) { return send(client, 1, c.size) }, func() ([32]byte, error) { return receive(server) },
						func() ([32]byte, error) { return send(server, 2, c.size) }, func() ([32]byte, error) { return receive(client) },
					} {
						all.Add(1)
						go func() {
							defer all.Done()
							sums[i], errs[i] = f()
						}()
					}
					all.Wait()
					for i, what := range []string{"client writes", "server reads", "server writes", "client reads"} {
						if errs[i] != nil {
							t.Errorf("%s: %v", what, errs[i])
						}
					}
					if sums[0] != sums[1] || sums[2] != sums[3] {
						t.Error("what was read is not what was written")
					}
					t.Logf("%.1f MB/s each way", float64(c.size)/1e6/time.Since(start).Seconds())
				})
			}
		}
	}
}

// TestNegotiated looks at what both agree on.
func TestNegotiated(t *testing.T) {
	for _, p := range pairs {
		for _, version := range []int{4, 6} {
			t.Run(label(p.name, version), func(t *testing.T) {
				a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
				client, server := connect(t, a, b, version)
				c, ok := client.(*host.TCPConn)
				if !ok {
					c = server.(*host.TCPConn)
				}
				mss := 1500 - 20 - 20 - 12
				if version == 6 {
					mss -= 20
				}
				i := c.Info()
				if !i.SACK || !i.Timestamps || !i.WindowScale || i.SndMSS != mss || i.RcvMSS != mss || i.ECN {
					t.Errorf("%+v", i) // gVisor knows no ECN
				}
			})
		}
	}
}

// TestHalfClose ends one direction: the other goes on.
func TestHalfClose(t *testing.T) {
	for _, p := range pairs {
		for _, version := range []int{4, 6} {
			t.Run(label(p.name, version), func(t *testing.T) {
				a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
				client, server := connect(t, a, b, version)
				for _, c := range []stream{client, server} {
					c.SetDeadline(time.Now().Add(patience))
				}
				if err := client.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				if n, err := server.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Fatalf("%d, %v", n, err)
				}
				var want [32]byte
				written := make(chan error, 1)
				go func() {
					var err error
					want, err = send(server, 3, 5<<20)
					written <- err
				}()
				got, err := receive(client)
				if werr := <-written; err != nil || werr != nil || got != want {
					t.Errorf("not what was written: %v, %v", werr, err)
				}
			})
		}
	}
}

// TestRefused dials ports that nobody listens to, and sends datagrams there.
func TestRefused(t *testing.T) {
	for _, p := range pairs {
		for _, version := range []int{4, 6} {
			t.Run(label(p.name, version), func(t *testing.T) {
				a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
				start := time.Now()
				to := netip.AddrPortFrom(b.addr(version), 99)
				_, err := a.dial(to)
				if err == nil || a.name() == "smoltcp" && !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("dial: %v", err)
				}
				c, err := a.dialUDP(to)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				c.Write([]byte("anybody?"))
				if a.name() != "smoltcp" {
					time.Sleep(100 * time.Millisecond) // gonet wakes no reader for an error: it must be there before
				}
				if _, err := c.Read(make([]byte, 10)); err == nil || a.name() == "smoltcp" && !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("datagram: %v", err)
				}
				if d := time.Since(start); d > patience/2 {
					t.Errorf("it took %v", d)
				}
			})
		}
	}
}

// TestReset closes a connection with text unread: the other end learns that it was not taken.
func TestReset(t *testing.T) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
			client, server := connect(t, a, b, 4)
			client.SetDeadline(time.Now().Add(patience))
			server.SetDeadline(time.Now().Add(patience))
			if _, err := client.Write([]byte("not to be read")); err != nil {
				t.Fatal(err)
			}
			if _, err := server.Read(make([]byte, 3)); err != nil {
				t.Fatal(err)
			}
			server.Close()
			_, err := io.Copy(io.Discard, struct{ io.Reader }{client})
			if err == nil || a.name() == "smoltcp" && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestDatagrams sends datagrams of all sizes to an echo, those too that travel in fragments.
func TestDatagrams(t *testing.T) {
	for _, p := range pairs {
		for _, version := range []int{4, 6} {
			t.Run(label(p.name, version), func(t *testing.T) {
				a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
				at := netip.AddrPortFrom(b.addr(version), nextPort())
				l, err := b.listenUDP(at)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				go func() {
					buf := make([]byte, 1<<16)
					for {
						n, from, err := l.ReadFrom(buf)
						if err != nil {
							return
						}
						l.WriteTo(buf[:n], from)
					}
				}()
				c, err := a.dialUDP(at)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				got := make([]byte, 1<<16)
				for _, size := range []int{1, 1000, 1452, 1453, 1472, 1473, 8000, 30_000, 65_000} {
					want := make([]byte, size)
					io.ReadFull(noise(7), want)
					if _, err := c.Write(want); err != nil {
						t.Fatalf("%d bytes: %v", size, err)
					}
					if n, err := c.Read(got); err != nil || !bytes.Equal(got[:n], want) {
						t.Fatalf("%d bytes come back of %d: %v", n, size, err)
					}
				}
			})
		}
	}
}

// TestPing has each answer the other's echo requests.
func TestPing(t *testing.T) {
	for _, p := range pairs {
		for _, version := range []int{4, 6} {
			t.Run(label(p.name, version), func(t *testing.T) {
				a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{})
				for _, size := range []int{0, 56, 1440, 5000, 20_000} {
					want := make([]byte, size)
					io.ReadFull(noise(8), want)
					if got, err := a.ping(b.addr(version), want); err != nil || !bytes.Equal(got, want) {
						t.Errorf("%d bytes come back of %d: %v", len(got), size, err)
					}
				}
			})
		}
	}
}

// TestManyConnections opens and closes connections by the hundred, while frames are lost.
func TestManyConnections(t *testing.T) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			a, b := join(t, p.a, p.b, 1500, capture.FaultConfig{Seed: 9, DropChance: 1})
			at := netip.AddrPortFrom(b.addr(4), nextPort())
			l, err := b.listen(at)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
						c.(stream).CloseWrite()
						c.Close()
					}()
				}
			}()
			var all sync.WaitGroup
			for worker := range 10 {
				all.Add(1)
				go func() {
					defer all.Done()
					for i := range 30 {
						c, err := a.dial(at)
						if err != nil {
							t.Errorf("connection %d: %v", i, err)
							return
						}
						c.SetDeadline(time.Now().Add(patience))
						want := fmt.Sprintf("worker %d, connection %d", worker, i)
						io.WriteString(c, want)
						c.CloseWrite()
						if got, err := io.ReadAll(c); err != nil || string(got) != want {
							t.Errorf("%q comes back of %q: %v", got, want, err)
						}
						c.Close()
					}
				}()
			}
			all.Wait()
		})
	}
}
