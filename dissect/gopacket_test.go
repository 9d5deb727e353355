package dissect

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

const (
	referenceFailed    = "gopacket keeps the layer whose header it could not read"
	referenceFragment  = "gopacket reads nothing in a first fragment"
	referenceTagLength = "gopacket does not know that a length may stand behind a tag"
	referenceControl   = "gopacket takes the bytes of a long control field in the other order"
	referenceIPv6Ext   = "gopacket stops at this extension header"
	referencePort      = "gopacket does not know the port"
	referenceOption    = "gopacket keeps the option that ended the walk"
)

// gopacketDifferences are the frames that gopacket v1.1.19 reads in another way than we do, on purpose. field is the name of
// the first layer that differs.
var gopacketDifferences = []difference{
	{"arp/longest", "arp", "gopacket adds the lengths of the addresses in one byte, which wraps, and panics"},
	{"macsec/plain", "ip", "gopacket does not know MACsec"},
	{"erspan/1", "eth", "gopacket expects a header behind GRE without a sequence number"},
	{"erspan/3", "eth", "gopacket does not know ERSPAN of type III"},
	{"arp/reverse-*", "arp", "gopacket does not know RARP"},
	{"ethernet/invalid-length", "llc", "gopacket takes every number below 0x600 for a length"},
	{"ethernet/novell-raw", "llc", "gopacket reads LLC where IPX follows the length"},
	{"pim/register*", "ip", "gopacket does not know PIM, nor what a Register carries"},
	{"pim/register-ipv6", "ipv6", "gopacket does not know PIM, nor what a Register carries"},
	{"llc/ipv4-sap", "ip", "gopacket does not know the SAP of IPv4"},
	{"llc/information", "llc", referenceControl},
	{"llc/receive-ready", "llc", referenceControl},
	{"vlan/llc", "llc", referenceTagLength},
	{"vlan/qinq-llc", "llc", referenceTagLength},
	{"vlan/9100", "vlan", "gopacket does not know the tag from before the standard"},
	{"icmpv4/first-fragment", "icmp", referenceFragment},
	{"icmpv4/error-fragmented", "icmp", referenceFragment},
	{"udp/first-fragment", "udp", referenceFragment},
	{"ipv4/total-length-0", "ip", "gopacket writes the frame's length over a TotalLen of zero"},
	{"ipv4/total-length-below-header", "ip", referenceFailed},
	{"ipv4/version-5", "ip", "gopacket does not look at the version"},
	{"ipv4/ihl-4", "ip", referenceFailed},
	{"ipv4/options-missing", "ip", referenceFailed},
	{"ipv4/options-short", "ip", "gopacket keeps no options when one contradicts itself"},
	{"ipv4/too-deep", "udp", "gopacket has no limit"},
	{"ipv6/zero-length", "udp", "gopacket wants a jumbo option where the length is zero"},
	{"ipv6/version-5", "ipv6", "gopacket does not look at the version"},
	{"ipv6/truncated", "ipv6", referenceFailed},
	{"ipv6/option-odd-lengths", "udp", referenceIPv6Ext},
	{"ipv6/jumbo-*", "udp", referenceIPv6Ext},
	{"ipv6/routing-*", "udp", referenceIPv6Ext},
	{"ipv6/fragment-*", "udp", referenceIPv6Ext},
	{"ipv6/chain", "udp", referenceIPv6Ext},
	{"sll/infiniband", "sll", "gopacket reads an address longer than its place on into the payload"},
	{"sll/llc", "llc", "gopacket knows EtherTypes only behind a cooked header"},
	{"sll/ethernet", "eth", "gopacket knows EtherTypes only behind a cooked header"},
	{"sll/netlink", "ip", "gopacket does not look at the hardware type"},
	{"null/ethertype", "null", "gopacket knows address families only"},
	{"tcp/options-length-*", "tcp", referenceOption},
	{"tcp/options-overrun", "tcp", referenceOption},
	{"tcp/options-no-length", "tcp", referenceOption},
	{"tcp/offset-*", "tcp", referenceFailed},
	{"tcp/truncated", "tcp", referenceFailed},
	{"udp/length-7", "udp", referenceFailed},
	{"udp/truncated", "udp", referenceFailed},
	{"gre/version-2", "ip", "gopacket does not look at the version"},
	{"vxlan/gpe-ethernet", "eth", referencePort},
	{"vxlan/gpe-ipv*", "ip", referencePort},
	{"vxlan/gpe-ipv6", "ipv6", referencePort},
	{"vxlan/gpe-mpls", "ip", referencePort},
	{"geneve/version-1", "eth", "gopacket does not look at the version"},
	{"geneve/option-too-long", "eth", "gopacket goes by the length of the option, not by that of all"},
	{"mpls/udp", "ip", referencePort},
	{"pppoe/longer-than-frame", "ip", referenceFailed},
	{"stp/mstp", "llc", referenceTagLength},
}

