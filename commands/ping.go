package commands

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/dissect"
	"smoltcp/stack"
)

// ping is iputils' ping over the stack's own sockets: the same flags, the same lines, the same exit codes.

// pingOptions is what a ping command line asks for.
type pingOptions struct {
	host     clientOptions
	name     string // the destination as it was given
	version  int    // 4, 6, or 0 for either
	count    int    // 0: until interrupted
	interval time.Duration
	size     int // bytes of data
	ttl      int // 0: the stack's default
	linger   time.Duration
	deadline time.Duration // 0: none
	quiet    bool
	dont     bool // fragment
	allowAll bool // -b
}

// The exit codes of ping: nobody answered, or anything else went wrong.
const (
	pingSilence = 1
	pingFailure = 2
)

func pingCommand(env Env) *cli.Command {
	return &cli.Command{
		Name:      "ping",
		Usage:     "ask a host for an echo, as a host on an interface",
		ArgsUsage: "host",
		Description: "Sends ICMP echo requests from a host of its own on the interface of --via, not from the kernel's. What it prints, and its exit\n" +
			"codes, are those of the ping of iputils: 0 if somebody answered, 1 if nobody did (or, with -w and -c, too few), 2 for everything\n" +
			"else. Names are looked up by that host, at the name servers of --server or --dhcp, or on the link if they end in .local, not by the\n" +
			"machine. Ctrl-C prints the statistics.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "4", Usage: "use IPv4"},
			&cli.BoolFlag{Name: "6", Usage: "use IPv6"},
			&cli.BoolFlag{Name: "b", Usage: "allow the destination to be a broadcast address"},
			&cli.IntFlag{Name: "c", Usage: "stop after `COUNT` requests; with -w, after that many replies"},
			&cli.Float64Flag{Name: "i", Value: 1, Usage: "wait `SECONDS` from one request to the next"},
			&cli.StringFlag{Name: "M", Usage: "path MTU discovery: `do` not fragment; dont is the default"},
			&cli.BoolFlag{Name: "n", Usage: "addresses stay numbers, which they always do here"},
			&cli.BoolFlag{Name: "q", Usage: "print the statistics alone"},
			&cli.IntFlag{Name: "s", Value: 56, Usage: "send `BYTES` of data"},
			&cli.IntFlag{Name: "t", Usage: "send with a time to live of `HOPS`"},
			&cli.Float64Flag{Name: "w", Usage: "stop after `SECONDS`, however many were sent or answered"},
			&cli.Float64Flag{Name: "W", Value: 10, Usage: "wait `SECONDS` for replies in the end if there was none at all; else it is twice the longest round trip"},
		}, clientFlags()...),
		Action: func(c *cli.Context) error {
			o, err := readPing(c)
			if err != nil {
				return err
			}
			return withStatus(pingFailure, ping(c.Context, env, o))
		},
	}
}

// maxPingTime is more seconds than anybody waits.
const maxPingTime = 1e8

func readPing(c *cli.Context) (o pingOptions, err error) {
	if c.Args().Len() != 1 || c.Args().First() == "" {
		return o, usagef("which host? (smoltcp ping --via tap0 192.168.69.100)")
	}
	o.name = c.Args().First()
	if o.host, err = readClient(c); err != nil {
		return o, err
	}
	if o.version, err = readVersion(c); err != nil {
		return o, err
	}
	if o.count = c.Int("c"); c.IsSet("c") && o.count < 1 {
		return o, usagef("-c %d: want 1 or more", o.count)
	}
	if o.size = c.Int("s"); o.size < 0 || o.size > 65527 {
		return o, usagef("-s %d: want 0 to 65527 bytes", o.size)
	}
	if o.ttl = c.Int("t"); c.IsSet("t") && (o.ttl < 1 || o.ttl > 255) {
		return o, usagef("-t %d: want 1 to 255", o.ttl)
	}
	for _, f := range []struct {
		flag  string
		v     *time.Duration
		least float64
	}{{"i", &o.interval, 0.002}, {"w", &o.deadline, 0.001}, {"W", &o.linger, 0.001}} {
		s := c.Float64(f.flag)
		if (c.IsSet(f.flag) || f.flag != "w") && !(s >= f.least && s <= maxPingTime) {
			return o, usagef("-%s %v: want %v or more seconds", f.flag, s, f.least)
		}
		*f.v = time.Duration(s * float64(time.Second))
	}
	switch m := c.String("M"); m {
	case "", "dont", "want":
	case "do":
		o.dont = true
	default:
		return o, usagef("-M %s: want do or dont", m)
	}
	o.quiet, o.allowAll = c.Bool("q"), c.Bool("b")
	return o, nil
}

