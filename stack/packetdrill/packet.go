package packetdrill

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// wire is the device of the stack under test: bare IP packets, no link layer.
type wire struct {
	run *run
	mtu int
	in  [][]byte
	out []*livePacket
}

func (w *wire) Ethernet() bool { return false }
func (w *wire) MTU() int       { return w.mtu }

func (w *wire) Recv() ([]byte, error) {
	if len(w.in) == 0 {
		return nil, nil
	}
	b := w.in[0]
	w.in = w.in[1:]
	return b, nil
}

// maxQueued bounds the packets of a stack that sends without end.
const maxQueued = 1 << 16

func (w *wire) Send(pieces [][]byte) (bool, error) {
	if len(w.out) >= maxQueued {
		w.run.fail("less output", "packets without end")
	}
	if l := w.run.live(slices.Concat(pieces...)); l != nil {
		w.out = append(w.out, l)
	}
	return true, nil
}

// conn is a connection as the script sees it, and how its numbers map to those on the wire: the numbers that the
// stack chose are the script's plus an offset; those of the peer are the script's own.
type conn struct {
	local, remote netip.AddrPort
	offset        uint32 // of the stack's sequence numbers
	mapped        bool   // its SYN was seen
	sock          *stack.TCPSocket
	numbered      *stack.TCPSocket // whose numbers are mapped

	// Timestamps: what the stack sent for each value of the script, and last; what the script sent to it.
	tsSent            map[uint32]uint32
	tsLast            uint32
	tsFirst, tsScript uint32 // the first pair
	tsEcho            map[uint32]bool

	ack   uint32 // the latest that the stack sent
	acked bool

	// How the script counts behind the SYNs: as they do, or from them. Which it is shows with the first number that comes.
	peerISN, ownISN uint32 // as the SYNs have it
	counted         bool
	relative        bool

	sentISN, sentEnd uint32 // of what the stack sent
}

// base is what numbers like near lack, which are counted from isn on or as it is.
func (c *conn) base(isn, near uint32) uint32 {
	if !c.counted && isn != 0 {
		c.counted, c.relative = true, int32(near-isn) <= 0
	}
	if c.relative {
		return isn
	}
	return 0
}

// peerOffset is what a number of the peer's in the script lacks, behind its SYN; ownOffset is that of the stack's numbers.
func (c *conn) peerOffset(near uint32) uint32 { return c.base(c.peerISN, near) }
func (c *conn) ownOffset(near uint32) uint32  { return c.offset + c.base(c.ownISN, near) }

// sends notes a segment of the stack and reports whether it was sent before.
func (c *conn) sends(s *tcp.Segment) (again bool) {
	if s.Len() == 0 {
		return false
	}
	end := uint32(s.Seq) + s.Len()
	if isn := uint32(s.Seq); s.Flags.Has(dissect.SYN) && (isn != c.sentISN || c.sentEnd == 0) {
		c.sentISN, c.sentEnd = isn, end
		return false
	}
	if again = int32(end-c.sentEnd) <= 0; !again {
		c.sentEnd = end
	}
	return again
}

// livePacket is what the stack sent.
type livePacket struct {
	at      tcp.Time
	ip      ipHeader
	payload []byte // behind the IP header
	conn    *conn
	seg     tcp.Segment
	opts    []tcpOption
	again   bool // it was sent before
}

// live reads a packet that the stack sends; nil for one that scripts do not see.
func (r *run) live(b []byte) *livePacket {
	ip, payload := r.readIP(b)
	l := &livePacket{at: r.now, ip: ip, payload: payload}
	switch ip.protocol {
	case dissect.ProtoTCP:
		t := dissect.TCP(payload)
		if t.CheckWhole() != nil || !t.ChecksumOK(dissect.PseudoHeaderSum(ip.src, ip.dst, dissect.ProtoTCP, len(t))) {
			r.fail("valid segments", fmt.Sprintf("% x", []byte(t[:min(len(t), 40)])))
		}
		l.seg = tcp.ParseSegment(t, ip.ecn)
		l.opts = readOptions(t.Options())
		l.conn = r.connOf(netip.AddrPortFrom(ip.src, t.SrcPort()), netip.AddrPortFrom(ip.dst, t.DstPort()))
		l.again = l.conn.sends(&l.seg)
	case dissect.ProtoUDP:
		if u := dissect.UDP(payload); u.CheckWhole() != nil {
			r.fail("valid datagrams", fmt.Sprintf("% x", []byte(u[:min(len(u), 8)])))
		}
	default:
		return nil
	}
	return l
}

