package tcp

import (
	"testing"
	"time"

	"smoltcp/dissect"
)

func (x *trace) writeWith(at time.Duration, n int, f WriteFlags) {
	x.Helper()
	x.advance(at)
	if got, err := x.c.WriteWith(x.time(), pattern(n, 1), f); got != n || err != nil {
		x.Fatalf("write of %d: %d, %v", n, got, err)
	}
	x.invariants()
}

// RFC 9293 section 3.8.5, MUST-30, MUST-31, RFC 6093 section 4: urgent data is sent in line, of any length; the pointer
// goes from each segment to what follows it.
func TestUrgentSent(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1 urg 0")
	x.writeWith(0, 10, Urgent) // does not wait for the ACK of what is short (section 3.7.4 speaks of ordinary text)
	x.expect(0, "PU. 101:111(10) ack 1 urg 10")
	x.write(0, 10)
	x.writeWith(0, 2500, Urgent)
	x.expect(0, "U. 111:1111(1000) ack 1 urg 2510")
	x.expect(0, "U. 1111:2111(1000) ack 1 urg 1510")
	x.expect(0, "PU. 2111:2621(510) ack 1 urg 510")
	x.input(10*ms, ". 1:1(0) ack 1111 win 10000")
	x.c.SetNoDelay(x.time(), true)
	x.write(10*ms, 10)
	x.expect(10*ms, "P. 2621:2631(10) ack 1 urg 0") // behind it
	x.expect(210*ms, "U. 1111:2111(1000) ack 1 urg 1510")
	x.input(220*ms, ". 1:1(0) ack 2631 win 10000")
	x.write(230*ms, 10)
	x.expect(230*ms, "P. 2631:2641(10) ack 1 urg 0")

	// More than the field can say, and a window that is closed: probes tell of it too.
	x = established(t, func(g *Config) { g.SndBuf = 1 << 20 })
	x.writeWith(0, 100_000, Urgent)
	x.expect(0, "U. 1:1001(1000) ack 1 urg 65535")
	x = established(t, nil)
	x.input(0, ". 1:1(0) ack 1 win 0")
	x.writeWith(0, 5, Urgent)
	x.expect(200*ms, "U. 1:2(1) ack 1 urg 5")
}

// SO_LINGER with a time of zero: what is not delivered is lost, and the peer is told (RFC 9293 section 3.10.5).
func TestLingerZero(t *testing.T) {
	x := established(t, nil)
	x.write(0, 1500)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, "P. 1001:1501(500) ack 1")
	x.c.SetLinger(0, true, 0)
	x.c.Close(0)
	x.expect(0, "R. 1501:1501(0) ack 1")
	x.wantState(Closed)
	x.wantErr(ErrClosed)

	x = timeWait(t)
	x.c.SetLinger(x.time(), true, 0)
	x.c.Close(x.time())
	x.quiet(time.Second)
	x.wantState(TimeWait)
}

// SO_LINGER with a time: the peer has so long to take what was written.
func TestLingerBounded(t *testing.T) {
	start := func() *trace {
		x := established(t, nil)
		x.write(0, 100)
		x.expect(0, "P. 1:101(100) ack 1")
		x.c.SetLinger(0, true, 500*ms)
		x.c.Close(0)
		x.expect(0, "F. 101:101(0) ack 1")
		return x
	}
	x := start()
	x.expect(200*ms, "FP. 1:101(100) ack 1")
	x.expect(500*ms, "R. 102:102(0) ack 1")
	x.wantErr(ErrTimeout)

	x = start()
	x.input(100*ms, ". 1:1(0) ack 102 win 10000")
	x.wantState(FinWait2)
	x.quiet(59 * time.Second) // FIN-WAIT-2 has a bound of its own
	x.input(59*time.Second, "F. 1:1(0) ack 102 win 10000")
	x.expect(59*time.Second, ". 102:102(0) ack 2")
	x.wantState(TimeWait)

	x = start()
	x.c.SetLinger(0, false, 0) // too late, the program is gone
	x.expect(200*ms, "FP. 1:101(100) ack 1")

	x = established(t, nil)
	x.c.SetLinger(0, true, time.Second)
	x.c.SetLinger(0, false, 0)
	x.c.Close(0)
	x.expect(0, "F. 1:1(0) ack 1")
	x.expect(200*ms, "F. 1:1(0) ack 1")
	x.pass(2 * time.Second)
	x.wantState(FinWait1)
}

