package tcp

import (
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/dissect"
)

// ecnOpen is an established connection whose peer asked for ECN.
func ecnOpen(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := newTrace(t, change)
	x.accept(0, "SEW 0:0(0) win 10000 <mss 1000>")
	x.expect(0, "SE. 0:0(0) ack 1 ecn 0")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
	return x
}

// RFC 3168 section 6.1.1: who asks, who agrees, and what is no agreement.
func TestECNNegotiation(t *testing.T) {
	for _, c := range []struct {
		name          string
		mode          ECNMode
		accurate      bool
		syn           string // the peer's; "" if we open
		answer        string
		ecn, accecn   bool
		ourSyn, ended string
	}{
		{name: "passive, asked", syn: "SEW", answer: "SE.", ecn: true},
		{name: "passive, not asked", syn: "S", answer: "S."},
		{name: "ECE alone asks nothing", syn: "SE", answer: "S."},
		{name: "CWR alone asks nothing", syn: "SW", answer: "S."},
		{name: "Accurate ECN answered in the classic form (RFC 9768 3.1.2)", syn: "SEWA", answer: "SE.", ecn: true},
		{name: "off", mode: ECNOff, syn: "SEW", answer: "S."},
		{name: "accurate (RFC 9768 table 2)", accurate: true, syn: "SEWA", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, not asked", accurate: true, syn: "S", answer: "S."},
		{name: "accurate, asked by 001 (RFC 9768 3.1.3)", accurate: true, syn: "SE", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, asked by 010 (RFC 9768 3.1.3)", accurate: true, syn: "SW", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, asked by 100 (RFC 9768 3.1.3)", accurate: true, syn: "SA", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, asked by 101 (RFC 9768 3.1.3)", accurate: true, syn: "SEA", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, asked by 110 (RFC 9768 3.1.3)", accurate: true, syn: "SWA", answer: "SW.", ecn: true, accecn: true},
		{name: "accurate, off", mode: ECNOff, accurate: true, syn: "SWA", answer: "S."},
		{name: "AE alone asks nothing", syn: "SA", answer: "S."},
		{name: "accurate, asked in the classic form", accurate: true, syn: "SEW", answer: "SE.", ecn: true},

		{name: "passive asks nothing", ourSyn: "S", ended: "SE."},
		{name: "active, agreed", mode: ECNActive, ourSyn: "SEW", ended: "SE.", ecn: true},
		{name: "active, declined", mode: ECNActive, ourSyn: "SEW", ended: "S."},
		{name: "active, flags reflected", mode: ECNActive, ourSyn: "SEW", ended: "SEW."},
		{name: "accurate, agreed", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "SW.", ecn: true, accecn: true},
		{name: "accurate, agreed, our SYN had ECT(0)", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "SA.", ecn: true, accecn: true},
		{name: "accurate, classic peer", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "SE.", ecn: true},
		{name: "accurate, reserved answer (RFC 9768 3.1.3)", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "SEA.", ecn: true, accecn: true},
		{name: "accurate, declined", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "S."},
		{name: "accurate, flags reflected", mode: ECNActive, accurate: true, ourSyn: "SEWA", ended: "SEWA."},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTrace(t, func(g *Config) { g.ECN, g.AccurateECN = c.mode, c.accurate })
			if c.syn != "" {
				x.accept(0, c.syn+" 0:0(0) win 10000 <mss 1000>")
				x.expect(0, c.answer+" 0:0(0) ack 1 ecn 0")
				x.input(0, ". 1:1(0) ack 1 win 10000")
			} else {
				x.c.Connect(0, &x.cfg, traceISS, tsBase)
				x.expect(0, c.ourSyn+" 0:0(0) ecn 0")
				x.input(0, c.ended+" 0:0(0) ack 1 win 10000 <mss 1000>")
			}
			x.wantState(Established)
			if i := x.c.Info(); i.ECN != c.ecn || i.AccurateECN != c.accecn {
				t.Errorf("ECN %v, accurate %v", i.ECN, i.AccurateECN)
			}
		})
	}
}

