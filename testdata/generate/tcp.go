package main

import (
	"time"

	"smoltcp/dissect"
)

// talk is a TCP connection that keeps count.
type talk struct {
	t      *trace
	p      path
	ports  [2]uint16 // of p.src and p.dst
	seq    [2]uint32 // the next of each
	window [2]uint16
	stamps bool // both send timestamps
	clock  [2]uint32
	echo   [2]uint32 // the peer's timestamp, as last seen
}

// send adds a segment from side 0 (p.src) or 1 with flags and data.
func (c *talk) send(side int, flags dissect.TCPFlags, data string) {
	p := c.p
	if side == 1 {
		p = p.back()
	}
	h := dissect.TCPHeader{SrcPort: c.ports[side], DstPort: c.ports[1-side], Seq: c.seq[side], Flags: flags, Window: c.window[side]}
	if flags&dissect.ACK != 0 {
		h.Ack = c.seq[1-side]
	}
	if flags&dissect.SYN != 0 {
		h.Window = 64240
		h.Options.AddMSS(1460)
		h.Options.AddSACKPermitted()
		h.Options.AddTimestamps(c.clock[side], c.echo[side])
		h.Options.AddNop()
		h.Options.AddWindowScale(7)
	} else if c.stamps {
		h.Options.AddNop()
		h.Options.AddNop()
		h.Options.AddTimestamps(c.clock[side], c.echo[side])
	}
	c.t.add(p.tcpFrame(h, data))
	c.echo[1-side] = c.clock[side]
	c.seq[side] += uint32(len(data))
	if flags&(dissect.SYN|dissect.FIN) != 0 {
		c.seq[side]++
	}
}

// wait lets time pass, on the clocks too.
func (c *talk) wait(d time.Duration) {
	c.t.wait(d)
	c.clock[0] += uint32(d.Milliseconds())
	c.clock[1] += uint32(d.Milliseconds())
}

// tcpHandshake shows connections from open to close, over both IP versions: one in order, one refused, one reset, one
// with a lost segment, and both ends closing at once.
func tcpHandshake() *trace {
	const (
		SYN, ACK, PSH, FIN, RST = dissect.SYN, dissect.ACK, dissect.PSH, dissect.FIN, dissect.RST
	)
	t := newTrace("tcp-handshake.pcap")
	for i, p := range []path{{alice4, bob4}, {alice6, bob6}} {
		c := &talk{t: t, p: p, ports: [2]uint16{35692 + uint16(i), 6969}, seq: [2]uint32{3677930454, 4294967290},
			window: [2]uint16{502, 509}, stamps: true, clock: [2]uint32{1201, 77001}}
		c.send(0, SYN, "")
		c.send(1, SYN|ACK, "")
		c.send(0, ACK, "")
		c.wait(40 * time.Millisecond)
		c.send(0, PSH|ACK, "abcdefg\n") // the answer's numbers pass zero
		c.send(1, ACK, "")
		c.send(1, PSH|ACK, "gfedcba\n")
		c.send(0, ACK, "")
		c.wait(time.Second)
		c.send(0, FIN|ACK, "")
		c.send(1, FIN|ACK, "")
		c.send(0, ACK, "")
	}
	p := path{alice4, bob4}
	refused := &talk{t: t, p: p, ports: [2]uint16{35700, 7777}, seq: [2]uint32{1000, 0}}
	refused.send(0, SYN, "")
	refused.send(1, RST|ACK, "")

	reset := &talk{t: t, p: p, ports: [2]uint16{35701, 6969}, seq: [2]uint32{5000, 9000}, window: [2]uint16{502, 509}}
	reset.send(0, SYN, "")
	reset.send(1, SYN|ACK, "")
	reset.send(0, ACK, "")
	reset.send(0, PSH|ACK, "never mind")
	reset.send(0, RST, "")

	// The first segment is lost: the second is answered with a SACK, the first comes again.
	lossy := &talk{t: t, p: p, ports: [2]uint16{35702, 6969}, seq: [2]uint32{100, 200}, window: [2]uint16{502, 509}}
	lossy.send(0, SYN, "")
	lossy.send(1, SYN|ACK, "")
	lossy.send(0, ACK, "")
	lossy.seq[0] += 10
	lossy.send(0, PSH|ACK, "9876543210")
	h := dissect.TCPHeader{SrcPort: 6969, DstPort: 35702, Seq: 201, Ack: 101, Flags: ACK, Window: 509}
	h.Options.AddNop()
	h.Options.AddNop()
	h.Options.AddSACK([]dissect.SACKBlock{{Left: 111, Right: 121}})
	t.add(p.back().tcpFrame(h, ""))
	lossy.seq[0] = 101
	lossy.send(0, ACK, "0123456789")
	lossy.seq[0] = 121
	lossy.send(1, ACK, "")
	// Zero window, a probe, and both close at once.
	lossy.window[1] = 0
	lossy.send(1, ACK, "")
	lossy.seq[0]--
	lossy.send(0, ACK, "")
	lossy.seq[0]++
	lossy.send(1, ACK, "")
	lossy.window[1] = 509
	lossy.send(1, ACK, "")
	lossy.send(0, FIN|ACK, "")
	lossy.seq[0]--
	lossy.send(1, FIN|ACK, "")
	lossy.seq[0]++
	lossy.send(0, ACK, "")
	lossy.send(1, ACK, "")

	// Both open at once (RFC 9293 section 3.5), and data comes with the SYN (RFC 7413).
	both := &talk{t: t, p: p, ports: [2]uint16{5000, 5001}, seq: [2]uint32{100, 300}, window: [2]uint16{502, 509}}
	both.send(0, SYN, "")
	both.send(1, SYN, "")
	both.seq = [2]uint32{100, 301}
	both.send(0, SYN|ACK, "")
	both.seq = [2]uint32{101, 300}
	both.send(1, SYN|ACK, "")
	early := &talk{t: t, p: p, ports: [2]uint16{5002, 6969}, seq: [2]uint32{100, 300}}
	early.send(0, SYN, "early")
	early.send(1, SYN|ACK, "")
	return t
}

