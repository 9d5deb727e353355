package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// newNamespace gives the test a network namespace of its own, with the loopback interface up, and skips it where that is
// not allowed. What the test leaves in it vanishes with it.
func newNamespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	old, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		t.Skipf("no network namespaces: %v", err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		unix.Close(old)
		runtime.UnlockOSThread()
		t.Skipf("needs root, to make a network namespace: %v", err)
	}
	t.Cleanup(func() {
		err := unix.Setns(old, unix.CLONE_NEWNET)
		unix.Close(old)
		if err != nil {
			t.Errorf("the thread stays in the test's namespace: %v", err) // and ends with the goroutine
			return
		}
		runtime.UnlockOSThread()
	})
	// Interfaces shall be silent unless a test makes them speak.
	for _, conf := range []string{"all", "default"} {
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+conf+"/disable_ipv6", []byte("1"), 0)
	}
	linkUp(t, "lo")
}

func linkUp(t *testing.T, name string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetUp(l)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// newVeth makes a pair of interfaces wired to each other, v0 and v1, and switches them on.
func newVeth(t *testing.T) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "v0"
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "v1"}); err != nil {
		t.Skipf("needs veth interfaces: %v", err)
	}
	linkUp(t, "v0")
	linkUp(t, "v1")
	running(t, "v0")
	running(t, "v1")
}

// running waits until an interface passes packets: until then it loses them silently.
func running(t *testing.T, name string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if s := l.Attrs().OperState; s == netlink.OperUp || s == netlink.OperUnknown {
			return
		}
	}
	t.Fatalf("%s: not running", name)
}