// address gives the address that the destination is, not valid if it is a name.
func (o *pingOptions) address() (netip.Addr, error) {
	a, err := netip.ParseAddr(o.name)
	if err != nil {
		return netip.Addr{}, nil
	}
	if a = a.Unmap(); o.version != 0 && a.Is4() != (o.version == 4) {
		return a, fmt.Errorf("%s: Address family for hostname not supported", o.name)
	}
	return a, nil
}

func ping(ctx context.Context, env Env, o pingOptions) error {
	dst, err := o.address()
	if err != nil {
		return err
	}
	c, err := o.host.open(env)
	if err != nil {
		return err
	}
	if err := c.awaitLease(ctx); err != nil {
		c.close()
		return err
	}
	return pingBy(ctx, env, o, dst, c)
}

// pingBy pings dst, or what the name is that was given, by a client, which it closes.
func pingBy(ctx context.Context, env Env, o pingOptions, dst netip.Addr, c *client) error {
	p := &pinger{pingOptions: o, dst: dst, client: c, out: env.Stdout, errs: env.Stderr, pipe: -1}
	err := p.run(ctx)
	if cerr := c.close(); cerr != nil {
		err = cerr
	}
	return err
}

// pinger is a ping while it runs. Its numbers are named as iputils prints them.
type pinger struct {
	pingOptions
	dst    netip.Addr
	client *client
	sock   *stack.EchoSocket
	out    io.Writer
	errs   io.Writer
	werr   error // of out

	began, last time.Time // when the first and the latest request were sent
	sent        int
	received    int
	repeated    int
	errors      int
	pipe        int // the most requests that were on their way at once
	at          [1 << 16]stack.Time
	answered    [1 << 16]bool
	buf         [1 << 16]byte // the data of a reply; nobody looks at it

	// Round trips in microseconds.
	min, max, sum int64
	squares       float64
}

func (p *pinger) run(ctx context.Context) (err error) {
	if !p.dst.IsValid() {
		if p.dst, err = p.client.lookUpHost(ctx, p.name, p.version); err != nil {
			return err
		}
	}
	if p.dst.Is6() {
		if err := p.client.awaitAddr(ctx); err != nil {
			return err
		}
	}
	ready := make(chan struct{}, 1)
	if err := p.open(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	}); err != nil {
		return err
	}
	if p.dst.Is4() {
		p.printf("PING %s (%s) %d(%d) bytes of data.\n", p.name, p.dst, p.size, p.size+28)
	} else {
		p.printf("PING %s(%s) %d data bytes\n", p.name, p.dst, p.size)
	}
	var deadline <-chan time.Time
	if p.deadline > 0 {
		deadline = time.After(p.deadline)
	}
	next := time.NewTimer(0)
	defer next.Stop()
	lingering := false
	for !p.done() {
		select {
		case <-ready:
			p.receive()
		case <-next.C:
			if lingering {
				return p.finish()
			}
			if err := p.send(); err != nil {
				return err
			}
			if lingering = p.count > 0 && p.sent >= p.count && p.deadline == 0; lingering {
				next.Reset(p.patience())
			} else {
				next.Reset(p.interval)
			}
		case <-deadline:
			return p.finish()
		case <-ctx.Done():
			return p.finish()
		case err := <-p.client.ended:
			p.client.ended <- err // for close, which says it
			return p.finish()
		}
	}
	return p.finish()
}

// done reports whether there is nothing more to wait for.
func (p *pinger) done() bool {
	return p.werr != nil || p.count > 0 && p.received+p.errors >= p.count || p.deadline > 0 && p.errors > 0
}

// patience is how long replies are waited for after the last request.
func (p *pinger) patience() time.Duration {
	if p.received == 0 {
		return p.linger
	}
	return max(2*time.Duration(p.max)*time.Microsecond, p.interval)
}

// open opens the socket, and checks that there is a way to the destination. ready is called when there is something to receive.
func (p *pinger) open(ready func()) (err error) {
	p.client.Do(func(s *stack.Stack) {
		on := p.client.Interface()
		if p.sock, err = s.OpenEcho(stack.EchoOptions{Interface: on, TTL: uint8(p.ttl), DontFragment: p.dont}); err != nil {
			return
		}
		if _, err = p.sock.Source(p.dst); err != nil {
			return
		}
		if p.sock.IsBroadcast(p.dst) && !p.allowAll {
			err = fmt.Errorf("%s is a broadcast address: -b pings it all the same", p.dst)
			return
		}
		p.sock.SetHandler(ready)
	})
	if errors.Is(err, stack.ErrNoRoute) {
		err = errors.New("connect: Network is unreachable")
	} else if errors.Is(err, stack.ErrInvalidAddr) {
		err = fmt.Errorf("%s: %w", p.dst, err) // of an interface that the host does not have, say
	}
	if err == nil && p.dst.Is6() && p.dst.IsLinkLocalUnicast() && p.dst.Zone() == "" {
		p.dst = p.dst.WithZone(p.host.device.Name)
	}
	return err
}