// RFC 3168 section 6.1.1.1, RFC 9768 section 3.1.4.1: a SYN that is lost because it asks for ECN does not stop the
// connection.
func TestECNSynFallback(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.ECN = ECNActive })
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.expect(0, "SEW 0:0(0)")
	x.expect(1000*ms, "S 0:0(0)")
	x.input(1010*ms, "SE. 0:0(0) ack 1 win 10000 <mss 1000>") // the answer to the first
	if x.c.Info().ECN {
		t.Error("ECN, though the latest SYN did not ask")
	}
	x = newTrace(t, func(g *Config) { g.ECN, g.AccurateECN = ECNActive, true })
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.expect(0, "SEWA 0:0(0)")
	x.expect(1000*ms, "SEWA 0:0(0)")
	x.expect(3000*ms, "S 0:0(0)")

	// The peer's SYN comes again without asking.
	x = newTrace(t, nil)
	x.accept(0, "SEW 0:0(0) win 10000 <mss 1000>")
	x.expect(0, "SE. 0:0(0) ack 1")
	x.input(500*ms, "S 0:0(0) win 10000 <mss 1000>")
	x.expect(500*ms, "S. 0:0(0) ack 1")
}

// RFC 9768 sections 3.1.4 and 3.1.5: who answers a SYN stays with what it agreed to first, whatever SYNs follow, but its text is not
// ECN-capable once a SYN asked for nothing; SYNs that ask for both kinds of ECN end in a RST.
func TestAccurateECNSynAgain(t *testing.T) {
	for _, c := range []struct {
		name            string
		first, answer   string
		again           string // with an ECN field of its own
		answered        string
		accecn, classic bool
		mark            int // of our text
	}{
		{name: "the same", first: "SEWA", answer: "SW.", again: "SEWA 0:0(0) win 9000 ecn 0", answered: "SW.", accecn: true, mark: 2},
		{name: "the latest mark is told", first: "SEWA", answer: "SW.", again: "SEWA 0:0(0) win 9000 ecn 3", answered: "SWA.", accecn: true, mark: 2},
		{name: "reserved flags ask as well", first: "SA", answer: "SW.", again: "SEWA 0:0(0) win 9000 ecn 0", answered: "SW.", accecn: true, mark: 2},
		{name: "without", first: "SEWA", answer: "SW.", again: "S 0:0(0) win 9000 ecn 0", answered: "SW.", accecn: true},
		{name: "without, mark", first: "SEWA", answer: "SW.", again: "S 0:0(0) win 9000 ecn 2", answered: "SA.", accecn: true},
		{name: "classic, without", first: "SEW", answer: "SE.", again: "S 0:0(0) win 9000 ecn 0", answered: "SE.", classic: true},
		{name: "classic, the same", first: "SEW", answer: "SE.", again: "SEW 0:0(0) win 9000 ecn 0", answered: "SE.", classic: true, mark: 2},
		{name: "none, asked later", first: "S", answer: "S.", again: "SEWA 0:0(0) win 9000 ecn 0", answered: "S."},
		{name: "none, asked later in the classic form", first: "S", answer: "S.", again: "SEW 0:0(0) win 9000 ecn 0", answered: "S."},
		{name: "both kinds", first: "SEWA", answer: "SW.", again: "SEW 0:0(0) win 9000 ecn 0"},
		{name: "both kinds, classic first", first: "SEW", answer: "SE.", again: "SEWA 0:0(0) win 9000 ecn 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newTrace(t, func(g *Config) { g.AccurateECN = true })
			x.accept(0, c.first+" 0:0(0) win 9000")
			x.expect(0, c.answer+" 0:0(0) ack 1 ecn 0")
			x.input(500*ms, c.again)
			if c.answered == "" {
				x.expect(500*ms, "R. 1:1(0) ack 1")
				x.wantState(Closed)
				return
			}
			x.expect(500*ms, c.answered+" 0:0(0) ack 1 ecn 0")
			x.input(510*ms, "W. 1:1(0) ack 1 win 9000")
			x.wantState(Established)
			if i := x.c.Info(); i.AccurateECN != c.accecn || i.ECN != (c.accecn || c.classic) {
				t.Errorf("ECN %v, accurate %v", i.ECN, i.AccurateECN)
			}
			x.write(520*ms, 10)
			var out Out
			if !x.c.Output(x.time(), &out) || int(out.ECN) != c.mark {
				t.Errorf("text goes with mark %d, want %d", out.ECN, c.mark)
			}
		})
	}
}