// readOptions lists the options of a segment, padding included.
func readOptions(b []byte) (list []tcpOption) {
	for len(b) > 0 {
		o, rest, err := dissect.NextTCPOption(b)
		if err != nil {
			return append(list, tcpOption{kind: 255})
		}
		t := tcpOption{kind: o.Kind()}
		d := o.Data()
		switch {
		case t.kind == dissect.TCPOptMSS && len(d) == 2:
			t.value = uint32(binary.BigEndian.Uint16(d))
		case t.kind == dissect.TCPOptWindowScale && len(d) == 1:
			t.value = uint32(d[0])
		case t.kind == dissect.TCPOptTimestamps && len(d) == 8:
			t.value, t.echo = binary.BigEndian.Uint32(d), binary.BigEndian.Uint32(d[4:])
		case t.kind == dissect.TCPOptSACK:
			for ; len(d) >= 8; d = d[8:] {
				t.blocks = append(t.blocks, dissect.SACKBlock{Left: binary.BigEndian.Uint32(d), Right: binary.BigEndian.Uint32(d[4:])})
			}
		case t.kind == dissect.TCPOptFastOpen || t.kind == dissect.TCPOptAccECN0 || t.kind == dissect.TCPOptAccECN1 || t.kind == dissect.TCPOptUserTimeout:
			t.data = d
		}
		list = append(list, t)
		b = rest
	}
	return list
}

// optionsLen is the length of options on the wire without padding.
func optionsLen(list []tcpOption) (n int) {
	for _, o := range list {
		switch o.kind {
		case dissect.TCPOptNop, dissect.TCPOptEnd:
			n++
		case dissect.TCPOptMSS:
			n += 4
		case dissect.TCPOptWindowScale:
			n += 3
		case dissect.TCPOptSACKPermitted:
			n += 2
		case dissect.TCPOptTimestamps:
			n += 10
		case dissect.TCPOptSACK:
			n += 2 + 8*len(o.blocks)
		default:
			n += 2 + len(o.data)
		}
	}
	return n
}

// connOf finds the connection between two ends, or makes it.
func (r *run) connOf(local, remote netip.AddrPort) *conn {
	for _, c := range r.conns {
		if c.local == local && c.remote == remote {
			return c
		}
	}
	c := &conn{local: local, remote: remote, tsSent: make(map[uint32]uint32), tsEcho: make(map[uint32]bool)}
	r.conns = append(r.conns, c)
	return c
}

// socketOf is the connection's socket: the one in the stack's tables, else the one that it had.
func (r *run) socketOf(c *conn) *stack.TCPSocket {
	if s := r.inTables(c); s != nil {
		return s
	}
	return c.sock
}

func (r *run) inTables(c *conn) *stack.TCPSocket {
	for s := range r.stack.TCPSockets() {
		if s.LocalAddr() == c.local && s.RemoteAddr() == c.remote {
			c.sock = s
			return s
		}
	}
	return nil
}

// listens reports whether some socket of the script listens.
func (r *run) listens() bool {
	for _, f := range r.files {
		if f.listener != nil {
			return true
		}
	}
	return false
}

