package packetdrill

import (
	"net/netip"
	"strconv"
	"strings"

	"smoltcp/dissect"
)

// The names of ICMP messages and of their codes, as scripts have them. The names of codes are unique within a
// version of IP.
var (
	icmpTypes = map[string]uint8{
		"unreachable": uint8(dissect.ICMPv4Unreachable), "time_exceeded": uint8(dissect.ICMPv4TimeExceeded),
		"parameter_problem": uint8(dissect.ICMPv4ParameterProblem), "source_quench": uint8(dissect.ICMPv4SourceQuench),
		"redirect": uint8(dissect.ICMPv4Redirect), "echo_reply": uint8(dissect.ICMPv4EchoReply),
		"echo_request": uint8(dissect.ICMPv4EchoRequest), "timestamp_request": uint8(dissect.ICMPv4Timestamp),
		"timestamp_reply": uint8(dissect.ICMPv4TimestampReply), "information_request": uint8(dissect.ICMPv4Information),
		"information_reply": uint8(dissect.ICMPv4InformationReply), "address_mask_request": uint8(dissect.ICMPv4Mask),
		"address_mask_reply": uint8(dissect.ICMPv4MaskReply),
	}
	icmpCodes = map[string]uint8{
		"net_unreachable": 0, "host_unreachable": 1, "protocol_unreachable": 2, "port_unreachable": 3, "frag_needed": 4,
		"source_route_failed": 5, "net_unknown": 6, "host_unknown": 7, "source_host_isolated": 8, "net_prohibited": 9,
		"host_prohibited": 10, "net_unreachable_for_tos": 11, "host_unreachable_for_tos": 12, "packet_filtered": 13,
		"precedence_violation": 14, "precedence_cutoff": 15, "ttl_exceeded": 0, "ttl_exceeded_in_transit": 0,
		"exceeded_reassembly_time": 1, "frag_time_exceeded": 1, "frag_reass_exceeded": 1, "redirect_net": 0, "redirect_host": 1,
	}
	icmpv6Types = map[string]uint8{
		"unreachable": uint8(dissect.ICMPv6Unreachable), "packet_too_big": uint8(dissect.ICMPv6PacketTooBig),
		"time_exceeded": uint8(dissect.ICMPv6TimeExceeded), "parameter_problem": uint8(dissect.ICMPv6ParameterProblem),
		"param_problem": uint8(dissect.ICMPv6ParameterProblem), "echo_request": uint8(dissect.ICMPv6EchoRequest),
		"echo_reply": uint8(dissect.ICMPv6EchoReply),
	}
	icmpv6Codes = map[string]uint8{
		"no_route": 0, "no_route_to_destination": 0, "administratively_prohibited": 1, "admin_prohibited": 1,
		"communication_with_destination_administratively_prohibited": 1, "beyond_scope": 2, "beyond_scope_of_source_address": 2,
		"address_unreachable": 3, "port_unreachable": 4, "source_address_failed_policy": 5, "policy_fail": 5, "not_neighbour": 2,
		"reject_route_to_destination": 6, "reject_route": 6, "hop_limit_exceeded": 0, "hop_limit_exceeded_in_transit": 0,
		"ttl_exceeded": 0, "ttl_exceeded_in_transit": 0, "frag_reassembly_time_exceeded": 1, "frag_time_exceeded": 1,
		"fragment_reassembly_time_exceeded": 1, "erroneous_header_field": 0, "unrecognized_next_header": 1,
		"unrecognized_ipv6_option": 2, "unrecognized_option": 2, "exceeded_hop_limit": 0, "exceeded_frag_time": 1,
		"header_field": 0, "unknown_next_header": 1, "unknown_option": 2,
	}
)

