package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// The services of serve run inside the host's poll loop: each connection is a small object whose step is called when
// something happened to it, and which does all that can be done at that moment. None of them blocks, and
// none keeps more than the stack's own buffers.

// service is what one TCP port does.
type service struct {
	port uint16
	name string
	help string

	// small services use --buffer, the others --service-buffer.
	small bool
	tune  func(c *tcp.Config)

	// serve makes the step function of a new connection. It is called again and again until it returns true:
	// nothing is left to be done, and the connection has been closed.
	serve func(c *stack.TCPSocket) func() (done bool)
}

// tcpServices lists the services. 6969 and UDP 6969 are those of the first smoltcp's server, 6970 to 6972 those of the later one's.
var tcpServices = []service{
	{port: 7, name: "echo", help: "gives back what it gets (RFC 862)", serve: serveEcho},
	{port: 9, name: "discard", help: "takes what it gets (RFC 863)", serve: serveDiscard},
	{port: 19, name: "chargen", help: "lines of printable characters without end (RFC 864)", serve: servePattern(chargen)},
	{port: 6969, name: "reverse", help: "gives back each chunk it gets reversed, as a line", small: true, serve: serveReverse},
	{port: 6970, name: "reverse", help: "the same", small: true, serve: serveReverse},
	{port: 6971, name: "sink", help: "takes what it gets, and notices a peer that is gone within two seconds", serve: serveDiscard, tune: func(c *tcp.Config) {
		// Four probes in the second that is left, so that one lost does no harm.
		c.KeepAlive = tcp.KeepAlive{Enabled: true, Idle: time.Second, Interval: 250 * time.Millisecond, Count: 4}
		c.UserTimeout = 2 * time.Second
	}},
	{port: 6972, name: "fountain", help: "octets 0 to 255 over and over", serve: servePattern(fountain)},
}

// udpServices answer datagrams: reply gives the answer to one, nil for none.
var udpServices = []struct {
	port  uint16
	name  string
	help  string
	reply func(request []byte, n uint64) []byte
}{
	{7, "echo", "gives the datagram back", func(request []byte, _ uint64) []byte { return request }},
	{9, "discard", "takes it", func([]byte, uint64) []byte { return nil }},
	{19, "chargen", "gives up to 512 characters for it", func(_ []byte, n uint64) []byte {
		return chargen[n%95*chargenLine:][:n*37%513]
	}},
	{6969, "yo dawg", "says yo dawg", func([]byte, uint64) []byte { return yoDawg }},
}

var yoDawg = []byte("yo dawg\n")

// serviceHelp is the table of services in the help text.
var serviceHelp = func() string {
	var b strings.Builder
	for _, s := range tcpServices {
		fmt.Fprintf(&b, "tcp %-5d %-9s %s\n", s.port, s.name, s.help)
	}
	for _, s := range udpServices {
		fmt.Fprintf(&b, "udp %-5d %-9s %s\n", s.port, s.name, s.help)
	}
	return strings.TrimSuffix(b.String(), "\n")
}()

// servicePorts lists the ports for people.
func servicePorts() string {
	s := "tcp"
	for _, v := range tcpServices {
		s += fmt.Sprint(" ", v.port)
	}
	s += ", udp"
	for _, v := range udpServices {
		s += fmt.Sprint(" ", v.port)
	}
	return s
}

// startServices opens the sockets of all services, with connections as base says, buffers apart.
func startServices(s *stack.Stack, base tcp.Config, buffer, serviceBuffer int, log *slog.Logger) error {
	for i := range tcpServices {
		if err := tcpServices[i].listen(s, base, buffer, serviceBuffer, log); err != nil {
			return err
		}
	}
	for i := range udpServices {
		u, err := s.ListenUDP(netip.AddrPortFrom(netip.IPv6Unspecified(), udpServices[i].port), stack.UDPOptions{})
		if err != nil {
			return fmt.Errorf("udp port %d: %w", udpServices[i].port, err)
		}
		answerUDP(u, udpServices[i].port, udpServices[i].reply, log)
	}
	return nil
}

func (v *service) listen(s *stack.Stack, base tcp.Config, buffer, serviceBuffer int, log *slog.Logger) error {
	cfg := base
	cfg.RcvBuf, cfg.SndBuf = serviceBuffer, serviceBuffer
	if v.small {
		// An answer is one byte longer than what it answers, so that a full receive buffer needs more than its own size.
		cfg.RcvBuf, cfg.SndBuf = buffer, 2*buffer
	}
	if v.tune != nil {
		v.tune(&cfg)
	}
	l, err := s.ListenTCP(netip.AddrPortFrom(netip.IPv6Unspecified(), v.port), stack.TCPOptions{Config: &cfg, Backlog: 1024})
	if err != nil {
		return fmt.Errorf("tcp port %d: %w", v.port, err)
	}
	l.SetHandler(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			v.start(c, log)
		}
	})
	return nil
}

