package dns

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"smoltcp/dissect"
)

func TestNames(t *testing.T) {
	for _, c := range []struct{ text, wire, back string }{
		{".", "\x00", "."},
		{"a", "\x01a\x00", "a."},
		{"Example.COM.", "\x07Example\x03COM\x00", "Example.COM."},
		{`a\.b.c`, "\x03a.b\x01c\x00", `a\.b.c.`},
		{`a\\b`, "\x03a\\b\x00", `a\\b.`},
		{`\000\027x\255`, "\x04\x00\x1bx\xff\x00", `\000\027x\255.`},
		{`a b"c;`, "\x06a b\"c;\x00", `a\032b\"c\;.`},
	} {
		n, err := ParseName(c.text)
		if err != nil || string(n) != c.wire || n.String() != c.back {
			t.Errorf("%s: %q, %v, %s", c.text, n, err, n)
		}
		if again, err := ParseName(n.String()); again != n || err != nil {
			t.Errorf("%s: read back as %q, %v", c.text, again, err)
		}
	}
	for _, c := range []struct {
		name, zone string
		within     bool
	}{
		{"a.example.com", "EXAMPLE.com", true}, {"example.com", "example.com", true}, {"badexample.com", "example.com", false},
		{"com", "example.com", false}, {"a.b", ".", true}, {"example.com.evil", "example.com", false},
	} {
		if mustName(c.name).Within(mustName(c.zone)) != c.within {
			t.Errorf("%s within %s", c.name, c.zone)
		}
	}
	for addr, want := range map[string]string{
		"192.0.2.130": "130.2.0.192.in-addr.arpa.", "::ffff:10.0.0.1": "1.0.0.10.in-addr.arpa.",
		"2001:db8::ab%eth0": "b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := Reverse(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// Records as a zone file has them.
func TestRecordText(t *testing.T) {
	name := hex.EncodeToString([]byte(mustName("m.example")))
	for _, c := range []struct {
		typ        Type
		data, want string
	}{
		{typeA, "c0000201", "192.0.2.1"},
		{typeA, "c00002", `\# 3 c00002`},
		{typeAAAA, "20010db8000000000000000000000001", "2001:db8::1"},
		{dissect.DNSTypeMX, "000a" + name, "10 m.example."},
		{dissect.DNSTypeMX, "000a", `\# 2 000a`},
		{dissect.DNSTypeSOA, name + name + "0000000100000002000000030000000400000005", "m.example. m.example. 1 2 3 4 5"},
		{dissect.DNSTypeSRV, "000100020050" + name, "1 2 80 m.example."},
		{typeTXT, "03612062" + "04225c1bff", `"a b" "\"\\\027\255"`},
		{typeTXT, "00", `""`},
		{typeTXT, "", `\# 0`},
		{typeTXT, "0361", `\# 2 0361`},
		{dissect.DNSTypeCAA, "0005" + hex.EncodeToString([]byte("issueca.example")), `0 issue "ca.example"`},
		{dissect.DNSTypeHINFO, "0341524d054c696e7578", `"ARM" "Linux"`},
		{dissect.DNSTypeNAPTR, "00640032" + "0173" + "03486921" + "00" + name, `100 50 "s" "Hi!" "" m.example.`},
		{dissect.DNSTypeDS, "ec45050100ff", "60485 5 1 00FF"},
		{dissect.DNSTypeDNSKEY, "01000305010203", "256 3 5 AQID"},
		{dissect.DNSTypeRRSIG, "0001" + "0502" + "00015180" + "3e7fb3ff" + "3e5826ff" + "0a5a" + name + "0102", "A 5 2 86400 20030325014223 20030223014223 2650 m.example. AQI="},
		{dissect.DNSTypeNSEC, name + "0006400100000003" + "01020040", "m.example. A MX RRSIG NSEC TYPE265"},
		{dissect.DNSTypeHTTPS, "000100" + "0001000302" + "6833" + "0003000201bb" + "00040004c0000201", `1 . alpn="h3" port=443 ipv4hint=192.0.2.1`},
		{dissect.DNSTypeHTTPS, "000100" + "0004000301", `\# 8 0001000004000301`},
		{65280, "0a0b", `\# 2 0a0b`},
	} {
		data, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Record{Root, c.typ, 1, 0, data}).DataString(); got != c.want {
			t.Errorf("%v %s: %s, want %s", c.typ, c.data, got, c.want)
		}
		// Every prefix of it is something that can be printed.
		for n := range data {
			if s := (Record{Root, c.typ, 1, 0, data[:n]}).DataString(); strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%v %x: %q", c.typ, data[:n], s)
			}
		}
	}
	for _, typ := range []Type{1, 28, 257, 65280, TypeANY} {
		if got, ok := ParseType(strings.ToLower(TypeText(typ))); got != typ || !ok {
			t.Errorf("%v: %v, %v", typ, got, ok)
		}
	}
	for _, bad := range []string{"", "X", "TYPE", "TYPE65536"} {
		if got, ok := ParseType(bad); ok {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

// Names in data are written out when a message is read, and what does not fit its data is refused.
func TestParseMessage(t *testing.T) {
	const header = "0007 8180 0001 0001 0000 0000"
	question := "0161 0162 00 0001 0001"
	for _, c := range []struct{ record, want string }{
		{"c00c 000f 0001 0000003c 0006 000a 0178 c00e", "a.b. 60 IN MX 10 x.b."},
		{"c00c 0005 0001 0000003c 0002 c00e", "a.b. 60 IN CNAME b."},
		{"c00c 0006 0001 0000003c 0018 c00c c00e 00000001 00000002 00000003 00000004 00000005", "a.b. 60 IN SOA a.b. b. 1 2 3 4 5"},
		{"c00c 0006 0001 0000003c 0004 c00c c00e", "malformed"},
		{"c00c 0005 0001 0000003c 0001 c0", "malformed"},
		{"c00c 0005 0001 0000003c 0002 c0ff", "malformed"},
		{"c00c 000f 0001 0000003c 0001 00", "malformed"},
		{"c00c 0001 0001 0000003c 0003 010203", "malformed"},
		{"c00c 0001 0001 0000003c 0004 010203", "truncated"},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(header+question+c.record, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseMessage(b)
		got := ""
		switch {
		case err == dissect.ErrMalformed:
			got = "malformed"
		case err == dissect.ErrTruncated:
			got = "truncated"
		default:
			got = text(m.Answer)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.record, got, c.want)
		}
	}
}

// Response codes have names, those of EDNS too.
func TestRcodes(t *testing.T) {
	for code, want := range map[Rcode]string{0: "NoError", 3: "NXDomain", 16: "BadVers", 300: "300"} {
		if got := code.String(); got != want {
			t.Errorf("%d: %s, want %s", code, got, want)
		}
	}
}
