package dissect

import "testing"

func init() {
	views[LayerRPKIRTR] = func(b []byte) view { return RPKIRTR(b) }
	looseBodies[LayerRPKIRTR] = true
	addSample("rpkirtr/data", LinkEthernet, "eth ip tcp rpkirtr", `
		02000000000202000000000108004500007c00010000400666790a0000010a000002520801430000000100000001501803e8a47900000103000700
		0000080104000000000014011818000a0102000000fde801060000000000200020200020010db80000000000000000000000000000fde801070007
		000000180000000500000e100000025800001c20`)
	addSample("rpkirtr/queries", LinkEthernet, "eth ip tcp rpkirtr", `
		02000000000202000000000108004500005c00010000400666990a0000010a000002520901430000000100000001501803e843f500000001000700
		00000c000000050002000000000008000000070000000c000000060008000000000008000700070000000c00000005`)
	addSample("rpkirtr/error", LinkEthernet, "eth ip tcp rpkirtr", `
		02000000000202000000000108004500004400010000400666b10a0000010a000002520a01430000000100000001501803e863640000010a000200
		00001c000000080102000000000008000000046e6f7065`)
	addSample("rpkirtr/begins-another", LinkEthernet, "eth ip tcp rpkirtr tcp.segment", `
		02000000000202000000000108004500003200010000400666c30a0000010a000002520b01430000000100000001501803e8427a00000102000000
		0000080104`)
	addSample("rpkirtr/piece", LinkEthernet, "eth ip tcp tcp.segment", `
		02000000000202000000000108004500003000010000400666c50a0000010a000002520c01430000000100000001501803e844810000ffff000000
		000008`)
}

func TestRPKIRTR(t *testing.T) {
	m := RPKIRTR(findSample("rpkirtr/error").data[54:])
	want := RPKIRTRHeader{Version: 1, Type: RPKIRTRError, Session: 2, Length: 28}
	if m.CheckWhole() != nil || m.Header() != want || string(want.Append(nil)) != string(m[:RPKIRTRHeaderLen]) {
		t.Errorf("%v, %+v", m.CheckWhole(), m.Header())
	}
	for wire, want := range map[string]error{
		"01020000000000": ErrTruncated, "0305000000000008": ErrUnsupported, "0102000000000007": ErrMalformed, "010300000000000900": nil,
		"0103000000000009": ErrTruncated,
	} {
		if got := RPKIRTR(unhex(wire)).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", wire, got, want)
		}
	}
}

func FuzzRPKIRTR(f *testing.F) { fuzzView(f, LayerRPKIRTR) }