// target is the connection that an inbound packet belongs to. A SYN for a listener begins a new one, from a fresh
// port, unless the one in hand is alive.
func (r *run) target(k *packet) *conn {
	if k.srcPort != 0 {
		r.current = r.connOf(netip.AddrPortFrom(r.local, uint16(k.dstPort)), netip.AddrPortFrom(r.remote, uint16(k.srcPort)))
		return r.current
	}
	opens := k.flags&(dissect.SYN|dissect.ACK|dissect.RST) == dissect.SYN
	if r.current == nil || opens && r.listens() && r.inTables(r.current) == nil {
		r.nextPort++
		r.current = r.connOf(netip.AddrPortFrom(r.local, servicePort), netip.AddrPortFrom(r.remote, r.nextPort))
	}
	return r.current
}

// inject sends a packet to the stack.
func (r *run) inject(k *packet) {
	switch k.protocol {
	case dissect.ProtoICMP, dissect.ProtoICMPv6:
		r.injectICMP(k.icmp)
	case dissect.ProtoUDP:
		r.injectUDP(k)
	default:
		r.injectTCP(k)
		r.poll()
		r.noteCookie(k)
	}
	r.poll()
}

func (r *run) injectTCP(k *packet) {
	c := r.target(k)
	h := dissect.TCPHeader{SrcPort: c.remote.Port(), DstPort: c.local.Port(), Seq: k.seq, Flags: k.flags}
	switch s := r.inTables(c); {
	case k.flags.Has(dissect.SYN):
		if s == nil || s.State() == tcp.SynSent {
			c.peerISN, c.counted, c.relative = k.seq, false, false
		}
	case !k.literalSeq:
		h.Seq += c.peerOffset(k.seq)
	}
	if k.flags.Has(dissect.ACK) {
		switch h.Ack = k.ack; {
		case k.literalAck:
		case k.flags.Has(dissect.SYN):
			h.Ack += c.offset
		default:
			h.Ack += c.ownOffset(k.ack)
		}
	}
	if k.window > 0 {
		h.Window = uint16(k.window)
	}
	if k.urgent > 0 {
		h.Urgent = uint16(k.urgent)
	}
	h.Options = dissect.MakeTCPOptions(r.wireOptions(c, k.options))
	r.sendIP(k, c.remote.Addr(), c.local.Addr(), dissect.ProtoTCP, segmentBytes(&h, k.length, c.remote.Addr(), c.local.Addr()))
}

// segmentBytes is a segment with n bytes of zeros.
func segmentBytes(h *dissect.TCPHeader, n int, src, dst netip.Addr) []byte {
	t := dissect.TCP(append(h.Append(nil), make([]byte, n)...))
	t.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoTCP, len(t)))
	return t
}

// wireOptions writes options with their numbers mapped, padded to whole words.
func (r *run) wireOptions(c *conn, list []tcpOption) (b []byte) {
	for _, o := range list {
		switch o.kind {
		case dissect.TCPOptNop, dissect.TCPOptEnd:
			b = append(b, byte(o.kind))
		case dissect.TCPOptMSS:
			b = append(b, byte(o.kind), 4, byte(o.value>>8), byte(o.value))
		case dissect.TCPOptWindowScale:
			b = append(b, byte(o.kind), 3, byte(o.value))
		case dissect.TCPOptSACKPermitted:
			b = append(b, byte(o.kind), 2)
		case dissect.TCPOptTimestamps:
			b = append(b, byte(o.kind), 10)
			b = binary.BigEndian.AppendUint32(b, o.value)
			echo := o.echo
			if !o.literalEcho {
				echo = r.echoOf(c, echo)
			}
			b = binary.BigEndian.AppendUint32(b, echo)
			c.tsEcho[o.value] = true
		case dissect.TCPOptSACK:
			b = append(b, byte(o.kind), byte(2+8*len(o.blocks)))
			for _, k := range o.blocks {
				b = binary.BigEndian.AppendUint32(b, k.Left+c.ownOffset(k.Left))
				b = binary.BigEndian.AppendUint32(b, k.Right+c.ownOffset(k.Left))
			}
		default:
			data := o.data
			if own := []byte(nil); o.serverKey && len(data) > 0 {
				if own = r.ownCookie(c); own != nil {
					data = own
				}
			}
			b = append(append(b, byte(o.kind), byte(2+len(data))), data...)
		}
	}
	for len(b)%4 != 0 {
		b = append(b, byte(dissect.TCPOptEnd))
	}
	return b
}

