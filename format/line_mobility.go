package format

import "smoltcp/dissect"

// Protocol numbers of the Mobility header (RFC 6275 section 6.1) and of its drafts.
const (
	protoMobility                    = dissect.ProtoMobility
	protoMobilityOld dissect.IPProto = 62
)

// mobilityTypes are the messages, with the length of their fixed part in bytes.
var mobilityTypes = [...]struct {
	name string
	size int
}{{"BRR", 8}, {"HoTI", 16}, {"CoTI", 16}, {"HoT", 24}, {"CoT", 24}, {"BU", 12}, {"BA", 12}, {"BE", 24}}

// mobility prints a Mobility header.
func (p *Line) mobility(b, d []byte) []byte {
	if len(d) < 2 {
		return p.trunc(b, "mobility")
	}
	if len(d) < 3 {
		return p.stop(b, "mobility")
	}
	size, kind := 8+8*int(d[1]), int(d[2])
	if kind >= len(mobilityTypes) {
		b = appendInt(append(p.proto(b, "mobility"), ": type-#"...), kind)
		return appendInt(append(b, " len="...), int(d[1]))
	}
	t := mobilityTypes[kind]
	if size < t.size {
		b = appendInt(append(b, "(header length "...), size)
		b = appendInt(append(b, " is too small for type "...), kind)
		return p.trunc(append(b, ')'), "mobility")
	}
	b = append(append(p.proto(b, "mobility"), ": "...), t.name...)
	var ok bool
	if b, ok = p.mobilityBody(b, d, kind); !ok {
		return b
	}
	if p.opts.Verbose > 0 {
		return p.mobilityOptions(b, from(d, t.size), size-t.size)
	}
	return b
}

// mobilityBody prints the fixed part of a message, and reports false, having said so, where it was not captured.
func (p *Line) mobilityBody(b, d []byte, kind int) ([]byte, bool) {
	subject := " Home"
	if kind == 2 || kind == 4 {
		subject = " Care-of"
	}
	verbose := p.opts.Verbose > 0
	switch kind {
	case 1, 2:
		if verbose {
			return p.mobilityPair(b, d, 8, subject, " Init Cookie=")
		}
	case 3, 4:
		if len(d) < 8 {
			return p.stop(b, "mobility"), false
		}
		b = appendHexNumber(append(b, " nonce id="...), uint64(be16(d, 6)), 1)
		if verbose {
			var ok bool
			if b, ok = p.mobilityPair(b, d, 8, subject, " Init Cookie="); !ok {
				return b, false
			}
			return p.mobilityPair(b, d, 16, subject, " Keygen Token=")
		}
	case 5:
		if len(d) < 8 {
			return p.stop(b, "mobility"), false
		}
		b = appendInt(append(b, " seq#="...), int(be16(d, 6)))
		if len(d) < 10 {
			return p.trunc(b, "mobility"), false
		}
		b = appendMobilityFlags(b, d[8])
		return p.mobilityLifetime(b, d)
	case 6:
		if len(d) < 7 {
			return p.stop(b, "mobility"), false
		}
		b = appendInt(append(b, " status="...), int(d[6]))
		if len(d) < 8 {
			return p.stop(b, "mobility"), false
		}
		if d[7]&0x80 != 0 {
			b = append(b, " K"...)
		}
		if len(d) < 10 {
			return p.stop(b, "mobility"), false
		}
		b = appendInt(append(b, " seq#="...), int(be16(d, 8)))
		return p.mobilityLifetime(b, d)
	case 7:
		if len(d) < 7 {
			return p.stop(b, "mobility"), false
		}
		b = appendInt(append(b, " status="...), int(d[6]))
		if len(d) < 24 {
			return p.stop(b, "mobility"), false
		}
		return p.addr6(append(b, " homeaddr "...), d[8:]), true
	}
	return b, true
}

// mobilityPair prints a name and the eight bytes at off, four and four.
func (p *Line) mobilityPair(b, d []byte, off int, subject, name string) ([]byte, bool) {
	if len(d) < off+8 {
		return p.stop(b, "mobility"), false
	}
	b = append(append(b, subject...), name...)
	return appendHexBytes(append(appendHexBytes(b, d[off:off+4]), ':'), d[off+4:off+8]), true
}

