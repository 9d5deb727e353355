package packetdrill

import (
	"encoding/hex"
	"slices"
	"strings"

	"smoltcp/dissect"
)

// mutation changes the bytes of an inbound packet: {ins tcp 20 0x0101}, {trun tcp 4 8}, {rep ipv4 version_ihl 0x46}.
type mutation struct {
	what   string // ins, trun or rep
	tcp    bool   // of the TCP header, else of the IP header
	at     int    // offset in the header
	length int    // trun: bytes to take out
	data   []byte
}

// headerFields are the offsets of fields that a mutation may name.
var headerFields = map[bool]map[string]int{
	false: {
		"version_ihl": 0, "dscp_esn": 1, "dscp_ecn": 1, "tos": 1, "tot_len": 2, "id": 4, "frag_off": 6, "ttl": 8, "protocol": 9,
		"checksum": 10, "src_ip": 12, "dest_ip": 16,
	},
	true: {
		"src_port": 0, "dst_port": 2, "dest_port": 2, "seq_num": 4, "ack_num": 8, "tcp_hdr_len": 12, "flags": 13, "win_size": 14,
		"checksum": 16, "urg_pointer": 18, "urg_ptr": 18, "mss": 20,
	},
}

// mutation reads one, behind its opening brace. There are several dialects; what is in another one than this is no error.
func (p *parser) mutation() (m mutation) {
	m.what = p.word()
	switch w := p.word(); {
	case m.what != "ins" && m.what != "trun" && m.what != "rep":
		p.refuse("change of bytes %q", m.what)
	case w == "tcp":
		m.tcp = true
	case w != "ipv4":
		p.refuse("changed bytes of %s", w)
	}
	if isDigit(p.peek()) {
		m.at = p.bounded(65535, "offset")
	} else {
		name := p.word()
		at, ok := headerFields[m.tcp][name]
		if !ok {
			p.refuse("changed field %s", name)
		}
		m.at = at
	}
	switch {
	case m.what != "trun":
		m.data = p.hexBytes()
	case isDigit(p.peek()):
		m.length = p.bounded(65535, "length")
	}
	if !p.accept("}") {
		p.refuse("change of bytes at %q", p.near())
	}
	return m
}

// hexBytes takes a hexadecimal number of any length as bytes.
func (p *parser) hexBytes() []byte {
	r := p.rest()
	n := 0
	for n < len(r) && (isDigit(r[n]) || isLetter(r[n])) {
		n++
	}
	b, err := hex.DecodeString(strings.TrimPrefix(strings.TrimPrefix(r[:n], "0x"), "0X"))
	if err != nil || len(b) == 0 {
		p.refuse("change of bytes at %q", p.near())
	}
	p.at += n
	return b
}

// mutate gives the packet of an IPv4 header and a segment with the changes made, in order. Length and checksums are
// right afterwards, as far as they were not changed themselves: what is tested is not whether checksums are looked at.
func mutate(header, segment []byte, list []mutation) []byte {
	touched := func(tcp bool, at, n int) bool {
		return slices.ContainsFunc(list, func(m mutation) bool {
			return m.tcp == tcp && m.what == "rep" && m.at < at+n && at < m.at+len(m.data)
		})
	}
	for _, m := range list {
		b := &header
		if m.tcp {
			b = &segment
		}
		at := min(m.at, len(*b))
		switch m.what {
		case "ins":
			*b = slices.Insert(*b, at, m.data...)
		case "trun":
			*b = slices.Delete(*b, at, min(at+m.length, len(*b)))
		default:
			copy((*b)[at:], m.data)
		}
	}
	if ip := dissect.IPv4(header); len(header) >= dissect.IPv4MinHeaderLen {
		if !touched(false, 2, 2) {
			ip.SetTotalLen(len(header) + len(segment))
		}
		if whole := dissect.IPv4(append(slices.Clone(header), segment...)); !touched(false, 10, 2) && whole.Check() == nil {
			whole.FillChecksum()
			copy(header, whole)
		}
		if t := dissect.TCP(segment); !touched(true, 16, 2) && t.Check() == nil {
			t.FillChecksum(dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoTCP, len(t)))
		}
	}
	return append(header, segment...)
}
