package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
)

// newPair makes another pair of interfaces, a and b, and switches them on.
func newPair(t *testing.T, a, b string) {
	t.Helper()
	attrs := netlink.NewLinkAttrs()
	attrs.Name = a
	if err := netlink.LinkAdd(&netlink.Veth{LinkAttrs: attrs, PeerName: b}); err != nil {
		t.Skipf("needs veth interfaces: %v", err)
	}
	for _, name := range []string{a, b} {
		linkUp(t, name)
	}
	for _, name := range []string{a, b} {
		running(t, name)
	}
}

// mergedPair makes two pairs of interfaces, a capture over one end of each, and devices on the others.
func mergedPair(t *testing.T, newLive opener, opts LiveOptions) (m *Merged, from [2]Device) {
	t.Helper()
	newNamespace(t)
	newPair(t, "a0", "a1")
	newPair(t, "b0", "b1")
	var lives []*Live
	for _, name := range []string{"a0", "b0"} {
		o := opts
		o.Interface = name
		lives = append(lives, newLive(t, o))
	}
	m = Merge(lives)
	t.Cleanup(func() { m.Close() })
	for i, name := range []string{"a1", "b1"} {
		from[i] = openDevice(t, DeviceOptions{Name: name})
	}
	return m, from
}

func nextMerged(t *testing.T, m *Merged) Packet {
	t.Helper()
	m.SetReadDeadline(time.Now().Add(patience))
	p, err := m.Next()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMerge: packets of two interfaces come in the order in which they were sent, each with its interface.
func TestMerge(t *testing.T) { bothPaths(t, testMerge) }

func testMerge(t *testing.T, newLive opener) {
	m, from := mergedPair(t, newLive, LiveOptions{})
	m.window = patience / 10 // however late the machine lets a goroutine run
	if got := m.Interfaces(); len(got) != 2 || got[0].Name != "a0" || got[1].Name != "b0" {
		t.Errorf("interfaces %+v", got)
	}
	const n = 400
	order := make([]int, n)
	for i := range n {
		// Runs of a few packets, and gaps longer than a block of the ring stays open.
		order[i] = i / 3 % 2
		send(t, from[order[i]], testFrame(i, 60))
		if i%50 == 49 {
			time.Sleep(25 * time.Millisecond)
		}
	}
	for i := range n {
		p := nextMerged(t, m)
		if got := int(binary.BigEndian.Uint32(p.Data[14:])); got != i || p.Interface != order[i] || !bytes.Equal(p.Data, testFrame(i, 60)) {
			t.Fatalf("packet %d of interface %d comes as %d of interface %d", got, p.Interface, i, order[i])
		}
	}
	m.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if p, err := m.Next(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("unexpected packet %x or error %v", p.Data, err)
	}
	if s, err := m.Stats(); err != nil || s != (Stats{Received: n}) {
		t.Errorf("stats %+v, %v", s, err)
	}
	if s, err := m.StatsOf(1); err != nil || s != (Stats{Received: n/2 - 1}) && s != (Stats{Received: n / 2}) {
		t.Errorf("stats of b0 %+v, %v", s, err)
	}
}

// TestMergeStop: everything received before Stop is returned.
func TestMergeStop(t *testing.T) { bothPaths(t, testMergeStop) }

func testMergeStop(t *testing.T, newLive opener) {
	for _, n := range []int{0, 1, 500} {
		t.Run("", func(t *testing.T) {
			m, from := mergedPair(t, newLive, LiveOptions{})
			for i := range n {
				send(t, from[i%2], testFrame(i, 60))
			}
			if err := m.Stop(); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				if p := nextMerged(t, m); int(binary.BigEndian.Uint32(p.Data[14:])) != i {
					t.Fatalf("packet %d of %d: %x", i, n, p.Data)
				}
			}
			if p, err := m.Next(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("after %d packets: %x, %v", n, p.Data, err)
			}
		})
	}
}

// TestMergeClose: Close wakes a Next that waits, and the memory is given back; no goroutine is left.
func TestMergeClose(t *testing.T) { bothPaths(t, testMergeClose) }

