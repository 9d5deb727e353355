package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// fakeKernel fills a ring that no socket has, as the kernel does.
type fakeKernel struct {
	r    *ring
	at   int // the block that is being filled
	used int // bytes of it; 0: it is not open
	last int // where the packet before is in it
}

func newFakeKernel(size, blocks int) *fakeKernel {
	words := make([]uint64, size*blocks/8)
	mem := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), size*blocks)
	return &fakeKernel{r: &ring{mem: mem, size: size, held: -1, spare: make([]byte, size/2)}}
}

func (k *fakeKernel) block() []byte { return k.r.mem[k.at*k.r.size:][:k.r.size] }

// put stores a packet; false means that it was dropped.
func (k *fakeKernel) put(data []byte, sec uint32) bool {
	const mac = 82
	need := (mac + len(data) + 7) &^ 7
	if k.used > 0 && k.used+need > k.r.size {
		k.retire()
	}
	h := k.r.header(k.at)
	if k.used == 0 {
		if h.Block_status != unix.TP_STATUS_KERNEL {
			return false
		}
		*h = unix.TpacketHdrV1{Offset_to_first_pkt: 48}
		k.used, k.last = 48, 0
	}
	if k.last > 0 {
		binary.NativeEndian.PutUint32(k.block()[k.last:], uint32(k.used-k.last))
	}
	p := k.block()[k.used:][:need]
	*(*unix.Tpacket3Hdr)(unsafe.Pointer(&p[0])) = unix.Tpacket3Hdr{
		Sec: sec, Nsec: 7, Snaplen: uint32(len(data)), Len: uint32(len(data)) + 5, Mac: mac, Net: mac + 14,
	}
	*(*unix.RawSockaddrLinklayer)(unsafe.Pointer(&p[ringAddress])) = unix.RawSockaddrLinklayer{Ifindex: 3}
	copy(p[mac:], data)
	k.last, k.used = k.used, k.used+need
	h.Num_pkts++
	h.Blk_len = uint32(k.used)
	return true
}

// retire hands the block over that is being filled.
func (k *fakeKernel) retire() {
	if k.used > 0 {
		k.r.header(k.at).Block_status = unix.TP_STATUS_USER
		k.at, k.used = (k.at+1)%(len(k.r.mem)/k.r.size), 0
	}
}

// testRing compares a ring with a list of packets while the kernel and the program take turns as steps says.
func testRing(t *testing.T, steps []byte) {
	const size, blocks = 1024, 5
	k := newFakeKernel(size, blocks)
	r := k.r
	var want [][]byte
	var lent, lentWant []byte
	var m message
	n := uint32(0)
	for _, step := range steps {
		switch step % 8 {
		default:
			data := bytes.Repeat([]byte{byte(n)}, int(step)*3)
			if k.put(data, n) {
				want = append(want, data)
			} else if r.filled(k.at) == false {
				t.Fatalf("packet %d was dropped from a block that is free", n)
			}
			n++
		case 3:
			k.retire()
		case 4:
			r.makeRoom()
		case 5, 6, 7:
			buf := r.read(&m)
			if buf == nil {
				ready := len(r.behind) > 0 || r.filled(r.next)
				if r.moveOn() != ready && r.held < 0 {
					t.Fatal("there is a block that moveOn does not take, or the other way round")
				}
				lent = nil
				break
			}
			if len(want) == 0 {
				t.Fatalf("packet %x was read twice", buf)
			}
			lent, lentWant, want = buf[headroom:], want[0], want[1:]
			if m.captured != len(lent) || m.length != len(lent)+5 || m.network != 14 || m.from.Ifindex != 3 || m.time%1e9 != 7 {
				t.Fatalf("told of %+v", m)
			}
		}
		if lent != nil && !bytes.Equal(lent, lentWant) {
			t.Fatalf("after step %d: %x, want %x", step, lent, lentWant)
		}
		if r.copied > len(r.mem) {
			t.Fatalf("%d bytes of copies", r.copied)
		}
	}
	k.retire()
	for len(want) > 0 {
		buf := r.read(&m)
		if buf == nil {
			if !r.moveOn() {
				t.Fatalf("%d packets are lost", len(want))
			}
			k.retire()
			continue
		}
		if !bytes.Equal(buf[headroom:], want[0]) {
			t.Fatalf("%x, want %x", buf[headroom:], want[0])
		}
		want = want[1:]
	}
	if r.read(&m) != nil || r.moveOn() || r.copied != 0 {
		t.Error("something is left")
	}
}

