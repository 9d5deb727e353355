package format

import (
	"net/netip"
	"strings"

	"smoltcp/dissect"
)

// Names gives names for the numbers in packets, "" for a number that has none, or none yet. A printer asks for each number that
// it prints, from one goroutine; so an answer must come at once, out of a table, and what is looked up elsewhere must be looked
// up behind the printer's back. The text may come from anywhere: printers escape it.
type Names interface {
	Host(a netip.Addr) string
	Port(proto dissect.IPProto, port uint16) string
	MAC(m dissect.MAC) string
}

// The line's numbers, as tcpdump prints them without -n.

// host4 and host6 append the name of an address and report true, if it has one.
func (p *Line) host4(b, a []byte) ([]byte, bool) {
	return p.name(b, p.opts.Names.Host(netip.AddrFrom4([4]byte(a[:4]))), RoleAddress)
}

func (p *Line) host6(b, a []byte) ([]byte, bool) {
	return p.name(b, p.opts.Names.Host(netip.AddrFrom16([16]byte(a[:16]))), RoleAddress)
}

// mac appends the name of a hardware address, or the address and who assigned it.
func (p *Line) mac(b []byte, m dissect.MAC) []byte {
	b, ok := p.name(b, p.opts.Names.MAC(m), RoleAddress)
	if ok {
		return b
	}
	if m == broadcastMAC {
		return p.off(append(p.on(b, RoleAddress), "Broadcast"...), RoleAddress)
	}
	b = p.off(appendHardware(p.on(b, RoleAddress), m[:]), RoleAddress)
	name := ouiNames[uint32(m[0])<<16|uint32(m[1])<<8|uint32(m[2])]
	if name == "" {
		name = "Unknown"
	}
	return append(append(append(b, " (oui "...), name...), ')')
}

var broadcastMAC = dissect.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// service appends the name of a port of proto, or its number.
func (p *Line) service(b []byte, proto dissect.IPProto, port uint16) []byte {
	if p.opts.Names != nil {
		if b, ok := p.name(b, p.opts.Names.Port(proto, port), RolePort); ok {
			return b
		}
	}
	return p.port(b, port)
}

func (p *Line) name(b []byte, name string, r Role) ([]byte, bool) {
	if name == "" {
		return b, false
	}
	return p.off(appendEscaped(p.on(b, r), name), r), true
}

// named gives the name of a field's value, for the tree.
func named(names Names, f *dissect.Field, v *value) string {
	switch v.kind {
	case kindAddr:
		if v.addr.IsValid() {
			return names.Host(v.addr)
		}
	case kindMAC:
		return names.MAC(v.mac)
	case kindUint:
		proto, _, ok := strings.Cut(f.Name, ".")
		if !ok || !strings.HasSuffix(f.Name, "port") {
			break
		}
		switch proto {
		case "tcp":
			return names.Port(dissect.ProtoTCP, uint16(v.num))
		case "udp":
			return names.Port(dissect.ProtoUDP, uint16(v.num))
		case "sctp":
			return names.Port(dissect.ProtoSCTP, uint16(v.num))
		}
	}
	return ""
}

// ipProto appends the name of a protocol in IP, or its number.
func (p *Line) ipProto(b []byte, proto dissect.IPProto) []byte {
	if p.opts.Names != nil && protocolNames[proto] != "" {
		return append(b, protocolNames[proto]...)
	}
	return appendInt(append(b, "ip-proto-"...), int(proto))
}
