package dissect

import "testing"

func init() {
	addSample("wlan/beacon", LinkWLAN, "wlan wlan.mgt", `
		80003a01 02000000 00010200 00000002 02000000 00031000 00000000 00000000
		64001100 00047465 73740104 82840b96 03010604 06010203 04050605 04000100
		002a0104 30140100 000fac04 0100000f ac040100 000fac08 00003202 3048dd06
		01020301 6162ff03 226162c8 020100
	`)
	addSample("wlan/probe-request", LinkWLANRadio, "radiotap wlan wlan.mgt", `
		00001a00 2f480000 01000000 00000000 10026c09 a000c401 00004000 3a010200
		00000001 02000000 00020200 00000003 10000004 74657374 01048284 0b960102
		0304
	`)
	addSample("wlan/assoc-request", LinkWLAN, "wlan wlan.mgt", `
		00003a01 02000000 00010200 00000002 02000000 00031000 11000100 00047465
		73740104 82840b96
	`)
	addSample("wlan/assoc-response", LinkWLAN, "wlan wlan.mgt", `
		10003a01 02000000 00010200 00000002 02000000 00031000 11000000 01c00104
		82840b96
	`)
	addSample("wlan/reassoc-request", LinkWLAN, "wlan wlan.mgt", `
		20003a01 02000000 00010200 00000002 02000000 00031000 11000100 02000000
		00010004 74657374
	`)
	addSample("wlan/auth", LinkWLAN, "wlan wlan.mgt", `
		b0003a01 02000000 00010200 00000002 02000000 00031000 01000300 00001004
		61626364
	`)
	addSample("wlan/auth-protected", LinkWLAN, "wlan data", `
		b0403a01 02000000 00010200 00000002 02000000 00031000 00010203 04050607
		08090a0b 0c0d0e0f 10111213
	`)
	addSample("wlan/deauth", LinkWLAN, "wlan wlan.mgt", `
		c0003a01 02000000 00010200 00000002 02000000 00031000 0300
	`)
	addSample("wlan/action", LinkWLAN, "wlan wlan.mgt", `
		d0003a01 02000000 00010200 00000002 02000000 00031000 03006162 63646566
		6768
	`)
	addSample("wlan/atim", LinkWLAN, "wlan", `
		90003a01 02000000 00010200 00000002 02000000 00031000
	`)
	addSample("wlan/reserved", LinkWLAN, "wlan wlan.mgt", `
		60003a01 02000000 00010200 00000002 02000000 00031000 616263
	`)
	addSample("wlan/element-cut", LinkWLAN, "wlan wlan.mgt", `
		40003a01 02000000 00010200 00000002 02000000 00031000 00047465 73740105
		6162
	`)
	addSample("wlan/wrapper", LinkWLAN, "wlan", `
		74003a01 02000000 00010200 00000002 05003412 00010203
	`)
	addSample("wlan/block-ack-request", LinkWLAN, "wlan", `
		84003a01 02000000 00010200 00000002 05003412
	`)
	addSample("wlan/block-ack", LinkWLAN, "wlan", `
		94003a01 02000000 00010200 00000002 05003412 00010203 04050607
	`)
	addSample("wlan/ps-poll", LinkWLAN, "wlan", `
		a40005c0 02000000 00010200 00000002
	`)
	addSample("wlan/rts", LinkWLAN, "wlan", `
		b4003a01 02000000 00010200 00000002
	`)
	addSample("wlan/ack-fcs", LinkWLANRadio, "radiotap wlan", `
		00001a00 2f480000 01000000 00000000 10026c09 a000c401 0000d400 3a010200
		00000001 01020304
	`)
	addSample("wlan/cf-end", LinkWLAN, "wlan", `
		e4003a01 02000000 00010200 00000002
	`)
	addSample("wlan/data", LinkWLAN, "wlan llc snap ip udp", `
		08010000 02000000 00010200 00000002 02000000 00030000 aaaa0300 00000800
		4500001c 00010000 4011667a 0a000001 0a000002 00350035 00080000
	`)
	addSample("wlan/data-fcs", LinkWLANRadio, "radiotap wlan llc snap ip udp", `
		00001a00 2f480000 01000000 00000000 10026c09 a000c401 00000802 00000200
		00000001 02000000 00020200 00000003 0000aaaa 03000000 08004500 001c0001
		00004011 667a0a00 00010a00 00020035 00350008 00000102 0304
	`)
	addSample("wlan/data-wds-qos", LinkWLAN, "wlan llc snap ip udp", `
		88030000 02000000 00010200 00000002 02000000 00030000 02000000 00040501
		aaaa0300 00000800 4500001c 00010000 4011667a 0a000001 0a000002 00350035
		00080000
	`)
	addSample("wlan/data-fragment", LinkWLAN, "wlan data", `
		08050000 02000000 00010200 00000002 02000000 00030000 aaaa0300 00000800
		4500001c 00010000 4011667a 0a000001 0a000002 00350035 00080000
	`)
	addSample("wlan/data-amsdu", LinkWLAN, "wlan data", `
		88020000 02000000 00010200 00000002 02000000 00030000 8500aaaa 03000000
		08004500 001c0001 00004011 667a0a00 00010a00 00020035 00350008 0000
	`)
	addSample("wlan/data-wep", LinkWLANRadio, "radiotap wlan data", `
		00001a00 2f480000 01000000 00000000 10026c09 a000c401 00000841 00000200
		00000001 02000000 00020200 00000003 00000001 02030405 06070809 0a0b0c0d
		0e0f1011 12130102 0304
	`)
	addSample("wlan/data-ccmp", LinkWLAN, "wlan data", `
		08420000 02000000 00010200 00000002 02000000 00030000 20212223 24252627
		28292a2b 2c2d2e2f 30313233 34353637 38393a3b 3c3d3e3f
	`)
	addSample("wlan/null", LinkWLAN, "wlan", `
		48010000 02000000 00010200 00000002 02000000 00030000
	`)
	addSample("wlan/qos-null", LinkWLAN, "wlan", `
		c8010000 02000000 00010200 00000002 02000000 00030000 0702
	`)
	addSample("wlan/htc", LinkWLAN, "wlan llc snap ip udp", `
		88810000 02000000 00010200 00000002 02000000 00030000 07020102 0304aaaa
		03000000 08004500 001c0001 00004011 667a0a00 00010a00 00020035 00350008
		0000
	`)
	addSample("wlan/cut", LinkWLAN, "wlan!", `
		88030000 02000000 00010200 00000002 02000000 00030000
	`)
	addSample("wlan/extension", LinkWLAN, "wlan!", `
		0c000000 00000000 00000000 00000000 00000000 0000
	`)
	addSample("wlan/one-byte", LinkWLAN, "wlan!", `
		08
	`)
	addSample("wlan/mgt-cut", LinkWLAN, "wlan wlan.mgt!", `
		80003a01 02000000 00010200 00000002 02000000 00031000 00000000 00
	`)
	addSample("radiotap/every-field", LinkWLANRadio, "radiotap wlan", `
		00007000 ffff7f00 00000000 00000000 00000102 03040506 0708090a 0b0c0d0e
		0f101112 13141516 1718191a 1b1c1d1e 1f202122 23242526 2728292a 2b2c2d2e
		2f303132 33343536 3738393a 3b3c3d3e 3f404142 43444546 4748494a 4b4c4d4e
		4f505152 53545556 5758595a 5b5c5d5e d4003a01 02000000 0001
	`)
	addSample("radiotap/namespaces", LinkWLANRadio, "radiotap wlan", `
		00001800 220000a0 200800a0 20080100 10050607 08090102 d4003a01 02000000
		00010102 0304
	`)
	addSample("radiotap/vendor", LinkWLANRadio, "radiotap wlan", `
		00001500 040000c0 ffff0000 02000102 03040506 07d4003a 01020000 000001
	`)
	addSample("radiotap/unknown-field", LinkWLANRadio, "radiotap wlan", `
		00000b00 04000002 020001d4 003a0102 00000000 01
	`)
	addSample("radiotap/padded", LinkWLANRadio, "radiotap wlan llc snap ip udp", `
		00000900 02000000 20880100 00020000 00000102 00000000 02020000 00000300
		00070200 00aaaa03 00000008 00450000 1c000100 00401166 7a0a0000 010a0000
		02003500 35000800 00
	`)
	addSample("radiotap/field-cut", LinkWLANRadio, "radiotap wlan", `
		00001200 09000000 00000000 00000000 0000d400 3a010200 00000001
	`)
	addSample("radiotap/words-cut", LinkWLANRadio, "radiotap!", `
		00000800 00000080 d4003a01 02000000 0001
	`)
	addSample("radiotap/version", LinkWLANRadio, "radiotap!", `
		01000800 00000000 d4003a01 02000000 0001
	`)
	addSample("radiotap/cut", LinkWLANRadio, "radiotap!", `
		00001000 01000000 00000000
	`)
	addSample("radiotap/short", LinkWLANRadio, "radiotap!", `
		00000700 00000000 d4003a01 02000000 0001
	`)
}

