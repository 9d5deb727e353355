package dissect

import (
	"bytes"
	"strings"
	"testing"
)

// dnsUDP frames a DNS message, given in hexadecimal, in UDP from port 53, without checksums.
func dnsUDP(want, name, port, message string) {
	payload := unhex(message)
	udp := UDPHeader{SrcPort: 4000, DstPort: 53, Length: uint16(UDPHeaderLen + len(payload))}
	switch port {
	case "mdns":
		udp.SrcPort, udp.DstPort = 5353, 5353
	case "llmnr":
		udp.DstPort = 5355
	}
	addUDPSample(name, "eth ip udp "+want, udp, payload)
}

// addUDPSample adds a frame with a UDP datagram in IPv4.
func addUDPSample(name, want string, udp UDPHeader, payload []byte) {
	udp.Length = uint16(UDPHeaderLen + len(payload))
	b := unhex("020000000001 aa644735a4bd 0800")
	b = append(b, unhex("4500 0000 1c46 4000 4011 0000 c0a84564 c0a84501")...)
	ip := IPv4(b[14:])
	ip.SetTotalLen(IPv4MinHeaderLen + int(udp.Length))
	ip.FillChecksum()
	b = append(udp.Append(b), payload...)
	samples = append(samples, sample{name, LinkEthernet, b, want})
}

func init() {
	dnsUDP("dns", "dns/query", "dns", `
		1234 0100 0001 0000 0000 0001 # header
		03777777 07657861 6d706c65 03636f6d 00 0001 0001 # www.example.com A IN
		00 0029 04d0 0000 8000 0022 # OPT, DO
		000a 0008 0102030405060708 # COOKIE
		0008 0007 0001 18 00 0a0102 # client subnet
		000b 0002 0064 # keepalive
		000c 0001 00 # padding
	`)
	dnsUDP("dns", "dns/response", "dns", `
		1234 85a0 0001 000a 0000 0000
		03777777 07657861 6d706c65 03636f6d 00 00ff 0001
		c00c 0005 0001 0000003c 0002 c010 # CNAME
		c010 0001 0001 0000003c 0004 01020304 # A
		c010 001c 0001 0000003c 0010 20010db8 00000000 00000000 00000001 # AAAA
		c010 000f 0001 0000003c 0007 000a 026d78 c010 # MX
		c010 0010 0001 0000003c 0006 03616263 0164 # TXT
		c010 0021 0001 0000003c 000a 0001 0002 0185 0168 c010 # SRV
		c010 000c 0001 0000003c 0002 c00c # PTR
		c010 000d 0001 0000003c 0005 0161 026263 # HINFO
		c010 0023 0001 0000003c 000f 0001 0002 0175 03736970 00 0178 c010 # NAPTR
		c010 0006 0001 0000003c 001b 036e7331 c010 00 00000001 00000002 00000003 00000004 00000005 # SOA
	`)
	dnsUDP("dns", "dns/dnssec", "dns", `
		0001 8180 0000 0008 0000 0000
		00 002b 0001 00000000 0008 4f66 08 02 01020304 # DS
		00 002e 0001 00000000 0017 0001 08 00 00000e10 60000000 5f000000 4f66 00 01020304 # RRSIG
		00 002f 0001 00000000 0009 0161 00 0004 40010003 # NSEC
		00 0030 0001 00000000 0008 0101 03 08 01020304 # DNSKEY
		00 0032 0001 00000000 000f 01 00 000a 02 abcd 04 01020304 0001 40 # NSEC3
		00 0033 0001 00000000 0005 01 00 0000 00 # NSEC3PARAM
		00 0034 0001 00000000 0005 03 01 01 abcd # TLSA
		00 002c 0001 00000000 0004 01 01 abcd # SSHFP
	`)
	dnsUDP("dns", "dns/modern", "dns", `
		0001 8180 0000 0004 0000 0001
		00 0041 0001 00000000 002c 0001 00 0001 0003 026832 0003 0002 01bb 0004 0004 01020304
			0006 0010 20010db8 00000000 00000000 00000001 # HTTPS
		00 0101 0001 00000000 0009 00 05 6973737565 6361 # CAA
		00 03e7 0001 00000000 0003 616263 # a type unknown
		00 0063 0001 00000000 0004 03616263 # SPF
		00 00fa 00ff 00000000 001a 0168 00 0000 60000000 012c 0004 01020304 004d 0000 0002 abcd 00 # TSIG, with a byte too many
	`)
	dnsUDP("dns", "dns/update", "dns", `
		0007 2800 0001 0001 0001 0000
		017a 00 0006 0001 # zone
		0171 c00c 0001 00fe 00000000 0000 # q does not exist
		0171 c00c 0001 0001 0000003c 0004 01020304 # add it
	`)
	dnsUDP("dns", "dns/bad-name", "dns", `
		0001 8180 0000 0002 0000 0000
		0161 00 0001 0001 00000000 0004 01020304
		c0ff 0001 0001 00000000 0004 01020304 # a pointer forward
	`)
	dnsUDP("dns", "dns/bad-data", "dns", `
		0001 8180 0000 0008 0000 0001
		00 0001 0001 00000000 0003 010203 # A of three bytes
		00 0010 0001 00000000 0003 056162 # TXT longer than the record
		00 0002 0001 00000000 0002 0561 # NS that leaves the record
		00 0101 0001 00000000 0002 00ff # CAA
		00 0041 0001 00000000 0007 0001 00 0001 00ff # HTTPS
		00 002f 0001 00000000 0003 00 00ff # NSEC
		00 0030 0001 00000000 0002 0101 # DNSKEY
		00 0023 0001 00000000 0005 0001 0002 05 # NAPTR
		00 0029 0200 00000000 0006 0003 0009 6162 # an option longer than the record
	`)
	dnsUDP("dns!", "dns/truncated", "dns", "1234 0100 0001 0000")
	dnsUDP("dns", "dns/trailer", "dns", "1234 0100 0000 0000 0000 0000 00ff")
	dnsUDP("mdns", "mdns/query", "mdns", `
		0000 0000 0001 0000 0000 0000
		055f68747470 045f746370 056c6f63616c 00 000c 8001
	`)
	dnsUDP("mdns", "mdns/response", "mdns", `
		0000 8400 0000 0001 0000 0000
		0178 056c6f63616c 00 0001 8001 00000078 0004 01020304
	`)
	dnsUDP("llmnr", "llmnr/query", "llmnr", `
		0001 0100 0001 0000 0000 0000
		0178 00 0001 0001
	`)
	segment := `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500 %s 1c464000 40060000 c0a84564 c0a84501 # IPv4
		0035 0fa0 00000001 00000001 5018 0200 0000 0000 # TCP
	`
	addSample("dns/tcp", LinkEthernet, "eth ip tcp dns dns", strings.Replace(segment, "%s", "004e", 1)+`
		0011 0001 0100 0001 0000 0000 0000 00 0001 0001
		0011 0002 0100 0001 0000 0000 0000 00 0001 0001
	`)
	addSample("dns/tcp-middle", LinkEthernet, "eth ip tcp data", strings.Replace(segment, "%s", "0030", 1)+`
		ffff 0001 0100 0001
	`)
	addSample("dns/tcp-short", LinkEthernet, "eth ip tcp dns!", strings.Replace(segment, "%s", "002e", 1)+`
		0004 0001 0100
	`)
}

