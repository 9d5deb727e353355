package format

const (
	etherTypeMACsec = 0x88e5

	macsecTagLen  = 6  // of a SecTAG without a channel identifier
	macsecSCILen  = 8  // of that
	macsecICVLen  = 16 // of the integrity check value behind the payload
	macsecVersion = 0x80
	macsecSC      = 0x20
	macsecHidden  = 0x0c // encrypted or changed
)

// macsecInner is what is behind a SecTAG (IEEE 802.1AE clause 9.3).
type macsecInner struct {
	header int // bytes of the tag
	d      []byte
	length int
	behind int  // bytes at the end of d that are none of the payload
	plain  bool // what follows can be read
}

// macsec prints a SecTAG. When it reports false there is nothing more to say.
func (p *Line) macsec(b, d []byte, length int) ([]byte, macsecInner, bool) {
	in := macsecInner{header: len(d)}
	if len(d) < macsecTagLen || length < macsecTagLen {
		return p.trunc(b, "macsec"), in, false
	}
	tci, size := d[0], int(d[1])
	header := macsecTagLen
	if tci&macsecSC != 0 {
		header += macsecSCILen
		if len(d) < header || length < header {
			return p.trunc(b, "macsec"), in, false
		}
	}
	if tci&macsecVersion != 0 || size&0xc0 != 0 {
		return p.invalid(b), in, false
	}
	in = macsecInner{header: header, d: d[header:], length: length - header, plain: tci&macsecHidden == 0}
	if p.opts.LinkHeader || !in.plain {
		if !p.opts.LinkHeader {
			b = append(p.macsAlone(b), "802.1AE MACsec, "...)
		}
		b = appendInt(append(b, "an "...), int(tci&3))
		b = appendDecimal(append(b, ", pn "...), uint64(be32(d, 2)))
		b = appendBits(append(b, ", flags "...), macsecFlags, uint32(tci&0x7c), "", "none")
		if size > 0 {
			b = appendInt(append(b, ", sl "...), size)
		}
		if tci&macsecSC != 0 {
			b = appendHexBytes(append(b, ", sci "...), d[macsecTagLen:header])
		}
		b = append(b, ", "...)
	}
	if !in.plain {
		return b, in, true
	}
	// The check value is taken off what was captured, too, even where that ends before it.
	if in.length < macsecICVLen+size || len(in.d) < macsecICVLen+size {
		in.header = header + len(in.d)
		return p.trunc(b, "macsec"), in, false
	}
	in.d, in.length = in.d[:len(in.d)-macsecICVLen], in.length-macsecICVLen
	if size > 0 {
		in.behind, in.length = len(in.d)-size, size
	}
	return b, in, true
}

var macsecFlags = []bitName{{0x08, "E"}, {0x04, "C"}, {0x40, "S"}, {0x10, "B"}, {0x20, "I"}}

// macsAlone prints the addresses of the link with a blank behind them.
func (p *Line) macsAlone(b []byte) []byte { return append(p.linkPair(b), ' ') }
