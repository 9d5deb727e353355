package tcp

import (
	"errors"
	"io"
	"testing"
	"time"
)

func TestActiveOpen(t *testing.T) {
	x := newTrace(t, func(g *Config) {
		g.NoTimestamps, g.NoSACK, g.NoWindowScale = false, false, false
		g.RcvBuf = 1 << 20
	})
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	// trap, receive side: the window in a SYN is never scaled (RFC 7323 2.2).
	x.expect(0, "S 0:0(0) win 65535 <mss 1000,sackOK,TS val 5000 ecr 0,wscale 5>")
	x.input(10*ms, "S. 0:0(0) ack 1 win 65535 <mss 500,sackOK,TS val 7 ecr 5000,wscale 15>")
	x.wantState(Established)
	x.expect(10*ms, ". 1:1(0) ack 1 win 30720 <TS val 5010 ecr 7>")
	i := x.c.Info()
	// trap: the shift is at most 14, the peer's as read (RFC 7323 2.3); nor is the SYN-ACK's window scaled.
	if i.SndScale != 14 || i.SndWnd != 65535 || i.SndMSS != 500-12 || i.SRTT != 10*ms {
		t.Errorf("agreed %+v", i)
	}
}

// RFC 7323 2.3: our shift is at most 14, for any buffer (trap X-260).
func TestScaleLimit(t *testing.T) {
	for size, want := range map[int]uint8{1: 0, 65535: 0, 65536: 1, 131070: 1, 131071: 1, 131072: 2, 1 << 20: 5, MaxBuffer: 14, 1 << 40: 14} {
		if got := scaleFor(size); got != want {
			t.Errorf("buffer %d: shift %d, want %d", size, got, want)
		}
	}
	if g := (Config{RcvBuf: MaxBuffer + 1}); g.Check() != ErrBufferSize {
		t.Error("a buffer above 1 GiB passes")
	}
	if g := (Config{RcvBuf: MaxBuffer}); g.Check() != nil {
		t.Error("a buffer of 1 GiB does not pass")
	}
}

// trap: a send or receive buffer of 1 GiB works.
func TestHugeBuffers(t *testing.T) {
	x := negotiated(t, func(g *Config) { g.RcvBuf, g.SndBuf = MaxBuffer, MaxBuffer })
	x.input(0, "P. 1:1001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.input(0, "P. 1001:2001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 2001")
	x.write(0, 100_000)
	x.expect(0, ". 1:989(988) ack 2001")
	if w := x.c.Info().RcvWnd; w < MaxBuffer*9/10 || w > MaxBuffer {
		t.Errorf("window %d", w)
	}
}

func TestPassiveOpenWithoutExtensions(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.NoTimestamps, g.NoSACK, g.NoWindowScale = false, false, false })
	x.accept(0, "S 0:0(0) win 1000")
	x.expect(0, "S. 0:0(0) ack 1 <mss 1000>")
	x.input(0, ". 1:1(0) ack 1 win 1000")
	// trap, options: without an MSS option the send MSS is 536 for IPv4, 1220 for IPv6 (3.7.1, MUST-15, X-259).
	if m := x.c.Info().SndMSS; m != 536 {
		t.Errorf("MSS %d", m)
	}
	x = newTrace(t, func(g *Config) { g.DefaultMSS, g.MSS = 1220, 1440 })
	x.accept(0, "S 0:0(0) win 1000")
	if m := x.c.Info().SndMSS; m != 1220 {
		t.Errorf("MSS %d", m)
	}
	// An MSS of 0 is none; one below what any link leaves is not believed.
	x = newTrace(t, nil)
	x.accept(0, "S 0:0(0) win 1000 <mss 1>")
	if m := x.c.Info().SndMSS; m != minMSS {
		t.Errorf("MSS %d", m)
	}
}

