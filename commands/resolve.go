package commands

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/dissect"
)

// A resolver gives names for numbers: it is the format.Names behind --resolve. Hosts come from /etc/hosts and then from DNS, ports
// from /etc/services, hardware addresses from /etc/ethers. Files are read once, when it is made; DNS is asked in the
// background. An address whose name is not there yet gives none, and the number is printed: a later packet has the name.
// What is remembered of DNS is bounded.
type resolver struct {
	opts  resolveOptions
	hosts map[netip.Addr]string
	macs  map[dissect.MAC]string
	ports [3][]string // by service, then port; a string of "" has none

	ask  chan netip.Addr
	stop context.CancelFunc

	mu sync.Mutex
	// What DNS said, or is being asked, in two generations: when the younger is full the older is forgotten. An address that is used
	// moves to the younger.
	young, old map[netip.Addr]*hostName
	// silent is set when nobody answered in time, until somebody does: nothing waits meanwhile.
	silent bool
}

// resolveOptions is what a resolver is made from. The files and the lookup are the system's but in tests.
type resolveOptions struct {
	wait      time.Duration          // how long Host may wait for an answer; 0: not at all
	firstPart bool                   // -N: names up to the first dot
	foreign   func(netip.Addr) bool  // -f: hosts that stay numbers; nil: none
	open      func(string) io.Reader // gives nil for a file that is not there
	lookup    func(ctx context.Context, addr string) ([]string, error)
}

// hostName is what is known of an address. The name is good once done is closed.
type hostName struct {
	done  chan struct{}
	name  string    // "" if it has none
	again time.Time // when it may be asked again, for one without a name
}

const (
	maxHostNames = 1 << 16         // in each generation
	maxAsked     = 1 << 10         // questions in the queue; what comes while it is full is asked with a later packet
	askers       = 8               // questions at a time
	askTimeout   = 5 * time.Second // for one question
	askAgain     = time.Minute     // after an answer that was none
)

// The services that ports are known of.
const (
	tcpService = iota
	udpService
	sctpService
)

func newResolver(o resolveOptions) *resolver {
	if o.open == nil {
		o.open = openText
	}
	if o.lookup == nil {
		o.lookup = (&net.Resolver{PreferGo: true}).LookupAddr
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &resolver{
		opts: o, stop: stop, ask: make(chan netip.Addr, maxAsked),
		hosts: make(map[netip.Addr]string), macs: make(map[dissect.MAC]string),
		young: make(map[netip.Addr]*hostName),
	}
	eachLine(o.open("/etc/hosts"), r.addHost)
	eachLine(o.open("/etc/ethers"), r.addMAC)
	if services := o.open("/etc/services"); services != nil {
		eachLine(services, r.addService)
	} else {
		eachLine(strings.NewReader(builtinServices), r.addService)
	}
	for range askers {
		go r.answer(ctx)
	}
	return r
}

// close ends the questions. The resolver still gives what it knows.
func (r *resolver) close() { r.stop() }

// openText opens a file of the system's whole, so that it is read before rights are given up.
func openText(name string) io.Reader {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	const limit = 16 << 20
	text, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil && len(text) == 0 {
		return nil
	}
	return strings.NewReader(string(text))
}

// eachLine gives the words of each line that has two or more, comments left out.
func eachLine(text io.Reader, f func(words []string)) {
	if text == nil {
		return
	}
	for s := bufio.NewScanner(text); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if words := strings.Fields(line); len(words) > 1 {
			f(words)
		}
	}
}

// In all of these files the first line about a number is the one that counts.

func (r *resolver) addHost(words []string) {
	a, err := netip.ParseAddr(words[0])
	if err != nil {
		return
	}
	if _, ok := r.hosts[a]; !ok {
		r.hosts[a] = r.cut(words[1])
	}
}

func (r *resolver) addMAC(words []string) {
	var m dissect.MAC
	parts := strings.Split(words[0], ":")
	if len(parts) != len(m) {
		return
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 16, 8)
		if err != nil {
			return
		}
		m[i] = byte(v)
	}
	if _, ok := r.macs[m]; !ok {
		r.macs[m] = words[1]
	}
}

func (r *resolver) addService(words []string) {
	number, proto, ok := strings.Cut(words[1], "/")
	port, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil {
		return
	}
	var service int
	switch proto {
	case "tcp":
		service = tcpService
	case "udp":
		service = udpService
	case "sctp":
		service = sctpService
	default:
		return
	}
	if r.ports[service] == nil {
		r.ports[service] = make([]string, 1<<16)
	}
	if name := &r.ports[service][port]; *name == "" {
		*name = words[0]
	}
}

// cut gives the part of a name that is shown.
func (r *resolver) cut(name string) string {
	if r.opts.firstPart {
		name, _, _ = strings.Cut(name, ".")
	}
	return name
}

