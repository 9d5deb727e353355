package packetdrill

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"smoltcp/dissect"
)

// Script is a parsed script.
type Script struct {
	Name string

	// Unsupported says why the script cannot be run though it may well be correct; "" if it can.
	Unsupported string

	options []option
	events  []event
}

// option is a line like --tolerance_usecs=10000.
type option struct {
	name, value string
	line        int
}

// event is one step of a script: one of packet, call, command and code is set.
type event struct {
	line    int
	time    eventTime
	packet  *packet
	call    *call
	command string
	code    string
}

// eventTime is when an event happens.
type eventTime struct {
	relative bool // to the event before
	any      bool // whenever it happens
	at       time.Duration
	until    time.Duration // end of a range, or when a blocking call returns, counted like at
	ranged   bool
	blocking bool
}

// packet is a packet to be sent to the stack, or expected from it.
type packet struct {
	inbound  bool
	ecn      int // of the IP header; -1 if not to be compared
	dscp     int // -1 if not to be compared
	ttl      int // -1 likewise
	srcPort  int // 0: that of the connection
	dstPort  int
	protocol dissect.IPProto

	// TCP
	flags      dissect.TCPFlags
	seq        uint32
	length     int  // of the payload
	ignoreSeq  bool // "...": any sequence number
	literalSeq bool // "!": the sequence number is the one on the wire
	ack        uint32
	literalAck bool // "!": not mapped
	window     int  // -1: not given
	urgent     int  // -1: not given
	anyOptions bool
	options    []tcpOption
	mutations  []mutation

	icmp *icmpMessage
}

// tcpOption is an option of a segment.
type tcpOption struct {
	kind        dissect.TCPOptionKind
	value       uint32 // mss, wscale, TS val
	echo        uint32 // TS ecr
	anyValue    bool
	anyEcho     bool
	literalEcho bool // "!": not mapped; of the stack, exactly that
	blocks      []dissect.SACKBlock
	data        []byte // of Fast Open, Accurate ECN and the user timeout, without kind and length
	serverKey   bool   // the cookie that the stack gives to this peer
}

// icmpMessage is an ICMP error from a router or the peer.
type icmpMessage struct {
	six    bool
	kind   uint8
	code   uint8
	mtu    int
	quoted bool
	seq    uint32
	length int
	udp    bool
}

// call is a system call with what it must return.
type call struct {
	name   string
	args   []value
	result value
	errno  string
}

// valueKind says what a value is.
type valueKind uint8

const (
	valueEllipsis valueKind = iota
	valueInt
	valueSymbol
	valueString
	valueList   // [a, b]
	valueStruct // {a, b=c}
	valueOr     // a | b
	valueFunc   // htons(8080)
)

// value is an argument or result of a call.
type value struct {
	kind   valueKind
	num    int64
	text   string
	list   []value
	fields []string // of a struct: the names of list's elements, "" where there is none
}

// Limits of a script, so that none can take the memory of whoever runs it.
const (
	maxScript = 4 << 20
	maxDepth  = 32
)

var errTooLarge = errors.New("script larger than 4 MiB")

// Parse reads a script. An error means that the text is not in the language; a script in a part of the language that
// this package does not run has Unsupported set.
func Parse(name string, text []byte) (sc *Script, err error) {
	if len(text) > maxScript {
		return nil, errTooLarge
	}
	sc = &Script{Name: name}
	p := parser{scanner: scanner{text: string(text), line: 1}}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *syntaxError:
			sc, err = nil, e
		case *unsupported:
			sc.Unsupported = e.Error()
		default:
			panic(e)
		}
	}()
	for p.accept("--") {
		o := p.option()
		p.six = p.six || o.name == "ip_version" && o.value == "ipv6"
		sc.options = append(sc.options, o)
	}
	for p.peek() != 0 {
		sc.events = append(sc.events, p.event())
	}
	return sc, nil
}

type parser struct {
	scanner
	six   bool // the script is about IPv6
	depth int
}

func (p *parser) option() option {
	r := p.text[p.at:]
	n := strings.IndexAny(r, " \t\r\n")
	if n < 0 {
		n = len(r)
	}
	o := option{line: p.line}
	o.name, o.value, _ = strings.Cut(r[:n], "=")
	o.value = strings.Trim(o.value, `"'`)
	p.at += n
	if o.name == "" {
		p.fail("option without a name")
	}
	return o
}