// trap: a simultaneous open works (3.5, MUST-10).
func TestSimultaneousOpen(t *testing.T) {
	t.Run("SYN-ACK", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(10*ms, "S 0:0(0) win 10000 <mss 1000>")
		x.wantState(SynReceived)
		x.expect(10*ms, "S. 0:0(0) ack 1")
		x.input(20*ms, "S. 0:0(0) ack 1 win 10000")
		x.wantState(Established)
		x.quiet(30 * ms)
	})
	t.Run("ACK", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(10*ms, "S 0:0(0) win 10000 <mss 1000>")
		x.expect(10*ms, "S. 0:0(0) ack 1")
		x.input(20*ms, ". 1:1(0) ack 1 win 9000")
		x.wantState(Established)
		x.input(20*ms, "S. 0:0(0) ack 1 win 10000")
		x.expect(20*ms, ". 1:1(0) ack 1")
	})
	t.Run("while our SYN waits in a full device", func(t *testing.T) {
		x := newTrace(t, nil)
		x.c.Connect(0, &x.cfg, traceISS, tsBase)
		syn, _ := x.parse("S 0:0(0) win 10000 <mss 1000>", true)
		x.c.Input(0, &syn) // Output was not asked yet
		x.wantState(SynReceived)
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(20*ms, ". 1:1(0) ack 1 win 9000")
		x.wantState(Established)
	})
	t.Run("refused", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(10*ms, "S 0:0(0) win 10000 <mss 1000>")
		x.expect(10*ms, "S. 0:0(0) ack 1")
		x.input(20*ms, "R. 1:1(0) ack 1 win 0")
		x.wantErr(ErrRefused)
	})
}

// trap: a connection with a zero receive window from the start opens and sends (3.4, X-001).
func TestZeroWindowFromTheStart(t *testing.T) {
	x := newTrace(t, nil)
	x.accept(0, "S 0:0(0) win 0 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 0")
	x.wantState(Established)
	x.write(0, 10)
	x.expect(200*ms, ". 1:2(1) ack 1")
	x.input(210*ms, ". 1:1(0) ack 2 win 100")
	x.expect(210*ms, "P. 2:11(9) ack 1")
}

// trap: in SYN-SENT any segment with an unacceptable ACK and no RST gets <SEQ=SEG.ACK><RST> (3.10.7.3, X-264).
func TestSynSentBadAck(t *testing.T) {
	for _, line := range []string{
		". 5:5(0) ack 0 win 9", ". 5:5(0) ack 2 win 9", "S. 5:5(0) ack 2 win 9", "SF. 5:5(0) ack 0 win 9", "P. 5:9(4) ack 2 win 9", "F. 5:5(0) ack -3 win 9",
	} {
		x := synSent(t, nil)
		x.input(0, line)
		want, _ := x.parse(line, true)
		if !x.c.reset.due || x.c.reset.seq != want.Ack {
			t.Errorf("%s: no RST at its ACK", line)
		}
		x.wantState(SynSent)
		x.drain()
		x.sent = nil
		x.input(0, "R. 5:5(0) ack 2 win 9") // a RST is not answered
		x.quiet(0)
		x.wantState(SynSent)
	}
}

func TestSynSentOther(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(0, "R 5:5(0) win 9") // no ACK: may be forged
		x.wantState(SynSent)
		x.input(0, "R. 5:5(0) ack 1 win 9")
		x.wantErr(ErrRefused)
		if !x.c.Done() {
			t.Error("not done")
		}
		if _, err := x.c.Read(x.time(), make([]byte, 1)); err != ErrRefused {
			t.Error(err)
		}
	})
	t.Run("ACK without SYN", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(0, ". 5:5(0) ack 1 win 9")
		x.quiet(0)
		x.wantState(SynSent)
		x.wantDropped(NotASyn, 1)
	})
	t.Run("text and FIN in the SYN-ACK", func(t *testing.T) {
		x := synSent(t, nil)
		x.input(0, "SF. 0:10(10) ack 1 win 900")
		x.wantState(CloseWait)
		x.expect(0, ". 1:1(0) ack 12")
		x.read(0, 10)
		if !x.c.EOF() {
			t.Error("no EOF")
		}
	})
	t.Run("written before", func(t *testing.T) {
		x := synSent(t, nil)
		x.write(0, 10)
		x.c.CloseWrite(x.time())
		x.quiet(0)
		x.input(0, "S. 0:0(0) ack 1 win 900")
		x.expect(0, "FP. 1:11(10) ack 1")
		x.wantState(FinWait1)
	})
	t.Run("closed", func(t *testing.T) {
		x := synSent(t, nil)
		x.c.Close(x.time())
		x.quiet(time.Minute)
		if !x.c.Done() {
			t.Error("not done")
		}
	})
}