// echoOf is what the stack sent where the script says echo; what it sent last, if the script has not seen it.
func (r *run) echoOf(c *conn, echo uint32) uint32 {
	if echo == 0 && !c.tsEcho[0] && c.tsSent[0] == 0 {
		return 0
	}
	if v, ok := c.tsSent[echo]; ok {
		return v
	}
	return c.tsLast
}

func (r *run) injectUDP(k *packet) {
	remote := netip.AddrPortFrom(r.remote, servicePort)
	local := netip.AddrPortFrom(r.local, servicePort)
	if k.srcPort != 0 {
		remote, local = netip.AddrPortFrom(r.remote, uint16(k.srcPort)), netip.AddrPortFrom(r.local, uint16(k.dstPort))
	} else if l := r.udpLocal(); l.IsValid() {
		local = netip.AddrPortFrom(r.local, l.Port())
	}
	r.sendIP(k, remote.Addr(), local.Addr(), dissect.ProtoUDP, datagramBytes(remote, local, k.length))
}

func datagramBytes(src, dst netip.AddrPort, n int) []byte {
	h := dissect.UDPHeader{SrcPort: src.Port(), DstPort: dst.Port(), Length: uint16(dissect.UDPHeaderLen + n)}
	u := dissect.UDP(append(h.Append(nil), make([]byte, n)...))
	u.FillChecksum(dissect.PseudoHeaderSum(src.Addr(), dst.Addr(), dissect.ProtoUDP, len(u)))
	return u
}

// next takes the next packet of the stack that is sent until limit, nil if there is none. What belongs to another connection than
// the latest, such as the end of one that the script has closed, is nobody's concern unless the script names ports.
func (r *run) next(limit tcp.Time, ports bool) *livePacket {
	for {
		if len(r.wire.out) > 0 {
			l := r.wire.out[0]
			r.wire.out = r.wire.out[1:]
			if l.conn != nil && r.current != nil && l.conn != r.current && !ports {
				continue
			}
			return l
		}
		if !r.step(limit) && len(r.wire.out) == 0 {
			return nil
		}
	}
}

// expect waits for a packet and compares it. Several segments in a row may make up the text of one.
func (r *run) expect(e *event, due tcp.Time, tolerance time.Duration) {
	k := e.packet
	from, to := due.Add(-tolerance), due.Add(tolerance)
	switch {
	case e.time.any:
		from, to = 0, r.now.Add(anyTime)
	case e.time.ranged:
		to = due.Add(e.time.until - e.time.at).Add(tolerance)
	default:
		r.advance(due)
	}
	limit := to
	pure := k.protocol == dissect.ProtoTCP && k.length == 0 && k.flags&^dissect.PSH == dissect.ACK
	if pure && r.opt.Level == Semantic {
		limit = to.Add(maxDelayedAck)
	}
	m := matcher{run: r, want: k}
	missed := ""
	for {
		l := r.next(limit, k.srcPort != 0)
		if l == nil {
			got := "nothing until " + r.clock(limit)
			if missed != "" {
				got = missed
			} else if m.n > 0 {
				got = fmt.Sprintf("only %d bytes of it", m.n)
			}
			r.fail(r.show(k)+" at "+r.clock(due), got)
		}
		ackBefore := uint32(0)
		if l.conn != nil {
			ackBefore = l.conn.ack
		}
		why, done := m.add(l)
		if why != "" {
			got := fmt.Sprintf("%s at %s (%s)", r.showLive(l), r.clock(l.at), why)
			if m.n == 0 && r.extraAck(l) {
				missed = got
				r.noteAck(l)
				continue
			}
			r.fail(r.show(k)+" at "+r.clock(due), got)
		}
		early := l.at < from
		if early && pure && r.extraAck(l) && uint32(l.seg.Ack) != ackBefore && from.Sub(l.at) <= maxDelayedAck {
			early = false // the script is about a stack that delays this ACK
		}
		if early && l.again && r.opt.Level == Semantic && from.Sub(l.at) <= r.profile.slop {
			early = false
		}
		if early && pure && r.extraAck(l) {
			missed = "it at " + r.clock(l.at) + " already, and nothing then"
			m = matcher{run: r, want: k}
			r.noteAck(l)
			continue
		}
		r.noteAck(l)
		if early {
			r.fail(r.show(k)+" at "+r.clock(due), "it at "+r.clock(l.at)+" already")
		}
		if l.at > to {
			if !pure || r.opt.Level == Strict {
				r.fail(r.show(k)+" at "+r.clock(due), "it at "+r.clock(l.at))
			}
			r.shift += l.at.Sub(due)
			r.last = l.at
		}
		if done {
			if e.time.any || e.time.ranged {
				r.last = l.at
			}
			return
		}
	}
}

