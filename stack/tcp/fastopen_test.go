package tcp

import (
	"fmt"
	"testing"
)

// RFC 9293 section 3.10.7.4: the ACK that ends the handshake is processed as in ESTABLISHED. Where text was sent before, by Fast
// Open, it may report what got lost. The octet of the SYN takes no segment from the initial window.
func TestFastOpenLossBeforeEstablished(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.NoSACK = false })
	syn, _ := x.parse("S 0:10(10) win 20000 <mss 1000,sackOK>", true)
	x.c.Accept(0, &x.cfg, traceISS, tsBase, &syn)
	x.c.TakeSynText(&syn)
	x.expect(0, "S. 0:0(0) ack 11")
	x.write(10*ms, 10000)
	for n := 1; n < 10001; n += 1000 {
		flags := "."
		if n == 9001 {
			flags = "P."
		}
		x.expect(10*ms, fmt.Sprintf("%s %d:%d(1000) ack 11", flags, n, n+1000))
	}
	if !x.c.Info().SynText {
		t.Error("the text of the SYN is not reported")
	}
	x.input(20*ms, ". 11:11(0) ack 1 win 20000 <sack 2001:5001>")
	x.expect(20*ms, ". 1:1001(1000) ack 11")
	if p := x.c.Info().Phase; p != PhaseRecovery {
		t.Errorf("phase %v", p)
	}
}

// RFC 7413 section 4.2.1: text that the SYN-ACK acknowledges in part counts as not taken, and the rest goes at once.
func TestFastOpenPartlyTaken(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.FastOpen = true })
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.c.OfferFastOpen([]byte{1, 2, 3, 4}, 1000)
	x.write(0, 2000)
	x.expect(0, "S 0:960(960)") // room for 40 bytes of options stays
	x.input(10*ms, "S. 0:0(0) ack 101 win 20000 <mss 1000>")
	x.expect(10*ms, ". 101:1101(1000) ack 1")
	x.expect(10*ms, "P. 1101:2001(900) ack 1")
	if x.c.Info().SynText {
		t.Error("reported as taken")
	}
}
