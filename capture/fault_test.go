package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// fakeDevice is a device without a wire: tests fill in and look at out.
type fakeDevice struct {
	in      [][]byte
	out     [][]byte
	room    int   // how many frames Send takes before it is full
	sendErr error // of every Send
	recvErr error // of the following Recv
	lent    []byte

	waits  []fakeWait
	closed bool
	wakes  int
}

type fakeWait struct {
	timeout time.Duration
	write   bool
}

func newFakeDevice() *fakeDevice { return &fakeDevice{room: math.MaxInt} }

func (d *fakeDevice) Recv() ([]byte, error) {
	// What was lent before is gone: whoever kept it will notice.
	for i := range d.lent {
		d.lent[i] = 0xdd
	}
	d.lent = nil
	if err := d.recvErr; err != nil {
		d.recvErr = nil
		return nil, err
	}
	if len(d.in) == 0 {
		return nil, nil
	}
	d.lent, d.in = bytes.Clone(d.in[0]), d.in[1:]
	return d.lent, nil
}

func (d *fakeDevice) Send(pieces [][]byte) (bool, error) {
	if d.sendErr != nil {
		return false, d.sendErr
	}
	if d.room == 0 {
		return false, nil
	}
	d.room--
	d.out = append(d.out, bytes.Join(pieces, nil))
	return true, nil
}

func (d *fakeDevice) Wait(timeout time.Duration, write bool) error {
	d.waits = append(d.waits, fakeWait{timeout, write})
	return nil
}

func (d *fakeDevice) Wake()          { d.wakes++ }
func (d *fakeDevice) Ethernet() bool { return true }
func (d *fakeDevice) MTU() int       { return 1500 }
func (d *fakeDevice) Close() error   { d.closed = true; return nil }

// fakeClock is a clock that stands still unless moved.
type fakeClock int64

func (c *fakeClock) now() int64               { return int64(*c) }
func (c *fakeClock) advance(by time.Duration) { *c += fakeClock(by) }

// numbered makes n frames of size bytes that start with their number.
func numbered(n, size int) [][]byte {
	frames := make([][]byte, n)
	for i := range frames {
		frames[i] = make([]byte, size)
		binary.BigEndian.PutUint32(frames[i], uint32(i))
	}
	return frames
}

// numbers reads the numbers of frames back.
func numbers(frames [][]byte) []int {
	var n []int
	for _, f := range frames {
		n = append(n, int(binary.BigEndian.Uint32(f)))
	}
	return n
}

// receiveAll calls Recv until there is nothing more for want of frames below.
func receiveAll(t *testing.T, d Device, below *fakeDevice) (frames [][]byte) {
	t.Helper()
	for {
		f, err := d.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if f == nil && len(below.in) == 0 {
			return frames
		}
		if f != nil {
			frames = append(frames, bytes.Clone(f))
		}
	}
}

// seen is what an Observer was told.
type seen struct {
	dir     Direction
	number  int
	verdict string
}

func collect(list *[]seen) Observer {
	return func(dir Direction, frame []byte, verdict string) {
		*list = append(*list, seen{dir, int(binary.BigEndian.Uint32(frame)), verdict})
	}
}

