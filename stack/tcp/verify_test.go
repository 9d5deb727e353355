package tcp

import (
	"testing"
	"time"
)

// Verify finds whatever is broken, and nothing otherwise.
func TestVerify(t *testing.T) {
	start := func() *trace {
		x := negotiated(t, nil)
		x.write(0, 4000)
		x.drain()
		x.sent = nil
		x.input(10*ms, ". 1:1(0) ack 989 win 2500 <TS val 110 ecr 5000,sack 1977:2965>")
		x.input(10*ms, ". 1001:2001(1000) ack 989 win 2500 <TS val 110 ecr 5000>")
		x.drain()
		return x
	}
	x := start()
	if err := x.c.Verify(true); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(c *Conn){
		"SND.NXT behind SND.UNA":          func(c *Conn) { c.sndNxt = c.sndUna - 1 },
		"SND.NXT behind the text":         func(c *Conn) { c.sndNxt = c.sndEnd + 1 },
		"SND.UNA beside the scoreboard":   func(c *Conn) { c.sndUna++ },
		"more in flight than any window":  func(c *Conn) { c.maxSndWnd = 100; c.cfg.MSS = 50 },
		"more acknowledged than came":     func(c *Conn) { c.ackSent = c.rcvNxt + 1 },
		"a FIN that was passed":           func(c *Conn) { c.finKnown, c.finSeq = true, c.rcvNxt-1 },
		"a window without room":           func(c *Conn) { c.rcvAdv = c.rcvNxt + 1<<20 },
		"a send buffer that is too full":  func(c *Conn) { c.snd.n = c.cfg.sndBuf() + 1 },
		"more stored than the buffer":     func(c *Conn) { c.rcv.extent = 1 << 20 },
		"memory that is not counted":      func(c *Conn) { c.cfg.Memory = new(Memory) },
		"a range that is stored nowhere":  func(c *Conn) { c.rcv.extent = c.rcv.n },
		"ranges out of order":             func(c *Conn) { c.asm.ranges()[0].right = c.asm.ranges()[0].left },
		"SACKed bytes that are not":       func(c *Conn) { c.sent.sacked++ },
		"lost bytes that are not":         func(c *Conn) { c.sent.lost += 10 },
		"SACKed runs that are not":        func(c *Conn) { c.sent.sackedRuns++ },
		"a lost run before the first":     func(c *Conn) { c.sent.markLost(0); c.sent.firstLost = c.sent.nxt },
		"a run that is lost and SACKed":   func(c *Conn) { c.sent.run(2).flags |= runLost },
		"a run that is never judged":      func(c *Conn) { c.sent.run(3).flags = 0; c.sent.judged = c.sent.nxt },
		"a run without numbers":           func(c *Conn) { c.sent.run(0).end = c.sent.una },
		"a reach too far":                 func(c *Conn) { c.sent.run(2).reach = c.sent.run(3).end },
		"a reach into a run":              func(c *Conn) { c.sent.run(2).reach = c.sent.run(2).end + 1 },
		"a reach that falls short":        func(c *Conn) { c.sent.run(2).reach = c.sent.run(2).end - 1 },
		"a reach beyond what was sent":    func(c *Conn) { c.sent.run(2).reach = c.sent.nxt + 1 },
		"duplicate ACKs counted for SACK": func(c *Conn) { c.rec.renoSacked = 1 },
		"cwnd below a segment":            func(c *Conn) { c.rec.cwnd = uint32(c.smss() - 1) },
		"cwnd beyond all windows":         func(c *Conn) { c.rec.cwnd = cwndLimit + 1 },
		"a timeout too short":             func(c *Conn) { c.rtt.rto = time.Microsecond },
		"no timer for what is in flight":  func(c *Conn) { c.stop(timerRetransmit); c.loss.probeAt = Never },
		"a timer too far away":            func(c *Conn) { c.timers[timerRetransmit] = Time(10 * time.Hour); c.loss.probeAt = Never },
		"an ACK delayed for too long":     func(c *Conn) { c.timers[timerDelayedAck] = c.now.Add(time.Second) },
		"a timer that was missed":         func(c *Conn) { c.timers[timerKeepAlive] = c.now },
		"something to be sent at once":    func(c *Conn) { c.ackDue = true },
		"TIME-WAIT for ever":              func(c *Conn) { c.state = TimeWait },
		"closed, with memory":             func(c *Conn) { c.state = Closed },
		"closed, with a timer":            func(c *Conn) { c.end(nil); c.timers[timerUser] = c.now },
	} {
		x := start()
		spoil(&x.c)
		if x.c.Verify(true) == nil {
			t.Errorf("not found: %s", name)
		}
	}
	x = finWait2(t)
	x.c.orphan = true
	if x.c.Verify(true) == nil {
		t.Error("not found: FIN-WAIT-2 for ever")
	}
}

// Looking costs no memory.
func TestVerifyAllocates(t *testing.T) {
	x := negotiated(t, nil)
	x.write(0, 4000)
	x.drain()
	if n := testing.AllocsPerRun(100, func() {
		if err := x.c.Verify(true); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