// TestRing: packets come out as they went in, whatever the turns.
func TestRing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		steps := make([]byte, 1+random.IntN(400))
		few := random.IntN(2) == 0 // packets in each block, so that copies are made
		for i := range steps {
			steps[i] = byte(random.Uint32())
			if few && steps[i]%8 < 3 && i+1 < len(steps) {
				steps[i] &= 0x0f
			}
		}
		testRing(t, steps)
	}
}

func FuzzRing(f *testing.F) {
	f.Add([]byte{0, 3, 0, 3, 0, 3, 4, 5, 5})
	f.Fuzz(testRing)
}

// FuzzRingBlock: a block of any bytes makes no trouble.
func FuzzRingBlock(f *testing.F) {
	k := newFakeKernel(1024, 1)
	for i := range 5 {
		k.put([]byte("packet"), uint32(i))
	}
	f.Add(bytes.Clone(k.r.mem))
	f.Add(bytes.Repeat([]byte{0xff}, 300))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := newFakeKernel(1024, 1)
		copy(k.r.mem, b)
		k.r.header(0).Block_status = unix.TP_STATUS_USER
		var m message
		if !k.r.moveOn() {
			t.Fatal("no block")
		}
		for {
			buf := k.r.read(&m)
			if buf == nil {
				break
			}
			if len(buf) != headroom+m.captured {
				t.Fatalf("%d bytes, %d captured", len(buf), m.captured)
			}
			l := &Live{buf: buf, msg: m}
			l.cook(headroom+m.captured, true)
		}
		if k.r.moveOn() {
			t.Fatal("the block comes again")
		}
	})
}