func newTestFault(t *testing.T, d Device, cfg FaultConfig, clock *fakeClock) *Fault {
	t.Helper()
	f, err := NewFault(d, cfg, clock.now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sendAll sends frames in two pieces each.
func sendAll(t *testing.T, d Device, frames [][]byte) {
	t.Helper()
	for i, f := range frames {
		if ok, err := d.Send([][]byte{f[:2], f[2:]}); !ok || err != nil {
			t.Fatalf("frame %d: Send gives %v, %v", i, ok, err)
		}
	}
}

// TestFaultNothing: without faults every frame passes unchanged and nothing is copied.
func TestFaultNothing(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	f := newTestFault(t, d, FaultConfig{}, clock)
	d.in = numbered(5, 60)
	if got, want := numbers(receiveAll(t, f, d)), []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("received %v, want %v", got, want)
	}
	sendAll(t, f, numbered(5, 60))
	if got, want := numbers(d.out), []int{0, 1, 2, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	if !f.Ethernet() || f.MTU() != 1500 {
		t.Error("medium or MTU changed")
	}
	f.Wake()
	if f.Close(); d.wakes != 1 || !d.closed {
		t.Errorf("Wake reached the device %d times, Close: %v", d.wakes, d.closed)
	}
}

// TestFaultChances: each chance happens about as often as asked, in both directions, is counted, and told to observers.
func TestFaultChances(t *testing.T) {
	const n = 20000
	tests := []struct {
		kind FaultKind
		cfg  FaultConfig
		text string
	}{
		{FaultDrop, FaultConfig{DropChance: 12.5}, "randomly dropping a packet"},
		{FaultCorrupt, FaultConfig{CorruptChance: 12.5}, "randomly corrupting a packet"},
		{FaultDuplicate, FaultConfig{DuplicateChance: 12.5}, "duplicating a packet"},
		{FaultReorder, FaultConfig{ReorderChance: 12.5}, "reordering a packet"},
	}
	for _, tt := range tests {
		t.Run(tt.kind.String(), func(t *testing.T) {
			d, clock := newFakeDevice(), new(fakeClock)
			tt.cfg.Seed = 7
			f := newTestFault(t, d, tt.cfg, clock)
			told := map[string]uint64{}
			f.add(func(_ Direction, _ []byte, verdict string) { told[verdict]++ })
			frame := make([]byte, 100)
			for i := range n {
				clock.advance(10 * time.Millisecond) // longer than anything is held
				binary.BigEndian.PutUint32(frame, uint32(i))
				d.in = append(d.in[:0], frame)
				receiveAll(t, f, d)
				sendAll(t, f, [][]byte{frame})
				d.out = d.out[:0]
			}
			clock.advance(time.Second)
			receiveAll(t, f, d)
			for _, dir := range []Direction{DirIn, DirOut} {
				got := f.Count(dir, tt.kind)
				// The standard deviation is 47.
				if got < n/8-250 || got > n/8+250 {
					t.Errorf("%v: happened %d times of %d, want about %d", dir, got, n, n/8)
				}
				for k := range numFaultKinds {
					if k != tt.kind && f.Count(dir, k) != 0 {
						t.Errorf("%v: also %v", dir, k)
					}
				}
				prefix := map[Direction]string{DirIn: "rx: ", DirOut: "tx: "}[dir]
				if told[prefix+tt.text] != got {
					t.Errorf("%v: observers heard of %d, counted %d (%v)", dir, told[prefix+tt.text], got, told)
				}
			}
			if a, b := f.Count(DirIn, tt.kind), f.Count(DirOut, tt.kind); a == b {
				t.Errorf("both directions have the same chances: %d", a)
			}
		})
	}
}

// TestFaultSeed: what happens depends on the seed alone.
func TestFaultSeed(t *testing.T) {
	run := func(seed uint64) (trace []seen, out [][]byte) {
		d, clock := newFakeDevice(), new(fakeClock)
		f := newTestFault(t, d, FaultConfig{
			Seed: seed, DropChance: 20, CorruptChance: 20, DuplicateChance: 20, ReorderChance: 20, Delay: 3 * time.Millisecond,
		}, clock)
		f.add(collect(&trace))
		for i := range 200 {
			d.in = numbered(200, 64)[i : i+1]
			receiveAll(t, f, d)
			sendAll(t, f, numbered(200, 64)[i:i+1])
			clock.advance(time.Millisecond)
		}
		return trace, d.out
	}
	traceA, outA := run(1)
	traceB, outB := run(1)
	if !reflect.DeepEqual(traceA, traceB) || !reflect.DeepEqual(outA, outB) {
		t.Error("the same seed gives different faults")
	}
	if traceC, _ := run(2); reflect.DeepEqual(traceA, traceC) {
		t.Error("another seed gives the same faults")
	}
}

// TestFaultCorrupt: a corrupted frame differs in one bit from the original, which stays as it was, sent or received.
func TestFaultCorrupt(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	f := newTestFault(t, d, FaultConfig{Seed: 3, CorruptChance: 100}, clock)
	differ := func(a, b []byte) (n int) {
		for i := range a {
			n += bits.OnesCount8(a[i] ^ b[i])
		}
		return n
	}
	places := map[int]bool{}
	for range 300 {
		orig := bytes.Repeat([]byte{0x5a}, 40)
		frame := bytes.Clone(orig)
		d.in, d.out = [][]byte{frame}, nil
		got := receiveAll(t, f, d)
		if len(got) != 1 || len(got[0]) != len(orig) || differ(got[0], orig) != 1 {
			t.Fatalf("received %x", got)
		}
		sendAll(t, f, [][]byte{frame})
		if len(d.out) != 1 || len(d.out[0]) != len(orig) || differ(d.out[0], orig) != 1 {
			t.Fatalf("sent %x", d.out)
		}
		if !bytes.Equal(frame, orig) {
			t.Fatal("the sender's own frame was changed")
		}
		for i := range orig {
			if d.out[0][i] != orig[i] {
				places[i] = true
			}
		}
	}
	if len(places) < 30 {
		t.Errorf("only %d of 40 octets were ever hit", len(places))
	}
	d.in = [][]byte{{}}
	if frame, err := f.Recv(); err != nil || frame == nil || len(frame) != 0 {
		t.Errorf("empty frame: %x, %v", frame, err)
	}
}

// TestFaultSizeLimit: frames up to the limit pass.
func TestFaultSizeLimit(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{SizeLimit: 100}, clock)
	f.add(collect(&trace))
	frames := [][]byte{make([]byte, 100), make([]byte, 101), make([]byte, 99)}
	d.in = slices.Clone(frames)
	if got := receiveAll(t, f, d); len(got) != 2 || len(got[0]) != 100 || len(got[1]) != 99 {
		t.Errorf("received %d frames", len(got))
	}
	sendAll(t, f, frames)
	if len(d.out) != 2 {
		t.Errorf("sent %d frames", len(d.out))
	}
	want := []seen{
		{DirIn, 0, ""}, {DirIn, 0, "rx: dropping a packet that is too large"}, {DirIn, 0, ""},
		{DirOut, 0, ""}, {DirOut, 0, "tx: dropping a packet that is too large"}, {DirOut, 0, ""},
	}
	if !slices.Equal(trace, want) {
		t.Errorf("trace %v", trace)
	}
}

// TestFaultRateLimit: in each interval the limit passes, separately for each direction.
func TestFaultRateLimit(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{RxRateLimit: 2, TxRateLimit: 3, ShapingInterval: 20 * time.Millisecond}, clock)
	f.add(collect(&trace))
	*clock = 1e18
	for range 3 {
		d.in, d.out = numbered(5, 60), nil
		if got := numbers(receiveAll(t, f, d)); !slices.Equal(got, []int{0, 1}) {
			t.Errorf("received %v", got)
		}
		sendAll(t, f, numbered(5, 60))
		if got := numbers(d.out); !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("sent %v", got)
		}
		clock.advance(19 * time.Millisecond)
		d.in = numbered(1, 60)
		if got := receiveAll(t, f, d); len(got) != 0 {
			t.Errorf("received %d frames before the interval was over", len(got))
		}
		clock.advance(time.Millisecond)
	}
	if got := f.Count(DirIn, FaultRateLimit); got != 3*4 {
		t.Errorf("counted %d received frames", got)
	}
	if got := f.Count(DirOut, FaultRateLimit); got != 3*2 {
		t.Errorf("counted %d sent frames", got)
	}
	if want := (seen{DirIn, 2, "rx: dropping a packet because of rate limiting"}); trace[2] != want {
		t.Errorf("trace %v, want %v", trace[2], want)
	}
}

