package dissect

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A difference is a field that tshark shows in another way than we do, on purpose.
type difference struct {
	sample string // "" for all; "x*" for all that start with x
	field  string // or a prefix of fields, before a dot
	why    string
}

const (
	whyBadDNS      = "tshark ends at a record that does not fit"
	whyWaits       = "tshark waits for the rest, which is in another segment"
	whyNoValue     = "tshark's field says by being there what ours says by being true"
	whyPoll        = "tshark leaves out the poll bit of an unnumbered PDU when it is clear"
	whyRest        = "tshark ends at an option whose length is wrong; we show the bytes"
	whyBadLen      = "tshark ends at an option whose length is not its kind's"
	whyQinQLLC     = "tshark reads no LLC behind an 802.1ad tag"
	whyNetlink     = "tshark takes the header for part of netlink's"
	whyQuotedTCP   = "tshark has other fields for a TCP header in a quote"
	whyCutQuote    = "tshark ends at a quote that is cut short"
	whyQuotedSum   = "tshark judges no checksum here, because it is quoted"
	whyZeroPayload = "tshark reads nothing behind a payload length of zero without a valid Jumbo option"
	whyNextHop     = "tshark leaves the next hop of such routes as bytes"
	whyColor       = "tshark ends behind the color of a tunnel"
	whyZero        = "tshark takes a length of zero for a type"
)

var tsharkDifferences = []difference{
	{"http/beginning", "http.response", whyWaits},
	{"sip/odd", "sip.Status-Line", "tshark wants three words"},
	{"smtp/then-text", "smtp", whyWaits},
	{"ssh/new-keys", "ssh", "tshark wants to have seen the introductions"},
	{"dns/bad-data", "dns", whyBadDNS},
	{"radius/tunnel", "radius.avp", "tshark shows no attribute of a vendor that is not named"},
	{"syslog/only-priority", "syslog", "tshark wants more than a priority"},
	{"macsec/short", "macsec", "tshark wants a check value"},
	{"lacp/odd", "lacp", "tshark ends at a TLV whose length is not its type's"},
	{"marker/request", "marker.reserved", "tshark ends at a terminator that is followed by less than the standard wants"},
	{"eigrp/broken", "eigrp", "tshark ends at a TLV that is too short for its type"},
	{"bgp/open-extended", "bgp", "tshark does not know RFC 9072"},
	{"bgp/open-odd", "bgp.open.opt.param", "tshark ends at a capability that does not fit"},
	{"bgp/vpn*", "bgp", "tshark describes routes of IPv6 VPNs in words"},
	{"bgp/target", "bgp.prefix_length", "tshark looks for the length elsewhere"},
	{"bgp/multicast", "bgp.update.path_attribute.mp_reach_nlri.next_hop", whyNextHop},
	{"bgp/policy-ipv6", "bgp.update.path_attribute.mp_reach_nlri.next_hop", whyNextHop},
	{"bgp/policy-ipv6", "bgp.sr_policy_nlri_endpoint_ipv6", "tshark has no such endpoint"},
	{"bgp/others", "bgp.update.path_attribute.mp_reach_nlri.next_hop", whyNextHop},
	{"bgp/others", "bgp.update.encaps_tunnel_subtlv_type", whyColor},
	{"bgp/others", "bgp.update.encaps_tunnel_tlv_sublen", whyColor},
	{"bgp/flow-bits", "bgp.flowspec_nlri.op", "tshark shows fewer operators for a DSCP"},
	{"bgp/evpn-vxlan", "bgp.evpn.nlri.vni", "tshark wants the encapsulation before the routes"},
	{"", "tcp.options.sack_perm", whyNoValue},
	{"", "tcp.options.tfo.request", whyNoValue},
	{"", "llc.control.p", whyPoll},
	{"pim/register*", "pim.cksum", "tshark accepts a checksum over the first eight bytes alone"},
	{"pim/df-backoff", "pim", "tshark ends behind the sender's metric"},
	{"pim/df-pass", "pim", "tshark ends behind the sender's metric"},
	{"ethernet/length-zero", "eth.len", whyZero},
	{"ethernet/length-zero", "eth.padding", whyZero},
	{"vlan/qinq-llc", "llc", whyQinQLLC},
	{"ipv4/options-length-0", "ip.opt.padding", whyRest},
	{"ipv4/options-length-1", "ip.opt.padding", whyRest},
	{"ipv4/options-overrun", "ip.opt.padding", whyRest},
	{"ipv4/options-no-length", "ip.opt.padding", whyRest},
	{"ipv4/options-end-and-padding", "ip.opt.padding", "tshark calls only zeros padding"},
	{"ipv4/odd-options", "ip.opt.len", whyBadLen},
	{"ipv4/options-short", "ip.opt.type", whyBadLen},
	{"ipv4/options-short", "ip.opt.len", whyBadLen},
	{"tcp/options-odd-lengths", "tcp.option_kind", whyBadLen},
	{"tcp/options-odd-lengths", "tcp.option_len", whyBadLen},
	{"tcp/options-odd-lengths", "tcp.options.unknown.payload", whyBadLen},
	{"udp/length-0", "udp.checksum", "tshark ends at a Length of zero behind IPv4"},
	{"sll/netlink", "sll", whyNetlink},
	{"icmpv4/quote-whole-tcp", "tcp.len", whyQuotedTCP},
	{"icmpv4/quote-whole-tcp", "tcp.seq_raw", whyQuotedTCP},
	{"icmpv4/extensions", "tcp.len", whyQuotedTCP},
	{"icmpv4/extensions", "tcp.seq_raw", whyQuotedTCP},
	{"icmpv4/extensions", "tcp.checksum", whyCutQuote},
	{"icmpv4/extensions", "icmp.ext", whyCutQuote},
	{"icmpv4/extensions", "icmp.mpls", whyCutQuote},
	{"icmpv4/extensions", "icmp.int_info", whyCutQuote},
	{"icmpv4/extensions", "icmp.reserved", whyCutQuote},
	{"icmpv6/extensions", "tcp.len", whyCutQuote},
	{"icmpv6/extensions", "tcp.checksum", whyCutQuote},
	{"icmpv6/unknown-code", "tcp.seq", "tshark reads the excerpt of a TCP header in ICMPv4 only"},
	{"icmpv4/quote-echo", "icmp.checksum", whyQuotedSum},
	{"icmpv4/quote-error", "icmp.checksum", whyQuotedSum},
	{"icmpv4/redirect", "udp.checksum", whyQuotedSum},
	{"icmpv4/error-fragmented", "udp.checksum", "tshark takes a quote in a first fragment for whole"},
	{"icmpv4/router-long-entries", "icmp.router_address", "tshark reads entries of 8 bytes only"},
	{"icmpv4/router-long-entries", "icmp.pref_level", "tshark reads entries of 8 bytes only"},
	{"icmpv4/extended-echo", "icmp.int_ident.address", "tshark takes all that follows for an unknown address"},
	{"ipv6/zero-length", "udp", whyZeroPayload},
	{"ipv6/jumbo-too-small", "udp", whyZeroPayload},
	{"ipv6/jumbo-too-small", "ipv6.hopopts", whyZeroPayload},
	{"ipv6/jumbo-too-small", "ipv6.opt", whyZeroPayload},
	{"ipv6/jumbo-malformed", "udp", whyZeroPayload},
	{"ipv6/jumbo-malformed", "ipv6.hopopts", whyZeroPayload},
	{"ipv6/jumbo-missing", "udp", whyZeroPayload},
	{"ipv6/jumbo-missing", "ipv6.hopopts", whyZeroPayload},
	{"ipv6/jumbo-missing", "ipv6.opt", whyZeroPayload},
	{"ipv6/jumbo-cut", "udp.checksum", "tshark judges the checksum of a datagram of which it has not all"},
	{"ipv6/option-odd-lengths", "ipv6.opt", whyBadLen},
	{"ipv6/routing-segments-last-beyond", "udp", "tshark ends at a segment routing header that contradicts itself"},
	{"ndp/router-odd-options", "icmpv6.opt", whyBadLen},
	{"ppp/lcp-odd-options", "lcp.opt", whyBadLen},
	{"sctp/short-chunks", "sctp.chunk_type", "tshark ends at a chunk that is too short for its type"},
	{"sctp/short-chunks", "sctp.chunk_flags", "tshark ends at a chunk that is too short for its type"},
	{"sctp/short-chunks", "sctp.chunk_length", "tshark ends at a chunk that is too short for its type"},
}

