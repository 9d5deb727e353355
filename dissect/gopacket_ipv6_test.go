package dissect

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// gopacketIPv6Differences are the samples of IPv6, its extension headers and ICMP that gopacket reads in another way,
// and why.
var gopacketIPv6Differences = map[string]string{
	"icmpv4/first-fragment":             whyFragment,
	"icmpv4/error-fragmented":           whyFragment,
	"ipv6/chain":                        whyFragment,
	"ipv6/no-next-header":               "gopacket has no layer for Next Header 59 and calls it an error",
	"ipv6/unknown-next-header":          "gopacket calls a protocol that it does not know an error, we its bytes data",
	"ipv6/version-5":                    "gopacket does not look at the version",
	"ipv6/truncated":                    "gopacket adds a layer without values before the error",
	"ipv6/zero-length":                  whyNoLength,
	"ipv6/jumbo-too-small":              whyNoLength,
	"ipv6/jumbo-missing":                whyNoLength,
	"ipv6/jumbo-malformed":              whyNoLength,
	"ipv6/option-overrun":               whyOverrun,
	"ipv6/option-half":                  whyOverrun,
	"ipv6/option-odd-lengths":           "gopacket reads a Jumbo option of any length for one",
	"ipv6/routing-source-odd":           "gopacket wants whole addresses, we show those there are",
	"ipv6/routing-mobile":               whyRouting,
	"ipv6/routing-mobile-two":           whyRouting,
	"ipv6/routing-rpl":                  whyRouting,
	"ipv6/routing-rpl-pad":              whyRouting,
	"ipv6/routing-rpl-too-short":        whyRouting,
	"ipv6/routing-segments":             whyRouting,
	"ipv6/routing-segments-tlv":         whyRouting,
	"ipv6/routing-segments-last-beyond": whyRouting,
	"ipv6/routing-unknown":              whyRouting,
	"mld/v2-query":                      whyMLDTimes,
	"mld/v2-query-codes":                whyMLDTimes,
}

const (
	whyFragment = "gopacket reads nothing behind a fragment header, be the fragment the first or the only one"
	whyNoLength = "gopacket takes a payload length of zero without a valid Jumbo option for an error, we for segmentation offload"
	whyOverrun  = "gopacket reads an option on past the end of its header"
	whyRouting  = "gopacket reads routing type 0 only"
	whyMLDTimes = "gopacket takes the codes of times for other units than RFC 3810 does"
)

// facts collects what one reader finds in a frame, a line for each layer.
type facts []string

func (f *facts) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// ourFacts tells of the layers up to the first ICMP message, which is where gopacket stops.
func ourFacts(p *Packet) (f facts) {
	for i := range p.Layers() {
		l := &p.Layers()[i]
		b := p.Bytes(l)
		if l.Err != nil {
			f.add("error")
			return f
		}
		switch l.Type {
		case LayerIPv6:
			h := IPv6(b).Header()
			f.add("ipv6 %d %#x %d %d %d %v %v", IPv6(b).TrafficClass(), h.FlowLabel, h.PayloadLen, h.NextHeader, h.HopLimit, h.Src, h.Dst)
		case LayerHopByHop, LayerDestOpts:
			h := IPv6Options(b)
			f.add("options %d %d", h.NextHeader(), h.HeaderLen())
			for b := h.Options(); len(b) > 0; {
				o, rest, err := NextIPv6Option(b)
				if err != nil {
					f.add("error")
					return f
				}
				f.add("option %#x %x", uint8(o.Type()), o.Data())
				b = rest
			}
		case LayerRouting:
			h := IPv6Routing(b)
			f.add("routing %d %d %d %d", h.NextHeader(), h.HeaderLen(), h.Type(), h.SegmentsLeft())
			for i := range h.NumAddrs() {
				f.add("address %v", h.Addr(i, netip.IPv6Unspecified()))
			}
		case LayerFragment:
			h := IPv6Fragment(b).Header()
			f.add("fragment %d %d %v %#x", h.NextHeader, h.Offset, h.MoreFragments, h.ID)
		case LayerAH:
			h := AH(b)
			f.add("ah %d %#x %d %x", h.NextHeader(), h.SPI(), h.Seq(), h.ICV())
		case LayerICMPv4:
			m := ICMPv4(b)
			f.add("icmpv4 %d %d %#x %d %d", m.Type(), m.Code(), m.Checksum(), m.ID(), m.Seq())
			return f
		case LayerICMPv6:
			ourMessage(&f, b)
			return f
		}
	}
	return f
}