// clock prints an instant in the script's seconds.
func (r *run) clock(t tcp.Time) string {
	return fmt.Sprintf("%.6f", time.Duration(t-epoch).Seconds()-r.shift.Seconds())
}

// noteAck remembers the latest acknowledgment of a connection.
func (r *run) noteAck(l *livePacket) {
	if l.conn != nil && l.seg.Flags.Has(dissect.ACK) {
		l.conn.ack, l.conn.acked = uint32(l.seg.Ack), true
	}
}

// extraAck reports whether l is a pure ACK that the script need not know of: it repeats the one before or goes on.
func (r *run) extraAck(l *livePacket) bool {
	if r.opt.Level == Strict || l.ip.protocol != dissect.ProtoTCP || len(l.seg.Payload) > 0 || l.seg.Flags&^dissect.PSH != dissect.ACK {
		return false
	}
	return !l.conn.acked || int32(uint32(l.seg.Ack)-l.conn.ack) >= 0
}

// matcher compares the packets of the stack with one that is expected.
type matcher struct {
	run  *run
	want *packet
	n    int // bytes of text seen
	size int // of the first segment
}

// add compares one packet. why says what is wrong with it; done that all of the expected is there.
func (m *matcher) add(l *livePacket) (why string, done bool) {
	r, k := m.run, m.want
	if l.ip.protocol != k.protocol {
		return "other protocol", false
	}
	if why := m.ipHeader(l); why != "" {
		return why, false
	}
	if k.protocol == dissect.ProtoUDP {
		if n := len(dissect.UDP(l.payload).Payload()); n != k.length {
			return "length", false
		}
		return "", true
	}
	c := l.conn
	if k.srcPort != 0 && (c.local.Port() != uint16(k.srcPort) || c.remote.Port() != uint16(k.dstPort)) {
		return "ports", false
	}
	if why := m.flags(l); why != "" {
		return why, false
	}
	m.mapSyn(l)
	if seq := uint32(l.seg.Seq); !k.ignoreSeq {
		switch {
		case k.literalSeq:
		case k.flags.Has(dissect.SYN):
			seq -= c.offset
		default:
			seq -= c.ownOffset(k.seq)
		}
		if seq != k.seq+uint32(m.n) {
			return "sequence number", false
		}
	}
	length := len(l.seg.Payload)
	left := k.length - m.n
	switch {
	case length > left:
		return "length", false
	case length < left && (r.strictLen || length == 0):
		return "length", false
	case m.n > 0 && length > 0 && (length > m.size || length < m.size && length < left):
		return "segments of different lengths", false
	}
	if ack := k.ack; l.seg.Flags.Has(dissect.ACK) {
		if !k.flags.Has(dissect.SYN) {
			ack += c.peerOffset(ack)
		}
		if uint32(l.seg.Ack) != ack {
			return "ack", false
		}
	}
	if why := m.window(l); why != "" {
		return why, false
	}
	if k.urgent >= 0 && int(l.seg.Urgent) != k.urgent {
		return "urgent pointer", false
	}
	if m.n == 0 && !k.anyOptions {
		if why := m.options(l); why != "" {
			return why, false
		}
	}
	if slices.ContainsFunc(l.seg.Payload, func(b byte) bool { return b != 0 }) {
		return "payload that nobody wrote", false
	}
	m.noteTimestamps(l)
	if m.n == 0 {
		m.size = length
	}
	m.n += length
	done = m.n == k.length && (!k.flags.Has(dissect.FIN) || l.seg.Flags.Has(dissect.FIN))
	return "", done
}