// tcpOptions shows every option of RFC 9293, 7323, 2018 and 6994 and others that people meet, and what must not
// confuse a reader.
func tcpOptions() *trace {
	t := newTrace("tcp-options.pcap")
	for i, o := range []string{
		"01 01 01 00",                      // no-ops and the end
		"02 04 05b4",                       // MSS
		"03 03 07", "03 03 0e", "03 03 ff", // window scale: usual, largest, too large
		"04 02",                   // SACK permitted
		"05 0a 00000065 00000079", // one block
		"05 12 00000065 00000079 000000c9 000000dd",                                           // two
		"01 01 05 22 00000065 00000079 000000c9 000000dd 0000012d 00000141 00000191 000001a5", // four
		"08 0a 000004b1 00000000",                                                             // timestamps
		"08 0a ffffffff ffffffff",
		"02 04 05b4 04 02 08 0a 000004b1 00000000 01 03 03 07",             // as Linux opens
		"02 04 05b4 01 03 03 08 01 01 04 02",                               // as Windows opens
		"02 04 05b4 01 03 03 06 01 01 08 0a 000004b1 00000000 04 02 00 00", // as macOS opens
		"06 06 01020304", "07 06 01020304", // echo and its reply (RFC 1072)
		"09 02", "0a 03 c0", // partial order (RFC 1693)
		"0b 06 00000001", "0c 06 00000002", "0d 06 00000001", // T/TCP (RFC 1644)
		"0e 03 01", "0f 06 01020304", // alternate checksums (RFC 1146)
		"13 12 000102030405060708090a0b0c0d0e0f", // MD5
		"1b 08 02 40 11223344",                   // quick start
		"1c 04 8064",                             // user timeout: 100 minutes
		"1d 10 0102 000102030405060708090a0b",    // authentication
		"1e 0c 00 81 0102030405060708",           // multipath: capable
		"22 02", "22 0a 0102030405060708",        // fast open: asks for a cookie, shows one
		"45 04 0000",                                               // encryption negotiation
		"ac 0b 000001 000002 000003", "ae 0b 000001 000002 000003", // accurate ECN
		"fd 04 f989", "fd 0c f989 0102030405060708", // shared experiments (RFC 6994): fast open
		"fe 06 abcd 0102", "fe 08 12345678 0102",
		"fd 02", "fe 03 01", // too short for an identifier
		"2a 04 0102", "63 02", // unknown
		"02 04 05b4 02 04 0218", // the same twice
		"04 02 04 02",
		"00 02 04 05b4 00 00 00",   // an option behind the end
		"02 00 05b4", "02 01 05b4", // lengths that make no sense
		"02 02 01 01", "02 03 05 01", "02 05 05b400", "03 02 01 01", "03 04 0700", "04 03 00 01",
		"05 02 01 01", "05 08 00000065 0000", "05 0b 00000065 00000079 00", "08 08 000004b1 0000", "08 0c 000004b1 00000000 0000",
		"13 04 0102", "1c 03 80 01", "22 03 01", "1e 02",
		"02 28 05b4",  // longer than the header
		"01 01 01 02", // no room for a length
	} {
		p := path{alice4, bob4}
		if i%2 == 1 {
			p = path{alice6, bob6}
		}
		h := dissect.TCPHeader{SrcPort: 35000 + uint16(i), DstPort: 6969, Seq: 1000, Flags: dissect.SYN, Window: 64240,
			Options: dissect.MakeTCPOptions(hexBytes(o))}
		t.add(p.tcpFrame(h, ""))
	}
	// All forty bytes, and header lengths below five words and beyond the segment.
	p := path{alice4, bob4}
	full := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.ACK, Window: 502}
	for full.Options.AddNop() {
	}
	t.add(p.tcpFrame(full, "forty"))
	for _, words := range []byte{0, 4, 6, 15} {
		b := p.tcp(dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.ACK, Window: 502}, nil)
		b[12] = words << 4
		dissect.TCP(b).FillChecksum(p.sum(dissect.ProtoTCP, len(b)))
		t.add(p.frame(p.ip(dissect.ProtoTCP, b)))
	}
	return t
}

