package format

import "smoltcp/dissect"

// appendDump appends the dump of a packet's captured bytes data in the way of tcpdump. Every line of it, the first
// too, begins with a newline and none ends with one, so that it goes between the text of a packet and the newline behind
// it. The styles "without the link header" leave out the first link bytes (see linkHeaderLen), and print
// nothing when there are no others.
func appendDump(b []byte, style HexStyle, data []byte, link int) []byte {
	switch style {
	case HexPacket, HexASCIIPacket, ASCIIPacket:
		if link >= len(data) {
			return b
		}
		data = data[link:]
	}
	switch style {
	case HexPacket, HexFrame:
		return appendHexLines(b, data, false)
	case HexASCIIPacket, HexASCIIFrame:
		return appendHexLines(b, data, true)
	case ASCIIPacket, ASCIIFrame:
		return appendASCII(b, data)
	}
	return b
}

// linkHeaderLen is how many bytes of a frame belong to the link: everything before the first layer that is not one
// of the link's own, tags and LLC included. A link header that cannot be read takes all that was captured.
//
// tcpdump counts none at all when it gave up in the middle of a truncated packet.
func linkHeaderLen(p *dissect.Packet) int {
	end := 0
	layers := p.Layers()
	for i := range layers {
		l := &layers[i]
		switch l.Type {
		case dissect.LayerEthernet, dissect.Layer8023, dissect.LayerLLC, dissect.LayerSNAP, dissect.LayerVLAN, dissect.LayerQinQ,
			dissect.LayerSLL, dissect.LayerSLL2, dissect.LayerNull, dissect.LayerRaw:
		default:
			return end
		}
		if l.Err != nil {
			return len(p.Data)
		}
		end = l.Payload
	}
	return end
}

// The shape of a line: "0x0000:  4500 0054 ...  E..T".
const (
	dumpBytes   = 16                           // in a line
	dumpColumns = dumpBytes / 2 * len(" 4500") // from the blank behind "0x0000: " to the characters
)

// appendHexLines appends lines of sixteen bytes in groups of two, with their characters beside them if ascii.
func appendHexLines(b, data []byte, ascii bool) []byte {
	for off := 0; off < len(data); off += dumpBytes {
		line := data[off:min(off+dumpBytes, len(data))]
		b = append(b, '\n', '\t')
		b = appendHexNumber(b, uint64(off), 4)
		b = append(b, ':', ' ')
		at := len(b)
		for i, c := range line {
			if i&1 == 0 {
				b = append(b, ' ')
			}
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		if !ascii {
			continue
		}
		for len(b) < at+dumpColumns {
			b = append(b, ' ')
		}
		b = append(b, ' ', ' ')
		for _, c := range line {
			b = append(b, dot(c))
		}
	}
	return b
}

// dot is c where it has a shape of its own, and a dot where not; a blank has none in a dump.
func dot(c byte) byte {
	if c > ' ' && c < 0x7f {
		return c
	}
	return '.'
}

// appendASCII appends the characters alone. Tabs, blanks and newlines are kept, and a carriage return before a
// newline or at the end is left out, so that HTTP looks as it should; tcpdump takes the last byte but one for the end too.
func appendASCII(b, data []byte) []byte {
	b = append(b, '\n')
	for i, c := range data {
		switch {
		case c == ' ', c == '\t', c == '\n':
			b = append(b, c)
		case c == '\r':
			if i+2 < len(data) && data[i+1] != '\n' {
				b = append(b, '.')
			}
		default:
			b = append(b, dot(c))
		}
	}
	return b
}
