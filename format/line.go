package format

import (
	"encoding/binary"

	"smoltcp/dissect"
)

// Line prints a packet the way tcpdump -n does, byte for byte: one line, more of them with -v or a hex dump.
// It is a [Printer].
//
// tcpdump's text depends on the packets before: TCP sequence numbers are counted from the first that a
// connection showed, and some times from an earlier packet. A Line remembers that, so it serves one capture from its
// start, one packet after another. What it remembers is bounded; see [Line.SetMaxFlows].
//
// There is a method for each protocol. It appends to b the text for a header at d, the captured bytes from
// there to the end of the enclosing packet, of which length bytes are the protocol's by the word of the layer
// around it; either may be the larger. Methods that hand over to the next protocol check p.stopped before they
// append anything behind it.
type Line struct {
	opts  Options
	force *packetType // of opts.PacketType, nil for none
	clock clock
	odd   oddClock
	flows flowTable
	ike   ikePeers

	// Of the packet that is being printed:
	link      linkAddrs // addresses of the link, for protocols that print them
	linkLen   int       // bytes at the front of the frame that -x, -X and -A leave out
	depth     int       // packets within packets so far
	unescaped []byte    // a PPP packet without its escapes
	moved     []byte    // what stands behind a process that is inserted
	stopped   bool      // captured bytes ran out where nothing more can be said

	// While it is printed into a piece:
	piece     *Piece
	remembers bool // the text needs a memory that is not here, see alone
}

// linkAddrs are the hardware addresses of a frame, nil where the link has none.
type linkAddrs struct{ src, dst []byte }

// maxLineDepth bounds packets within packets: tunnels, and quotes in ICMP errors. A frame of ordinary size
// cannot hold more; tcpdump itself has no bound.
const maxLineDepth = 32

// NewLine returns a printer with options o.
func NewLine(o Options) *Line {
	p := &Line{opts: o, clock: newClock(&o), force: findPacketType(o.PacketType)}
	p.flows.init(DefaultMaxFlows)
	return p
}

// SetMaxFlows sets how many TCP connections are remembered, at about 70 bytes each. When there are more, one
// that showed no packet for long is forgotten, and its next packet counts as its first. Whatever was
// remembered before is forgotten. Zero or less means DefaultMaxFlows.
func (p *Line) SetMaxFlows(n int) {
	if n <= 0 {
		n = DefaultMaxFlows
	}
	p.flows.init(n)
}

// maxSnaplen is the longest frame that tcpdump believes in.
const maxSnaplen = 262144

// Append appends the text of one packet, its newline included, to b and returns the extended slice.
func (p *Line) Append(b []byte, f *Frame) []byte {
	if p.opts.Number {
		b = appendBlanked(b, f.Num, 5)
		b = append(b, "  "...)
	}
	d, wire := f.Packet.Data, f.Packet.Wire
	if stated := f.Packet.Stated; len(d) == 0 || stated < len(d) || wire > maxSnaplen {
		return appendInvalidHeader(b, len(d), stated)
	}
	if p.opts.Time != TimeNone {
		b = p.on(b, RoleTime)
		b = p.time(b, f)
		b = append(p.off(b, RoleTime), ' ')
	}
	p.link, p.linkLen, p.depth, p.stopped = linkAddrs{}, 0, 0, false
	start := len(b)
	if f.Interface != "" && f.Packet.Link != dissect.LinkSLL2 { // that one tells its interface itself
		b = appendOrigin(b, f)
	}
	b = p.frame(b, f.Packet.Link, d, wire)
	if f.Process.PID != 0 {
		b = p.insertProcess(b, start, &f.Process)
	}
	if p.opts.Hex != HexNone {
		b = appendDump(b, p.opts.Hex, d, p.linkLen)
	}
	return append(b, '\n')
}

// appendInvalidHeader says why a packet's record in the file makes no sense.
func appendInvalidHeader(b []byte, caplen, wire int) []byte {
	b = append(b, "[Invalid header:"...)
	sep := " "
	if caplen == 0 {
		b = append(append(b, sep...), "caplen==0"...)
		sep = ", "
	}
	switch {
	case wire == 0:
		b = append(append(b, sep...), "len==0"...)
	case wire > maxSnaplen:
		b = appendInt(append(append(b, sep...), "len("...), wire)
		b = appendInt(append(b, ") > "...), maxSnaplen)
	case wire < caplen:
		b = appendInt(append(append(b, sep...), "len("...), wire)
		b = append(appendInt(append(b, ") < caplen("...), caplen), ')')
	}
	return append(b, "]\n"...)
}

