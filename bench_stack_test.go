//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The rows about the host: serve on a TAP interface beside the kernel's own TCP over a veth pair. The client is the same, a thread with
// nothing but system calls, and so is each thread of the kernel's server.

// stackRows are the rows of the table, stackCurves those of the growth.
func stackRows() []benchRow {
	const gbit, second = "Gbit/s", "/s"
	kernel := func(name, work, unit string, w stackWork) benchRow {
		return benchRow{name: name, work: work, reference: "kernel over veth", unit: unit, goal: goal{least: 1}, prepare: func(t *testing.T) contest {
			b := newStackBench(t)
			b.serve()
			return contest{
				ours:   func(t *testing.T) float64 { return b.measure(t, w, b.ours) },
				theirs: func(t *testing.T) float64 { return b.measure(t, w, b.kernels) },
			}
		}}
	}
	plain := func(name, work string, least float64, w stackWork) benchRow {
		return benchRow{name: name, work: work, reference: "Rust smoltcp over TAP", unit: gbit, goal: goal{least: least}, prepare: func(t *testing.T) contest {
			b := newStackBench(t)
			b.serve("--offload", "off")
			return contest{ours: func(t *testing.T) float64 { return b.measure(t, w, b.ours) }, missing: "its benchmark is not here"}
		}}
	}
	return []benchRow{
		kernel("tcp-up", "TCP from the kernel to serve, one connection over TAP", gbit, bulkUp),
		kernel("tcp-down", "TCP from serve to the kernel", gbit, bulkDown),
		kernel("tcp6-up", "the same over IPv6, to serve", gbit, bulkUp.over6()),
		kernel("tcp6-down", "and from serve", gbit, bulkDown.over6()),
		kernel("round-trip", "round trips of one byte", second, roundTrips),
		kernel("exchange", "connect, a byte each way, close", second, exchanges),
		plain("tcp-plain-up", "TCP to serve without offload", 1.2, bulkUp),
		plain("tcp-plain-down", "TCP from serve without offload", 2, bulkDown),
		{name: "idle-memory", work: "memory of an idle connection", unit: "bytes", goal: goal{most: 1024}, prepare: func(*testing.T) contest {
			return contest{ours: func(t *testing.T) float64 {
				return fromTest(t, `(\d+) bytes each`, "./stack", "-v", "-run", "TestIdleConnectionSize", "-args", "-conns", "100000")
			}, note: "of 100000; make scale has a million"}
		}},
		{name: "segment-cost", work: "a segment among 1000000 connections, against 1000", unit: "times", goal: goal{most: 1.5}, prepare: func(*testing.T) contest {
			return contest{ours: func(t *testing.T) float64 {
				return fromTest(t, `: ([\d.]+) times`, "./stack", "-v", "-run", "TestCostOfASegment", "-args", "-conns", "1000000")
			}}
		}},
		lossRow("loss-1", "TCP at 1 % loss, 100 ms, 32 KiB buffers (virtual time)", "0.01", 1.15*266384),
		lossRow("loss-10", "TCP at 10 % loss", "0.1", 2.5*74126),
	}
}

// lossRow has the goal in our unit, since the reference's figures are of its own simulation.
func lossRow(name, work, loss string, least float64) benchRow {
	return benchRow{name: name, work: work, unit: "B/s", goal: goal{least: least}, prepare: func(*testing.T) contest {
		return contest{ours: func(t *testing.T) float64 {
			return fromTest(t, `([\d.]+) B/s`, "./stack/netsim", "-run", "^$", "-bench", "BenchmarkLoss/"+loss+"/bbr$", "-benchtime", "20x")
		}, note: "BBR; docs/performance.md says why not more"}
	}}
}

