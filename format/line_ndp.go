package format

var routerFlags = []bitName{{0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}}

var prefixFlags = []bitName{{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}}

// routerPreferences are the values of RFC 4191 section 2.1.
var routerPreferences = [4]string{"medium", "high", "rsv", "low"}

// routerAdvert prints a router advertisement (RFC 4861 section 4.2).
func (m *icmp6Message) routerAdvert(b []byte) ([]byte, bool) {
	d := m.d
	if len(d) < 16 {
		return m.stop(b)
	}
	b = appendInt(append(b, "\n\thop limit "...), int(d[4]))
	b = append(b, ", Flags ["...)
	b = appendBits(b, routerFlags, uint32(d[5]), ", ", "none")
	b = append(append(b, "], pref "...), routerPreferences[d[5]>>3&3]...)
	b = appendInt(append(b, ", router lifetime "...), int(be16(d, 6)))
	b = appendDecimal(append(b, "s, reachable time "...), uint64(be32(d, 8)))
	b = appendDecimal(append(b, "ms, retrans timer "...), uint64(be32(d, 12)))
	return m.options(append(b, "ms"...), 16)
}

// Neighbor discovery options (IANA "IPv6 Neighbor Discovery Option Formats").
const (
	ndSourceLink     = 1
	ndTargetLink     = 2
	ndPrefix         = 3
	ndRedirected     = 4
	ndMTU            = 5
	ndAdvertInterval = 7
	ndHomeAgent      = 8
	ndRoute          = 24
	ndRDNSS          = 25
	ndDNSSL          = 31
)

func ndOptionName(t uint8) string {
	switch t {
	case ndSourceLink:
		return "source link-address"
	case ndTargetLink:
		return "destination link-address"
	case ndPrefix:
		return "prefix info"
	case ndRedirected:
		return "redirected header"
	case ndMTU:
		return "mtu"
	case ndAdvertInterval:
		return "advertisement interval"
	case ndHomeAgent:
		return "homeagent information"
	case ndRoute:
		return "route info"
	case ndRDNSS:
		return "rdnss"
	case ndDNSSL:
		return "dnssl"
	}
	return "unknown"
}

// options prints the neighbor discovery options that begin at off.
func (m *icmp6Message) options(b []byte, off int) ([]byte, bool) {
	p := m.p
	all := from(m.d, off)
	d, left := all, m.length-off
	for len(d) > 0 && left > 0 {
		if left < 2 || len(d) < 2 {
			return m.cut(b)
		}
		units := int(d[1])
		size := 8 * units
		if units == 0 || size > len(d) || size > left {
			return m.cut(b)
		}
		b = append(append(b, "\n\t  "...), ndOptionName(d[0])...)
		b = appendInt(append(b, " option ("...), int(d[0]))
		b = appendInt(append(b, "), length "...), size)
		b = append(appendInt(append(b, " ("...), units), "): "...)
		ok := true
		switch d[0] {
		case ndSourceLink, ndTargetLink:
			b = p.octets(b, d[2:size])
		case ndPrefix:
			b, ok = m.prefixOption(b, d, units)
		case ndRedirected:
			// Not the option, but everything from the first one on.
			b = appendUnknown(b, "\n\t    ", all, size)
		case ndMTU:
			b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
			if units != 1 {
				b = append(b, "bad option length"...)
			}
		case ndRDNSS:
			b = appendDecimal(append(b, " lifetime "...), uint64(be32(d, 4)))
			b = append(b, "s,"...)
			for at := 8; at+16 <= size; at += 16 {
				b = p.addr6(append(b, " addr: "...), d[at:])
			}
		case ndDNSSL:
			b = appendDecimal(append(b, " lifetime "...), uint64(be32(d, 4)))
			b = append(b, "s, domain(s):"...)
			b, ok = m.domains(b, d, size)
		case ndAdvertInterval:
			b = append(appendDecimal(append(b, ' '), uint64(be32(d, 4))), "ms"...)
		case ndHomeAgent:
			b = appendInt(append(b, " preference "...), int(be16(d, 4)))
			b = appendInt(append(b, ", lifetime "...), int(be16(d, 6)))
		case ndRoute:
			b, ok = m.routeOption(b, d, units)
		default:
			if p.opts.Verbose <= 1 {
				return appendUnknown(b, "\n\t  ", d[2:], size-2), true
			}
		}
		if !ok {
			return b, false
		}
		if p.opts.Verbose > 1 {
			b = appendUnknown(b, "\n\t    ", d[2:], size-2)
		}
		d, left = d[size:], left-size
	}
	return b, true
}

// prefixOption prints a prefix information option (RFC 4861 section 4.6.2).
func (m *icmp6Message) prefixOption(b, d []byte, units int) ([]byte, bool) {
	if len(d) < 32 {
		return m.cut(b)
	}
	b = append(m.p.addr6(b, d[16:]), '/')
	b = appendInt(b, int(d[2]))
	if units != 4 {
		b = append(b, "badlen"...)
	}
	b = append(b, ", Flags ["...)
	b = appendBits(b, prefixFlags, uint32(d[3]), ", ", "none")
	b = appendSeconds(append(b, "], valid time "...), be32(d, 4))
	return appendSeconds(append(b, ", pref. time "...), be32(d, 8)), true
}

// routeOption prints a route information option (RFC 4191 section 2.3), whose prefix is as long as its sender wished.
func (m *icmp6Message) routeOption(b, d []byte, units int) ([]byte, bool) {
	var prefix [16]byte
	switch units {
	case 1, 2, 3:
		copy(prefix[:], d[8:8*units])
	default:
		return m.cut(b)
	}
	b = append(m.p.addr6(append(b, ' '), prefix[:]), '/')
	b = appendInt(b, int(d[2]))
	b = append(append(b, ", pref="...), routerPreferences[d[3]>>3&3]...)
	return appendSeconds(append(b, ", lifetime="...), be32(d, 4)), true
}

// appendSeconds appends a lifetime, of which all ones mean for ever.
func appendSeconds(b []byte, v uint32) []byte {
	if v == 0xffffffff {
		return append(b, "infinity"...)
	}
	return append(appendDecimal(b, uint64(v)), 's')
}

// domains prints the domain names of a search list option of size bytes (RFC 8106 section 5.2), which padding of zeros may
// follow. The names are read like those of DNS, past the option's end if they lead there.
func (m *icmp6Message) domains(b, d []byte, size int) ([]byte, bool) {
	r := dnsReader{p: m.p, m: d}
	for at := 8; at < size && d[at] != 0; {
		if b, at = r.name(append(b, ' '), at, 0); at < 0 {
			return m.cut(b)
		}
	}
	return b, true
}