// TestFaultDropGoesOn: a dropped frame does not end the receive loop, yet a flood of them does not hold it either.
func TestFaultDropGoesOn(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	f := newTestFault(t, d, FaultConfig{SizeLimit: 60}, clock)
	d.in = [][]byte{make([]byte, 61), make([]byte, 61), make([]byte, 60)}
	if frame, err := f.Recv(); len(frame) != 60 || err != nil {
		t.Errorf("Recv gives %d bytes, %v", len(frame), err)
	}
	d.in = numbered(1000, 61)
	if frame, err := f.Recv(); frame != nil || err != nil {
		t.Errorf("Recv gives %d bytes, %v", len(frame), err)
	}
	if got := 1000 - len(d.in); got != maxDropped {
		t.Errorf("one Recv dropped %d frames", got)
	}
}

// TestFaultDelay: frames come when they are due, in order, and Wait and NextRelease know when.
func TestFaultDelay(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{Delay: 10 * time.Millisecond}, clock)
	f.add(collect(&trace))
	if _, ok := f.NextRelease(); ok {
		t.Error("nothing is delayed, but due")
	}
	frames := numbered(4, 60)
	d.in = frames[:2]
	receiveNone := func() {
		t.Helper()
		if frame, err := f.Recv(); frame != nil || err != nil {
			t.Fatalf("at %v received %x, %v", time.Duration(*clock), frame, err)
		}
	}
	receiveNone()
	clock.advance(4 * time.Millisecond)
	sendAll(t, f, frames[2:])
	if len(d.out) != 0 {
		t.Fatal("sent before its time")
	}
	if at, ok := f.NextRelease(); !ok || at != int64(10*time.Millisecond) {
		t.Errorf("next release at %v, %v", time.Duration(at), ok)
	}
	for _, timeout := range []time.Duration{-1, time.Hour} {
		f.Wait(timeout, false)
		if got := d.waits[len(d.waits)-1]; got != (fakeWait{6 * time.Millisecond, false}) {
			t.Errorf("Wait(%v) waited %v", timeout, got)
		}
	}
	f.Wait(time.Millisecond, true) // there is room to delay more
	if f.Wait(time.Millisecond, false); d.waits[len(d.waits)-1].timeout != time.Millisecond {
		t.Errorf("waited %v", d.waits)
	}
	clock.advance(6*time.Millisecond - 1)
	receiveNone()
	clock.advance(1)
	waits := len(d.waits)
	if f.Wait(-1, false); len(d.waits) != waits {
		t.Error("waited with a frame due")
	}
	if got := numbers(receiveAll(t, f, d)); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("received %v", got)
	}
	clock.advance(4 * time.Millisecond)
	f.Wait(-1, false) // sends what is due
	if got := numbers(d.out); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("sent %v", got)
	}
	if got := d.waits[len(d.waits)-1].timeout; got != -1 {
		t.Errorf("with nothing delayed waited %v", got)
	}
	// The host's view: sent when it sent them, received when it got them.
	if want := []seen{{DirOut, 2, ""}, {DirOut, 3, ""}, {DirIn, 0, ""}, {DirIn, 1, ""}}; !slices.Equal(trace, want) {
		t.Errorf("trace %v", trace)
	}
}

