package dissect

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func init() {
	addSample("tcp/syn", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a002faf0 f6f20000 # TCP, SYN as Linux sends it
		020405b4 0402080a 000004b1 00000000 01030307
	`)

	addSample("tcp/syn-ecn", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a1c2faf0 f5320000 # TCP, SYN, ECE, CWR, AE
		020405b4 0402080a 000004b1 00000000 01030307
	`)

	addSample("tcp/data", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 01020304 8018faf0 90610000 # TCP, PSH, ACK
		0101080a 000004b1 00000001 61626364 6566670a
	`)

	addSample("tcp/sack", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000044 1c464000 400612b8 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000064 c010faf0 e75b0000 # TCP, three blocks
		0101051a 00000064 000000c8 000000c9 000000d0
		0000012c 00000190
	`)

	addSample("tcp/urgent", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002b 1c464000 400612d1 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000005 5038faf0 9ee20003 # TCP, URG
		616263
	`)

	addSample("tcp/ack-without-flag", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 0000004d 5001faf0 63310009 # TCP, acknowledgment and urgent pointer without their flags
	`)

	addSample("tcp/reserved-bits", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5ffffaf0 53890000 # TCP, every flag
	`)

	addSample("tcp/options-md5", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a010faf0 430d0000 # TCP, MD5
		13120011 22334455 66778899 aabbccdd eeff0101
	`)

	addSample("tcp/options-experimental", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000044 1c464000 400612b8 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 c002faf0 2aac0000 # TCP, user timeout, fast open, experiment, unknown kind
		1c048005 2206dead beef01fd 06e2d4c3 d9fe04f9
		89c803aa 22020101
	`)

	addSample("tcp/fast-open", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000030 1c464000 400612cc c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 7002faf0 28ec0000 # TCP, requests for a cookie, in both forms
		2202fe04 f9890101
	`)

	addSample("tcp/fast-open-experimental", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000030 1c464000 400612cc c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 7002faf0 47e50000 # TCP, a cookie in the experimental form
		fe08f989 01020304
	`)

	addSample("tcp/accurate-ecn", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000044 1c464000 400612b8 c0a84564 c0a84501 # IPv4
		9b6c1b39 db38c3d6 00000000 c002faf0 4fb20000 # TCP of a port of its own, Accurate ECN in both orders, with three, two, one and no counters
		ac0b0000 01012345 000002ae 08000003 000004ac
		05000005 ae020101
	`)

	addSample("tcp/options-end-and-padding", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000030 1c464000 400612cc c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 7002faf0 8d290000 # TCP, end of options, then noise
		020405b4 00deadbe
	`)

	addSample("tcp/options-length-0", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 4bce0000 # TCP, length 0
		020005b4
	`)

	addSample("tcp/options-length-1", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 517b0000 # TCP, length 1
		01020105
	`)

	addSample("tcp/options-overrun", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 50750000 # TCP, a length beyond the header
		0101020c
	`)

	addSample("tcp/options-no-length", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 517f0000 # TCP, a kind in the last byte
		01010102
	`)

	addSample("tcp/options-odd-lengths", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000038 1c464000 400612c4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 9002faf0 0e600000 # TCP, known kinds with lengths of their own
		02030503 02040300 05030008 03000101
	`)

	addSample("tcp/options-40", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000050 1c464000 400612ac c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 f010faf0 af3c0000 # TCP, as long as they get
		01010101 01010101 01010101 01010101 01010101
		01010101 01010101 01010101 01010101 01010100
	`)

	addSample("tcp/bad-checksum", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5010faf0 12340000 # TCP, wrong checksum
	`)

	addSample("tcp/partial-checksum", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002b 1c464000 400612d1 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5018faf0 0bd40000 # TCP, checksum of the pseudo-header only
		616263
	`)

	addSample("tcp/offset-4", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 4002faf0 63860000 # TCP, data offset 4
	`)

	addSample("tcp/offset-beyond-packet", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 63860000 # TCP, data offset 6
	`)

	addSample("tcp/truncated", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000027 1c464000 400612d5 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5002faf0 638600 # TCP, a byte is missing
	`)
}

