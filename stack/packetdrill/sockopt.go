package packetdrill

import (
	"cmp"
	"slices"
	"time"

	"smoltcp/stack/tcp"
)

func (r *run) callGetsockopt(c *call, f *file) func() outcome {
	name := c.arg(2).text
	return func() outcome {
		var n int64
		switch name {
		case "SO_ERROR":
			return r.socketError(c, f)
		case "SO_RCVBUF", "SO_SNDBUF", "SO_RCVLOWAT", "SO_SNDLOWAT":
			return ok(0) // systems round them in their ways
		case "SO_TYPE":
			if n = 2; f.tcp {
				n = 1
			}
		case "SO_ACCEPTCONN":
			if f.listener != nil {
				n = 1
			}
		case "TCP_MAXSEG":
			if f.sock == nil {
				n = 536 // what is assumed before a peer has said more (RFC 9293 section 3.7.1)
				break
			}
			// Without the options of every segment, or with: systems differ.
			info := f.sock.Info()
			n = int64(info.SndMSS)
			if want, _ := r.number(c.arg(3)); info.Timestamps && want == n+12 {
				n = want
			}
		case "TCP_INFO":
			return r.infoStruct(c.arg(3), f)
		default:
			v, set := f.options[name]
			if !set {
				v, set = f.defaultOption(name)
			}
			if !set {
				r.skip("getsockopt of %s", name)
			}
			n = v
		}
		want, known := r.number(c.arg(3))
		if !known {
			if c.arg(3).kind == valueEllipsis {
				return ok(0)
			}
			r.skip("getsockopt of %s", c.arg(3))
		}
		if want != n {
			return wrong("[%d]", n)
		}
		return ok(0)
	}
}

// infoStruct compares the fields of struct tcp_info that the script names.
func (r *run) infoStruct(want value, f *file) outcome {
	if want.kind == valueList && len(want.list) == 1 {
		want = want.list[0]
	}
	if want.kind == valueEllipsis {
		return ok(0)
	}
	if want.kind != valueStruct || f.sock == nil {
		r.skip("getsockopt of %s", want)
	}
	info := f.sock.Info()
	v := infoVars{info: &info}
	for i, name := range want.fields {
		if want.list[i].kind == valueEllipsis {
			continue
		}
		n, known := r.number(want.list[i])
		if s, ok := v.lookup(want.list[i].text); ok && want.list[i].kind == valueSymbol {
			n, known = s.(int64)
		}
		got, ok := v.lookup(name)
		if !ok || !known {
			r.notChecked("%s of struct tcp_info", name)
		} else if got != n {
			return wrong("%s=%v", name, got)
		}
	}
	return ok(0)
}

// defaultOption is the value of an option that the script did not set, in seconds where it is a time.
func (f *file) defaultOption(name string) (int64, bool) {
	seconds := func(d, def time.Duration) (int64, bool) { return int64(cmp.Or(d, def) / time.Second), true }
	switch name {
	case "TCP_NODELAY", "SO_KEEPALIVE", "TCP_CORK", "TCP_NOPUSH", "SO_REUSEADDR", "SO_REUSEPORT", "SO_DEBUG":
		return 0, true
	case "IP_TTL", "IPV6_UNICAST_HOPS":
		return 64, true
	case "IP_TOS", "IPV6_TCLASS":
		return 0, true
	case "TCP_KEEPIDLE":
		return seconds(f.keepAlive.Idle, 2*time.Hour)
	case "TCP_KEEPINTVL":
		return seconds(f.keepAlive.Interval, 75*time.Second)
	case "TCP_KEEPINIT":
		return seconds(f.cfg.SynTimeout, 75*time.Second)
	case "TCP_KEEPCNT":
		if f.keepAlive.Count > 0 {
			return int64(f.keepAlive.Count), true
		}
	}
	return 0, false
}

// socketError is SO_ERROR: the pending error, hard or soft, which it clears.
func (r *run) socketError(c *call, f *file) outcome {
	got := f.takeErr()
	if got == "" && f.sock != nil && f.sock.State() != tcp.Closed {
		if err := f.sock.SoftError(); err != nil {
			got = errnoOf(err)
		}
	}
	v := c.arg(3)
	if v.kind == valueList && len(v.list) == 1 {
		v = v.list[0]
	}
	shown := got
	if shown == "" {
		shown = "0"
	}
	agree := false
	switch v.kind {
	case valueEllipsis:
		agree = true
	case valueInt:
		agree = v.num == 0 && got == "" || got != "" && slices.Contains(errnoNumbers[got], v.num)
	case valueSymbol:
		agree = got != "" && r.errnosAgree(v.text, got)
	}
	if !agree {
		return wrong("[%s]", shown)
	}
	return ok(0)
}

// optionLevels are the levels that an option of a TCP socket can be at.
var optionLevels = []string{"SOL_SOCKET", "SOL_TCP", "IPPROTO_TCP", "SOL_IP", "IPPROTO_IP", "SOL_IPV6", "IPPROTO_IPV6"}