func (m *matcher) ipHeader(l *livePacket) string {
	k := m.want
	switch {
	case k.ecn >= 0 && int(l.ip.ecn) != k.ecn:
		return "ECN"
	case k.dscp >= 0 && int(l.ip.dscp) != k.dscp:
		return "tos"
	case k.ttl >= 0 && int(l.ip.ttl) != k.ttl:
		return "ttl"
	}
	return ""
}

// flags compares the control bits. PSH and FIN belong to the last segment of the text.
func (m *matcher) flags(l *livePacket) string {
	k := m.want
	got, want := l.seg.Flags, k.flags
	last := m.n+len(l.seg.Payload) >= k.length
	if m.run.opt.Level == Semantic || !last {
		got, want = got&^dissect.PSH, want&^dissect.PSH
	}
	if !got.Has(dissect.FIN) && k.length > 0 && (!last || !m.run.strictLen) {
		want &^= dissect.FIN // a FIN may follow by itself
	}
	if got != want {
		return "flags"
	}
	return ""
}

// mapSyn learns the stack's initial sequence number from its SYN.
func (m *matcher) mapSyn(l *livePacket) {
	c := l.conn
	if !l.seg.Flags.Has(dissect.SYN) || !m.want.flags.Has(dissect.SYN) {
		return
	}
	before, fresh := c.numbered, m.run.inTables(c)
	if !c.mapped || fresh != nil && fresh != before {
		c.offset, c.mapped = uint32(l.seg.Seq)-m.want.seq, true
		c.ownISN, c.counted, c.relative = m.want.seq, false, false
		if l.seg.Flags.Has(dissect.ACK) {
			c.peerISN = uint32(l.seg.Ack) - 1
		}
		if fresh != before {
			c.tsSent = make(map[uint32]uint32)
		}
	}
	c.numbered = fresh
	m.run.current = c
}

func (m *matcher) window(l *livePacket) string {
	k := m.want
	if k.window < 0 || m.run.opt.Level == Semantic && l.seg.Flags.Has(dissect.RST) {
		return ""
	}
	if m.run.opt.Level == Strict && int(l.seg.Window) != k.window || (l.seg.Window == 0) != (k.window == 0) {
		return "window"
	}
	return ""
}

func find(list []tcpOption, kind dissect.TCPOptionKind) *tcpOption {
	for i := range list {
		if list[i].kind == kind {
			return &list[i]
		}
	}
	return nil
}

// options compares the options: all of them in order, or what they mean.
func (m *matcher) options(l *livePacket) string {
	k := m.want
	if m.run.opt.Level == Strict {
		return m.exactOptions(l)
	}
	kinds := []dissect.TCPOptionKind{dissect.TCPOptTimestamps, dissect.TCPOptUserTimeout}
	switch {
	case k.flags.Has(dissect.RST):
		return ""
	case k.flags.Has(dissect.SYN):
		kinds = append(kinds, dissect.TCPOptMSS, dissect.TCPOptWindowScale, dissect.TCPOptSACKPermitted)
	}
	for _, kind := range kinds {
		want, got := find(k.options, kind), find(l.opts, kind)
		if (want == nil) != (got == nil) {
			return "option " + kind.Name()
		}
		if kind == dissect.TCPOptMSS && want != nil && want.value != got.value {
			return "mss"
		}
		if kind == dissect.TCPOptUserTimeout && want != nil && !slices.Equal(want.data, got.data) {
			return "user timeout"
		}
	}
	if why := m.cookie(l); why != "" {
		return why
	}
	want, got := find(k.options, dissect.TCPOptSACK), find(l.opts, dissect.TCPOptSACK)
	if (want == nil) != (got == nil) || want != nil && !m.sameBlocks(l, want.blocks, got.blocks) {
		return "SACK"
	}
	return m.echo(l)
}

