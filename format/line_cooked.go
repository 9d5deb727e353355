package format

import (
	"math/bits"

	"smoltcp/dissect"
)

// Lengths of the headers of Linux's cooked captures, in bytes.
const (
	sllHeaderLen  = 16
	sll2HeaderLen = 20
)

// Protocols of a cooked capture that are no EtherTypes (linux/if_ether.h).
const (
	cooked8023 = 0x0001
	cooked8022 = 0x0004
)

// cooked is the header of either version of Linux's cooked captures, as far as it is printed.
type cooked struct {
	version int
	header  int               // its length in bytes
	length  int               // of the packet with this header; a VLAN tag that was read is not counted
	kind    uint16            // packet type: to whom it was sent
	device  uint16            // the type of the device (ARPHRD_ of Linux)
	addr    []byte            // of the sender, nil if it is not a MAC address
	proto   dissect.EtherType // of the payload
	index   uint32            // of the interface, version 2
}

// sll prints a frame of a cooked capture, version 1 (LINKTYPE_LINUX_SLL).
func (p *Line) sll(b, d []byte, length int) []byte {
	if len(d) < sllHeaderLen || length < sllHeaderLen {
		return p.trunc(b, "sll")
	}
	c := cooked{version: 1, header: sllHeaderLen, length: length, kind: be16(d, 0), device: be16(d, 2), proto: dissect.EtherType(be16(d, 14))}
	if be16(d, 4) == 6 {
		c.addr = d[6:12]
	}
	return p.cookedFrame(b, d, &c)
}

// sll2 prints a frame of a cooked capture, version 2 (LINKTYPE_LINUX_SLL2).
func (p *Line) sll2(b, d []byte, length int) []byte {
	if len(d) < sll2HeaderLen || length < sll2HeaderLen {
		return p.trunc(b, "sll2")
	}
	c := cooked{version: 2, header: sll2HeaderLen, length: length, kind: uint16(d[10]), device: be16(d, 8),
		proto: dissect.EtherType(be16(d, 0)), index: be32(d, 4)}
	if d[11] == 6 {
		c.addr = d[12:18]
	}
	name := "?"
	if p.opts.InterfaceName != nil {
		if n := p.opts.InterfaceName(int(c.index)); n != "" {
			name = n
		}
	}
	b = appendLeft(b, name, 5)
	b = appendLeft(append(b, ' '), cookedKind(c.kind), 3)
	return p.cookedFrame(append(b, ' '), d, &c)
}

// appendOrigin appends from which interface a packet comes and which way it went, as for LINKTYPE_LINUX_SLL2: for captures on
// several interfaces.
func appendOrigin(b []byte, f *Frame) []byte {
	b = appendLeft(b, f.Interface, 5)
	return append(appendLeft(append(b, ' '), f.Direction, 3), ' ')
}

// appendLeft appends s and blanks behind it, width characters at least.
func appendLeft(b []byte, s string, width int) []byte {
	b = appendEscaped(b, []byte(s))
	for i := len(s); i < width; i++ {
		b = append(b, ' ')
	}
	return b
}

// cookedRadiotap is the type of a device whose frames begin with a radiotap header, whatever their protocol field says.
const cookedRadiotap = 803

// cookedKind says to whom a packet was sent.
func cookedKind(kind uint16) string {
	if kind > 4 {
		return "?"
	}
	return [...]string{"In", "B", "M", "P", "Out"}[kind]
}

// cookedFrame prints what both versions have in common. d starts with the header.
func (p *Line) cookedFrame(b, d []byte, c *cooked) []byte {
	if p.opts.LinkHeader {
		b = p.cookedHeader(b, c)
	}
	header := c.header
	t, d, length := c.proto, d[header:], c.length-header
	if c.device == cookedRadiotap {
		b, n := p.radiotap(b, d, length)
		if !p.stopped {
			p.linkLen = header + n
		}
		return b
	}
	for t == dissect.EtherTypeVLAN {
		v := dissect.VLAN(d)
		if v.Check() != nil || length < dissect.VLANHeaderLen {
			p.linkLen = header + len(d)
			return p.trunc(b, "vlan")
		}
		if p.opts.LinkHeader {
			b = append(appendTag(b, v), ", "...)
		}
		t = v.Type()
		if t <= maxEtherLen {
			t = cooked8022
		}
		if !p.opts.Quiet {
			b = append(b, "ethertype "...)
			if name := etherTypeName(t); name != "" {
				b = append(b, name...)
			} else {
				b = append(b, "Unknown"...)
			}
			b = append(b, ", "...)
		}
		d, length = d[dissect.VLANHeaderLen:], length-dissect.VLANHeaderLen
		header, c.length = header+dissect.VLANHeaderLen, c.length-dissect.VLANHeaderLen
	}
	known := false
	switch {
	case t == cooked8022:
		var llc int
		if b, llc, known = p.llc(b, d, length); known {
			header += llc
		}
	case t > maxEtherLen:
		if b, known = p.byEtherType(b, t, d, length); !known && !p.opts.LinkHeader {
			b = p.cookedHeader(b, c)
		}
	}
	if !known {
		b = p.dump(b, d)
	}
	if !p.stopped {
		p.linkLen = header
	}
	return b
}

