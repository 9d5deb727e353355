package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

var tap0 = DeviceOptions{Name: "tap0", HostAddrs: []netip.Prefix{netip.MustParsePrefix("192.168.69.100/24")}}

// responder answers ARP and pings for 192.168.69.1 on a device until it is closed or fails.
func responder(d Device) error {
	for {
		if err := d.Wait(-1, false); err != nil {
			return err
		}
		for {
			frame, err := d.Recv()
			if err != nil {
				return err
			}
			if frame == nil {
				break
			}
			if answer(d.Ethernet(), frame) {
				if _, err := d.Send([][]byte{frame[:10], frame[10:20], frame[20:]}); err != nil {
					return err
				}
			}
		}
	}
}

// answer turns an ARP request or a ping into its answer.
func answer(ethernet bool, f []byte) bool {
	ip := f
	if ethernet {
		if len(f) < 42 {
			return false
		}
		mac := []byte{2, 0, 0, 0, 0, 1}
		copy(f[0:6], f[6:12])
		copy(f[6:12], mac)
		if f[12] == 8 && f[13] == 6 && f[21] == 1 && bytes.Equal(f[38:42], []byte{192, 168, 69, 1}) {
			f[21] = 2
			copy(f[32:42], f[22:32])
			copy(f[22:28], mac)
			copy(f[28:32], []byte{192, 168, 69, 1})
			return true
		}
		if f[12] != 8 || f[13] != 0 {
			return false
		}
		ip = f[14:]
	}
	v := dissect.IPv4(ip)
	if v.CheckWhole() != nil || v.Protocol() != dissect.ProtoICMP || ip[20] != 8 {
		return false
	}
	var src [4]byte
	copy(src[:], ip[12:16])
	copy(ip[12:16], ip[16:20])
	copy(ip[16:20], src[:])
	icmp := ip[20:v.TotalLen()]
	icmp[0] = 0
	binary.BigEndian.PutUint16(icmp[2:], 0)
	binary.BigEndian.PutUint16(icmp[2:], dissect.Sum(0).Add(icmp).Checksum())
	return true
}

// pings runs ping against 192.168.69.1, which shall answer everything.
func pings(t *testing.T, size int) {
	t.Helper()
	if _, err := exec.LookPath("ping"); err != nil {
		t.Skip("needs ping")
	}
	// With a deadline, ping waits for three answers; without, it gives the last one only twice the time of the others.
	out, err := exec.Command("ping", "-n", "-c", "3", "-i", "0.01", "-w", "5", "-s", fmt.Sprint(size), "192.168.69.1").CombinedOutput()
	if err != nil {
		t.Errorf("ping of %d bytes: %v\n%s", size, err, out)
	}
}

// TestDevicePing: the kernel pings through a TAP and a TUN interface that OpenDevice makes, attaches to or reaches by a
// packet socket.
func TestDevicePing(t *testing.T) {
	withTUN := tap0
	withTUN.Name, withTUN.TUN = "tun0", true
	jumbo := tap0
	jumbo.MTU = 9000
	for _, tt := range []struct {
		name string
		open func(t *testing.T) Device
		kind string
		mtu  int
		size int

		kernel string // its interface
	}{
		{"TAP", func(t *testing.T) Device { return openDevice(t, tap0) }, "*capture.TAP true", 1500, 1472, "tap0"},
		{"TAP with MTU", func(t *testing.T) Device { return openDevice(t, jumbo) }, "*capture.TAP true", 9000, 8972, "tap0"},
		{"TUN", func(t *testing.T) Device { return openDevice(t, withTUN) }, "*capture.TAP false", 1500, 1472, "tun0"},
		{"persistent TAP", func(t *testing.T) Device {
			persistent(t, "tap0", netlink.TUNTAP_MODE_TAP)
			return openDevice(t, DeviceOptions{Name: "tap0", TUN: true}) // it is what it is
		}, "*capture.TAP true", 1500, 1000, "tap0"},
		{"persistent TUN", func(t *testing.T) Device {
			persistent(t, "tap0", netlink.TUNTAP_MODE_TUN)
			return openDevice(t, DeviceOptions{Name: "tap0"})
		}, "*capture.TAP false", 1500, 1000, "tap0"},
		{"packet socket", func(t *testing.T) Device {
			newVeth(t)
			addAddr(t, "v1", "192.168.69.100/24")
			return openDevice(t, DeviceOptions{Name: "v0"})
		}, "*capture.cutRaw true", 1500, 1472, "v1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			newNamespace(t)
			needTUN(t)
			d := tt.open(t)
			if got := fmt.Sprintf("%T %v", d, d.Ethernet()); got != tt.kind || d.MTU() != tt.mtu {
				t.Errorf("%s with MTU %d, want %s and %d", got, d.MTU(), tt.kind, tt.mtu)
			}
			running(t, tt.kernel)
			done := make(chan error)
			go func() { done <- responder(d) }()
			pings(t, 56)
			pings(t, tt.size)
			d.Close()
			if err := <-done; !errors.Is(err, net.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
			d.Wake() // harmless now
			if _, err := d.Recv(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Recv after Close: %v", err)
			}
			if _, err := d.Send([][]byte{testFrame(1, 60)}); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Send after Close: %v", err)
			}
		})
	}
}

