package host

import (
	"net/netip"
	"slices"
)

// NameServers says whom to ask for names, and where to look for those that are not complete.
type NameServers struct {
	Servers []netip.AddrPort // in the order in which they are to be asked; a link-local one has its zone
	Search  []string         // domains
}

// Clone gives a copy that shares nothing.
func (n NameServers) Clone() NameServers {
	return NameServers{slices.Clone(n.Servers), slices.Clone(n.Search)}
}

func (n NameServers) equal(o NameServers) bool {
	return slices.Equal(n.Servers, o.Servers) && slices.Equal(n.Search, o.Search)
}

// dnsPort is where name servers are that are known by their address alone.
const dnsPort = 53

// nameSource is somebody who names name servers.
type nameSource int

// The sources, in the order in which what they say counts. DHCP comes before router advertisements (RFC 8106 section 5.3.1).
const (
	namesByHand nameSource = iota
	namesByDHCP4
	namesByDHCP6
	namesByRouters
)

// nameVoice is one of a source: the leases of several interfaces are several.
type nameVoice struct {
	from nameSource
	said NameServers
}

// nameServers is all that a host knows of name servers.
type nameServers struct {
	voices  []*nameVoice // in the order in which they count
	present NameServers  // the sum of what they say
	watch   []func()
}

// NameServers gives the host's name servers: those that SetNameServers set, else those of the leases of DHCP and DHCPv6 and of router
// advertisements. The same holds for the domains to search, apart from that.
func (h *Host) NameServers() NameServers {
	h.lock()
	defer h.unlock()
	return h.names.present.Clone()
}

// SetNameServers sets name servers by hand, and domains to search. Where either is not empty it counts instead of what the network says.
func (h *Host) SetNameServers(n NameServers) {
	h.lock()
	defer h.unlock()
	h.setNames(namesByHand, n.Clone())
}

// setNames takes note of what a source says now that has one voice. The lock is held.
func (h *Host) setNames(from nameSource, n NameServers) {
	for _, v := range h.names.voices {
		if v.from == from {
			h.say(v, n)
			return
		}
	}
	h.say(h.nameVoice(from), n)
}

// nameVoice gives a source another voice, which says nothing yet. The lock is held, here and below.
func (h *Host) nameVoice(from nameSource) *nameVoice {
	v := &nameVoice{from: from}
	h.names.voices = append(h.names.voices, v)
	slices.SortStableFunc(h.names.voices, func(a, b *nameVoice) int { return int(a.from) - int(b.from) })
	return v
}

// silence takes a voice away.
func (h *Host) silence(v *nameVoice) {
	h.say(v, NameServers{})
	h.names.voices = slices.DeleteFunc(h.names.voices, func(o *nameVoice) bool { return o == v })
}

// say takes note of what a voice says now.
func (h *Host) say(v *nameVoice, n NameServers) {
	v.said = n
	var sum NameServers
	var byHand nameVoice
	for _, v := range h.names.voices {
		if v.from == namesByHand {
			byHand = *v
		}
		if v.from == namesByHand || len(byHand.said.Servers) == 0 {
			sum.Servers = appendNew(sum.Servers, v.said.Servers)
		}
		if v.from == namesByHand || len(byHand.said.Search) == 0 {
			sum.Search = appendNew(sum.Search, v.said.Search)
		}
	}
	if sum.equal(h.names.present) {
		return
	}
	h.names.present = sum
	for _, f := range h.names.watch {
		f()
	}
}

// appendNew appends what is not in the list yet.
func appendNew[T comparable](list, more []T) []T {
	for _, x := range more {
		if !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}

// watchNames has f called, under the lock, whenever the name servers (h.names.present) have changed.
func (h *Host) watchNames(f func()) { h.names.watch = append(h.names.watch, f) }

// serversAt gives the name servers at addresses.
func serversAt(list []netip.Addr) (out []netip.AddrPort) {
	for _, a := range list {
		out = append(out, netip.AddrPortFrom(a, dnsPort))
	}
	return out
}