// cookedHeader prints the header, as -e shows it.
func (p *Line) cookedHeader(b []byte, c *cooked) []byte {
	if c.version == 1 {
		kind := cookedKind(c.kind)
		b = append(b, "   "[len(kind):]...)
		b = append(append(b, kind...), ' ')
	} else {
		b = append(appendDecimal(append(b, "ifindex "...), uint64(c.index)), ' ')
	}
	if c.addr != nil {
		b = append(p.hardware(b, c.addr), ' ')
	}
	if p.opts.Quiet {
		return b
	}
	switch {
	case c.proto == cooked8023:
		b = append(b, "802.3"...)
	case c.proto == cooked8022:
		b = append(b, "802.2"...)
	case c.proto <= maxEtherLen:
		b = appendNamed(append(b, "ethertype "...), "", "Unknown", uint64(c.proto), 4)
	default:
		b = p.etherType(b, c.proto)
	}
	return lengthOf(c.length).append(b)
}

// nullHeaderLen is the length of the address family before a packet of a BSD loopback.
const nullHeaderLen = 4

// null prints a packet of a BSD loopback. The family is in the byte order of the machine that captured;
// none needs more than sixteen bits.
func (p *Line) null(b, d []byte, length int) []byte {
	if len(d) < nullHeaderLen || length < nullHeaderLen {
		return p.trunc(b, "null")
	}
	family := uint32(d[0]) | uint32(d[1])<<8 | uint32(d[2])<<16 | uint32(d[3])<<24
	if family > 0xffff {
		family = bits.ReverseBytes32(family)
	}
	if p.opts.LinkHeader {
		b = p.family(b, family, length)
	}
	d = d[nullHeaderLen:]
	switch family {
	case 2:
		b = p.ipv4(b, d, length-nullHeaderLen)
	case 7:
		b = p.iso(b, d, length-nullHeaderLen)
	case 24, 28, 30:
		b = p.ipv6(b, d, length-nullHeaderLen)
	default:
		if !p.opts.LinkHeader {
			b = p.family(b, family, length)
		}
		b = p.dump(b, d)
	}
	if !p.stopped {
		p.linkLen = nullHeaderLen
	}
	return b
}

// family prints the address family of a loopback packet.
func (p *Line) family(b []byte, family uint32, length int) []byte {
	name := ""
	switch family {
	case 2:
		name = "IPv4"
	case 6:
		name = "NS"
	case 7:
		name = "ISO"
	case 16:
		name = "Appletalk"
	case 23:
		name = "IPX"
	case 24, 28, 30:
		name = "IPv6"
	}
	switch {
	case !p.opts.Quiet:
		if name == "" {
			name = "Unknown"
		}
		b = append(append(append(b, "AF "...), name...), " ("...)
		b = append(appendDecimal(b, uint64(family)), ')')
	case name == "":
		b = appendDecimal(append(b, "Unknown AF "...), uint64(family))
	default:
		b = append(b, name...)
	}
	return lengthOf(length).append(b)
}

// rawIP prints a frame that is an IP packet without anything before it.
func (p *Line) rawIP(b, d []byte, length int) []byte {
	if p.opts.LinkHeader {
		b = append(b, "ip: "...)
	}
	switch v := d[0] >> 4; v {
	case 4:
		return p.ipv4(b, d, length)
	case 6:
		return p.ipv6(b, d, length)
	default:
		return appendInt(append(b, "unknown ip "...), int(v))
	}
}
