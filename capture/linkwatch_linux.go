package capture

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// linkWatch follows whether an interface is up, by what the kernel tells of it. It reads when the poller finds something to read, so that a
// device with nothing but frames to carry pays nothing for it.
type linkWatch struct {
	fd    int // a netlink socket; -1 if there is none, and then the link counts as up
	index int32
	state atomic.Uint64 // how often it changed, and in the lowest bit whether it is up
	buf   [8192]byte

	carrier uint32 // how often the interface got or lost its carrier
}

// init starts the watch. Without netlink there is none, which is no error: everything else works.
func (w *linkWatch) init(name string) {
	w.fd = -1
	w.state.Store(1)
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return
	}
	ifi, err := interfaceByName(name)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK})
	}
	if err != nil {
		unix.Close(fd)
		return
	}
	w.fd, w.index = fd, int32(ifi.Index)
	w.start()
}

// start forgets what has been until now, and asks for the present state.
func (w *linkWatch) start() {
	if w.fd < 0 {
		return
	}
	for w.receive() != 0 {
	}
	w.ask()
	w.read()
	w.state.Store(w.state.Load() & 1)
}

// ask has the kernel tell the present state. Its answer is there to be read at once.
func (w *linkWatch) ask() {
	var request struct {
		unix.NlMsghdr
		unix.IfInfomsg
	}
	request.NlMsghdr = unix.NlMsghdr{Len: uint32(unsafe.Sizeof(request)), Type: unix.RTM_GETLINK, Flags: unix.NLM_F_REQUEST}
	request.IfInfomsg.Index = w.index
	_, _ = unix.Write(w.fd, unsafe.Slice((*byte)(unsafe.Pointer(&request)), unsafe.Sizeof(request)))
}

// isUp: switched on, and something is connected.
func isUp(flags uint32) bool { return flags&unix.IFF_UP != 0 && flags&unix.IFF_RUNNING != 0 }

// read takes what the kernel has told since.
func (w *linkWatch) read() {
	for {
		switch n := w.receive(); {
		case n > 0:
			w.messages(w.buf[:n])
		case n == 0:
			return
		default:
			w.set(!w.up()) // some of it was lost: as good as a moment of absence
			w.set(!w.up())
			w.ask()
		}
	}
}

// receive reads messages: so many bytes, 0 if there are none, -1 if some were lost.
func (w *linkWatch) receive() int {
	for {
		n, err := unix.Read(w.fd, w.buf[:])
		switch err {
		case nil:
			return n
		case unix.EINTR:
		case unix.ENOBUFS:
			return -1
		default:
			return 0
		}
	}
}

// messages walks netlink messages in the machine's byte order: struct nlmsghdr and, in those about links, struct ifinfomsg.
func (w *linkWatch) messages(b []byte) {
	for len(b) >= unix.SizeofNlMsghdr {
		h := *(*unix.NlMsghdr)(unsafe.Pointer(&b[0]))
		n := int(h.Len)
		if n < unix.SizeofNlMsghdr || n > len(b) {
			return
		}
		if body := b[unix.SizeofNlMsghdr:n]; h.Type == unix.RTM_NEWLINK && len(body) >= unix.SizeofIfInfomsg {
			if info := *(*unix.IfInfomsg)(unsafe.Pointer(&body[0])); info.Index == w.index {
				w.tell(isUp(info.Flags), carrierChanges(body[unix.SizeofIfInfomsg:]))
			}
		}
		b = b[min((n+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1), len(b)):]
	}
}

// carrierChanges finds among the attributes how often the interface got or lost its carrier: the kernel tells of several changes in short
// time by one message. Zero if it does not say.
func carrierChanges(b []byte) uint32 {
	for len(b) >= unix.SizeofRtAttr {
		a := *(*unix.RtAttr)(unsafe.Pointer(&b[0]))
		n := int(a.Len)
		if n < unix.SizeofRtAttr || n > len(b) {
			break
		}
		if a.Type == unix.IFLA_CARRIER_CHANGES && n >= unix.SizeofRtAttr+4 {
			return *(*uint32)(unsafe.Pointer(&b[unix.SizeofRtAttr]))
		}
		b = b[min((n+unix.RTA_ALIGNTO-1)&^(unix.RTA_ALIGNTO-1), len(b)):]
	}
	return 0
}

// tell takes note of what a message says.
func (w *linkWatch) tell(up bool, carrier uint32) {
	if up && w.up() && carrier != w.carrier && w.carrier != 0 {
		w.set(false) // it was away in between
	}
	w.carrier = carrier
	w.set(up)
}

func (w *linkWatch) up() bool { return w.state.Load()&1 != 0 }

// set takes note of a state.
func (w *linkWatch) set(up bool) {
	if s := w.state.Load(); up != (s&1 != 0) {
		w.state.Store((s + 2) ^ 1)
	}
}

// Link reports whether the link is up, and how often that has changed.
func (w *linkWatch) Link() (up bool, changes uint64) {
	s := w.state.Load()
	return s&1 != 0, s >> 1
}

func (w *linkWatch) close() {
	if w.fd >= 0 {
		_ = unix.Close(w.fd)
		w.fd = -1
	}
}