func stackCurves() []growthCurve {
	return []growthCurve{
		{
			name: "window", work: "TCP over TAP: what each connection buffers", of: "bytes", points: []int{4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20},
			columns: []string{"Gbit/s to serve", "Gbit/s from serve"},
			measure: func(t *testing.T, point int) []float64 {
				b := newStackBench(t)
				b.serve("--service-buffer", strconv.Itoa(point))
				return []float64{b.measure(t, bulkUp, b.ours), b.measure(t, bulkDown, b.ours)}
			},
		}, {
			name: "host-cores", work: "TCP over TAP: how many processors serve may use", of: "processors", points: []int{1, 2},
			columns: []string{"Gbit/s to serve", "Gbit/s from serve", "round trips/s"},
			measure: func(t *testing.T, point int) []float64 {
				t.Setenv("GOMAXPROCS", strconv.Itoa(point))
				b := newStackBench(t)
				b.serve()
				return []float64{b.measure(t, bulkUp, b.ours), b.measure(t, bulkDown, b.ours), b.measure(t, roundTrips, b.ours)}
			},
		}, {
			name: "connections", work: "a segment of 10 bytes for one of up to 1000 busy connections: how many there are", of: "connections",
			points: []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}, columns: []string{"ns"},
			measure: func(t *testing.T, point int) []float64 {
				name := fmt.Sprintf("BenchmarkSegment/^conns-%d$/^active-%d$", point, min(point, 1000))
				return []float64{fromTest(t, `([\d.]+) ns/op`, "./stack", "-run", "^$", "-bench", name, "-args", "-conns", strconv.Itoa(point))}
			},
		},
	}
}

// fromTest runs go test and gives the number in the first match of pattern in what it prints.
func fromTest(t *testing.T, pattern string, args ...string) float64 {
	t.Helper()
	out, err := exec.Command("go", append([]string{"test", "-count=1"}, args...)...).CombinedOutput()
	m := regexp.MustCompile(pattern).FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("go test %q: %v: no %s in\n%s", args, err, pattern, out)
	}
	v, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// stackBench is a client in namespace a with two servers: the kernel's in b, over veth, and serve on tap0.
type stackBench struct {
	n             *network
	kernels, ours stackPeer
}

// stackPeer is a server by its addresses.
type stackPeer struct {
	ip4 [4]byte
	ip6 [16]byte
}

// stackWork does something with the server and tells how much that was.
type stackWork struct {
	do  func(connect func(port int) (int, error)) (amount float64, err error)
	six bool
}

func (w stackWork) over6() stackWork {
	w.six = true
	return w
}

func newStackBench(t *testing.T) *stackBench {
	needTUN(t)
	n := newNetwork(t)
	// The threads block in system calls of which the scheduler knows nothing; the collector would wait for them.
	procs, percent := runtime.GOMAXPROCS(16), debug.SetGCPercent(-1)
	t.Cleanup(func() {
		runtime.GOMAXPROCS(procs)
		debug.SetGCPercent(percent)
	})
	for _, ns := range []string{n.a, n.b} {
		// Or a client of so many connections would run out of ports.
		n.within(ns, func() { _ = os.WriteFile("/proc/sys/net/ipv4/tcp_max_tw_buckets", []byte("500"), 0) })
	}
	n.within(n.b, func() {
		for port, serve := range map[int]func(fd int, b []byte){7: kernelEcho, 9: kernelDiscard, 6972: kernelFountain} {
			fd, err := kernelServer(port, serve)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { unix.Shutdown(fd, unix.SHUT_RDWR) })
		}
	})
	return &stackBench{
		n:       n,
		kernels: stackPeer{[4]byte{192, 168, 69, 1}, [16]byte{0x20, 1, 0x0d, 0xb8, 15: 1}},
		ours:    stackPeer{[4]byte{192, 168, 70, 1}, [16]byte{0xfd, 0xaa, 15: 1}},
	}
}

func (b *stackBench) serve(flags ...string) {
	args := []string{"tap0", "--addr", "192.168.70.1/24", "--addr", "fdaa::1/64", "--host-addr", "192.168.70.100/24", "--host-addr", "fdaa::100/64"}
	p := b.n.serve(b.n.a, append(args, flags...)...)
	b.n.t.Cleanup(func() {
		p.interrupt(os.Interrupt)
		p.end()
	})
}