// tcpFlags shows the combinations of flags that occur, and those that only scanners send.
func tcpFlags() *trace {
	const (
		SYN, ACK, PSH, FIN = dissect.SYN, dissect.ACK, dissect.PSH, dissect.FIN
		RST, URG, ECE, CWR = dissect.RST, dissect.URG, dissect.ECE, dissect.CWR
	)
	t := newTrace("tcp-flags.pcap")
	p := path{alice4, bob4}
	for i, flags := range []dissect.TCPFlags{
		SYN, SYN | ACK, ACK, PSH | ACK, FIN | ACK, RST, RST | ACK, FIN | PSH | ACK,
		SYN | ECE | CWR, SYN | ACK | ECE, ACK | ECE, ACK | CWR, PSH | ACK | CWR, PSH | ACK | ECE,
		SYN | ECE | CWR | dissect.AE, ACK | dissect.AE,
		URG, URG | ACK, URG | PSH | ACK,
		0, FIN, PSH, ECE, CWR, SYN | FIN, SYN | RST, SYN | PSH, FIN | PSH | URG, SYN | URG, RST | FIN,
		FIN | SYN | RST | PSH | ACK | URG | ECE | CWR, 0xfff, 0xe00 | ACK,
	} {
		h := dissect.TCPHeader{SrcPort: 35000 + uint16(i), DstPort: 6969, Seq: 1000, Ack: 2000, Flags: flags, Window: 502}
		if flags&URG != 0 {
			h.Urgent = 4
		}
		t.add(p.tcpFrame(h, ""), p.tcpFrame(h, "data"))
	}
	// An urgent pointer without the flag, and acknowledgments without theirs.
	t.add(p.tcpFrame(dissect.TCPHeader{SrcPort: 36000, DstPort: 6969, Seq: 1, Ack: 7, Flags: ACK, Window: 502, Urgent: 9}, "x"))
	t.add(p.tcpFrame(dissect.TCPHeader{SrcPort: 36001, DstPort: 6969, Seq: 1, Ack: 7, Flags: PSH, Window: 0}, "x"))
	return t
}
