package main

import (
	"encoding/binary"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
)

// nano is a pcap file with nanoseconds, in which each digit of a second moves.
func nano() *trace {
	t := newTrace("nano.pcap")
	t.nano = true
	p := path{alice4, bob4}
	for i, d := range []time.Duration{0, 1, 12, 123, 1234, 12345, 123456, 1234567, 12345678, 123456789, 999999999 - 137174205} {
		t.now = t.now.Add(d - step)
		if i == 0 {
			t.now = start
		}
		t.add(p.udpFrame(40000, 6969, "tick"))
	}
	return t
}

// bigEndian is a pcap file as a machine of that byte order writes it.
func bigEndian() *trace {
	p := path{alice4, bob4}
	b := hexBytes("a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001")
	for i := range 3 {
		f := p.udpFrame(40000, 6969, "big endian")
		b = binary.BigEndian.AppendUint32(b, uint32(start.Unix()))
		b = binary.BigEndian.AppendUint32(b, uint32(i*1001))
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return &trace{file: "big-endian.pcap", raw: b}
}

// ngFile is a pcapng file with blocks of any kind, for what the writer of package capture has no need to write.
type ngFile struct {
	b     []byte
	order binary.AppendByteOrder
}

// Types of blocks.
const (
	ngSection    = 0x0a0d0d0a
	ngInterface  = 1
	ngSimple     = 3
	ngNames      = 4
	ngStatistics = 5
	ngEnhanced   = 6
	ngCustom     = 0x00000bad
)

// block appends a block of body.
func (f *ngFile) block(kind uint32, body []byte) {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	size := uint32(12 + len(body))
	f.b = f.order.AppendUint32(f.order.AppendUint32(f.b, kind), size)
	f.b = f.order.AppendUint32(append(f.b, body...), size)
}

// option gives the bytes of an option, value padded.
func (f *ngFile) option(code uint16, value []byte) []byte {
	b := f.order.AppendUint16(f.order.AppendUint16(nil, code), uint16(len(value)))
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (f *ngFile) section(options ...[]byte) {
	b := f.order.AppendUint32(nil, 0x1a2b3c4d)
	b = f.order.AppendUint16(f.order.AppendUint16(b, 1), 0)
	f.block(ngSection, join(append(b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), join(options...)))
}

func (f *ngFile) face(link dissect.LinkType, snaplen uint32, options ...[]byte) {
	b := f.order.AppendUint16(f.order.AppendUint16(nil, uint16(link)), 0)
	f.block(ngInterface, append(f.order.AppendUint32(b, snaplen), join(options...)...))
}

// packet appends an Enhanced Packet Block; stamp is in units of the interface.
func (f *ngFile) packet(iface uint32, stamp uint64, data []byte, options ...[]byte) {
	b := f.order.AppendUint32(nil, iface)
	b = f.order.AppendUint32(f.order.AppendUint32(b, uint32(stamp>>32)), uint32(stamp))
	b = f.order.AppendUint32(f.order.AppendUint32(b, uint32(len(data))), uint32(len(data)))
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	f.block(ngEnhanced, append(b, join(options...)...))
}

// resolutions is a pcapng file with interfaces that count time in different ways, blocks to be skipped among the
// packets.
func resolutions() *trace {
	p := path{alice4, bob4}
	frame := func(data string) []byte { return p.udpFrame(40000, 6969, data) }
	at := uint64(start.Unix())
	f := &ngFile{order: binary.LittleEndian}
	f.section(f.option(4, []byte("smoltcp testdata/generate")), f.option(0, nil))
	f.face(dissect.LinkEthernet, 0)                                                   // microseconds: the default
	f.face(dissect.LinkEthernet, 0, f.option(9, []byte{9}), f.option(0, nil))         // nanoseconds
	f.face(dissect.LinkEthernet, 0, f.option(9, []byte{3}), f.option(0, nil))         // milliseconds
	f.face(dissect.LinkEthernet, 0, f.option(9, []byte{0x80 | 20}), f.option(0, nil)) // 2^-20 s
	f.face(dissect.LinkEthernet, 0, f.option(9, []byte{0}), f.option(0, nil))         // seconds
	offset := f.order.AppendUint64(nil, at)                                           // seconds to be added
	f.face(dissect.LinkEthernet, 0, f.option(9, []byte{6}), f.option(14, offset), f.option(0, nil))
	f.packet(0, at*1e6+1, frame("microseconds"))
	f.packet(1, at*1e9+2003, frame("nanoseconds"))
	f.packet(2, at*1e3+3, frame("milliseconds"))
	f.packet(3, at<<20|1<<18, frame("a quarter"))
	f.packet(4, at+1, frame("seconds"))
	f.packet(5, 1500000, frame("offset"))
	f.block(ngNames, hexBytes("0001 000a c0a84564 616c69636500 0000 0000 0000"))
	f.block(ngCustom, hexBytes("0000ffff 01020304"))
	f.block(0x7fffffff, []byte("a block that nobody knows"))
	f.packet(0, at*1e6+2000001, frame("behind other blocks"))
	f.block(ngStatistics, f.order.AppendUint32(f.order.AppendUint32(f.order.AppendUint32(nil, 0), 0), 0))

	return &trace{file: "resolutions.pcapng", raw: f.b}
}

// sections is a pcapng file of two, the first in big endian, that count their interfaces anew.
func sections() *trace {
	p := path{alice4, bob4}
	at := uint64(start.Unix())
	f := &ngFile{order: binary.BigEndian}
	f.section()
	f.face(dissect.LinkEthernet, 262144, f.option(9, []byte{9}), f.option(0, nil))
	f.packet(0, at*1e9+1001002, p.udpFrame(40000, 6969, "big endian"), f.option(1, []byte("in big endian")), f.option(0, nil))
	f.order = binary.LittleEndian
	f.section()
	f.face(dissect.LinkRaw, 0)
	f.packet(0, at*1e6+2002, p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("little endian"))))
	return &trace{file: "sections.pcapng", raw: f.b}
}

