package stack_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// board is the Ethernet port of a small machine: frames that the driver has received, and the wire that it sends to. Here the wire is
// another board.
type board struct {
	received [][]byte
	other    *board
}

func (b *board) Recv() ([]byte, error) {
	if len(b.received) == 0 {
		return nil, nil
	}
	frame := b.received[0]
	b.received = b.received[1:]
	return frame, nil
}

func (b *board) Send(pieces [][]byte) (bool, error) {
	if len(b.other.received) == 16 {
		return false, nil // the queue is full: the stack comes back with the frame
	}
	b.other.received = append(b.other.received, slices.Concat(pieces...))
	return true, nil
}

func (b *board) Ethernet() bool { return true }
func (b *board) MTU() int       { return 1500 }

// machine makes a stack that owns a board.
func machine(b *board, last byte) *stack.Stack {
	s := stack.New(stack.Config{})
	_, err := s.AddInterface(b, stack.InterfaceConfig{
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, last},
		Addrs:        []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, last}), 24)},
	})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

// Two machines without an operating system: no goroutine, no clock, no handler. Each has one loop, which polls its stack, looks at its sockets, and
// then could sleep until [stack.Stack.NextPoll] or the next frame. Time is what a timer of the board would say.
func Example_poll() {
	one, two := &board{}, &board{}
	one.other, two.other = two, one
	server, client := machine(one, 1), machine(two, 2)

	// The server gives back over TCP what it gets, and counts over UDP the bytes of a datagram.
	listener, err := server.ListenTCP(netip.MustParseAddrPort("0.0.0.0:7"), stack.TCPOptions{Config: &tcp.Config{RcvBuf: 64, SndBuf: 64}})
	if err != nil {
		log.Fatal(err)
	}
	counter, err := server.ListenUDP(netip.MustParseAddrPort("0.0.0.0:9"), stack.UDPOptions{})
	if err != nil {
		log.Fatal(err)
	}
	var conn *stack.TCPSocket
	serve := func() {
		if conn == nil {
			conn, _ = listener.Accept() // stack.ErrWouldBlock while nobody comes
		} else if text, _ := conn.Peek(); len(text) > 0 {
			n, _ := conn.Write(text) // as much as there is room for
			conn.Discard(n)
		} else if conn.EOF() {
			conn.Close()
			conn = nil
		}
		var buf [1500]byte
		if n, m, err := counter.Recv(buf[:]); err == nil {
			_ = counter.Send(fmt.Appendf(nil, "%d bytes", n), m)
		}
	}

	// The client talks to both.
	echo, err := client.DialTCP(netip.MustParseAddrPort("10.0.0.1:7"), stack.TCPOptions{})
	if err != nil {
		log.Fatal(err)
	}
	count, err := client.DialUDP(netip.MustParseAddrPort("10.0.0.1:9"), stack.UDPOptions{})
	if err != nil {
		log.Fatal(err)
	}
	if err := count.Write(make([]byte, 1000)); err != nil {
		log.Fatal(err)
	}
	asked, done := false, false
	ask := func() {
		if !asked && echo.State() == tcp.Established {
			asked = true
			_, _ = echo.Write([]byte("is anybody there?"))
			_ = echo.CloseWrite()
		}
		var buf [100]byte
		switch n, err := echo.Read(buf[:]); {
		case err == nil:
			fmt.Printf("tcp: %s\n", buf[:n])
		case errors.Is(err, io.EOF):
			fmt.Println("tcp: end")
			echo.Close()
			done = true
		}
		if n, _, err := count.Recv(buf[:]); err == nil {
			fmt.Printf("udp: %s\n", buf[:n])
		}
	}

	for now := stack.Time(0).Add(time.Millisecond); !done; now = now.Add(time.Millisecond) {
		server.Poll(now)
		serve()
		client.Poll(now)
		ask()
	}
	// Output:
	// udp: 1000 bytes
	// tcp: is anybody there?
	// tcp: end
}
