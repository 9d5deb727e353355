package packetdrill

import (
	"errors"
	"net/netip"
	"slices"

	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

func (r *run) callRead(c *call, f *file) func() outcome {
	return r.reader(c, f, r.count(c, 2))
}

// vector adds up the lengths in an array of iovec, also inside of a msghdr.
func (r *run) vector(v value) int {
	if v.kind == valueStruct {
		for i, name := range v.fields {
			if name == "msg_iov" {
				return r.vector(v.list[i])
			}
		}
	}
	if v.kind != valueList {
		r.skip("vector %s", v)
	}
	sum := 0
	for _, e := range v.list {
		if e.kind != valueStruct || len(e.list) < 2 {
			r.skip("vector %s", v)
		}
		n, known := r.number(e.list[1])
		if !known || n < 0 || n > maxCount {
			r.skip("vector %s", v)
		}
		sum += int(n)
	}
	return sum
}

func (r *run) callReadVector(c *call, f *file) func() outcome {
	read := r.reader(c, f, r.vector(c.arg(1)))
	left, check := r.inqWanted(c, f)
	return func() outcome {
		o := read()
		if check && o.errno == "" && !o.block {
			n := int64(f.sock.Readable())
			if n == 0 && f.sock.EOF() {
				n = 1 // the end of the stream counts as a byte
			}
			if n != left {
				return wrong("cmsg_data=%d", n)
			}
		}
		return o
	}
}

// inqWanted is what the script wants to hear in a control message about what is left to be read. There are no
// control messages of other kinds here.
func (r *run) inqWanted(c *call, f *file) (left int64, check bool) {
	header := c.arg(1)
	if header.kind != valueStruct {
		return 0, false
	}
	for i, name := range header.fields {
		control := header.list[i]
		if name != "msg_control" || control.kind == valueEllipsis || len(control.list) == 0 {
			continue
		}
		m := control.list[0]
		for j, field := range m.fields {
			n, known := r.number(m.list[j])
			switch {
			case field == "cmsg_data" && known:
				left = n
			case field == "cmsg_type" && m.list[j].text == "TCP_CM_INQ" && f.inq && len(control.list) == 1:
				check = true
			}
		}
		if !check {
			r.skip("control messages")
		}
	}
	return left, check
}

func (r *run) reader(c *call, f *file, want int) func() outcome {
	flags := r.messageFlags(c)
	peek, all := slices.Contains(flags, "MSG_PEEK"), slices.Contains(flags, "MSG_WAITALL")
	if !f.tcp {
		return func() outcome { return f.recvDatagram(want, peek) }
	}
	got := 0
	return func() outcome {
		s := f.sock
		if s == nil {
			return failed("ENOTCONN")
		}
		if want == 0 {
			return ok(0)
		}
		if n := min(s.Readable(), want-got); n > 0 {
			a, b := s.Peek()
			for _, piece := range [][]byte{a, b} {
				piece = piece[:min(len(piece), n)]
				if slices.ContainsFunc(piece, func(b byte) bool { return b != 0 }) {
					return wrong("bytes that the peer did not send")
				}
			}
			if !peek {
				s.Discard(n)
			}
			got += n
			if got == want || !all || peek {
				return ok(got)
			}
		}
		switch {
		case got > 0 && (s.EOF() || s.State() == tcp.Closed):
			return ok(got)
		case s.EOF() || f.shutRead:
			return ok(0)
		}
		if errno := f.takeErr(); errno != "" {
			return failed(errno)
		}
		if s.State() == tcp.Closed {
			return ok(0)
		}
		return wait()
	}
}

func (f *file) recvDatagram(want int, peek bool) outcome {
	if f.udp == nil {
		return wait()
	}
	b, _, err := f.udp.Peek()
	if err != nil && !errors.Is(err, stack.ErrWouldBlock) {
		_, _, _ = f.udp.Recv(nil) // takes the error
		return failed(errnoOf(err))
	}
	if err != nil {
		return wait()
	}
	n := min(len(b), want)
	if !peek {
		_, _, _ = f.udp.Recv(make([]byte, n))
	}
	return ok(n)
}

func (r *run) callWrite(c *call, f *file) func() outcome {
	n := r.count(c, 2)
	if !f.tcp {
		return func() outcome { return r.sendDatagram(c, f, n) }
	}
	return r.streamWriter(c, f, n)
}

// streamWriter writes to a connection, or with Fast Open to one that is only being opened.
func (r *run) streamWriter(c *call, f *file, n int) func() outcome {
	asked := slices.Contains(r.messageFlags(c), "MSG_FASTOPEN")
	switch {
	case asked && c.arg(4).text == "AF_UNSPEC":
		return func() outcome { return failed("EOPNOTSUPP") }
	case f.sock == nil && f.listener == nil && f.fastOpen && r.profile.name == "freebsd":
		return r.impliedConnect(c, f, n)
	case f.sock == nil && (f.deferred.IsValid() || asked):
		return r.fastOpenWriter(c, f, n)
	case asked && f.sock != nil && f.sock.State() == tcp.SynSent:
		return func() outcome { return failed("EALREADY") }
	}
	return r.writer(c, f, n)
}

func (r *run) callWriteVector(c *call, f *file) func() outcome {
	n := r.vector(c.arg(1))
	if !f.tcp {
		return func() outcome { return r.sendDatagram(c, f, n) }
	}
	return r.streamWriter(c, f, n)
}

func (r *run) sendDatagram(c *call, f *file, n int) outcome {
	if f.udp == nil {
		if o := r.connectUDP(f, netip.AddrPortFrom(r.remote, servicePort)); o.errno != "" {
			return o
		}
	}
	to := f.udp.RemoteAddr()
	if c.name == "sendto" && c.arg(4).kind != valueEllipsis || !to.IsValid() {
		to = r.sockaddr(c.arg(4), netip.AddrPortFrom(r.remote, servicePort))
	}
	if err := f.udp.SendTo(make([]byte, min(n, 1<<16)), to); err != nil {
		if errors.Is(err, stack.ErrWouldBlock) {
			return wait()
		}
		return failed(errnoOf(err))
	}
	return ok(n)
}

var zeros [64 << 10]byte

func (r *run) writer(c *call, f *file, want int) func() outcome {
	var how tcp.WriteFlags
	for _, name := range r.messageFlags(c) {
		switch name {
		case "MSG_MORE":
			how |= tcp.More
		case "MSG_OOB":
			how |= tcp.Urgent
		}
	}
	done := 0
	return func() outcome {
		s := f.sock
		if s == nil {
			return failed("EPIPE")
		}
		if errno := f.takeErr(); errno != "" && done == 0 {
			return failed(errno)
		}
		if f.shutWrite || s.State() == tcp.Closed || s.Err() != nil {
			if done > 0 {
				return ok(done)
			}
			return failed("EPIPE")
		}
		if st := s.State(); st == tcp.SynSent || st == tcp.SynReceived && !f.connected {
			return wait()
		}
		for done < want {
			room := want - done
			if f.sndLimit > 0 {
				info := s.Info()
				room = min(room, f.sndLimit-info.Unacked-info.Unsent)
			}
			n := 0
			if room > 0 {
				n, _ = s.WriteWith(zeros[:min(room, len(zeros))], how)
			}
			if n == 0 {
				break
			}
			done += n
		}
		switch {
		case done == want || done > 0 && f.nonblock:
			return ok(done)
		}
		return wait()
	}
}