// frame prints a frame of link type t.
func (p *Line) frame(b []byte, t dissect.LinkType, d []byte, length int) []byte {
	b, known := p.knownFrame(b, t, d, length)
	if !known {
		b = appendHexLines(append(b, "UNSUPPORTED"...), d, true)
	}
	return b
}

// knownFrame prints a frame of link type t if that is known.
func (p *Line) knownFrame(b []byte, t dissect.LinkType, d []byte, length int) (_ []byte, known bool) {
	switch t {
	case dissect.LinkEthernet:
		return p.headed(p.ethernet(b, d, length)), true
	case dissect.LinkRaw, dissect.LinkIPv4, dissect.LinkIPv6:
		return p.rawIP(b, d, length), true
	case dissect.LinkSLL:
		return p.sll(b, d, length), true
	case dissect.LinkSLL2:
		return p.sll2(b, d, length), true
	case dissect.LinkPPP:
		return p.headed(p.pppFrame(b, d, length)), true
	case dissect.LinkNull, dissect.LinkLoop:
		return p.null(b, d, length), true
	case dissect.LinkWLAN:
		return p.headed(p.wlan(b, d, length, 0, false)), true
	case dissect.LinkWLANRadio:
		return p.headed(p.radiotap(b, d, length)), true
	case dissect.LinkWLANPrism:
		return p.headed(p.prism(b, d, length)), true
	case dissect.LinkWLANAVS:
		return p.headed(p.avs(b, d, length)), true
	}
	b, header, known := p.otherLink(b, t, d, length)
	if known {
		b = p.headed(b, header)
	}
	return b, known
}

// headed notes that n bytes of a frame stand before the network layer, as its printer found.
func (p *Line) headed(b []byte, n int) []byte {
	if !p.stopped {
		p.linkLen += n
	}
	return b
}

// dump appends bytes that no method explains, unless the user asked for less, or for a dump in hexadecimal, which shows
// them anyway.
func (p *Line) dump(b, d []byte) []byte {
	switch p.opts.Hex {
	case HexPacket, HexFrame, HexASCIIPacket, HexASCIIFrame:
		return b
	}
	if p.opts.Quiet {
		return b
	}
	return appendHexLines(b, d, true)
}

// dumpAll is dump for a protocol that was promised length bytes and gives up where they were not captured.
func (p *Line) dumpAll(b, d []byte, length int, proto string) []byte {
	at := len(b)
	b = p.dump(b, clip(d, length))
	if len(b) > at && length > len(d) {
		return p.stop(b, proto)
	}
	return b
}

// trunc says that bytes of protocol proto were not captured. What stands around it is still printed.
func (p *Line) trunc(b []byte, proto string) []byte {
	b = p.on(b, RoleError)
	b = append(append(append(b, " [|"...), proto...), ']')
	return p.off(b, RoleError)
}

// stop is trunc for where tcpdump gives up on the packet: callers print nothing more. A hex dump then starts
// with the link header, since its length is not known yet.
func (p *Line) stop(b []byte, proto string) []byte {
	p.stopped = true
	return p.trunc(b, proto)
}

// invalid says that what was read contradicts itself.
func (p *Line) invalid(b []byte) []byte {
	b = p.on(b, RoleError)
	b = append(b, " (invalid)"...)
	return p.off(b, RoleError)
}

// on and off switch the colour of a role on and off; without a theme they do nothing.
func (p *Line) on(b []byte, r Role) []byte  { return p.opts.Theme.on(b, r) }
func (p *Line) off(b []byte, r Role) []byte { return p.opts.Theme.off(b, r) }

// clip gives the first n bytes of d, or all of it.
func clip(d []byte, n int) []byte {
	if n < 0 {
		n = 0
	}
	if n < len(d) {
		return d[:n]
	}
	return d
}

