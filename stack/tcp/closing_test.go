package tcp

import (
	"io"
	"testing"
	"time"
)

func TestCloseHandshakes(t *testing.T) {
	t.Run("we first", func(t *testing.T) { // figure 5 of RFC 9293
		x := finWait2(t)
		x.input(10*ms, "F. 1:1(0) ack 2 win 10000")
		x.expect(10*ms, ". 2:2(0) ack 2")
		x.wantState(TimeWait)
		x.quiet(60*time.Second + 10*ms - 1)
		x.wantState(TimeWait)
		x.quiet(60*time.Second + 10*ms)
		x.wantState(Closed)
		x.wantErr(nil)
	})
	t.Run("simultaneous", func(t *testing.T) { // figure 12
		x := closing(t)
		x.input(0, ". 2:2(0) ack 2 win 10000")
		x.wantState(TimeWait)
	})
	t.Run("FIN and its ACK at once", func(t *testing.T) {
		x := finWait1(t)
		x.input(0, "F. 1:1(0) ack 2 win 10000")
		x.expect(0, ". 2:2(0) ack 2")
		x.wantState(TimeWait)
	})
	t.Run("peer first", func(t *testing.T) {
		x := lastAck(t)
		x.input(0, ". 2:2(0) ack 2 win 10000")
		x.wantState(Closed)
		x.wantErr(nil)
		if _, err := x.c.Read(x.time(), make([]byte, 1)); err != io.EOF {
			t.Error(err)
		}
	})
	t.Run("half-close", func(t *testing.T) {
		x := finWait2(t)
		x.quiet(2 * time.Hour) // trap: after a half close FIN-WAIT-2 waits
		x.wantState(FinWait2)
		x.input(2*time.Hour, "P. 1:101(100) ack 2 win 10000")
		x.expect(2*time.Hour+40*ms, ". 2:2(0) ack 101")
		x.read(2*time.Hour+40*ms, 100)
	})
}

// trap: every retransmitted FIN in TIME-WAIT is acknowledged and restarts it (3.10.7.4, X-268). TIME-WAIT lasts its whole 2 MSL.
func TestTimeWaitRestarts(t *testing.T) {
	x := timeWait(t)
	for i := range 30 {
		at := time.Duration(i) * 100 * ms
		x.input(at, "F. 1:1(0) ack 2 win 10000")
		x.expect(at, ". 2:2(0) ack 2")
	}
	x.quiet(2900*ms + 60*time.Second - 1)
	x.wantState(TimeWait)
	x.quiet(2900*ms + 60*time.Second)
	x.wantState(Closed)
}