// persistent makes a TAP or TUN interface that stays.
func persistent(t *testing.T, name string, mode netlink.TuntapMode) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	l := &netlink.Tuntap{LinkAttrs: attrs, Mode: mode}
	if err := netlink.LinkAdd(l); err != nil {
		t.Fatal(err)
	}
	for _, f := range l.Fds {
		f.Close()
	}
	if !IsTunTap(name) {
		t.Errorf("%s: not a TAP or TUN interface", name)
	}
	linkUp(t, name)
	addAddr(t, name, "192.168.69.100/24")
}

// TestTAPVanishes: what OpenDevice made is gone after Close, and after a failure on the way.
func TestTAPVanishes(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	d := openDevice(t, tap0)
	if _, err := OpenDevice(tap0); !errors.Is(err, unix.EBUSY) || !strings.HasPrefix(err.Error(), "tap0: in use by another program") {
		t.Errorf("second open: %v", err)
	}
	l, err := netlink.LinkByName("tap0")
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := netlink.AddrList(l, netlink.FAMILY_V4)
	if err != nil || len(addrs) != 1 || addrs[0].IPNet.String() != "192.168.69.100/24" || l.Attrs().Flags&net.FlagUp == 0 {
		t.Errorf("the kernel's side: %v %v, %v", addrs, l.Attrs().Flags, err)
	}
	d.Close()
	if _, err := interfaceByName("tap0"); err == nil {
		t.Error("tap0 is still there")
	}
	bad := tap0
	bad.MTU = 10
	if _, err := OpenDevice(bad); err == nil || !strings.HasPrefix(err.Error(), "tap0: set MTU 10: ") {
		t.Errorf("MTU 10: %v", err)
	}
	if _, err := interfaceByName("tap0"); err == nil {
		t.Error("tap0 is still there after a failure")
	}
	if _, err := OpenDevice(DeviceOptions{Name: "lo"}); err == nil || !strings.HasPrefix(err.Error(), "lo: a loopback interface") {
		t.Errorf("lo: %v", err)
	}
	if _, err := OpenDevice(DeviceOptions{Name: "sixteenbytesname"}); err == nil || !strings.Contains(err.Error(), "at most 15 bytes") {
		t.Errorf("long name: %v", err)
	}
	if IsTunTap("lo") || IsTunTap("eth9") {
		t.Error("lo or nothing taken for a TAP interface")
	}
}

// TestDeviceGone: when the interface is deleted, a host that waits, receives or sends learns it.
func TestDeviceGone(t *testing.T) {
	for _, tt := range []struct {
		name string
		open func(t *testing.T) Device
	}{
		{"tap0", func(t *testing.T) Device { return openDevice(t, tap0) }},
		{"v0", func(t *testing.T) Device { newVeth(t); return openDevice(t, DeviceOptions{Name: "v0"}) }},
	} {
		for _, first := range []string{"up", "down"} {
			t.Run(tt.name+" "+first, func(t *testing.T) {
				newNamespace(t)
				needTUN(t)
				d := tt.open(t)
				frame := testFrame(1, 60)
				if first == "down" {
					l, err := netlink.LinkByName(tt.name)
					if err == nil {
						err = netlink.LinkSetDown(l)
					}
					if err != nil {
						t.Fatal(err)
					}
					// A frame or two are lost, and that is all.
					if ok, err := d.Send([][]byte{frame}); ok || err == nil || errors.Is(err, ErrGone) {
						t.Errorf("Send on an interface that is down: %v, %v", ok, err)
					}
					if _, err := d.Recv(); errors.Is(err, ErrGone) {
						t.Errorf("Recv on an interface that is down: %v", err)
					}
					if err := d.Wait(0, false); err != nil {
						t.Errorf("Wait on an interface that is down: %v", err)
					}
					linkUp(t, tt.name)
					if tt.name == "v0" {
						running(t, "v0")
					}
					send(t, d, frame)
					if _, err := d.Recv(); err != nil {
						t.Errorf("Recv after that: %v", err)
					}
					l, _ = netlink.LinkByName(tt.name)
					netlink.LinkSetDown(l)
				}
				done := make(chan error)
				go func() { done <- responder(d) }()
				deleteLink(t, tt.name)
				var err error
				for {
					// responder takes every error for the end, and being down is one that comes before.
					if err = <-done; errors.Is(err, ErrGone) || !errors.Is(err, unix.ENETDOWN) {
						break
					}
					go func() { done <- responder(d) }()
				}
				if want := tt.name + ": the interface is gone"; err == nil || err.Error() != want {
					t.Errorf("%v, want %s", err, want)
				}
				if err := d.Wait(-1, false); !errors.Is(err, ErrGone) {
					t.Errorf("Wait gives %v", err)
				}
				if _, err := d.Recv(); !errors.Is(err, ErrGone) {
					t.Errorf("Recv gives %v", err)
				}
				if _, err := d.Send([][]byte{frame}); !errors.Is(err, ErrGone) {
					t.Errorf("Send gives %v", err)
				}
			})
		}
	}
}

