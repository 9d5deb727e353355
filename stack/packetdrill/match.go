package packetdrill

import (
	"fmt"
	"slices"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

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
	pure := k.protocol == dissect.ProtoTCP && k.length == 0 && k.flags&^(dissect.PSH|dissect.ECE) == dissect.ACK
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
		if early && pure && r.opt.Level == Semantic && (!l.conn.acked || int32(uint32(l.seg.Ack)-ackBefore) > 0) && from.Sub(l.at) <= maxDelayedAck {
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
	kinds := []dissect.TCPOptionKind{dissect.TCPOptTimestamps, dissect.TCPOptUserTimeout, dissect.TCPOptAccECN0, dissect.TCPOptAccECN1}
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
		if (kind == dissect.TCPOptAccECN0 || kind == dissect.TCPOptAccECN1) && want != nil && !slices.Equal(want.data, got.data) {
			return "bytes of Accurate ECN"
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
