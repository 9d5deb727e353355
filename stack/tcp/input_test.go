package tcp

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"
)

// synchronizedStates has a constructor for each synchronized state, with what the peer's next number, our next number and
// the oldest unacknowledged number are.
var synchronizedStates = []struct {
	state       State
	start       func(*testing.T) *trace
	rcvNxt, una int
	sndNxt      int
	takesText   bool
}{
	{state: Established, start: func(t *testing.T) *trace { return established(t, nil) }, rcvNxt: 1, una: 1, sndNxt: 1, takesText: true},
	{state: FinWait1, start: finWait1, rcvNxt: 1, una: 1, sndNxt: 2, takesText: true},
	{state: FinWait2, start: finWait2, rcvNxt: 1, una: 2, sndNxt: 2, takesText: true},
	{state: CloseWait, start: closeWait, rcvNxt: 2, una: 1, sndNxt: 1},
	{state: Closing, start: closing, rcvNxt: 2, una: 1, sndNxt: 2},
	{state: LastAck, start: lastAck, rcvNxt: 2, una: 1, sndNxt: 2},
	{state: TimeWait, start: timeWait, rcvNxt: 2, una: 2, sndNxt: 2},
}

// RFC 9293 section 3.10.7.4, each step in each synchronized state.
func TestSegmentArrives(t *testing.T) {
	for _, st := range synchronizedStates {
		ack := fmt.Sprintf(". %d:%d(0) ack %d", st.sndNxt, st.sndNxt, st.rcvNxt)
		in := func(flags string, offset, text, ackOffset int) string {
			seq := st.rcvNxt + offset
			return fmt.Sprintf("%s %d:%d(%d) ack %d win 10000", flags, seq, seq+text, text, st.sndNxt+ackOffset)
		}
		for _, c := range []struct {
			name, segment string
			answer        bool // by an ACK
			then          State
			err           error
		}{
			{"first: old text", in(".", -10, 5, 0), true, st.state, nil},
			{"first: old text again", in(".", -10, 5, -1), true, st.state, nil},
			{"first: keep-alive", in(".", -1, 0, 0), true, st.state, nil},
			{"first: text right of the window", in(".", 70000, 5, 0), true, st.state, nil},
			{"first: bare ACK out of window", in(".", -1000, 0, 0), true, st.state, nil},
			{"second: RST left of the window", in("R", -1, 0, 0), false, st.state, nil},
			{"second: RST right of the window", in("R", 70000, 0, 0), false, st.state, nil},
			{"second: RST left of the window, text inside", in("R", -1, 5, 0), false, st.state, nil},
			// trap: a SYN in a synchronized state gets a challenge ACK whatever its number (RFC 5961 4.2, X-079).
			{"fourth: SYN at RCV.NXT", in("S", 0, 0, 0), true, st.state, nil},
			{"fourth: SYN in the window", in("S.", 100, 5, 0), true, st.state, nil},
			{"fourth: SYN anywhere", in("S", -123456, 0, 0), true, st.state, nil},
			{"fourth: SYN far right", in("SF", 1<<30, 0, 0), true, st.state, nil},
			{"fifth: no ACK", fmt.Sprintf("P %d:%d(5) win 10000", st.rcvNxt, st.rcvNxt+5), false, st.state, nil},
			// trap: an ACK beyond SND.NXT is answered by an ACK and removes nothing (3.10.7.4, X-015).
			{"fifth: ACK of the unsent", in(".", 0, 0, 1), true, st.state, nil},
			{"fifth: ACK of the unsent, text", in("PF.", 0, 5, 9), true, st.state, nil},
			// RFC 5961 5.2: older than the largest window ago.
			{"fifth: ACK from long ago", in(".", 0, 0, -20000), true, st.state, nil},
			{"fifth: ACK from long ago, text", in("P.", 0, 5, -1<<30), true, st.state, nil},
		} {
			t.Run(st.state.String()+"/"+c.name, func(t *testing.T) {
				x := st.start(t)
				x.input(0, c.segment)
				if c.answer {
					x.expect(0, ack)
				}
				x.drain()
				if len(x.sent) > 0 {
					t.Errorf("sent %s", x.show(&x.sent[0].out, nil))
				}
				x.wantState(c.then)
				x.wantErr(c.err)
				if x.c.Readable() != 0 || x.c.Info().Unacked != st.sndNxt-st.una {
					t.Errorf("%+v", x.c.Info())
				}
			})
		}
		t.Run(st.state.String()+"/RST", func(t *testing.T) {
			// trap: a RST kills only at exactly RCV.NXT; elsewhere in the window it gets a challenge ACK (RFC 5961 3.2, X-082).
			// trap: a RST counts as RST also with SYN or FIN or text (3.10.7.4, SHLD-2, X-288).
			for _, flags := range []string{"R", "R.", "SR", "FR", "SFRPU."} {
				x := st.start(t)
				if st.state != CloseWait && st.state != Closing && st.state != LastAck && st.state != TimeWait {
					x.input(0, in(flags, 1, 0, 0))
					x.expect(0, ack)
					x.wantState(st.state)
				}
				for _, text := range []int{0, 7} {
					x := st.start(t)
					x.input(0, in(flags, 0, text, 0))
					x.quiet(0)
					if st.state == TimeWait {
						x.wantState(TimeWait) // RFC 1337
						continue
					}
					x.wantState(Closed)
					x.wantErr(ErrReset)
					if !x.c.Done() {
						t.Error("not done")
					}
				}
			}
		})
		t.Run(st.state.String()+"/text and FIN", func(t *testing.T) {
			x := st.start(t)
			if !st.takesText {
				x.input(0, in("PF.", 0, 5, st.una-st.sndNxt))
				// trap: nothing past an accepted FIN is delivered or acknowledged (3.10.7.4, X-084, X-270).
				x.expect(0, ack)
				if x.c.Readable() != 0 {
					t.Error("text behind the FIN is readable")
				}
				return
			}
			x.input(0, in("PF.", 0, 5, 0))
			x.expect(0, fmt.Sprintf(". %d:%d(0) ack %d", st.sndNxt, st.sndNxt, st.rcvNxt+6))
			// in acknowledges everything of ours, the FIN too.
			want := map[State]State{Established: CloseWait, FinWait1: TimeWait, FinWait2: TimeWait}[st.state]
			x.wantState(want)
			// trap: data received before TIME-WAIT or CLOSED stays readable until read (3.9.1.4, X-019).
			x.quiet(10 * time.Minute)
			x.read(10*time.Minute, 5)
			if _, err := x.c.Read(x.time(), make([]byte, 1)); err != io.EOF {
				t.Error(err)
			}
		})
		t.Run(st.state.String()+"/ACK of everything", func(t *testing.T) {
			x := st.start(t)
			x.input(0, in(".", 0, 0, 0))
			x.quiet(0)
			if want, ok := map[State]State{FinWait1: FinWait2, Closing: TimeWait, LastAck: Closed}[st.state]; ok {
				x.wantState(want)
			} else {
				x.wantState(st.state)
			}
			x.wantErr(nil)
		})
	}
}

