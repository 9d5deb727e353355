//go:build linux

package main

import (
	"bytes"
	"net"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"smoltcp/capture"
)

// sender offers packets to an interface at a steady rate.
type sender struct {
	t        *testing.T
	fd       int
	messages []mmsghdr // one for each frame, to be sent from any place on
}

// mmsghdr is what sendmmsg(2) takes.
type mmsghdr struct {
	unix.Msghdr
	_ uint32 // the number of bytes sent, which nobody asks for
}

// sendBatch is how many packets go with one system call.
const sendBatch = 64

// newSender makes a sender on an interface of a namespace. It sends a thousand packets of traffic that fit the MTU, round and round.
func newSender(t *testing.T, namespace, ifname string) *sender {
	t.Helper()
	s := &sender{t: t}
	err := capture.InNamespace(namespace, func() (err error) {
		ifi, err := net.InterfaceByName(ifname)
		if err != nil {
			return err
		}
		if s.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0); err != nil {
			return err
		}
		t.Cleanup(func() { unix.Close(s.fd) })
		if err := unix.Bind(s.fd, &unix.SockaddrLinklayer{Ifindex: ifi.Index}); err != nil {
			return err
		}
		return unix.SetsockoptInt(s.fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1)
	})
	if err != nil {
		t.Skipf("cannot send on %s: %v", ifname, err)
	}
	g := newTraffic(1000)
	for len(s.messages) < 1000 {
		_, frame := g.next()
		frame = bytes.Clone(frame)
		// Nobody in the namespace must answer.
		copy(frame, []byte{0x02, 0xff, 0xff, 0xff, 0xff, 0xff})
		iov := &unix.Iovec{Base: &frame[0]}
		iov.SetLen(len(frame))
		m := mmsghdr{Msghdr: unix.Msghdr{Iov: iov}}
		m.SetIovlen(1)
		s.messages = append(s.messages, m)
	}
	return s
}

// send sends count packets at rate packets per second, and tells how many went out and how long that took.
func (s *sender) send(rate, count int) (sent int, took time.Duration) {
	start := time.Now()
	for sent < count {
		due := min(count, int(time.Since(start).Seconds()*float64(rate)))
		if sent >= due {
			time.Sleep(20 * time.Microsecond)
			continue
		}
		at := sent % len(s.messages)
		n := min(sendBatch, due-sent, len(s.messages)-at)
		got, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.messages[at])), uintptr(n), 0, 0, 0)
		if errno != 0 && errno != unix.ENOBUFS && errno != unix.EINTR {
			s.t.Fatalf("sendmmsg: %v", errno)
		}
		if errno == 0 {
			sent += int(got)
		}
	}
	return sent, time.Since(start)
}