// findDifference looks for a known difference in a field of a sample.
func findDifference(known []difference, sample, field string) *difference {
	for i := range known {
		d := &known[i]
		start, open := strings.CutSuffix(d.sample, "*")
		here := d.sample == "" || d.sample == sample || open && strings.HasPrefix(sample, start)
		if here && (d.field == field || strings.HasPrefix(field, d.field+".")) {
			return d
		}
	}
	return nil
}

// pdmlNode is an element of tshark's PDML: a protocol or a field.
type pdmlNode struct {
	Name   string     `xml:"name,attr"`
	Pos    int        `xml:"pos,attr"`
	Size   int        `xml:"size,attr"`
	Show   string     `xml:"show,attr"`
	Value  string     `xml:"value,attr"`
	Fields []pdmlNode `xml:"field"`
	Protos []pdmlNode `xml:"proto"`
}

// all appends the node's fields, nested ones included, to list.
func (n *pdmlNode) all(list []pdmlNode) []pdmlNode {
	for i := range n.Protos {
		list = n.Protos[i].all(list)
	}
	for i := range n.Fields {
		list = n.Fields[i].all(append(list, n.Fields[i]))
	}
	return list
}

// pcapFile gives the samples as a pcap file.
func pcapFile(link LinkType, list []sample) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 1<<18)
	b = binary.LittleEndian.AppendUint32(b, uint32(link))
	for i, s := range list {
		b = binary.LittleEndian.AppendUint32(b, uint32(1600000000+i))
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s.data)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s.data)))
		b = append(b, s.data...)
	}
	return b
}