func (p *parser) icmp(six bool) *icmpMessage {
	types, codes := icmpTypes, icmpCodes
	if six {
		types, codes = icmpv6Types, icmpv6Codes
	}
	w := p.word()
	kind, ok := types[w]
	if n, numeric := numbered(w, "type_"); numeric {
		kind, ok = n, true
	}
	if !ok {
		p.refuse("ICMP %s", w)
	}
	m := &icmpMessage{six: six, kind: kind}
	for {
		if isDigit(p.peek()) && !p.timeFollows() {
			m.code = uint8(p.bounded(255, "code"))
			continue
		}
		if p.accept("[") {
			m.quoted = true
			if p.acceptWord("udp") {
				m.udp = true
				p.expect("(")
				m.length = p.bounded(65507, "length")
				p.expect(")")
			} else {
				k := &packet{}
				p.sequence(k)
				m.seq, m.length = k.seq, k.length
			}
			p.expect("]")
			return m
		}
		at, line := p.at, p.line
		w := p.word()
		if w == "mtu" {
			m.mtu = p.bounded(65535, "mtu")
			continue
		}
		code, ok := codes[w]
		if n, numeric := numbered(w, "code_"); numeric {
			code, ok = n, true
		}
		if ok {
			m.code = code
			continue
		}
		p.at, p.line = at, line
		if w != "" {
			p.refuse("ICMP code %s", w)
		}
		return m
	}
}

// numbered reads names like type_3 and code_255.
func numbered(name, prefix string) (uint8, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	n, err := strconv.ParseUint(digits, 10, 8)
	return uint8(n), ok && err == nil
}

// timeFollows reports whether the number that comes next is the time of another event, on a line of its own.
func (p *parser) timeFollows() bool {
	return strings.TrimSpace(p.text[strings.LastIndexByte(p.text[:p.at], '\n')+1:p.at]) == ""
}

// injectICMP sends an error that quotes what the stack sent on the connection in hand.
func (r *run) injectICMP(m *icmpMessage) {
	six := r.remote.Is6()
	if m.six != six {
		if r.opt.IPv6OverIPv4 {
			r.skip("ICMPv6 has no counterpart over IPv4")
		}
		r.bad("ICMP of another version of IP")
	}
	var quote []byte
	switch {
	case m.udp || r.current == nil && r.udpLocal().IsValid():
		local := netip.AddrPortFrom(r.local, r.udpLocal().Port())
		quote = datagramBytes(local, netip.AddrPortFrom(r.remote, servicePort), m.length)
		quote = quoteOf(local.Addr(), r.remote, dissect.ProtoUDP, quote)
	case r.current != nil:
		c := r.current
		h := dissect.TCPHeader{SrcPort: c.local.Port(), DstPort: c.remote.Port(), Seq: m.seq + c.ownOffset(m.seq), Flags: dissect.ACK}
		if !m.quoted {
			if s := r.socketOf(c); s != nil {
				h.Seq = uint32(s.Info().SndUna)
			}
		}
		quote = quoteOf(c.local.Addr(), c.remote.Addr(), dissect.ProtoTCP, segmentBytes(&h, m.length, c.local.Addr(), c.remote.Addr()))
	default:
		r.bad("ICMP without anything to quote")
	}
	if six {
		h := dissect.ICMPv6Header{Type: dissect.ICMPv6Type(m.kind), Code: m.code, MTU: uint32(m.mtu)}
		icmp := dissect.ICMPv6(append(h.Append(nil), quote...))
		icmp.FillChecksum(dissect.PseudoHeaderSum(r.remote, r.local, dissect.ProtoICMPv6, len(icmp)))
		r.sendIP(nil, r.remote, r.local, dissect.ProtoICMPv6, icmp)
		return
	}
	h := dissect.ICMPv4Header{Type: dissect.ICMPv4Type(m.kind), Code: m.code, MTU: uint16(m.mtu)}
	if h.Type == dissect.ICMPv4Redirect {
		h.Gateway = gateway
	}
	icmp := dissect.ICMPv4(append(h.Append(nil), quote...))
	icmp.FillChecksum()
	r.sendIP(nil, r.remote, r.local, dissect.ProtoICMP, icmp)
}

// quoteOf is the beginning of a packet as errors quote it: the IP header and what follows it. Of IPv4 eight bytes have
// to be there (RFC 792), of IPv6 all that fits (RFC 4443 section 3.1).
func quoteOf(src, dst netip.Addr, protocol dissect.IPProto, payload []byte) []byte {
	h := ipHeader{src: src, dst: dst, protocol: protocol, ttl: 63, length: min(len(payload), 65535-dissect.IPv6HeaderLen)}
	most := dissect.TCPMinHeaderLen
	if src.Is6() {
		most = 1232 - dissect.IPv6HeaderLen
	}
	return append(h.append(nil), payload[:min(len(payload), most)]...)
}
