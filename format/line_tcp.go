package format

import (
	"crypto/md5"

	"smoltcp/dissect"
)

// tcp prints a TCP segment.
func (p *Line) tcp(b, d []byte, length int, c *ipContext) []byte {
	if len(d) < 4 {
		return p.trunc(append(p.addrs(b, c), ':'), "tcp")
	}
	src, dst := be16(d, 0), be16(d, 2)
	b = p.addrPorts(b, c, dissect.ProtoTCP, src, dst)
	if len(d) < dissect.TCPMinHeaderLen {
		return p.trunc(b, "tcp")
	}
	t := dissect.TCP(d)
	header := t.HeaderLen()
	if header < dissect.TCPMinHeaderLen {
		b = append(b, " tcp "...)
		return appendHeaderLen(appendInt(b, length-header), header, " - too short, < ", dissect.TCPMinHeaderLen)
	}
	if p.opts.Quiet {
		return p.tcpQuiet(b, header, length)
	}
	flags := t.Flags()
	b = append(b, "Flags ["...)
	b = append(p.off(appendTCPFlags(p.on(b, RoleFlag), flags), RoleFlag), ']')

	seq, ack := t.Seq(), t.Ack()
	var rel related
	if !p.opts.AbsoluteSeq && flags.Has(dissect.ACK) {
		s := flowSegment{syn: flags.Has(dissect.SYN), seq: seq, ack: ack}
		s.fill(c, src, dst)
		rel = p.relate(b, &s)
	}
	if header > length {
		return appendHeaderLen(b, header, " - too long, > ", length)
	}
	if p.opts.Verbose > 0 && !p.opts.NoChecksum && !c.fragmented {
		b = p.tcpChecksum(b, t, length, c)
	}
	payload := length - header
	if p.opts.Verbose > 1 || payload > 0 || flags&(dissect.SYN|dissect.FIN|dissect.RST) != 0 {
		b = p.number(append(b, ", seq "...), &rel, gapSeq, seq)
		if payload > 0 {
			b = p.number(append(b, ':'), &rel, gapSeq, seq+uint32(payload))
		}
	}
	if flags.Has(dissect.ACK) {
		b = p.number(append(b, ", ack "...), &rel, gapAck, ack)
	}
	b = appendInt(append(b, ", win "...), int(t.Window()))
	if flags.Has(dissect.URG) {
		b = appendInt(append(b, ", urg "...), int(t.Urgent()))
	}
	if header > dissect.TCPMinHeaderLen {
		var ok bool
		o := tcpOptionPrinter{p: p, d: d[dissect.TCPMinHeaderLen:], left: header - dissect.TCPMinHeaderLen,
			flags: flags, rel: rel, whole: len(d) >= length, segment: d, length: length, ip: c.header}
		if b, ok = o.print(append(b, ", options ["...)); !ok {
			return b
		}
		b = append(b, ']')
	}
	b = appendInt(append(b, ", length "...), payload)
	if payload == 0 {
		return b
	}
	if len(d) < header {
		return p.missing(b, len(d), header, "tcp")
	}
	return p.tcpPayload(b, d[header:], payload, src, dst, flags, c)
}

// tcpQuiet prints what -q leaves of a segment: the length of its payload, as 32 bits.
func (p *Line) tcpQuiet(b []byte, header, length int) []byte {
	b = appendDecimal(append(b, "tcp "...), uint64(uint32(length-header)))
	if header > length {
		b = appendHeaderLen(b, header, " - too long, > ", length)
	}
	return b
}

// appendHeaderLen says what is wrong with the length of a header.
func appendHeaderLen(b []byte, header int, why string, limit int) []byte {
	b = appendInt(append(b, " [bad hdr length "...), header)
	return append(appendInt(append(b, why...), limit), ']')
}

// tcpPayload prints the data of a segment: after a reset the reason that it may give (RFC 9293 section 3.5.2), or
// else the protocol of one of its ports.
func (p *Line) tcpPayload(b, d []byte, length int, src, dst uint16, flags dissect.TCPFlags, c *ipContext) []byte {
	if flags.Has(dissect.RST) && p.opts.Verbose > 0 {
		return appendResetReason(b, d, length)
	}
	print := tcpPorts.printer(src, dst)
	if p.force != nil {
		print = p.force.tcp
	}
	if print != nil {
		return print(p, b, d, length, *c)
	}
	return b
}

// maxResetReason is how many bytes of a reset's data are shown.
const maxResetReason = 30

