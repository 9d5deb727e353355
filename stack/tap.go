package stack

import (
	"slices"

	"smoltcp/dissect"
)

// TapOptions say what a tap sees. The zero value is everything.
type TapOptions struct {
	// Filter, if set, says which frames are wanted. It is called inside Poll for each, and must not keep the bytes, nor call the stack.
	Filter func(TapFrame) bool

	Snaplen int // bytes kept of each frame; all of them if zero
	RcvBuf  int // bytes that wait in the tap, counted as for UDP; 1 MiB if zero
}

// TapFrame is a frame that an interface received or sent, as the stack and the device exchanged it: where a device offloads the work, one frame
// may stand for several segments, and its TCP or UDP checksum be that of the pseudo-header alone (Offloader, InterfaceConfig.SkipTxChecksums).
type TapFrame struct {
	Data      []byte // from the Ethernet header on, or from the IP header on an interface without Ethernet
	Len       int    // bytes of the frame before Snaplen
	Interface *Interface
	Out       bool // it was sent
	Time      Time // when it was received or given to the device

	link dissect.LinkType
}

// Link is the link type of the frame, for dissect and capture files.
func (f *TapFrame) Link() dissect.LinkType { return f.link }

// Tap shows a program the frames of interfaces, those for other stations and those that are dropped included. Frames that the device did
// not take are not seen.
type Tap struct {
	socket
	ifc     *Interface // nil for all
	opt     TapOptions
	queue   fifo[TapFrame] // Data from the stack's pool
	bytes   int
	lent    []byte
	dropped uint64
	closed  bool
}

// OpenTap opens a tap on an interface, or on all there are and will be if ifc is nil. Its handler is called after frames came.
func (s *Stack) OpenTap(ifc *Interface, opt TapOptions) *Tap {
	def(&opt.RcvBuf, 1<<20)
	t := &Tap{socket: socket{stack: s}, ifc: ifc, opt: opt}
	s.taps = append(s.taps, t)
	return t
}

// Readable reports whether Next has a frame.
func (t *Tap) Readable() bool { return t.queue.len() > 0 }

// Dropped is how many frames were lost because too many waited.
func (t *Tap) Dropped() uint64 { return t.dropped }

// Next takes the oldest frame. Its bytes are lent until the following call on the tap. Errors: ErrWouldBlock, ErrClosed, and
// ErrInterfaceGone behind the last frame of an interface that was removed.
func (t *Tap) Next() (TapFrame, error) {
	t.giveBack()
	switch {
	case t.closed:
		return TapFrame{}, ErrClosed
	case t.queue.len() == 0 && t.ifc != nil && t.ifc.gone:
		return TapFrame{}, ErrInterfaceGone
	case t.queue.len() == 0:
		return TapFrame{}, ErrWouldBlock
	}
	f := t.queue.pop()
	t.bytes -= datagramSize(len(f.Data))
	t.lent = f.Data
	return f, nil
}

func (t *Tap) giveBack() {
	if t.lent != nil {
		t.stack.pool.put(t.lent)
		t.lent = nil
	}
}

// Close ends the tap. What waits is dropped, and the handler is not called again.
func (t *Tap) Close() {
	if t.closed {
		return
	}
	t.giveBack()
	t.closed, t.handler = true, nil
	for t.queue.len() > 0 {
		t.stack.pool.put(t.queue.pop().Data)
	}
	s := t.stack
	s.taps = slices.DeleteFunc(s.taps, func(o *Tap) bool { return o == t })
}

func (s *Stack) closeTaps() {
	for _, t := range slices.Clone(s.taps) {
		t.Close()
	}
}

// tap shows a frame to the taps. Callers ask first whether there are any.
func (ifc *Interface) tap(b []byte, out bool) {
	s, link := ifc.stack, dissect.LinkRaw
	if ifc.ethernet {
		link = dissect.LinkEthernet
	}
	for _, t := range s.taps {
		if t.ifc == nil || t.ifc == ifc {
			t.take(TapFrame{Data: b, Len: len(b), Interface: ifc, Out: out, Time: s.now, link: link})
		}
	}
}

// tapPieces is tap for a frame in pieces.
func (ifc *Interface) tapPieces(out bool, pieces ...[]byte) {
	if len(pieces) == 1 {
		ifc.tap(pieces[0], out)
		return
	}
	b := gather(&ifc.stack.pool, pieces)
	ifc.tap(b, out)
	ifc.stack.pool.put(b)
}

// tapsRemoved tells the taps of an interface that it is gone.
func (s *Stack) tapsRemoved(ifc *Interface) {
	for _, t := range s.taps {
		if t.ifc == ifc {
			t.wake()
		}
	}
}

// take queues a frame for the program, if it is wanted and there is room.
func (t *Tap) take(f TapFrame) {
	if t.opt.Filter != nil && !t.opt.Filter(f) {
		return
	}
	if n := t.opt.Snaplen; n > 0 && n < len(f.Data) {
		f.Data = f.Data[:n]
	}
	n := datagramSize(len(f.Data))
	if t.queue.len() > 0 && t.bytes+n > t.opt.RcvBuf {
		t.dropped++
		return
	}
	f.Data = append(t.stack.pool.get(len(f.Data)), f.Data...)
	t.queue.push(f)
	t.bytes += n
	t.wake()
}