// TestRingRefused: where there can be no ring there is none, and nothing else happens.
func TestRingRefused(t *testing.T) {
	if err := withSocket(func(fd int) error {
		var r ring
		if r.open(fd, defaultRing, 2000, false) || r.mem != nil {
			t.Error("a ring on a socket for IP")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	newNamespace(t)
	newVeth(t)
	l := newLive(t, LiveOptions{Interface: "v0"})
	if !l.ringed {
		t.Skip("this kernel has no rings")
	}
	if err := control(l.conn, func(fd int) error {
		var r ring
		if r.open(fd, defaultRing, 2000, false) || r.mem != nil {
			t.Error("two rings on a socket")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	small := newLive(t, LiveOptions{Interface: "v0", Buffer: 1000})
	if small.ringed {
		t.Error("a ring of 1000 bytes")
	}
	send(t, openDevice(t, DeviceOptions{Name: "v1"}), testFrame(1, 60))
	for _, l := range []*Live{l, small} {
		if p := next(t, l); !bytes.Equal(p.Data, testFrame(1, 60)) {
			t.Errorf("%x", p.Data)
		}
	}
}

// TestRingSize: blocks are as long as packets make necessary, and a buffer is not exceeded.
func TestRingSize(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	for _, tt := range []struct {
		opts         LiveOptions
		size, blocks int
	}{
		{LiveOptions{}, 128 << 10, 256},
		{LiveOptions{Snaplen: 100}, 32 << 10, 1024},
		{LiveOptions{Buffer: 600 << 10}, 128 << 10, 4},
		{LiveOptions{Buffer: 511 << 10}, 0, 0},
	} {
		tt.opts.Interface = "v0"
		l := newLive(t, tt.opts)
		if l.ringed != (tt.size > 0) {
			t.Fatalf("%+v: %v", tt.opts, l.ringed)
		}
		if l.ringed && (l.ring.size != tt.size || len(l.ring.mem) != tt.size*tt.blocks) {
			t.Errorf("%+v: blocks of %d, %d bytes in all", tt.opts, l.ring.size, len(l.ring.mem))
		}
	}
	link, err := netlink.LinkByName("v0")
	if err == nil {
		err = netlink.LinkSetGSOMaxSize(link, 150000)
	}
	if err != nil {
		t.Skipf("no segments of more than 64 KiB: %v", err)
	}
	for _, index := range []int{link.Attrs().Index, 0} {
		if got := largestPacket(index); got != 150000+maxLinkHeader {
			t.Errorf("longest packet %d", got)
		}
	}
}

// TestCutFilter: programs keep no more than asked for, and select what they did.
func TestCutFilter(t *testing.T) {
	ret := func(k uint32) bpf.RawInstruction { return bpf.RawInstruction{Op: 0x06, K: k} }
	given := []bpf.RawInstruction{{Op: 0x28, K: 12}, {Op: 0x15, Jf: 1, K: 0x800}, ret(262144), ret(0)}
	before := slices.Clone(given)
	want := []bpf.RawInstruction{{Op: 0x28, K: 12}, {Op: 0x15, Jf: 1, K: 0x800}, ret(96), ret(0)}
	if got := cutFilter(given, 96); !slices.Equal(got, want) || !slices.Equal(given, before) {
		t.Errorf("%v", got)
	}
	if got := cutFilter(nil, 96); !slices.Equal(got, []bpf.RawInstruction{ret(96)}) {
		t.Errorf("%v", got)
	}
}

// TestLiveFilter: the filter is there before the first packet.
func TestLiveFilter(t *testing.T) { bothPaths(t, testLiveFilter) }

func testLiveFilter(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	from := openDevice(t, DeviceOptions{Name: "v1"})
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
				if _, err := from.Send([][]byte{testFrame(n%256, 200)}); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for range 5 {
		l := newLive(t, LiveOptions{Interface: "v0", Snaplen: 64, Filter: []bpf.RawInstruction{
			{Op: 0x30, K: 17}, // the low byte of the number
			{Op: 0x15, Jf: 1, K: 42},
			{Op: 0x06, K: 262144},
			{Op: 0x06},
		}})
		for range 10 {
			if p := next(t, l); p.Data[17] != 42 || len(p.Data) != 64 || p.Len != 200 {
				t.Fatalf("%d of %d bytes: %x", len(p.Data), p.Len, p.Data)
			}
		}
		l.Close()
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestLiveLengths: packets of all lengths, over many blocks.
func TestLiveLengths(t *testing.T) { bothPaths(t, testLiveLengths) }

func testLiveLengths(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	l := newLive(t, LiveOptions{Interface: "v0", Buffer: 600 << 10})
	from := openDevice(t, DeviceOptions{Name: "v1"})
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		var frames [][]byte
		for i := range 100 {
			frames = append(frames, testFrame(round*100+i, 60+random.IntN(1400)))
		}
		send(t, from, frames...)
		for i, f := range frames {
			if p := next(t, l); !bytes.Equal(p.Data, f) || p.Len != len(f) {
				t.Fatalf("round %d, packet %d: %d of %d bytes\n%x, want %d\n%x", round, i, len(p.Data), p.Len, p.Data, len(f), f)
			}
		}
	}
	if s, err := l.Stats(); err != nil || s != (Stats{Received: 3000}) {
		t.Errorf("stats %+v, %v", s, err)
	}

	// The longest datagram that there is.
	lo := newLive(t, LiveOptions{Interface: "lo"})
	client, err := net.Dial("udp4", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	payload := make([]byte, 65507)
	rand.NewChaCha8([32]byte{}).Read(payload)
	if _, err := client.Write(payload); err != nil {
		t.Fatal(err)
	}
	if p := next(t, lo); p.Len != 42+len(payload) || !bytes.Equal(p.Data[42:], payload) {
		t.Errorf("%d of %d bytes", len(p.Data), p.Len)
	}
}

// TestLiveStop: everything received before Stop is returned, and nothing after it.
func TestLiveStop(t *testing.T) { bothPaths(t, testLiveStop) }

func testLiveStop(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	from := openDevice(t, DeviceOptions{Name: "v1"})
	for _, n := range []int{0, 1, 1000} {
		l := newLive(t, LiveOptions{Interface: "v0"})
		for i := range n {
			send(t, from, testFrame(i, 60))
		}
		if err := l.Stop(); err != nil {
			t.Fatal(err)
		}
		send(t, from, testFrame(n, 60))
		l.SetReadDeadline(time.Now().Add(patience))
		for i := range n {
			p, err := l.Next()
			if err != nil || binary.BigEndian.Uint32(p.Data[14:]) != uint32(i) {
				t.Fatalf("packet %d of %d: %x, %v", i, n, p.Data, err)
			}
		}
		if p, err := l.Next(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after %d packets: %x, %v", n, p.Data, err)
		}
		if s, err := l.Stats(); err != nil || s != (Stats{Received: uint64(n)}) {
			t.Errorf("stats %+v, %v; want %d", s, err, n)
		}
		if err := l.Stop(); err != nil {
			t.Errorf("second Stop: %v", err)
		}
		l.Close()
		if err := l.Stop(); err != nil {
			t.Errorf("Stop after Close: %v", err)
		}
	}

	l := newLive(t, LiveOptions{Interface: "v0"})
	done := make(chan error)
	go func() {
		_, err := l.Next()
		done <- err
	}()
	time.Sleep(10 * time.Millisecond) // either order must do
	l.Stop()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
}

// TestLiveLent: a packet is there until the following Next, also when the capture is closed meanwhile.
func TestLiveLent(t *testing.T) { bothPaths(t, testLiveLent) }

func testLiveLent(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	from := openDevice(t, DeviceOptions{Name: "v1"})
	for _, n := range []int{1, 400} { // few are copied from the ring, many are read in their block
		l := newLive(t, LiveOptions{Interface: "v0"})
		for i := range n {
			send(t, from, testFrame(i, 500))
		}
		p := next(t, l)
		l.Close()
		if !bytes.Equal(p.Data, testFrame(0, 500)) {
			t.Errorf("after Close: %x", p.Data)
		}
		if _, err := l.Next(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Next gives %v", err)
		}
		if l.ring.mem != nil {
			t.Errorf("%d bytes of the ring are still there", len(l.ring.mem))
		}
	}
}

// TestLiveCloseWhileReading: Close comes at any moment.
func TestLiveCloseWhileReading(t *testing.T) { bothPaths(t, testLiveCloseWhileReading) }

func testLiveCloseWhileReading(t *testing.T, newLive opener) {
	newNamespace(t)
	newVeth(t)
	from := openDevice(t, DeviceOptions{Name: "v1"})
	stop := make(chan struct{})
	var sender sync.WaitGroup
	sender.Add(1)
	go func() {
		defer sender.Done()
		pieces := [][]byte{testFrame(1, 1000)}
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = from.Send(pieces)
			}
		}
	}()
	for round := range 10 {
		l := newLive(t, LiveOptions{Interface: "v0", Buffer: 600 << 10})
		done := make(chan error)
		go func() {
			for {
				p, err := l.Next()
				if err != nil {
					done <- err
					return
				}
				if !bytes.Equal(p.Data, testFrame(1, 1000)) {
					t.Errorf("%x", p.Data)
				}
			}
		}()
		time.Sleep(time.Duration(round) * time.Millisecond)
		if _, err := l.Stats(); err != nil {
			t.Error(err)
		}
		l.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Next gives %v", err)
		}
	}
	close(stop)
	sender.Wait()
}

// TestLiveStall: a few packets now and then do not use the ring up while nobody reads.
func TestLiveStall(t *testing.T) {
	newNamespace(t)
	newVeth(t)
	l := newLive(t, LiveOptions{Interface: "v0", Snaplen: 100, Buffer: 8 * minRingBlock})
	if !l.ringed {
		t.Skip("this kernel has no rings")
	}
	from := openDevice(t, DeviceOptions{Name: "v1"})
	const n = 40
	for i := range n {
		send(t, from, testFrame(i, 60))
		time.Sleep(2*l.ring.retire + time.Millisecond) // a block for each
	}
	s, err := l.Stats()
	if err != nil {
		t.Fatal(err)
	}
	// Where the machine is busy, room may be made late.
	if s.Received != n || n-s.Dropped < 2*8 {
		t.Errorf("stats %+v", s)
	}
	for last := -1; s.Dropped < n; s.Dropped++ {
		p := next(t, l)
		got := int(binary.BigEndian.Uint32(p.Data[14:]))
		if got <= last || !bytes.Equal(p.Data, testFrame(got, 60)) {
			t.Fatalf("after packet %d: %x", last, p.Data)
		}
		last = got
	}
	none(t, l)
}