// TestFaultReorder: a reordered frame comes after those that follow it.
func TestFaultReorder(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	f := newTestFault(t, d, FaultConfig{Seed: 1, ReorderChance: 30, ReorderDelay: 5 * time.Millisecond}, clock)
	d.in = numbered(20, 60)
	got := numbers(receiveAll(t, f, d))
	sendAll(t, f, numbered(20, 60))
	late := f.Count(DirIn, FaultReorder)
	if late == 0 || len(got) != 20-int(late) || !slices.IsSorted(got) {
		t.Fatalf("received %v with %d reordered", got, late)
	}
	clock.advance(5 * time.Millisecond)
	got = append(got, numbers(receiveAll(t, f, d))...)
	sorted := slices.Sorted(slices.Values(got))
	if slices.IsSorted(got) || !slices.Equal(sorted, numbers(numbered(20, 60))) {
		t.Errorf("received %v", got)
	}
	f.Wait(0, false)
	out := numbers(d.out)
	if sorted := slices.Sorted(slices.Values(out)); slices.IsSorted(out) || !slices.Equal(sorted, numbers(numbered(20, 60))) {
		t.Errorf("sent %v", out)
	}
}

// TestFaultDuplicate: the copy follows its original, and lives on when that is gone.
func TestFaultDuplicate(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{DuplicateChance: 100}, clock)
	f.add(collect(&trace))
	d.in = numbered(3, 60)
	if got := numbers(receiveAll(t, f, d)); !slices.Equal(got, []int{0, 0, 1, 1, 2, 2}) {
		t.Errorf("received %v", got)
	}
	sendAll(t, f, numbered(2, 60))
	if got := numbers(d.out); !slices.Equal(got, []int{0, 0, 1, 1}) {
		t.Errorf("sent %v", got)
	}
	want := []seen{{DirIn, 0, ""}, {DirIn, 0, "rx: duplicating a packet"}}
	if !slices.Equal(trace[:2], want) {
		t.Errorf("trace %v", trace[:2])
	}
}