func (m *matcher) exactOptions(l *livePacket) string {
	trim := func(list []tcpOption) []tcpOption {
		for len(list) > 0 && list[len(list)-1].kind == dissect.TCPOptEnd {
			list = list[:len(list)-1]
		}
		return list
	}
	same := slices.EqualFunc(trim(m.want.options), trim(l.opts), func(a, b tcpOption) bool {
		if a.kind != b.kind || !m.sameBlocks(l, a.blocks, b.blocks) {
			return false
		}
		if a.kind == dissect.TCPOptTimestamps || a.kind == dissect.TCPOptFastOpen {
			return true
		}
		return a.value == b.value && slices.Equal(a.data, b.data)
	})
	if !same {
		return "options"
	}
	if why := m.cookie(l); why != "" {
		return why
	}
	return m.echo(l)
}

// sameBlocks compares SACK blocks, of the script and of the stack.
func (m *matcher) sameBlocks(l *livePacket, want, got []dissect.SACKBlock) bool {
	return slices.EqualFunc(want, got, func(w, g dissect.SACKBlock) bool {
		d := l.conn.peerOffset(w.Left)
		return w.Left+d == g.Left && w.Right+d == g.Right
	})
}

// cookie compares the Fast Open option of a SYN: what the stack asks for or brings back must be as the script says; what it gives is its
// own.
func (m *matcher) cookie(l *livePacket) string {
	want, got := find(m.want.options, dissect.TCPOptFastOpen), find(l.opts, dissect.TCPOptFastOpen)
	switch {
	case want == nil && got == nil:
	case want == nil || got == nil || (len(want.data) > 0) != (len(got.data) > 0):
		return "option " + dissect.TCPOptFastOpen.Name()
	case !l.seg.Flags.Has(dissect.ACK) && !slices.Equal(want.data, got.data):
		return "Fast Open cookie"
	}
	return ""
}

// echo checks that the timestamp echoed is one that the stack received. Which one is for the RTTM rules to say, and scripts are
// sloppy there, because upstream does not look at it; one that means it writes a "!" behind the number.
func (m *matcher) echo(l *livePacket) string {
	want, got := find(m.want.options, dissect.TCPOptTimestamps), find(l.opts, dissect.TCPOptTimestamps)
	if want == nil || got == nil {
		return ""
	}
	c := l.conn
	if got.echo != 0 && !c.tsEcho[got.echo] || want.literalEcho && got.echo != want.echo {
		return "timestamp echo"
	}
	if m.run.tsTick > 0 && m.run.opt.Level == Strict && !want.anyValue && len(c.tsSent) > 0 {
		ticks := int32(want.value - c.tsScript)
		wire := time.Duration(int32(got.value-c.tsFirst)) * time.Millisecond
		if d := wire - time.Duration(ticks)*m.run.tsTick; d.Abs() > max(m.run.tsTick, time.Millisecond)+m.run.tolerance {
			return "timestamp"
		}
	}
	return ""
}

// noteTimestamps remembers what the stack sent where the script says otherwise.
func (m *matcher) noteTimestamps(l *livePacket) {
	want, got := find(m.want.options, dissect.TCPOptTimestamps), find(l.opts, dissect.TCPOptTimestamps)
	if got == nil {
		return
	}
	c := l.conn
	c.tsLast = got.value
	if want == nil || want.anyValue {
		return
	}
	if len(c.tsSent) == 0 {
		c.tsFirst, c.tsScript = got.value, want.value
	}
	c.tsSent[want.value] = got.value
}

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
		default:
			texts = append(texts, fmt.Sprintf("option %d", o.kind))
		}
	}
	if texts == nil {
		return ""
	}
	return " <" + strings.Join(texts, ",") + ">"
}