// RFC 9768 section 3.1.2: in a simultaneous open each end answers the other's SYN, and the SYN-ACKs tell the marks.
func TestAccurateECNSimultaneousOpen(t *testing.T) {
	for _, c := range []struct {
		syn, answer, theirs string
		accecn              bool
		text                string
	}{
		{"SEWA 0:0(0) win 9000 ecn 0", "SW.", "SW.", true, "PEA. 1:11(10) ack 1 ecn 2"},
		{"SEWA 0:0(0) win 9000 ecn 3", "SWA.", "SW.", true, "PWA. 1:11(10) ack 1 ecn 2"},
		{"SEWA 0:0(0) win 9000 ecn 0", "SW.", "S.", true, "PEA. 1:11(10) ack 1 ecn 0"}, // the peer gave up
		{"SEW 0:0(0) win 9000 ecn 0", "SE.", "SE.", false, "P. 1:11(10) ack 1 ecn 2"},
	} {
		x := newTrace(t, func(g *Config) { g.ECN, g.AccurateECN, g.Congestion = ECNActive, true, NewReno })
		x.c.Connect(0, &x.cfg, traceISS, tsBase)
		x.expect(0, "SEWA 0:0(0)")
		x.input(10*ms, c.syn)
		x.expect(10*ms, c.answer+" 0:0(0) ack 1")
		x.input(20*ms, c.theirs+" 0:0(0) ack 1 win 9000")
		x.wantState(Established)
		cwnd := x.c.Info().Cwnd
		if i := x.c.Info(); !i.ECN || i.AccurateECN != c.accecn {
			t.Errorf("%s: ECN %v, accurate %v", c.syn, i.ECN, i.AccurateECN)
		}
		x.write(30*ms, 10)
		x.drain()
		x.sent = x.sent[max(0, len(x.sent)-1):]
		x.expect(30*ms, c.text)
		x.input(40*ms, "EA. 1:1(0) ack 1 win 9000")
		if got := x.c.Info().Cwnd; c.accecn && got < cwnd {
			t.Errorf("%s: cwnd %d without a mark, %d before", c.syn, got, cwnd)
		}
	}
}

// RFC 9768 section 3.1.4.1: when SYNs with and without were sent, the first answer decides, by what the first of them asked for. Its
// sender knows then what the peer does, and may send ECN-capable text; not so in the classic form (RFC 3168 section 6.1.1).
func TestAccurateECNLateSynAck(t *testing.T) {
	for _, c := range []struct {
		answer      string
		ecn, accecn bool
		ack, text   string
	}{
		{"SW.", true, true, "W. 1:1(0) ack 1", "PEA. 1:11(10) ack 1 ecn 2"},
		{"SE.", true, false, ". 1:1(0) ack 1", "P. 1:11(10) ack 1 ecn 0"},
		{"S.", false, false, ". 1:1(0) ack 1", "P. 1:11(10) ack 1 ecn 0"},
	} {
		x := newTrace(t, func(g *Config) { g.ECN, g.AccurateECN = ECNActive, true })
		x.c.Connect(0, &x.cfg, traceISS, tsBase)
		x.expect(0, "SEWA 0:0(0)")
		x.expect(1000*ms, "SEWA 0:0(0)")
		x.expect(3000*ms, "S 0:0(0)")
		x.input(3010*ms, c.answer+" 0:0(0) ack 1 win 10000 <mss 1000>")
		x.expect(3010*ms, c.ack)
		if i := x.c.Info(); i.ECN != c.ecn || i.AccurateECN != c.accecn {
			t.Errorf("%s: ECN %v, accurate %v", c.answer, i.ECN, i.AccurateECN)
		}
		x.write(3020*ms, 10)
		x.expect(3020*ms, c.text)
	}
}

