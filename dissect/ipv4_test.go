package dissect

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func init() {
	addSample("ipv4/unknown-protocol", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c464000 40fd11ec c0a84564 c0a84501 # IPv4, protocol 253
		68656c6c 6f # payload
	`)

	addSample("ipv4/ecn", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		458b0019 1c464000 40fd1161 c0a84564 c0a84501 # IPv4, AF41, CE
		68656c6c 6f # payload
	`)

	addSample("ipv4/flags", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c46e000 40fd71eb c0a84564 c0a84501 # IPv4, reserved bit, DF, MF
		68656c6c 6f # payload
	`)

	addSample("ipv4/last-fragment", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c461fff 40fd31ed c0a84564 c0a84501 # IPv4, offset 65528
		68656c6c 6f # payload
	`)

	addSample("ipv4/bad-checksum", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c464000 40fd10ec c0a84564 c0a84501 # IPv4, wrong checksum
		68656c6c 6f
	`)

	addSample("ipv4/total-length-0", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000000 1c464000 40fd1205 c0a84564 c0a84501 # IPv4, length left to the device
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-short", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000018 1c464000 40fd11ed c0a84564 c0a84501 # IPv4, one byte behind TotalLen
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-long", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000064 1c464000 40fd11a1 c0a84564 c0a84501 # IPv4, TotalLen beyond the frame
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-below-header", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000013 1c464000 40fd11f2 c0a84564 c0a84501 # IPv4, TotalLen 19
		68656c6c 6f # payload
	`)

	addSample("ipv4/version-5", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		55000019 1c464000 40fd11ec c0a84564 c0a84501 # version 5
		68656c6c 6f
	`)

	addSample("ipv4/ihl-4", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		44000019 1c464000 40fd11ec c0a84564 c0a84501 # IHL 4
		68656c6c 6f
	`)

	addSample("ipv4/options-missing", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		46000014 1c464000 40fd11f1 c0a84564 c0a84501 # IHL 6, no option there
	`)

	addSample("ipv4/record-route", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		49000029 1c464000 40fdf1c6 c0a84564 c0a84501 # IPv4, record route, one of three filled
		070f08c0 a8456400 00000000 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/source-route", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4800002d 1c464000 4011ef32 c0a84564 c0a84501 # IPv4, loose source route to 10.0.0.9, not finished
		01830b04 0a000001 0a000009
		b8c51b39 000dd7ed 68656c6c 6f # payload
	`)

	addSample("ipv4/source-route-done", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4800002d 1c464000 4011ef24 c0a84564 c0a84501 # IPv4, strict source route, finished
		01890b0c 0a000001 0a000009
		b8c51b39 000ddc4c 68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000025 1c464000 40fdc1c2 c0a84564 c0a84501 # IPv4, time stamps alone
		440c0910 00000001 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp-address", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4a00002d 1c464000 40fda7ea c0a84564 c0a84501 # IPv4, time stamps with addresses, overflow 2
		44141521 c0a84564 00000001 c0a84501 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp-odd", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000025 1c464000 40fdbec5 c0a84564 c0a84501 # IPv4, a time stamp option that ends in the middle
		440a0501 c0a84564 00010101
		68656c6c 6f # payload
	`)

	addSample("ipv4/router-alert", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd7ce3 c0a84564 c0a84501 # IPv4, router alert
		94040000
		68656c6c 6f # payload
	`)

	addSample("ipv4/odd-options", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4e00003d 1c464000 40fdb8f0 c0a84564 c0a84501 # IPv4, MTU probe and reply, stream, quick start, security, traceroute, unknown
		0b0405dc 0c040240 88040007 19080000 12345678
		820bf135 0002abcd 000000de 05010203
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-length-0", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd8de7 c0a84564 c0a84501 # IPv4, length 0
		83000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-length-1", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd0edd c0a84564 c0a84501 # IPv4, length 1
		01070104
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-overrun", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd05d9 c0a84564 c0a84501 # IPv4, a length beyond the header
		070f0400
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-no-length", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd0ee0 c0a84564 c0a84501 # IPv4, a type in the last byte
		01010107
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-end-and-padding", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		47000021 1c464000 40fdcd42 c0a84564 c0a84501 # IPv4, end of options, then noise
		94040000 00deadbe
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-short", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000026 1c464000 40fd2841 c0a84564 c0a84501 # IPv4, known options, too short for what they hold
		07024403 05940300 0b028802 00
		68656c6c 6f # payload
	`)

	addSample("ipv4/in-ipv4", LinkEthernet, "eth ip ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000035 1c464000 400412c9 c0a84564 c0a84501 # IPv4, protocol 4
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("ipv4/too-deep", LinkIPv4, "ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip udp!", `
		450001d9 1c464000 40041125 c0a84564 c0a84501 # IPv4
		450001c5 1c464000 40041139 c0a84564 c0a84501 # IPv4
		450001b1 1c464000 4004114d c0a84564 c0a84501 # IPv4
		4500019d 1c464000 40041161 c0a84564 c0a84501 # IPv4
		45000189 1c464000 40041175 c0a84564 c0a84501 # IPv4
		45000175 1c464000 40041189 c0a84564 c0a84501 # IPv4
		45000161 1c464000 4004119d c0a84564 c0a84501 # IPv4
		4500014d 1c464000 400411b1 c0a84564 c0a84501 # IPv4
		45000139 1c464000 400411c5 c0a84564 c0a84501 # IPv4
		45000125 1c464000 400411d9 c0a84564 c0a84501 # IPv4
		45000111 1c464000 400411ed c0a84564 c0a84501 # IPv4
		450000fd 1c464000 40041201 c0a84564 c0a84501 # IPv4
		450000e9 1c464000 40041215 c0a84564 c0a84501 # IPv4
		450000d5 1c464000 40041229 c0a84564 c0a84501 # IPv4
		450000c1 1c464000 4004123d c0a84564 c0a84501 # IPv4
		450000ad 1c464000 40041251 c0a84564 c0a84501 # IPv4
		45000099 1c464000 40041265 c0a84564 c0a84501 # IPv4
		45000085 1c464000 40041279 c0a84564 c0a84501 # IPv4
		45000071 1c464000 4004128d c0a84564 c0a84501 # IPv4
		4500005d 1c464000 400412a1 c0a84564 c0a84501 # IPv4
		45000049 1c464000 400412b5 c0a84564 c0a84501 # IPv4
		45000035 1c464000 400412c9 c0a84564 c0a84501 # IPv4
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)
}