// describeOurs and describeTheirs give the fields of a layer as text, alike for both decoders; "" for a layer that
// is not compared.
func describeOurs(p *Packet, l *Layer) string {
	b := p.Bytes(l)
	switch l.Type {
	case LayerEthernet, Layer8023:
		h := Ethernet(b).Header()
		return fmt.Sprintf("eth %x %x %#x", h.Dst[:], h.Src[:], uint16(h.Type))
	case LayerVLAN, LayerQinQ:
		h := VLAN(b).Header()
		return fmt.Sprintf("vlan %d %v %d %#x", h.Priority, h.DropEligible, h.ID, uint16(h.Type))
	case LayerLLC:
		h := LLC(b)
		return fmt.Sprintf("llc %#x %v %#x %v %#x", uint8(h.DSAP()&^1), h.IsGroup(), uint8(h.SSAP()&^1), h.IsResponse(), uint16(h.Control()))
	case LayerSNAP:
		h := SNAP(b)
		return fmt.Sprintf("snap %06x %#x", uint32(h.OUI()), h.PID())
	case LayerSLL:
		h := SLL(b)
		return fmt.Sprintf("sll %d %d %d %x %#x", h.PacketType(), h.Hardware(), h.AddrLen(), h.Addr(), uint16(h.Protocol()))
	case LayerNull:
		return fmt.Sprintf("null %d", Null(b).Family())
	case LayerARP:
		h := ARP(b)
		return fmt.Sprintf("arp %d %#x %d %d %d %x %x %x %x", h.HardwareType(), uint16(h.ProtocolType()), h.HardwareLen(), h.ProtocolLen(),
			h.Op(), h.SenderHardware(), h.SenderProtocol(), h.TargetHardware(), h.TargetProtocol())
	case LayerIPv4:
		ip := IPv4(b)
		var options strings.Builder
		for o := ip.Options(); len(o) > 0; {
			opt, rest, err := NextIPv4Option(o)
			if err != nil || opt.Type() == IPv4OptEnd {
				break
			}
			fmt.Fprintf(&options, " %d:%x", opt.Type(), opt.Data())
			o = rest
		}
		return fmt.Sprintf("ip %d %d %d %#x %v %v %v %d %d %d %#x %v %v%s", ip.HeaderLen(), ip[ipv4DSField], ip.TotalLen(), ip.ID(), ip.Reserved(),
			ip.DontFragment(), ip.MoreFragments(), ip.FragmentOffset(), ip.TTL(), ip.Protocol(), ip.Checksum(), ip.Src(), ip.Dst(), options.String())
	case LayerIPv6:
		ip := IPv6(b)
		return fmt.Sprintf("ipv6 %d %d %v %v", uint8(ip.NextHeader()), ip.HopLimit(), ip.Src(), ip.Dst())
	case LayerUDP:
		h := UDP(b).Header()
		return fmt.Sprintf("udp %d %d %d %#x", h.SrcPort, h.DstPort, h.Length, h.Checksum)
	case LayerTCP:
		seg := TCP(b)
		f := seg.Flags()
		var options strings.Builder
		for o := seg.Options(); len(o) > 0; {
			opt, rest, err := NextTCPOption(o)
			if err != nil || opt.Kind() == TCPOptEnd {
				break
			}
			fmt.Fprintf(&options, " %d:%x", opt.Kind(), opt.Data())
			o = rest
		}
		return fmt.Sprintf("tcp %d %d %d %d %d %09b %d %#x %d%s", seg.SrcPort(), seg.DstPort(), seg.Seq(), seg.Ack(), seg.HeaderLen(),
			f&0x1ff, seg.Window(), seg.Checksum(), seg.Urgent(), options.String())
	case LayerICMPv4:
		return fmt.Sprintf("icmp %d %d %#x", b[0], b[1], ICMPv4(b).Checksum())
	case LayerICMPv6:
		return fmt.Sprintf("icmpv6 %d %d %#x", b[0], b[1], ICMPv6(b).Checksum())
	}
	return ""
}

