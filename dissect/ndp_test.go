package dissect

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func init() {
	addSample("ndp/router-solicitation", LinkIPv6, "ipv6 icmpv6", `
		60000000 00103aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000002
		85007a2c 00000000 # router solicitation
		01010200 00000001 # source link-layer address
	`)

	addSample("ndp/router-advertisement", LinkIPv6, "ipv6 icmpv6", `
		60000000 00883aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		860003a5 40c80708 00007530 000003e8 # router advertisement
		01010200 00000001 # source link-layer address
		030440e0 00000e10 00000708 00000000 20010db8 00050000 00000000 00000000 # prefix information
		05010000 000005dc # MTU
		19050000 00000258 20010db8 00000000 00000000 00000053 20010db8 00000000 # RDNSS
		00000000 00000054
		1f040000 00000258 07657861 6d706c65 03636f6d 0003666f 6f047465 73740000 # DNSSL
	`)

	addSample("ndp/router-options", LinkIPv6, "ipv6 icmpv6", `
		60000000 00983aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		8600da25 403f0708 00007530 000003e8 # router advertisement
		18023008 00000384 20010db8 00070000 18038018 00000384 20010db8 00070000 # three routes
		00000000 00000001 180100e7 00000384
		07010000 00002710 # advertisement interval
		08010000 00050708 # home agent
		1a018000 00000000 # flags expansion
		25036874 74703a2f 2f657861 6d706c65 2e636f6d 2f000000 # captive portal
		26020259 0064ff9b 00000000 00000000 # PREF64
		f0016162 63646566 # type 240
		0d020000 00000000 31323334 35363738 # timestamp
	`)

	addSample("ndp/router-odd-options", LinkIPv6, "ipv6 icmpv6", `
		60000000 00883aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		8600e81e 40000708 00007530 000003e8 # router advertisement
		03016162 63646566 # prefix information, too short
		05026d6d 6d6d6d6d 6d6d6d6d 6d6d6d6d # MTU, too long
		01026868 68686868 68686868 68686868 # a hardware address of 14 bytes
		19027272 72727272 72727272 72727272 # RDNSS of half an address
		18047171 71717171 71717171 71717171 71717171 71717171 71717171 71717171 # route, too long
		1f020000 00000005 3f616263 64656667 # DNSSL, a label too long
		1f010000 00000005 # DNSSL, empty
		25010000 00000000 # captive portal, empty
	`)

	addSample("ndp/option-length-0", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		8600ae20 40000708 00007530 000003e8 # router advertisement
		01010200 00000001 # source link-layer address
		05000000 000005dc # MTU of length 0
	`)

	addSample("ndp/option-overrun", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		8600ae1e 40000708 00007530 000003e8 # router advertisement
		01010200 00000001 # source link-layer address
		05020000 000005dc # MTU, longer than the message
	`)

	addSample("ndp/router-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 000c3aff fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000001
		8600352b 40000708 00000000 # router advertisement, cut short
	`)

	addSample("ndp/neighbor-solicitation", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		87007a18 00000000 fe800000 00000000 00000000 00000005 # neighbor solicitation
		01010200 00000001 # source link-layer address
	`)

	addSample("ndp/duplicate-detection", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff 00000000 00000000 00000000 00000000 ff020000 00000000 # IPv6
		00000001 ff000005
		870043e7 00000000 fe800000 00000000 00000000 00000005 # neighbor solicitation
		0e016162 63646566 # nonce
	`)

	addSample("ndp/neighbor-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 00173aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		87007d28 00000000 fe800000 00000000 00000000 000000 # neighbor solicitation, cut short
	`)

	addSample("ndp/neighbor-advertisement", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		88009817 e0000000 fe800000 00000000 00000000 00000005 # neighbor advertisement
		02010200 00000001 # target link-layer address
	`)

	addSample("ndp/redirect", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00783aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8900d3cd 00000000 fe800000 00000000 00000000 00000005 20010db8 00000000 # redirect
		00000000 00000001
		02010200 00000001 # target link-layer address
		04090000 00000000 # redirected header
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
		00000000 00000000 # padding
	`)

	addSample("ndp/redirect-and-more", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00703aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8900d3d6 00000000 fe800000 00000000 00000000 00000005 20010db8 00000000 # redirect
		00000000 00000001
		04080000 00000000 # redirected header
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
		02010200 00000001 # target link-layer address
	`)

	addSample("ndp/redirect-alone", LinkIPv6, "ipv6 icmpv6", `
		60000000 00283aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		89007c8c 00000000 fe800000 00000000 00000000 00000005 fe800000 00000000 # redirect without options
		00000000 00000005
	`)

	addSample("ndp/redirect-empty-quote", LinkIPv6, "ipv6 icmpv6", `
		60000000 00383aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		89007479 00000000 fe800000 00000000 00000000 00000005 fe800000 00000000 # redirect
		00000000 00000005
		04010000 00000000 # redirected header, empty
		02010200 00000001 # target link-layer address
	`)

	addSample("ndp/redirect-malformed", LinkIPv6, "ipv6 icmpv6", `
		60000000 00383aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		89007a7c 00000000 fe800000 00000000 00000000 00000005 fe800000 00000000 # redirect
		00000000 00000005
		02000000 00000000 00000000 00000000 # an option of length 0
	`)

	addSample("ndp/redirect-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 00183aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		89007b22 00000000 fe800000 00000000 00000000 00000005 # redirect, cut short
	`)

	addSample("ndp/inverse-solicitation", LinkIPv6, "ipv6 icmpv6", `
		60000000 00103aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8d0072ae 00000000 # inverse neighbor solicitation
		01010200 00000001 # source link-layer address
	`)
}

