package dissect

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// dhcpHex is the part of a DHCP message before the options.
const dhcpHex = `
	01 01 06 00 11223344 0003 8000
	00000000 0a010203 0a010201 00000000
	020000000001 00000000 00000000 0000 # client MAC and padding
`

func dhcpSample(want, name, head, options string) {
	names := strings.Repeat("00", 64+128)
	payload := unhex(head + names + options)
	addUDPSample(name, "eth ip udp "+want, UDPHeader{SrcPort: 68, DstPort: 67}, payload)
}

func init() {
	dhcpSample("dhcp", "dhcp/discover", dhcpHex, `
		63825363
		35 01 01 # Discover
		3d 07 01 020000000001 # client ID
		32 04 0a010203 # requested address
		0c 03 616263 # host name
		37 04 01 03 06 0f
		39 02 05dc
		51 06 01 00 00 616263 # FQDN
		52 09 01 03 616263 02 02 6465 # relay agent
		ff 0000
	`)
	dhcpSample("dhcp", "dhcp/offer", strings.Replace(dhcpHex, "01 01 06", "02 01 06", 1), `
		63825363
		35 01 02 01 04 ffffff00 03 08 0a010201 0a010202 06 04 0a010201 33 04 00000e10 36 04 0a010201
		3a 04 00000708 3b 04 00000c4e 0f 03 642e65 2a 04 0a010201 1a 02 05dc 1c 04 0a0102ff
		79 0d 18 0a0102 01010101 00 0a010202 2b 03 010161 13 01 01 17 01 40 5d 04 0007 0009 ff
	`)
	dhcpSample("dhcp", "dhcp/odd", dhcpHex, `
		63825363
		35 02 0101 # a type of two bytes
		01 03 ffffff # a mask of three
		02 04 fffff1f0 # before UTC
		0c 00 # an empty name
		3d 04 00 616263 51 02 0000 51 07 04 0000 03 616263 52 03 01 05 61 c8 02 6162 # too short, encoded, lying, unknown
		3d 05 02 01020304
		0c 09 616263 # longer than the message
	`)
	dhcpSample("dhcp", "dhcp/bootp", strings.Replace(dhcpHex, "01 01 06", "01 06 10", 1), "00000000 0102")
	dhcpSample("dhcp", "dhcp/no-vendor-area", strings.Replace(dhcpHex, "01 01 06", "01 07 01", 1), "")
	addUDPSample("dhcp/truncated", "eth ip udp dhcp!", UDPHeader{SrcPort: 68, DstPort: 67}, unhex(dhcpHex))
}

// TestDHCPHeader: a message is built from the header and options, and reads back.
func TestDHCPHeader(t *testing.T) {
	h := DHCPHeader{
		Op: DHCPOpRequest, XID: 0x11223344, Seconds: 3, Broadcast: true, ClientMAC: MAC{2, 0, 0, 0, 0, 1},
		ClientIP: netip.IPv4Unspecified(), YourIP: netip.MustParseAddr("10.1.2.3"), ServerIP: netip.MustParseAddr("10.1.2.1"), RelayIP: netip.IPv4Unspecified(),
	}
	want := findSample("dhcp/discover").data[42:]
	got := h.Append(bytes.Repeat([]byte{0xa5}, 300)[:0])
	if !bytes.Equal(got, want[:DHCPHeaderLen]) {
		t.Errorf("%x, want %x", got, want[:DHCPHeaderLen])
	}
	got = AppendDHCPOption(got, DHCPOptMessageType, byte(DHCPDiscover))
	got = AppendDHCPOption(got, DHCPOptHostName, []byte("abc")...)
	got = append(got, byte(DHCPOptEnd))
	d := DHCP(got)
	if d.CheckWhole() != nil || d.MessageType() != DHCPDiscover || string(d.Option(DHCPOptHostName)) != "abc" || d.Option(DHCPOptRouter) != nil {
		t.Errorf("%x: %v, %v, %q", got, d.CheckWhole(), d.MessageType(), d.Option(DHCPOptHostName))
	}
	if back := d.Header(); back != h {
		t.Errorf("%+v, want %+v", back, h)
	}
}

// TestDHCPOptions: how options are split, and what is wrong with them.
func TestDHCPOptions(t *testing.T) {
	for _, c := range []struct {
		wire  string
		types []DHCPOptionType
		err   error
	}{
		{"", nil, nil},
		{"00 00 ff", []DHCPOptionType{0, 0, 255}, nil},
		{"01 02 abcd 03 00 ff", []DHCPOptionType{1, 3, 255}, nil},
		{"01", nil, ErrTruncated},
		{"00 01 02 ab", []DHCPOptionType{0}, ErrTruncated},
	} {
		var types []DHCPOptionType
		rest := unhex(c.wire)
		var err error
		for len(rest) > 0 {
			var opt DHCPOption
			if opt, rest, err = NextDHCPOption(rest); err != nil {
				break
			}
			types = append(types, opt.Type())
		}
		if err != c.err || !slices.Equal(types, c.types) {
			t.Errorf("%s: %v, %v, want %v, %v", c.wire, types, err, c.types, c.err)
		}
	}
	for sample, want := range map[string]error{
		"dhcp/discover": nil, "dhcp/offer": nil, "dhcp/odd": ErrMalformed, "dhcp/bootp": ErrUnsupported, "dhcp/truncated": ErrTruncated,
	} {
		if got := DHCP(findSample(sample).data[42:]).CheckWhole(); got != want {
			t.Errorf("%s: %v, want %v", sample, got, want)
		}
	}
}

func FuzzDHCP(f *testing.F) { fuzzView(f, LayerDHCP) }
