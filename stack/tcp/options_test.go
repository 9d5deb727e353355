package tcp

import (
	"testing"
	"time"
)

// trap: with timestamps agreed every segment has one, also when the one it answers had none (RFC 7323 3.2, X-262, X-275), and so
// has a RST (SHOULD).
func TestTimestampsOnEverySegment(t *testing.T) {
	x := negotiated(t, nil)
	x.input(0, "S 1:1(0) win 100") // no timestamp
	x.expect(0, ". 1:1(0) ack 1 <TS val 5000 ecr 100>")
	x.write(10*ms, 10)
	x.expect(10*ms, "P. 1:11(10) ack 1 <TS val 5010 ecr 100>")
	x.c.CloseWrite(x.time())
	x.expect(10*ms, "F. 11:11(0) ack 1 <TS val 5010 ecr 100>")
	x.c.Abort(x.time())
	x.expect(10*ms, "R. 12:12(0) ack 1 <TS val 5010 ecr 100>")

	x = negotiated(t, func(g *Config) { g.KeepAlive.Enabled = true })
	x.expect(2*time.Hour, ". 0:0(0) ack 1 <TS val 7205000 ecr 100>")
}

// A segment without the agreed timestamp is dropped (RFC 7323 3.2). trap: a handshake ACK without it still completes the
// handshake (practice).
func TestMissingTimestamp(t *testing.T) {
	x := negotiated(t, nil)
	x.input(0, "P. 1:11(10) ack 1 win 100")
	x.quiet(time.Second)
	x.wantDropped(MissingTimestamp, 1)
	if x.c.Readable() != 0 {
		t.Error("taken")
	}
	x.input(time.Second, "R 1:1(0) win 0") // a RST needs none
	x.wantErr(ErrReset)

	x = newTrace(t, func(g *Config) { g.NoTimestamps = false })
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,TS val 100 ecr 0>")
	x.expect(0, "S. 0:0(0) ack 1 <mss 1000,TS val 5000 ecr 100>")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
}

// trap: TS.Recent changes only if SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent (RFC 7323 4.3, X-275).
// trap: a delayed ACK echoes the first unacknowledged segment's TSval, a duplicate ACK that of the last in order (RFC 7323 4.3, X-275).
func TestTimestampEcho(t *testing.T) {
	x := negotiated(t, nil)
	x.input(0, ". 1:101(100) ack 1 win 2500 <TS val 110 ecr 5000>")
	x.input(0, ". 101:201(100) ack 1 win 2500 <TS val 120 ecr 5000>")
	x.expect(40*ms, ". 1:1(0) ack 201 <TS val 5040 ecr 110>")
	x.input(50*ms, ". 301:401(100) ack 1 win 2500 <TS val 140 ecr 5000>")
	x.expect(50*ms, ". 1:1(0) ack 201 <TS val 5050 ecr 110,sack 301:401>")
	x.input(60*ms, ". 201:301(100) ack 1 win 2500 <TS val 150 ecr 5000>")
	x.expect(60*ms, ". 1:1(0) ack 401 <TS val 5060 ecr 150>")
	// Beyond the window nothing counts.
	x.input(70*ms, ". 90401:90501(100) ack 1 win 2500 <TS val 190 ecr 5000>")
	x.expect(70*ms, ". 1:1(0) ack 401 <TS val 5070 ecr 150>")
}

// trap: an old TSval drops the segment with an ACK, a RST apart, unless TS.Recent is older than 24 days (RFC 7323 5.3, 5.5).
func TestPAWS(t *testing.T) {
	x := negotiated(t, nil)
	x.input(0, "P. 1:11(10) ack 1 win 2500 <TS val 99 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 1 <TS val 5000 ecr 100>")
	x.wantDropped(OldTimestamp, 1)
	x.input(0, "R. 1:1(0) ack 1 win 2500 <TS val 99 ecr 5000>")
	x.wantErr(ErrReset)

	x = negotiated(t, nil)
	x.input(24*24*time.Hour+1, "P. 1:11(10) ack 1 win 2500 <TS val 99 ecr 5000>")
	x.read(24*24*time.Hour+1, 10)
	x.expect(24*24*time.Hour+40*ms+1, ". 1:1(0) ack 11 <TS val 2073605040 ecr 99>")
}