// timevalLen is the length of what the data begins with, if it is long enough: the time of the request, as C has it on 64-bit machines.
const timevalLen = 16

// send sends one request.
func (p *pinger) send() error {
	seq := uint16(p.sent + 1)
	data := make([]byte, p.size)
	for i := range data {
		data[i] = byte(i)
	}
	now := time.Now()
	if p.size >= timevalLen {
		binary.LittleEndian.PutUint64(data, uint64(now.Unix()))
		binary.LittleEndian.PutUint64(data[8:], uint64(now.Nanosecond()/1000))
	}
	if p.sent == 0 {
		p.began = now
	}
	p.last = now
	var err error
	mtu := 0
	p.client.Do(func(s *stack.Stack) {
		p.at[seq], p.answered[seq] = s.Now(), false
		err = p.sock.Send(p.dst, seq, data)
		mtu = p.sock.PathMTU(p.dst)
	})
	switch {
	case errors.Is(err, stack.ErrWouldBlock): // the device is full: this one is lost
	case errors.Is(err, stack.ErrMessageSize):
		p.errors++
		if !p.quiet {
			fmt.Fprintf(p.errs, "smoltcp: ping: local error: message too long, mtu=%d\n", mtu)
		}
	case err != nil:
		return fmt.Errorf("sendmsg: %w", err)
	}
	p.sent++
	return nil
}

// receive takes what the socket has.
func (p *pinger) receive() {
	for p.werr == nil {
		var n int
		var m stack.EchoMessage
		var err error
		p.client.Do(func(*stack.Stack) { n, m, err = p.sock.Recv(p.buf[:]) })
		switch {
		case err != nil:
			return
		case m.IsError():
			p.acknowledge(m.Seq)
			p.errors++
			if !p.quiet {
				p.printf("From %s icmp_seq=%d %s\n", m.Remote, m.Seq, echoErrorText(&m))
			}
		default:
			p.reply(n, &m)
		}
	}
}

// acknowledge notes how many requests have been sent since that with the number seq.
func (p *pinger) acknowledge(seq uint16) {
	if behind := uint16(p.sent) - seq; behind <= math.MaxInt16 {
		p.pipe = max(p.pipe, int(behind)+1)
	}
}

// reply counts and prints a reply with n bytes of data.
func (p *pinger) reply(n int, m *stack.EchoMessage) {
	trip := int64(m.At.Sub(p.at[m.Seq]) / time.Microsecond)
	if p.at[m.Seq] == 0 || trip < 0 {
		return // of no request
	}
	timed := n >= timevalLen && p.size >= timevalLen
	if timed {
		if p.received+p.repeated == 0 {
			p.min = trip
		}
		p.min, p.max = min(p.min, trip), max(p.max, trip)
		p.sum += trip
		p.squares += float64(trip) * float64(trip)
	}
	twice := p.answered[m.Seq]
	p.answered[m.Seq] = true
	if twice {
		p.repeated++
	} else {
		p.received++
	}
	p.acknowledge(m.Seq)
	if p.quiet {
		return
	}
	from := m.Remote
	if from.WithZone("") == p.dst.WithZone("") {
		from = p.dst // what comes from the host itself comes by no link, and has no zone
	}
	line := fmt.Sprintf("%d bytes from %s: icmp_seq=%d ttl=%d", n+8, from, m.Seq, m.TTL)
	if timed {
		line += " time=" + tripText(trip) + " ms"
	}
	if twice {
		line += " (DUP!)"
	}
	if from != p.dst && !p.dst.IsMulticast() && !p.allowAll {
		line += " (DIFFERENT ADDRESS!)"
	}
	p.printf("%s\n", line)
}

// tripText is a time in milliseconds, with three digits that count.
func tripText(us int64) string {
	switch {
	case us >= 100000:
		return fmt.Sprint((us + 500) / 1000)
	case us >= 10000:
		return fmt.Sprintf("%d.%d", (us+50)/1000, (us+50)%1000/100)
	case us >= 1000:
		return fmt.Sprintf("%d.%02d", (us+5)/1000, (us+5)%1000/10)
	}
	return fmt.Sprintf("0.%03d", us)
}