// severalInterfaces is a pcapng file of a router's two interfaces, of two link types, with names, directions, comments
// and a packet without a time.
func severalInterfaces() *trace {
	f := &ngFile{order: binary.LittleEndian}
	f.section(f.option(1, []byte("both sides of a router")), f.option(0, nil))
	name := func(s string) []byte { return f.option(2, []byte(s)) }
	f.face(dissect.LinkEthernet, 0, name("eth0"), f.option(3, []byte("towards the hosts")), f.option(9, []byte{9}), f.option(0, nil))
	f.face(dissect.LinkRaw, 0, name("ppp0"), f.option(9, []byte{6}), f.option(0, nil))
	at := uint64(start.Unix())
	direction := func(d capture.Direction) []byte { return f.option(2, f.order.AppendUint32(nil, uint32(d))) }
	comment := func(s string) []byte { return f.option(1, []byte(s)) }
	stop := f.option(0, nil)
	p := path{alice4, away4}
	inside := p.udpFrame(40000, 6969, "out into the world")
	f.packet(0, at*1e9, inside, direction(capture.DirIn), comment("enters the router"), stop)
	h := dissect.IPv4(inside[dissect.EthernetHeaderLen:]).Header()
	h.TTL--
	f.packet(1, at*1e6+250, append(h.Append(nil), inside[34:]...), direction(capture.DirOut), comment("and leaves it, one hop older"), stop)
	answer := p.back().ip(dissect.ProtoUDP, p.back().udp(6969, 40000, []byte("yo dawg")))
	f.packet(1, at*1e6+20250, answer, direction(capture.DirIn), comment("two"), comment("comments"), stop)
	f.packet(0, at*1e9+20500000, p.back().frame(answer), direction(capture.DirOut), stop)
	f.face(dissect.LinkNull, 96, name("lo"), stop) // described where it is needed
	f.packet(2, at*1e6+30000, append(hexBytes("02000000"), answer...))
	f.block(ngSimple, append(f.order.AppendUint32(nil, uint32(len(inside))), inside...))
	return &trace{file: "several-interfaces.pcapng", raw: f.b}
}