// TestIPv4Checks: the two grades.
func TestIPv4Checks(t *testing.T) {
	for _, c := range []struct {
		sample       string
		check, whole error
	}{
		{"ipv4/unknown-protocol", nil, nil},
		{"ipv4/bad-checksum", nil, nil},
		{"ipv4/total-length-0", nil, ErrMalformed},
		{"ipv4/total-length-short", nil, nil},
		{"ipv4/total-length-long", nil, ErrTruncated},
		{"ipv4/total-length-below-header", ErrMalformed, ErrMalformed},
		{"ipv4/version-5", ErrUnsupported, ErrUnsupported},
		{"ipv4/ihl-4", ErrMalformed, ErrMalformed},
		{"ipv4/options-missing", ErrTruncated, ErrTruncated},
	} {
		ip := IPv4(findSample(c.sample).data[14:])
		if ip.Check() != c.check || ip.CheckWhole() != c.whole {
			t.Errorf("%s: Check %v, CheckWhole %v, want %v, %v", c.sample, ip.Check(), ip.CheckWhole(), c.check, c.whole)
		}
	}
	if IPv4(nil).Check() != ErrTruncated {
		t.Error("an empty slice is not truncated")
	}
}

// TestIPv4Payload: TotalLen cuts off what stands behind the packet, and zero means the rest.
func TestIPv4Payload(t *testing.T) {
	for _, c := range []struct{ sample, payload string }{
		{"ipv4/unknown-protocol", "hello"},
		{"ipv4/total-length-0", "hello"},
		{"ipv4/total-length-short", "hell"},
		{"ipv4/total-length-long", "hello"},
		{"ipv4/router-alert", "hello"},
	} {
		if got := IPv4(findSample(c.sample).data[14:]).Payload(); string(got) != c.payload {
			t.Errorf("%s: %q, want %q", c.sample, got, c.payload)
		}
	}
}

