package peertest

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"smoltcp/capture"
)

// routes are who sends to whom when speed is measured.
var routes = []struct {
	name string
	a, b maker
}{{"smoltcp to smoltcp", smoltcp, smoltcp}, {"gVisor to gVisor", gvisor, gvisor}, {"smoltcp to gVisor", smoltcp, gvisor}, {"gVisor to smoltcp", gvisor, smoltcp}}

// speed moves size bytes in one direction and gives MB/s.
func speed(t testing.TB, a, b maker, mtu, version int, size int64) float64 {
	t.Helper()
	x, y := join(t, a, b, mtu, capture.FaultConfig{})
	client, server := connect(t, x, y, version)
	client.SetDeadline(time.Now().Add(2 * time.Minute))
	server.SetDeadline(time.Now().Add(2 * time.Minute))
	done := make(chan error, 1)
	start := time.Now()
	go func() {
		buf := make([]byte, 256<<10)
		var err error
		for left := size; left > 0 && err == nil; {
			var n int
			n, err = client.Write(buf[:min(left, int64(len(buf)))])
			left -= int64(n)
		}
		if err == nil {
			err = client.CloseWrite()
		}
		done <- err
	}()
	buf := make([]byte, 256<<10)
	var got int64
	for {
		n, err := server.Read(buf)
		got += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %d bytes: %v", got, err)
		}
	}
	if err := <-done; err != nil || got != size {
		t.Fatalf("%d bytes of %d: %v", got, size, err)
	}
	return float64(size) / 1e6 / time.Since(start).Seconds()
}

// TestSpeed compares the stacks in one run: each to itself and to the other, by turns, medians of several. Both go through net.Conn, over the
// same wire, which has no offloads. The figures go to standard output, where make gvisor shows them.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const rounds = 3
	for _, mtu := range []int{1500, 65535} {
		size := min(int64(mtu)*40_000, 256<<20)
		figures := make([][]float64, len(routes))
		for range rounds {
			for i, r := range routes {
				t.Run("round", func(t *testing.T) {
					figures[i] = append(figures[i], speed(t, r.a, r.b, mtu, 4, size))
				})
			}
		}
		median := make([]float64, len(routes))
		for i, f := range figures {
			if len(f) != rounds {
				t.Fatalf("%s: not all rounds", routes[i].name)
			}
			slices.Sort(f)
			median[i] = f[rounds/2]
			fmt.Printf("MTU %5d  %-20s %8.0f MB/s  (%.0f to %.0f)\n", mtu, routes[i].name, median[i], f[0], f[rounds-1])
		}
		fmt.Printf("MTU %5d  smoltcp is %.2f times as fast as gVisor\n", mtu, median[0]/median[1])
		if median[0] < median[1] {
			t.Errorf("MTU %d: gVisor is faster", mtu)
		}
	}
}

// BenchmarkThroughput is TestSpeed's measurement one by one.
func BenchmarkThroughput(b *testing.B) {
	for _, r := range routes {
		b.Run(r.name, func(b *testing.B) {
			const size = 64 << 20
			b.SetBytes(size)
			for range b.N {
				speed(b, r.a, r.b, 1500, 4, size)
			}
		})
	}
}