// trap: SEG.LEN counts SYN and FIN: "abc" received, then "abc"+FIN again, closes the stream (3.4, 3.10.7.4, X-266).
func TestFinBehindOldText(t *testing.T) {
	x := established(t, nil)
	x.input(0, ". 1:4(3) ack 1 win 10000")
	x.input(0, "F. 1:4(3) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 5")
	x.read(0, 3)
	if !x.c.EOF() {
		t.Error("no EOF")
	}
}

// trap: a FIN counts only when all text before it was taken: trimmed at the right edge it is as if not there (3.10.7.4, X-003).
func TestFinRightOfTheWindow(t *testing.T) {
	x := established(t, func(g *Config) { g.RcvBuf = 100 })
	x.input(0, "F. 1:111(110) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 101 win 0")
	x.wantState(Established)
	x.read(0, 100)
	if x.c.EOF() {
		t.Fatal("EOF before the end of the text")
	}
	x.expect(0, ". 1:1(0) ack 101 win 100")
	x.input(0, "F. 101:111(10) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 112")
	x.read(0, 10)
	if !x.c.EOF() {
		t.Error("no EOF")
	}
}

// trap: a FIN out of order is remembered and acts when the gap fills (3.10.7.4, SHLD-31, X-081).
func TestFinOutOfOrder(t *testing.T) {
	x := established(t, nil)
	x.input(0, "F. 11:21(10) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 1")
	x.wantState(Established)
	// Nothing past it is delivered or acknowledged, sent later ...
	x.input(0, ". 21:31(10) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 1")
	x.input(0, ". 1:11(10) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 22")
	x.wantState(CloseWait)
	x.read(0, 20)

	// ... or queued before.
	x = established(t, nil)
	x.input(0, ". 31:41(10) ack 1 win 10000")
	x.input(0, ". 15:25(10) ack 1 win 10000")
	x.input(0, "F. 11:21(10) ack 1 win 10000")
	x.input(0, ". 1:11(10) ack 1 win 10000")
	x.wantState(CloseWait)
	x.read(0, 20)
	if !x.c.EOF() || x.c.Info().OutOfOrder != 0 {
		t.Error("text past the FIN is kept")
	}
	x.wantDropped(PastFin, 0)

	// When nothing is left that came out of order, its memory goes.
	x = established(t, nil)
	x.input(0, ". 31:41(10) ack 1 win 10000")
	x.input(0, "F. 8:8(0) ack 1 win 10000")
	if x.c.rcv.mem != nil {
		t.Error("memory for nothing")
	}
}