// TestWLANHeader: a header as a value, written and read again.
func TestWLANHeader(t *testing.T) {
	h := WLANHeader{Type: WLANQoSData, Flags: WLANToDS | WLANRetry, Duration: 44, Addr1: MAC{2, 0, 0, 0, 0, 1}, Addr2: MAC{2, 0, 0, 0, 0, 2},
		Addr3: MAC{2, 0, 0, 0, 0, 3}, Seq: 0xabc, Fragment: 5}
	w := WLAN(append(h.Append([]byte{1, 2, 3})[3:], 0x07, 0x00))
	if err := w.CheckWhole(); err != nil {
		t.Fatal(err)
	}
	got := WLANHeader{w.Type(), w.Flags(), w.Duration(), w.mac(wlanAddr1), w.mac(wlanAddr2), w.mac(wlanAddr3), w.Seq(), w.Fragment()}
	if got != h || w.HeaderLen() != len(w) {
		t.Errorf("%+v of %d bytes, want %+v of %d", got, w.HeaderLen(), h, len(w))
	}
}

// TestWLANMeaning: what the addresses mean by who forwards, and signed and halved numbers of the radio.
func TestWLANMeaning(t *testing.T) {
	for _, c := range []struct{ sample, layer, field, want string }{
		{"wlan/data", "wlan", "wlan.bssid", "02-00-00-00-00-01"},
		{"wlan/data", "wlan", "wlan.sa", "02-00-00-00-00-02"},
		{"wlan/data", "wlan", "wlan.da", "02-00-00-00-00-03"},
		{"wlan/data-fcs", "wlan", "wlan.bssid", "02-00-00-00-00-02"},
		{"wlan/data-fcs", "wlan", "wlan.sa", "02-00-00-00-00-03"},
		{"wlan/data-fcs", "wlan", "wlan.fcs", "67305985"},
		{"wlan/data-wds-qos", "wlan", "wlan.sa", "02-00-00-00-00-04"},
		{"wlan/data-wds-qos", "wlan", "wlan.qos.tid", "5"},
		{"wlan/ps-poll", "wlan", "wlan.aid", "5"},
		{"wlan/data-wep", "wlan", "wlan.wep.icv", "269554195"},
		{"wlan/data-wep", "radiotap", "radiotap.datarate", "2"},
		{"wlan/data-wep", "radiotap", "radiotap.dbm_antsignal", "18446744073709551556"},
		{"wlan/beacon", "wlan.mgt", "wlan.ssid", "74657374"},
		{"wlan/beacon", "wlan.mgt", "wlan.rsn.akms", "1027080"},
		{"wlan/deauth", "wlan.mgt", "wlan.fixed.reason_code", "3"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i, l := range p.Layers() {
			if l.Type.Name() != c.layer {
				continue
			}
			if got, ok := record(&p, i).find(c.field); !ok || got != c.want {
				t.Errorf("%s: %s is %q, want %q", c.sample, c.field, got, c.want)
			}
		}
	}
}

func FuzzRadiotap(f *testing.F) { fuzzView(f, LayerRadiotap) }
func FuzzWLAN(f *testing.F)     { fuzzView(f, LayerWLAN) }