func ourMessage(f *facts, m ICMPv6) {
	f.add("icmpv6 %d %d %#x", m.Type(), m.Code(), m.Checksum())
	if m.Type().IsError() {
		return
	}
	if m.CheckWhole() != nil {
		f.add("error")
		return
	}
	var options []byte
	switch m.Type() {
	case ICMPv6EchoRequest, ICMPv6EchoReply:
		f.add("echo %d %d", m.ID(), m.Seq())
	case ICMPv6RouterSolicitation:
		options = RouterSolicitation(m).Options()
	case ICMPv6RouterAdvertisement:
		a := RouterAdvertisement(m)
		f.add("ra %d %v %v %d %d %d", a.HopLimit(), a.Managed(), a.Other(), a.Lifetime(), a.ReachableTime(), a.RetransTimer())
		options = a.Options()
	case ICMPv6NeighborSolicitation:
		s := NeighborSolicitation(m)
		f.add("ns %v", s.Target())
		options = s.Options()
	case ICMPv6NeighborAdvertisement:
		a := NeighborAdvertisement(m)
		f.add("na %v %v %v %v", a.Target(), a.Router(), a.Solicited(), a.Override())
		options = a.Options()
	case ICMPv6Redirect:
		r := NDPRedirect(m)
		f.add("redirect %v %v", r.Target(), r.Dst())
		options = r.Options()
	case ICMPv6MLDQuery:
		if q := MLDv2Query(m); q.Check() == nil {
			f.add("query2 %v %d %v %d %d %d", q.Group(), q.MaxDelay(), q.SuppressRouter(), q.Robustness(), q.QueryInterval(), q.NumSources())
			for i := range q.NumSources() {
				f.add("source %v", q.Source(i))
			}
			return
		}
		f.add("mld %v %d", MLD(m).Group(), MLD(m).MaxDelay())
	case ICMPv6MLDReport, ICMPv6MLDDone:
		f.add("mld %v %d", MLD(m).Group(), MLD(m).MaxDelay())
	case ICMPv6MLDv2Report:
		b := MLDv2Report(m).Records()
		for range MLDv2Report(m).NumRecords() {
			var r MLDRecord
			r, b, _ = NextMLDRecord(b)
			f.add("record %d %v %d %d", r.Type(), r.Group(), r.NumSources(), len(r.AuxData()))
			for i := range r.NumSources() {
				f.add("source %v", r.Source(i))
			}
		}
	}
	for len(options) > 0 {
		var o NDPOption
		o, options, _ = NextNDPOption(options)
		f.add("option %d %x", o.Type(), o.Data())
	}
}

