package dissect

import "testing"

func init() {
	views[LayerL2TP] = func(b []byte) view { return L2TP(b) }
	looseBodies[LayerL2TP] = true
	addSample("l2tp/control", LinkEthernet, "eth ip udp l2tp", `
		02000000000202000000000108004500005b000100004011668f0a0000010a00000206a506a500473f4fc802003f0001000200030004800800000000
		00018008000000020100800a00000007686f73748008000000090005c0090000000b6162638008000900016162`)
	addSample("l2tp/zero-length", LinkEthernet, "eth ip udp l2tp", `
		02000000000202000000000108004500002800010000401166c20a0000010a00000206a506a500141661c802000c0001000200030004`)
	addSample("l2tp/data", LinkEthernet, "eth ip udp l2tp ppp lcp", `
		02000000000202000000000108004500003400010000401166b60a0000010a00000206a506a50020d3104b020018000100020003000400020000ff03
		c02101010004`)
	addSample("l2tp/data-without-length", LinkEthernet, "eth ip udp l2tp ppp lcp", `
		02000000000202000000000108004500002a00010000401166c00a0000010a00000206a506a500161e46000200010002ff03c02101010004`)
	addSample("l2tp/odd-avp", LinkEthernet, "eth ip udp l2tp", `
		02000000000202000000000108004500003600010000401166b40a0000010a00000206a506a500221628c802001a0001000200030004800800000000
		0001800500000000`)
	addSample("l2tp/version-3", LinkEthernet, "eth ip udp l2tp!", `
		02000000000202000000000108004500002200010000401166c80a0000010a00000206a506a5000ede7f000300010002`)
	addSample("l2tp/short-length", LinkEthernet, "eth ip udp l2tp!", `
		02000000000202000000000108004500002400010000401166c60a0000010a00000206a506a500109e774002000500010002`)
	addSample("l2tp/truncated", LinkEthernet, "eth ip udp l2tp!", `
		02000000000202000000000108004500002200010000401166c80a0000010a00000206a506a5000e1676c802000c0001`)
}

func TestL2TP(t *testing.T) {
	m := L2TP(findSample("l2tp/control").data[42:])
	if m.CheckWhole() != nil || !m.IsControl() || m.TunnelID() != 1 || m.SessionID() != 2 || m.HeaderLen() != 12 {
		t.Errorf("%v, tunnel %d, session %d, header %d", m.CheckWhole(), m.TunnelID(), m.SessionID(), m.HeaderLen())
	}
	for sample, want := range map[string]error{
		"l2tp/data": nil, "l2tp/odd-avp": ErrMalformed, "l2tp/version-3": ErrUnsupported, "l2tp/short-length": ErrMalformed, "l2tp/truncated": ErrTruncated,
	} {
		if got := L2TP(findSample(sample).data[42:]).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func FuzzL2TP(f *testing.F) { fuzzView(f, LayerL2TP) }