// trap: CLOSE in SYN-RECEIVED keeps the SYN in sequence space: SYN-ACK is retransmitted, FIN follows at ISS+1 (3.10.4, X-020).
func TestCloseInSynReceived(t *testing.T) {
	x := synReceived(t, nil)
	x.c.CloseWrite(x.time())
	x.quiet(999 * ms)
	x.expect(1000*ms, "S. 0:0(0) ack 1")
	x.input(1100*ms, ". 1:1(0) ack 1 win 10000")
	x.expect(1100*ms, "F. 1:1(0) ack 1")
	x.wantState(FinWait1)
	x.input(1200*ms, ". 1:1(0) ack 2 win 10000")
	x.wantState(FinWait2)
}

func TestSynReceived(t *testing.T) {
	t.Run("SYN again", func(t *testing.T) {
		x := synReceived(t, nil)
		x.input(10*ms, plainSyn)
		x.expect(10*ms, "S. 0:0(0) ack 1 win 65535 <mss 1000>")
		x.expect(1000*ms, "S. 0:0(0) ack 1") // its own timer is not touched
		x.wantState(SynReceived)
	})
	t.Run("bad ACK", func(t *testing.T) { // 3.10.7.4, fifth
		x := synReceived(t, nil)
		x.input(0, ". 1:1(0) ack 2 win 9")
		x.expect(0, "R 2:2(0)")
		x.input(0, ". 1:1(0) ack 0 win 9")
		x.expect(0, "R 0:0(0)")
		x.wantState(SynReceived)
	})
	t.Run("RST", func(t *testing.T) {
		x := synReceived(t, nil)
		x.input(0, "R 2:2(0) win 9")
		x.expect(0, ". 1:1(0) ack 1") // challenge
		x.input(0, "R 1:1(0) win 9")
		x.quiet(0)
		if !x.c.Done() {
			t.Error("not done")
		}
	})
	t.Run("another SYN in the window", func(t *testing.T) { // fourth: back to LISTEN
		x := synReceived(t, nil)
		x.input(0, "S 50:50(0) win 9")
		x.quiet(0)
		if !x.c.Done() {
			t.Error("not done")
		}
	})
	t.Run("text with the ACK", func(t *testing.T) {
		x := synReceived(t, nil)
		x.input(0, "PF. 1:4(3) ack 1 win 900")
		x.wantState(CloseWait)
		x.expect(0, ". 1:1(0) ack 5")
		x.read(0, 3)
	})
	t.Run("no ACK", func(t *testing.T) {
		x := synReceived(t, nil)
		x.input(0, "P 1:4(3) win 900")
		x.wantState(SynReceived)
		x.wantDropped(MissingAck, 1)
	})
}

// trap: unanswered SYNs and SYN-ACKs end in a timeout, a SYN not before 3 minutes unless configured (3.8.3, MUST-23, X-016).
func TestSynTimeout(t *testing.T) {
	x := synSent(t, nil)
	for _, s := range []int{1, 3, 7, 15, 31, 63, 127} {
		x.expect(time.Duration(s)*time.Second, "S 0:0(0)")
	}
	x.quiet(180*time.Second - 1)
	x.wantState(SynSent)
	x.quiet(180 * time.Second)
	x.wantErr(ErrTimeout)
	if !x.c.Done() {
		t.Error("not done")
	}

	x = synReceived(t, nil)
	for _, s := range []int{1, 3, 7, 15, 31} {
		x.expect(time.Duration(s)*time.Second, "S. 0:0(0) ack 1")
	}
	x.quiet(60 * time.Second)
	if !x.c.Done() {
		t.Error("SYN-RECEIVED for ever")
	}

	// trap, timers: a user timeout also counts in SYN-SENT and while the link is down (3.8.3).
	x = newTrace(t, func(g *Config) { g.UserTimeout = 5 * time.Second })
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.c.Output(Time(5*time.Second), new(Out)) // the device took nothing until then
	x.wantErr(ErrTimeout)
}

