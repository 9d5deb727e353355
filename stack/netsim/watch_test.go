package netsim_test

import (
	"fmt"
	"net/netip"
	"testing"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// watch looks at one host of a simulation after every step: at its state through Stack.Verify, at what its connections' variables
// were before, and at the segments that it sends, which have to follow from those that it got.
type watch struct {
	t     testing.TB
	sim   *netsim.Sim
	host  *stack.Stack
	name  string
	conns map[*stack.TCPSocket]*tcp.Info
	flows map[flowKey]*watchedFlow
	wire  bool // segments are looked at; not where some are forged
}

// watchHost begins to watch a host, which has to be attached next. Its device is the one that watch gives.
func watchHost(t testing.TB, sim *netsim.Sim, end *netsim.End, name string) (*watch, stack.Device) {
	w := &watch{t: t, sim: sim, name: name, conns: make(map[*stack.TCPSocket]*tcp.Info), flows: make(map[flowKey]*watchedFlow)}
	return w, &watchedDevice{End: end, w: w}
}

// start begins the looking.
func (w *watch) start(s *stack.Stack) {
	w.host = s
	before := w.sim.Check
	w.sim.Check = func(n netsim.Node) {
		if before != nil {
			before(n)
		}
		if n == netsim.Node(s) {
			w.step()
		}
	}
}

func (w *watch) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("%s at %v: %s", w.name, w.sim.Now().Seconds(), fmt.Sprintf(format, args...))
}

// step is asked after each poll.
func (w *watch) step() {
	if err := w.host.Verify(); err != nil {
		w.fail("%v", err)
	}
	n := 0
	for c := range w.host.TCPSockets() {
		n++
		w.compare(c, c.Info())
	}
	if len(w.conns) > 2*n+64 { // those that are gone
		clear(w.conns)
	}
}

// compare looks at what may never go back, RFC 9293 section 3.8.6 for the right edge of the window.
func (w *watch) compare(c *stack.TCPSocket, i tcp.Info) {
	last := w.conns[c]
	if last == nil {
		last = new(tcp.Info)
		*last = i
		w.conns[c] = last
		return
	}
	p := *last
	*last = i
	if p.State == tcp.SynSent || i.State == tcp.Closed {
		return
	}
	edge := func(i *tcp.Info) tcp.Seq { return i.RcvNxt + tcp.Seq(i.RcvWnd) }
	switch {
	case i.ISS != p.ISS || i.IRS != p.IRS:
		w.fail("%s: initial numbers %d and %d became %d and %d", c.RemoteAddr(), p.ISS, p.IRS, i.ISS, i.IRS)
	case i.SndUna.Less(p.SndUna) || i.SndNxt.Less(p.SndNxt) || i.RcvNxt.Less(p.RcvNxt) || edge(&i).Less(edge(&p)):
		w.fail("%s: a number went back from %+v\nto %+v", c.RemoteAddr(), p, i)
	case i.State < p.State && p.State >= tcp.Established:
		w.fail("%s: from %s back to %s", c.RemoteAddr(), p.State, i.State)
	}
}

// flowKey is a connection as its segments name it: the peer's end and our port.
type flowKey struct {
	peer netip.AddrPort
	port uint16
}

// watchedDevice sees what a host sends and receives.
type watchedDevice struct {
	*netsim.End
	w     *watch
	frame []byte
}

func (d *watchedDevice) Recv() ([]byte, error) {
	b, err := d.End.Recv()
	if d.w.wire && b != nil && (!d.Ethernet() || len(b) >= 6 && dissect.MAC(b[:6]) == d.w.host.Interfaces()[1].HardwareAddr()) {
		if g, ok := d.segment(b); ok && g.tcp.ChecksumOK(g.pseudo()) {
			d.w.flow(netip.AddrPortFrom(g.src, g.tcp.SrcPort()), g.tcp.DstPort()).heard(tcp.ParseSegment(g.tcp, g.ecn))
		}
	}
	return b, err
}

