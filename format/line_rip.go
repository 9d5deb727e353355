package format

import "math/bits"

// Lengths of the header of a RIP message and of an entry (RFC 2453), in bytes.
const (
	ripHeaderLen = 4
	ripEntryLen  = 20
)

// rip prints a message of RIP, version 1 or 2.
func (p *Line) rip(b, d []byte, length int, _ ipContext) []byte {
	d = d[:min(length, len(d)):len(d)] // what follows is read in places: up to cap it was captured
	if len(d) < ripHeaderLen {
		return p.trunc(b, "rip")
	}
	command, version := d[0], d[1]
	if p.opts.Verbose > 0 {
		b = append(b, "\n\t"...)
	}
	b = appendInt(append(b, "RIPv"...), int(version))
	if version == 0 { // from before RFC 1058
		return appendIndentedHex(b, "\n\t", d)
	}
	b = append(b, ", "...)
	if int(command) < len(ripCommandText) && command > 0 {
		b = append(b, ripCommandText[command]...)
	} else {
		b = append(appendInt(append(b, "unknown command ("...), int(command)), ')')
	}
	b = appendInt(append(b, ", length: "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	dumped := false
	switch command {
	case 1, 2:
		b = p.ripEntries(b, d[ripHeaderLen:], version, length/ripEntryLen)
	case 4, 5, 6:
	default:
		b, dumped = appendIndentedHex(b, "\n\t", d), true
	}
	if p.opts.Verbose > 1 && !dumped && !p.stopped {
		b = appendIndentedHex(b, "\n\t", d)
	}
	return b
}

var ripCommandText = [...]string{1: "Request", "Response", "Trace on", "Trace off", "Poll", "Poll Entry"}

// ripEntries prints the entries at d.
func (p *Line) ripEntries(b, d []byte, version byte, routes int) []byte {
	entry := p.ripEntry1
	switch version {
	case 1:
		b = appendInt(append(b, ", routes: "...), routes)
	case 2:
		b = append(appendInt(append(b, ", routes: "...), routes), " or less"...)
		entry = p.ripEntry2
	default:
		return append(b, ", unknown version"...)
	}
	for len(d) > 0 {
		var n int
		if b, n = entry(b, d); n == 0 {
			return p.trunc(b, "rip")
		}
		if n > len(d) {
			b = appendInt(append(b, " [remaining entries length "...), len(d))
			return p.invalid(append(appendInt(append(b, " < "...), n), ']'))
		}
		d = d[n:]
	}
	return b
}

// ripEntry1 prints an entry of version 1. It and ripEntry2 give the length of the entry, zero if it is cut short.
func (p *Line) ripEntry1(b, d []byte) ([]byte, int) {
	if len(d) < ripEntryLen {
		return b, 0
	}
	family := be16(d, 0)
	switch {
	case family != 0 && family != 2:
		b = append(appendAddressFamily(append(b, "\n\t AFI "...), family), ", "...)
		return appendIndentedHex(b, "\n\t  ", d[4:ripEntryLen]), ripEntryLen
	case be16(d, 2) != 0 || be32(d, 8) != 0 || be32(d, 12) != 0: // to be zero in version 1
		return appendIndentedHex(b, "\n\t  ", d[:ripEntryLen]), ripEntryLen
	}
	b = append(b, "\n\t  "...)
	if family == 0 {
		b = append(b, "AFI 0, "...)
	}
	b = append(p.addr4(b, d[4:]), ", metric: "...)
	return appendDecimal(b, uint64(be32(d, 16))), ripEntryLen
}

func (p *Line) ripEntry2(b, d []byte) ([]byte, int) {
	if len(d) < 4 {
		return b, 0
	}
	family := be16(d, 0)
	if family == 0xffff {
		return p.ripAuth(b, d)
	}
	if family != 0 && family != 2 {
		b = appendAddressFamily(append(b, "\n\t  AFI "...), family)
		return appendIndentedHex(b, "\n\t  ", clip(d[:cap(d)], ripEntryLen)[4:]), ripEntryLen
	}
	if len(d) < ripEntryLen {
		return b, 0
	}
	b = append(b, "\n\t  AFI "...)
	if family == 0 {
		b = append(b, '0')
	} else {
		b = append(b, "IPv4"...)
	}
	b = append(b, ", "...)
	b = append(p.rightAddr4(b, d[4:]), '/')
	at := len(b)
	b = appendSigned(b, prefixLen(be32(d, 8)))
	if len(b)-at < 2 {
		b = append(b, ' ')
	}
	b = appendHexNumber(append(b, ", tag "...), uint64(be16(d, 2)), 4)
	b = appendDecimal(append(b, ", metric: "...), uint64(be32(d, 16)))
	b = append(b, ", next-hop: "...)
	if be32(d, 12) == 0 {
		return append(b, "self"...), ripEntryLen
	}
	return p.addr4(b, d[12:]), ripEntryLen
}

// ripAuth prints an entry that authenticates the others (RFC 2453 section 4.1, RFC 4822).
func (p *Line) ripAuth(b, d []byte) ([]byte, int) {
	switch kind := be16(d, 2); kind {
	case 1:
		return appendIndentedHex(append(b, "\n\t  Auth trailer:"...), "\n\t  ", d[4:]), len(d)
	case 2:
		text := clip(d[4:cap(d)], 16)
		n := 0
		for n < len(text) && text[n] != 0 {
			n++
		}
		b = appendVisibleText(append(b, "\n\t  Simple Text Authentication data: "...), text[:n])
		if n == len(text) && n < 16 {
			p.stopped = true
			return b, 0
		}
		return b, ripEntryLen
	case 3:
		if len(d) < ripEntryLen {
			return b, 0
		}
		b = appendInt(append(b, "\n\t  Auth header: Packet Len "...), int(be16(d, 4)))
		b = appendInt(append(b, ", Key-ID "...), int(d[6]))
		b = appendInt(append(b, ", Auth Data Len "...), int(d[7]))
		b = appendDecimal(append(b, ", SeqNo "...), uint64(be32(d, 8)))
		b = appendDecimal(append(b, ", MBZ "...), uint64(be32(d, 12)))
		return appendDecimal(append(b, ", MBZ "...), uint64(be32(d, 16))), ripEntryLen
	default:
		b = appendInt(append(b, "\n\t  Unknown ("...), int(kind))
		return appendIndentedHex(append(b, ") Authentication data:"...), "\n\t  ", d[4:]), len(d)
	}
}

// appendAddressFamily appends the name of an address family by BSD's numbers.
func appendAddressFamily(b []byte, family uint16) []byte {
	switch family {
	case 2:
		return append(b, "IPv4"...)
	case 6:
		return append(b, "NS"...)
	case 7:
		return append(b, "ISO"...)
	case 16:
		return append(b, "Appletalk"...)
	case 23:
		return append(b, "IPX"...)
	case 24, 28, 30:
		return append(b, "IPv6"...)
	}
	return append(appendInt(append(b, "Unknown ("...), int(family)), ')')
}

// prefixLen is how many leading bits of mask are set, or -1 if others are too.
func prefixLen(mask uint32) int {
	n := bits.LeadingZeros32(^mask)
	if mask<<n != 0 {
		return -1
	}
	return n
}

// rightAddr4 prints an address with blanks before it, fifteen characters in all.
func (p *Line) rightAddr4(b, a []byte) []byte {
	at := len(b)
	return padLeft(p.addr4(b, a), at, 15+p.opts.Theme.painted(RoleAddress))
}

// padLeft moves what is in b from at on to the right until it is width characters long.
func padLeft(b []byte, at, width int) []byte {
	missing := width - (len(b) - at)
	if missing <= 0 {
		return b
	}
	n := len(b)
	b = appendBlanks(b, missing)
	copy(b[at+missing:], b[at:n])
	for i := range missing {
		b[at+i] = ' '
	}
	return b
}
