package dissect

import "testing"

func init() {
	snmp := UDPHeader{SrcPort: 4000, DstPort: 161}
	oid := "06 08 2b06010201010100"
	for _, s := range []struct{ name, want, text string }{
		{"snmp/get", "snmp", "30 26 020100 04 06 7075626c6963 a0 19 020105 020100 020100 30 0e 30 0c" + oid + "0500"},
		{"snmp/response", "snmp", "307902010104067075626c6963a26c0201050201020201013061300f06082b060102010101000403616263300d06082b06010201010100020107300d06082b06010201010100410105300d06082b06010201010100420105300d06082b06010201010100430105300f06082b0601020101010006032b0601020107"},
		{"snmp/values", "snmp", "3042020101040170a23a020105020100020100302f301006082b06010201010100400401020304300d06082b060102010101000201f9300c06082b060102010101008000"},
		{"snmp/bulk", "snmp", "30 21 020101 04 01 70 a5 19 020105 020101 02010a 30 0e 30 0c" + oid + "0500"},
		{"snmp/trap", "snmp", "30 27 020100 04 06 7075626c6963 a4 1a 0606 2b0601040109 4004 0a010203 020103 020100 4302 1234 3000"},
		{"snmp/version-3", "snmp", `30 55 020103 30 0d 020164 020205dc 0401 04 020103
			04 18 3016 0405 8000010203 020101 020102 0403 626f62 0400 0400
			30 27 0404 63747865 0404 6374786e a0 19 020105 020100 020100 30 0e 30 0c` + oid + "0500"},
		{"snmp/encrypted", "snmp", "30 37 020103 30 0d 020164 020205dc 0401 07 020103 04 18 3016 0405 8000010203 020101 020102 0403 626f62 0400 0400 0409 656e63727970746564"},
		{"snmp/unread", "snmp", "30 0e 020100 04 06 7075626c6963 a9 00 ff"},
		{"snmp/not-a-sequence", "snmp!", "31 00"},
		{"snmp/truncated", "snmp!", "30 26 020100"},
	} {
		addUDPSample(s.name, "eth ip udp "+s.want, snmp, unhex(s.text))
	}
}

func TestSNMP(t *testing.T) {
	for _, c := range []struct {
		sample    string
		version   int
		community string
	}{
		{"snmp/get", 0, "public"}, {"snmp/bulk", 1, "p"}, {"snmp/version-3", 3, ""},
	} {
		m := SNMP(findSample(c.sample).data[42:])
		if m.Version() != c.version || string(m.Community()) != c.community || m.Len() != len(m) {
			t.Errorf("%s: version %d, community %q, %d of %d bytes", c.sample, m.Version(), m.Community(), m.Len(), len(m))
		}
	}
}

// TestBER: headers, and what is wrong with them.
func TestBER(t *testing.T) {
	for _, c := range []struct {
		wire         string
		header, size int
		err          error
	}{
		{"0500", 2, 0, nil}, {"0401 61", 2, 1, nil}, {"0481 01 61", 3, 1, nil}, {"0482 0001 61", 4, 1, nil},
		{"", 0, 0, ErrTruncated}, {"04", 0, 0, ErrTruncated}, {"0402 61", 0, 0, ErrTruncated}, {"0482 00", 0, 0, ErrTruncated},
		{"0488 ffffffffffffffff", 0, 0, ErrTruncated}, {"0480 0000", 0, 0, ErrUnsupported}, {"1f81 00", 0, 0, ErrUnsupported},
	} {
		_, header, size, err := berHeader(unhex(c.wire))
		if header != c.header || size != c.size || err != c.err {
			t.Errorf("%s: %d, %d, %v, want %d, %d, %v", c.wire, header, size, err, c.header, c.size, c.err)
		}
	}
	for wire, want := range map[string]string{
		"2b060102": "1.3.6.1.2", "8837 01": "2.999.1", "00": "0.0", "78": "2.40", "2b8fffffff7f": "1.3.4294967295",
	} {
		if got, ok := appendOID(make([]byte, 0, 99), unhex(wire)); !ok || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", wire, got, ok, want)
		}
	}
	for _, wire := range []string{"2b86", "2bffffffffffffffffff7f"} {
		if got, ok := appendOID(make([]byte, 0, 99), unhex(wire)); ok {
			t.Errorf("%s: %q", wire, got)
		}
	}
}

func FuzzSNMP(f *testing.F) { fuzzView(f, LayerSNMP) }
