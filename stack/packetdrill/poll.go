package packetdrill

import (
	"errors"
	"time"

	"smoltcp/stack/tcp"
)

// callPoll is poll(2) of sockets.
func (r *run) callPoll(c *call) func() outcome {
	list := c.arg(0)
	if list.kind != valueList {
		r.skip("argument 1 of %s", callText(c))
	}
	timeout := r.intArg(c, 2)
	type entry struct {
		fd, events, revents int64
		check               bool
	}
	var entries []entry
	for _, v := range list.list {
		e := entry{fd: -1}
		if v.kind != valueStruct {
			r.skip("pollfd %s", v)
		}
		for i, field := range v.fields {
			n, known := r.number(v.list[i])
			if !known && v.list[i].kind != valueEllipsis {
				r.skip("pollfd %s", v)
			}
			switch field {
			case "fd":
				e.fd = n
			case "events":
				e.events = n
			case "revents":
				e.revents, e.check = n, known
			default:
				r.skip("pollfd %s", v)
			}
		}
		entries = append(entries, e)
	}
	until := tcp.Never
	if timeout >= 0 {
		until = r.now.Add(time.Duration(timeout) * time.Millisecond)
	}
	return func() outcome {
		ready := 0
		bits := make([]int64, len(entries))
		for i, e := range entries {
			if bits[i] = r.readiness(e.fd) & (e.events | constants["POLLERR"] | constants["POLLHUP"] | constants["POLLNVAL"]); bits[i] != 0 {
				ready++
			}
		}
		if ready == 0 && r.now < until {
			return outcome{block: true, wake: until}
		}
		for i, e := range entries {
			if e.check && e.revents != bits[i] {
				return wrong("revents %#x", bits[i])
			}
		}
		return ok(ready)
	}
}

// readiness is what poll reports of a descriptor.
func (r *run) readiness(fd int64) (bits int64) {
	f := r.files[fd]
	in, out := constants["POLLIN"]|constants["POLLRDNORM"], constants["POLLOUT"]|constants["POLLWRNORM"]
	switch {
	case f == nil:
		return constants["POLLNVAL"]
	case f.listener != nil:
		if f.listener.Pending() > 0 {
			bits |= in
		}
		return bits
	case f.udp != nil:
		if f.udp.Readable() {
			bits |= in
		}
		return bits | out
	case f.sock == nil:
		return out | constants["POLLHUP"]
	}
	s := f.sock
	over := s.State() == tcp.Closed
	if err := s.Err(); err != nil && !errors.Is(err, tcp.ErrClosed) && !f.errTaken {
		bits |= constants["POLLERR"]
	}
	ended := s.EOF() || over || f.shutRead
	if s.Readable() > 0 || ended {
		bits |= in
	}
	switch s.State() {
	case tcp.CloseWait, tcp.Closing, tcp.LastAck, tcp.TimeWait, tcp.Closed: // the peer has finished, whatever is left to be read
		bits |= constants["POLLRDHUP"]
	default:
		if ended {
			bits |= constants["POLLRDHUP"]
		}
	}
	if over || ended && f.shutWrite {
		bits |= constants["POLLHUP"]
	}
	switch st := s.State(); {
	case st == tcp.SynSent || st == tcp.SynReceived:
	case over || f.shutWrite:
		bits |= out
	default:
		size := f.sndLimit
		info := s.Info()
		used := info.Unacked + info.Unsent
		if size == 0 {
			size = used + s.Writable()
		}
		if size-used >= (size+2)/3 {
			bits |= out
		}
	}
	return bits
}