// TestTCPChecks: the header must be there up to its data offset.
func TestTCPChecks(t *testing.T) {
	for _, c := range []struct {
		sample string
		want   error
	}{
		{"tcp/syn", nil},
		{"tcp/options-length-0", nil}, // a question for whoever reads the options
		{"tcp/offset-4", ErrMalformed},
		{"tcp/offset-beyond-packet", ErrTruncated},
		{"tcp/truncated", ErrTruncated},
	} {
		seg := TCP(findSample(c.sample).data[34:])
		if seg.Check() != c.want || seg.CheckWhole() != c.want {
			t.Errorf("%s: Check %v, CheckWhole %v, want %v", c.sample, seg.Check(), seg.CheckWhole(), c.want)
		}
	}
}

// TestTCPHeader: every field of the header is where it belongs in the value.
func TestTCPHeader(t *testing.T) {
	for _, c := range []struct {
		sample string
		want   TCPHeader
	}{
		{"tcp/urgent", TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 3677930454, Ack: 5, Flags: URG | ACK | PSH, Window: 64240, Urgent: 3}},
		{"tcp/reserved-bits", TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 3677930454, Flags: 0xfff, Window: 64240}},
	} {
		got := TCP(findSample(c.sample).data[34:]).Header()
		got.Checksum = 0
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.sample, got, c.want)
		}
	}
}

func TestTCPFlagsString(t *testing.T) {
	for f, want := range map[TCPFlags]string{
		0: "none", SYN: "SYN", SYN | ACK: "SYN|ACK", 0x1ff: "FIN|SYN|RST|PSH|ACK|URG|ECE|CWR|AE", FIN | 0xe00: "FIN",
	} {
		if got := f.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint16(f), got, want)
		}
	}
	if f := SYN | ACK; !f.Has(SYN) || !f.Has(SYN|ACK) || f.Has(SYN|FIN) {
		t.Error("Has is wrong")
	}
}