// from gives d without its first n bytes, nothing if there are fewer.
func from(d []byte, n int) []byte {
	if n < len(d) {
		return d[n:]
	}
	return nil
}

func be16(d []byte, off int) uint16 { return binary.BigEndian.Uint16(d[off:]) }
func be32(d []byte, off int) uint32 { return binary.BigEndian.Uint32(d[off:]) }

func appendInt(b []byte, v int) []byte { return appendDecimal(b, uint64(v)) }

// appendBlanked appends v in decimal, blanks before it, width characters at least.
func appendBlanked(b []byte, v, width int) []byte {
	for n := 10; width > 1; n, width = n*10, width-1 {
		if v < n {
			b = append(b, "          "[:width-1]...)
			break
		}
	}
	return appendInt(b, v)
}

// appendHex appends v in lower-case hexadecimal without leading zeros, digits of them at least.
func appendHex(b []byte, v uint64, digits int) []byte {
	shift := 60
	for shift > 4*(digits-1) && v>>shift&15 == 0 {
		shift -= 4
	}
	for ; shift >= 0; shift -= 4 {
		b = append(b, hexDigits[v>>shift&15])
	}
	return b
}

// appendHardware appends a hardware address of any length, octets joined by colons.
func appendHardware(b, addr []byte) []byte {
	for i, c := range addr {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// octets are the numbers of a byte in decimal, each with a point behind it.
var octets = func() (all [256]struct {
	text [4]byte
	n    uint8 // bytes of text, the point included
}) {
	for i := range all {
		all[i].n = uint8(copy(all[i].text[:], append(appendDecimal(nil, uint64(i)), '.')))
	}
	return all
}()

// appendIPv4 appends the first four bytes of a in dotted decimal.
func appendIPv4(b, a []byte) []byte {
	for _, c := range a[:4] {
		o := &octets[c]
		b = append(b, o.text[0], o.text[1], o.text[2], o.text[3])
		b = b[:len(b)-len(o.text)+int(o.n)]
	}
	return b[:len(b)-1]
}

// appendIPv6 appends the first sixteen bytes of a as RFC 5952 wants them, except that the forms ::a.b.c.d and
// ::ffff:a.b.c.d are both used, as tcpdump does.
func appendIPv6(b, a []byte) []byte {
	var g [8]uint16
	for i := range g {
		g[i] = be16(a, 2*i)
	}
	zeros, n := longestZeros(&g)
	dotted := zeros == 0 && (n == 6 || n == 5 && g[5] == 0xffff)
	for i := 0; i < 8; {
		if i == zeros && n > 0 {
			b = append(b, ':')
			if i+n == 8 {
				b = append(b, ':')
			}
			i += n
			continue
		}
		if i > 0 {
			b = append(b, ':')
		}
		if i == 6 && dotted {
			return appendIPv4(b, a[12:])
		}
		b = appendHex(b, uint64(g[i]), 1)
		i++
	}
	return b
}

// longestZeros finds the first of the longest runs of zero groups; n is zero if none is longer than one.
func longestZeros(g *[8]uint16) (start, n int) {
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && g[j] == 0 {
			j++
		}
		if j-i > n && j-i > 1 {
			start, n = i, j-i
		}
		if j > i {
			i = j
		}
	}
	return start, n
}

// bitName names one bit or more of a set.
type bitName struct {
	mask uint32
	name string
}

// appendBits appends the names of the bits that are set in v, sep between them, or none if there are no such.
func appendBits(b []byte, names []bitName, v uint32, sep, none string) []byte {
	start := len(b)
	for _, n := range names {
		if v&n.mask == n.mask {
			if len(b) > start {
				b = append(b, sep...)
			}
			b = append(b, n.name...)
		}
	}
	if len(b) == start {
		b = append(b, none...)
	}
	return b
}

// appendIndentedHex appends d in hexadecimal, sixteen bytes to a line, each line behind indent and its offset.
func appendIndentedHex(b []byte, indent string, d []byte) []byte {
	for off := 0; off < len(d); off += dumpBytes {
		b = appendHexNumber(append(b, indent...), uint64(off), 4)
		b = append(b, ": "...)
		for i, c := range d[off:min(off+dumpBytes, len(d))] {
			if i&1 == 0 {
				b = append(b, ' ')
			}
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return b
}
