package tcp

import (
	"bytes"
	"testing"
	"time"

	"smoltcp/dissect"
)

// nextOption sends the next segment and gives its Accurate ECN option, without kind and length.
func (x *trace) nextOption() (kind dissect.TCPOptionKind, data []byte) {
	x.Helper()
	var out Out
	if !x.c.Output(x.time(), &out) {
		x.Fatal("nothing sent")
	}
	for b := out.Header.Options.Bytes(); len(b) > 0; {
		o, rest, err := dissect.NextTCPOption(b)
		if err != nil {
			x.Fatal(err)
		}
		if k := o.Kind(); k == dissect.TCPOptAccECN0 || k == dissect.TCPOptAccECN1 {
			return k, bytes.Clone(o.Data())
		}
		b = rest
	}
	return 0, nil
}

// RFC 9768 section 3.2.3: how many bytes came with each mark, with the SYN-ACK and with ACKs for which that changed; the field that
// did not change last; no option with a SYN-ACK that is sent again.
func TestAccurateECNOption(t *testing.T) {
	on := func(g *Config) { g.AccurateECN, g.AccurateECNOption, g.Congestion = true, true, NewReno }
	x := newTrace(t, on)
	x.accept(0, "SEWA 0:0(0) win 10000 <mss 1000>")
	want := func(kind dissect.TCPOptionKind, data ...byte) {
		t.Helper()
		if k, d := x.nextOption(); k != kind || !bytes.Equal(d, data) {
			t.Errorf("option %d, % x, want %d, % x", k, d, kind, data)
		}
	}
	want(dissect.TCPOptAccECN0, 0, 0, 1, 0, 0, 0, 0, 0, 1)
	x.input(0, "W. 1:1(0) ack 1 win 20000")
	x.input(0, ". 1:1001(1000) ack 1 win 20000 ecn 2")
	x.input(0, "EA. 1001:2001(1000) ack 1 win 20000 ecn 3")
	want(dissect.TCPOptAccECN0, 0, 3, 0xe9, 0, 3, 0xe8, 0, 0, 1)
	x.input(0, "EA. 2001:2301(300) ack 1 win 20000 ecn 1")
	x.input(0, "EA. 2301:2401(100) ack 1 win 20000 ecn 3")
	want(dissect.TCPOptAccECN1, 0, 1, 0x2d, 0, 4, 0x4c, 0, 3, 0xe9)
	x.input(0, "EA. 2401:3401(1000) ack 1 win 20000") // no mark, no news
	x.input(0, "EA. 3401:4401(1000) ack 1 win 20000")
	want(0)

	x = newTrace(t, on)
	x.accept(0, "SEWA 0:0(0) win 10000 <mss 1000>")
	want(dissect.TCPOptAccECN0, 0, 0, 1, 0, 0, 0, 0, 0, 1)
	x.quiet(time.Second - 1)
	x.now = time.Second
	want(0)

	// Two fields where there is no room for three, none where there is none for two: SACK and timestamps go first.
	for _, c := range []struct {
		blocks, fields int
		timestamps     bool
	}{{0, 3, true}, {1, 3, true}, {2, 2, true}, {3, 0, true}, {3, 3, false}, {4, 0, false}} {
		var h dissect.TCPHeader
		if c.timestamps {
			h.Options.AddNop()
			h.Options.AddNop()
			h.Options.AddTimestamps(1, 2)
		}
		if c.blocks > 0 {
			h.Options.AddNop()
			h.Options.AddNop()
			h.Options.AddSACK(make([]dissect.SACKBlock, c.blocks))
		}
		before := len(h.Options.Bytes())
		var conn Conn
		conn.ecn.bytes = newMarkedBytes()
		conn.addMarkedBytes(&h)
		size, want := len(h.Options.Bytes())-before, 0
		if c.fields > 0 {
			want = 2 + 3*c.fields
		}
		if size != want {
			t.Errorf("%+v: %d bytes", c, size)
		}
		if told := conn.ecn.bytes.told == conn.ecn.bytes.came; told != (size > 0) {
			t.Errorf("%+v: told %v", c, told)
		}
	}
}

// RFC 9768 section 3.2.2.5.2: eight marks leave the counter of the header where it was; the bytes tell. One that goes back, as an old
// ACK's does, tells nothing.
func TestAccurateECNOptionRead(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.AccurateECN, g.AccurateECNOption, g.Congestion = true, true, NewReno })
	x.accept(0, "SEWA 0:0(0) win 10000 <mss 1000>")
	x.drain()
	x.input(0, "W. 1:1(0) ack 1 win 20000")
	x.write(0, 10_000)
	x.drain()
	ack := func(n Seq, ceBytes uint32) int {
		s, _ := x.parse("EA. 1:1(0) ack 1 win 20000", true)
		s.Ack += n
		s.Options.HasCEBytes, s.Options.CEBytes = true, ceBytes
		x.c.Input(x.time(), &s)
		return x.c.Info().Cwnd
	}
	before := ack(1000, 0)
	if got := ack(2000, counterMask); got < before {
		t.Errorf("cwnd %d for bytes that go back, %d before", got, before)
	}
	if got := ack(3000, 8000); got >= before {
		t.Errorf("cwnd %d after 8000 bytes with marks, %d before", got, before)
	}
}

func TestMarkedBytesWrap(t *testing.T) {
	b := newMarkedBytes()
	b.count(dissect.CE, counterMask)
	b.count(dissect.CE, 3)
	b.count(dissect.NotECT, 100)
	if b.came != [3]uint32{1, 1, 2} {
		t.Errorf("%v", b.came)
	}
	b.peerCE = counterMask
	if !b.news(&dissect.TCPOptionValues{HasCEBytes: true, CEBytes: 5}) || b.peerCE != 5 || b.news(&dissect.TCPOptionValues{}) {
		t.Error("a counter that wraps is not understood")
	}
}