// theirFacts tells the same of gopacket's layers.
func theirFacts(p gopacket.Packet) (f facts) {
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.IPv6:
			f.add("ipv6 %d %#x %d %d %d %v %v", l.TrafficClass, l.FlowLabel, l.Length, l.NextHeader, l.HopLimit, addrOf(l.SrcIP), addrOf(l.DstIP))
		case *layers.IPv6HopByHop:
			f.add("options %d %d", l.NextHeader, l.ActualLength)
			for _, o := range l.Options {
				f.add("option %#x %x", o.OptionType, o.OptionData)
			}
		case *layers.IPv6Destination:
			f.add("options %d %d", l.NextHeader, l.ActualLength)
			for _, o := range l.Options {
				f.add("option %#x %x", o.OptionType, o.OptionData)
			}
		case *layers.IPv6Routing:
			f.add("routing %d %d %d %d", l.NextHeader, l.ActualLength, l.RoutingType, l.SegmentsLeft)
			for _, a := range l.SourceRoutingIPs {
				f.add("address %v", addrOf(a))
			}
		case *layers.IPv6Fragment:
			f.add("fragment %d %d %v %#x", l.NextHeader, int(l.FragmentOffset)*8, l.MoreFragments, l.Identification)
		case *layers.IPSecAH:
			f.add("ah %d %#x %d %x", l.NextHeader, l.SPI, l.Seq, l.AuthenticationData)
		case *layers.ICMPv4:
			f.add("icmpv4 %d %d %#x %d %d", l.TypeCode.Type(), l.TypeCode.Code(), l.Checksum, l.Id, l.Seq)
			return f
		case *layers.ICMPv6:
			f.add("icmpv6 %d %d %#x", l.TypeCode.Type(), l.TypeCode.Code(), l.Checksum)
		case *layers.ICMPv6Echo:
			f.add("echo %d %d", l.Identifier, l.SeqNumber)
		case *layers.ICMPv6RouterSolicitation:
			theirOptions(&f, l.Options)
		case *layers.ICMPv6RouterAdvertisement:
			f.add("ra %d %v %v %d %d %d", l.HopLimit, l.ManagedAddressConfig(), l.OtherConfig(), l.RouterLifetime, l.ReachableTime, l.RetransTimer)
			theirOptions(&f, l.Options)
		case *layers.ICMPv6NeighborSolicitation:
			f.add("ns %v", addrOf(l.TargetAddress))
			theirOptions(&f, l.Options)
		case *layers.ICMPv6NeighborAdvertisement:
			f.add("na %v %v %v %v", addrOf(l.TargetAddress), l.Router(), l.Solicited(), l.Override())
			theirOptions(&f, l.Options)
		case *layers.ICMPv6Redirect:
			f.add("redirect %v %v", addrOf(l.TargetAddress), addrOf(l.DestinationAddress))
			theirOptions(&f, l.Options)
		case *layers.MLDv1MulticastListenerQueryMessage:
			f.add("mld %v %d", addrOf(l.MulticastAddress), l.MaximumResponseDelay.Milliseconds())
		case *layers.MLDv1MulticastListenerReportMessage:
			f.add("mld %v %d", addrOf(l.MulticastAddress), l.MaximumResponseDelay.Milliseconds())
		case *layers.MLDv1MulticastListenerDoneMessage:
			f.add("mld %v %d", addrOf(l.MulticastAddress), l.MaximumResponseDelay.Milliseconds())
		case *layers.MLDv2MulticastListenerQueryMessage:
			f.add("query2 %v %d %v %d %d %d", addrOf(l.MulticastAddress), l.MaximumResponseDelay().Milliseconds(),
				l.SuppressRoutersideProcessing, l.QueriersRobustnessVariable, int(l.QQI().Seconds()), l.NumberOfSources)
			for _, a := range l.SourceAddresses {
				f.add("source %v", addrOf(a))
			}
		case *layers.MLDv2MulticastListenerReportMessage:
			for _, r := range l.MulticastAddressRecords {
				f.add("record %d %v %d %d", r.RecordType, addrOf(r.MulticastAddress), r.N, int(r.AuxDataLen)*4)
				for _, a := range r.SourceAddresses {
					f.add("source %v", addrOf(a))
				}
			}
		}
	}
	if p.ErrorLayer() != nil {
		f.add("error")
	}
	return f
}

func theirOptions(f *facts, options layers.ICMPv6Options) {
	for _, o := range options {
		f.add("option %d %x", o.Type, o.Data)
	}
}

func addrOf(ip net.IP) netip.Addr {
	a, _ := netip.AddrFromSlice(ip)
	return a
}

// TestGopacketIPv6: gopacket finds the same in every sample of these protocols, but for the differences known.
func TestGopacketIPv6(t *testing.T) {
	compared, different := 0, 0
	for _, s := range samples {
		protocol, _, _ := strings.Cut(s.name, "/")
		first := gopacket.LayerType(layers.LayerTypeIPv6)
		switch {
		case s.link == LinkIPv4:
			first = layers.LayerTypeIPv4
		case s.link != LinkIPv6:
			continue
		}
		switch protocol {
		case "ipv6", "icmpv4", "icmpv6", "ndp", "mld":
		default:
			continue
		}
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		ours := strings.Join(ourFacts(&p), "\n")
		theirs := strings.Join(theirFacts(gopacket.NewPacket(bytes.Clone(s.data), first, gopacket.Default)), "\n")
		_, known := gopacketIPv6Differences[s.name]
		switch {
		case ours == theirs && known:
			t.Errorf("%s: the known difference does not occur", s.name)
		case ours != theirs && known:
			different++
		case ours != theirs:
			t.Errorf("%s: we find\n%s\ngopacket finds\n%s", s.name, ours, theirs)
		}
		compared++
	}
	if compared < 100 || different != len(gopacketIPv6Differences) {
		t.Errorf("%d samples compared, %d of %d differences seen", compared, different, len(gopacketIPv6Differences))
	}
}