// TestIPv4Header: every bit of the header is where it belongs in the value.
func TestIPv4Header(t *testing.T) {
	a, b := netip.MustParseAddr("192.168.69.100"), netip.MustParseAddr("192.168.69.1")
	for _, c := range []struct {
		sample string
		want   IPv4Header
	}{
		{"ipv4/unknown-protocol", IPv4Header{TotalLen: 25, ID: 0x1c46, DontFragment: true, TTL: 64, Protocol: 253, Src: a, Dst: b}},
		{"ipv4/ecn", IPv4Header{DSCP: 34, ECN: CE, TotalLen: 25, ID: 0x1c46, DontFragment: true, TTL: 64, Protocol: 253, Src: a, Dst: b}},
		{"ipv4/flags", IPv4Header{TotalLen: 25, ID: 0x1c46, DontFragment: true, MoreFragments: true, TTL: 64, Protocol: 253, Src: a, Dst: b}},
		{"ipv4/last-fragment", IPv4Header{TotalLen: 25, ID: 0x1c46, FragmentOffset: 65528, TTL: 64, Protocol: 253, Src: a, Dst: b}},
	} {
		ip := IPv4(findSample(c.sample).data[14:])
		if got := ip.Header(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.sample, got, c.want)
		}
		if got := ip.IsFragment(); got != (c.want.MoreFragments || c.want.FragmentOffset > 0) {
			t.Errorf("%s: fragment %v", c.sample, got)
		}
	}
	if !IPv4(findSample("ipv4/flags").data[14:]).Reserved() {
		t.Error("the reserved bit is not seen")
	}
}

func TestIPv4Setters(t *testing.T) {
	ip := IPv4(bytes.Clone(findSample("ipv4/router-alert").data[14:]))
	ip.SetTotalLen(28)
	ip.SetTTL(1)
	ip.SetID(0xbeef)
	ip.SetFragment(1480, true)
	ip.FillChecksum()
	h := ip.Header()
	if h.TotalLen != 28 || h.TTL != 1 || h.ID != 0xbeef || h.FragmentOffset != 1480 || !h.MoreFragments || h.DontFragment || !ip.ChecksumOK() {
		t.Errorf("%+v, checksum right: %v", h, ip.ChecksumOK())
	}
	ip.SetFragment(0, false)
	if ip.IsFragment() || ip.ChecksumOK() {
		t.Errorf("%+v, checksum right: %v", ip.Header(), ip.ChecksumOK())
	}
}

// TestIPv4FinalDst: the address of a packet with a source route is at the end of the route until it gets there.
func TestIPv4FinalDst(t *testing.T) {
	for _, c := range []struct{ sample, want string }{
		{"ipv4/unknown-protocol", "192.168.69.1"},
		{"ipv4/record-route", "192.168.69.1"},
		{"ipv4/source-route", "10.0.0.9"},
		{"ipv4/source-route-done", "192.168.69.1"},
		{"ipv4/options-length-0", "192.168.69.1"},
	} {
		if got := IPv4(findSample(c.sample).data[14:]).FinalDst().String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.sample, got, c.want)
		}
	}
	for opt, want := range map[string]bool{
		"8303 04":                   false, // no address
		"8306 04 0a0000":            false, // not a whole one
		"8307 00 0a000001":          false, // a pointer into the option's own header
		"8307 04 0a000001":          true,
		"8307 08 0a000001":          false, // behind the last
		"830b 08 0a000001 0a000009": true,
	} {
		if got := IPv4Option(unhex(opt)).onTheWay(); got != want {
			t.Errorf("%s: on the way: %v, want %v", opt, got, want)
		}
	}
}

