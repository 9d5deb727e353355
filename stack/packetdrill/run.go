package packetdrill

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// Level is how closely the stack's packets are compared; see the package comment.
type Level uint8

const (
	Semantic Level = iota
	Strict
)

// Options say how to run a script.
type Options struct {
	Level Level

	// IPv6OverIPv4 runs scripts for IPv6 over IPv4, which shows what TCP does and nothing about IPv6.
	IPv6OverIPv4 bool
}

// Outcome is what became of a script.
type Outcome uint8

const (
	Pass  Outcome = iota
	Fail          // the stack did something else
	Skip          // something in the script is not checked here
	Error         // the script is not one
)

func (o Outcome) String() string { return [...]string{"PASS", "FAIL", "SKIP", "ERROR"}[o] }

// Result is the outcome of a script and why.
type Result struct {
	Outcome       Outcome
	Line          int    // of the script, 0 if none is to blame
	Expected, Got string // with Fail
	Reason        string // with Skip and Error; a remark with Pass
}

func (r Result) String() string {
	at := ""
	if r.Line > 0 {
		at = fmt.Sprintf("line %d: ", r.Line)
	}
	if r.Outcome == Fail {
		return fmt.Sprintf("%sexpected %s, got %s", at, r.Expected, r.Got)
	}
	return at + r.Reason
}

// Run parses and runs a script.
func Run(name string, text []byte, opt Options) Result {
	sc, err := Parse(name, text)
	if err != nil {
		return Result{Outcome: Error, Reason: err.Error()}
	}
	return sc.Run(opt)
}

// Run runs the script on a stack of its own.
func (sc *Script) Run(opt Options) Result {
	if sc.Unsupported != "" {
		return Result{Outcome: Skip, Reason: sc.Unsupported}
	}
	first := sc.runOnce(opt, false)
	if first.Outcome != Fail || opt.Level == Strict {
		return first
	}
	if second := sc.runOnce(opt, true); second.Outcome == Pass {
		second.Reason = joinRemarks("with delayed ACKs off", second.Reason)
		return second
	} else if second.Line > first.Line {
		return second
	}
	return first
}