// TCP_CORK: short segments wait for more, not for ever, and not for the end of the stream.
func TestCork(t *testing.T) {
	x := established(t, nil)
	x.c.SetCork(0, true)
	x.write(0, 700)
	x.quiet(10 * ms)
	x.write(10*ms, 700)
	x.expect(10*ms, ". 1:1001(1000) ack 1")
	x.quiet(20 * ms)
	x.c.SetCork(x.time(), false)
	x.c.SetNoDelay(x.time(), true)
	x.expect(20*ms, "P. 1001:1401(400) ack 1")
	x.input(30*ms, ". 1:1(0) ack 1401 win 10000")

	x.c.SetCork(x.time(), true)
	x.write(30*ms, 50)
	x.quiet(129 * ms)
	x.expect(230*ms, "P. 1401:1451(50) ack 1") // nothing in flight: the override (section 3.8.6.2.1)
	x.input(240*ms, ". 1:1(0) ack 1451 win 10000")
	x.write(240*ms, 50)
	x.quiet(240 * ms)
	x.c.CloseWrite(x.time())
	x.expect(240*ms, "FP. 1451:1501(50) ack 1")
}

// MSG_MORE is a cork for one write.
func TestWriteMore(t *testing.T) {
	x := established(t, func(g *Config) { g.NoDelay = true })
	x.writeWith(0, 300, More)
	x.quiet(10 * ms)
	x.writeWith(10*ms, 300, More)
	x.quiet(20 * ms)
	x.write(20*ms, 100)
	x.expect(20*ms, "P. 1:701(700) ack 1")
	x.writeWith(20*ms, 300, More)
	x.writeWith(20*ms, 1, More|Urgent) // what is urgent does not wait
	x.expect(20*ms, "PU. 701:1002(301) ack 1 urg 301")
}

// RFC 5681 section 4.2 bounds delayed ACKs from above; at the beginning and after idle times a peer in slow start gets one for
// each segment, but not where the program's answers carry them.
func TestQuickAck(t *testing.T) {
	x := established(t, func(g *Config) { g.QuickAcks = 3 })
	seq := 1
	text := func(at time.Duration) {
		t.Helper()
		x.input(at, x.line("P.", Seq(seq), 100, 1)+" win 10000")
		seq += 100
	}
	acked := func(at time.Duration) {
		t.Helper()
		x.expect(at, x.line(".", 1, 0, seq))
	}
	for i := range 3 {
		text(time.Duration(1+i) * ms)
		acked(time.Duration(1+i) * ms)
	}
	text(4 * ms)
	x.quiet(5 * ms)
	acked(44 * ms)
	text(50 * ms)
	acked(90 * ms)
	text(2 * time.Second) // idle for longer than the RTO
	acked(2 * time.Second)
	text(2*time.Second + ms)
	acked(2*time.Second + ms)
	// An answer: from now on ACKs wait for those.
	text(2*time.Second + 2*ms)
	acked(2*time.Second + 2*ms)
	x.write(2*time.Second+3*ms, 10)
	x.expect(2*time.Second+3*ms, x.line("P.", 1, 10, seq))
	x.input(2*time.Second+4*ms, x.line(".", Seq(seq), 0, 11)+" win 10000")
	text(10 * time.Second)
	x.write(10*time.Second+5*ms, 10)
	x.expect(10*time.Second+5*ms, x.line("P.", 11, 10, seq))
	x.input(10*time.Second+6*ms, x.line(".", Seq(seq), 0, 21)+" win 10000")
	// No answer within the delay: it is no conversation any more.
	text(11 * time.Second)
	x.expect(11*time.Second+40*ms, x.line(".", 21, 0, seq))
	text(20 * time.Second)
	x.expect(20*time.Second, x.line(".", 21, 0, seq))
}

// option gives the user timeout that the latest segment carries.
func (x *trace) userTimeout() uint16 {
	x.Helper()
	var out Out
	if !x.c.Output(x.time(), &out) {
		x.Fatal("nothing sent")
	}
	return segmentFrom(&out).Options.UserTimeout
}