// start runs the service on a new connection.
func (v *service) start(c *stack.TCPSocket, log *slog.Logger) {
	log = log.With("service", fmt.Sprintf("tcp:%d", v.port), "peer", c.RemoteAddr())
	log.Debug("connected", "congestion", c.Info().Congestion)
	step := v.serve(c)
	c.SetHandler(func() {
		if step() {
			log.Debug("disconnected", "err", c.Err())
		}
	})
}

// failed closes a connection that gave err, which is not ErrWouldBlock.
func failed(c *stack.TCPSocket, err error) bool {
	if err == nil || errors.Is(err, stack.ErrWouldBlock) {
		return false
	}
	c.Close()
	return true
}

// over reports whether the peer has finished, or the connection has ended in another way, and closes it then. What was
// written is still delivered.
func over(c *stack.TCPSocket) bool {
	if c.EOF() || c.State() == tcp.Closed {
		c.Close()
		return true
	}
	return false
}

func serveEcho(c *stack.TCPSocket) func() bool {
	return func() bool {
		for {
			a, _ := c.Peek()
			if len(a) == 0 {
				return over(c)
			}
			n, err := c.Write(a)
			if n == 0 {
				return failed(c, err)
			}
			c.Discard(n)
		}
	}
}

func serveDiscard(c *stack.TCPSocket) func() bool {
	return func() bool {
		for {
			a, b := c.Peek()
			if len(a) == 0 {
				return over(c)
			}
			c.Discard(len(a) + len(b))
		}
	}
}

// serveReverse answers every chunk with its bytes in reverse, newlines left out, and a newline. It takes no more of what was
// received than there is room for an answer to, so that nothing is ever lost, and a peer that does not
// read its answers is held up by the window that it fills.
func serveReverse(c *stack.TCPSocket) func() bool {
	var line []byte
	return func() bool {
		for {
			a, b := c.Peek()
			n := len(a) + len(b)
			if n == 0 {
				return over(c)
			}
			if n = min(n, c.Writable()-1); n <= 0 {
				return c.State() == tcp.Closed && over(c)
			}
			line = append(line[:0], a[:min(n, len(a))]...)
			line = append(line, b[:n-len(line)]...)
			line = slices.DeleteFunc(line, func(ch byte) bool { return ch == '\n' })
			slices.Reverse(line)
			line = append(line, '\n')
			if _, err := c.Write(line); err != nil {
				return failed(c, err)
			}
			c.Discard(n)
		}
	}
}

// servePattern sends a pattern over and over, for as long as the peer takes it, and discards what the peer sends. A peer
// that has finished sending may go on reading.
func servePattern(pattern []byte) func(c *stack.TCPSocket) func() bool {
	return func(c *stack.TCPSocket) func() bool {
		at := 0
		return func() bool {
			for a, b := c.Peek(); len(a) > 0; a, b = c.Peek() {
				c.Discard(len(a) + len(b))
			}
			for {
				n, err := c.Write(pattern[at:])
				if n == 0 {
					return failed(c, err)
				}
				at = (at + n) % len(pattern)
			}
		}
	}
}

// chargenLine is the length of a line of chargen: 72 characters, CR and LF.
const chargenLine = 74

// chargen is RFC 864's pattern up to where it starts again: each line is the ring of the 95 printable characters,
// begun one further than the line before. It is there twice, so that a slice can start anywhere in the first.
var chargen = func() []byte {
	var b []byte
	for line := range 2 * 95 {
		for col := range 72 {
			b = append(b, ' '+byte((line+col)%95))
		}
		b = append(b, '\r', '\n')
	}
	return b
}()

var fountain = func() []byte {
	b := make([]byte, 256*64)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}()

// answerUDP answers the datagrams of u. Two kinds get no answer: those from a port that may answer in its turn whatever it gets,
// since the two would go on for ever, and those sent to a broadcast address, since one forged datagram would make
// every host of a network answer a victim.
func answerUDP(u *stack.UDPSocket, port uint16, reply func([]byte, uint64) []byte, log *slog.Logger) {
	log = log.With("service", fmt.Sprintf("udp:%d", port))
	verbose := log.Enabled(context.Background(), slog.LevelDebug)
	var n uint64
	u.SetHandler(func() {
		for {
			b, m, err := u.Peek()
			if errors.Is(err, stack.ErrWouldBlock) || errors.Is(err, stack.ErrClosed) {
				return
			}
			if err == nil {
				n++
				if verbose {
					log.Debug("datagram", "peer", m.Remote, "len", len(b))
				}
				if answer := reply(b, n); answer != nil && answerable(&m, b) {
					m.TTL = 0 // ours, not what was left of the peer's
					if err := u.Send(answer, m); err != nil && verbose {
						log.Debug("no answer", "peer", m.Remote, "err", err)
					}
				}
			}
			u.Recv(nil)
		}
	})
}

// answerable reports whether a datagram may be answered.
func answerable(m *stack.UDPMessage, b []byte) bool {
	switch m.Remote.Port() {
	case 0, 7, 13, 17, 19, 37: // echo, daytime, quote of the day, chargen, time
		return false
	case 6969: // it may be another host like this
		return !m.Broadcast && !bytes.Equal(b, yoDawg)
	}
	return !m.Broadcast
}
