package tcp

import (
	"testing"
	"time"
)

// RFC 9293 section 3.10.7.3: what an answer to our SYN may look like, step by step.
func TestSynSentSteps(t *testing.T) {
	for _, c := range []struct {
		line  string
		state State
		err   error
		reply string
	}{
		{"R. 0:0(0) ack 1 win 0", Closed, ErrRefused, ""},                        // second: a RST with an acceptable ACK
		{"R 0:0(0) win 0", SynSent, nil, ""},                                     // a RST without
		{"R. 0:0(0) ack 0 win 0", SynSent, nil, ""},                              // first: an unacceptable ACK and RST: dropped
		{"R. 0:0(0) ack 2 win 0", SynSent, nil, ""},                              // what was never sent
		{". 0:0(0) ack 2 win 9", SynSent, nil, "R 2:2(0)"},                       // an unacceptable ACK
		{". 0:0(0) ack 1 win 9", SynSent, nil, ""},                               // fifth: neither SYN nor RST
		{"- 0:0(0) win 9", SynSent, nil, ""},                                     // nothing at all
		{"F 0:0(0) win 9", SynSent, nil, ""},                                     // a FIN without SYN
		{"S. 0:0(0) ack 1 win 9 <mss 1000>", Established, nil, ". 1:1(0) ack 1"}, // fourth
		{"S 0:0(0) win 9 <mss 1000>", SynReceived, nil, "S. 0:0(0) ack 1"},       // simultaneous open
		{"SF. 0:4(4) ack 1 win 9", CloseWait, nil, ". 1:1(0) ack 6"},             // text and FIN behind the SYN
	} {
		x := synSent(t, nil)
		x.input(10*ms, c.line)
		if x.c.State() != c.state || x.c.Err() != c.err {
			t.Errorf("%s: %v, %v", c.line, x.c.State(), x.c.Err())
			continue
		}
		if c.reply == "" {
			x.quiet(10 * ms)
		} else {
			x.expect(10*ms, c.reply)
		}
	}
}

// Both SYN-ACKs of a simultaneous open may get lost (RFC 9293 section 3.5, MUST-10, MUST-11): each is sent again, and a RST in
// SYN-RECEIVED ends it as refused, not in LISTEN.
func TestSimultaneousOpenLoss(t *testing.T) {
	x := synSent(t, nil)
	x.input(10*ms, "S 0:0(0) win 10000 <mss 1000>")
	x.expect(10*ms, "S. 0:0(0) ack 1")
	x.expect(1000*ms, "S. 0:0(0) ack 1")
	x.input(1020*ms, "S 0:0(0) win 10000 <mss 1000>") // the peer's SYN again: it has not seen ours
	x.expect(1020*ms, "S. 0:0(0) ack 1")
	x.input(1030*ms, "S. 0:0(0) ack 1 win 10000 <mss 1000>")
	x.wantState(Established)

	x = synSent(t, nil)
	x.input(10*ms, "S 0:0(0) win 10000 <mss 1000>")
	x.expect(10*ms, "S. 0:0(0) ack 1")
	x.quiet(10 * ms)
	x.advance(4 * time.Minute)
	x.wantErr(ErrTimeout)
}

// RFC 1337: no RST ends TIME-WAIT, wherever it stands, and neither do old segments.
func TestTimeWaitAssassination(t *testing.T) {
	x := timeWait(t)
	for _, line := range []string{"R 2:2(0) win 0", "R. 2:2(0) ack 2 win 0", "R 1:1(0) win 0", "R 500:500(0) win 0"} {
		x.input(x.now, line)
		x.wantState(TimeWait)
	}
	x.drain()
	x.sent = nil
	x.input(time.Second, "P. -50:-40(10) ack 1 win 10000") // an old duplicate: figure 1 of RFC 1337
	x.expect(time.Second, ". 2:2(0) ack 2")
	x.input(time.Second, "R 2:2(0) win 0") // what its confused receiver answers
	x.wantState(TimeWait)
	x.quiet(59 * time.Second)
	x.quiet(61 * time.Second)
	x.wantState(Closed)
}

// RFC 9293 sections 3.4, 3.10.7.2 and 3.10.7.3: text and FIN of a SYN are processed when the connection is established.
func TestSynText(t *testing.T) {
	readable := func(x *trace, n int) {
		t.Helper()
		if got := x.c.Readable(); got != n {
			t.Fatalf("%d bytes readable, expected %d", got, n)
		}
	}
	x := newTrace(t, nil)
	x.accept(0, "SP 0:100(100) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	readable(x, 0)
	x.input(0, ". 1:1(0) ack 1 win 10000") // figure 6 with text
	readable(x, 100)
	x.expect(0, ". 1:1(0) ack 101")

	// The peer sends it again, with more, in the segment that ends the handshake.
	x = newTrace(t, nil)
	x.accept(0, "S 0:100(100) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, "P. 1:201(200) ack 1 win 10000")
	readable(x, 200)
	x.expect(0, ". 1:1(0) ack 201")

	// A whole request: SYN, text and FIN in one.
	x = newTrace(t, nil)
	x.accept(0, "SF 0:100(100) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 102:102(0) ack 1 win 10000")
	x.wantState(CloseWait)
	readable(x, 100)
	x.expect(0, ". 1:1(0) ack 102")

	// No more than the window; a FIN behind it is not taken.
	x = newTrace(t, func(g *Config) { g.RcvBuf = 64 })
	x.accept(0, "SF 0:100(100) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
	readable(x, 64)

	// Simultaneous open.
	x = synSent(t, nil)
	x.input(0, "S 0:3(3) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	readable(x, 0)
	x.input(0, ". 1:1(0) ack 1 win 10000")
	readable(x, 3)
	x.expect(0, ". 1:1(0) ack 4")
}