func joinRemarks(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// The hosts of every script, as upstream has them.
var (
	localNet4   = netip.MustParsePrefix("192.168.0.1/16")
	gateway     = netip.MustParseAddr("192.168.0.2")
	remoteAddr4 = netip.MustParseAddr("192.0.2.1")
	localNet6   = netip.MustParsePrefix("fd3d:0a0b:17d6::1/48")
	remoteAddr6 = netip.MustParseAddr("fd3d:fa7b:d17d::1")
)

const (
	servicePort = 8080

	// epoch is when scripts start on the stack's clock: not at zero, so that nothing mistakes the first instants
	// for an absent time.
	epoch = tcp.Time(1000 * time.Second)

	// maxDelayedAck is how late an ACK may be (RFC 9293 section 3.8.6.3).
	maxDelayedAck = 500 * time.Millisecond

	// maxPolls ends a script whose stack does not come to rest.
	maxPolls = 4 << 20

	// anyTime is how long an event waits that may happen at any time.
	anyTime = time.Hour
)

// run is one run of a script.
type run struct {
	script  *Script
	opt     Options
	quick   bool // delayed ACKs off
	profile profile
	stack   *stack.Stack
	wire    *wire
	six     bool // the script is about IPv6
	local   netip.Addr
	remote  netip.Addr

	now   tcp.Time
	last  tcp.Time      // when the event before was due
	shift time.Duration // how much later than written everything is, since ACKs came late
	line  int
	polls int

	tolerance time.Duration
	tsTick    time.Duration
	strictLen bool // segments are not added up

	files    map[int64]*file
	conns    []*conn
	current  *conn
	nextPort uint16
	blocked  []*blockedCall
	vars     infoVars
	cookies  cookies
	partly   string // what was not checked
	remark   string
}

// stop ends a run; runOnce recovers.
type stop struct{ result Result }

func (r *run) fail(expected, got string) {
	panic(stop{Result{Outcome: Fail, Line: r.line, Expected: expected, Got: got}})
}

func (r *run) skip(format string, args ...any) {
	panic(stop{Result{Outcome: Skip, Line: r.line, Reason: fmt.Sprintf(format, args...)}})
}

func (r *run) bad(format string, args ...any) {
	panic(stop{Result{Outcome: Error, Line: r.line, Reason: fmt.Sprintf(format, args...)}})
}

// notChecked notes that something of the script is not checked, so that it cannot pass.
func (r *run) notChecked(format string, args ...any) {
	if r.partly == "" {
		r.partly = fmt.Sprintf("partly, line %d: ", r.line) + fmt.Sprintf(format, args...)
	}
}

func (sc *Script) runOnce(opt Options, quick bool) (result Result) {
	r := &run{
		script: sc, opt: opt, quick: quick, profile: linuxProfile(), local: localNet4.Addr(), remote: remoteAddr4,
		now: epoch, last: epoch, tolerance: 4 * time.Millisecond, files: make(map[int64]*file), nextPort: 40000,
	}
	defer func() {
		switch e := recover().(type) {
		case nil:
		case stop:
			result = e.result
		default:
			result = Result{Outcome: Fail, Line: r.line, Expected: "no panic", Got: fmt.Sprint("panic: ", e)}
		}
	}()
	r.setUp()
	for i := range sc.events {
		r.event(&sc.events[i])
	}
	r.finishCalls()
	if len(sc.events) == 0 {
		return Result{Outcome: Skip, Reason: "nothing is checked: the script is empty"}
	}
	if r.partly != "" {
		return Result{Outcome: Skip, Reason: r.partly}
	}
	return Result{Outcome: Pass, Reason: r.remark}
}

// setUp reads the options and makes the stack.
func (r *run) setUp() {
	mtu := 0
	for _, o := range r.script.options {
		r.line = o.line
		number := func() int {
			n, err := strconv.Atoi(o.value)
			if err != nil || n < 0 || n > 1<<30 {
				r.bad("--%s=%s is not a number", o.name, o.value)
			}
			return n
		}
		switch o.name {
		case "ip_version":
			switch o.value {
			case "ipv4", "ipv4-mapped-ipv6":
			case "ipv6":
				r.six = true
			default:
				r.bad("--ip_version=%s", o.value)
			}
		case "tolerance_usecs":
			r.tolerance = time.Duration(number()) * time.Microsecond
		case "mtu":
			if mtu = number(); mtu < 68 || mtu > 65535 {
				r.bad("--mtu=%d", mtu)
			}
		case "tcp_ts_tick_usecs":
			r.tsTick = time.Duration(number()) * time.Microsecond
		case "strict_segments":
			r.strictLen = true
		case "local_ip", "remote_ip":
			if _, err := netip.ParseAddr(o.value); err != nil {
				r.bad("address %s", o.value)
			}
		case "send_omit_free", "mss", "gateway_ip", "netmask_ip", "speed", "verbose", "debug", "non_fatal", "wire_client", "persistent_tun_dev":
		case "init_scripts":
			for _, script := range strings.FieldsFunc(o.value, func(c rune) bool { return c == ',' || c == ' ' }) {
				r.commandLine(script)
			}
		case "bind_port", "connect_port":
			if number() != servicePort {
				r.skip("option --%s", o.name)
			}
		default:
			r.skip("option --%s", o.name)
		}
	}
	r.line = 0
	if mtu == 0 {
		mtu = r.script.usualMTU(r.six)
	}
	net, anywhere := localNet4, netip.IPv4Unspecified()
	switch {
	case r.six && r.opt.IPv6OverIPv4:
		mtu -= dissect.IPv6HeaderLen - dissect.IPv4MinHeaderLen // so that the MSS stays
		r.remark = "TCP over IPv4 instead of IPv6"
	case r.six:
		net, anywhere = localNet6, netip.IPv6Unspecified()
		r.remote = remoteAddr6
	}
	r.local = net.Addr()
	for _, o := range r.script.options {
		switch a, _ := netip.ParseAddr(o.value); {
		case a.Is4() != r.local.Is4():
		case o.name == "local_ip":
			r.local = a
		case o.name == "remote_ip":
			r.remote = a
		}
	}
	r.wire = &wire{run: r, mtu: mtu}
	r.stack = stack.New(stack.Config{Rand: rand.NewChaCha8([32]byte{}), TxQueue: 4096, DADTransmits: -1})
	r.stack.Advance(r.now)
	ifc, err := r.stack.AddInterface(r.wire, stack.InterfaceConfig{Name: "tun0", Addrs: []netip.Prefix{netip.PrefixFrom(r.local, net.Bits())}})
	if err != nil {
		r.skip("the stack takes no address %v: %v", r.local, err)
	}
	if err := r.stack.AddRoute(stack.Route{Prefix: netip.PrefixFrom(anywhere, 0), Interface: ifc}); err != nil {
		r.skip("the stack takes no route to %v: %v", anywhere, err)
	}
	r.poll()
}

// usualMTU is the MTU that a script without --mtu was written for. Upstream's is such that the MSS is 1460 with IPv6
// too; a fork's is 1500 always. Only the MSS in the script tells which it is.
func (sc *Script) usualMTU(six bool) int {
	if !six {
		return 1500
	}
	for i := range sc.events {
		k := sc.events[i].packet
		if k == nil || k.inbound || !k.flags.Has(dissect.SYN) {
			continue
		}
		if o := find(k.options, dissect.TCPOptMSS); o != nil && o.value == 1440 {
			return 1500
		}
	}
	return 1520
}

// unspecified is the address that stands for all of the host's.
func (r *run) unspecified() netip.Addr {
	if r.local.Is6() {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// mss is the largest payload that the interface carries.
func (r *run) mss() int {
	n := r.wire.mtu - dissect.TCPMinHeaderLen - dissect.IPv4MinHeaderLen
	if r.local.Is6() {
		n += dissect.IPv4MinHeaderLen - dissect.IPv6HeaderLen
	}
	return n
}

// event runs one step of the script.
func (r *run) event(e *event) {
	r.line = e.line
	due := r.due(e.time, e.time.at)
	tolerance := max(r.tolerance, time.Duration(r.profile.percent*float64(max(due.Sub(r.last), 0))))
	r.last = due
	if e.packet == nil || e.packet.inbound {
		if e.time.any {
			r.bad("only an outbound packet may come at any time")
		}
		r.advance(due)
	}
	switch {
	case e.packet != nil && e.packet.inbound:
		r.inject(e.packet)
	case e.packet != nil:
		r.expect(e, due, tolerance)
	case e.call != nil:
		r.start(e, tolerance)
	case e.command != "":
		r.command(e.command)
	default:
		r.code(e.code)
	}
}

// due is the instant d into the script, or after the event before.
func (r *run) due(t eventTime, d time.Duration) tcp.Time {
	switch {
	case t.any:
		return r.now
	case t.relative:
		return r.last.Add(d)
	}
	return epoch.Add(d + r.shift)
}

// advance lets time pass, with everything that happens in it.
func (r *run) advance(to tcp.Time) {
	for {
		next := min(r.stack.NextPoll(), r.wake())
		if next > to {
			break
		}
		r.now = max(r.now, next)
		r.poll()
	}
	r.now = max(r.now, to)
	r.poll()
}

// step advances to the next thing that happens, not beyond limit; false if nothing does.
func (r *run) step(limit tcp.Time) bool {
	next := min(r.stack.NextPoll(), r.wake())
	if next > limit {
		r.now = max(r.now, limit)
		r.poll()
		return false
	}
	r.now = max(r.now, next)
	r.poll()
	return true
}

// poll has the stack do what is due, and the calls that wait for it.
func (r *run) poll() {
	for {
		for r.stack.Poll(r.now) {
			if r.polls++; r.polls > maxPolls {
				r.fail("a stack that comes to rest", "one that always has more to do")
			}
		}
		if r.polls++; r.polls > maxPolls {
			r.fail("a script that ends", "too many polls")
		}
		if err := r.stack.Verify(); err != nil {
			r.fail("a stack whose variables agree", err.Error())
		}
		r.settleEpoll()
		if !r.retryCalls() {
			return
		}
	}
}

// code runs a block of code against the connection in hand.
func (r *run) code(text string) {
	r.vars.info, r.vars.conn = nil, nil
	if c := r.current; c != nil {
		if s := r.socketOf(c); s != nil {
			info := s.Info()
			r.vars.info, r.vars.conn = &info, c
		}
	}
	r.vars.listens = r.vars.info == nil && r.listens()
	switch err := exec(text, &r.vars); {
	case err == nil:
	case isUnknown(err):
		r.notChecked("code: %v", err)
	default:
		r.fail(err.Error(), "otherwise")
	}
}
