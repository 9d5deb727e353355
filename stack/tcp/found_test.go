package tcp

import (
	"fmt"
	"testing"
	"time"

	"smoltcp/dissect"
)

// What simulations and fuzzing found, each reduced to the few segments that it takes.

// RFC 9293 section 3.8.6, 3.10.7.4: text that was sent again has an old number and the newest window. When only its ACK counted,
// SND.UNA moved and the window with it, beyond what the peer promised.
func TestWindowOfTextSentAgain(t *testing.T) {
	x := established(t, nil)
	x.write(0, 2000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, "P. 1001:2001(1000) ack 1")
	x.input(0, ". 101:201(100) ack 1 win 3000")
	x.expect(0, ". 2001:2001(0) ack 1")
	x.input(10*ms, ". 1:101(100) ack 2001 win 1000") // a buffer of 3000 that holds 2000
	iss := traceISS
	if i := x.c.Info(); i.SndUna+Seq(i.SndWnd) != iss+3001 {
		t.Errorf("the window ends at %d", i.SndUna+Seq(i.SndWnd)-iss)
	}
	x.write(10*ms, 2000)
	x.expect(10*ms, ". 2001:3001(1000) ack 201")
	x.quiet(10 * ms)
}

// RFC 5681 section 3.1: cwnd is one segment at least, also where proportional rate reduction would have less (RFC 6937 section 3).
func TestCwndDuringRecovery(t *testing.T) {
	x := negotiated(t, nil)
	x.write(0, 2*988)
	x.expect(0, ". 1:989(988) ack 1")
	x.expect(0, "P. 989:1977(988) ack 1")
	x.c.enterRecovery(2*988, false)
	x.c.sent.markAllLost()
	x.c.lossState().prr = prrState{flight: 1976, delivered: 100, out: 988} // the timer finds what ACKs have not shown
	x.c.prrAcked(0, false)
	if i := x.c.Info(); i.Cwnd < i.SndMSS {
		t.Errorf("%+v", i)
	}
}

// RFC 9293 section 3.10.7.4: what lies past a FIN does not count, also where it came before, out of order, and is joined by the
// segment that has the FIN.
func TestFinBeforeWhatIsKept(t *testing.T) {
	x := established(t, nil)
	x.input(0, ". 101:201(100) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 1")
	x.input(0, "F. 1:101(100) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 102")
	x.wantState(CloseWait)
	x.read(0, 100)
	if !x.c.EOF() {
		t.Error("no end")
	}
}

// RFC 9293 section 3.8.6.2.1: what silly window avoidance holds back goes out by a timer of its own, whatever the rate: pacing
// counts only where it holds something back too.
func TestOverrideIsNotPaced(t *testing.T) {
	x := established(t, func(g *Config) { g.Congestion = BBR })
	x.input(0, ". 1:1(0) ack 1 win 0")
	x.c.rec.pace.next, x.c.rec.pace.credit = Time(time.Minute), 5000
	x.input(0, ". 1:1(0) ack 1 win 100")
	x.write(0, 1000)
	x.expect(200*ms, ". 1:101(100) ack 1")
}

// RFC 5681 section 3.1: cwnd and ssthresh are one segment and two at least also when segments become larger.
func TestCwndWhenSegmentsGrow(t *testing.T) {
	x := established(t, func(g *Config) { g.NoPathProbing = false })
	x.c.shrinkPath(600, maxMSS)
	x.c.rec.cwnd, x.c.rec.ssthresh = 600, 1200
	x.c.path.searchAt = 0
	x.c.rec.cwnd = 1000 // for the probe
	x.write(0, 3000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.c.rec.cwnd = 600
	x.input(10*ms, ". 1:1(0) ack 1001 win 10000")
	if i := x.c.Info(); i.SndMSS != 1000 || i.Cwnd < 1000 || i.Ssthresh < 2000 {
		t.Errorf("%+v", i)
	}
}

// A rate that is next to nothing, as a model of the path may find, does not keep the connection waiting for minutes.
func TestPaceIsBounded(t *testing.T) {
	p := pacer{on: true}
	for now := Time(0); now < Time(time.Minute); now = p.next {
		p.credit = 0
		if !p.allows(now) {
			t.Fatalf("not at %v, which it said", now)
		}
		p.sent(now, 1000, 3, 1000)
		if wait := p.next.Sub(now); wait > maxPaceWait {
			t.Fatalf("waits for %v", wait)
		}
	}
}

// RFC 9293 section 3.8.3: while the link takes nothing, time runs for the connection, and what it has to send waits.
func TestExpire(t *testing.T) {
	x := established(t, func(g *Config) { g.UserTimeout = 10 * time.Second })
	x.write(0, 3000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, ". 1001:2001(1000) ack 1")
	x.expect(0, "P. 2001:3001(1000) ack 1")
	next := Time(0)
	for _, at := range []time.Duration{200 * ms, 600 * ms, 1400 * ms, 3000 * ms} { // twice the time each time
		if next = x.c.Expire(Time(at)); next <= Time(at) {
			t.Fatalf("%v: next at %v", at, next)
		}
	}
	if next != Time(6200*ms) {
		t.Errorf("next at %v", next)
	}
	x.now = 5 * time.Second // the link is there again
	x.expect(5*time.Second, ". 1:1001(1000) ack 1")
	x.input(5010*ms, ". 1:1(0) ack 1001 win 10000")
	x.expect(5010*ms, ". 1001:2001(1000) ack 1")

	for at := 5100 * ms; x.c.State() != Closed; at = time.Duration(x.c.Expire(Time(at))) {
		if at > 16*time.Second {
			t.Fatal("does not give up")
		}
	}
	x.wantErr(ErrTimeout)
	if next := x.c.Expire(Time(time.Minute)); next != Never {
		t.Errorf("closed, and next at %v", next)
	}
	var out Out
	if !x.c.Output(Time(time.Minute), &out) || !out.Header.Flags.Has(dissect.RST) || !x.c.Done() {
		t.Error("the RST does not wait")
	}
}

// Without window scaling a buffer may be much larger than what can be promised of it: that is no reason for an ACK of each segment
// (RFC 9293 section 3.8.6.2.2).
func TestUpdatesOfLargeBuffer(t *testing.T) {
	x := established(t, func(g *Config) { g.RcvBuf = 1 << 20 })
	for i := range 3 {
		x.input(0, x.text(1+2000*i, 1000))
		x.quiet(0)
		x.input(0, x.text(1001+2000*i, 1000))
		x.expect(0, x.line(".", 1, 0, 2001+2000*i)) // every second segment
		x.read(0, 2000)
		x.quiet(0)
	}
}

// text is a segment of the peer's.
func (x *trace) text(seq, n int) string {
	return fmt.Sprintf(". %d:%d(%d) ack 1 win 10000", seq, seq+n, n)
}