func (p *parser) event() (e event) {
	e.line = p.lineOf()
	if p.peek() == '`' { // before the first event, or behind the last
		e.time = eventTime{relative: true}
	} else {
		e.time = p.time()
	}
	switch c := p.peek(); {
	case c == '`':
		p.at++
		e.command = strings.TrimSpace(p.until("`", "command"))
		if e.command == "" {
			e.command = "true"
		}
	case p.accept("%{"):
		e.code = p.until("}%", "code") + "\n"
	case c == '<' || c == '>':
		p.at++
		e.packet = p.packet(c == '<')
	case isLetter(c):
		e.call = p.call()
	default:
		p.fail("packet, call, command or code expected at %q", p.near())
	}
	if e.time.blocking && e.call == nil {
		p.fail("only a call has an end time")
	}
	return e
}

// lineOf is the line of the next thing that counts.
func (p *parser) lineOf() int {
	p.space()
	return p.line
}

func (p *parser) time() (t eventTime) {
	if p.accept("*") {
		t.any = true
		return t
	}
	t.relative = p.accept("+")
	t.at = p.seconds()
	switch {
	case p.accept("~"):
		if p.accept("+") != t.relative {
			p.fail("both ends of a range are relative, or none")
		}
		t.ranged, t.until = true, p.seconds()
	case p.accept("..."):
		p.accept("+")
		t.blocking, t.until = true, p.seconds()
	}
	if (t.ranged || t.blocking) && t.until < t.at {
		p.fail("the end is before the beginning")
	}
	return t
}

// maxSeconds is the latest time in a script: a year.
const maxSeconds = 366 * 24 * 3600

// seconds takes a number of seconds with a fraction, which a "..." does not belong to.
func (p *parser) seconds() time.Duration {
	r := p.rest()
	n := 0
	for n < len(r) && isDigit(r[n]) {
		n++
	}
	if n < len(r) && r[n] == '.' && !strings.HasPrefix(r[n:], "...") {
		n++
		for n < len(r) && isDigit(r[n]) {
			n++
		}
	}
	f, err := strconv.ParseFloat(r[:n], 64)
	if err != nil || f > maxSeconds {
		p.fail("time expected at %q", p.near())
	}
	p.at += n
	return time.Duration(math.Round(f*1e6)) * time.Microsecond
}

var ecnNames = map[string]int{
	"noecn": int(dissect.NotECT), "ect0": int(dissect.ECT0), "ect1": int(dissect.ECT1), "ect01": -1, "ce": int(dissect.CE),
}

func (p *parser) packet(inbound bool) *packet {
	k := &packet{inbound: inbound, ecn: -1, dscp: -1, ttl: -1, window: -1, urgent: -1, protocol: dissect.ProtoTCP}
	p.ipInfo(k)
	at, line := p.at, p.line
	switch w := p.word(); w {
	case "icmp", "icmpv6":
		k.protocol = dissect.ProtoICMP
		quote := k.icmp
		six := w == "icmpv6" || p.six
		if six {
			k.protocol = dissect.ProtoICMPv6
		}
		if k.icmp = p.icmp(six); quote != nil {
			k.icmp.quoted, k.icmp.seq, k.icmp.length = true, quote.seq, quote.length
		}
		if !inbound {
			p.refuse("ICMP from the stack is not compared")
		}
		return k
	case "udp":
		k.protocol = dissect.ProtoUDP
		p.ports(k)
		p.expect("(")
		k.length = p.bounded(65507, "length")
		p.expect(")")
		return k
	case "udplite", "sctp", "gre", "mpls", "ipv4", "ipv6", "ip", "psp", "quic":
		p.refuse("%s packets", w)
	}
	if k.icmp != nil {
		p.fail("a quote without ICMP")
	}
	p.at, p.line = at, line
	p.ports(k)
	p.flags(k)
	p.sequence(k)
	p.segmentFields(k)
	return k
}