var (
	ndpMAC     = MAC{2, 0, 0, 0, 0, 1}
	ndpTarget5 = netip.MustParseAddr("fe80::5")
)

// ndpMessage gives the message of a sample with its checksum cleared, as Append leaves it.
func ndpMessage(name string) []byte {
	m := bytes.Clone(findSample(name).data[IPv6HeaderLen:])
	ICMPv6(m).SetChecksum(0)
	return m
}

func TestNDPHeaders(t *testing.T) {
	var source, target, nonce, router NDPOptions
	source.AddSourceAddr(ndpMAC)
	target.AddTargetAddr(ndpMAC)
	nonce.Add(NDPOptNonce, []byte("abcdef")...)
	router.AddSourceAddr(ndpMAC)
	router.AddPrefix(NDPPrefix{
		Addr: netip.MustParseAddr("2001:db8:5::"), Bits: 64, OnLink: true, Autonomous: true, RouterAddr: true, Valid: 3600, Preferred: 1800,
	})
	router.AddMTU(1500)

	ns := NeighborSolicitationHeader{ndpTarget5, source}
	wire := ndpMessage("ndp/neighbor-solicitation")
	if got := NeighborSolicitation(wire).Header(); got != ns {
		t.Errorf("%+v, want %+v", got, ns)
	}
	checkAppend(t, "neighbor solicitation", &ns, wire)

	dad := NeighborSolicitationHeader{ndpTarget5, nonce}
	checkAppend(t, "duplicate address detection", &dad, ndpMessage("ndp/duplicate-detection"))

	na := NeighborAdvertisementHeader{true, true, true, ndpTarget5, target}
	wire = ndpMessage("ndp/neighbor-advertisement")
	if got := NeighborAdvertisement(wire).Header(); got != na {
		t.Errorf("%+v, want %+v", got, na)
	}
	checkAppend(t, "neighbor advertisement", &na, wire)
	for bit, h := range map[byte]NeighborAdvertisementHeader{
		0x80: {Router: true, Target: ndpTarget5}, 0x40: {Solicited: true, Target: ndpTarget5}, 0x20: {Override: true, Target: ndpTarget5},
	} {
		if b := h.Append(nil); b[4] != bit || NeighborAdvertisement(b).Header() != h {
			t.Errorf("%+v has flags %#x, want %#x", h, b[4], bit)
		}
	}

	rs := RouterSolicitationHeader{source}
	wire = ndpMessage("ndp/router-solicitation")
	if got := RouterSolicitation(wire).Header(); got != rs {
		t.Errorf("%+v, want %+v", got, rs)
	}
	checkAppend(t, "router solicitation", &rs, wire)

	ra := RouterAdvertisementHeader{
		HopLimit: 64, Managed: true, Other: true, Preference: PreferenceHigh, Lifetime: 1800, ReachableTime: 30000,
		RetransTimer: 1000, Options: router,
	}
	wire = ndpMessage("ndp/router-advertisement")[:RouterAdvertisementLen+8+32+8]
	if got := RouterAdvertisement(wire).Header(); got != ra {
		t.Errorf("%+v, want %+v", got, ra)
	}
	checkAppend(t, "router advertisement", &ra, wire)
	for bits, h := range map[byte]RouterAdvertisementHeader{
		0x80: {Managed: true}, 0x40: {Other: true}, 0x20: {HomeAgent: true}, 0x04: {Proxy: true},
		0x18: {Preference: PreferenceLow}, 0x10: {Preference: PreferenceReserved},
	} {
		if b := h.Append(nil); b[5] != bits || RouterAdvertisement(b).Header() != h {
			t.Errorf("%+v has flags %#x, want %#x", h, b[5], bits)
		}
	}
}