func deleteLink(t *testing.T, name string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkDel(l)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func addAddr(t *testing.T, name, prefix string) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := netlink.ParseAddr(prefix)
	if err == nil {
		err = netlink.AddrAdd(l, a)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// needTUN skips the test where TAP interfaces cannot be made.
func needTUN(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skipf("needs TAP interfaces: %v", err)
	}
}

// stampsOn keeps the kernel's time stamps switched on: see packetSocketOptions.start.
var stampsOn = sync.OnceFunc(func() {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err == nil {
		time.Sleep(100 * time.Millisecond)
	}
})

func newLive(t *testing.T, opts LiveOptions) *Live {
	t.Helper()
	return openOnPath(t, opts, true)
}

func openOnPath(t *testing.T, opts LiveOptions, ringed bool) *Live {
	t.Helper()
	stampsOn()
	l, err := openLive(opts, ringed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// opener starts a live capture for a test.
type opener func(t *testing.T, opts LiveOptions) *Live

// bothPaths runs a test with a ring and with packets that are received one at a time.
func bothPaths(t *testing.T, test func(t *testing.T, newLive opener)) {
	t.Run("ring", func(t *testing.T) {
		test(t, func(t *testing.T, opts LiveOptions) *Live {
			t.Helper()
			l := openOnPath(t, opts, true)
			if !l.ringed {
				t.Skip("this kernel has no rings")
			}
			return l
		})
	})
	t.Run("plain", func(t *testing.T) {
		test(t, func(t *testing.T, opts LiveOptions) *Live {
			t.Helper()
			return openOnPath(t, opts, false)
		})
	})
}

func openDevice(t *testing.T, opts DeviceOptions) Device {
	t.Helper()
	d, err := OpenDevice(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// send sends frames, waiting while the device is full.
func send(t *testing.T, d Device, frames ...[]byte) {
	t.Helper()
	for _, f := range frames {
		for {
			ok, err := d.Send([][]byte{f[:14], f[14:]})
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				break
			}
			if err := d.Wait(time.Second, true); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// patience is how long a test waits for what must come at once.
const patience = 5 * time.Second

// next returns the next packet of a live capture.
func next(t *testing.T, l *Live) Packet {
	t.Helper()
	l.SetReadDeadline(time.Now().Add(patience))
	p, err := l.Next()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// none checks that no packet is waiting.
func none(t *testing.T, l *Live) {
	t.Helper()
	l.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if p, err := l.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("unexpected packet %x or error %v", p.Data, err)
	}
}

// receive returns the next frame of a device.
func receive(t *testing.T, d Device) []byte {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		frame, err := d.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if frame != nil {
			return frame
		}
		if err := d.Wait(patience, false); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no frame came")
	return nil
}

// testType is an EtherType for experiments (IEEE 802), so that frames with it are the test's own.
const testType = 0x88b5

// testFrame is a frame of size bytes with number n in it, behind tags (TPID and TCI in turn).
func testFrame(n, size int, tags ...uint16) []byte {
	f := []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}
	for _, v := range append(tags, testType) {
		f = binary.BigEndian.AppendUint16(f, v)
	}
	f = binary.BigEndian.AppendUint32(f, uint32(n))
	for len(f) < size {
		f = append(f, byte(len(f)))
	}
	return f
}

// TestLiveLoopback: each packet is seen once, with its time and lengths.
func TestLiveLoopback(t *testing.T) { bothPaths(t, testLiveLoopback) }

func testLiveLoopback(t *testing.T, newLive opener) {
	newNamespace(t)
	const snaplen = 50
	l := newLive(t, LiveOptions{Interface: "lo", Snaplen: snaplen})
	if got := l.Interfaces(); len(got) != 1 || got[0].Name != "lo" || got[0].Link != dissect.LinkEthernet || got[0].Snaplen != snaplen || !got[0].Nano {
		t.Errorf("interfaces %+v", got)
	}
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()

	last := time.Now()
	for i, size := range []int{0, 1, 8, 9, 1000, 20000} {
		payload := bytes.Repeat([]byte{byte(i)}, size)
		if _, err := client.Write(payload); err != nil {
			t.Fatal(err)
		}
		p := next(t, l)
		now := time.Now()
		if at := p.Timestamp(); at.Before(last) || at.After(now) {
			t.Errorf("packet of %d bytes came at %v, not between %v and %v", size, at, last, now)
		}
		last = now
		if want := 14 + 28 + size; p.Len != want || len(p.Data) != min(want, snaplen) {
			t.Errorf("packet of %d bytes: %d captured of %d", size, len(p.Data), p.Len)
		}
		if p.Data[23] != 17 || !bytes.Equal(p.Data[42:], payload[:min(size, snaplen-42)]) {
			t.Errorf("packet of %d bytes: %x", size, p.Data)
		}
		if p.Link != dissect.LinkEthernet || p.Direction != DirIn || p.Interface != 0 {
			t.Errorf("packet of %d bytes: %v %v %v", size, p.Link, p.Direction, p.Interface)
		}
	}
	none(t, l)
	if s, err := l.Stats(); err != nil || s != (Stats{Received: 6}) {
		t.Errorf("stats %+v, %v", s, err)
	}
}

// TestLivePing: pings of the system's own program and the answers to them.
func TestLivePing(t *testing.T) { bothPaths(t, testLivePing) }

func testLivePing(t *testing.T, newLive opener) {
	newNamespace(t)
	if _, err := exec.LookPath("ping"); err != nil {
		t.Skip("needs ping")
	}
	l := newLive(t, LiveOptions{Interface: "lo"})
	start := time.Now()
	if out, err := exec.Command("ping", "-n", "-c", "3", "-i", "0.01", "-w", "5", "-s", "100", "127.0.0.1").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	last := start
	for i := range 6 {
		p := next(t, l)
		if want := byte(8 * (1 - i%2)); p.Len != 14+20+8+100 || p.Data[34] != want || int(p.Data[41]) != 1+i/2 {
			t.Errorf("packet %d: length %d, type %d, sequence %d", i, p.Len, p.Data[34], p.Data[41])
		}
		if at := p.Timestamp(); at.Before(last) || at.After(time.Now()) {
			t.Errorf("packet %d came at %v, after %v", i, at, last)
		}
		last = p.Timestamp()
	}
	none(t, l)
}

// TestLiveVLAN: tags that the kernel takes out are back in place, on one interface and on all.
func TestLiveVLAN(t *testing.T) { bothPaths(t, testLiveVLAN) }

func testLiveVLAN(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	one := newLive(t, LiveOptions{Interface: "v0"})
	any := newLive(t, LiveOptions{Interface: AnyInterface, Direction: DirIn})
	short := newLive(t, LiveOptions{Interface: "v0", Snaplen: 20})
	dev := openDevice(t, DeviceOptions{Name: "v0"})
	from := openDevice(t, DeviceOptions{Name: "v1"})
	for i, tags := range [][]uint16{
		{},
		{0x8100, 0xa123},
		{0x8100, 0}, // priority tag, VLAN 0
		{0x88a8, 0x1fff},
		{0x88a8, 0x0064, 0x8100, 0x0065},
	} {
		frame := testFrame(i, 100, tags...)
		send(t, from, frame)
		if p := next(t, one); !bytes.Equal(p.Data, frame) || p.Len != len(frame) {
			t.Errorf("tags %04x: captured %d of\n%x, sent\n%x", tags, p.Len, p.Data, frame)
		}
		if p := next(t, short); !bytes.Equal(p.Data, frame[:20]) || p.Len != len(frame) {
			t.Errorf("tags %04x: captured %d of\n%x with a snaplen of 20", tags, p.Len, p.Data)
		}
		if got := receive(t, dev); !bytes.Equal(got, frame) {
			t.Errorf("tags %04x: received\n%x, sent\n%x", tags, got, frame)
		}
		// Cooked, the packet starts behind the Ethernet header, whose type is the first field.
		p := next(t, any)
		if want := len(frame) - 14 + cookedHeader; p.Len != want || len(p.Data) != want {
			t.Fatalf("tags %04x: cooked %d of %d, want %d", tags, len(p.Data), p.Len, want)
		}
		if !bytes.Equal(p.Data[:2], frame[12:14]) || !bytes.Equal(p.Data[cookedHeader:], frame[14:]) {
			t.Errorf("tags %04x: cooked\n%x, sent\n%x", tags, p.Data, frame)
		}
	}
}

// TestLiveAny: packets of all interfaces, with the name of each and the header of LINKTYPE_LINUX_SLL2.
func TestLiveAny(t *testing.T) { bothPaths(t, testLiveAny) }

func testLiveAny(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	l := newLive(t, LiveOptions{Interface: AnyInterface})
	from := openDevice(t, DeviceOptions{Name: "v1"})
	frame := testFrame(1, 60)
	send(t, from, frame)

	cooked := func(index int, hatype uint16, pkttype byte, protocol uint16, src []byte, payload []byte) []byte {
		b := binary.BigEndian.AppendUint16(nil, protocol)
		b = append(b, 0, 0)
		b = binary.BigEndian.AppendUint32(b, uint32(index))
		b = binary.BigEndian.AppendUint16(b, hatype)
		b = append(b, pkttype, 6)
		b = append(b, src...)
		return append(append(b, 0, 0), payload...)
	}
	index := func(name string) int {
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		return l.Attrs().Index
	}
	check := func(name string, dir Direction, want []byte) {
		t.Helper()
		p := next(t, l)
		if !bytes.Equal(p.Data, want) || p.Len != len(want) || p.Link != dissect.LinkSLL2 || p.Direction != dir {
			t.Errorf("got  %v %v %x\nwant %v %x", p.Direction, p.Link, p.Data, dir, want)
		}
		if got := l.Interfaces()[p.Interface]; got.Name != name || got.Index != index(name) || got.Link != dissect.LinkSLL2 {
			t.Errorf("interface %+v, want %s", got, name)
		}
	}
	check("v1", DirOut, cooked(index("v1"), 1, 4, testType, frame[6:12], frame[14:]))
	check("v0", DirIn, cooked(index("v0"), 1, 3, testType, frame[6:12], frame[14:])) // 3: for another host
	if got := l.Interfaces()[0]; got.Name != AnyInterface || got.Link != dissect.LinkSLL2 {
		t.Errorf("first interface %+v", got)
	}

	// On the loopback interface a packet counts when it is received.
	server, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client, err := net.Dial("udp4", server.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	client.Write([]byte("hello"))
	p := next(t, l)
	if !bytes.Equal(p.Data[:cookedHeader], cooked(index("lo"), 772, 0, 0x0800, make([]byte, 6), nil)) || !bytes.HasSuffix(p.Data, []byte("hello")) {
		t.Errorf("loopback: %x", p.Data)
	}
	none(t, l)
}

// TestLiveDirection: -Q in and out.
func TestLiveDirection(t *testing.T) { bothPaths(t, testLiveDirection) }

func testLiveDirection(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	a, b := openDevice(t, DeviceOptions{Name: "v0"}), openDevice(t, DeviceOptions{Name: "v1"})
	in := newLive(t, LiveOptions{Interface: "v0", Direction: DirIn})
	out := newLive(t, LiveOptions{Interface: "v0", Direction: DirOut})
	both := newLive(t, LiveOptions{Interface: "v0"})
	send(t, a, testFrame(1, 60))
	send(t, b, testFrame(2, 60))
	number := func(p Packet) string { return fmt.Sprintf("%v %d", p.Direction, p.Data[17]) }
	for _, tt := range []struct {
		l    *Live
		want string
	}{{in, "In 2"}, {out, "Out 1"}, {both, "Out 1"}, {both, "In 2"}} {
		if got := number(next(t, tt.l)); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	none(t, in)
	none(t, out)
	none(t, both)
}

// TestLiveDrops: what the kernel could not keep is counted.
func TestLiveDrops(t *testing.T) { bothPaths(t, testLiveDrops) }

func testLiveDrops(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	l := newLive(t, LiveOptions{Interface: "v0", Buffer: 200000, Snaplen: 2000})
	from := openDevice(t, DeviceOptions{Name: "v1"})
	const n = 500
	for i := range n {
		send(t, from, testFrame(i, 1000))
	}
	var s Stats
	for end := time.Now().Add(patience); s.Received < n && time.Now().Before(end); time.Sleep(time.Millisecond) {
		var err error
		if s, err = l.Stats(); err != nil {
			t.Fatal(err)
		}
	}
	if s.Received != n || s.Dropped == 0 || s.Dropped >= n {
		t.Fatalf("stats %+v", s)
	}
	for i := range n - s.Dropped {
		if p := next(t, l); binary.BigEndian.Uint32(p.Data[14:]) != uint32(i) {
			t.Fatalf("packet %d: %x", i, p.Data[:18])
		}
	}
	none(t, l)
	l.Close()
	if after, err := l.Stats(); err != nil || after != s {
		t.Errorf("after Close %+v, %v, want %+v", after, err, s)
	}
}

// TestLiveEnds: an interface that is deleted or switched off ends the capture with one error, after all packets.
func TestLiveEnds(t *testing.T) { bothPaths(t, testLiveEnds) }

func testLiveEnds(t *testing.T, newLive opener) {
	for _, tt := range []struct {
		name string
		end  func(t *testing.T)
		want string
		gone bool
	}{
		{"deleted", func(t *testing.T) { deleteLink(t, "v0") }, "v0: the interface is gone", true},
		{"down", func(t *testing.T) {
			l, err := netlink.LinkByName("v0")
			if err == nil {
				err = netlink.LinkSetDown(l)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, "v0: the interface went down", false},
	} {
		for _, blocked := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s blocked=%v", tt.name, blocked), func(t *testing.T) {
				newNamespace(t)
				newVeth(t)
				l := newLive(t, LiveOptions{Interface: "v0"})
				from := openDevice(t, DeviceOptions{Name: "v1"})
				const n = 20
				for i := range n {
					send(t, from, testFrame(i, 60))
				}
				if blocked {
					for range n - 1 {
						next(t, l)
					}
				}
				type result struct {
					packets int
					err     error
				}
				done := make(chan result)
				l.SetReadDeadline(time.Now().Add(patience))
				read := func() {
					var r result
					for r.err == nil {
						if _, r.err = l.Next(); r.err == nil {
							r.packets++
						}
					}
					done <- r
				}
				want := n
				if blocked {
					want = 1
					go read()
				}
				tt.end(t)
				if !blocked {
					go read()
				}
				r := <-done
				if r.packets != want || r.err.Error() != tt.want || errors.Is(r.err, ErrGone) != tt.gone {
					t.Errorf("%d packets, then %v; want %d, then %s", r.packets, r.err, want, tt.want)
				}
				if _, err := l.Next(); err != r.err {
					t.Errorf("then %v", err)
				}
			})
		}
	}
}

// TestLiveClose: Close ends a Next that waits.
func TestLiveClose(t *testing.T) { bothPaths(t, testLiveClose) }

func testLiveClose(t *testing.T, newLive opener) {
	newNamespace(t)
	l := newLive(t, LiveOptions{Interface: "lo"})
	done := make(chan error)
	go func() {
		_, err := l.Next()
		done <- err
	}()
	time.Sleep(10 * time.Millisecond) // either order must do
	l.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
	if _, err := l.Next(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("second Close gives %v", err)
	}
}

// TestLiveErrors: what people get wrong.
func TestLiveErrors(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	l, err := netlink.LinkByName("v1")
	if err == nil {
		err = netlink.LinkSetDown(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, want string }{
		{"eth9", "eth9: no such interface (have: lo, v1, v0)"},
		{"", "no interface given"},
		{"sixteenbytesname", `"sixteenbytesname": an interface name has at most 15 bytes`},
		{"a/b", `"a/b": not an interface name`},
		{"v1", "v1: the interface is down (to change that: sudo ip link set v1 up): network is down"},
	} {
		if _, err := NewLive(LiveOptions{Interface: tt.name}); err == nil || err.Error() != tt.want {
			t.Errorf("%q: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// asNobody runs f on a thread without privileges.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534)
		if errno != 0 {
			done <- errno
			return
		}
		f()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot give up privileges: %v", err)
	}
}

// TestNoPermission: errors say what to do.
func TestNoPermission(t *testing.T) {
	asNobody(t, func() {
		_, err := NewLive(LiveOptions{Interface: "lo"})
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "lo: packet sockets need CAP_NET_RAW: run as root, or once: sudo setcap cap_net_raw+ep /") {
			t.Errorf("NewLive: %v", err)
		}
		_, err = OpenDevice(DeviceOptions{Name: "smol-no-such", HostAddrs: []netip.Prefix{netip.MustParsePrefix("192.168.69.100/24")}})
		const want = "sudo ip tuntap add name smol-no-such mode tap user $USER && sudo ip link set smol-no-such up && " +
			"sudo ip addr add 192.168.69.100/24 dev smol-no-such"
		if errors.Is(err, fs.ErrNotExist) {
			return // no /dev/net/tun: nothing to be allowed
		}
		if !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("OpenDevice: %v", err)
		}
	})
}

// TestListInterfaces: the order is that of tcpdump -D.
func TestListInterfaces(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "x12"
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: "x3"}); err != nil {
		t.Fatal(err)
	}
	linkUp(t, "x3")
	addAddr(t, "v0", "10.9.8.7/24")
	list, err := ListInterfaces()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
		switch i.Name {
		case "lo":
			if !i.Up || !i.Running || !i.Loopback || i.CarrierKnown {
				t.Errorf("%+v", i)
			}
		case "v0":
			if !i.Up || !i.Running || !i.CarrierKnown || !i.Carrier || fmt.Sprint(i.Addrs) != "[10.9.8.7/24]" || i.MTU != 1500 {
				t.Errorf("%+v", i)
			}
		case "x3":
			if !i.Up || i.Running || !i.CarrierKnown || i.Carrier {
				t.Errorf("%+v", i)
			}
		case "x12":
			if i.Up || i.Running {
				t.Errorf("%+v", i)
			}
		}
	}
	if got, want := strings.Join(names, " "), "v1 v0 any lo x3 x12"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Log("not compared with tcpdump -D: it is not here")
		return
	}
	out, err := exec.Command("tcpdump", "-D").Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs []string
	for line := range strings.Lines(string(out)) {
		_, rest, _ := strings.Cut(line, ".")
		name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
			theirs = append(theirs, name)
		}
	}
	if got, want := strings.Join(names, " "), strings.Join(theirs, " "); got != want {
		t.Errorf("order %s, tcpdump's is %s", got, want)
	}
}

// TestLiveAllocs: a packet costs no allocation.
func TestLiveAllocs(t *testing.T) { bothPaths(t, testLiveAllocs) }

func testLiveAllocs(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	from := openDevice(t, DeviceOptions{Name: "v1"})
	pieces := [][]byte{testFrame(1, 60, 0x8100, 5)}
	for _, name := range []string{"v0", AnyInterface} {
		l := newLive(t, LiveOptions{Interface: name, Direction: DirIn, Immediate: true})
		step := func() {
			if ok, err := from.Send(pieces); !ok || err != nil {
				t.Fatal(ok, err)
			}
			if _, err := l.Next(); err != nil {
				t.Fatal(err)
			}
		}
		step() // the first lists the interface
		if n := testing.AllocsPerRun(200, step); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