func testMergeClose(t *testing.T, newLive opener) {
	before := runtime.NumGoroutine()
	m, from := mergedPair(t, newLive, LiveOptions{})
	for i := range 400 {
		send(t, from[0], testFrame(i, 500)) // more than are copied: the block is held
	}
	nextMerged(t, m)
	m.SetReadDeadline(time.Time{})
	done := make(chan error)
	go func() {
		for {
			if _, err := m.Next(); err != nil {
				done <- err
				return
			}
		}
	}()
	time.Sleep(10 * time.Millisecond) // any order must do
	m.Close()
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
	if _, err := m.Next(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	for i, l := range m.lives {
		if l.ring.mem != nil {
			t.Errorf("%d bytes of ring %d are still there", len(l.ring.mem), i)
		}
	}
}

// TestMergeVanishes: when one interface is deleted, the capture goes on with the other; when that is too, it ends.
func TestMergeVanishes(t *testing.T) { bothPaths(t, testMergeVanishes) }

func testMergeVanishes(t *testing.T, newLive opener) {
	m, from := mergedPair(t, newLive, LiveOptions{})
	m.window = patience / 10
	var lost []error
	m.Lost = func(err error) { lost = append(lost, err) }
	send(t, from[0], testFrame(0, 60))
	send(t, from[1], testFrame(1, 60))
	deleteLink(t, "a0")
	time.Sleep(time.Millisecond)
	send(t, from[1], testFrame(2, 60))
	for i := range 3 {
		if p := nextMerged(t, m); int(binary.BigEndian.Uint32(p.Data[14:])) != i {
			t.Fatalf("packet %d: %x", i, p.Data)
		}
	}
	m.SetReadDeadline(time.Now().Add(patience / 10))
	for len(lost) == 0 {
		if _, err := m.Next(); err != nil {
			break
		}
	}
	if len(lost) != 1 || !errors.Is(lost[0], ErrGone) || !strings.Contains(lost[0].Error(), "a0") {
		t.Errorf("told of %v", lost)
	}
	deleteLink(t, "b0")
	m.SetReadDeadline(time.Now().Add(patience))
	_, err := m.Next()
	if !errors.Is(err, ErrGone) || !strings.Contains(err.Error(), "a0") || !strings.Contains(err.Error(), "b0") {
		t.Errorf("it ends with %v", err)
	}
}

// TestMergeAllocs: a packet costs no allocation.
func TestMergeAllocs(t *testing.T) { bothPaths(t, testMergeAllocs) }

func testMergeAllocs(t *testing.T, newLive opener) {
	m, from := mergedPair(t, newLive, LiveOptions{})
	const n = 300
	for i := range n + 50 {
		send(t, from[i%2], testFrame(i, 60))
	}
	time.Sleep(2 * m.window)
	nextMerged(t, m)
	got := testing.AllocsPerRun(n, func() { nextMerged(t, m) })
	if got > 0.1 { // a timer may go off now and then
		t.Errorf("%v allocations for a packet", got)
	}
}

// TestInNamespace: what is opened in another namespace belongs there, and the way back is taken.
func TestInNamespace(t *testing.T) {
	newNamespace(t)
	newPair(t, "here0", "here1")
	here := "/proc/thread-self/ns/net"
	link, err := os.Readlink(here)
	if err != nil {
		t.Fatal(err)
	}
	// The process's first thread is elsewhere.
	there, err := os.Readlink("/proc/1/ns/net")
	if err != nil {
		t.Skipf("needs another namespace: %v", err)
	}
	seen := ""
	failed := errors.New("as it was told")
	if err := InNamespace("/proc/1/ns/net", func() error {
		seen, err = os.Readlink(here)
		return errors.Join(err, failed)
	}); !errors.Is(err, failed) {
		t.Fatalf("InNamespace: %v", err)
	}
	if seen != there || seen == link {
		t.Errorf("called in %s, want %s", seen, there)
	}
	if now, _ := os.Readlink(here); now != link {
		t.Errorf("back in %s, want %s", now, link)
	}

	// A capture is where it was opened, for all that it asks later.
	path := "/proc/self/task/" + strings.Split(mustReadlink(t, "/proc/thread-self"), "/")[2] + "/ns/net"
	var l *Live
	done := make(chan error)
	go func() { // a thread that is not in the test's namespace
		done <- InNamespace(path, func() (err error) {
			l, err = NewLive(LiveOptions{Interface: "here0"})
			return err
		})
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if index := l.Interfaces()[0].Index; l.InterfaceName(index) != "here0" {
		t.Errorf("interface %d is called %q", index, l.InterfaceName(index))
	}

	for _, tt := range []struct{ name, want string }{
		{"nonesuch", "network namespace nonesuch: no such namespace (have: "},
		{"/nonesuch/net", "network namespace /nonesuch/net: no such namespace (have: "},
		{"..", "network namespace ..: no such namespace (have: "},
		{"/dev/null", "network namespace /dev/null: the file is not a network namespace"},
	} {
		err := InNamespace(tt.name, func() error { t.Errorf("called in %q", tt.name); return nil })
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func mustReadlink(t *testing.T, name string) string {
	t.Helper()
	s, err := os.Readlink(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCounter: it counts what its filter accepts, however much that is.
func TestCounter(t *testing.T) {
	newNamespace(t)
	newPair(t, "a0", "a1")
	from := openDevice(t, DeviceOptions{Name: "a1"})
	odd, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 14, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 1},
		bpf.RetA{},
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCounter("a0", DirUnknown, odd)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range 1000 {
		send(t, from, testFrame(i, 60))
		if i == 499 {
			if n, err := c.Count(); err != nil || n != 250 {
				t.Errorf("half-way: %d, %v", n, err)
			}
		}
	}
	if n, err := c.Count(); err != nil || n != 500 {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// TestFilterRefused: the kernel's refusal can be told from other errors.
func TestFilterRefused(t *testing.T) {
	newNamespace(t)
	long := make([]bpf.RawInstruction, 4097)
	for i := range long {
		long[i] = bpf.RawInstruction{Op: 0x06, K: 1}
	}
	_, err := NewLive(LiveOptions{Interface: "lo", Filter: long})
	if !errors.Is(err, ErrFilterRefused) || !strings.HasPrefix(err.Error(), "lo: the kernel refuses the filter program: ") {
		t.Errorf("%v", err)
	}
}

// TestLiveAccept: a filter in the program sees packets as one in the kernel would, without the tag, on one interface and on all.
func TestLiveAccept(t *testing.T) { bothPaths(t, testLiveAccept) }

func testLiveAccept(t *testing.T, newLive opener) {
	newNamespace(t)
	newPair(t, "a0", "a1")
	from := openDevice(t, DeviceOptions{Name: "a1"})
	for _, name := range []string{"a0", AnyInterface} {
		at := 14
		if name == AnyInterface {
			at = cookedHeader
		}
		var seen []string
		l := newLive(t, LiveOptions{Interface: name, Accept: func(s *Seen) bool {
			if len(s.Data) < at+4 {
				return false
			}
			n := binary.BigEndian.Uint32(s.Data[at:])
			if n < 10 && s.PacketType != 4 { // neither what the sender's side shows of it
				if s.Tagged != (n%2 == 1) || s.Tagged && s.TCI != 69 || s.Len != at+46 || len(s.Data) != s.Len {
					t.Errorf("%s: packet %d is seen as %+v", name, n, *s)
				}
				seen = append(seen, string('0'+rune(n)))
				return n >= 2
			}
			return false
		}})
		for i := range 4 {
			if i%2 == 1 {
				send(t, from, testFrame(i, 64, 0x8100, 69))
			} else {
				send(t, from, testFrame(i, 60))
			}
		}
		for i := 2; i < 4; i++ {
			p := next(t, l)
			want := testFrame(i, 60)
			if i%2 == 1 {
				want = testFrame(i, 64, 0x8100, 69)
			}
			if got := p.Data; name != AnyInterface && !bytes.Equal(got, want) ||
				name == AnyInterface && !bytes.HasSuffix(got, want[14:]) {
				t.Errorf("%s: packet %d: %x", name, i, p.Data)
			}
		}
		if got := strings.Join(seen, ""); got != "0123" {
			t.Errorf("%s: the filter saw packets %s", name, got)
		}
		l.Close()
	}
}
