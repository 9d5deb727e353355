package tcp

import (
	"testing"
	"time"
)

// RFC 9293 section 3.8.3: how often a SYN and a SYN-ACK are sent again can be said as a number too. The last one waits as long
// as any other, with its time doubled; the times that were given count beside it, and the defaults of the times do not.
func TestSynRetries(t *testing.T) {
	x := synSent(t, func(g *Config) { g.SynRetries, g.SynAckRetries = 2, 1 })
	x.expect(1*time.Second, "S 0:0(0)")
	x.expect(3*time.Second, "S 0:0(0)")
	x.quiet(7*time.Second - 1)
	x.wantState(SynSent)
	x.quiet(7 * time.Second)
	x.wantErr(ErrTimeout)

	x = newTrace(t, func(g *Config) { g.SynRetries, g.SynAckRetries = 2, 1 })
	x.accept(0, plainSyn)
	x.expect(0, "S. 0:0(0) ack 1")
	x.expect(1*time.Second, "S. 0:0(0) ack 1")
	x.quiet(3*time.Second - 1)
	x.wantState(SynReceived)
	x.quiet(3 * time.Second)
	x.wantErr(ErrTimeout)

	// More than the default times leave room for.
	x = synSent(t, func(g *Config) { g.SynRetries, g.MaxRTO = 9, time.Minute })
	for _, at := range []time.Duration{1, 3, 7, 15, 31, 63, 123, 183, 243} {
		x.expect(at*time.Second, "S 0:0(0)")
	}
	x.quiet(303*time.Second - 1)
	x.wantState(SynSent)
	x.quiet(303 * time.Second)
	x.wantErr(ErrTimeout)

	// A time that was given counts as well.
	x = synSent(t, func(g *Config) { g.SynRetries, g.SynTimeout = 9, 5*time.Second })
	x.expect(1*time.Second, "S 0:0(0)")
	x.expect(3*time.Second, "S 0:0(0)")
	x.quiet(5 * time.Second)
	x.wantErr(ErrTimeout)
	x = synSent(t, func(g *Config) { g.SynRetries, g.UserTimeout = 9, 2*time.Second })
	x.expect(1*time.Second, "S 0:0(0)")
	x.quiet(2 * time.Second)
	x.wantErr(ErrTimeout)
}

// RFC 5482 section 4.2: with the option in use keep-alive is more patient than the user timeout that was agreed.
func TestKeepAliveBehindUserTimeout(t *testing.T) {
	alive := KeepAlive{Enabled: true, Idle: time.Second, Interval: time.Second, Count: 1}
	x := established(t, func(g *Config) { g.KeepAlive = alive })
	x.expect(1*time.Second, ". 0:0(0) ack 1")
	x = established(t, func(g *Config) { g.KeepAlive, g.UserTimeoutOption = alive, true })
	x.expect(301*time.Second, ". 0:0(0) ack 1")
	x = established(t, func(g *Config) { g.KeepAlive, g.UserTimeoutOption = alive, true })
	x.c.SetUserTimeout(x.time(), 10*time.Second)
	x.input(time.Second, ". 1:1(0) ack 1 win 10000")
	x.expect(12*time.Second, ". 0:0(0) ack 1")
}

// RFC 5482 section 3: who answered our SYN with a cookie has forgotten its options, so our first text has the option again, until
// it is acknowledged.
func TestUserTimeoutToldAgain(t *testing.T) {
	x := synSent(t, func(g *Config) { g.UserTimeoutOption = true })
	x.input(10*ms, "S. 0:0(0) ack 1 win 10000 <mss 1000>")
	x.expect(10*ms, ". 1:1(0) ack 1")
	x.write(10*ms, 10)
	if v := x.userTimeout(); v != 300 {
		t.Errorf("the first text has %#x", v)
	}
	x.input(20*ms, ". 1:1(0) ack 11 win 10000")
	x.write(20*ms, 10)
	if v := x.userTimeout(); v != 0 {
		t.Errorf("text has %#x after the peer was told", v)
	}
}

// RFC 7323 section 4.3, RFC 5961 section 5: a segment whose ACK is not acceptable changes nothing, TS.Recent included. Else whoever
// guesses a number in the window could have all that the peer sends dropped by PAWS.
func TestTimestampOfBadAck(t *testing.T) {
	x := negotiated(t, nil)
	x.input(10*ms, "F. 1:1(0) ack 9999 win 100 <TS val 200000 ecr 5000>")
	x.expect(10*ms, ". 1:1(0) ack 1 <TS val 5010 ecr 100>")
	x.input(20*ms, ". 1:1001(1000) ack 1 win 100 <TS val 120 ecr 5000>")
	x.input(20*ms, ". 1001:2001(1000) ack 1 win 100 <TS val 121 ecr 5000>")
	x.expect(20*ms, ". 1:1(0) ack 2001 <TS val 5020 ecr 120>")
}
