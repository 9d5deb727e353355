package dns

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// A result says which servers were asked in vain, in order and why, whether another answered or none.
func TestFailures(t *testing.T) {
	list := func(res Result) (s string) {
		for _, f := range res.Failures {
			s += fmt.Sprintf("%v: %v; ", f.Server, f.Err)
		}
		return s
	}
	b := newBench(t, Config{Attempts: 2})
	b.lookup("a.test.", typeA)
	b.expect(OpenUDP, server1)
	b.tick() // silent
	a, m := b.expect(OpenUDP, server2)
	b.answer(a, reply(m, RcodeServFail))
	a, m = b.expect(Again, server1)
	b.answer(a, reply(m, RcodeSuccess, rr("a.test", typeA, 60, 10, 0, 0, 1)))
	res := b.result()
	if want := "192.0.2.1:53: no server answered; 192.0.2.2:53: no server could answer: ServFail; "; res.Err != nil || list(res) != want {
		t.Errorf("%v, failures %s, want %s", res.Err, list(res), want)
	}
	refused := errors.New("refused")
	b.lookup("b.test.", typeA)
	a, _ = b.expect(OpenUDP, server1)
	b.r.Fail(b.now, a.Flow, refused)
	b.drain()
	a, m = b.expect(OpenUDP, server2)
	cut := reply(m, RcodeSuccess)
	cut.Header.Truncation = true
	b.answer(a, cut)
	a, _ = b.expect(OpenTCP, server2)
	b.r.Fail(b.now, a.Flow, io.EOF)
	b.drain()
	res = b.result()
	if want := "192.0.2.1:53: refused; 192.0.2.2:53: EOF; "; !errors.Is(res.Err, ErrTruncated) || list(res) != want {
		t.Errorf("%v, failures %s, want %s", res.Err, list(res), want)
	}
	// What was asked of other servers before is not said of those that came later.
	b.lookup("c.test.", typeA)
	b.expect(OpenUDP, server2) // the other one failed lately
	b.tick()
	b.expect(OpenUDP, server1)
	b.r.SetServers(b.now, []netip.AddrPort{server3}, nil)
	b.drain()
	a, m = b.expect(OpenUDP, server3)
	b.answer(a, reply(m, RcodeSuccess, rr("c.test", typeA, 60, 10, 0, 0, 1)))
	if res = b.result(); res.Err != nil || len(res.Failures) != 0 {
		t.Errorf("%v, failures %s, want none", res.Err, list(res))
	}
}

// Long data is written in pieces, as dig writes it.
func TestLongData(t *testing.T) {
	digest := make([]byte, 32)
	r := rr("a.test", dissect.DNSTypeDS, 60, append([]byte{0, 1, 8, 2}, digest...)...)
	if want := "1 8 2 " + strings.Repeat("0", 56) + " " + strings.Repeat("0", 8); r.DataString() != want {
		t.Errorf("%s, want %s", r.DataString(), want)
	}
}