func appendResetReason(b, d []byte, length int) []byte {
	if len(d) >= length {
		b = append(b, " [RST"...)
	} else {
		b = append(b, " [!RST"...)
	}
	if length > maxResetReason {
		length = maxResetReason
		b = append(b, '+')
	}
	b = append(b, ' ')
	for _, c := range clip(d, length) {
		b = appendVisible(b, c)
	}
	return append(b, ']')
}

// appendVisible appends c the way that cat -v shows it: ^X for a control character, M- before what has the high bit.
func appendVisible(b []byte, c byte) []byte {
	if c >= 0x80 {
		b = append(b, 'M', '-')
		c &= 0x7f
	}
	if c < ' ' || c == 0x7f {
		return append(b, '^', c^0x40)
	}
	return append(b, c)
}

// appendTCPFlags appends a letter for each flag, a dot for ACK.
func appendTCPFlags(b []byte, f dissect.TCPFlags) []byte {
	start := len(b)
	for i, c := range []byte("FSRP.UEW") {
		if f&(1<<i) != 0 {
			b = append(b, c)
		}
	}
	if len(b) == start {
		b = append(b, "none"...)
	}
	return b
}

// tcpChecksum prints the verdict on the checksum of a segment, if all of it is there.
func (p *Line) tcpChecksum(b []byte, t dissect.TCP, length int, c *ipContext) []byte {
	if len(t) < length || c.v6() && be16(c.header, 4) == 0 {
		return b
	}
	b = appendHexNumber(append(b, ", cksum "...), uint64(t.Checksum()), 4)
	r := residue(c.pseudoHeader(dissect.ProtoTCP, length).Add(t[:length]))
	if r == 0 {
		return append(b, " (correct)"...)
	}
	b = append(b, ' ')
	b = append(p.on(b, RoleError), "(incorrect -> "...)
	b = appendHexNumber(b, uint64(rightChecksum(t.Checksum(), r)), 4)
	return p.off(append(b, ')'), RoleError)
}

// tcpOptionPrinter prints the options of one segment.
type tcpOptionPrinter struct {
	p     *Line
	d     []byte // captured bytes from the next option on, payload included
	left  int    // bytes of options from there on, as the data offset promises
	flags dissect.TCPFlags
	rel   related
	whole bool // the segment was captured whole

	segment []byte
	length  int    // of the segment
	ip      []byte // the IP header in front of it

	some  bool // an option was printed already
	multi bool // one of them was of Multipath TCP
}

// proto is the protocol that truncation marks name: tcpdump stays with Multipath TCP once it was there.
func (o *tcpOptionPrinter) proto() string {
	if o.multi {
		return "mptcp"
	}
	return "tcp"
}

// print prints all options. It reports false when nothing may follow: what is wrong has been said.
func (o *tcpOptionPrinter) print(b []byte) ([]byte, bool) {
	for o.left > 0 {
		if o.some {
			b = append(b, ',')
		}
		if len(o.d) < 1 {
			return o.p.stop(b, o.proto()), false
		}
		if o.left >= len(paddedTimestamps)+8 && len(o.d) >= len(paddedTimestamps)+8 && string(o.d[:len(paddedTimestamps)]) == paddedTimestamps {
			b = appendDecimal(append(b, "nop,nop,TS val "...), uint64(be32(o.d, 4)))
			b = appendDecimal(append(b, " ecr "...), uint64(be32(o.d, 8)))
			o.d, o.left, o.some = o.d[len(paddedTimestamps)+8:], o.left-len(paddedTimestamps)-8, true
			continue
		}
		kind, size := dissect.TCPOptionKind(o.d[0]), 1
		if kind != dissect.TCPOptEnd && kind != dissect.TCPOptNop {
			if len(o.d) < 2 {
				return o.p.stop(b, o.proto()), false
			}
			size = int(o.d[1])
			if size < 2 || size > o.left {
				return o.bad(b)
			}
		}
		b = appendTCPOptionName(b, kind)
		if size > 1 {
			var used int
			var end optionEnd
			b, used, end = o.data(b, kind, size)
			if end != optionRead {
				return o.end(b, end)
			}
			if used+2 != size {
				b = append(appendInt(append(b, "[len "...), size), ']')
			}
			size = used + 2
		}
		o.d, o.left, o.some = from(o.d, size), o.left-size, true
		if kind == dissect.TCPOptEnd {
			break
		}
	}
	return b, true
}

// paddedTimestamps are two NOPs and the head of a timestamps option: how the options of nearly all segments begin.
const paddedTimestamps = "\x01\x01\x08\x0a"

// optionEnd is how the reading of an option ended.
type optionEnd uint8

const (
	optionRead  optionEnd = iota
	optionBad             // it needs more bytes than there are options
	optionCut             // it was not captured whole
	optionEnded           // everything has been said
)