// ipInfo reads what a script says of the IP header.
func (p *parser) ipInfo(k *packet) {
	for {
		switch {
		case p.accept("["):
			if isDigit(p.peek()) { // what an ICMP error quotes may also stand here
				quote := &packet{}
				p.sequence(quote)
				p.expect("]")
				k.icmp = &icmpMessage{quoted: true, seq: quote.seq, length: quote.length}
				continue
			}
			n, ok := ecnNames[p.word()]
			if !ok {
				p.fail("ECN code point expected")
			}
			k.ecn = n
			p.expect("]")
		case p.accept("("):
			for !p.accept(")") {
				switch w := p.word(); w {
				case "tos":
					v := p.bounded(255, "tos")
					k.dscp, k.ecn = v>>2, v&3
				case "class":
					v := p.bounded(255, "class")
					k.dscp, k.ecn = v>>2, v&3
				case "ttl", "hlim":
					k.ttl = p.bounded(255, w)
				case "flowlabel":
					p.refuse("flow labels")
				default:
					n, ok := ecnNames[w]
					if !ok {
						p.fail("tos, ttl or ECN code point expected")
					}
					k.ecn = n
				}
				p.accept(",")
			}
		default:
			return
		}
	}
}

// ports reads "1234 > 8080" if that comes next. A digit may also be the ACE field of the flags.
func (p *parser) ports(k *packet) {
	r := p.rest()
	n := 0
	for n < len(r) && isDigit(r[n]) {
		n++
	}
	if n == 0 || !strings.HasPrefix(strings.TrimLeft(r[n:], " \t"), ">") {
		return
	}
	k.srcPort = p.bounded(65535, "port")
	p.expect(">")
	k.dstPort = p.bounded(65535, "port")
	p.accept(":")
}

var flagLetters = map[byte]dissect.TCPFlags{
	'S': dissect.SYN, 'F': dissect.FIN, 'R': dissect.RST, 'P': dissect.PSH, '.': dissect.ACK, 'U': dissect.URG,
	'E': dissect.ECE, 'W': dissect.CWR, 'A': dissect.AE, '-': 0,
}

func (p *parser) flags(k *packet) {
	r := p.rest()
	n := 0
	for ; n < len(r); n++ {
		f, ok := flagLetters[r[n]]
		if c := r[n]; !ok && '0' <= c && c <= '7' { // the ACE field as a number
			for i, bit := range []dissect.TCPFlags{dissect.ECE, dissect.CWR, dissect.AE} {
				if (c-'0')>>i&1 != 0 {
					f |= bit
				}
			}
			ok = true
		}
		if !ok {
			break
		}
		k.flags |= f
	}
	if n == 0 {
		p.fail("flags expected at %q", p.near())
	}
	if n < len(r) && isLetter(r[n]) {
		p.fail("unknown flag %q", r[n])
	}
	p.at += n
}

// sequence reads seq:end(len).
func (p *parser) sequence(k *packet) {
	if p.accept("...") {
		k.ignoreSeq = true
	} else {
		k.seq = p.uint32()
		p.expect(":")
		end := p.uint32()
		defer func() {
			if end != k.seq+uint32(k.length) {
				p.fail("end of the segment is not its sequence number and its length")
			}
		}()
	}
	p.expect("(")
	k.length = p.bounded(1<<20, "length")
	p.expect(")")
	k.literalSeq = p.accept("!")
}

func (p *parser) segmentFields(k *packet) {
	for {
		if p.accept("{") {
			if !k.inbound {
				p.refuse("changed bytes of an outbound packet")
			}
			k.mutations = append(k.mutations, p.mutation())
			continue
		}
		if p.accept("<") { // the next packet has its time before it
			p.tcpOptions(k)
			continue
		}
		at, line := p.at, p.line
		switch w := p.word(); w {
		case "ack":
			k.ack = p.uint32()
			k.literalAck = p.accept("!")
		case "win":
			k.window = p.bounded(65535, "window")
		case "urg":
			k.urgent = p.bounded(65535, "urgent pointer")
		case "sock":
			p.refuse("packets of a named socket")
		default:
			p.at, p.line = at, line
			return
		}
	}
}