// finish prints the statistics and gives the result.
func (p *pinger) finish() error {
	p.receive()
	s := fmt.Sprintf("\n--- %s ping statistics ---\n%d packets transmitted, %d received", p.name, p.sent, p.received)
	if p.repeated > 0 {
		s += fmt.Sprintf(", +%d duplicates", p.repeated)
	}
	if p.errors > 0 {
		s += fmt.Sprintf(", +%d errors", p.errors)
	}
	if p.sent > 0 {
		loss := float32(float64(p.sent-p.received) * 100 / float64(p.sent))
		s += fmt.Sprintf(", %.6g%% packet loss, time %dms", loss, p.last.Sub(p.began).Round(time.Millisecond).Milliseconds())
	}
	s += "\n"
	comma := ""
	if total := int64(p.received + p.repeated); p.received > 0 && p.size >= timevalLen {
		mean := p.sum / total
		spread := int64(math.Sqrt(max(p.squares/float64(total)-float64(p.sum)*float64(p.sum)/float64(total)/float64(total), 0)))
		s += "rtt min/avg/max/mdev = "
		for i, us := range []int64{p.min, mean, p.max, spread} {
			if i > 0 {
				s += "/"
			}
			s += fmt.Sprintf("%d.%03d", us/1000, us%1000)
		}
		s, comma = s+" ms", ", "
	}
	if p.pipe > 1 {
		s += fmt.Sprintf("%spipe %d", comma, p.pipe)
	}
	p.printf("%s\n", s)
	switch {
	case p.werr != nil:
		return outputError(p.werr)
	case p.received == 0 || p.deadline > 0 && p.received < p.count:
		return statusError{errSilent, pingSilence}
	}
	return nil
}

func (p *pinger) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(p.out, format, args...); err != nil && p.werr == nil {
		p.werr = err
	}
}

// echoErrorText says in ping's words what an ICMP error means.
func echoErrorText(m *stack.EchoMessage) string {
	if m.Dst.Is4() {
		return echoErrorText4(m)
	}
	code := func(names []string, other string) string {
		if int(m.Code) < len(names) {
			return names[m.Code]
		}
		return fmt.Sprintf(other, m.Code)
	}
	switch dissect.ICMPv6Type(m.Type) {
	case dissect.ICMPv6Unreachable:
		return "Destination unreachable: " + code([]string{
			"No route", "Administratively prohibited", "Beyond scope of source address", "Address unreachable", "Port unreachable",
		}, "Unknown code %d")
	case dissect.ICMPv6PacketTooBig:
		return fmt.Sprintf("Packet too big: mtu=%d", m.Word)
	case dissect.ICMPv6TimeExceeded:
		return "Time exceeded: " + code([]string{"Hop limit", "Defragmentation failure"}, "code %d")
	case dissect.ICMPv6ParameterProblem:
		return "Parameter problem: " + code([]string{"Wrong header field ", "Unknown header ", "Unknown option "}, "code %d ") +
			fmt.Sprintf("at %d", m.Word)
	}
	return fmt.Sprintf("unknown icmp type: %d", m.Type)
}

func echoErrorText4(m *stack.EchoMessage) string {
	switch dissect.ICMPv4Type(m.Type) {
	case dissect.ICMPv4Unreachable:
		names := [...]string{
			"Destination Net Unreachable", "Destination Host Unreachable", "Destination Protocol Unreachable", "Destination Port Unreachable",
			fmt.Sprintf("Frag needed and DF set (mtu = %d)", m.Word), "Source Route Failed", "Destination Net Unknown",
			"Destination Host Unknown", "Source Host Isolated", "Destination Net Prohibited", "Destination Host Prohibited",
			"Destination Net Unreachable for Type of Service", "Destination Host Unreachable for Type of Service", "Packet filtered",
			"Precedence Violation", "Precedence Cutoff",
		}
		if int(m.Code) < len(names) {
			return names[m.Code]
		}
		return fmt.Sprintf("Dest Unreachable, Bad Code: %d", m.Code)
	case dissect.ICMPv4TimeExceeded:
		switch m.Code {
		case 0:
			return "Time to live exceeded"
		case 1:
			return "Frag reassembly time exceeded"
		}
		return fmt.Sprintf("Time exceeded, Bad Code: %d", m.Code)
	case dissect.ICMPv4ParameterProblem:
		return fmt.Sprintf("Parameter problem: pointer = %d", m.Word)
	}
	return fmt.Sprintf("Bad ICMP type: %d", m.Type)
}