func (o *tcpOptionPrinter) bad(b []byte) ([]byte, bool) { return o.end(b, optionBad) }

// end prints why the options end too soon.
func (o *tcpOptionPrinter) end(b []byte, end optionEnd) ([]byte, bool) {
	switch end {
	case optionBad:
		b = append(b, "[bad opt]"...)
		if o.some {
			b = append(b, ']')
		}
	case optionCut:
		b = o.p.trunc(b, o.proto())
		if o.some {
			b = append(b, '>')
		}
	}
	return b, false
}

// check reports whether the first n bytes of the option's data d are within the options and captured.
func (o *tcpOptionPrinter) check(d []byte, n int) optionEnd {
	switch {
	case n > o.left-2:
		return optionBad
	case n > len(d):
		return optionCut
	}
	return optionRead
}

// data prints the data of an option of size bytes at o.d, and reports how many bytes of data such an option has;
// more or fewer than size-2 is remarked on by the caller.
func (o *tcpOptionPrinter) data(b []byte, kind dissect.TCPOptionKind, size int) (_ []byte, used int, _ optionEnd) {
	d := o.d[2:]
	switch kind {
	case dissect.TCPOptMSS:
		if end := o.check(d, 2); end != optionRead {
			return b, 0, end
		}
		return appendInt(append(b, ' '), int(be16(d, 0))), 2, optionRead
	case dissect.TCPOptWindowScale:
		if end := o.check(d, 1); end != optionRead {
			return b, 0, end
		}
		return appendInt(append(b, ' '), int(d[0])), 1, optionRead
	case dissect.TCPOptSACKPermitted:
		return b, 0, optionRead
	case dissect.TCPOptSACK:
		return o.sack(b, d, size-2)
	case dissect.TCPOptTimestamps:
		if end := o.check(d, 8); end != optionRead {
			return b, 0, end
		}
		b = appendDecimal(append(b, " val "...), uint64(be32(d, 0)))
		return appendDecimal(append(b, " ecr "...), uint64(be32(d, 4))), 8, optionRead
	case tcpOptEcho, tcpOptEchoReply, tcpOptCC, tcpOptCCNew, tcpOptCCEcho:
		if end := o.check(d, 4); end != optionRead {
			return b, 0, end
		}
		return appendDecimal(append(b, ' '), uint64(be32(d, 0))), 4, optionRead
	case dissect.TCPOptMD5:
		if end := o.check(d, 16); end != optionRead {
			return b, 0, end
		}
		switch {
		case !o.whole:
			b = append(b, " snaplen too short, can't check - "...)
		case o.p.opts.MD5Secret == "":
			b = append(b, " shared secret not supplied with -M, can't check - "...)
		case tcpDigest(o.segment, o.length, o.ip, o.p.opts.MD5Secret) == [md5.Size]byte(d):
			return append(b, " valid"...), md5.Size, optionRead
		default:
			return append(b, "  (invalid)"...), md5.Size, optionRead
		}
		return appendHexBytes(b, d[:md5.Size]), md5.Size, optionRead
	case tcpOptSCPS:
		if end := o.check(d, 2); end != optionRead {
			return b, 0, end
		}
		b = appendHex(append(b, " cap "...), uint64(d[0]), 2)
		return appendInt(append(b, " id "...), int(d[1])), 2, optionRead
	case dissect.TCPOptUserTimeout:
		if end := o.check(d, 2); end != optionRead {
			return b, 0, end
		}
		v := be16(d, 0)
		b = appendHexNumber(append(b, ' '), uint64(v), 1)
		seconds := int(v >> 1)
		if v&1 != 0 {
			seconds *= 60
		}
		return appendInt(append(b, ' '), seconds), 2, optionRead
	case dissect.TCPOptAO:
		return o.authentication(b, d, size-2)
	case dissect.TCPOptMPTCP:
		if end := o.check(d, size-2); end != optionRead {
			return b, 0, end
		}
		return o.mptcp(b, d[:size-2])
	case dissect.TCPOptFastOpen:
		if end := o.check(d, size-2); end != optionRead {
			return b, 0, end
		}
		return appendFastOpen(append(b, ' '), d[:size-2], false), size - 2, optionRead
	case dissect.TCPOptExp2:
		return o.experiment(b, d, size-2)
	}
	return o.unknown(b, d, size-2)
}

// Kinds that have never been in use, or are not any more, and that tcpdump knows.
const (
	tcpOptEcho      dissect.TCPOptionKind = 6
	tcpOptEchoReply dissect.TCPOptionKind = 7
	tcpOptCC        dissect.TCPOptionKind = 11
	tcpOptCCNew     dissect.TCPOptionKind = 12
	tcpOptCCEcho    dissect.TCPOptionKind = 13
	tcpOptSCPS      dissect.TCPOptionKind = 20
)

