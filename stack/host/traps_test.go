package host_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"smoltcp/stack"
)

// Traps that no other test stands for; ../testdata/traps.txt lists them all.

// trap time.1: the stack's clock counts from the host's start, so that it cannot be the wall clock, which steps.
func TestClockOfTheHost(t *testing.T) {
	a, _ := newPair(t)
	var times [3]stack.Time
	for i := range times {
		a.Do(func(s *stack.Stack) { times[i] = s.Now() })
	}
	if times[0] <= 0 || times[0] > stack.Time(time.Minute) || times[1] < times[0] || times[2] < times[1] {
		t.Errorf("the stack's time is %v", times)
	}
}

// trap sockets.3: what closes a socket, or takes its address away, wakes every call that it blocks, each with an error.
// Interfaces are never removed, so that sockets.5, a binding that passes to a new interface, cannot come about.
func TestBlockedCallsEnd(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(a, b net.Conn, l net.Listener, take func())
		conn error // of the connection's blocked calls
		list error // of the listener's
	}{
		{"close", func(a, _ net.Conn, l net.Listener, _ func()) { a.Close(); l.Close() }, net.ErrClosed, net.ErrClosed},
		{"address removed", func(_, _ net.Conn, l net.Listener, take func()) { take(); l.Close() }, syscall.EADDRNOTAVAIL, net.ErrClosed},
		{"reset", func(_, b net.Conn, l net.Listener, _ func()) { b.(interface{ Abort() error }).Abort(); l.Close() }, syscall.ECONNRESET, net.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newPair(t)
			client, server := connect(t, a, b)
			l, err := a.Listen("tcp", ":99")
			if err != nil {
				t.Fatal(err)
			}
			full := make(chan struct{}, 1)
			ended := make(chan error, 4)
			go func() {
				_, err := client.Read(make([]byte, 1))
				ended <- err
			}()
			go func() {
				chunk := make([]byte, 64<<10)
				client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)) // by then buffers are full, or nearly so
				for {
					_, err := client.Write(chunk)
					switch {
					case errors.Is(err, os.ErrDeadlineExceeded):
						client.SetWriteDeadline(time.Time{})
						full <- struct{}{}
					case err != nil:
						ended <- err
						return
					}
				}
			}()
			accepted := make(chan error, 1)
			go func() {
				_, err := l.Accept()
				accepted <- err
			}()
			<-full
			c.end(client, server, l, func() {
				a.Do(func(*stack.Stack) { a.Interface().RemoveAddr(netip.MustParseAddr(addrA)) })
			})
			for range 2 {
				select {
				case err := <-ended:
					if !errors.Is(err, c.conn) {
						t.Errorf("a call ended with %v, want %v", err, c.conn)
					}
				case <-time.After(10 * time.Second):
					t.Fatal("a call still blocks")
				}
			}
			if err := <-accepted; !errors.Is(err, c.list) {
				t.Errorf("Accept ended with %v", err)
			}
			if c.name == "address removed" {
				if _, err := a.Dial(context.Background(), "tcp", addrB+":9"); err == nil {
					t.Error("a connection from an address that is gone")
				}
			}
		})
	}
}
