package packetdrill

import (
	"time"

	"smoltcp/stack/tcp"
)

// epoll is an epoll instance: what it watches, in the order in which it was told.
type epoll struct {
	watched []*epollEntry
}

// epollEntry is one descriptor of an epoll instance.
type epollEntry struct {
	fd     int64
	events int64
	once   bool // EPOLLONESHOT
	edge   bool // EPOLLET: an event is reported when it becomes true, and when more arrives

	told     int64 // events that were reported and have been true ever since
	received tcp.Seq
	off      bool // reported once
}

// callEpollCreate makes an instance; its descriptor is the script's result.
func (r *run) callEpollCreate(c *call) outcome {
	fd, known := r.number(c.result)
	if !known || fd < 0 {
		r.skip("epoll_create without a descriptor")
	}
	if r.files[fd] != nil {
		r.bad("descriptor %d is open", fd)
	}
	r.files[fd] = &file{linger: -1, epoll: new(epoll), options: make(map[string]int64)}
	return outcome{ret: fd}
}

// epollEvent reads {events=EPOLLIN|EPOLLET, fd=4}.
func (r *run) epollEvent(v value) (e epollEntry, ok bool) {
	if v.kind == valueList && len(v.list) == 1 {
		v = v.list[0]
	}
	if v.kind != valueStruct {
		return e, false
	}
	for i, field := range v.fields {
		switch field {
		case "events":
			for _, part := range parts(v.list[i]) {
				switch part.text {
				case "EPOLLET":
					e.edge = true
				case "EPOLLONESHOT":
					e.once = true
				default:
					n, known := r.number(part)
					if !known {
						return e, false
					}
					e.events |= n
				}
			}
		case "fd", "u32", "u64":
			n, known := r.number(v.list[i])
			if !known {
				return e, false
			}
			e.fd = n
		case "ptr":
		default:
			return e, false
		}
	}
	return e, true
}

// parts are the operands of |.
func parts(v value) []value {
	if v.kind == valueOr {
		return v.list
	}
	return []value{v}
}

func (r *run) callEpollCtl(c *call, f *file) func() outcome {
	if f.epoll == nil {
		return func() outcome { return failed("EINVAL") }
	}
	fd := r.intArg(c, 2)
	e, readable := r.epollEvent(c.arg(3))
	op := c.arg(1).text
	if !readable && op != "EPOLL_CTL_DEL" {
		r.skip("event %s", c.arg(3))
	}
	e.fd = fd
	return func() outcome {
		at := -1
		for i, w := range f.epoll.watched {
			if w.fd == fd {
				at = i
			}
		}
		switch {
		case r.files[fd] == nil:
			return failed("EBADF")
		case op == "EPOLL_CTL_ADD" && at >= 0:
			return failed("EEXIST")
		case op == "EPOLL_CTL_ADD":
			f.epoll.watched = append(f.epoll.watched, &e)
		case at < 0:
			return failed("ENOENT")
		case op == "EPOLL_CTL_MOD":
			f.epoll.watched[at] = &e
		case op == "EPOLL_CTL_DEL":
			f.epoll.watched = append(f.epoll.watched[:at], f.epoll.watched[at+1:]...)
		default:
			return failed("EINVAL")
		}
		return ok(0)
	}
}

// ready is what there is to be reported of an entry.
func (r *run) ready(e *epollEntry) int64 {
	if e.off || r.files[e.fd] == nil {
		return 0
	}
	bits := r.readiness(e.fd) & (e.events | constants["POLLERR"] | constants["POLLHUP"])
	if e.edge {
		if bits&^e.told == 0 {
			return 0
		}
	}
	return bits
}

// settleEpoll notes what is not true any more, and what is true anew because more arrived.
func (r *run) settleEpoll() {
	for _, f := range r.files {
		if f.epoll == nil {
			continue
		}
		for _, e := range f.epoll.watched {
			w := r.files[e.fd]
			if w == nil {
				continue
			}
			e.told &= r.readiness(e.fd)
			if w.sock != nil {
				if n := w.sock.Info().RcvNxt; n != e.received {
					e.told &^= constants["POLLIN"] | constants["POLLRDNORM"] | constants["POLLRDHUP"]
					e.received = n
				}
			}
		}
	}
}

func (r *run) callEpollWait(c *call, f *file) func() outcome {
	if f.epoll == nil {
		return func() outcome { return failed("EINVAL") }
	}
	want, readable := r.epollEvent(c.arg(1))
	most, timeout := r.intArg(c, 2), r.intArg(c, 3)
	until := tcp.Never
	if timeout >= 0 {
		until = r.now.Add(time.Duration(min(timeout, 1<<40)) * time.Millisecond)
	}
	return func() outcome {
		var first, bits int64
		n := int64(0)
		for _, e := range f.epoll.watched {
			got := r.ready(e)
			if got == 0 || n == most {
				continue
			}
			if n++; n == 1 {
				first, bits = e.fd, got
			}
			e.told |= got
			e.off = e.once
		}
		switch {
		case n == 0 && r.now < until:
			return outcome{block: true, wake: until}
		case n > 0 && readable && (want.events != bits || want.fd != first):
			return wrong("{events=%#x, fd=%d}", bits, first)
		case !readable && c.arg(1).kind != valueEllipsis:
			r.skip("event %s", c.arg(1))
		}
		return outcome{ret: n}
	}
}