// TestRawLastFrames: frames that came before the interface was deleted are received first.
func TestRawLastFrames(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	a, b := openDevice(t, DeviceOptions{Name: "v0"}), openDevice(t, DeviceOptions{Name: "v1"})
	for i := range 10 {
		send(t, b, testFrame(i, 60))
	}
	deleteLink(t, "v0")
	for i := range 10 {
		if frame, err := a.Recv(); err != nil || !bytes.Equal(frame, testFrame(i, 60)) {
			t.Fatalf("frame %d: %x, %v", i, frame, err)
		}
	}
	for {
		if _, err := a.Recv(); errors.Is(err, ErrGone) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if err := a.Wait(patience, false); err != nil && !errors.Is(err, ErrGone) {
			t.Fatal(err)
		}
	}
}

// TestDeviceWait: Wait ends by a frame, by room, by Wake and by its timeout.
func TestDeviceWait(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	d := openDevice(t, tap0)
	kernel, err := OpenRaw("tap0")
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	wait := func(timeout time.Duration, write bool) {
		t.Helper()
		if err := d.Wait(timeout, write); err != nil {
			t.Fatal(err)
		}
	}
	for {
		frame, err := d.Recv() // what the kernel had to say on its own
		if err != nil {
			t.Fatal(err)
		}
		if frame == nil {
			break
		}
	}
	wait(0, false)
	start := time.Now()
	wait(5*time.Millisecond, false)
	if took := time.Since(start); took > patience {
		t.Errorf("5 ms took %v", took)
	}
	wait(-1, true)
	d.Wake()
	d.Wake()
	wait(-1, false)
	for range 50 {
		done := make(chan error)
		go func() { done <- d.Wait(-1, false) }()
		d.Wake()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	frame := testFrame(1, 60)
	send(t, kernel, frame)
	wait(-1, false)
	if got := receive(t, d); !bytes.Equal(got, frame) {
		t.Errorf("received %x", got)
	}
}

// TestTAPFrames: frames of every length pass, up to the largest MTU, in any number of pieces; others cost an error.
func TestTAPFrames(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	const maxMTU = 65521 // of a TAP interface in Linux
	d := openDevice(t, DeviceOptions{Name: "tap0", MTU: maxMTU})
	if d.MTU() != maxMTU {
		t.Fatalf("MTU %d", d.MTU())
	}
	kernel, err := OpenRaw("tap0")
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	for _, size := range []int{14, 15, 60, 1514, 9014, 65521 + 14} {
		frame := testFrame(1, size)[:size]
		send(t, kernel, frame)
		if got := receive(t, d); !bytes.Equal(got, frame) {
			t.Errorf("%d bytes: TAP received %d", size, len(got))
		}
		for {
			ok, err := d.Send([][]byte{frame[:1], {}, frame[1:14], frame[14:]})
			if err != nil {
				t.Fatalf("%d bytes: %v", size, err)
			}
			if ok {
				break
			}
			d.Wait(-1, true)
		}
		if got := receive(t, kernel); !bytes.Equal(got, frame) {
			t.Errorf("%d bytes: packet socket received %d", size, len(got))
		}
	}
	for _, short := range [][][]byte{nil, {{}}, {make([]byte, 13)}} {
		if ok, err := d.Send(short); ok || err == nil || errors.Is(err, ErrGone) {
			t.Errorf("frame of %d bytes: %v, %v", size(short), ok, err)
		}
	}
	if ok, err := kernel.Send([][]byte{make([]byte, 65521+15)}); ok || !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("frame above the MTU: %v, %v", ok, err)
	}
}