// trap: an unacceptable segment gets an ACK every time if it has text or FIN or lies at RCV.NXT-1; others fall under the limit of
// challenge ACKs (3.10.7.4, X-268, X-269).
func TestUnacceptableLimit(t *testing.T) {
	x := established(t, nil)
	for range 30 {
		x.input(0, ". -9:-4(5) ack 1 win 10000")
		x.expect(0, ". 1:1(0) ack 1")
		x.input(0, "F. -9:-9(0) ack 1 win 10000")
		x.expect(0, ". 1:1(0) ack 1")
		x.input(0, ". 0:0(0) ack 1 win 10000")
		x.expect(0, ". 1:1(0) ack 1")
	}
	answered := 0
	for range 30 {
		x.input(0, ". -9:-9(0) ack 1 win 10000")
		x.drain()
		answered += len(x.sent)
		x.sent = nil
	}
	if answered != 10 { // RFC 5961 section 7
		t.Errorf("%d challenge ACKs", answered)
	}
	for range 20 {
		x.input(0, "P. 1:11(10) ack 9 win 10000") // text with an ACK of what was never sent
		x.expect(0, ". 1:1(0) ack 1")
	}
	x.input(5*time.Second, "S 9:9(0) win 10000")
	x.expect(5*time.Second, ". 1:1(0) ack 1")
}

// trap: with a zero receive window the ACK, window, RST and URG of a segment at RCV.NXT still count (3.4 MUST-66, X-267).
func TestZeroReceiveWindow(t *testing.T) {
	full := func(t *testing.T) *trace {
		x := established(t, func(g *Config) { g.RcvBuf = 10 })
		x.input(0, ". 1:11(10) ack 1 win 10000")
		x.expect(0, ". 1:1(0) ack 11 win 0")
		x.write(0, 5)
		x.expect(0, "P. 1:6(5) ack 11 win 0")
		return x
	}
	x := full(t)
	x.input(0, "U. 11:12(1) ack 6 win 777 urg 2") // a probe
	x.expect(0, ". 6:6(0) ack 11 win 0")
	if i := x.c.Info(); i.Unacked != 0 || i.SndWnd != 777 || x.c.Urgent() != 12 {
		t.Errorf("%+v, urgent %d", i, x.c.Urgent())
	}
	x = full(t)
	x.input(0, "R 11:11(0) win 0")
	x.wantErr(ErrReset)
	// A bare FIN takes no room.
	x = full(t)
	x.input(0, "F. 11:11(0) ack 6 win 777")
	x.wantState(CloseWait)
	x.expect(0, ". 6:6(0) ack 12")
}

// trap: urgent data comes in line and its end is reported (3.8.5, MUST-30 to MUST-33, X-289).
func TestUrgent(t *testing.T) {
	x := established(t, nil)
	x.input(0, "PU. 1:11(10) ack 1 win 10000 urg 5")
	if u := x.c.Urgent(); u != 5 {
		t.Errorf("urgent %d", u)
	}
	x.input(0, "PU. 11:21(10) ack 1 win 10000 urg 20") // ends beyond what has come
	if u := x.c.Urgent(); u != 30 {
		t.Errorf("urgent %d", u)
	}
	x.input(0, "PU. 21:22(1) ack 1 win 10000 urg 3") // an older pointer does not move it back
	x.read(0, 21)
	if u := x.c.Urgent(); u != 9 {
		t.Errorf("urgent %d", u)
	}
	x.input(0, ". 22:32(10) ack 1 win 10000")
	x.read(0, 10)
	if u := x.c.Urgent(); u != 0 {
		t.Errorf("urgent %d", u)
	}
}

// trap: ECE, CWR and reserved bits on a SYN are ignored where ECN is off (3.1).
func TestECNBitsOnSyn(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.ECN = ECNOff })
	x.accept(0, "SEW 0:0(0) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
}

// trap: the window is taken from a segment only by SND.WL1 and SND.WL2 (3.10.7.4, X-272).
func TestWindowFromOldSegment(t *testing.T) {
	x := established(t, nil)
	x.input(0, ". 101:201(100) ack 1 win 5000")
	x.input(0, ". 1:101(100) ack 1 win 9") // older, came later
	if w := x.c.Info().SndWnd; w != 5000 {
		t.Errorf("window %d", w)
	}
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 201")
	x.input(0, ". 201:201(0) ack 101 win 4000")
	x.input(0, ". 201:201(0) ack 1 win 7") // same number, older ACK
	if w := x.c.Info().SndWnd; w != 4000 {
		t.Errorf("window %d", w)
	}
	x.input(0, ". 201:201(0) ack 101 win 3000")
	if w := x.c.Info().SndWnd; w != 3000 {
		t.Errorf("window %d", w)
	}
}

// trap, closing: the program can tell an orderly end from an abort in every state, also when a FIN came before the RST
// (3.6, MUST-12, X-271).
func TestResetBehindFin(t *testing.T) {
	for _, start := range []func(*testing.T) *trace{closeWait, closing, lastAck} {
		x := start(t)
		x.input(0, "R 2:2(0) win 0")
		if _, err := x.c.Read(x.time(), make([]byte, 1)); !errors.Is(err, ErrReset) {
			t.Errorf("read gives %v", err)
		}
	}
	x := established(t, nil)
	x.input(0, "P. 1:4(3) ack 1 win 9")
	x.input(0, "R 4:4(0) win 0")
	x.read(0, 3) // what came before is not lost
	if _, err := x.c.Read(x.time(), make([]byte, 1)); err != ErrReset {
		t.Errorf("read gives %v", err)
	}
	if _, err := x.c.Write(x.time(), []byte("x")); err != ErrReset {
		t.Errorf("write gives %v", err)
	}
}
