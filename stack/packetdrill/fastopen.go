package packetdrill

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// serverCookie is the cookie that upstream's kernels give to the peer with the key that its scripts set.
const serverCookie = "3021b9d889017eeb"

// cookie takes what follows FO: nothing in a request, hexadecimal digits, or the name that stands for the cookie of the stack's own.
func (p *parser) cookie() (data []byte, own bool) {
	r := p.rest()
	n := 0
	for n < len(r) && (isDigit(r[n]) || isLetter(r[n])) {
		n++
	}
	text := r[:n]
	p.at += n
	if text == "TFO_COOKIE" {
		text = serverCookie
	}
	data, err := hex.DecodeString(text)
	if err != nil {
		p.refuse("Fast Open cookie %s", text)
	}
	if len(data) > 38 {
		p.fail("a Fast Open cookie of %d bytes", len(data))
	}
	return data, text == serverCookie
}

// accurateECN takes the counters of the option (RFC 9768 section 3.2.3), whose order its kind says.
func (p *parser) accurateECN() (kind dissect.TCPOptionKind, data []byte) {
	kind = dissect.TCPOptAccECN0
	for first := true; ; first = false {
		at, line := p.at, p.line
		switch w := p.word(); w {
		case "e1b":
			if first {
				kind = dissect.TCPOptAccECN1
			}
		case "e0b", "ceb":
		default:
			p.at, p.line = at, line
			if len(data) > 9 {
				p.fail("more than three counters")
			}
			return kind, data
		}
		v := p.uint32()
		data = append(data, byte(v>>16), byte(v>>8), byte(v))
	}
}

func accurateECNText(o tcpOption) string {
	names := [...]string{" e0b ", " ceb ", " e1b "}
	if o.kind == dissect.TCPOptAccECN1 {
		names[0], names[2] = names[2], names[0]
	}
	text, d := "ECN", o.data
	for i := 0; i < len(names) && len(d) >= 3; i, d = i+1, d[3:] {
		text += names[i] + strconv.Itoa(int(d[0])<<16|int(d[1])<<8|int(d[2]))
	}
	return text
}

// cookies is what the script knows of Fast Open.
type cookies struct {
	own   []byte // what the stack gives to the peer, once it was asked
	known bool   // a peer gave the stack a cookie
	mss   int    // which the peer announced with it
}

// noteCookie notes what an inbound SYN-ACK brings the stack.
func (r *run) noteCookie(k *packet) {
	if s := r.socketOf(r.current); !k.flags.Has(dissect.SYN|dissect.ACK) || s == nil || s.State() == tcp.SynSent {
		return // none, or not taken
	}
	if o := find(k.options, dissect.TCPOptFastOpen); o != nil && len(o.data) >= tcp.MinFastOpenCookie && len(o.data) <= tcp.MaxFastOpenCookie && len(o.data)%2 == 0 {
		r.cookies.known = true
	}
	r.cookies.mss = 536
	if mss := find(k.options, dissect.TCPOptMSS); mss != nil {
		r.cookies.mss = int(mss.value)
	}
}

// ownCookie is the cookie that the stack gives to the peer. The script knows it, since it knows the key of the kernel for which it was
// written; here it is asked for, by a handshake that nobody sees.
func (r *run) ownCookie(c *conn) []byte {
	if r.cookies.own != nil {
		return r.cookies.own
	}
	const port = 1
	h := dissect.TCPHeader{SrcPort: port, DstPort: c.local.Port(), Seq: 1, Flags: dissect.SYN, Window: 1000}
	h.Options.Add(dissect.TCPOptFastOpen)
	ask := func() {
		r.sendIP(nil, c.remote.Addr(), c.local.Addr(), dissect.ProtoTCP, segmentBytes(&h, 0, c.remote.Addr(), c.local.Addr()))
		r.poll()
	}
	ask()
	for _, l := range r.wire.out {
		if o := find(l.opts, dissect.TCPOptFastOpen); l.conn != nil && l.conn.remote.Port() == port && o != nil {
			r.cookies.own = o.data
		}
	}
	h.Seq, h.Flags = 2, dissect.RST
	h.Options = dissect.TCPOptions{}
	ask()
	r.wire.out = slices.DeleteFunc(r.wire.out, func(l *livePacket) bool { return l.conn != nil && l.conn.remote.Port() == port })
	r.conns = slices.DeleteFunc(r.conns, func(c *conn) bool { return c.remote.Port() == port })
	return r.cookies.own
}

// forgetCookies has the stack forget the cookies that peers gave it.
func (r *run) forgetCookies() {
	r.cookies.known = false
	r.stack.ForgetFastOpen()
}

// fastOpenWriter is a write to a socket that is not connected yet, which goes with the SYN as far as it fits there.
func (r *run) fastOpenWriter(c *call, f *file, want int) func() outcome {
	to := f.deferred
	if !to.IsValid() {
		to = r.sockaddr(c.arg(4), netip.AddrPortFrom(r.remote, servicePort))
	}
	sent := 0
	rest := r.writer(c, f, want)
	nonblock := f.nonblock || slices.Contains(r.messageFlags(c), "MSG_DONTWAIT")
	return func() outcome {
		if f.sock == nil {
			switch {
			case f.listener != nil:
				return failed("EISCONN")
			case r.profile.fastOpen&fastOpenClient == 0:
				return failed("EOPNOTSUPP")
			}
			if o := r.dial(f, to, true); o.errno != "" {
				return o
			}
			f.deferred = netip.AddrPort{}
			if r.cookies.known {
				const options = 40 // room that is left for them, as far as they can go
				sent, _ = f.sock.Write(zeros[:min(want, max(min(r.cookies.mss, r.mss())-options, 0), len(zeros))])
			}
			r.poll()
			switch {
			case sent > 0 && nonblock:
				return ok(sent)
			case nonblock:
				return failed("EINPROGRESS")
			}
			want -= sent
			rest = r.writer(c, f, want)
		}
		o := rest()
		if o.errno == "" && !o.block {
			o.ret += int64(sent)
		}
		return o
	}
}

// impliedConnect is what FreeBSD makes of a sendto on a socket that is not connected, once the program asked for Fast Open: it
// returns when the text is queued.
func (r *run) impliedConnect(c *call, f *file, want int) func() outcome {
	to := r.sockaddr(c.arg(4), netip.AddrPortFrom(r.remote, servicePort))
	return func() outcome {
		if o := r.dial(f, to, true); o.errno != "" {
			return o
		}
		n, err := f.sock.Write(make([]byte, want))
		if err != nil {
			return failed(errnoOf(err))
		}
		return ok(n)
	}
}

// dial opens a connection. What asks for Fast Open gets it as far as the host is set up so.
func (r *run) dial(f *file, to netip.AddrPort, fastOpen bool) outcome {
	cfg := f.config()
	cfg.FastOpen = fastOpen && r.profile.fastOpen&fastOpenClient != 0
	s, err := r.stack.DialTCP(to, stack.TCPOptions{Config: cfg, Local: f.bound, TTL: f.ttl, DSCP: f.tos >> 2})
	if err != nil {
		return failed(errnoOf(err))
	}
	f.sock = s
	n := r.connOf(s.LocalAddr(), s.RemoteAddr())
	n.sock, n.mapped = s, false
	r.current = n
	return ok(0)
}