// trap: a 4-tuple in TIME-WAIT is not opened again except by a SYN that RFC 6191 allows (3.6.1, MUST-13, X-093, X-258).
func TestReusable(t *testing.T) {
	x := timeWait(t)
	syn := func(line string) *Segment { s, _ := x.parse(line, true); return &s }
	for line, want := range map[string]bool{
		"S 2:2(0) win 9":                    true,
		"S 5000:5000(0) win 9":              true,
		"S 1:1(0) win 9":                    false,
		"S -5000:-5000(0) win 9":            false,
		"S -5:-5(0) win 9 <TS val 1 ecr 0>": true, // timestamps will protect the new one
		"S. 5:5(0) ack 2 win 9":             false,
		". 5:5(0) ack 2 win 9":              false,
		"SR 5000:5000(0) win 9 <mss 1000>":  false,
		"S 70000:70000(0) win 9 <mss 1000>": true,
	} {
		if got := x.c.Reusable(syn(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	x = negotiated(t, nil)
	x.c.CloseWrite(0)
	x.drain()
	x.input(0, "F. 1:1(0) ack 2 win 2500 <TS val 200 ecr 5000>")
	x.wantState(TimeWait)
	for line, want := range map[string]bool{
		"S -5:-5(0) win 9 <TS val 201 ecr 0>": true,
		"S 5:5(0) win 9 <TS val 199 ecr 0>":   false,
		"S 5:5(0) win 9 <TS val 200 ecr 0>":   true,
		"S -5:-5(0) win 9 <TS val 200 ecr 0>": false,
		"S -5:-5(0) win 9":                    false,
		"S 5:5(0) win 9":                      true,
	} {
		if got := x.c.Reusable(syn(line)); got != want {
			t.Errorf("with timestamps: %s: %v", line, got)
		}
	}
	if x = established(t, nil); x.c.Reusable(syn("S 5000:5000(0) win 9")) {
		t.Error("an ESTABLISHED connection is reusable")
	}
}

// trap: FIN-WAIT-2 after a full close ends by a timer.
func TestFinWait2Ends(t *testing.T) {
	x := established(t, nil)
	x.c.Close(x.time())
	x.expect(0, "F. 1:1(0) ack 1")
	x.input(10*ms, ". 1:1(0) ack 2 win 10000")
	x.wantState(FinWait2)
	x.quiet(10*ms + 60*time.Second - 1)
	x.wantState(FinWait2)
	x.quiet(10*ms + 60*time.Second)
	if !x.c.Done() {
		t.Error("not done")
	}
	// The same when the full close comes late.
	x = finWait2(t)
	x.advance(time.Minute)
	x.c.Close(x.time())
	x.quiet(2*time.Minute - 1)
	x.wantState(FinWait2)
	x.quiet(2 * time.Minute)
	x.wantState(Closed)
}

// trap: in CLOSING and LAST-ACK, window updates, partial and duplicate ACKs are processed as in ESTABLISHED (3.10.7.4, X-085).
func TestClosingStatesSend(t *testing.T) {
	for _, state := range []State{Closing, LastAck} {
		x := newTrace(t, nil)
		x.accept(0, "S 0:0(0) win 100 <mss 1000>")
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(0, ". 1:1(0) ack 1 win 100")
		x.write(0, 250)
		x.expect(0, ". 1:101(100) ack 1")
		if state == Closing {
			x.c.CloseWrite(0)
			x.input(0, "F. 1:1(0) ack 1 win 100")
		} else {
			x.input(0, "F. 1:1(0) ack 1 win 100")
			x.c.CloseWrite(0)
		}
		x.wantState(state)
		x.expect(0, ". 101:101(0) ack 2")
		x.input(10*ms, ". 2:2(0) ack 51 win 50") // partial
		x.quiet(10 * ms)
		x.input(20*ms, ". 2:2(0) ack 101 win 0")
		x.input(30*ms, ". 2:2(0) ack 101 win 1000") // update
		x.expect(30*ms, "FP. 101:251(150) ack 2")
		x.input(40*ms, ". 2:2(0) ack 251 win 1000") // all but the FIN
		x.wantState(state)
		x.input(50*ms, ". 2:2(0) ack 252 win 1000")
		if state == Closing {
			x.wantState(TimeWait)
		} else {
			x.wantState(Closed)
		}
	}
}

// trap: a lost FIN with nothing else in flight is retransmitted, also after three duplicate ACKs (3.6, X-091).
func TestLostFin(t *testing.T) {
	x := finWait1(t)
	x.expect(200*ms, "F. 1:1(0) ack 1")
	x.expect(600*ms, "F. 1:1(0) ack 1")

	x = established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.input(10*ms, ". 1:1(0) ack 101 win 10000")
	x.c.CloseWrite(x.time())
	x.expect(10*ms, "F. 101:101(0) ack 1")
	for range 2 {
		x.input(20*ms, ". 1:1(0) ack 101 win 10000")
	}
	x.quiet(20 * ms)
	x.input(20*ms, ". 1:1(0) ack 101 win 10000")
	x.expect(20*ms, "F. 101:101(0) ack 1")
	x.expect(210*ms, "F. 101:101(0) ack 1") // the timer still runs
}

// RFC 9293 section 3.6.1 and RFC 2525 section 2.17: what nobody will read is answered by a RST.
func TestCloseWithUnread(t *testing.T) {
	for _, start := range []func(*testing.T) *trace{
		func(t *testing.T) *trace { return established(t, nil) }, finWait1, finWait2,
	} {
		x := start(t)
		nxt := x.c.Info().SndNxt - traceISS
		x.input(0, "P. 1:11(10) ack 1 win 10000")
		x.c.Close(x.time())
		x.expect(0, x.line("R.", nxt, 0, 11))
		if !x.c.Done() || x.c.Readable() != 0 {
			t.Error("not done")
		}

		x = start(t)
		x.c.Close(x.time())
		x.drain()
		x.sent = nil
		nxt = x.c.Info().SndNxt - traceISS
		x.input(100*ms, "P. 1:11(10) ack 1 win 10000") // text after the close
		x.expect(100*ms, x.line("R.", nxt, 0, 1))
		if !x.c.Done() {
			t.Error("not done")
		}
	}
	// In TIME-WAIT everything went both ways already: no RST.
	x := finWait2(t)
	x.input(0, "FP. 1:11(10) ack 2 win 10000")
	x.expect(0, ". 2:2(0) ack 12")
	x.c.Close(x.time())
	x.quiet(0)
	x.wantState(TimeWait)
}

func TestAbort(t *testing.T) { // RFC 9293 section 3.10.5
	for _, st := range synchronizedStates {
		x := st.start(t)
		x.c.Abort(x.time())
		if st.state == TimeWait {
			x.quiet(0)
		} else {
			x.expect(0, x.line("R.", Seq(st.sndNxt), 0, st.rcvNxt))
		}
		if !x.c.Done() {
			t.Errorf("%v: not done", st.state)
		}
		if _, err := x.c.Read(x.time(), make([]byte, 1)); err != ErrClosed {
			t.Errorf("%v: %v", st.state, err)
		}
	}
	x := synSent(t, nil)
	x.c.Abort(0)
	x.quiet(0)
	x = synReceived(t, nil)
	x.c.Abort(0)
	x.expect(0, "R. 1:1(0) ack 1")
}

// trap: an abort after a timeout sends its RST at the highest number ever sent, so that the peer takes it (3.10.5, X-017).
// trap: ACKs, window updates and RSTs carry the highest number sent, never one that a timeout set back (3.10.7.4, X-017).
func TestHighestNumberAfterTimeout(t *testing.T) {
	x := established(t, nil)
	x.write(0, 3000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, ". 1001:2001(1000) ack 1")
	x.expect(0, "P. 2001:3001(1000) ack 1")
	x.expect(200*ms, ". 1:1001(1000) ack 1")
	x.input(300*ms, "P. 1:101(100) ack 1 win 10000")
	x.expect(340*ms, ". 3001:3001(0) ack 101")
	x.c.Abort(x.time())
	x.expect(340*ms, "R. 3001:3001(0) ack 101")
}

// A FIN takes a number of the window, too.
func TestFinNeedsWindow(t *testing.T) {
	x := establishedWith(t, 100, 1000, nil)
	x.write(0, 100)
	x.c.CloseWrite(0)
	x.expect(0, "P. 1:101(100) ack 1")
	x.quiet(0)
	x.input(10*ms, ". 1:1(0) ack 101 win 1")
	x.expect(10*ms, "F. 101:101(0) ack 1")
}

func TestWriteAfterClose(t *testing.T) {
	x := established(t, nil)
	x.write(0, 10)
	if err := x.c.CloseWrite(0); err != nil {
		t.Error(err)
	}
	if err := x.c.CloseWrite(0); err != nil {
		t.Error("a second CloseWrite gives", err)
	}
	if _, err := x.c.Write(0, []byte("x")); err != ErrClosed {
		t.Error(err)
	}
	x.expect(0, "FP. 1:11(10) ack 1")
	if x.c.Writable() != 0 {
		t.Error("writable")
	}
}