func TestNDPOptionGetters(t *testing.T) {
	source := NDPOption(unhex("0101 020000000001"))
	mtu := NDPOption(unhex("0501 0000 000005dc"))
	prefix := NDPOption(unhex("0304 40a0 00000e10 ffffffff 00000000 20010db8 00050000 00000000 00000001"))
	if m, ok := source.MAC(); !ok || m != ndpMAC {
		t.Errorf("hardware address %v, %v", m, ok)
	}
	if n, ok := mtu.MTU(); !ok || n != 1500 {
		t.Errorf("MTU %d, %v", n, ok)
	}
	want := NDPPrefix{
		Addr: netip.MustParseAddr("2001:db8:5::1"), Bits: 64, OnLink: true, RouterAddr: true, Valid: 3600, Preferred: 0xffffffff,
	}
	if p, ok := prefix.Prefix(); !ok || p != want {
		t.Errorf("prefix %+v, %v", p, ok)
	}
	for _, o := range []NDPOption{
		unhex("0102 020000000001 0000000000000000"), unhex("0e01 020000000001"),
		unhex("0502 0000 000005dc 0000000000000000"), unhex("0301 400000000e10"), mtu, source, prefix,
	} {
		_, isMAC := o.MAC()
		_, isMTU := o.MTU()
		_, isPrefix := o.Prefix()
		if isMAC != bytes.Equal(o, source) || isMTU != bytes.Equal(o, mtu) || isPrefix != bytes.Equal(o, prefix) {
			t.Errorf("%x: hardware address %v, MTU %v, prefix %v", []byte(o), isMAC, isMTU, isPrefix)
		}
	}
}

func TestNDPOptions(t *testing.T) {
	for _, c := range []struct {
		b   string
		err error
	}{
		{"01", ErrTruncated}, {"0100 000000000000", ErrMalformed}, {"0101 0000000000", ErrTruncated},
		{"0101 000000000000", nil}, {"0101 000000000000 05", nil}, {"0102 000000000000", ErrTruncated},
	} {
		o, rest, err := NextNDPOption(unhex(c.b))
		if err != c.err || err == nil && (len(o) != 8 || len(o)+len(rest) != len(unhex(c.b))) {
			t.Errorf("%q: %x, %x, %v", c.b, []byte(o), rest, err)
		}
	}
	var o NDPOptions
	for o.AddMTU(1280) {
	}
	if len(o.Bytes()) != 120 || o.Add(NDPOptNonce) || o.AddPrefix(NDPPrefix{Addr: netip.IPv6Unspecified()}) {
		t.Errorf("%d bytes of options, want 120", len(o.Bytes()))
	}
	if m := MakeNDPOptions(make([]byte, 200)); len(m.Bytes()) != 120 {
		t.Errorf("%d bytes kept of 200", len(m.Bytes()))
	}
	var padded NDPOptions
	padded.Add(NDPOptNonce, 1, 2, 3, 4, 5, 6, 7)
	if want := unhex("0e02 01020304 05060700 00000000 0000"); !bytes.Equal(padded.Bytes(), want) {
		t.Errorf("%x, want %x", padded.Bytes(), want)
	}
}

// TestRedirectQuote: the redirected packet is found among the options, whole or cut by the capture.
func TestRedirectQuote(t *testing.T) {
	for name, want := range map[string]int{
		"ndp/redirect": 64, "ndp/redirect-and-more": 56, "ndp/redirect-alone": 0, "ndp/redirect-empty-quote": 0,
		"ndp/redirect-malformed": 0,
	} {
		m := NDPRedirect(findSample(name).data[IPv6HeaderLen:])
		if got := len(m.Quote()); got != want {
			t.Errorf("%s: quote of %d bytes, want %d", name, got, want)
		}
	}
	s := findSample("ndp/redirect")
	var p Packet
	p.Decode(s.link, s.data[:IPv6HeaderLen+100], len(s.data))
	if got := layerNames(p.Layers()); got != "ipv6 icmpv6 ipv6 udp!" {
		t.Errorf("a redirect cut inside the quote has layers %s", got)
	}
}

// TestDNSSearchList: names are joined from their labels, and none is made up where bytes are missing.
func TestDNSSearchList(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"076578616d706c65 03636f6d 00 03666f6f 00 000000 00000000", `"example.com" "foo"`},
		{"0161 00 0162 00 0163 00 0164 00 0165 00 00", `"a" "b" "c" "d" "e"`},
		{"0161 00 05626262", `"a"`},
		{"c00c 0161 00 000000", ``},
		{"00000000 00000000", ``},
	} {
		data := unhex(c.data)
		data = append(data, make([]byte, -len(data)&7)...)
		o := append(NDPOption{byte(NDPOptDNSSL), byte(1 + len(data)/8), 0, 0, 0, 0, 0, 9}, data...)
		r := &recorder{}
		o.fields(r, 0)
		var got []string
		for _, f := range r.all {
			if f.f == &ndpDomainField {
				got = append(got, f.text)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.data, s, c.want)
		}
	}
}

// FuzzNDPOptions: whatever follows the type and the length of an option, its fields tile it.
func FuzzNDPOptions(f *testing.F) {
	for t, name := range ndpOptNames {
		if name != "" {
			f.Add(uint8(t), make([]byte, 6))
			f.Add(uint8(t), make([]byte, 30))
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		data = data[:min(len(data), 255*8-2)]
		o := append([]byte{kind, byte((len(data) + 9) / 8)}, data...)
		o = append(o, make([]byte, -len(o)&7)...)
		testBytes(t, LinkIPv6, append(unhex(`
			60000000 0000 3a ff fe800000 00000000 00000000 00000001 fe800000 00000000 00000000 00000002
			86000000 40000708 00000000 00000000
		`), o...), 0)
	})
}
