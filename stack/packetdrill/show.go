package packetdrill

import (
	"fmt"
	"strings"

	"smoltcp/dissect"
)

// show prints an expected packet in the language.
func (r *run) show(k *packet) string {
	if k.protocol == dissect.ProtoUDP {
		return fmt.Sprintf("> udp (%d)", k.length)
	}
	s := fmt.Sprintf("> %s %d:%d(%d)", flagText(k.flags), k.seq, k.seq+uint32(k.length), k.length)
	if k.ignoreSeq {
		s = fmt.Sprintf("> %s ...(%d)", flagText(k.flags), k.length)
	}
	if k.flags.Has(dissect.ACK) {
		s += fmt.Sprintf(" ack %d", k.ack)
	}
	if k.window >= 0 {
		s += fmt.Sprintf(" win %d", k.window)
	}
	if k.anyOptions {
		return s + " <...>"
	}
	return s + optionText(k.options)
}

// showLive prints a packet of the stack's with the script's numbers.
func (r *run) showLive(l *livePacket) string {
	if l.ip.protocol == dissect.ProtoUDP {
		return fmt.Sprintf("> udp (%d)", len(dissect.UDP(l.payload).Payload()))
	}
	seq, n := uint32(l.seg.Seq)-l.conn.offset, len(l.seg.Payload)
	if l.conn.relative && !l.seg.Flags.Has(dissect.SYN) {
		seq -= l.conn.ownISN
	}
	s := fmt.Sprintf("> %s %d:%d(%d)", flagText(l.seg.Flags), seq, seq+uint32(n), n)
	if l.seg.Flags.Has(dissect.ACK) {
		s += fmt.Sprintf(" ack %d", uint32(l.seg.Ack))
	}
	s += fmt.Sprintf(" win %d", l.seg.Window)
	if l.seg.Flags.Has(dissect.URG) {
		s += fmt.Sprintf(" urg %d", l.seg.Urgent)
	}
	return s + optionText(l.opts)
}

func flagText(f dissect.TCPFlags) string {
	s := ""
	for _, b := range []struct {
		flag dissect.TCPFlags
		text string
	}{{dissect.SYN, "S"}, {dissect.FIN, "F"}, {dissect.RST, "R"}, {dissect.PSH, "P"}, {dissect.URG, "U"}, {dissect.ECE, "E"},
		{dissect.CWR, "W"}, {dissect.AE, "A"}, {dissect.ACK, "."}} {
		if f.Has(b.flag) {
			s += b.text
		}
	}
	if s == "" {
		return "-"
	}
	return s
}

func optionText(list []tcpOption) string {
	var texts []string
	for _, o := range list {
		switch o.kind {
		case dissect.TCPOptMSS, dissect.TCPOptWindowScale:
			name := "mss"
			if o.kind == dissect.TCPOptWindowScale {
				name = "wscale"
			}
			texts = append(texts, fmt.Sprintf("%s %d", name, o.value))
		case dissect.TCPOptTimestamps:
			texts = append(texts, fmt.Sprintf("TS val %d ecr %d", o.value, o.echo))
		case dissect.TCPOptSACK:
			s := "sack"
			for _, b := range o.blocks {
				s += fmt.Sprintf(" %d:%d", b.Left, b.Right)
			}
			texts = append(texts, s)
		case dissect.TCPOptEnd, dissect.TCPOptNop, dissect.TCPOptSACKPermitted:
			texts = append(texts, o.kind.Name())
		case dissect.TCPOptUserTimeout:
			texts = append(texts, userTimeoutText(o.data))
		case dissect.TCPOptFastOpen:
			texts = append(texts, strings.TrimSuffix(fmt.Sprintf("FO %x", o.data), " "))
		case dissect.TCPOptAccECN0, dissect.TCPOptAccECN1:
			texts = append(texts, accurateECNText(o))
		default:
			texts = append(texts, fmt.Sprintf("option %d", o.kind))
		}
	}
	if texts == nil {
		return ""
	}
	return " <" + strings.Join(texts, ",") + ">"
}
