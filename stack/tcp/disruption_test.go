package tcp

import "testing"

// RFC 6069: each error about the segment that is being repeated takes back one doubling of the timeout, others none.
func TestDisruption(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.c.Disrupted(0, ours(1)) // nothing was repeated yet
	x.expect(200*ms, "P. 1:101(100) ack 1")
	x.advance(250 * ms)
	x.c.Disrupted(x.time(), ours(2))
	x.c.Disrupted(x.time(), ours(1))
	x.expect(400*ms, "P. 1:101(100) ack 1")
	x.expect(800*ms, "P. 1:101(100) ack 1")
	x.advance(1300 * ms)
	x.c.Disrupted(x.time(), ours(1))
	x.c.Disrupted(x.time(), ours(1)) // that time is over
	x.expect(1300*ms, "P. 1:101(100) ack 1")
	x.input(1310*ms, ". 1:1(0) ack 101 win 10000")
	x.c.Disrupted(x.time(), ours(101))
	x.wantState(Established)
	y := synSent(t, nil)
	y.c.Disrupted(0, traceISS)
	y.expect(1000*ms, "S 0:0(0)")
}