// trap: a port-unreachable for our SYN fails the connect, a soft error is remembered and reported if it times out
// (3.9.2.2, SHLD-26, MUST-56, X-263).
func TestICMPErrors(t *testing.T) {
	unreachable := errors.New("unreachable")
	x := synSent(t, nil)
	if !x.c.Outstanding(traceISS) || x.c.Outstanding(traceISS+1) || x.c.Outstanding(traceISS-1) {
		t.Error("the SYN's number, and no other, is outstanding")
	}
	x.c.HardError(x.time(), unreachable)
	x.wantErr(unreachable)

	x = synSent(t, func(g *Config) { g.SynTimeout = time.Second / 2 })
	x.c.SoftError(unreachable)
	x.wantState(SynSent)
	x.quiet(time.Second)
	x.wantErr(unreachable)

	// RFC 5927 5.2: a synchronized connection takes it for soft. trap, sockets: it is there to be read (3.9.1.8, MUST-47).
	x = established(t, nil)
	x.c.HardError(x.time(), unreachable)
	x.wantState(Established)
	if x.c.SoftErr() != unreachable || x.c.SoftErr() != nil {
		t.Error("soft error not reported once")
	}
}

// What a CLOSED connection answers (3.10.7.1). trap: a segment for no connection gets <SEQ=SEG.ACK><RST>, without ACK
// <SEQ=0><ACK=SEG.SEQ+SEG.LEN><RST,ACK>, a RST nothing.
func TestResetFor(t *testing.T) {
	x := newTrace(t, nil)
	for line, want := range map[string]string{
		"S 10:10(0) win 9":        "R. 16:16(0) ack 11", // 0 is 16 above our initial number
		"SF 10:13(3) win 9":       "R. 16:16(0) ack 15",
		"- 10:10(0) win 9":        "R. 16:16(0) ack 10",
		". 10:10(0) ack 7 win 9":  "R 7:7(0)",
		"S. 10:10(0) ack 7 win 9": "R 7:7(0)",
	} {
		s, _ := x.parse(line, true)
		var out Out
		if !ResetFor(&s, &out) {
			t.Errorf("%s: no answer", line)
			continue
		}
		got := segmentFrom(&out)
		expected, named := x.parse(want, false)
		if g, w := x.show(&got, named), x.show(&expected, named); g != w {
			t.Errorf("%s: %s, want %s", line, g, w)
		}
	}
	s, _ := x.parse("R. 10:10(0) ack 7 win 9", true)
	if ResetFor(&s, new(Out)) {
		t.Error("a RST was answered")
	}
	// The zero Conn, too.
	s, _ = x.parse(". 10:10(0) ack 7 win 9", true)
	var c Conn
	c.Input(0, &s)
	if c.Done() || !c.Output(0, new(Out)) || !c.Done() {
		t.Error("CLOSED does not answer once")
	}
}

func TestClosedCalls(t *testing.T) {
	var c Conn
	if n, err := c.Write(0, []byte("x")); n != 0 || err != ErrClosed {
		t.Error(n, err)
	}
	if n, err := c.Read(0, make([]byte, 1)); n != 0 || err != ErrClosed {
		t.Error(n, err)
	}
	if err := c.CloseWrite(0); err != ErrClosed {
		t.Error(err)
	}
	c.Close(0)
	c.Abort(0)
	c.SetKeepAlive(0, KeepAlive{Enabled: true})
	c.SetUserTimeout(0, time.Second)
	c.Discard(0, 5)
	if c.Output(0, new(Out)) || c.Deadline() != Never || !c.Done() || c.Readable() != 0 || c.Writable() != 0 || c.EOF() {
		t.Error("a zero Conn is not CLOSED")
	}
	x := closeWait(t)
	if _, err := x.c.Read(x.time(), make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	if n, err := x.c.Write(x.time(), nil); n != 0 || err != nil {
		t.Error(n, err)
	}
}