// TestFaultFull: a frame that the device has no room for is judged once, waits, and leaves in order; when too many wait
// the device is full.
func TestFaultFull(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{Seed: 1, CorruptChance: 50}, clock)
	f.add(collect(&trace))
	d.room = 0
	frames := numbered(maxDelayed, 60)
	for _, fr := range frames {
		fr[0] = 0xff // the number is not what this test looks at
	}
	sendAll(t, f, frames)
	judged := f.Count(DirOut, FaultCorrupt)
	for range 3 {
		if ok, err := f.Send(frames[:1]); ok || err != nil {
			t.Fatalf("full Send gives %v, %v", ok, err)
		}
	}
	if got := f.Count(DirOut, FaultCorrupt); got != judged || len(trace) != maxDelayed {
		t.Errorf("a frame that was not taken was judged or shown: %d, %d", got-judged, len(trace))
	}
	f.Wait(time.Hour, true)
	if got := d.waits[len(d.waits)-1]; got != (fakeWait{time.Hour, true}) {
		t.Errorf("waited %v", got)
	}
	d.room = math.MaxInt
	f.Wait(0, true)
	if len(d.out) != maxDelayed {
		t.Errorf("%d frames left, want %d", len(d.out), maxDelayed)
	}
	if ok, _ := f.Send(frames[:1]); !ok {
		t.Error("still full")
	}
}

// TestFaultErrors: errors of the device reach the host; a delayed frame's that of the following Recv.
func TestFaultErrors(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	var trace []seen
	f := newTestFault(t, d, FaultConfig{Delay: time.Second}, clock)
	f.add(collect(&trace))
	broken := errors.New("broken")
	d.recvErr = broken
	if _, err := f.Recv(); err != broken {
		t.Errorf("Recv gives %v", err)
	}
	sendAll(t, f, numbered(1, 60))
	d.sendErr = broken
	clock.advance(time.Second)
	if err := f.Wait(0, false); err != nil {
		t.Errorf("Wait gives %v", err)
	}
	if _, err := f.Recv(); err != broken {
		t.Errorf("Recv gives %v", err)
	}
	if frame, err := f.Recv(); frame != nil || err != nil {
		t.Errorf("Recv gives %v", err)
	}
	f = newTestFault(t, d, FaultConfig{}, clock)
	f.add(collect(&trace))
	if ok, err := f.Send(numbered(1, 60)); ok || err != broken {
		t.Errorf("Send gives %v, %v", ok, err)
	}
	if want := (seen{DirOut, 0, "tx: lost: broken"}); trace[len(trace)-1] != want {
		t.Errorf("trace %v", trace)
	}
}

// TestFaultQueueFull: the memory for delayed frames is bounded.
func TestFaultQueueFull(t *testing.T) {
	d, clock := newFakeDevice(), new(fakeClock)
	f := newTestFault(t, d, FaultConfig{Delay: time.Second}, clock)
	d.in = numbered(maxDelayedBytes/4096+100, 4096)
	receiveAll(t, f, d)
	if got := f.Count(DirIn, FaultQueueFull); got != 100 {
		t.Errorf("%d frames dropped, want 100", got)
	}
}

func TestFaultConfig(t *testing.T) {
	for _, bad := range []FaultConfig{
		{DropChance: -1}, {CorruptChance: 100.5}, {DuplicateChance: math.NaN()}, {ReorderChance: math.Inf(1)},
		{Delay: -1}, {ReorderDelay: -1}, {ShapingInterval: -1}, {SizeLimit: -1}, {TxRateLimit: -1}, {RxRateLimit: -1},
	} {
		if _, err := NewFault(newFakeDevice(), bad, new(fakeClock).now); err == nil {
			t.Errorf("%+v was accepted", bad)
		}
	}
	if (&FaultConfig{Seed: 9, ShapingInterval: time.Second}).Active() {
		t.Error("a seed and an interval alone are no faults")
	}
	if !(&FaultConfig{Delay: 1}).Active() {
		t.Error("a delay is a fault")
	}
}