func describeTheirs(l gopacket.Layer) string {
	addr := func(b []byte) netip.Addr { a, _ := netip.AddrFromSlice(b); return a }
	switch l := l.(type) {
	case *layers.Ethernet:
		t := uint16(l.EthernetType)
		if l.EthernetType == layers.EthernetTypeLLC {
			t = l.Length
		}
		return fmt.Sprintf("eth %x %x %#x", []byte(l.DstMAC), []byte(l.SrcMAC), t)
	case *layers.Dot1Q:
		return fmt.Sprintf("vlan %d %v %d %#x", l.Priority, l.DropEligible, l.VLANIdentifier, uint16(l.Type))
	case *layers.LLC:
		return fmt.Sprintf("llc %#x %v %#x %v %#x", l.DSAP, l.IG, l.SSAP, l.CR, l.Control)
	case *layers.SNAP:
		return fmt.Sprintf("snap %x %#x", l.OrganizationalCode, uint16(l.Type))
	case *layers.LinuxSLL:
		return fmt.Sprintf("sll %d %d %d %x %#x", l.PacketType, l.AddrType, l.AddrLen, []byte(l.Addr), uint16(l.EthernetType))
	case *layers.Loopback:
		return fmt.Sprintf("null %d", l.Family)
	case *layers.ARP:
		return fmt.Sprintf("arp %d %#x %d %d %d %x %x %x %x", l.AddrType, uint16(l.Protocol), l.HwAddressSize, l.ProtAddressSize,
			l.Operation, l.SourceHwAddress, l.SourceProtAddress, l.DstHwAddress, l.DstProtAddress)
	case *layers.IPv4:
		var options strings.Builder
		for _, o := range l.Options {
			if o.OptionType == uint8(IPv4OptEnd) {
				break
			}
			fmt.Fprintf(&options, " %d:%x", o.OptionType, o.OptionData)
		}
		has := func(f layers.IPv4Flag) bool { return l.Flags&f != 0 }
		return fmt.Sprintf("ip %d %d %d %#x %v %v %v %d %d %d %#x %v %v%s", int(l.IHL)*4, l.TOS, l.Length, l.Id, has(layers.IPv4EvilBit),
			has(layers.IPv4DontFragment), has(layers.IPv4MoreFragments), int(l.FragOffset)*8, l.TTL, uint8(l.Protocol), l.Checksum,
			addr(l.SrcIP), addr(l.DstIP), options.String())
	case *layers.IPv6:
		return fmt.Sprintf("ipv6 %d %d %v %v", uint8(l.NextHeader), l.HopLimit, addr(l.SrcIP), addr(l.DstIP))
	case *layers.UDP:
		return fmt.Sprintf("udp %d %d %d %#x", l.SrcPort, l.DstPort, l.Length, l.Checksum)
	case *layers.TCP:
		var f TCPFlags
		for i, set := range []bool{l.FIN, l.SYN, l.RST, l.PSH, l.ACK, l.URG, l.ECE, l.CWR, l.NS} {
			if set {
				f |= 1 << i
			}
		}
		var options strings.Builder
		for _, o := range l.Options {
			if o.OptionType == layers.TCPOptionKindEndList {
				break
			}
			fmt.Fprintf(&options, " %d:%x", o.OptionType, o.OptionData)
		}
		return fmt.Sprintf("tcp %d %d %d %d %d %09b %d %#x %d%s", l.SrcPort, l.DstPort, l.Seq, l.Ack, int(l.DataOffset)*4,
			f, l.Window, l.Checksum, l.Urgent, options.String())
	case *layers.ICMPv4:
		return fmt.Sprintf("icmp %d %d %#x", l.TypeCode.Type(), l.TypeCode.Code(), l.Checksum)
	case *layers.ICMPv6:
		return fmt.Sprintf("icmpv6 %d %d %#x", l.TypeCode.Type(), l.TypeCode.Code(), l.Checksum)
	}
	return ""
}

// referenceLayer is where gopacket starts with a link type; 0 if it has none.
func referenceLayer(link LinkType) gopacket.LayerType {
	switch link {
	case LinkEthernet:
		return layers.LayerTypeEthernet
	case LinkSLL:
		return layers.LayerTypeLinuxSLL
	case LinkNull, LinkLoop:
		return layers.LayerTypeLoopback
	case LinkIPv4:
		return layers.LayerTypeIPv4
	case LinkIPv6:
		return layers.LayerTypeIPv6
	}
	return 0
}

// TestGopacket: gopacket reads the same layers from the same frames, with the same fields. A quoted header is plain
// data to gopacket, so layers inside an ICMP message are not compared.
func TestGopacket(t *testing.T) {
	used := map[*difference]bool{}
	compared := 0
	for _, s := range samples {
		first := referenceLayer(s.link)
		if first == 0 {
			continue
		}
		var ours, theirs []string
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i := range p.Layers() {
			l := &p.Layers()[i]
			if l.Err != nil || l.Flags&Quoted != 0 {
				continue
			}
			if d := describeOurs(&p, l); d != "" {
				ours = append(ours, d)
			}
		}
		for _, l := range gopacket.NewPacket(s.data, first, gopacket.Default).Layers() {
			if d := describeTheirs(l); d != "" {
				theirs = append(theirs, d)
			}
		}
		for i := range max(len(ours), len(theirs)) {
			var us, them string
			if i < len(ours) {
				us = ours[i]
			}
			if i < len(theirs) {
				them = theirs[i]
			}
			compared++
			if us == them {
				continue
			}
			name, _, _ := strings.Cut(us+" "+them, " ")
			if us == "" {
				name, _, _ = strings.Cut(them, " ")
			}
			if d := findDifference(gopacketDifferences, s.name, name); d != nil {
				used[d] = true
			} else {
				t.Errorf("%s:\n ours   %s\n theirs %s", s.name, us, them)
			}
			break // what follows is shifted
		}
	}
	for i := range gopacketDifferences {
		if d := &gopacketDifferences[i]; !used[d] {
			t.Errorf("the known difference %+v does not occur", *d)
		}
	}
	if compared < 300 {
		t.Errorf("only %d layers compared", compared)
	}
}