// tsharkFields dissects the samples, all of link type link, with tshark and gives each one's fields.
func tsharkFields(t *testing.T, link LinkType, list []sample) [][]pdmlNode {
	t.Helper()
	file := filepath.Join(t.TempDir(), "samples.pcap")
	if err := os.WriteFile(file, pcapFile(link, list), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "tshark", "-n", "-r", file, "-T", "pdml",
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
		"-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	var doc struct {
		Packets []pdmlNode `xml:"packet"`
	}
	if err := xml.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Packets) != len(list) {
		t.Fatalf("tshark shows %d of %d packets", len(doc.Packets), len(list))
	}
	fields := make([][]pdmlNode, len(list))
	for i := range doc.Packets {
		fields[i] = doc.Packets[i].all(nil)
	}
	return fields
}

// TestTshark: every field that we name is in tshark's dissection of the same frame, under the same name, at
// the same place and with the same value, and the verdicts on checksums agree.
func TestTshark(t *testing.T) {
	version, err := exec.Command("tshark", "--version").Output()
	if err != nil {
		t.Skip("tshark is not installed")
	}
	if !bytes.HasPrefix(version, []byte("TShark (Wireshark) 4.0.")) {
		t.Skip("the comparison is with tshark 4.0; another version names and shows fields differently")
	}
	byLink := map[LinkType][]sample{}
	for _, s := range samples {
		if len(s.data) > 0 && s.link.layer() != LayerData {
			byLink[s.link] = append(byLink[s.link], s)
		}
	}
	used := map[*difference]bool{}
	compared := 0
	for link, list := range byLink {
		for i, fields := range tsharkFields(t, link, list) {
			s := list[i]
			var p Packet
			p.Decode(s.link, s.data, len(s.data))
			for k := range p.Layers() {
				l := &p.Layers()[k]
				for _, f := range record(&p, k).all {
					if f.begin || f.f.Name == "" || l.Type == LayerData {
						continue
					}
					problem := compareWithTshark(&p, l, f, fields)
					if problem == "" && f.checksum {
						problem = compareVerdict(l, f, fields)
					}
					if problem != "" {
						if d := findDifference(tsharkDifferences, s.name, f.f.Name); d != nil {
							used[d] = true
						} else {
							t.Errorf("%s: %v: %v: %s", s.name, l.Type, f, problem)
						}
					}
					compared++
				}
			}
		}
	}
	for i := range tsharkDifferences {
		if d := &tsharkDifferences[i]; !used[d] {
			t.Errorf("the known difference %+v does not occur", *d)
		}
	}
	if compared < 1000 {
		t.Errorf("only %d fields compared", compared)
	}
}

// compareWithTshark says what is different about field f of layer l, or "". tshark may take fewer of the bytes
// that hold the bits of a field.
func compareWithTshark(p *Packet, l *Layer, f pushed, fields []pdmlNode) string {
	found := ""
	for _, theirs := range fields {
		if theirs.Name != f.f.Name {
			continue
		}
		off := theirs.Pos - l.Start
		switch {
		case f.n == 0: // derived
			if shownNumber(theirs.Show) == f.num || theirs.Show == f.text || strconv.Quote(theirs.Show) == f.text {
				return ""
			}
		case off < f.off || off >= f.off+f.n:
			continue // of another layer
		case f.f.Mask != 0:
			if off+theirs.Size <= f.off+f.n && shownNumber(theirs.Show) == f.num {
				return ""
			}
		default:
			raw := hex.EncodeToString(p.Data[l.Start+f.off:][:f.n])
			if off == f.off && theirs.Size == f.n && theirs.Value == raw && (f.num == 0 || f.shownAs(theirs.Show)) {
				return ""
			}
		}
		found += fmt.Sprintf(" [%d,%d) %s %q;", off, off+theirs.Size, theirs.Value, theirs.Show)
	}
	if found == "" {
		return "tshark has no such field there"
	}
	return "tshark has" + found
}

// compareVerdict says what is different about the verdict on checksum f of layer l, or "".
func compareVerdict(l *Layer, f pushed, fields []pdmlNode) string {
	verdicts := map[ChecksumState]string{
		ChecksumBad: "0", ChecksumPartial: "0", ChecksumGood: "1", ChecksumUnverified: "2", ChecksumAbsent: "3",
	}
	for _, theirs := range fields {
		if theirs.Name != f.f.Name+".status" || theirs.Pos != l.Start+f.off {
			continue
		}
		if theirs.Show == "4" { // an illegal zero
			theirs.Show = "0"
		}
		if verdicts[f.verdict] != theirs.Show {
			return "tshark's verdict is " + theirs.Show
		}
		return ""
	}
	return "tshark has no verdict"
}

// shownAs reports whether tshark shows the number of p as s.
func (p pushed) shownAs(s string) bool {
	switch p.f.Base {
	case Signed:
		return s == strconv.FormatInt(int64(p.num), 10)
	case Halves:
		return s == strconv.FormatFloat(float64(p.num)/2, 'g', -1, 64)
	}
	return shownNumber(s) == p.num
}

// shownNumber reads a number as tshark shows it.
func shownNumber(s string) uint64 {
	if s == "True" {
		return 1
	}
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return ^uint64(0)
	}
	return v
}