// RFC 3168 sections 6.1.4 to 6.1.6: text that is sent for the first time is ECN-capable, nothing else.
func TestECNMarksTextOnly(t *testing.T) {
	x := ecnOpen(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1 ecn 2")
	x.input(0, "P. 1:11(10) ack 1 win 10000")
	x.input(0, "P. 21:31(10) ack 1 win 10000")
	x.expect(0, ". 101:101(0) ack 11 ecn 0") // an ACK
	x.advance(10 * ms)
	x.input(10*ms, "P. 11:21(10) ack 1 win 10000")
	x.expect(10*ms, ". 101:101(0) ack 31 ecn 0")
	for len(x.sent) == 0 {
		x.advance(x.now + 10*ms)
	}
	at := x.sent[0].at
	x.expect(at, "P. 1:101(100) ack 31 ecn 0") // again
	x.input(at+ms, ". 31:31(0) ack 101 win 0")
	x.write(at+2*ms, 10)
	x.advance(at + 2000*ms)
	x.drain()
	for _, s := range x.sent {
		if s.out.ECN != 0 {
			t.Errorf("a window probe has ECN %v", s.out.ECN)
		}
	}
	if len(x.sent) == 0 {
		t.Error("no window probe")
	}
}

// RFC 3168 section 6.1.3: ECE on every ACK from a mark until CWR.
func TestECNReceiver(t *testing.T) {
	x := ecnOpen(t, nil)
	x.input(0, ". 1:101(100) ack 1 win 10000 ecn 2")
	x.expect(40*ms, ". 1:1(0) ack 101")
	x.input(50*ms, ". 101:201(100) ack 1 win 10000 ecn 3")
	x.expect(50*ms, "E. 1:1(0) ack 201") // at once
	x.input(60*ms, ". 201:301(100) ack 1 win 10000 ecn 2")
	x.expect(100*ms, "E. 1:1(0) ack 301")
	x.input(110*ms, "W. 301:401(100) ack 1 win 10000 ecn 2")
	x.expect(150*ms, ". 1:1(0) ack 401")
	x.input(160*ms, "W. 401:501(100) ack 1 win 10000 ecn 3") // CWR, and marked again
	x.expect(160*ms, "E. 1:1(0) ack 501")
	// Section 6.1.5: a mark on what lies outside of the window counts nothing.
	x.input(170*ms, "W. 501:601(100) ack 1 win 10000 ecn 2")
	x.expect(210*ms, ". 1:1(0) ack 601")
	x.input(220*ms, ". 501:601(100) ack 1 win 10000 ecn 3")
	x.expect(220*ms, ". 1:1(0) ack 601")
}

// RFC 3168 section 6.1.2: cwnd comes down once for each window, and CWR goes with the next new text.
func TestECNSender(t *testing.T) {
	x := ecnOpen(t, func(g *Config) { g.Congestion = NewReno })
	x.write(0, 20_000)
	for i := range 10 {
		x.expect(0, x.line(".", Seq(1+1000*i), 1000, 1))
	}
	before := x.c.Info().Cwnd
	x.input(100*ms, "E. 1:1(0) ack 1001 win 20000")
	half := x.c.Info().Cwnd
	if half > before/2+1000 || half < before/3 {
		t.Fatalf("cwnd %d after a mark, %d before", half, before)
	}
	x.input(100*ms, "E. 1:1(0) ack 2001 win 20000")
	if got := x.c.Info().Cwnd; got < half {
		t.Errorf("cwnd %d: the same window answered twice", got)
	}
	x.input(100*ms, "E. 1:1(0) ack 7001 win 20000")
	x.drain()
	if len(x.sent) == 0 || !x.sent[0].out.Flags.Has(dissect.CWR) {
		t.Fatalf("no CWR with the next new text")
	}
	for _, s := range x.sent[1:] {
		if s.out.Flags.Has(dissect.CWR) {
			t.Error("CWR twice")
		}
	}
	if x.c.Info().Retransmits != 0 {
		t.Error("something was sent again")
	}
}

// RFC 9768 section 3.2.2: the counter, from the handshake on.
func TestAccurateECN(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.AccurateECN, g.Congestion = true, NewReno })
	x.accept(0, "SEWA 0:0(0) win 10000 <mss 1000>")
	x.expect(0, "SW. 0:0(0) ack 1")
	x.input(0, "W. 1:1(0) ack 1 win 20000") // the SYN-ACK came without ECT
	x.wantState(Established)
	x.input(0, ". 1:101(100) ack 1 win 20000 ecn 2")
	x.expect(40*ms, "EA. 1:1(0) ack 101") // 5
	x.input(50*ms, "EA. 101:201(100) ack 1 win 20000 ecn 3")
	x.expect(50*ms, "WA. 1:1(0) ack 201") // 6
	x.input(60*ms, "EA. 201:301(100) ack 1 win 20000 ecn 3")
	x.expect(60*ms, "EWA. 1:1(0) ack 301") // 7
	x.input(70*ms, "EA. 301:401(100) ack 1 win 20000 ecn 3")
	x.expect(70*ms, ". 1:1(0) ack 401") // 0
	x.write(100*ms, 10_000)
	x.expect(100*ms, ". 1:1001(1000) ack 401 ecn 2")
	x.drain()
	before := x.c.Info().Cwnd
	x.input(110*ms, "EA. 401:401(0) ack 1001 win 20000")
	if got := x.c.Info().Cwnd; got < before {
		t.Errorf("cwnd %d without a mark, %d before", got, before)
	}
	x.input(110*ms, "WA. 401:401(0) ack 2001 win 20000")
	if got := x.c.Info().Cwnd; got >= before {
		t.Errorf("cwnd %d after a mark, %d before", got, before)
	}
	// A field that somebody clears: our text is not ECN-capable.
	x = newTrace(t, func(g *Config) { g.AccurateECN = true })
	x.accept(0, "SEWA 0:0(0) win 10000 <mss 1000>")
	x.expect(0, "SW. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 20000")
	x.write(0, 10)
	x.expect(0, "PEA. 1:11(10) ack 1 ecn 0")
	// The client says in its first segment what the SYN-ACK looked like.
	x = newTrace(t, func(g *Config) { g.ECN, g.AccurateECN = ECNActive, true })
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.expect(0, "SEWA 0:0(0)")
	x.input(10*ms, "SW. 0:0(0) ack 1 win 10000 ecn 3 <mss 1000>")
	x.expect(10*ms, "WA. 1:1(0) ack 1")
	x.write(10*ms, 10)
	x.expect(10*ms, "PWA. 1:11(10) ack 1 ecn 2")
}