func (p *parser) tcpOptions(k *packet) {
	for !p.accept(">") {
		if p.accept("...") {
			k.anyOptions = true
			p.accept(",")
			continue
		}
		o := tcpOption{}
		switch w := p.word(); w {
		case "mss":
			o.kind, o.value = dissect.TCPOptMSS, uint32(p.bounded(65535, "mss"))
		case "wscale":
			o.kind, o.value = dissect.TCPOptWindowScale, uint32(p.bounded(255, "wscale"))
		case "sackOK":
			o.kind = dissect.TCPOptSACKPermitted
		case "nop":
			o.kind = dissect.TCPOptNop
		case "eol":
			o.kind = dissect.TCPOptEnd
		case "sack":
			o.kind = dissect.TCPOptSACK
			for isDigit(p.peek()) {
				b := dissect.SACKBlock{Left: p.uint32()}
				p.expect(":")
				b.Right = p.uint32()
				o.blocks = append(o.blocks, b)
				at, line := p.at, p.line
				if p.accept(",") && !isDigit(p.peek()) {
					p.at, p.line = at, line
				}
			}
			if len(o.blocks) > 4 {
				p.fail("more than four SACK blocks")
			}
		case "TS":
			o.kind = dissect.TCPOptTimestamps
			for {
				if p.acceptWord("val") {
					if o.anyValue = p.accept("..."); !o.anyValue {
						o.value = p.uint32()
					}
				} else if p.acceptWord("ecr") {
					if o.anyEcho = p.accept("..."); !o.anyEcho {
						o.echo = p.uint32()
					}
					o.literalEcho = p.accept("!")
				} else {
					break
				}
			}
		case "FO":
			o.kind = dissect.TCPOptFastOpen
			o.data, o.serverKey = p.cookie()
		case "ECN":
			o.kind, o.data = p.accurateECN()
		case "uto":
			o.kind, o.data = dissect.TCPOptUserTimeout, p.userTimeout()
		case "":
			p.fail("TCP option expected at %q", p.near())
		default:
			p.refuse("TCP option %s", w)
		}
		k.options = append(k.options, o)
		p.accept(",")
	}
	if n := optionsLen(k.options); n > dissect.TCPMaxHeaderLen-dissect.TCPMinHeaderLen {
		p.fail("%d bytes of options", n)
	}
}

func (p *parser) call() *call {
	c := &call{name: p.word()}
	p.expect("(")
	for !p.accept(")") {
		c.args = append(c.args, p.value())
		if !p.accept(",") {
			p.expect(")")
			break
		}
	}
	p.expect("=")
	c.result = p.value()
	// The name of an error, its text in parentheses, or a note on flags. The next event begins with a time.
	if r := p.rest(); r != "" && isLetter(r[0]) {
		c.errno = p.word()
	}
	if p.accept("(") {
		p.until(")", "note")
	}
	return c
}

func (p *parser) value() value {
	if p.depth++; p.depth > maxDepth {
		p.fail("values nested too deep")
	}
	defer func() { p.depth-- }()
	v := p.term()
	for p.peek() == '|' {
		p.accept("|")
		r := p.term()
		if v.kind != valueOr {
			v = value{kind: valueOr, list: []value{v}}
		}
		v.list = append(v.list, r)
	}
	return v
}

func (p *parser) term() value {
	switch c := p.peek(); {
	case p.accept("..."):
		return value{kind: valueEllipsis}
	case c == '"' || c == '\'':
		p.at++
		return value{kind: valueString, text: p.until(string(c), "string")}
	case c == '[':
		p.at++
		return p.sequenceOf("]", valueList)
	case c == '{':
		p.at++
		return p.sequenceOf("}", valueStruct)
	case isDigit(c) || c == '-' || c == '+':
		return value{kind: valueInt, num: p.integer()}
	case c == '&':
		p.at++
		return p.term()
	case isLetter(c):
		v := value{kind: valueSymbol, text: p.word()}
		if p.peek() == '(' {
			p.at++
			arg := p.sequenceOf(")", valueList)
			v.kind, v.list = valueFunc, arg.list
		}
		return v
	}
	p.fail("value expected at %q", p.near())
	panic("unreachable")
}

// sequenceOf reads the elements of a list or struct up to its end.
func (p *parser) sequenceOf(end string, kind valueKind) value {
	v := value{kind: kind}
	if p.depth++; p.depth > maxDepth {
		p.fail("values nested too deep")
	}
	defer func() { p.depth-- }()
	for !p.accept(end) {
		name := ""
		e := p.value()
		if kind == valueStruct && (e.kind == valueSymbol || e.kind == valueFunc) && p.accept("=") {
			name = e.text
			e = p.value()
		}
		v.list, v.fields = append(v.list, e), append(v.fields, name)
		if !p.accept(",") && p.peek() != end[0] {
			p.fail("%q expected at %q", end, p.near())
		}
	}
	return v
}