// TestIPv4Verdict: what is said of a wrong checksum names the right one.
func TestIPv4Verdict(t *testing.T) {
	good, bad := IPv4(findSample("ipv4/unknown-protocol").data[14:]), IPv4(findSample("ipv4/bad-checksum").data[14:])
	if got, want := good.verdict(), (ChecksumResult{ChecksumGood, good.Checksum()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := bad.verdict(), (ChecksumResult{ChecksumBad, good.Checksum()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestIPv4Options: options of every form come apart as they were put together, order and duplicates kept, and
// what contradicts itself is told from what is cut off.
func TestIPv4Options(t *testing.T) {
	for _, c := range []struct {
		bytes string
		types []IPv4OptionType
		err   error
	}{
		{"", nil, nil},
		{"01 01 94040000 01 94040000 00", []IPv4OptionType{1, 1, 148, 1, 148, 0}, nil},
		{"de02 07030a", []IPv4OptionType{222, 7}, nil},
		{"01 8300", []IPv4OptionType{1}, ErrMalformed},
		{"01 8301", []IPv4OptionType{1}, ErrMalformed},
		{"01 83", []IPv4OptionType{1}, ErrTruncated},
		{"94040000 8305 0102", []IPv4OptionType{148}, ErrTruncated},
	} {
		var types []IPv4OptionType
		var err error
		for b := unhex(c.bytes); len(b) > 0; {
			var o IPv4Option
			if o, b, err = NextIPv4Option(b); err != nil {
				break
			}
			types = append(types, o.Type())
		}
		if !slices.Equal(types, c.types) || err != c.err {
			t.Errorf("%s: %v, %v, want %v, %v", c.bytes, types, err, c.types, c.err)
		}
	}
	long := bytes.Repeat([]byte{1}, 41)
	if o := MakeIPv4Options(long); len(o.Bytes()) != 40 {
		t.Errorf("%d bytes of options were kept", len(o.Bytes()))
	}
	odd := IPv4Header{Options: MakeIPv4Options(unhex("94040000 01")), Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified()}
	if got := IPv4(odd.Append(nil)); got.HeaderLen() != 28 || odd.HeaderLen() != 28 || !bytes.Equal(got.Options(), unhex("94040000 01000000")) {
		t.Errorf("options of five bytes were written as %x", got.Options())
	}
	if !IPv4OptRouterAlert.Copied() || IPv4OptRecordRoute.Copied() {
		t.Error("the copied flag is wrong")
	}
}

// TestIPv4Route: slots before the pointer were visited, the ones behind it are to come, the last is the destination.
func TestIPv4Route(t *testing.T) {
	for _, c := range []struct{ sample, want string }{
		{"ipv4/record-route", "ip.dst=192.168.69.1 ip.rec_rt=192.168.69.100 ip.empty_rt=0.0.0.0 ip.empty_rt=0.0.0.0"},
		{"ipv4/source-route", "ip.cur_rt=192.168.69.1 ip.src_rt=10.0.0.1 ip.dst=10.0.0.9"},
		{"ipv4/source-route-done", "ip.dst=192.168.69.1 ip.rec_rt=10.0.0.1 ip.rec_rt=10.0.0.9"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		var got []string
		for line := range strings.Lines(record(&p, 1).summary()) {
			if line = strings.TrimSpace(line); strings.Contains(line, "_rt=") || strings.HasPrefix(line, "ip.dst=") {
				got = append(got, line)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.sample, got, c.want)
		}
	}
}