func (r *run) callSetsockopt(c *call, f *file) func() outcome {
	name := c.arg(2).text
	if level := c.arg(1).text; level != "" && level != "..." && !slices.Contains(optionLevels, level) {
		r.skip("setsockopt at %s", level)
	}
	if name == "SO_LINGER" {
		v := c.arg(3)
		if v.kind == valueList && len(v.list) == 1 {
			v = v.list[0]
		}
		if v.kind != valueStruct || len(v.list) != 2 {
			r.skip("linger %s", c.arg(3))
		}
		on, ok1 := r.number(v.list[0])
		seconds, ok2 := r.number(v.list[1])
		if !ok1 || !ok2 {
			r.skip("linger %s", c.arg(3))
		}
		return func() outcome {
			if f.linger = -1; on != 0 {
				f.linger = int(min(max(seconds, 0), 1<<20))
			}
			return ok(0)
		}
	}
	if name == "TCP_CONGESTION" {
		text := c.arg(3)
		if text.kind == valueList && len(text.list) == 1 {
			text = text.list[0]
		}
		if f.sock != nil {
			r.skip("TCP_CONGESTION of a connection")
		}
		return func() outcome {
			before := r.profile.cfg.Congestion
			r.congestion(text.text)
			f.cfg.Congestion, r.profile.cfg.Congestion = r.profile.cfg.Congestion, before
			return ok(0)
		}
	}
	n := r.intArg(c, 3)
	return func() outcome {
		f.options[name] = n
		r.setOption(f, name, n)
		if f.listener != nil {
			r.relisten(f, name)
		}
		return ok(0)
	}
}

// relisten opens a listener anew, so that the connections to come get the options that were set since.
func (r *run) relisten(f *file, name string) {
	for s := range r.stack.TCPSockets() {
		if s.State() == tcp.SynReceived {
			r.skip("%s of a listener with connections half open", name)
		}
	}
	if f.listener.Pending() > 0 {
		r.skip("%s of a listener with connections waiting", name)
	}
	f.listener.Close()
	if o := r.listen(f); o.errno != "" {
		r.skip("%s of a listener: %s", name, o.errno)
	}
}

// setOption does what an option of a socket means.
func (r *run) setOption(f *file, name string, n int64) {
	seconds := time.Duration(min(max(n, 0), 1<<30)) * time.Second
	late := func() { // the stack takes it only when the connection is opened
		if f.sock != nil {
			r.skip("%s of a connection", name)
		}
	}
	keepAlive := func() {
		if f.sock != nil {
			f.sock.SetKeepAlive(f.keepAlive)
		}
	}
	switch name {
	case "SO_REUSEADDR", "SO_REUSEPORT", "SO_DEBUG", "IP_MTU_DISCOVER", "IP_RECVERR", "SO_NOSIGPIPE", "IPV6_V6ONLY", "IP_RECVTOS":
	case "SO_SNDBUF":
		size := int(min(max(n, 1), maxCount))
		if r.profile.name == "linux" {
			size = min(2*size, maxCount) // it counts its own overhead
		}
		if f.sock == nil {
			f.cfg.SndBuf = size
		} else {
			f.sndLimit = size
		}
	case "SO_RCVBUF":
		late()
		f.cfg.RcvBuf = int(min(max(n, 1), maxCount))
	case "TCP_MAXSEG":
		late()
		f.cfg.MSS = int(min(max(n, 1), 65535))
	case "TCP_NODELAY":
		if f.cfg.NoDelay = n != 0; f.sock != nil {
			f.sock.SetNoDelay(n != 0)
		}
	case "TCP_CORK", "TCP_NOPUSH":
		if f.sock == nil {
			r.skip("%s of a socket that is not connected", name)
		}
		f.sock.SetCork(n != 0)
	case "SO_KEEPALIVE":
		f.keepAlive.Enabled = n != 0
		keepAlive()
	case "TCP_KEEPIDLE":
		f.keepAlive.Idle = seconds
		keepAlive()
	case "TCP_KEEPINTVL":
		f.keepAlive.Interval = seconds
		keepAlive()
	case "TCP_KEEPCNT":
		f.keepAlive.Count = int(n)
		keepAlive()
	case "TCP_KEEPINIT":
		late()
		f.cfg.SynTimeout = seconds
	case "TCP_SYNCNT":
		late()
		if n < 1 || n > 20 {
			r.skip("TCP_SYNCNT %d", n)
		}
		f.cfg.SynRetries = int(n)
	case "TCP_USER_TIMEOUT":
		d := time.Duration(min(max(n, 0), 1<<40)) * time.Millisecond
		if f.cfg.UserTimeout = d; f.sock != nil {
			f.sock.SetUserTimeout(d)
		}
	case "TCP_LINGER2":
		late()
		f.cfg.FinWait2 = seconds
	case "IP_TOS", "IPV6_TCLASS":
		if f.tos = uint8(n); f.sock != nil {
			f.sock.SetDSCP(f.tos >> 2)
		}
	case "IP_TTL", "IPV6_UNICAST_HOPS":
		if f.ttl = uint8(min(max(n, 0), 255)); f.sock != nil && f.ttl > 0 {
			f.sock.SetTTL(f.ttl)
		}
	case "TCP_FASTOPEN", "TCP_FASTOPEN_CONNECT":
		f.fastOpen = n != 0
	case "TCP_INQ":
		f.inq = n != 0
	case "TCP_QUICKACK":
		if n == 0 {
			r.skip("TCP_QUICKACK off")
		}
	default:
		r.skip("setsockopt of %s", name)
	}
}
