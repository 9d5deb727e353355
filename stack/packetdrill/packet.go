package packetdrill

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"

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
	segments         []outSegment
	reordered        bool // one that was sent once arrived behind a later one
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
		c.sentISN, c.sentEnd, c.segments = isn, end, nil
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
		l.conn.noteSent(&l.seg, l.again)
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
		r.noteAcked(r.current, k)
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