// TestTCPVerdicts: what is said of each kind of checksum.
func TestTCPVerdicts(t *testing.T) {
	for sample, want := range map[string]ChecksumState{
		"tcp/syn": ChecksumGood, "tcp/data": ChecksumGood, "tcp/bad-checksum": ChecksumBad, "tcp/partial-checksum": ChecksumPartial,
	} {
		s := findSample(sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		l := &p.Layers()[2]
		seg := TCP(p.Bytes(l))
		r := p.transportChecksum(l, ProtoTCP, seg, seg.Checksum())
		if r.State != want {
			t.Errorf("%s: %v, want %v", sample, r.State, want)
		}
		pseudo := PseudoHeaderSum(netip.MustParseAddr("192.168.69.100"), netip.MustParseAddr("192.168.69.1"), ProtoTCP, len(seg))
		if ok := seg.ChecksumOK(pseudo); ok != (want == ChecksumGood) {
			t.Errorf("%s: ChecksumOK is %v", sample, ok)
		}
		fixed := TCP(bytes.Clone(seg))
		fixed[:fixed.HeaderLen()].FillChecksum(pseudo, seg.Payload())
		if fixed.Checksum() != r.Want {
			t.Errorf("%s: FillChecksum writes %#04x, the verdict wants %#04x", sample, fixed.Checksum(), r.Want)
		}
		p.Decode(s.link, s.data[:len(s.data)-1], len(s.data))
		l = &p.Layers()[2]
		if l.Err == nil {
			if r := p.transportChecksum(l, ProtoTCP, p.Bytes(l), seg.Checksum()); r.State != ChecksumUnverified {
				t.Errorf("%s, cut short: %v", sample, r.State)
			}
		}
	}
}

// TestTCPOptionValues: what a TCP machine learns from the options of each sample.
func TestTCPOptionValues(t *testing.T) {
	for _, c := range []struct {
		sample string
		want   TCPOptionValues
	}{
		{"tcp/syn", TCPOptionValues{MSS: 1460, HasWindowScale: true, WindowScale: 7, SACKPermitted: true, HasTimestamps: true, TSVal: 1201}},
		{"tcp/sack", TCPOptionValues{SACK: [4]SACKBlock{{100, 200}, {201, 208}, {300, 400}}, NumSACK: 3}},
		{"tcp/options-experimental", TCPOptionValues{UserTimeout: 0x8005}}, // five minutes
		{"tcp/options-end-and-padding", TCPOptionValues{MSS: 1460}},
		{"tcp/options-length-0", TCPOptionValues{}},
		{"tcp/options-odd-lengths", TCPOptionValues{}},
	} {
		if got := TCP(findSample(c.sample).data[34:]).OptionValues(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.sample, got, c.want)
		}
	}
	twice := TCPHeader{Options: MakeTCPOptions(unhex("02040218 020405b4"))}
	if got := TCP(twice.Append(nil)).OptionValues().MSS; got != 1460 {
		t.Errorf("of two MSS options %d counts", got)
	}
	for text, want := range map[string]TCPOptionValues{
		"ac0b 000001 012345 000002": {HasCEBytes: true, CEBytes: 0x012345}, // Accurate ECN: the field in the middle
		"ae08 000001 abcdef":        {HasCEBytes: true, CEBytes: 0xabcdef},
		"ac05 000001":               {},
		"ac02":                      {},
	} {
		h := TCPHeader{Options: MakeTCPOptions(unhex(text))}
		if got := TCP(h.Append(nil)).OptionValues(); got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// TestAccurateECNFields: the counters of both orders, however many there are (RFC 9768 section 3.2.3), by Wireshark's names.
func TestAccurateECNFields(t *testing.T) {
	s := findSample("tcp/accurate-ecn")
	var p Packet
	p.Decode(s.link, s.data, len(s.data))
	const want = `tcp.option_kind=172 (accecn0)
tcp.option_len=11
tcp.options.acc_ecn.ee0b=1
tcp.options.acc_ecn.eceb=74565
tcp.options.acc_ecn.ee1b=2
tcp.option_kind=174 (accecn1)
tcp.option_len=8
tcp.options.acc_ecn.ee1b=3
tcp.options.acc_ecn.eceb=4
tcp.option_kind=172 (accecn0)
tcp.option_len=5
tcp.options.acc_ecn.ee0b=5
tcp.option_kind=174 (accecn1)
tcp.option_len=2
tcp.option_kind=1 (nop)
`
	if got := record(&p, 2).summary(); !strings.Contains(got, want) {
		t.Errorf("%s\nlacks\n%s", got, want)
	}
}

// TestTCPOptionsProperty: whatever options are added, in whatever order, come out of the header again as they went
// in, as long as there was room; and what had no room left nothing behind.
func TestTCPOptionsProperty(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 20000 {
		var o TCPOptions
		var want []byte // the options' wire form, by a second way of writing it
		for range rng.IntN(12) {
			room := o.Room()
			var wire []byte
			var added bool
			switch rng.IntN(7) {
			case 0:
				wire, added = []byte{1}, o.AddNop()
			case 1:
				v := uint16(rng.Uint32())
				wire, added = []byte{2, 4, byte(v >> 8), byte(v)}, o.AddMSS(v)
			case 2:
				v := uint8(rng.Uint32())
				wire, added = []byte{3, 3, v}, o.AddWindowScale(v)
			case 3:
				wire, added = []byte{4, 2}, o.AddSACKPermitted()
			case 4:
				a, b := rng.Uint32(), rng.Uint32()
				wire = []byte{8, 10, byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a), byte(b >> 24), byte(b >> 16), byte(b >> 8), byte(b)}
				added = o.AddTimestamps(a, b)
			case 5:
				blocks := make([]SACKBlock, rng.IntN(6))
				for i := range blocks {
					blocks[i] = SACKBlock{rng.Uint32(), rng.Uint32()}
				}
				fit := min(len(blocks), (room-2)/8)
				for _, b := range blocks[:max(fit, 0)] {
					wire = append(wire, byte(b.Left>>24), byte(b.Left>>16), byte(b.Left>>8), byte(b.Left),
						byte(b.Right>>24), byte(b.Right>>16), byte(b.Right>>8), byte(b.Right))
				}
				wire = append([]byte{5, byte(2 + len(wire))}, wire...)
				if added = o.AddSACK(blocks); added != (fit > 0) {
					t.Fatalf("%d blocks in %d bytes: %v", len(blocks), room, added)
				}
				if !added {
					continue
				}
			case 6:
				kind := TCPOptionKind(2 + rng.IntN(254))
				data := make([]byte, rng.IntN(41))
				for i := range data {
					data[i] = byte(rng.Uint32())
				}
				wire = append([]byte{byte(kind), byte(2 + len(data))}, data...)
				added = o.Add(kind, data...)
			}
			if added != (len(wire) <= room) {
				t.Fatalf("an option of %d bytes in %d: %v", len(wire), room, added)
			}
			if added {
				want = append(want, wire...)
			} else if o.Room() != room {
				t.Fatalf("what did not fit took %d bytes", room-o.Room())
			}
		}
		if !bytes.Equal(o.Bytes(), want) {
			t.Fatalf("%x, want %x", o.Bytes(), want)
		}
		h := TCPHeader{Options: o}
		seg := TCP(h.Append([]byte{0xee})[1:])
		if seg.Check() != nil || seg.HeaderLen() != h.HeaderLen() || !bytes.Equal(seg.Options()[:len(want)], want) {
			t.Fatalf("%x was written as %x", want, seg.Options())
		}
		for b := seg.Options(); len(b) > 0; {
			opt, rest, err := NextTCPOption(b)
			if err != nil {
				t.Fatalf("%x: %v", seg.Options(), err)
			}
			if opt.Kind() == TCPOptEnd && len(want) > 0 {
				t.Fatalf("the end comes %d bytes early in %x", len(want), seg.Options())
			}
			want = want[min(len(opt), len(want)):]
			b = rest
		}
	}
}

// TestTCPOptionsRefused: the one-byte kinds have no length, and there are never more than 40 bytes.
func TestTCPOptionsRefused(t *testing.T) {
	var o TCPOptions
	if o.Add(TCPOptEnd) || o.Add(TCPOptNop, 1) || o.Room() != 40 {
		t.Errorf("one-byte kinds were added with a length: %x", o.Bytes())
	}
	if !o.Add(253, make([]byte, 38)...) || o.AddNop() || o.AddSACKPermitted() || o.AddSACK([]SACKBlock{{1, 2}}) || o.Room() != 0 {
		t.Errorf("%d bytes left", o.Room())
	}
	long := bytes.Repeat([]byte{1}, 41)
	if o := MakeTCPOptions(long); len(o.Bytes()) != 40 {
		t.Errorf("%d bytes of options were kept", len(o.Bytes()))
	}
}

// TestNextTCPOption: what contradicts itself is told from what is cut off, and what came before it is given.
func TestNextTCPOption(t *testing.T) {
	for _, c := range []struct {
		bytes string
		kinds []TCPOptionKind
		err   error
	}{
		{"", nil, nil},
		{"0101 080a0000000000000000 00", []TCPOptionKind{1, 1, 8, 0}, nil},
		{"c802 c80300", []TCPOptionKind{200, 200}, nil},
		{"01 0200", []TCPOptionKind{1}, ErrMalformed},
		{"01 0201", []TCPOptionKind{1}, ErrMalformed},
		{"01 02", []TCPOptionKind{1}, ErrTruncated},
		{"0402 0204 05", []TCPOptionKind{4}, ErrTruncated},
	} {
		var kinds []TCPOptionKind
		var err error
		for b := unhex(c.bytes); len(b) > 0; {
			var o TCPOption
			if o, b, err = NextTCPOption(b); err != nil {
				break
			}
			kinds = append(kinds, o.Kind())
		}
		if !slices.Equal(kinds, c.kinds) || err != c.err {
			t.Errorf("%s: %v, %v, want %v, %v", c.bytes, kinds, err, c.kinds, c.err)
		}
	}
}
