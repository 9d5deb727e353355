package dissect

import "testing"

func init() {
	views[LayerBFD] = func(b []byte) view { return BFD(b) }
	looseBodies[LayerBFD] = true
	addSample("bfd/up", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500003400010000401166b60a0000010a000002c0300ec80020730921f003180000000100000002000f4240000f
		424000000000`)
	addSample("bfd/multihop-v0", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500003400010000401166b60a0000010a000002c03012b00020904900c803180000000100000002000f4240000f
		424000000000`)
	addSample("bfd/password", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500003b00010000401166af0a0000010a000002c0300ec800279c3520c4031f0000000100000002000f4240000f
		42400000000001070270617373`)
	addSample("bfd/md5", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500004c000100004011669e0a0000010a000002c0300ec800380b6720c403300000000100000002000f4240000f
		424000000000021802000102030405060708090a0b0c0d0e0f1011121314`)
	addSample("bfd/sha1", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500005200010000401166980a0000010a000002c0300ec8003e63ac20c403340000000100000002000f4240000f
		424000000000051c02000102030405060708090a0b0c0d0e0f1011121314151617187878`)
	addSample("bfd/auth-unknown", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500003c00010000401166ae0a0000010a000002c0300ec800286b0920c403200000000100000002000f4240000f
		4240000000000008010203040506`)
	addSample("bfd/auth-missing", LinkEthernet, "eth ip udp bfd", `
		02000000000202000000000108004500003400010000401166b60a0000010a000002c0300ec80020743520c403180000000100000002000f4240000f
		424000000000`)
	addSample("bfd/version-2", LinkEthernet, "eth ip udp bfd!", `
		02000000000202000000000108004500003400010000401166b60a0000010a000002c0300ec80020543940c003180000000100000002000f4240000f
		424000000000`)
	addSample("bfd/length-23", LinkEthernet, "eth ip udp bfd!", `
		02000000000202000000000108004500003400010000401166b60a0000010a000002c0300ec80020743a20c003170000000100000002000f4240000f
		424000000000`)
	addSample("bfd/truncated", LinkEthernet, "eth ip udp bfd!", `
		02000000000202000000000108004500003300010000401166b70a0000010a000002c0300ec8001f743b20c003180000000100000002000f4240000f
		4240000000`)
	addSample("bfd/echo", LinkEthernet, "eth ip udp bfd_echo", `
		02000000000202000000000108004500002400010000401166c60a0000010a000002c0300ec90010790c7768617465766572`)
}

func TestBFD(t *testing.T) {
	b := BFD(findSample("bfd/up").data[42:])
	h := b.Header()
	want := BFDHeader{
		Diagnostic: 1, State: BFDUp, Flags: 0x30, Multiplier: 3, MyDiscriminator: 1, YourDiscriminator: 2,
		DesiredMinTx: 1000000, RequiredMinRx: 1000000,
	}
	if h != want || b.CheckWhole() != nil {
		t.Errorf("%+v, %v", h, b.CheckWhole())
	}
	if got := h.Append(nil); string(got) != string(b) {
		t.Errorf("emitted %x, read %x", got, b)
	}
	for sample, want := range map[string]error{
		"bfd/md5": nil, "bfd/auth-missing": ErrMalformed, "bfd/version-2": ErrUnsupported, "bfd/length-23": ErrMalformed, "bfd/truncated": ErrTruncated,
	} {
		if got := BFD(findSample(sample).data[42:]).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func FuzzBFD(f *testing.F) { fuzzView(f, LayerBFD) }
