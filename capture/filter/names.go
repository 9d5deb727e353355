package filter

import (
	"bufio"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"smoltcp/dissect"
)

// Resolver finds the names in an expression.
type Resolver interface {
	// Host gives the addresses of a host, IPv4 and IPv6.
	Host(name string) ([]netip.Addr, error)

	// Network gives the IPv4 number of a network, as an address: 10.0.0.0 for 10.
	Network(name string) (uint32, bool)

	// Ether gives the hardware address of a host.
	Ether(name string) (dissect.MAC, bool)

	// Port gives the port of a service in a transport protocol, "tcp" or "udp".
	Port(name, transport string) (uint16, bool)

	// Protocol gives the number of an IP protocol. Some names stand for more than the header has room for.
	Protocol(name string) (uint16, bool)
}

// System is the resolver of this machine: /etc/hosts and the domain name system, /etc/networks, /etc/ethers, /etc/services and
// /etc/protocols. Well-known services and protocols are known without those files.
type System struct{}

// lookupTimeout bounds the wait for a name server.
const lookupTimeout = 10 * time.Second

func (System) Host(name string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
	defer cancel()
	return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
}

func (System) Network(name string) (n uint32, ok bool) {
	database("/etc/networks", func(words []string) bool {
		if len(words) < 2 || !named(name, words[0], words[2:]) {
			return true
		}
		n, ok = 0, true
		parts := strings.Split(words[1], ".")
		for _, part := range parts {
			v, err := strconv.ParseUint(part, 0, 8)
			n, ok = n<<8|uint32(v), ok && err == nil
		}
		n <<= 8 * max(0, 4-len(parts))
		return !ok
	})
	return n, ok
}

func (System) Ether(name string) (m dissect.MAC, ok bool) {
	database("/etc/ethers", func(words []string) bool {
		if len(words) < 2 || words[1] != name || macLen(words[0]) != len(words[0]) {
			return true
		}
		m, ok = parseMAC(words[0]), true
		return false
	})
	return m, ok
}

func (System) Port(name, transport string) (port uint16, ok bool) {
	database("/etc/services", func(words []string) bool {
		if len(words) < 2 || !named(name, words[0], words[2:]) {
			return true
		}
		number, t, _ := strings.Cut(words[1], "/")
		if v, err := strconv.ParseUint(number, 10, 16); err == nil && t == transport {
			port, ok = uint16(v), true
		}
		return !ok
	})
	if !ok {
		port, ok = wellKnownPort(name, transport)
	}
	return port, ok
}

func (System) Protocol(name string) (number uint16, ok bool) {
	database("/etc/protocols", func(words []string) bool {
		if len(words) < 2 || !named(name, words[0], words[2:]) {
			return true
		}
		v, err := strconv.ParseUint(words[1], 10, 16)
		number, ok = uint16(v), err == nil
		return !ok
	})
	if !ok {
		number, ok = wellKnownProtocols()[name]
	}
	return number, ok
}

// database gives the words of each line of a file until visit returns false. A file that is not there has no lines.
func database(file string, visit func(words []string) bool) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if words := strings.Fields(line); len(words) > 0 && !visit(words) {
			return
		}
	}
}

func named(name, official string, aliases []string) bool {
	if name == official {
		return true
	}
	for _, a := range aliases {
		if a == name {
			return true
		}
	}
	return false
}

// wellKnownPort finds a service in the table of services.go.
func wellKnownPort(name, transport string) (uint16, bool) {
	port, ok := wellKnownPorts()[name+"/"+transport]
	return port, ok
}

var wellKnownPorts = sync.OnceValue(func() map[string]uint16 {
	m := make(map[string]uint16)
	for _, line := range strings.Split(services, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		number, transports, _ := strings.Cut(words[0], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			continue
		}
		for _, t := range strings.Split(transports, ",") {
			for _, name := range words[1:] {
				m[name+"/"+t] = uint16(port)
			}
		}
	}
	return m
})