// measure gives how much of w is done in a second.
func (b *stackBench) measure(t *testing.T, w stackWork, peer stackPeer) (rate float64) {
	t.Helper()
	connect := func(port int) (int, error) {
		family, to := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Addr: peer.ip4, Port: port})
		if w.six {
			family, to = unix.AF_INET6, &unix.SockaddrInet6{Addr: peer.ip6, Port: port}
		}
		fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return -1, err
		}
		for limit := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // an IPv6 address takes a second
			if err = unix.Connect(fd, to); err == nil || time.Now().After(limit) {
				return fd, err
			}
		}
	}
	var err error
	b.n.within(b.n.a, func() {
		var fd int
		if fd, err = connect(7); err != nil { // who the neighbors are is known then
			return
		}
		unix.Close(fd)
		start := time.Now()
		rate, err = w.do(connect)
		rate /= time.Since(start).Seconds()
	})
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

// kernelServer listens on port and serves one connection after the other, in a thread of its own.
func kernelServer(port int, serve func(fd int, b []byte)) (int, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet6{Port: port})
	}
	if err == nil {
		err = unix.Listen(fd, 1024)
	}
	if err != nil {
		return -1, fmt.Errorf("port %d: %w", port, err)
	}
	go func() {
		runtime.LockOSThread()
		b := make([]byte, 256<<10)
		for {
			c, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
			if err != nil {
				unix.Close(fd)
				return
			}
			serve(c, b)
			unix.Close(c)
		}
	}()
	return fd, nil
}

func kernelEcho(fd int, b []byte) {
	for {
		n := rawRead(fd, b)
		if n <= 0 || rawWrite(fd, b[:n]) != n {
			return
		}
	}
}

func kernelDiscard(fd int, b []byte) {
	for rawRead(fd, b) > 0 {
	}
}

func kernelFountain(fd int, b []byte) {
	for rawWrite(fd, b) > 0 {
	}
}

// rawRead and rawWrite are the bare system calls, which may block the thread; -1 for an error.
func rawRead(fd int, b []byte) int {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 {
		return -1
	}
	return int(n)
}

func rawWrite(fd int, b []byte) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return -1
	}
	return int(n)
}

var errConnectionLost = errors.New("the connection is lost")

const bulkSize = 1 << 30 // bytes

// bulkUp sends and waits until the server has taken all; bulkDown receives. Both tell Gbit.
var (
	bulkUp = stackWork{do: func(connect func(port int) (int, error)) (float64, error) {
		fd, err := connect(9)
		if err != nil {
			return 0, err
		}
		defer unix.Close(fd)
		b := make([]byte, 256<<10)
		for sent := 0; sent < bulkSize; {
			n := rawWrite(fd, b)
			if n <= 0 {
				return 0, errConnectionLost
			}
			sent += n
		}
		if err := unix.Shutdown(fd, unix.SHUT_WR); err != nil {
			return 0, err
		}
		if rawRead(fd, b) != 0 {
			return 0, errConnectionLost
		}
		return 8 * bulkSize / 1e9, nil
	}}
	bulkDown = stackWork{do: func(connect func(port int) (int, error)) (float64, error) {
		fd, err := connect(6972)
		if err != nil {
			return 0, err
		}
		defer unix.Close(fd)
		b := make([]byte, 256<<10)
		for got := 0; got < bulkSize; {
			n := rawRead(fd, b)
			if n <= 0 {
				return 0, errConnectionLost
			}
			got += n
		}
		return 8 * bulkSize / 1e9, nil
	}}
	roundTrips = stackWork{do: func(connect func(port int) (int, error)) (float64, error) {
		const times = 30_000
		fd, err := connect(7)
		if err != nil {
			return 0, err
		}
		defer unix.Close(fd)
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return 0, err
		}
		b := []byte{'x'}
		for range times {
			if rawWrite(fd, b) != 1 || rawRead(fd, b) != 1 {
				return 0, errConnectionLost
			}
		}
		return times, nil
	}}
	exchanges = stackWork{do: func(connect func(port int) (int, error)) (float64, error) {
		const times = 5000
		b := []byte{'x'}
		for range times {
			fd, err := connect(7)
			if err != nil {
				return 0, err
			}
			ok := rawWrite(fd, b) == 1 && rawRead(fd, b) == 1
			unix.Close(fd)
			if !ok {
				return 0, errConnectionLost
			}
		}
		return times, nil
	}}
)
