package dhcp

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strings"
	"time"

	"smoltcp/dissect"
)

// Limits of what a server can make a client hold. What comes beyond is left out: the first ones are the preferred ones.
const (
	MaxServers = 8  // routers, DNS servers and NTP servers, of each
	MaxRoutes  = 64 // classless routes
	MaxSearch  = 16 // names in a search list
)

// options4 is what a message says in its options, joined: by RFC 3396 section 7 several options of one type are one that was too
// long, wherever they stand. Slices share memory with the message where there was nothing to join. An option without data is
// there and not nil.
type options4 [256][]byte

// readOptions4 gathers the options of d, those in file and sname included if option 52 says so (RFC 2131 section 4.1); ErrMalformed
// if one leaves its field. A missing end is forgiven: what is there was whole.
func readOptions4(d dissect.DHCP) (o *options4, err error) {
	o = new(options4)
	if err := o.add(d.Options()); err != nil {
		return nil, err
	}
	if v := o[dissect.DHCPOptOverload]; v != nil {
		if len(v) != 1 || v[0] < 1 || v[0] > 3 {
			return nil, dissect.ErrMalformed
		}
		if v[0]&1 != 0 {
			err = o.add(d.BootFileArea())
		}
		if err == nil && v[0]&2 != 0 {
			err = o.add(d.ServerNameArea())
		}
	}
	return o, err
}

func (o *options4) add(b []byte) error {
	for {
		opt, rest, err := dissect.NextDHCPOption(b)
		switch {
		case err != nil:
			return dissect.ErrMalformed
		case opt == nil || opt.Type() == dissect.DHCPOptEnd:
			return nil
		case opt.Type() != dissect.DHCPOptPad:
			if old := o[opt.Type()]; old == nil {
				o[opt.Type()] = opt.Data()
			} else {
				// The view of the first part is limited to its length in the message, so this copies.
				o[opt.Type()] = append(old[:len(old):len(old)], opt.Data()...)
			}
		}
		b = rest
	}
}

// addr gives an option that is one address, the zero Addr if it is not.
func (o *options4) addr(t dissect.DHCPOptionType) netip.Addr {
	if v := o[t]; len(v) == 4 {
		return netip.AddrFrom4([4]byte(v))
	}
	return netip.Addr{}
}

// seconds gives an option that is a time; ok is false if it is not there.
func (o *options4) seconds(t dissect.DHCPOptionType) (n uint32, ok bool) {
	v := o[t]
	if len(v) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(v), true
}

// hosts gives the addresses in an option that can be those of hosts, each once, MaxServers at most.
func (o *options4) hosts(t dissect.DHCPOptionType) (list []netip.Addr) {
	for v := o[t]; len(v) >= 4; v = v[4:] {
		list = appendHost(list, netip.AddrFrom4([4]byte(v)))
	}
	return list
}

func appendHost(list []netip.Addr, a netip.Addr) []netip.Addr {
	if len(list) == MaxServers || !isHost(a) {
		return list
	}
	for _, b := range list {
		if a == b {
			return list
		}
	}
	return append(list, a)
}

// isHost reports whether a can be the address of one host other than this one.
func isHost(a netip.Addr) bool {
	if a.Is4() {
		first := a.As4()[0]
		return first != 0 && first != 127 && first < 224
	}
	return a.Is6() && !a.Is4In6() && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast()
}

// routes gives the routes of option 121 (RFC 3442); none if the option contradicts itself, since half a route table leads astray.
func (o *options4) routes() (list []Route) {
	b := o[dissect.DHCPOptClasslessRoute]
	for len(b) > 0 {
		bits := int(b[0])
		n := (bits + 7) / 8
		if bits > 32 || len(b) < 1+n+4 {
			return nil
		}
		var a [4]byte
		copy(a[:], b[1:1+n])
		via := netip.AddrFrom4([4]byte(b[1+n:]))
		b = b[1+n+4:]
		r := Route{Prefix: netip.PrefixFrom(netip.AddrFrom4(a), bits).Masked(), Via: via}
		switch {
		case via.IsUnspecified():
			r.Via = netip.Addr{}
		case !isHost(via):
			continue
		}
		if len(list) < MaxRoutes {
			list = append(list, r)
		}
	}
	return list
}

// readName gives a name out of an option of text, without dots and zeros at its end; "" if it is none.
func readName(b []byte) string {
	b = bytes.TrimRight(b, "\x00")
	if name := strings.TrimSuffix(string(b), "."); isName(name) {
		return name
	}
	return ""
}

// isName reports whether s can be a domain name of hosts: labels of letters, digits, hyphens and, since they are in use,
// underscores. That keeps everything else a server might write from terminals and files.
func isName(s string) bool {
	if len(s) == 0 || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// readNames gives the names of a search list in DNS form, compressed within the option or not (RFC 3397 section 2, RFC 3646 section 4).
// It ends where it makes no sense; names that are not those of hosts are left out.
func readNames(b []byte) (list []string) {
	var buf [dissect.DNSMaxNameLen]byte
	for off := 0; off < len(b) && len(list) < MaxSearch; {
		text, end, err := dissect.DNS(b).AppendName(buf[:0], off)
		if err != nil {
			break
		}
		if name := string(text); isName(name) {
			list = append(list, name)
		}
		off = end
	}
	return list
}

// readText gives a text for people: at most 128 bytes, and what is not printable ASCII replaced by "?".
func readText(b []byte) string {
	b = bytes.TrimRight(b[:min(len(b), 128)], "\x00")
	return string(bytes.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, b))
}

// infinite is a number of seconds that never end (RFC 2131 section 3.3, RFC 8415 section 7.7).
const infinite = 0xffffffff

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