// Port gives the name of a port.
func (r *resolver) Port(proto dissect.IPProto, port uint16) string {
	service := udpService
	switch proto {
	case dissect.ProtoTCP:
		service = tcpService
	case dissect.ProtoSCTP:
		service = sctpService
	}
	if names := r.ports[service]; names != nil {
		return names[port]
	}
	return ""
}

// MAC gives the name of a hardware address.
func (r *resolver) MAC(m dissect.MAC) string { return r.macs[m] }

// Host gives the name of an address. If it has to be asked for, that takes no longer than it may.
func (r *resolver) Host(a netip.Addr) string {
	if a == netip.IPv6Unspecified() || r.opts.foreign != nil && r.opts.foreign(a) {
		return ""
	}
	if name, ok := r.hosts[a]; ok {
		return name
	}
	if !worthAsking(a) {
		return ""
	}
	r.mu.Lock()
	h := r.find(a)
	wait := r.opts.wait > 0 && !r.silent
	r.mu.Unlock()
	if h == nil {
		return ""
	}
	select {
	case <-h.done:
		return h.name
	default:
	}
	if !wait {
		return ""
	}
	timeout := time.NewTimer(r.opts.wait)
	defer timeout.Stop()
	select {
	case <-h.done:
		return h.name
	case <-timeout.C:
		r.mu.Lock()
		r.silent = true
		r.mu.Unlock()
		return ""
	}
}

// worthAsking leaves out addresses that are nobody's.
func worthAsking(a netip.Addr) bool {
	return !a.IsUnspecified() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// find gives what is known of a, and asks for it if that is nothing; nil if it cannot be asked for now. r.mu is held.
func (r *resolver) find(a netip.Addr) *hostName {
	h, ok := r.young[a]
	if !ok {
		if h, ok = r.old[a]; ok {
			r.keep(a, h)
		}
	}
	if ok && (h.again.IsZero() || time.Now().Before(h.again)) {
		return h
	}
	fresh := &hostName{done: make(chan struct{})}
	select {
	case r.ask <- a:
		r.keep(a, fresh)
		return fresh
	default:
		return nil
	}
}

// keep puts an address into the younger generation.
func (r *resolver) keep(a netip.Addr, h *hostName) {
	if len(r.young) >= maxHostNames {
		r.old, r.young = r.young, make(map[netip.Addr]*hostName)
	}
	r.young[a] = h
}

// answer asks DNS for one address after another.
func (r *resolver) answer(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-r.ask:
			asking, cancel := context.WithTimeout(ctx, askTimeout)
			names, err := r.opts.lookup(asking, a.String())
			late := asking.Err() != nil
			cancel()
			r.mu.Lock()
			h, ok := r.young[a]
			if !ok {
				h, ok = r.old[a]
			}
			if ok {
				if err == nil && len(names) > 0 {
					h.name = r.cut(strings.TrimSuffix(names[0], "."))
				} else {
					h.again = time.Now().Add(askAgain)
				}
				close(h.done)
			}
			if !late {
				r.silent = false
			}
			r.mu.Unlock()
		}
	}
}

// readNames makes the resolver that the flags ask for. JSON has numbers alone.
func (o *outputOptions) readNames(c *cli.Context) error {
	wait := time.Duration(0)
	if c.IsSet("resolve-wait") {
		var err error
		if wait, err = readWait(c.String("resolve-wait")); err != nil {
			return err
		}
	}
	switch {
	case !c.Bool("resolve"):
		return nil
	case c.Bool("n"):
		return usagef("--resolve -n: names or numbers?")
	case o.kind == "json":
		return nil
	}
	o.names = newResolver(resolveOptions{wait: wait, firstPart: c.Bool("N")})
	o.Names = o.names
	return nil
}

// readWait reads a time that may be nothing at all.
func readWait(s string) (time.Duration, error) {
	if s == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > time.Minute {
		return 0, usagef("--resolve-wait %s: want a time from 0 to 1m, such as 200ms", s)
	}
	return d, nil
}

// waitForNames lets packets of a file wait for names: nothing comes behind them that would be lost.
func (o *outputOptions) waitForNames(c *cli.Context) {
	if o.names != nil && !c.IsSet("resolve-wait") {
		o.names.opts.wait = time.Second
	}
}

// foreignTo keeps hosts numbers that are not on the network of the first of the interfaces, if that has one.
func (o *outputOptions) foreignTo(interfaces []string) {
	if o.names == nil || len(interfaces) == 0 {
		return
	}
	ifi, err := net.InterfaceByName(interfaces[0])
	if err != nil {
		return
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			o.names.opts.foreign = func(a netip.Addr) bool { return a.Is4() && !p.Contains(a) }
			return
		}
	}
}