// TestDNSNames: names come out as text, and what is wrong with one is told.
func TestDNSNames(t *testing.T) {
	header := strings.Repeat("00", DNSHeaderLen)
	long := strings.Repeat("3f"+strings.Repeat("61", 63), 4) + "00"
	for _, c := range []struct {
		wire string
		off  int
		text string
		end  int
		err  error
	}{
		{"00", 12, "", 13, nil},
		{"0161 0262 63 00", 12, "a.bc", 18, nil},
		{"0161 00 0162 c00c", 15, "b.a", 19, nil},
		{"0161 00 0162 c00c", 17, "a", 19, nil},
		{"0161", 12, "a", 0, ErrTruncated},
		{"0561", 12, "", 0, ErrTruncated},
		{"c0", 12, "", 0, ErrTruncated},
		{"c00c", 12, "", 0, ErrMalformed},       // to itself
		{"0161 c00c", 12, "a", 0, ErrMalformed}, // to its beginning
		{"c0ff", 12, "", 0, ErrMalformed},
		{"4161 00", 12, "", 0, ErrMalformed},
		{"8161 00", 12, "", 0, ErrMalformed},
		{long, 12, "", 0, ErrMalformed},
		{"00", 99, "", 0, ErrTruncated},
	} {
		d := DNS(unhex(header + c.wire))
		text, end, err := d.AppendName(make([]byte, 0, DNSMaxNameLen), c.off)
		if err != c.err || end != c.end || c.wire != long && string(text) != c.text {
			t.Errorf("%s at %d: %q, %d, %v, want %q, %d, %v", c.wire, c.off, text, end, err, c.text, c.end, c.err)
		}
		name, end, err := d.AppendWireName(nil, c.off)
		if err != c.err || end != c.end {
			t.Errorf("%s at %d: wire form %d, %v, want %d, %v", c.wire, c.off, end, err, c.end, c.err)
		}
		if want, _ := AppendDNSName(nil, c.text); err == nil && !bytes.Equal(name, want) {
			t.Errorf("%s at %d: wire form %x, want %x", c.wire, c.off, name, want)
		}
	}
}