func (d *watchedDevice) Send(pieces [][]byte) (bool, error) {
	ok, err := d.End.Send(pieces)
	if ok && err == nil && d.w.wire {
		d.frame = d.frame[:0]
		for _, p := range pieces {
			d.frame = append(d.frame, p...)
		}
		if g, found := d.segment(d.frame); found {
			if !g.tcp.ChecksumOK(g.pseudo()) {
				d.w.fail("sends a segment with a wrong checksum")
			}
			peer := netip.AddrPortFrom(g.dst, g.tcp.DstPort())
			f := d.w.flow(peer, g.tcp.SrcPort())
			if n := d.w.host.Counters(); n.NeighborQueueDrops+n.NeighborUnsent > 0 {
				f.sent = later(f.sent, tcp.Seq(g.tcp.Seq())) // what was sent has not all come by here
			}
			if err := f.sends(tcp.ParseSegment(g.tcp, g.ecn), len(g.tcp)); err != nil {
				d.w.fail("%d to %s: %v", g.tcp.SrcPort(), peer, err)
			}
		}
	}
	return ok, err
}

// segment finds the segment in a frame. What comes from several is not seen here: then nothing is looked at any more.
func (d *watchedDevice) segment(b []byte) (segment, bool) {
	g, ok, fragment := segmentIn(b, d.Ethernet())
	d.w.wire = d.w.wire && !fragment
	return g, ok
}

func (w *watch) flow(peer netip.AddrPort, port uint16) *watchedFlow {
	k := flowKey{peer, port}
	f := w.flows[k]
	if f == nil {
		f = new(watchedFlow)
		w.flows[k] = f
	}
	return f
}

// watchedFlow is one connection as its host has seen it on the wire. Nothing is known of it until both SYNs were seen.
type watchedFlow struct {
	our, their watchedSyn

	sent      tcp.Seq // behind the highest number sent
	acked     tcp.Seq // highest ACK sent
	edge      tcp.Seq // right edge of the window that was promised
	promised  bool    // edge counts
	lastTSVal uint32

	heardEnd  tcp.Seq // behind the highest number that came
	theirEdge tcp.Seq // right edge of the window that the peer promised
	offered   bool    // theirEdge counts
	fin       bool    // the peer's FIN came
}

// watchedSyn is what a SYN says.
type watchedSyn struct {
	seen bool
	iss  tcp.Seq
	opt  dissect.TCPOptionValues
	end  tcp.Seq // behind its text
	win  uint16
}

func (y *watchedSyn) take(s *tcp.Segment) (again bool) {
	if y.seen && y.iss == s.Seq {
		return true
	}
	*y = watchedSyn{seen: true, iss: s.Seq, opt: s.Options, end: s.Seq + tcp.Seq(s.Len()), win: s.Window}
	return false
}

// scale is how much windows of the SYN's sender are shifted.
func (f *watchedFlow) scale(y *watchedSyn) uint8 {
	if f.our.opt.HasWindowScale && f.their.opt.HasWindowScale {
		return min(y.opt.WindowScale, 14)
	}
	return 0
}

func later(a, b tcp.Seq) tcp.Seq {
	if a.Less(b) {
		return b
	}
	return a
}

// heard notes a segment that came.
func (f *watchedFlow) heard(s tcp.Segment) {
	end := s.Seq + tcp.Seq(s.Len())
	if s.Flags.Has(dissect.SYN) {
		if !f.their.take(&s) {
			f.heardEnd, f.fin, f.offered = end, false, false
			if !s.Flags.Has(dissect.ACK) {
				f.our.seen = false // a new connection, which we answer
			}
		}
	}
	if !f.their.seen {
		return
	}
	f.heardEnd = later(f.heardEnd, end)
	f.fin = f.fin || s.Flags.Has(dissect.FIN)
	if s.Flags.Has(dissect.ACK) && f.our.seen {
		win := tcp.Seq(s.Window)
		if !s.Flags.Has(dissect.SYN) {
			win <<= f.scale(&f.their)
		}
		f.offer(s.Ack + win)
	}
}