// TestFaultAllocs: frames that pass, corrupted, dropped or whole, cost no allocation.
func TestFaultAllocs(t *testing.T) {
	a, b := Pipe(1500)
	var clock fakeClock
	f := newTestFault(t, b, FaultConfig{DropChance: 10, CorruptChance: 50, DuplicateChance: 10, ReorderChance: 10}, &clock)
	shown := 0
	f.add(func(Direction, []byte, string) { shown++ })
	pieces := [][]byte{make([]byte, 54), make([]byte, 1000)}
	step := func() {
		clock.advance(time.Second)
		for _, d := range []Device{a, f} {
			if ok, err := d.Send(pieces); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		for _, d := range []Device{a, f} {
			for {
				frame, err := d.Recv()
				if err != nil {
					t.Fatal(err)
				}
				if frame == nil {
					break
				}
			}
		}
	}
	for range 1000 {
		step()
	}
	if n := testing.AllocsPerRun(1000, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if shown == 0 {
		t.Error("nothing was shown")
	}
}

// memoryWriter keeps packets.
type memoryWriter struct {
	packets []Packet
	err     error
}

func (w *memoryWriter) Write(p *Packet) error {
	q := *p
	q.Data, q.Comment = bytes.Clone(p.Data), bytes.Clone(p.Comment)
	w.packets = append(w.packets, q)
	return w.err
}
func (w *memoryWriter) Flush() error { return nil }
func (w *memoryWriter) Close() error { return nil }

// TestDecoratorOrder: whatever the order of decorators, each frame is shown and recorded once, dropped ones as well,
// with what happened to them.
func TestDecoratorOrder(t *testing.T) {
	build := map[string]func(d Device, fault func(Device) Device, trace func(Device) Device, record func(Device) Device) Device{
		"trace record fault": func(d Device, f, tr, r func(Device) Device) Device { return tr(r(f(d))) },
		"record trace fault": func(d Device, f, tr, r func(Device) Device) Device { return r(tr(f(d))) },
		"trace fault record": func(d Device, f, tr, r func(Device) Device) Device { return tr(f(r(d))) },
		"fault trace record": func(d Device, f, tr, r func(Device) Device) Device { return f(tr(r(d))) },
	}
	for name, chain := range build {
		t.Run(name, func(t *testing.T) {
			below, clock := newFakeDevice(), new(fakeClock)
			var trace []seen
			var w memoryWriter
			dev := chain(below,
				func(d Device) Device { return newTestFault(t, d, FaultConfig{SizeLimit: 60}, clock) },
				func(d Device) Device { return NewTracer(d, collect(&trace)) },
				func(d Device) Device { return NewRecorder(d, &w, clock.now) })
			*clock = 1234
			frames := numbered(3, 60)
			frames[1] = append(frames[1], 0)
			below.in = slices.Clone(frames)
			receiveAll(t, dev, below)
			sendAll(t, dev, frames)
			want := []seen{
				{DirIn, 0, ""}, {DirIn, 1, "rx: dropping a packet that is too large"}, {DirIn, 2, ""},
				{DirOut, 0, ""}, {DirOut, 1, "tx: dropping a packet that is too large"}, {DirOut, 2, ""},
			}
			if !slices.Equal(trace, want) {
				t.Errorf("trace %v", trace)
			}
			if len(w.packets) != len(want) {
				t.Fatalf("%d packets recorded", len(w.packets))
			}
			for i, p := range w.packets {
				got := seen{p.Direction, numbers([][]byte{p.Data})[0], string(p.Comment)}
				if got != want[i] || p.Time != 1234 || p.Link != dissect.LinkEthernet || p.Len != len(p.Data) || !bytes.Equal(p.Data, frames[i%3]) {
					t.Errorf("packet %d: %+v", i, p)
				}
			}
		})
	}
}

// TestTracer: a frame that the device has no room for is not shown until it is sent; one that is lost says so.
func TestTracer(t *testing.T) {
	d := newFakeDevice()
	var trace []seen
	dev := NewTracer(d, collect(&trace))
	d.room = 0
	if ok, err := dev.Send(numbered(1, 60)); ok || err != nil || len(trace) != 0 {
		t.Errorf("full: %v, %v, shown %v", ok, err, trace)
	}
	d.sendErr = errors.New("broken")
	dev.Send(numbered(1, 60))
	if want := []seen{{DirOut, 0, "tx: lost: broken"}}; !slices.Equal(trace, want) {
		t.Errorf("trace %v", trace)
	}
}

// TestRecorderError: the first error of the writer is kept, and traffic goes on.
func TestRecorderError(t *testing.T) {
	d := newFakeDevice()
	w := memoryWriter{err: errors.New("disk full")}
	r := NewRecorder(d, &w, new(fakeClock).now)
	sendAll(t, r, numbered(3, 60))
	if len(d.out) != 3 || len(w.packets) != 1 || r.Err() != w.err {
		t.Errorf("%d frames sent, %d written, %v", len(d.out), len(w.packets), r.Err())
	}
}

func TestFaultKindString(t *testing.T) {
	if got := fmt.Sprint(FaultDrop, numFaultKinds); got != "randomly dropping a packet unknown" {
		t.Error(got)
	}
}

// FuzzFault: any configuration loses and repeats frames only as its counters say.
func FuzzFault(f *testing.F) {
	f.Add(uint64(1), uint8(15), uint8(15), uint8(10), uint8(10), uint16(0), uint8(0), uint8(4), []byte{1, 2, 3, 40, 200})
	f.Add(uint64(2), uint8(0), uint8(100), uint8(100), uint8(100), uint16(300), uint8(100), uint8(0), []byte{0, 1, 255})
	f.Fuzz(func(t *testing.T, seed uint64, drop, corrupt, duplicate, reorder uint8, delay uint16, limit, rate uint8, steps []byte) {
		d, clock := newFakeDevice(), new(fakeClock)
		dev, err := NewFault(d, FaultConfig{
			Seed: seed, DropChance: float64(drop % 101), CorruptChance: float64(corrupt % 101), DuplicateChance: float64(duplicate % 101),
			ReorderChance: float64(reorder % 101), Delay: time.Duration(delay) * time.Microsecond, SizeLimit: int(limit),
			RxRateLimit: int(rate), TxRateLimit: int(rate),
		}, clock.now)
		if err != nil {
			t.Fatal(err)
		}
		in, got, sent := 0, 0, 0
		drain := func() {
			for {
				frame, err := dev.Recv()
				if err != nil {
					t.Fatal(err)
				}
				if frame == nil && len(d.in) == 0 {
					return
				}
				if frame != nil {
					got++
				}
			}
		}
		for _, s := range steps {
			clock.advance(time.Duration(s) * 10 * time.Microsecond)
			d.in = append(d.in, make([]byte, s))
			in++
			d.room = int(s) % 3
			drain()
			if ok, err := dev.Send([][]byte{make([]byte, s)}); err != nil {
				t.Fatal(err)
			} else if ok {
				sent++
			}
		}
		clock.advance(time.Hour)
		d.room = math.MaxInt
		drain()
		count := func(dir Direction) (n int) {
			for k := range numFaultKinds {
				switch k {
				case FaultDuplicate:
					n += int(dev.Count(dir, k))
				case FaultTooLarge, FaultDrop, FaultRateLimit, FaultQueueFull:
					n -= int(dev.Count(dir, k))
				}
			}
			return n
		}
		if want := in + count(DirIn); got != want {
			t.Errorf("received %d of %d, want %d", got, in, want)
		}
		if want := sent + count(DirOut); len(d.out) != want {
			t.Errorf("sent %d of %d, want %d", len(d.out), sent, want)
		}
		if _, ok := dev.NextRelease(); ok {
			t.Error("something is delayed for ever")
		}
	})
}
