package host_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"smoltcp/stack/host"
	"smoltcp/stack/tcp"
)

// The text of a dial goes with the SYN once the server has given its cookie (RFC 7413 section 4.2), and arrives once either way,
// also when it is more than a SYN or the send buffer takes.
func TestFastOpen(t *testing.T) {
	a, b := newPair(t)
	lc := host.ListenConfig{Host: b, FastOpen: true, Config: &tcp.Config{Congestion: tcp.NewReno}, Backlog: 3}
	l, err := lc.Listen("tcp", addrB+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := host.Dialer{Host: a, FastOpen: true, Config: &tcp.Config{SndBuf: 4096}, LocalAddr: netip.MustParseAddrPort(addrA + ":0")}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, c := range []struct {
		size int
		syn  bool // text went with the SYN
	}{{100, false}, {100, true}, {1 << 20, true}, {0, false}} {
		data := bytes.Repeat([]byte("0123456789abcdef"), c.size/16+1)[:c.size]
		got := make(chan []byte, 1)
		go func() {
			defer close(got)
			server, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer server.Close()
			text, err := io.ReadAll(server)
			if err != nil {
				t.Error(err)
			}
			if i := server.(*host.TCPConn).Info(); i.SynText != c.syn || i.Congestion != tcp.NewReno {
				t.Errorf("%d bytes: server has text of the SYN: %t, %v", c.size, i.SynText, i.Congestion)
			}
			got <- text
		}()
		client, err := d.DialWith(ctx, "tcp", l.Addr().String(), data)
		if err != nil {
			t.Fatal(err)
		}
		if i := client.(*host.TCPConn).Info(); i.SynText != c.syn {
			t.Errorf("%d bytes: client has text of the SYN: %t", c.size, i.SynText)
		}
		if err := client.(*host.TCPConn).CloseWrite(); err != nil {
			t.Error(err)
		}
		if text := <-got; !bytes.Equal(text, data) {
			t.Errorf("%d bytes arrived of %d, or others", len(text), len(data))
		}
		client.Close()
	}
}

func TestDialerFails(t *testing.T) {
	a, _ := newPair(t)
	d := host.Dialer{Host: a, FastOpen: true}
	if _, err := d.DialWith(context.Background(), "tcp", addrB+":1", []byte("x")); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	if _, err := d.DialWith(context.Background(), "udp", addrB+":1", []byte("x")); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Errorf("text for UDP: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.DialWith(ctx, "tcp", addrB+":1", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// A dial whose text nobody reads ends with its context.
func TestDialWithDeadline(t *testing.T) {
	a, b := newPair(t)
	l, err := b.Listen("tcp", addrB+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	d := host.Dialer{Host: a}
	_, err = d.DialWith(ctx, "tcp", l.Addr().String(), make([]byte, 1<<20))
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("%v, want a timeout", err)
	}
}
