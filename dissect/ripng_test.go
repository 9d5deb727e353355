package dissect

import "testing"

func init() {
	views[LayerRIPng] = func(b []byte) view { return RIPng(b) }
	looseBodies[LayerRIPng] = true
	addSample("ripng/response", LinkEthernet, "eth ipv6 udp ripng", `
		02000000000202000000000186dd600000000034114020010db800000000000000000000000120010db8000000000000000000000002020902090034
		d2800201000020010db80001000000000000000000000000400120010db800010000000000000000000000053003`)
	addSample("ripng/dump", LinkEthernet, "eth ipv6 udp ripng", `
		02000000000202000000000186dd600000000020114020010db800000000000000000000000120010db8000000000000000000000002020902090020
		9f16010100000000000000000000000000000000000000000010`)
	addSample("ripng/odd", LinkEthernet, "eth ipv6 udp ripng", `
		02000000000202000000000186dd600000000023114020010db800000000000000000000000120010db8000000000000000000000002020902090023
		65000902000120010db800010000000000000000000000004001616263`)
	addSample("ripng/truncated", LinkEthernet, "eth ipv6 udp ripng!", `
		02000000000202000000000186dd60000000000b114020010db800000000000000000000000120010db800000000000000000000000202090209000b
		9e50020100`)
}

func TestRIPng(t *testing.T) {
	r := RIPng(findSample("ripng/response").data[62:])
	if err := r.CheckWhole(); err != nil || r.Len() != 2 || r.Command() != RIPResponse || r.Version() != 1 {
		t.Fatalf("%v, %d entries, %v", err, r.Len(), r.Command())
	}
	e := r.Entry(1)
	if e.Prefix.String() != "2001:db8:1::" || e.Bits != 48 || e.Tag != 5 || e.Metric != 3 {
		t.Errorf("%+v", e)
	}
	if got := e.Append(nil); string(got) != string(r[24:]) {
		t.Errorf("emitted %x, read %x", got, r[24:])
	}
	if err := RIPng(findSample("ripng/odd").data[62:]).CheckWhole(); err != ErrMalformed {
		t.Error(err)
	}
}

func FuzzRIPng(f *testing.F) { fuzzView(f, LayerRIPng) }
