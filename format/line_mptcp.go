package format

import (
	"encoding/binary"

	"smoltcp/dissect"
)

// Subtypes of Multipath TCP options (RFC 8684 section 8).
const (
	mptcpCapable = iota
	mptcpJoin
	mptcpDSS
	mptcpAddAddr
	mptcpRemoveAddr
	mptcpPriority
	mptcpFail
	mptcpFastClose
)

// mptcp prints a Multipath TCP option (RFC 8684). d is its data, behind kind and length. Lengths that the subtype does not
// have end the options.
func (o *tcpOptionPrinter) mptcp(b, d []byte) ([]byte, int, optionEnd) {
	o.multi = true
	if len(d) == 0 {
		return b, 0, optionBad
	}
	b = appendInt(append(b, ' '), len(d)+2)
	var ok bool
	switch d[0] >> 4 {
	case mptcpCapable:
		b, ok = o.mptcpCapable(append(b, " capable"...), d)
	case mptcpJoin:
		b, ok = o.mptcpJoin(append(b, " join"...), d)
	case mptcpDSS:
		b, ok = o.mptcpDSS(append(b, " dss"...), d)
	case mptcpAddAddr:
		b, ok = o.p.mptcpAddr(append(b, " add-addr"...), d)
	case mptcpRemoveAddr:
		b = append(b, " rem-addr"...)
		if ok = len(d) >= 2; ok {
			b = append(b, " id"...)
			for _, id := range d[1:] {
				b = appendInt(append(b, ' '), int(id))
			}
		}
	case mptcpPriority:
		b = append(b, " prio"...)
		if ok = len(d) <= 2; ok {
			if d[0]&1 == 0 {
				b = append(b, " non-backup"...)
			} else {
				b = append(b, " backup"...)
			}
			if len(d) == 2 {
				b = appendInt(append(b, " id "...), int(d[1]))
			}
		}
	case mptcpFail:
		b = append(b, " fail"...)
		if ok = len(d) == 10; ok {
			b = appendDecimal(append(b, " seq "...), binary.BigEndian.Uint64(d[2:]))
		}
	case mptcpFastClose:
		b = append(b, " fast-close"...)
		if ok = len(d) == 10; ok {
			b = appendHexNumber(append(b, " key "...), binary.BigEndian.Uint64(d[2:]), 1)
		}
	default:
		b, ok = append(b, " unknown"...), true
	}
	if !ok {
		return b, 0, optionBad
	}
	return b, len(d), optionRead
}

// mptcpCapable prints MP_CAPABLE: how many keys there are depends on the step of the handshake.
func (o *tcpOptionPrinter) mptcpCapable(b, d []byte) ([]byte, bool) {
	syn := o.flags.Has(dissect.SYN)
	switch n := len(d) + 2; {
	case syn && (n == 4 || n == 12):
	case !syn && o.flags.Has(dissect.ACK) && (n == 20 || n == 22):
	default:
		return b, false
	}
	version := d[0] & 15
	if version > 1 {
		return append(appendInt(append(b, " Unknown Version ("...), int(version)), ')'), true
	}
	b = appendInt(append(b, " v"...), int(version))
	if d[1]&0x80 != 0 {
		b = append(b, " csum"...)
	}
	if len(d) < 10 {
		return b, true
	}
	b = appendHexNumber(append(b, " {"...), binary.BigEndian.Uint64(d[2:]), 1)
	if len(d) >= 18 {
		b = appendHexNumber(append(b, ','), binary.BigEndian.Uint64(d[10:]), 1)
	}
	return append(b, '}'), true
}

// mptcpJoin prints MP_JOIN, which has a form of its own in each step of the handshake.
func (o *tcpOptionPrinter) mptcpJoin(b, d []byte) ([]byte, bool) {
	syn, ack := o.flags.Has(dissect.SYN), o.flags.Has(dissect.ACK)
	n := len(d) + 2
	if !(syn && n == 12 || syn && ack && n == 16 || ack && n == 24) {
		return b, false
	}
	if n == 24 {
		return appendHexBytes(append(b, " hmac 0x"...), d[2:]), true
	}
	if d[0]&1 != 0 {
		b = append(b, " backup"...)
	}
	b = appendInt(append(b, " id "...), int(d[1]))
	if n == 12 {
		b = appendHexNumber(append(b, " token "...), uint64(be32(d, 2)), 1)
		return appendHexNumber(append(b, " nonce "...), uint64(be32(d, 6)), 1), true
	}
	b = appendHexNumber(append(b, " hmac "...), binary.BigEndian.Uint64(d[2:]), 1)
	return appendHexNumber(append(b, " nonce "...), uint64(be32(d, 10)), 1), true
}

// mptcpDSS prints a data sequence signal.
func (o *tcpOptionPrinter) mptcpDSS(b, d []byte) ([]byte, bool) {
	if len(d) < 2 || o.flags.Has(dissect.SYN) {
		return b, false
	}
	flags := d[1]
	d = d[2:]
	if flags&0x10 != 0 {
		b = append(b, " fin"...)
	}
	var ok bool
	if flags&0x01 != 0 {
		if b, d, ok = appendDSSNumber(append(b, " ack "...), d, flags&0x02 != 0); !ok {
			return b, false
		}
	}
	if flags&0x04 != 0 {
		if b, d, ok = appendDSSNumber(append(b, " seq "...), d, flags&0x08 != 0); !ok || len(d) < 4 {
			return b, false
		}
		b = appendDecimal(append(b, " subseq "...), uint64(be32(d, 0)))
		if len(d) < 6 {
			return b, false
		}
		b = appendInt(append(b, " len "...), int(be16(d, 4)))
		if d = d[6:]; len(d) >= 2 {
			b = appendHexNumber(append(b, " csum "...), uint64(be16(d, 0)), 1)
			d = d[2:]
		}
	}
	return b, len(d) == 0
}

// appendDSSNumber appends a number of four or eight bytes and gives what follows it.
func appendDSSNumber(b, d []byte, long bool) (_, rest []byte, ok bool) {
	switch {
	case long && len(d) >= 8:
		return appendDecimal(b, binary.BigEndian.Uint64(d)), d[8:], true
	case !long && len(d) >= 4:
		return appendDecimal(b, uint64(be32(d, 0))), d[4:], true
	}
	return b, nil, false
}

// mptcpAddr prints ADD_ADDR of version 1, or of version 0, which has the IP version in the place of flags.
func (p *Line) mptcpAddr(b, d []byte) ([]byte, bool) {
	n := len(d) + 2
	switch n {
	case 8, 10, 16, 18, 20, 22, 28, 30:
	default:
		return b, false
	}
	switch d[0] & 15 {
	case 0:
		b = append(b, " v1"...)
	case 1:
		b = append(b, " v1-echo"...)
	case 4:
		b = append(b, " v0-ip4"...)
	case 6:
		b = append(b, " v0-ip6"...)
	default:
		b = append(b, " [bad version/echo]"...)
	}
	b = append(appendInt(append(b, " id "...), int(d[1])), ' ')
	d = d[2:]
	if n < 20 {
		b, d = p.addr4(b, d), d[4:]
	} else {
		b, d = p.addr6(b, d), d[16:]
	}
	if len(d)%8 == 2 {
		b, d = appendInt(append(b, ':'), int(be16(d, 0))), d[2:]
	}
	if len(d) == 8 {
		b = appendHexNumber(append(b, " hmac "...), binary.BigEndian.Uint64(d), 1)
	}
	return b, true
}
