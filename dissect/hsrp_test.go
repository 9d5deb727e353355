package dissect

import "testing"

func init() {
	views[LayerHSRP] = func(b []byte) view { return HSRP(b) }
	looseBodies[LayerHSRP] = true
	addSample("hsrp/hello", LinkEthernet, "eth ip udp hsrp", `
		02000000000202000000000108004500003000010000401190b90a000001e000000207c107c1001c0000000010030a640100636973636f000000c0a8
		0001`)
	addSample("hsrp/coup", LinkEthernet, "eth ip udp hsrp", `
		02000000000202000000000108004500003200010000401190b70a000001e000000207c107c1001e0000000103030a64010701ff323334353637c0a8
		00016162`)
	addSample("hsrp/advertise", LinkEthernet, "eth ip udp hsrp!", `
		02000000000202000000000108004500002c00010000401190bd0a000001e000000207c107c10018000000030001000102030405060708090a0b`)
	addSample("hsrp/truncated", LinkEthernet, "eth ip udp hsrp!", `
		02000000000202000000000108004500002f00010000401190ba0a000001e000000207c107c1001b0000000010030a640100636973636f000000c0a8
		00`)
	addSample("hsrp/elsewhere", LinkEthernet, "eth ip udp data", `
		02000000000202000000000108004500003000010000401166ba0a0000010a00000207c107c1001c0000000010030a640100636973636f000000c0a8
		0001`)
}

func TestHSRP(t *testing.T) {
	h := HSRP(findSample("hsrp/hello").data[42:])
	if h.Check() != nil || h.State() != 16 || h.Group() != 1 || string(h.Auth()) != "cisco" || h.VirtualIP().String() != "192.168.0.1" {
		t.Errorf("%v, %d, %d, %q, %v", h.Check(), h.State(), h.Group(), h.Auth(), h.VirtualIP())
	}
	for sample, want := range map[string]error{"hsrp/advertise": ErrUnsupported, "hsrp/truncated": ErrTruncated} {
		if got := HSRP(findSample(sample).data[42:]).Check(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func FuzzHSRP(f *testing.F) { fuzzView(f, LayerHSRP) }