// hostile tries to break its reader: terminal escapes, lengths that lie, and headers in headers.
func hostile() *trace {
	t := newTrace("hostile.pcapng")
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	escapes := "\x1b[2J\x1b]0;pwned\x07\x1b[31m\r\n\x00\x7f\u0085\u009b31m\u202e\xff\xfe"
	t.add(p.udpFrame(40000, 6969, escapes))
	t.last().Comment = []byte("a comment, " + escapes)
	t.add(p.udpFrame(40000, 7, "\r\n"+escapes+"\r\n"))
	t.add(p.tcpFrame(dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1, Ack: 1, Flags: dissect.PSH | dissect.ACK, Window: 502}, escapes))
	portal := dissect.RouterAdvertisementHeader{HopLimit: 64, Lifetime: 1800}
	portal.Options.Add(dissect.NDPOptCaptivePortal, []byte(escapes)...)
	portal.Options.Add(dissect.NDPOptDNSSL, append(hexBytes("0000 00000e10 07"), "\x1b[2J\x07\xff\x00"...)...)
	ra := path{routerLink, allNodes}
	t.add(ra.icmp6Frame(255, ra.icmp6Sum(portal.Append(nil))))

	// Lengths that lie.
	for _, change := range []func(ip []byte){
		func(ip []byte) { dissect.IPv4(ip).SetTotalLen(65535) },
		func(ip []byte) { dissect.IPv4(ip).SetTotalLen(0) },
		func(ip []byte) { dissect.IPv4(ip).SetTotalLen(19) },
		func(ip []byte) { dissect.IPv4(ip).SetTotalLen(21) },
		func(ip []byte) { ip[0] = 0x4f },
		func(ip []byte) { ip[0] = 0x44 },
		func(ip []byte) { ip[0] = 0x40 },
		func(ip []byte) { ip[0] = 0x65 },
		func(ip []byte) { ip[0] = 0xf5 },
		func(ip []byte) { dissect.UDP(ip[20:]).SetLength(65535) },
	} {
		f := p.udpFrame(40000, 6969, "lies")
		ip := f[dissect.EthernetHeaderLen:]
		change(ip)
		// FillChecksum would believe the header length.
		ip[10], ip[11] = 0, 0
		binary.BigEndian.PutUint16(ip[10:], dissect.Sum(0).Add(ip[:dissect.IPv4MinHeaderLen]).Checksum())
		t.add(f)
	}
	for _, n := range []int{1, 65535} {
		t.add(p6.frame(p6.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoUDP, PayloadLen: n}, p6.udp(40000, 6969, []byte("lies")))))
	}
	t.add(p6.frame(p6.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoHopByHop}, hexBytes("11ff c204ffffffff"))))
	t.add(p6.frame(p6.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoRouting}, hexBytes("11ff 00ff 00000000"))))

	// Headers in headers, thirty deep.
	deep := func(wrap func([]byte) []byte) []byte {
		b := p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("at the bottom")))
		for range 30 {
			b = wrap(b)
		}
		return b
	}
	t.add(p.frame(deep(func(b []byte) []byte { return p.ip(dissect.ProtoIPv4, b) })))
	t.add(p.frame(deep(func(b []byte) []byte {
		return p.ip(dissect.ProtoICMP, p.icmp4(dissect.ICMPv4Header{Type: dissect.ICMPv4TimeExceeded}, b))
	})))
	tags := p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("at the bottom")))
	inner := dissect.EtherTypeIPv4
	for i := range 30 {
		tags = append((&dissect.VLANHeader{ID: uint16(i), Type: inner}).Append(nil), tags...)
		inner = dissect.EtherTypeVLAN
	}
	t.add(p.ether(inner, tags))
	chain := p6.udp(40000, 6969, []byte("at the bottom"))
	next := dissect.ProtoUDP
	for range 30 {
		chain = append((&dissect.IPv6OptionsHeader{NextHeader: next}).Append(nil), chain...)
		next = dissect.ProtoDestOpts
	}
	t.add(p6.frame(p6.ip6(dissect.IPv6Header{NextHeader: next}, chain)))

	// Sources that cannot be, a packet to itself, and nothing but ones.
	t.add(path{bob4, bob4}.udpFrame(6969, 6969, "land"))
	t.add(path{end{dissect.BroadcastMAC, bob4.ip}, alice4}.udpFrame(6969, 6969, "from everybody"))
	ones := make([]byte, 64)
	for i := range ones {
		ones[i] = 0xff
	}
	t.add(ones, make([]byte, 64))
	// A frame of which the wire is said to have had 4 GB.
	t.add(p.udpFrame(40000, 6969, "huge"))
	t.last().Len = 0xffffffff
	t.add(p.udpFrame(40000, 6969, "and still here"))
	return t
}
