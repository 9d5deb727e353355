package dissect

import "net/netip"

type IPv6 []byte

func (ip IPv6) Src() netip.Addr { return netip.AddrFrom16([16]byte(ip[8:])) }
func (ip IPv6) Dst() netip.Addr { return netip.AddrFrom16([16]byte(ip[24:])) }

// finalDst is the destination that the checksum of layer l covers.
func (p *Packet) finalDst(l *Layer, ip IPv6) netip.Addr { return ip.Dst() }
