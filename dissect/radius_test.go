package dissect

import (
	"bytes"
	"testing"
)

func init() {
	radius := UDPHeader{SrcPort: 4000, DstPort: 1812}
	auth := "000102030405060708090a0b0c0d0e0f"
	for _, s := range []struct{ name, want, text string }{
		{"radius/request", "radius", "01 05 006a" + auth + `
			01 05 626f62 02 12 00000000000000000000000000000000 04 06 01020304 05 06 00000007 1a 0b 00000009 0105 616263
			50 12 00000000000000000000000000000000 06 06 00000002 08 06 ffffffff 18 04 7374 37 06 60000000`},
		{"radius/tunnel", "radius", "02 05 0038" + auth + `
			40 06 01000003 41 06 00000001 51 05 01 3136 51 04 3136 45 08 01 8000 010203 1a 03 00 5f 04 0102`},
		{"radius/ipv6", "radius", "02 05 0032" + auth + "5f 12 20010db8000000000000000000000001 61 0c 0040 20010db800000000"},
		{"radius/bad-attribute", "radius", "02 05 0019" + auth + "01 05 61 62 63" + "ffff"},
		{"radius/long-attribute", "radius", "02 05 0017" + auth + "01 05 61"},
		{"radius/length-19", "radius!", "01 05 0013" + auth},
		{"radius/truncated", "radius!", "01 05 0014"},
	} {
		addUDPSample(s.name, "eth ip udp "+s.want, radius, unhex(s.text))
	}
}

func TestRADIUSAttributes(t *testing.T) {
	h := RADIUSHeader{Code: RADIUSAccessRequest, ID: 5, Length: 25, Authenticator: [16]byte{1, 2, 3}}
	b := AppendRADIUSAttribute(h.Append(bytes.Repeat([]byte{0xa5}, 64)[:0]), 1, []byte("bob")...)
	r := RADIUS(b)
	a, rest, err := NextRADIUSAttribute(r.Attributes())
	if err != nil || len(rest) != 0 || a.Type() != 1 || string(a.Value()) != "bob" || r.Header() != h || r.CheckWhole() != nil {
		t.Errorf("%x: %x, %x, %v, %+v, %v", b, a, rest, err, r.Header(), r.CheckWhole())
	}
	for wire, want := range map[string]error{"": nil, "01": ErrTruncated, "01 00": ErrMalformed, "01 03": ErrTruncated, "01 02": nil} {
		if _, _, err := NextRADIUSAttribute(unhex(wire)); err != want {
			t.Errorf("%q: %v, want %v", wire, err, want)
		}
	}
	for sample, want := range map[string]error{
		"radius/request": nil, "radius/bad-attribute": nil, "radius/long-attribute": ErrMalformed, "radius/length-19": ErrMalformed, "radius/truncated": ErrTruncated,
	} {
		if got := RADIUS(findSample(sample).data[42:]).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func FuzzRADIUS(f *testing.F) { fuzzView(f, LayerRADIUS) }