// appendMobilityFlags appends the letters of the flags of a Binding Update.
func appendMobilityFlags(b []byte, flags byte) []byte {
	if flags&0xf0 == 0 {
		return b
	}
	b = append(b, ' ')
	for i, c := range []byte("AHLK") {
		if flags&(0x80>>i) != 0 {
			b = append(b, c)
		}
	}
	return b
}

// mobilityLifetime prints the lifetime of a binding, which is in units of four seconds.
func (p *Line) mobilityLifetime(b, d []byte) ([]byte, bool) {
	if len(d) < 12 {
		return p.stop(b, "mobility"), false
	}
	return appendInt(append(b, " lifetime="...), 4*int(be16(d, 10))), true
}

// Mobility options (RFC 6275 section 6.2).
const (
	mobilityPad1    = 0
	mobilityPadN    = 1
	mobilityRefresh = 2
	mobilityAltCoA  = 3
	mobilityNonces  = 4
	mobilityAuth    = 5
)

// mobilityOptions prints length bytes of options. Like tcpdump it wants a byte behind each.
func (p *Line) mobilityOptions(b, d []byte, length int) []byte {
	for length > 0 {
		if len(d) == 0 {
			return p.stop(b, "mobility")
		}
		size := 1
		if d[0] != mobilityPad1 {
			if length < 2 {
				return p.trunc(b, "mobility")
			}
			if len(d) < 2 {
				return p.stop(b, "mobility")
			}
			size = 2 + int(d[1])
		}
		if size > length {
			return p.trunc(b, "mobility")
		}
		if size >= len(d) {
			return p.trunc(b, "mobility")
		}
		var ok bool
		if b, ok = p.mobilityOption(b, d, length); !ok {
			if p.stopped {
				return b
			}
			return p.trunc(b, "mobility")
		}
		d, length = d[size:], length-size
	}
	return b
}

// mobilityOption prints the option that d begins with. Those of a known form are as long as that is, whatever their length says.
// It reports false if one is longer than the length bytes of all options.
func (p *Line) mobilityOption(b, d []byte, length int) ([]byte, bool) {
	name, size := "", 0
	switch d[0] {
	case mobilityPad1:
		return append(b, "(pad1)"...), true
	case mobilityPadN:
		return append(b, "(padn)"...), true
	case mobilityRefresh:
		name, size = "refresh", 4
	case mobilityAltCoA:
		name, size = "altcoa", 18
	case mobilityNonces:
		name, size = "ni", 6
	case mobilityAuth:
		name, size = "auth", 12
	default:
		b = appendHexNumber(append(b, "(type-"...), uint64(d[0]), 2)
		return append(appendInt(append(b, ": len="...), int(d[1])), ')'), true
	}
	if length < size {
		return append(append(append(b, '('), name...), ": trunc)"...), false
	}
	if d[0] == mobilityAuth {
		return append(b, "(auth)"...), true
	}
	if len(d) < size {
		return p.stop(b, "mobility"), false
	}
	switch d[0] {
	case mobilityRefresh: // in units of four seconds
		b = appendInt(append(b, "(refresh: "...), 4*int(be16(d, 2)))
	case mobilityAltCoA:
		b = p.addr6(append(b, "(alt-CoA: "...), d[2:])
	case mobilityNonces:
		b = appendHexNumber(append(b, "(ni: ho="...), uint64(be16(d, 2)), 4)
		b = appendHexNumber(append(b, " co="...), uint64(be16(d, 4)), 4)
	}
	return append(b, ')'), true
}

const protoMobile dissect.IPProto = 55

// mobile prints the header of Minimal Encapsulation (RFC 2004).
func (p *Line) mobile(b, d []byte) []byte {
	if len(d) < 12 {
		return p.trunc(b, "mobile")
	}
	size := 8
	b = append(p.proto(b, "mobile"), ": ["...)
	if d[1]&0x80 != 0 {
		b, size = append(b, 'S'), 12
	}
	b = append(b, "] "...)
	if p.opts.Verbose > 0 {
		if size == 12 {
			b = append(p.addr4(b, d[8:]), ' ')
		}
		b = p.addr4(append(b, "> "...), d[4:])
		b = append(appendInt(append(b, " (oproto="...), int(d[0])), ')')
	}
	if residue(dissect.Sum(0).Add(d[:size])) != 0 {
		b = appendInt(append(p.on(b, RoleError), " (bad checksum "...), int(be16(d, 2)))
		b = p.off(append(b, ')'), RoleError)
	}
	return b
}
