package dissect

import (
	"bytes"
	"strings"
	"testing"
)

func init() {
	addSample("ethernet/unknown-type", LinkEthernet, "eth data", `
		02000000 0001aa64 4735a4bd 88b5 # Ethernet
		00112233 445566 # local experimental type
	`)

	addSample("ethernet/no-payload", LinkEthernet, "eth", `
		02000000 0001aa64 4735a4bd 88b5 # Ethernet
	`)

	addSample("ethernet/padded", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP, no payload
		00000000 00000000 00000000 00000000 0000 # padding to 60 bytes
	`)

	addSample("ethernet/padded-and-trailer", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		00000000 00000000 00000000 00000000 0000 # padding
		cafe0001 # trailer
	`)

	addSample("ethernet/trailer", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		deadbeef # trailer: not zeros, so not padding
	`)

	addSample("ethernet/zeros-below-minimum", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
		00000000 00000000 # a trailer, since the frame does not reach 60 bytes
	`)

	addSample("ethernet/invalid-length", LinkEthernet, "eth data", `
		02000000 0001aa64 4735a4bd 05dd # Ethernet
		42420300 00 # 1501 is neither a length nor a type
	`)

	addSample("ethernet/length-too-long", LinkEthernet, "eth llc stp!", `
		02000000 0001aa64 4735a4bd 0064 # 802.3, 100 bytes promised
		424203 # LLC
		0000 # all there is
	`)

	addSample("ethernet/length-zero", LinkEthernet, "eth llc!", `
		02000000 0001aa64 4735a4bd 0000 # 802.3, length 0
		00000000 00000000 00000000 00000000 00000000 # padding
		00000000 00000000 00000000 00000000 00000000
		00000000 0000
	`)

	addSample("ethernet/novell-raw", LinkEthernet, "eth data", `
		ffffffff ffffaa64 4735a4bd 001e # 802.3, length 30
		ffff001e 00110000 0000ffff ffffffff 04520000 # IPX without LLC
		0000aa64 4735a4bd 4008
	`)

	addSample("llc/stp", LinkEthernet, "eth llc stp", `
		0180c200 00000019 06eab88c 0027 # 802.3, length 39
		424203 # LLC
		00000202 0e800100 1906eab8 80000000 00800100 # Rapid STP
		1906eab8 80800c00 00140002 000f0000
		00000000 000000 # padding
	`)

	addSample("llc/snap-ipv4", LinkEthernet, "eth llc snap ip udp data", `
		02000000 0001aa64 4735a4bd 0029 # 802.3
		aaaa03 # LLC
		00000008 00 # SNAP, RFC 1042
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("llc/snap-arp-802.1h", LinkEthernet, "eth llc snap arp", `
		ffffffff ffffaa64 4735a4bd 0024 # 802.3
		aaaa03 # LLC
		0000f808 06 # SNAP
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
		00000000 00000000 0000 # padding
	`)

	addSample("llc/snap-cdp", LinkEthernet, "eth llc snap cdp", `
		01000ccc cccc0019 06eab885 0012 # 802.3
		aaaa03 # LLC
		00000c20 00 # SNAP, Cisco
		02b4b0bd 0001000a 5377 # CDP, its start
	`)

	addSample("llc/snap-unknown-oui", LinkEthernet, "eth llc snap data", `
		02000000 0001aa64 4735a4bd 000a # 802.3
		aaaa03 # LLC
		00000f00 01 # SNAP
		0102 # ?
	`)

	addSample("llc/ipv4-sap", LinkEthernet, "eth llc ip udp data", `
		02000000 0001aa64 4735a4bd 0024 # 802.3
		060603 # LLC
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("llc/xid", LinkEthernet, "eth llc data", `
		0180c200 0000aa64 4735a4bd 0006 # 802.3
		0001bf # LLC, XID response, final
		810100 # XID information
	`)

	addSample("llc/information", LinkEthernet, "eth llc data", `
		02000000 0001aa64 4735a4bd 0009 # 802.3
		f0f00203 # LLC, I command, N(S)=1, N(R)=1, poll
		68656c6c 6f # hello
	`)

	addSample("llc/receive-ready", LinkEthernet, "eth llc", `
		02000000 0001aa64 4735a4bd 0004 # 802.3
		f0f1f905 # LLC, REJ response, N(R)=2, final, reserved bits set
	`)

	addSample("llc/truncated", LinkEthernet, "eth llc!", `
		02000000 0001aa64 4735a4bd 0002 # 802.3
		aaaa # LLC without control
	`)

	addSample("llc/snap-truncated", LinkEthernet, "eth llc snap!", `
		02000000 0001aa64 4735a4bd 0006 # 802.3
		aaaa03 # LLC
		000000 # SNAP without type
	`)

	addSample("vlan/udp", LinkEthernet, "eth vlan ip udp data", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		70050800 # VLAN 5, priority 3, DEI
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("vlan/llc", LinkEthernet, "eth vlan llc stp", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		00050026 # VLAN 5, length 38
		424203 # LLC
		00000202 0e800100 1906eab8 80000000 00800100 # Rapid STP
		1906eab8 80800c00 00140002 000f00
		00000000 00000000 0000 # padding to 60 and trailer
	`)

	addSample("vlan/qinq", LinkEthernet, "eth ieee8021ad vlan ip udp data", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70058100 # 802.1ad 5
		20060800 # 802.1Q 6
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("vlan/qinq-padded", LinkEthernet, "eth ieee8021ad ip udp", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70050800 # 802.1ad 5
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		00000000 00000000 00000000 0000 # padding
		0102 # trailer
	`)

	addSample("vlan/qinq-llc", LinkEthernet, "eth ieee8021ad llc stp!", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70050005 # 802.1ad 5, length 5
		424203 # LLC
		0000 # STP, its start
	`)

	addSample("vlan/9100", LinkEthernet, "eth vlan vlan arp", `
		02000000 0001aa64 4735a4bd 9100 # Ethernet
		00058100 # tag before the standard
		00060806 # 802.1Q 6
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("vlan/truncated", LinkEthernet, "eth vlan!", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		0005 # no type
	`)
}

// TestEthernetTitles: the tree tells Ethernet II and 802.3 apart; Wireshark's name is one.
func TestEthernetTitles(t *testing.T) {
	for _, c := range []struct{ sample, title string }{
		{"ethernet/unknown-type", "EthernetII"},
		{"ethernet/invalid-length", "EthernetII"},
		{"llc/stp", "802.3"},
		{"ethernet/length-zero", "802.3"},
		{"ethernet/novell-raw", "802.3"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if l := p.Layers()[0]; l.Type.String() != c.title || l.Type.Name() != "eth" {
			t.Errorf("%s: %v, %s, want %s, eth", c.sample, l.Type, l.Type.Name(), c.title)
		}
	}
}

// TestEthernetLength: a length is what is at most 1500; CheckWhole asks for all of it and Payload ends with it.
func TestEthernetLength(t *testing.T) {
	for _, c := range []struct {
		value     EtherType
		bytes     int
		isLength  bool
		whole     error
		inPayload int
	}{
		{0, 46, true, nil, 0},
		{46, 46, true, nil, 46},
		{3, 46, true, nil, 3},
		{47, 46, true, ErrTruncated, 46},
		{1500, 1500, true, nil, 1500},
		{1501, 46, false, nil, 46},
		{0x5ff, 46, false, nil, 46},
		{0x600, 46, false, nil, 46},
		{EtherTypeIPv4, 46, false, nil, 46},
	} {
		h := EthernetHeader{Type: c.value}
		e := Ethernet(append(h.Append(nil), make([]byte, c.bytes)...))
		if c.value.IsLength() != c.isLength || e.CheckWhole() != c.whole || len(e.Payload()) != c.inPayload {
			t.Errorf("%d: length %v, %v, payload %d, want %v, %v, %d", c.value,
				c.value.IsLength(), e.CheckWhole(), len(e.Payload()), c.isLength, c.whole, c.inPayload)
		}
	}
	if err := (Ethernet{13: 0})[:13].CheckWhole(); err != ErrTruncated {
		t.Errorf("13 bytes: %v", err)
	}
}

// TestTrailers: what stands behind the innermost packet is padding or a trailer of the last tag before it.
func TestTrailers(t *testing.T) {
	for _, c := range []struct {
		sample string
		layer  int
		want   string
	}{
		{"ethernet/padded", 0, "eth.padding=" + strings.Repeat("00", 18) + "\n"},
		{"ethernet/padded-and-trailer", 0, "eth.padding=" + strings.Repeat("00", 18) + "\neth.fcs=3405643777\n"},
		{"ethernet/trailer", 0, "eth.trailer=deadbeef\n"},
		{"ethernet/zeros-below-minimum", 0, "eth.trailer=0000000000000000\n"},
		{"ethernet/no-payload", 0, ""},
		{"ethernet/unknown-type", 0, ""},
		{"udp/odd-payload", 0, ""},
		{"udp/shorter-than-ip", 0, ""}, // a byte of the IP packet's, not of the frame's
		{"llc/stp", 0, "eth.padding=" + strings.Repeat("00", 7) + "\n"},
		{"vlan/llc", 0, ""},
		{"vlan/llc", 1, "eth.padding=" + strings.Repeat("00", 4) + "\nvlan.trailer=" + strings.Repeat("00", 6) + "\n"},
		{"vlan/qinq-padded", 1, "eth.padding=" + strings.Repeat("00", 14) + "\nieee8021ah.trailer=0102\n"},
		{"sll/padded", 0, "eth.padding=" + strings.Repeat("00", 16) + "\nsll.trailer=0000\n"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		got := ""
		for line := range strings.Lines(record(&p, c.layer).summary()) {
			if strings.Contains(line, ".padding=") || strings.Contains(line, ".trailer=") || strings.Contains(line, ".fcs=") {
				got += line
			}
		}
		if got != c.want {
			t.Errorf("%s, layer %d: %q, want %q", c.sample, c.layer, got, c.want)
		}
	}
}

// TestEthernetSetters: each setter writes its field and no other.
func TestEthernetSetters(t *testing.T) {
	e := Ethernet(bytes.Repeat([]byte{0xa5}, 15))
	h := EthernetHeader{Dst: MAC{1, 2, 3, 4, 5, 6}, Src: MAC{7, 8, 9, 10, 11, 12}, Type: EtherTypeARP}
	e.SetDst(h.Dst)
	e.SetSrc(h.Src)
	e.SetType(h.Type)
	if e.Header() != h || e[14] != 0xa5 {
		t.Errorf("%x", []byte(e))
	}
}

func TestVLANHeader(t *testing.T) {
	for _, c := range []struct {
		tci uint16
		h   VLANHeader
	}{
		{0x0000, VLANHeader{Type: EtherTypeIPv4}},
		{0x7005, VLANHeader{Priority: 3, DropEligible: true, ID: 5, Type: EtherTypeIPv4}},
		{0xefff, VLANHeader{Priority: 7, ID: 4095, Type: EtherTypeIPv4}},
		{0xffff, VLANHeader{Priority: 7, DropEligible: true, ID: 4095, Type: EtherTypeIPv4}},
	} {
		if got := MakeVLANHeader(c.tci, EtherTypeIPv4); got != c.h || c.h.TCI() != c.tci {
			t.Errorf("%#04x gives %+v, which gives %#04x", c.tci, got, c.h.TCI())
		}
		v := VLAN(bytes.Repeat([]byte{0xa5}, 5))
		v.SetTCI(c.tci)
		v.SetType(EtherTypeIPv4)
		if v.Header() != c.h || v[4] != 0xa5 || len(v.Payload()) != 1 {
			t.Errorf("%#04x was set as %x", c.tci, []byte(v))
		}
	}
	wide := VLANHeader{Priority: 9, ID: 0x1005}
	if got := wide.TCI(); got != 0x2005 {
		t.Errorf("values too wide for their fields give %#04x", got)
	}
}

// TestLLCControl: the forms of the control field and what they are called.
func TestLLCControl(t *testing.T) {
	for _, c := range []struct {
		bytes     string
		header    int
		control   LLCControl
		name      string
		pollFinal bool
	}{
		{"aaaa03", 3, LLCUnnumberedInfo, "UI", false},
		{"aaaa13", 3, 0x13, "UI", true},
		{"f0f07f", 3, 0x7f, "SABME", true},
		{"f0f043", 3, LLCDisconnect, "DISC", false},
		{"f0f10f", 3, LLCDisconnectMode, "DM", false},
		{"f0f173", 3, 0x73, "UA", true},
		{"f0f187", 3, LLCFrameReject, "FRMR", false},
		{"0001af", 3, LLCExchangeID, "XID", false},
		{"0000f3", 3, 0xf3, "TEST", true},
		{"0000ff", 3, 0xff, "0x00ff", true},
		{"f0f00203", 4, 0x0302, "I", true},
		{"f0f00000", 4, 0x0000, "I", false},
		{"f0f10105", 4, 0x0501, "RR", true},
		{"f0f10504", 4, 0x0405, "RNR", false},
		{"f0f10904", 4, 0x0409, "REJ", false},
		{"f0f10d04", 4, 0x040d, "0x040d", false},
	} {
		h := LLC(unhex(c.bytes))
		if h.Check() != nil || h.HeaderLen() != c.header || h.Control() != c.control || h.Control().String() != c.name ||
			h.Control().PollFinal() != c.pollFinal {
			t.Errorf("%s: %v, header %d, control %#x %v, poll or final %v", c.bytes, h.Check(), h.HeaderLen(),
				uint16(h.Control()), h.Control(), h.Control().PollFinal())
		}
	}
	for got, want := range map[string]string{
		SAP(0x42).String(): "STP", SAP(0x43).String(): "STP", SAPGlobal.String(): "Global", SAPISO.String(): "ISO",
		SAP(0x10).String(): "0x10", OUICisco.String(): "Cisco", OUI(0x00abcd).String(): "0x00abcd",
		EtherTypeARP.String(): "ARP", EtherType(0x1234).String(): "0x1234", EtherType(0x5).String(): "0x0005",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