// Whole connections over a network that marks, loses and reorders, with every combination of what both ends know.
func TestECNTransfers(t *testing.T) {
	modes := []Config{{ECN: ECNOff}, {}, {ECN: ECNActive}, {AccurateECN: true}, {ECN: ECNActive, AccurateECN: true},
		{ECN: ECNActive, AccurateECN: true, AccurateECNOption: true}}
	for i, a := range modes {
		for k, b := range modes {
			rnd := rand.New(rand.NewPCG(uint64(i), uint64(k)))
			w := &wire{t: t, rnd: rnd, delay: 20 * time.Millisecond, jitter: 30 * time.Millisecond, loss: 0.02, dup: 0.01, reorder: 0.05, mark: 0.05}
			var marked, lost int
			a.Congestion, a.TimeWait = NewReno, time.Hour
			a.Events = func(_ *Conn, e Event) {
				if e.Kind == CwndChange && e.Reason == CongestionExperienced {
					marked++
				}
				if e.Kind == CwndChange && e.Reason == DuplicateAcks {
					lost++
				}
			}
			w.transfer(&a, &b, 300_000, 20_000)
			agreed := a.ECN == ECNActive && b.ECN != ECNOff
			if (marked > 0) != agreed || marked > 200 {
				t.Errorf("%d to %d: %d marks answered, %d losses", i, k, marked, lost)
			}
		}
	}
}