// offer notes the right edge of a window that the peer promises.
func (f *watchedFlow) offer(edge tcp.Seq) {
	if !f.offered || f.theirEdge.Less(edge) {
		f.theirEdge, f.offered = edge, true
	}
}

// sends notes a segment of n bytes with its header that is sent, and says what is wrong with it.
func (f *watchedFlow) sends(s tcp.Segment, n int) error {
	end := s.Seq + tcp.Seq(s.Len())
	if s.Flags.Has(dissect.RST) {
		return nil
	}
	if s.Flags.Has(dissect.SYN) {
		if !f.our.take(&s) {
			f.sent, f.promised, f.lastTSVal = end, false, s.Options.TSVal
			if !s.Flags.Has(dissect.ACK) {
				f.their.seen = false
			}
		}
	}
	if !f.our.seen || !f.their.seen {
		return nil
	}
	f.offer(f.our.iss + 1 + tcp.Seq(f.their.win))
	if !s.Flags.Has(dissect.ACK) {
		return fmt.Errorf("%v without ACK", s.Flags) // RFC 9293 section 3.10.7.4: always sent once it is known
	}
	if s.Flags.Has(dissect.SYN) {
		return nil
	}
	probe := end == f.theirEdge+1 && s.Len() == 1 || end.LessEq(f.our.end) // of a closed window, or what went with the SYN
	mss := int(f.their.opt.MSS)
	if mss == 0 {
		mss = 536
	}
	o := &s.Options
	edge := s.Ack + tcp.Seq(s.Window)<<f.scale(&f.our)
	switch {
	case f.sent.Less(s.Seq):
		return fmt.Errorf("seq %d, sent so far %d", s.Seq-f.our.iss, f.sent-f.our.iss)
	case s.Len() > 0 && f.theirEdge.Less(end) && !probe && f.sent.Less(end):
		return fmt.Errorf("%d to %d, the peer's window ends at %d", s.Seq-f.our.iss, end-f.our.iss, f.theirEdge-f.our.iss)
	case f.heardEnd.Less(s.Ack):
		return fmt.Errorf("acknowledges %d, came so far %d", s.Ack-f.their.iss, f.heardEnd-f.their.iss)
	case f.promised && s.Ack.Less(f.acked):
		return fmt.Errorf("acknowledges %d after %d", s.Ack-f.their.iss, f.acked-f.their.iss)
	case f.promised && edge.Less(f.edge) && f.edge-edge >= 1<<f.scale(&f.our) && !f.fin:
		return fmt.Errorf("right edge of the window %d after %d", edge-f.their.iss, f.edge-f.their.iss)
	case n-dissect.TCPMinHeaderLen > max(mss, 28): // RFC 9293 section 3.7.1: text and options
		return fmt.Errorf("%d bytes, MSS %d", n-dissect.TCPMinHeaderLen, mss)
	case o.HasTimestamps != (f.our.opt.HasTimestamps && f.their.opt.HasTimestamps):
		return fmt.Errorf("timestamps %v, which is not what was agreed (RFC 7323 section 3.2)", o.HasTimestamps)
	case o.HasTimestamps && int32(o.TSVal-f.lastTSVal) < 0:
		return fmt.Errorf("timestamp %d after %d", o.TSVal, f.lastTSVal)
	}
	for i, b := range o.SACK[:o.NumSACK] {
		l, r := tcp.Seq(b.Left), tcp.Seq(b.Right)
		if !l.Less(r) || f.heardEnd.Less(r) || i > 0 && l.LessEq(s.Ack) {
			return fmt.Errorf("SACK %d-%d with ACK %d, came so far %d", l-f.their.iss, r-f.their.iss, s.Ack-f.their.iss, f.heardEnd-f.their.iss)
		}
	}
	f.sent = later(f.sent, end)
	if !f.promised || f.edge.Less(edge) {
		f.edge = edge
	}
	f.acked, f.promised, f.lastTSVal = s.Ack, true, o.TSVal
	return nil
}