// TestDNSAppendName: what is written reads back, and what cannot be written is refused.
func TestDNSAppendName(t *testing.T) {
	label := strings.Repeat("a", 63)
	longest := strings.Repeat(label+".", 3) + strings.Repeat("a", 61)
	for _, c := range []struct {
		name string
		err  error
	}{
		{"", nil}, {".", nil}, {"a", nil}, {"www.example.com", nil}, {"www.example.com.", nil}, {label, nil}, {longest, nil},
		{longest + "a", ErrMalformed}, {label + "a", ErrMalformed}, {"a..b", ErrMalformed}, {".a", ErrMalformed}, {"a.b..", ErrMalformed},
	} {
		b, err := AppendDNSName(make([]byte, DNSHeaderLen), c.name)
		if err != c.err {
			t.Errorf("%q: %v, want %v", c.name, err, c.err)
			continue
		}
		if err != nil {
			if len(b) != DNSHeaderLen {
				t.Errorf("%q: refused and %d bytes appended", c.name, len(b)-DNSHeaderLen)
			}
			continue
		}
		text, end, err := DNS(b).AppendName(nil, DNSHeaderLen)
		if want := strings.TrimSuffix(c.name, "."); string(text) != want || end != len(b) || err != nil {
			t.Errorf("%q came back as %q, %d of %d, %v", c.name, text, end, len(b), err)
		}
	}
}

// TestDNSWhole: CheckWhole tells a message with all its records from one without.
func TestDNSWhole(t *testing.T) {
	for _, c := range []struct {
		sample string
		err    error
	}{
		{"dns/query", nil}, {"dns/response", nil}, {"dns/dnssec", nil}, {"dns/update", nil}, {"dns/trailer", nil},
		{"dns/bad-name", ErrMalformed}, {"dns/bad-data", nil}, {"dns/truncated", ErrTruncated}, {"mdns/query", nil},
	} {
		d := DNS(findSample(c.sample).data[42:])
		if c.sample == "dns/response" {
			if err := d[:len(d)-1].CheckWhole(); err != ErrTruncated {
				t.Errorf("%s without its last byte: %v", c.sample, err)
			}
		}
		if got := d.CheckWhole(); got != c.err {
			t.Errorf("%s: %v, want %v", c.sample, got, c.err)
		}
	}
}

func TestDNSHeader(t *testing.T) {
	for _, s := range samples {
		if !strings.HasPrefix(s.want, "eth ip udp dns") || strings.HasSuffix(s.want, "!") {
			continue
		}
		d := DNS(s.data[42:])
		h := d.Header()
		dirty := bytes.Repeat([]byte{0xa5}, 64)[:0]
		if got := h.Append(dirty); !bytes.Equal(got, d[:DNSHeaderLen]) {
			t.Errorf("%s: %x, want %x", s.name, got, d[:DNSHeaderLen])
		}
	}
	b, err := AppendDNSQuestion((&DNSHeader{ID: 7, RecursionDesired: true, Questions: 1}).Append(nil), "example.com", DNSTypeAAAA, DNSClassIN)
	q, err2 := DNS(b).Question(DNSHeaderLen)
	if err != nil || err2 != nil || q.Type != DNSTypeAAAA || q.Class != DNSClassIN || q.End != len(b) || !DNS(b).RecursionDesired() {
		t.Errorf("%x: %+v, %v, %v", b, q, err, err2)
	}
}

// TestDNSFields: what a few records say.
func TestDNSFields(t *testing.T) {
	for _, c := range []struct{ sample, field, want string }{
		{"dns/query", "dns.qry.name", `"www.example.com"`},
		{"dns/query", "dns.resp.z.do", "true"},
		{"dns/query", "dns.opt.client.addr4", "10.1.2.0"},
		{"dns/response", "dns.cname", `"example.com"`},
		{"dns/response", "dns.mx.mail_exchange", `"mx.example.com"`},
		{"dns/response", "dns.aaaa", "2001:db8::1"},
		{"dns/response", "dns.srv.service", `"example"`},
		{"dns/dnssec", "dns.dnskey.key_id", "2063"},
		{"dns/modern", "dns.svcb.svcparam.alpn", `"h2"`},
		{"dns/modern", "dns.caa.value", `"ca"`},
		{"mdns/query", "dns.qry.qu", "true"},
		{"mdns/response", "dns.resp.class", "1 (IN)"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if got, _ := record(&p, 3).find(c.field); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.sample, c.field, got, c.want)
		}
	}
}

func FuzzDNS(f *testing.F)   { fuzzView(f, LayerDNS) }
func FuzzMDNS(f *testing.F)  { fuzzView(f, LayerMDNS) }
func FuzzLLMNR(f *testing.F) { fuzzView(f, LayerLLMNR) }
