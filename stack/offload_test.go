package stack

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// cutter is a wire that is an Offloader: it cuts and completes what it is sent, so that out has the frames of a wire without.
type cutter struct {
	wire
	verified bool
	large    int // sent with text for several segments
}

func (d *cutter) Verified() bool { return d.verified }

func (d *cutter) SendOffload(pieces [][]byte, transport, segment int) (bool, error) {
	if d.room == 0 {
		return false, nil
	}
	head := slices.Clone(pieces[0])
	text := bytes.Join(pieces[1:], nil)
	t := dissect.TCP(head[transport:])
	if segment == 0 {
		segment = len(text)
	}
	if len(text) > segment {
		d.large++
	}
	flags, seq := t.Flags(), t.Seq()
	ip := dissect.IPv4(head[14:])
	if want := dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoTCP, len(t)+len(text)).Fold(); t.Checksum() != want || ip.TotalLen() != len(head)-14+len(text) {
		return false, errDevice
	}
	d.room--
	for off := 0; off < len(text); off += segment {
		end := min(off+segment, len(text))
		h := ip.Header()
		h.TotalLen = len(head) - 14 + end - off
		th := t.Header()
		th.Seq, th.Flags = seq+uint32(off), flags
		if end < len(text) {
			th.Flags &^= dissect.PSH | dissect.FIN
		}
		if off > 0 {
			th.Flags &^= dissect.CWR
		}
		f := h.Append(slices.Clone(head[:14]))
		seg := dissect.TCP(append(th.Append(nil), text[off:end]...))
		seg.FillChecksum(dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoTCP, len(seg)))
		d.out = append(d.out, append(f, seg...))
	}
	return true, nil
}

// newOffloadBench is newBench with a device that offloads.
func newOffloadBench(t testing.TB) (*bench, *cutter) {
	h := newBench(t, Config{})
	d := &cutter{wire: *h.dev}
	h.dev, h.ifc.dev, h.ifc.offload = &d.wire, d, d
	return h, d
}

// A host with offload has the same frames on the wire as one without, also while the device is full, and before the neighbor
// is known.
func TestOffloadSendsTheSame(t *testing.T) {
	for _, test := range []struct {
		name  string
		room  int // of the device
		known bool
	}{
		{"usual", 1 << 30, true},
		{"full", 2, true},
		{"full from the beginning", 0, true},
		{"no neighbor", 1 << 30, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			plain, with := newBench(t, Config{}), (*bench)(nil)
			with, d := newOffloadBench(t)
			var frames [2][][]byte
			for i, h := range []*bench{plain, with} {
				h.knowPeer()
				l := h.listen("0.0.0.0:80", TCPOptions{})
				s := h.open(5000)
				c, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				s.Window = 60000
				h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
				if !test.known {
					h.ifc.SetLink(false) // forgets them
					h.ifc.SetLink(true)
				}
				h.dev.room = test.room
				for range 5 {
					if n, err := c.Write(bytesOf(12345)); n != 12345 || err != nil {
						t.Fatal(n, err)
					}
					h.poll()
					h.dev.room = 1 << 30
					h.poll()
					if !test.known {
						h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
					}
					s.Ack += 12345
					if una := uint32(c.Info().SndNxt); s.Ack-una < 1<<31 && s.Ack != una {
						s.Ack = una
					}
					h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
				}
				frames[i] = h.dev.out
			}
			if !slices.EqualFunc(frames[0], frames[1], bytes.Equal) {
				for i := range min(len(frames[0]), len(frames[1])) {
					if !bytes.Equal(frames[0][i], frames[1][i]) {
						t.Logf("frame %d:\n%x\n%x", i, frames[0][i][:min(60, len(frames[0][i]))], frames[1][i][:min(60, len(frames[1][i]))])
						break
					}
				}
				t.Errorf("%d frames without offload, %d with it, or different ones", len(frames[0]), len(frames[1]))
			}
			if d.large == 0 {
				t.Error("the device has cut nothing")
			}
		})
	}
}

// A TCP checksum that the device vouches for is not looked at; every other is, those of other protocols too.
func TestOffloadVerified(t *testing.T) {
	h, d := newOffloadBench(t)
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	bad := put(tcpFrame(dissect.IPv4Header{}, s, "text"), 14+20+16, 0xde, 0xad)
	h.rx(bad)
	h.counted("TCPChecksum", 1)
	d.verified = true
	h.rx(bad)
	h.counted("TCPChecksum", 1)
	h.wait(time.Second)
	if got := h.lastTCP(); got.Ack() != s.Seq+4 {
		t.Errorf("ack %d", got.Ack()-s.Seq)
	}
	icmp := put(echoFrame(dissect.IPv4Header{}, 8), 14+20+2, 0xde, 0xad)
	h.rx(icmp)
	h.counted("ICMPChecksum", 1)
}

// What was put together from several segments is received whole, whatever the MTU.
func TestOffloadReceivesLarge(t *testing.T) {
	h, _ := newOffloadBench(t)
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	text := bytesOf(40000)
	h.rx(tcpFrame(dissect.IPv4Header{}, s, string(text)))
	got := make([]byte, 50000)
	if n, err := c.Read(got); err != nil || !bytes.Equal(got[:n], text) {
		t.Errorf("%d bytes, %v", n, err)
	}
	if ack := h.lastTCP(); ack.Ack() != s.Seq+40000 {
		t.Errorf("acknowledged %d", ack.Ack()-s.Seq)
	}
}

// Neither sending large nor receiving it allocates.
func TestOffloadDoesNotAllocate(t *testing.T) {
	h, d := newOffloadBench(t)
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	s.Window = 65535
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	dev := &silent{cutter: d}
	h.ifc.dev, h.ifc.offload = dev, dev
	text := bytesOf(20000)
	round := func() {
		h.at++
		c.Write(text)
		for h.Stack.Poll(h.at) {
		}
		s.Ack = uint32(c.Info().SndNxt)
		dev.next = dissect.TCP(s.Append(dev.next[:34]))[:54]
		dev.fill()
		for h.Stack.Poll(h.at) {
		}
	}
	frame := tcpFrame(dissect.IPv4Header{}, s, "")
	dev.next = append(dev.next, frame[:34]...)
	for range 20 {
		round()
	}
	before := dev.segments
	if allocs := testing.AllocsPerRun(100, round); allocs != 0 {
		t.Errorf("%v allocations for 20 kB", allocs)
	}
	if dev.segments == before {
		t.Error("nothing was sent in one")
	}
}

// silent is a cutter that keeps nothing, and has one frame to be received.
type silent struct {
	*cutter
	next     []byte
	ready    bool
	segments int
}

func (d *silent) fill() {
	t := dissect.TCP(d.next[34:])
	t.FillChecksum(dissect.PseudoHeaderSum(peerIP, ourIP, dissect.ProtoTCP, len(t)))
	d.ready = true
}

func (d *silent) Recv() ([]byte, error) {
	if !d.ready {
		return nil, nil
	}
	d.ready = false
	return d.next, nil
}

func (d *silent) Send([][]byte) (bool, error) { return true, nil }

func (d *silent) SendOffload(_ [][]byte, _, segment int) (bool, error) {
	if segment > 0 {
		d.segments++
	}
	return true, nil
}
