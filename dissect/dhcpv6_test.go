package dissect

import (
	"bytes"
	"testing"
)

func init() {
	views[LayerDHCPv6] = func(b []byte) view { return DHCPv6(b) }
	looseBodies[LayerDHCPv6] = true
	const addr = "20010db8000000000000000000000001"
	udp := UDPHeader{SrcPort: 546, DstPort: 547}
	for _, s := range []struct{ name, want, text string }{
		{"dhcpv6/solicit", "dhcpv6", `01 123456
			0001 000e 0001 0001 18f00b3f 000c2938f368 # DUID-LLT
			0006 0004 0017 0018 0008 0002 0007 000e 0000 0027 0006 01 04686f7374
			0003 000c 00000001 00000e10 00001518 000f 0009 0003616263 0002 6465
			0010 0008 00000009 0002 6162 0014 0000`},
		{"dhcpv6/reply", "dhcpv6", `07 123456 0002 000d 0002 00000009 61626364656667 0001 000a 0003 0001 000102030405
			0003 003c 00000001 00000e10 00001518 0005 0018` + addr + `00001194 00001c20 000d 0010 0000 616c6c206973206e6f772077656c
			0019 0029 00000001 00000e10 00001518 001a 0019 00001194 00001c20 38` + addr + `
			0017 0010` + addr + `0018 000e 03616263 03636f6d 00 0161 0162 00
			0027 000b 05 04686f7374 03636f6d 00 0040 0005 0461667472 0038 0022 0001 0010` + addr + `0003 0006 036e747003 636f
			0011 000f 00000009 0001 0002 6162 0002 0001 63 0070 0004 68747470`},
		{"dhcpv6/relay", "dhcpv6", "0c 00" + addr + addr + "0012 0004 00000008 0009 002e 0d 01" + addr + addr +
			"0009 0008 01 123456 000e 0000 0025 0006 00000009 0102"},
		{"dhcpv6/auth", "dhcpv6", `0a 123456 000b 0024 02 01 00 4142434445464748 7265616c6d 00000001 000102030405060708090a0b0c0d0e0f
			000b 000e 00 00 00 4142434445464748 616263 0013 0001 05`},
		{"dhcpv6/leasequery", "dhcpv6", "0e 123456 002c 0017 01" + addr + "0006 0002 0001 002d 0008 002e 0004 00000001 002f 0014" + addr + "01020304"},
		{"dhcpv6/odd", "dhcpv6", "1f 123456 0063 0003 616263 ffff 0001 00 0001 0001 00 0003 0002 0000 0008 0001 00 0018 0003 400000 0009 0001 0c 0001 0005 6162"},
		{"dhcpv6/truncated", "dhcpv6!", "01 1234"},
		{"dhcpv6/relay-truncated", "dhcpv6!", "0c 00" + addr},
	} {
		addUDPSample(s.name, "eth ip udp "+s.want, udp, unhex(s.text))
	}
	deep := unhex("01 123456")
	for range 30 {
		deep = AppendDHCPv6Option(append([]byte{12}, make([]byte, 33)...), DHCPv6OptRelayMessage, deep...)
	}
	addUDPSample("dhcpv6/deep", "eth ip udp dhcpv6", udp, deep)
}

func TestDHCPv6Options(t *testing.T) {
	h := DHCPv6Header{Type: DHCPv6Request, XID: 0x123456}
	b := AppendDHCPv6Option(h.Append(bytes.Repeat([]byte{0xa5}, 64)[:0]), DHCPv6OptRapidCommit)
	b = AppendDHCPv6Option(b, DHCPv6OptElapsedTime, 0, 7)
	d := DHCPv6(b)
	if d.Header() != h || d.CheckWhole() != nil || !bytes.Equal(d.Option(DHCPv6OptElapsedTime), []byte{0, 7}) {
		t.Errorf("%x: %+v, %v, %x", b, d.Header(), d.CheckWhole(), d.Option(DHCPv6OptElapsedTime))
	}
	if got := d.Option(DHCPv6OptRapidCommit); got == nil || len(got) != 0 {
		t.Errorf("an option without data is %v", got)
	}
	if got := d.Option(DHCPv6OptStatusCode); got != nil {
		t.Errorf("an option that is not there is %v", got)
	}
	for wire, want := range map[string]error{"": nil, "0001": ErrTruncated, "0001 0000": nil, "0001 0001": ErrTruncated, "0001 0001 00": nil} {
		if _, _, err := NextDHCPv6Option(unhex(wire)); err != want {
			t.Errorf("%q: %v, want %v", wire, err, want)
		}
	}
	for sample, want := range map[string]error{
		"dhcpv6/solicit": nil, "dhcpv6/relay": nil, "dhcpv6/odd": ErrMalformed, "dhcpv6/truncated": ErrTruncated, "dhcpv6/relay-truncated": ErrTruncated,
	} {
		if got := DHCPv6(findSample(sample).data[42:]).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func TestDHCPv6Values(t *testing.T) {
	for _, c := range []struct{ sample, field, want string }{
		{"dhcpv6/solicit", "dhcpv6.duidllt.time", `"Apr  4, 2013 09:58:23.000000000 UTC"`},
		{"dhcpv6/solicit", "dhcpv6.client_domain", `"host"`},
		{"dhcpv6/reply", "dhcpv6.search_list_entry", `"abc.com."`},
		{"dhcpv6/reply", "dhcpv6.iaprefix.pref_len", "56"},
		{"dhcpv6/reply", "dhcpv6.clientfqdn.server.s", "true"},
		{"dhcpv6/relay", "dhcpv6.hopcount", "0"},
		{"dhcpv6/relay", "dhcpv6.xid", "1193046"},
		{"dhcpv6/auth", "dhcpv6.auth.realm", `"realm"`},
	} {
		var p Packet
		s := findSample(c.sample)
		p.Decode(s.link, s.data, len(s.data))
		if got, _ := record(&p, 3).find(c.field); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.sample, c.field, got, c.want)
		}
	}
}

func FuzzDHCPv6(f *testing.F) { fuzzView(f, LayerDHCPv6) }
