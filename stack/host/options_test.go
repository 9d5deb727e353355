package host_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"smoltcp/stack/host"
	"smoltcp/stack/tcp"
)

// What a program may set on a connection, as on a net.TCPConn.
func TestConnOptions(t *testing.T) {
	a, b := newPair(t)
	client, server := connect(t, a, b)
	c, s := client.(*host.TCPConn), server.(*host.TCPConn)
	for name, err := range map[string]error{
		"keep-alive": c.SetKeepAlive(true), "period": c.SetKeepAlivePeriod(time.Minute), "no delay": c.SetNoDelay(false),
		"config":       c.SetKeepAliveConfig(tcp.KeepAlive{Enabled: true, Idle: time.Second, Interval: time.Second, Count: 3}),
		"user timeout": c.SetUserTimeout(time.Minute), "cork": c.SetCork(true), "linger": c.SetLinger(3),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.SetCork(false); err != nil {
		t.Error(err)
	}
	// Urgent data comes in line, and its end is known.
	if n, err := c.WriteWith([]byte("plain"), tcp.More); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := c.WriteWith([]byte("urgent"), tcp.Urgent); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	buf := make([]byte, 11)
	if _, err := io.ReadFull(s, buf[:5]); err != nil || string(buf[:5]) != "plain" {
		t.Fatal(string(buf), err)
	}
	if n := s.Urgent(); n != 6 {
		t.Errorf("%d urgent bytes to come", n)
	}
	if _, err := io.ReadFull(s, buf[:6]); err != nil || string(buf[:6]) != "urgent" || s.Urgent() != 0 {
		t.Fatal(string(buf), err, s.Urgent())
	}
	// A linger time of zero: the peer is reset.
	if err := c.SetLinger(0); err != nil {
		t.Error(err)
	}
	if _, err := c.Write([]byte("lost, perhaps")); err != nil {
		t.Error(err)
	}
	c.Close()
	_ = s.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, s); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a close with a linger time of zero: %v", err)
	}
	for name, err := range map[string]error{
		"keep-alive": c.SetKeepAlive(true), "no delay": c.SetNoDelay(true), "linger": c.SetLinger(-1), "cork": c.SetCork(true),
		"user timeout": c.SetUserTimeout(0),
	} {
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}