var wellKnownProtocols = sync.OnceValue(func() map[string]uint16 {
	m := make(map[string]uint16)
	for _, line := range strings.Split(protocols, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		number, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil {
			continue
		}
		for _, name := range words[1:] {
			m[name] = uint16(number)
		}
	}
	return m
})

// parseMAC reads what macLen has measured.
func parseMAC(s string) (m dissect.MAC) {
	if macLen(s) == 14 && s[4] == '.' {
		s = strings.ReplaceAll(s, ".", "")
	}
	if len(s) == 12 && hexRun(s, 12) == 12 {
		v, _ := strconv.ParseUint(s, 16, 64)
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], v)
		copy(m[:], b[2:])
		return m
	}
	for i, octet := range strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '-' || r == '.' }) {
		v, _ := strconv.ParseUint(octet, 16, 8)
		m[i] = byte(v)
	}
	return m
}

// portName gives the port of a service and which protocol it is for: anyPortProto if TCP and UDP both have it.
func (g *generator) portName(name string) (port uint32, ipProto int, ok bool) {
	if v, err := strconv.ParseUint(name, 10, 32); err == nil {
		return g.portNumber(uint32(v)), anyPortProto, true
	}
	tcp, isTCP := g.Resolver.Port(name, "tcp")
	udp, isUDP := g.Resolver.Port(name, "udp")
	switch {
	case isTCP && isUDP && tcp == udp:
		return uint32(tcp), anyPortProto, true
	case isTCP:
		return uint32(tcp), ipTCP, true
	case isUDP:
		return uint32(udp), ipUDP, true
	}
	return 0, anyPortProto, false
}

// portRangeName reads a range of ports: two numbers, or names, with a hyphen between them.
func (g *generator) portRangeName(name string) (low, high uint32, ipProto int, ok bool) {
	a, b, isRange := strings.Cut(name, "-")
	if n, ok := leadingNumber(a, true); ok && isRange {
		if m, ok := leadingNumber(b, false); ok {
			return n, m, anyPortProto, true
		}
	}
	if !isRange {
		return 0, 0, anyPortProto, false
	}
	// The first hyphen divides, also where it belongs to the name of a service: libpcap knows no better.
	var other int
	if low, ipProto, ok = g.portName(a); ok {
		high, other, ok = g.portName(b)
	}
	if ipProto != other {
		ipProto = anyPortProto
	}
	return low, high, ipProto, ok
}

// leadingNumber reads the decimal number that s begins with, or that it is.
func leadingNumber(s string, whole bool) (uint32, bool) {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if whole && n < len(s) {
		return 0, false
	}
	v, err := strconv.ParseUint(s[:n], 10, 32)
	return uint32(v), err == nil
}

// etherTypeNames are the names behind ether proto.
var etherTypeNames = map[string]uint32{
	"ip": etherTypeIP, "ip6": etherTypeIPv6, "arp": etherTypeARP, "rarp": etherTypeRARP, "aarp": etherTypeAARP,
	"atalk": etherTypeATalk, "decnet": etherTypeDECnet, "lat": etherTypeLAT, "sca": etherTypeSCA,
	"moprc": etherTypeMOPRC, "mopdl": etherTypeMOPDL, "loopback": 0x9000,
	"iso": sapISO, "stp": sapSTP, "ipx": sapIPX, "netbeui": sapNetBEUI,
}

// protoName gives the number of a named protocol in the header of p.
func (g *generator) protoName(p proto, name string) uint32 {
	switch p {
	case anyProto, protoIP, protoIPv6:
		v, ok := g.Resolver.Protocol(name)
		if !ok {
			g.fail("no such IP protocol: %s", quote(name))
		}
		return uint32(v)
	case protoLink:
		v, ok := etherTypeNames[name]
		if !ok {
			g.fail("no such Ethernet protocol: %s", quote(name))
		}
		return v
	case protoISO:
		v, ok := map[string]uint32{"clnp": osiCLNP, "esis": osiESIS, "isis": osiISIS}[name]
		if !ok {
			g.fail("no such OSI protocol: %s (have: clnp, esis, isis)", quote(name))
		}
		return v
	}
	g.fail("no protocol has a name in %s headers", p)
	return 0
}