func appendTCPOptionName(b []byte, kind dissect.TCPOptionKind) []byte {
	name := ""
	switch kind {
	case dissect.TCPOptEnd:
		name = "eol"
	case dissect.TCPOptNop:
		name = "nop"
	case dissect.TCPOptMSS:
		name = "mss"
	case dissect.TCPOptWindowScale:
		name = "wscale"
	case dissect.TCPOptSACKPermitted:
		name = "sackOK"
	case dissect.TCPOptSACK:
		name = "sack"
	case tcpOptEcho:
		name = "echo"
	case tcpOptEchoReply:
		name = "echoreply"
	case dissect.TCPOptTimestamps:
		name = "TS"
	case tcpOptCC:
		name = "cc"
	case tcpOptCCNew:
		name = "ccnew"
	case tcpOptCCEcho: // known, and without a name
	case dissect.TCPOptMD5:
		name = "md5"
	case tcpOptSCPS:
		name = "scps"
	case dissect.TCPOptUserTimeout:
		name = "uto"
	case dissect.TCPOptAO:
		name = "tcp-ao"
	case dissect.TCPOptMPTCP:
		name = "mptcp"
	case dissect.TCPOptFastOpen:
		name = "tfo"
	case dissect.TCPOptExp2:
		name = "exp"
	default:
		return appendInt(append(b, "unknown-"...), int(kind))
	}
	return append(b, name...)
}

// sack prints the blocks of a SACK option. They are numbers of the other direction.
func (o *tcpOptionPrinter) sack(b, d []byte, n int) ([]byte, int, optionEnd) {
	if n%8 != 0 {
		return append(b, " invalid sack"...), n, optionRead
	}
	b = append(appendInt(append(b, ' '), n/8), ' ')
	for at := 0; at < n; at += 8 {
		if end := o.check(d, at+8); end != optionRead {
			return b, 0, end
		}
		b = o.p.number(append(b, '{'), &o.rel, gapOther, be32(d, at))
		b = append(o.p.number(append(b, ':'), &o.rel, gapOther, be32(d, at+4)), '}')
	}
	return b, n, optionRead
}

// authentication prints an authentication option (RFC 5925 section 2.2).
func (o *tcpOptionPrinter) authentication(b, d []byte, n int) ([]byte, int, optionEnd) {
	if n < 2 {
		return o.p.invalid(b), n, optionRead
	}
	if end := o.check(d, 1); end != optionRead {
		return b, 0, end
	}
	b = appendInt(append(b, " keyid "...), int(d[0]))
	if end := o.check(d, 2); end != optionRead {
		return b, 0, end
	}
	b = appendInt(append(b, " rnextkeyid "...), int(d[1]))
	if n > 2 {
		b = append(b, " mac 0x"...)
		b = appendHexBytes(b, clip(d, n)[2:])
		if end := o.check(d, n); end != optionRead {
			return b, 0, end
		}
	}
	return b, n, optionRead
}

// experiment prints an option of an experiment, whose first two bytes say which (RFC 6994).
func (o *tcpOptionPrinter) experiment(b, d []byte, n int) ([]byte, int, optionEnd) {
	if end := o.check(d, n); end != optionRead {
		return b, 0, end
	}
	if n < 2 {
		return b, 0, optionBad
	}
	b = append(b, '-')
	if id := be16(d, 0); id != 0xf989 {
		return appendHex(b, uint64(id), 4), n, optionRead
	}
	return appendFastOpen(b, d[2:n], true), n, optionRead
}

// appendFastOpen appends a Fast Open cookie (RFC 7413 section 4.1.1).
func appendFastOpen(b, cookie []byte, experimental bool) []byte {
	if experimental {
		b = append(b, "tfo"...)
	}
	switch n := len(cookie); {
	case n == 0:
		return append(b, " cookiereq"...)
	case n%2 != 0 || n < 4 || n > 16:
		return append(b, " (invalid)"...)
	}
	return appendHexBytes(append(b, " cookie "...), cookie)
}

// unknown prints the data of an option that has no form of its own.
func (o *tcpOptionPrinter) unknown(b, d []byte, n int) ([]byte, int, optionEnd) {
	if n == 0 {
		return b, 0, optionRead
	}
	b = appendHexBytes(append(b, " 0x"...), clip(d, n))
	if end := o.check(d, n); end != optionRead {
		return b, 0, end
	}
	return b, n, optionRead
}