// TestDeviceAllocs: a frame costs no allocation, received or sent.
func TestDeviceAllocs(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	d := openDevice(t, tap0)
	kernel, err := OpenRaw("tap0")
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	f := testFrame(1, 1000)
	pieces := [][]byte{f[:14], f[14:34], f[34:54], f[54:]}
	step := func(from, to Device) func() {
		return func() {
			if ok, err := from.Send(pieces); !ok || err != nil {
				t.Fatal(ok, err)
			}
			for {
				if err := to.Wait(patience, false); err != nil {
					t.Fatal(err)
				}
				frame, err := to.Recv()
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Equal(frame, f) {
					return
				}
			}
		}
	}
	if n := testing.AllocsPerRun(200, step(kernel, d)); n != 0 {
		t.Errorf("packet socket to TAP: %v allocations", n)
	}
	if n := testing.AllocsPerRun(200, step(d, kernel)); n != 0 {
		t.Errorf("TAP to packet socket: %v allocations", n)
	}
}

// TestRawChecksum: what the kernel leaves to its device is complete when a host receives it, and left as it was for
// people who look.
func TestRawChecksum(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	addAddr(t, "v1", "10.9.0.1/24")
	l, err := netlink.LinkByName("v1")
	if err != nil {
		t.Fatal(err)
	}
	err = netlink.NeighAdd(&netlink.Neigh{
		LinkIndex: l.Attrs().Index, IP: net.IPv4(10, 9, 0, 2), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}, State: netlink.NUD_PERMANENT,
	})
	if err != nil {
		t.Fatal(err)
	}
	host := openDevice(t, DeviceOptions{Name: "v0"})
	live := newLive(t, LiveOptions{Interface: "v0"})
	udp, err := net.Dial("udp4", "10.9.0.2:9")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)

	verdict := func(frame []byte) (dissect.IPProto, dissect.ChecksumState) {
		ip := dissect.IPv4(frame[14:])
		if err := ip.CheckWhole(); err != nil {
			t.Fatal(err)
		}
		b := ip.Payload()
		pseudo := dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), ip.Protocol(), len(b))
		got := dissect.UDP(b).Checksum()
		if ip.Protocol() == dissect.ProtoTCP {
			got = dissect.TCP(b).Checksum()
		}
		switch {
		case pseudo.Add(b).Fold() == 0xffff:
			return ip.Protocol(), dissect.ChecksumGood
		case got == pseudo.Fold():
			return ip.Protocol(), dissect.ChecksumPartial
		}
		return ip.Protocol(), dissect.ChecksumBad
	}
	for _, tt := range []struct {
		proto dissect.IPProto
		send  func() error
	}{
		{dissect.ProtoUDP, func() error { _, err := udp.Write([]byte("odd")); return err }},
		{dissect.ProtoUDP, func() error { _, err := udp.Write(make([]byte, 1000)); return err }},
		{dissect.ProtoTCP, func() error {
			err := unix.Connect(fd, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 9, 0, 2}})
			if err == unix.EINPROGRESS {
				err = nil
			}
			return err
		}},
	} {
		if err := tt.send(); err != nil {
			t.Fatal(err)
		}
		if proto, got := verdict(receive(t, host)); proto != tt.proto || got != dissect.ChecksumGood {
			t.Errorf("%v: the host receives %v with a checksum that is %v", tt.proto, proto, got)
		}
		if proto, got := verdict(next(t, live).Data); proto != tt.proto || got != dissect.ChecksumPartial {
			t.Errorf("%v: the capture shows %v with a checksum that is %v", tt.proto, proto, got)
		}
	}
}

// TestRawIgnoresOwn: a host does not receive what it sent, nor what the kernel sends from there.
func TestRawIgnoresOwn(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	a, b := openDevice(t, DeviceOptions{Name: "v0"}), openDevice(t, DeviceOptions{Name: "v1"})
	send(t, a, testFrame(1, 60))
	send(t, b, testFrame(2, 60))
	for _, d := range []Device{a, b} {
		want := map[Device]byte{a: 2, b: 1}[d]
		if got := receive(t, d); got[17] != want {
			t.Errorf("received frame %d, want %d", got[17], want)
		}
		if frame, err := d.Recv(); frame != nil || err != nil {
			t.Errorf("then %x, %v", frame, err)
		}
	}
}