// RFC 5482: the option in SYN and SYN-ACK, what it does, its bounds, and that text carries what changed until it is acknowledged.
func TestUserTimeoutOption(t *testing.T) {
	on := func(g *Config) { g.UserTimeoutOption = true }
	// Off: nothing is sent and nothing is believed (section 3.1, ENABLED).
	x := newTrace(t, nil)
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	if v := x.userTimeout(); v != 0 {
		t.Errorf("SYN has %#x", v)
	}
	x = newTrace(t, on)
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	if v := x.userTimeout(); v != 300 {
		t.Errorf("SYN has %#x", v)
	}

	patience := func(change func(*Config), v uint16, set time.Duration) time.Duration {
		t.Helper()
		x := newTrace(t, change)
		s, _ := x.parse(plainSyn, true)
		s.Options.UserTimeout = v
		x.c.Accept(0, &x.cfg, traceISS, tsBase, &s)
		if got, want := x.userTimeout(), map[bool]uint16{true: 300}[x.cfg.UserTimeoutOption]; x.cfg.UserTimeout == 0 && got != want {
			t.Errorf("SYN-ACK has %#x", got)
		}
		x.input(0, ". 1:1(0) ack 1 win 10000")
		if set > 0 {
			x.c.SetUserTimeout(0, set)
		}
		return x.c.patience()
	}
	for _, c := range []struct {
		change func(*Config)
		v      uint16
		set    time.Duration
		want   time.Duration
	}{
		{func(*Config) {}, 1000, 0, 5 * time.Minute},
		{on, 0, 0, 5 * time.Minute},
		{on, 1000, 0, 1000 * time.Second},
		{on, 10, 0, 5 * time.Minute},                                                      // the larger of both counts
		{on, 0x8000 | 30, 0, 30 * time.Minute},                                            // granularity: minutes
		{on, 0x8000, 0, 5 * time.Minute},                                                  // reserved
		{on, 0xffff, 0, time.Hour},                                                        // U_LIMIT
		{on, 1000, 20 * time.Second, 20 * time.Second},                                    // the program has decided (CHANGEABLE)
		{func(g *Config) { on(g); g.UserTimeout = time.Second }, 5, 0, 100 * time.Second}, // L_LIMIT
	} {
		if got := patience(c.change, c.v, c.set); got != c.want {
			t.Errorf("option %#x, set %v: %v, want %v", c.v, c.set, got, c.want)
		}
	}

	x = established(t, on)
	x.c.SetUserTimeout(0, 12*time.Hour)
	x.write(0, 1000)
	x.expect(0, ". 1:997(996) ack 1") // the option takes its place
	x.expect(200*ms, ". 1:997(996) ack 1")
	x.input(210*ms, ". 1:1(0) ack 997 win 10000")
	if v := x.userTimeout(); v != 0 {
		t.Errorf("text has %#x after the peer was told", v)
	}
	x = established(t, on)
	x.c.SetUserTimeout(0, 12*time.Hour)
	x.write(0, 10)
	if v := x.userTimeout(); v != 0x8000|720 {
		t.Errorf("text has %#x", v)
	}
	for _, c := range []struct {
		d time.Duration
		v uint16
	}{{time.Millisecond, 1}, {0, 1}, {time.Second, 1}, {32767 * time.Second, 32767}, {32768 * time.Second, 0x8000 | 547}, {1<<63 - 1, 0xffff}} {
		if v := utoValue(c.d); v != c.v {
			t.Errorf("%v is %#x, want %#x", c.d, v, c.v)
		}
	}
}

// trap: a user timeout also counts in SYN-SENT (3.8.3), also when it is set then.
func TestUserTimeoutInSynSent(t *testing.T) {
	x := synSent(t, func(g *Config) { g.UserTimeout = 1500 * ms })
	x.expect(time.Second, "S 0:0(0)")
	x.quiet(1500*ms - 1)
	x.wantState(SynSent)
	x.quiet(1500 * ms)
	x.wantState(Closed)
	x.wantErr(ErrTimeout)
	x = synSent(t, nil)
	x.c.SetUserTimeout(0, 300*ms)
	x.quiet(300 * ms)
	x.wantErr(ErrTimeout)
}

// RFC 6994 section 3: experimental options, and any that is not known, are passed over.
func TestUnknownOptions(t *testing.T) {
	x := newTrace(t, nil)
	h := dissect.TCPHeader{Seq: uint32(traceIRS), Flags: dissect.SYN, Window: 10000}
	h.Options.Add(dissect.TCPOptExp1, 0xab, 0xcd, 1, 2)
	h.Options.Add(dissect.TCPOptExp2, 0x12, 0x34)
	h.Options.Add(77, 1, 2, 3)
	h.Options.AddMSS(900)
	s := ParseSegment(h.Append(nil), 0)
	x.c.Accept(0, &x.cfg, traceISS, tsBase, &s)
	x.expect(0, "S. 0:0(0) ack 1 <mss 1000>")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
	if i := x.c.Info(); i.SndMSS != 900 {
		t.Errorf("MSS %d", i.SndMSS)
	}
}

// RFC 9293 section 3.8.6.1, MUST-37: probing goes on as long as the peer answers with a closed window, with time doubling up to
// the limit; SHLD-29, SHLD-30.
func TestPersistForEver(t *testing.T) {
	x := established(t, nil)
	x.input(0, ". 1:1(0) ack 1 win 0")
	x.write(0, 100)
	last, gap, probes := time.Duration(0), time.Duration(0), 0
	for x.now < 24*time.Hour {
		x.advance(time.Duration(x.c.Deadline()))
		x.drain()
		for _, s := range x.sent {
			if n := s.at - last; n < gap || n > 120*time.Second {
				t.Fatalf("probe at %v, %v after the last, which came after %v", s.at, n, gap)
			}
			gap, last = s.at-last, s.at
			probes++
			x.input(s.at, ". 1:1(0) ack 1 win 0")
		}
		x.sent = nil
	}
	x.wantState(Established)
	if gap != 120*time.Second || probes < 700 {
		t.Errorf("last gap %v, %d probes", gap, probes)
	}
}
