package dissect

import "testing"

func init() {
	addSample("chdlc/ipv4", LinkCHDLC, "chdlc ip udp", `
		0f000800 4500001c 00010000 40116aa2 0a000001 0a000002 04d2162e 00080000
	`)
	addSample("chdlc/slarp-keepalive", LinkCHDLC, "chdlc slarp", `
		8f008035 00000002 00000005 00000006 ffff0000 0007
	`)
	addSample("chdlc/slarp-reply", LinkCHDLC, "chdlc slarp", `
		8f008035 00000001 01020304 ffffff00 0000
	`)
	addSample("chdlc/slarp-unknown", LinkCHDLC, "chdlc slarp", `
		8f008035 00000007 00000000 00000000 0000
	`)
	addSample("chdlc/cut", LinkCHDLC, "chdlc!", `
		0f0008
	`)
	addSample("chdlc/slarp-cut", LinkCHDLC, "chdlc slarp!", `
		8f008035 00000001
	`)
	addSample("framerelay/ipv4", LinkFrameRelay, "fr ip udp", `
		1a4f03cc 4500001c 00010000 40116aa2 0a000001 0a000002 04d2162e 00080000
	`)
	addSample("framerelay/pad-snap", LinkFrameRelay, "fr ip udp", `
		18410300 80000000 08004500 001c0001 00004011 6aa20a00 00010a00 000204d2
		162e0008 0000
	`)
	addSample("framerelay/cisco", LinkFrameRelay, "fr ip udp", `
		18410800 4500001c 00010000 40116aa2 0a000001 0a000002 04d2162e 00080000
	`)
	addSample("framerelay/addr4", LinkFrameRelay, "fr ip udp", `
		18400241 03cc4500 001c0001 00004011 6aa20a00 00010a00 000204d2 162e0008
		0000
	`)
	addSample("framerelay/addr3", LinkFrameRelay, "fr ip udp", `
		18400503 cc450000 1c000100 0040116a a20a0000 010a0000 0204d216 2e000800
		00
	`)
	addSample("framerelay/bridged", LinkFrameRelay, "fr data", `
		18410380 0080c200 07616263 646566
	`)
	addSample("framerelay/lmi", LinkFrameRelay, "fr data", `
		00010308 00755101 00
	`)
	addSample("framerelay/bad-address", LinkFrameRelay, "fr!", `
		194103cc
	`)
	addSample("framerelay/cut", LinkFrameRelay, "fr!", `
		18410380 0000
	`)
	addSample("nflog/ipv4", LinkNFLOG, "nflog ip udp", `
		02000005 08000100 08000100 07000a00 68690000 08000400 00000002 08000500
		00000003 08000b00 000003e8 08000e00 000003e8 10000800 00060000 00000000
		00000000 20000900 4500001c 00010000 40116aa2 0a000001 0a000002 04d2162e
		00080000
	`)
	addSample("nflog/ipv6", LinkNFLOG, "nflog ipv6 udp", `
		0a000005 34000900 60000000 00081140 00000000 00000000 00000000 00000001
		00000000 00000000 00000000 00000002 04d2162e 0008f0f0
	`)
	addSample("nflog/odd-payload", LinkNFLOG, "nflog data", `
		07000005 07000900 61626300
	`)
	addSample("nflog/no-payload", LinkNFLOG, "nflog", `
		02000005 08000200 00000001
	`)
	addSample("nflog/odd", LinkNFLOG, "nflog", `
		02000005 0a000a00 6e6f7a65 726f0000 06000100 61620000 04006300
	`)
	addSample("nflog/empty-payload", LinkNFLOG, "nflog", `
		02000005 04000900 00000000
	`)
	addSample("nflog/version", LinkNFLOG, "nflog!", `
		02010000
	`)
	addSample("nflog/short", LinkNFLOG, "nflog!", `
		02000005 03000100
	`)
	addSample("nflog/cut", LinkNFLOG, "nflog!", `
		02000005 08000100 6162
	`)
}

// TestFrameRelayDLCI: the number of a circuit from addresses of each length.
func TestFrameRelayDLCI(t *testing.T) {
	for wire, want := range map[string]uint32{"1841 03cc": 100, "184005 03cc": 6401, "18400241 03cc": 819280} {
		f := FrameRelay(unhex(wire))
		if err := f.Check(); err != nil || f.DLCI() != want {
			t.Errorf("%s: %d, %v; want %d", wire, f.DLCI(), err, want)
		}
	}
}

func TestCHDLCHeader(t *testing.T) {
	h := CHDLC(CHDLCHeader{Address: 0x0f, Type: EtherTypeIPv4}.Append([]byte{1})[1:])
	if h.Check() != nil || h.Address() != 0x0f || h.Control() != 0 || h.Type() != EtherTypeIPv4 {
		t.Errorf("%x", []byte(h))
	}
}

func FuzzCHDLC(f *testing.F)      { fuzzView(f, LayerCHDLC) }
func FuzzSLARP(f *testing.F)      { fuzzView(f, LayerSLARP) }
func FuzzFrameRelay(f *testing.F) { fuzzView(f, LayerFrameRelay) }
func FuzzNFLOG(f *testing.F)      { fuzzView(f, LayerNFLOG) }
