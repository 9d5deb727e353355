package packetdrill

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// file is what a script's file descriptor stands for. Descriptors are names: the script chooses them.
type file struct {
	tcp      bool
	nonblock bool
	bound    netip.AddrPort
	cfg      tcp.Config

	listener *stack.TCPListener
	backlog  int
	sock     *stack.TCPSocket
	udp      *stack.UDPSocket
	epoll    *epoll

	connected bool           // connect returned 0, or accept made it
	fastOpen  bool           // the program asked for Fast Open
	deferred  netip.AddrPort // where to connect to with the first write
	inq       bool           // control messages say how much is left to be read
	errTaken  bool           // the program was told why the connection ended
	shutRead  bool
	shutWrite bool
	linger    int // seconds, -1 without
	sndLimit  int // bytes that may wait to be acknowledged, 0: the stack's
	keepAlive tcp.KeepAlive
	ttl, tos  uint8
	options   map[string]int64
}

// outcome is what a call came to.
type outcome struct {
	ret   int64
	errno string
	block bool     // it has to wait
	wake  tcp.Time // with block: when to look again without other cause
	wrong string   // it did something else than the script says, apart from the result
}

func ok(n int) outcome                 { return outcome{ret: int64(n)} }
func failed(errno string) outcome      { return outcome{ret: -1, errno: errno} }
func wait() outcome                    { return outcome{block: true, wake: tcp.Never} }
func wrong(f string, a ...any) outcome { return outcome{wrong: fmt.Sprintf(f, a...)} }
func (o outcome) text() string {
	switch {
	case o.wrong != "":
		return o.wrong
	case o.errno != "":
		return "-1 " + o.errno
	}
	return fmt.Sprint(o.ret)
}

// blockedCall is a call that has not returned yet.
type blockedCall struct {
	event     *event
	op        func() outcome
	due       tcp.Time // when it has to return
	tolerance time.Duration
	wake      tcp.Time
	done      bool
}

// start makes a call. One that blocks waits aside if the script says when it returns.
func (r *run) start(e *event, tolerance time.Duration) {
	c := e.call
	op := r.prepare(c)
	o := op()
	until := r.last.Add(e.time.until - e.time.at)
	if o.block {
		if !e.time.blocking {
			r.fail(callText(c), "a call that blocks")
		}
		tolerance = max(tolerance, time.Duration(r.profile.percent*float64(e.time.until-e.time.at)))
		r.blocked = append(r.blocked, &blockedCall{event: e, op: op, due: until, tolerance: tolerance, wake: o.wake})
		r.poll()
		return
	}
	if e.time.blocking && e.time.until > e.time.at+tolerance {
		r.fail(callText(c)+" to block until "+r.clock(until), "it returning "+o.text()+" at once")
	}
	r.poll()
	r.compare(c, o)
}

// retryCalls looks whether calls that block can return, and reports whether one did.
func (r *run) retryCalls() (some bool) {
	for _, b := range r.blocked {
		if b.done {
			continue
		}
		o := b.op()
		if b.wake = o.wake; o.block {
			continue
		}
		b.done, some = true, true
		line := r.line
		r.line = b.event.line
		if d := r.now.Sub(b.due); d.Abs() > b.tolerance {
			r.fail(callText(b.event.call)+" to return at "+r.clock(b.due), o.text()+" at "+r.clock(r.now))
		}
		r.compare(b.event.call, o)
		r.line = line
	}
	if some {
		r.blocked = slices.DeleteFunc(r.blocked, func(b *blockedCall) bool { return b.done })
	}
	return some
}

// wake is when a call that blocks wants to be looked at.
func (r *run) wake() tcp.Time {
	first := tcp.Never
	for _, b := range r.blocked {
		if b.wake > r.now {
			first = min(first, b.wake)
		}
	}
	return first
}

// finishCalls waits for the calls that still block.
func (r *run) finishCalls() {
	for len(r.blocked) > 0 {
		b := r.blocked[0]
		limit := b.due.Add(b.tolerance)
		if !r.step(limit) && slices.Contains(r.blocked, b) {
			r.line = b.event.line
			r.fail(callText(b.event.call)+" to return at "+r.clock(b.due), "it blocking still")
		}
	}
}

// sameErrno lists errors between which systems differ: what a program does upon them is the same.
var sameErrno = [][]string{
	{"ECONNRESET", "EPIPE"}, {"EPIPE", "ENOTCONN"}, {"EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"},
	{"ECONNREFUSED", "ENOPROTOOPT"},                                       // a protocol that is not there
	{"EACCES", "ECONNREFUSED"}, {"EACCES", "EHOSTUNREACH", "ENETUNREACH"}, // prohibited, which only ICMP says: FreeBSD's, Linux's for IPv4
}

// errnosAgree reports whether a and b mean the same at the level.
func (r *run) errnosAgree(a, b string) bool {
	if a == "EWOULDBLOCK" {
		a = "EAGAIN" // another name
	}
	if a == b || r.opt.Level == Strict {
		return a == b
	}
	return slices.ContainsFunc(sameErrno, func(class []string) bool {
		return slices.Contains(class, a) && slices.Contains(class, b)
	})
}

// compare checks the result of a call.
func (r *run) compare(c *call, o outcome) {
	if o.wrong != "" {
		r.fail(callText(c), o.wrong)
	}
	if c.result.kind == valueEllipsis {
		return
	}
	want, known := r.number(c.result)
	if !known {
		r.skip("result of %s", callText(c))
	}
	if o.errno != "" && want == -1 && c.errno == "" {
		return
	}
	if c.errno != "" && !r.errnosAgree(c.errno, o.errno) || want != o.ret {
		r.fail(callText(c), o.text())
	}
}

func callText(c *call) string {
	s := c.name + "("
	for i, a := range c.args {
		if i > 0 {
			s += ", "
		}
		s += a.String()
	}
	s += ") = " + c.result.String()
	if c.errno != "" {
		s += " " + c.errno
	}
	return s
}

// String prints a value in the language.
func (v value) String() string {
	join := func(sep string) (s string) {
		for i, e := range v.list {
			if i > 0 {
				s += sep
			}
			if i < len(v.fields) && v.fields[i] != "" {
				s += v.fields[i] + "="
			}
			s += e.String()
		}
		return s
	}
	switch v.kind {
	case valueInt:
		return fmt.Sprint(v.num)
	case valueSymbol:
		return v.text
	case valueString:
		return fmt.Sprintf("%q", v.text)
	case valueList:
		return "[" + join(", ") + "]"
	case valueStruct:
		return "{" + join(", ") + "}"
	case valueOr:
		return join("|")
	case valueFunc:
		return v.text + "(" + join(", ") + ")"
	}
	return "..."
}

// constants are the names of numbers that count as such; flags of calls are looked at by name.
var constants = map[string]int64{
	"SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2, "INFTIM": -1, "IPPROTO_TCP": 6, "IPPROTO_UDP": 17, "IPPROTO_IP": 0,
	"O_RDWR": 2, "O_RDONLY": 0, "IPTOS_LOWDELAY": 0x10, "IPTOS_THROUGHPUT": 8, "IPTOS_RELIABILITY": 4,
	"POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4, "POLLERR": 8, "POLLHUP": 16, "POLLNVAL": 32,
	"POLLRDNORM": 64, "POLLWRNORM": 256, "POLLRDHUP": 0x2000,
	"EPOLLIN": 1, "EPOLLPRI": 2, "EPOLLOUT": 4, "EPOLLERR": 8, "EPOLLHUP": 16, "EPOLLRDNORM": 64, "EPOLLWRNORM": 256, "EPOLLRDHUP": 0x2000,
}

// errnoNumbers are those of Linux and FreeBSD: a script may have either.
var errnoNumbers = map[string][]int64{
	"ECONNREFUSED": {111, 61}, "ECONNRESET": {104, 54}, "ETIMEDOUT": {110, 60}, "EHOSTUNREACH": {113, 65},
	"ENETUNREACH": {101, 51}, "EPIPE": {32}, "ENOPROTOOPT": {92, 42}, "EMSGSIZE": {90, 40}, "EPROTO": {71, 92}, "ECONNABORTED": {103, 53},
}

// number gives a value as a number.
func (r *run) number(v value) (int64, bool) {
	switch v.kind {
	case valueInt:
		return v.num, true
	case valueSymbol:
		if v.text == "O_NONBLOCK" {
			return r.profile.nonblockFlag, true
		}
		n, ok := constants[v.text]
		if class, isClass := strings.CutPrefix(v.text, "IPTOS_DSCP_"); !ok && isClass {
			n, ok = dscpNumber(class)
		}
		return n, ok
	case valueOr:
		sum := int64(0)
		for _, e := range v.list {
			n, ok := r.number(e)
			if !ok {
				return 0, false
			}
			sum |= n
		}
		return sum, true
	case valueList:
		if len(v.list) == 1 {
			return r.number(v.list[0])
		}
	case valueFunc:
		if (v.text == "htons" || v.text == "htonl") && len(v.list) == 1 {
			return r.number(v.list[0])
		}
	}
	return 0, false
}

// dscpNumber is the octet of a class by its name (RFC 2474, RFC 2597, RFC 3246).
func dscpNumber(name string) (int64, bool) {
	switch {
	case name == "EF":
		return 46 << 2, true
	case len(name) == 3 && name[:2] == "CS" && name[2] >= '0' && name[2] <= '7':
		return int64(name[2]-'0') << 5, true
	case len(name) == 4 && name[:2] == "AF" && name[2] >= '1' && name[2] <= '4' && name[3] >= '1' && name[3] <= '3':
		return (int64(name[2]-'0')*8 + int64(name[3]-'0')*2) << 2, true
	}
	return 0, false
}

// names lists the symbols of a value; numbers among them are skipped.
func names(v value) (list []string) {
	switch v.kind {
	case valueSymbol:
		return []string{v.text}
	case valueOr:
		for _, e := range v.list {
			list = append(list, names(e)...)
		}
	}
	return list
}

// argument i of a call, "..." if there is none.
func (c *call) arg(i int) value {
	if i < len(c.args) {
		return c.args[i]
	}
	return value{}
}

// intArg is argument i as a number.
func (r *run) intArg(c *call, i int) int64 {
	n, ok := r.number(c.arg(i))
	if !ok {
		r.skip("argument %d of %s", i+1, callText(c))
	}
	return n
}

// maxCount bounds the bytes of one call and of a buffer.
const maxCount = 64 << 20

// count is an argument that is a number of bytes.
func (r *run) count(c *call, i int) int {
	n := r.intArg(c, i)
	if n < 0 || n > maxCount {
		r.skip("argument %d of %s", i+1, callText(c))
	}
	return int(n)
}

// calls are the system calls. Each gives what is to be done, again and again while it blocks.
var calls map[string]func(r *run, c *call, f *file) func() outcome

func init() {
	calls = map[string]func(r *run, c *call, f *file) func() outcome{
		"bind": (*run).callBind, "listen": (*run).callListen, "accept": (*run).callAccept, "accept4": (*run).callAccept,
		"connect": (*run).callConnect, "read": (*run).callRead, "recv": (*run).callRead, "recvfrom": (*run).callRead,
		"readv": (*run).callReadVector, "recvmsg": (*run).callReadVector,
		"write": (*run).callWrite, "send": (*run).callWrite, "sendto": (*run).callWrite,
		"writev": (*run).callWriteVector, "sendmsg": (*run).callWriteVector,
		"shutdown": (*run).callShutdown, "close": (*run).callClose, "fcntl": (*run).callFcntl, "ioctl": (*run).callIoctl,
		"epoll_ctl": (*run).callEpollCtl, "epoll_wait": (*run).callEpollWait,
		"getsockopt": (*run).callGetsockopt, "setsockopt": (*run).callSetsockopt,
	}
}

// prepare finds what a call does.
func (r *run) prepare(c *call) func() outcome {
	switch c.name {
	case "socket":
		return func() outcome { return r.callSocket(c) }
	case "poll":
		return r.callPoll(c)
	case "epoll_create", "epoll_create1":
		return func() outcome { return r.callEpollCreate(c) }
	}
	prepare := calls[c.name]
	if prepare == nil {
		r.skip("system call %s", c.name)
	}
	f := r.files[r.intArg(c, 0)]
	if f == nil {
		return func() outcome { return failed("EBADF") }
	}
	op := prepare(r, c, f)
	flags := r.messageFlags(c)
	if c.arg(1).text == "NULL" && c.args[1].kind == valueSymbol && buffered[c.name] && r.count(c, 2) > 0 {
		return func() outcome { return failed("EFAULT") }
	}
	return func() outcome {
		o := op()
		if o.block && (f.nonblock || slices.Contains(flags, "MSG_DONTWAIT")) && c.name != "close" {
			return failed("EAGAIN")
		}
		return o
	}
}

// buffered are the calls whose second argument is a buffer and whose third its length.
var buffered = map[string]bool{"read": true, "recv": true, "recvfrom": true, "write": true, "send": true, "sendto": true}

// messageFlags are the flags of calls that have them; what changes the meaning in ways that the stack does not know
// makes the script be skipped.
func (r *run) messageFlags(c *call) []string {
	var v value
	switch c.name {
	case "recv", "send", "sendto", "recvfrom":
		v = c.arg(3)
	case "sendmsg", "recvmsg":
		v = c.arg(2)
	}
	list := names(v)
	for _, name := range list {
		switch name {
		case "MSG_PEEK", "MSG_DONTWAIT", "MSG_NOSIGNAL", "MSG_WAITALL":
			continue
		case "MSG_MORE", "MSG_OOB", "MSG_FASTOPEN":
			if c.name[0] == 's' {
				continue
			}
		}
		r.skip("%s", name)
	}
	const fastOpen = 0x20000000
	if n, known := r.number(v); known && n == fastOpen {
		list = []string{"MSG_FASTOPEN"}
	} else if known && n != 0 && len(list) == 0 {
		r.skip("flags %#x of %s", n, c.name)
	}
	return list
}

func (r *run) callSocket(c *call) outcome {
	kind := names(c.arg(1))
	for _, d := range names(c.arg(0)) {
		if d != "AF_INET" && d != "AF_INET6" && d != "PF_INET" && d != "PF_INET6" {
			r.skip("socket of %s", d)
		}
	}
	f := &file{linger: -1, cfg: r.profile.config(), options: make(map[string]int64), nonblock: slices.Contains(kind, "SOCK_NONBLOCK")}
	if r.quick {
		f.cfg.DelayedAck = -1
	}
	f.keepAlive = f.cfg.KeepAlive
	switch {
	case slices.Contains(kind, "SOCK_STREAM"):
		if p := names(c.arg(2)); len(p) > 0 && p[0] != "IPPROTO_TCP" {
			r.skip("socket of %s", p[0])
		}
		f.tcp = true
	case slices.Contains(kind, "SOCK_DGRAM"):
		if p := names(c.arg(2)); len(p) > 0 && p[0] != "IPPROTO_UDP" {
			r.skip("socket of %s", p[0])
		}
	default:
		r.skip("socket of %s", c.arg(1))
	}
	fd, known := r.number(c.result)
	if !known || fd < 0 {
		r.skip("socket without a descriptor")
	}
	if r.files[fd] != nil {
		r.bad("descriptor %d is open", fd)
	}
	r.files[fd] = f
	return outcome{ret: fd}
}

// sockaddr reads an address argument; "..." is the usual one.
func (r *run) sockaddr(v value, usual netip.AddrPort) netip.AddrPort {
	if v.kind != valueStruct {
		return usual
	}
	addr, port := usual.Addr(), usual.Port()
	for i, e := range v.list {
		switch v.fields[i] {
		case "sin_port", "sin6_port":
			if n, ok := r.number(e); ok && n >= 0 && n <= 65535 {
				port = uint16(n)
			}
		case "sin_addr", "sin6_addr":
			text := e.text
			if e.kind == valueFunc && len(e.list) > 0 {
				text = e.list[len(e.list)-1].text
			}
			if a, err := netip.ParseAddr(text); err == nil && a.Is4() == r.local.Is4() {
				addr = a
			} else if text == "INADDR_ANY" || text == "in6addr_any" {
				addr = r.unspecified()
			}
		case "sa_family", "sin_family", "sin6_family":
			for _, name := range names(e) {
				if name == "AF_UNSPEC" {
					r.skip("AF_UNSPEC")
				}
			}
		}
	}
	return netip.AddrPortFrom(addr, port)
}

func (r *run) callBind(c *call, f *file) func() outcome {
	a := r.sockaddr(c.arg(1), netip.AddrPortFrom(r.local, servicePort))
	return func() outcome {
		if f.bound.IsValid() || f.sock != nil || f.listener != nil {
			return failed("EINVAL")
		}
		f.bound = a
		if !f.tcp {
			u, err := r.stack.ListenUDP(a, stack.UDPOptions{})
			if err != nil {
				return failed(errnoOf(err))
			}
			f.udp = u
		}
		return ok(0)
	}
}

func (r *run) callListen(c *call, f *file) func() outcome {
	backlog := r.intArg(c, 1)
	return func() outcome {
		switch {
		case !f.tcp:
			return failed("EOPNOTSUPP")
		case f.listener != nil:
			return ok(0)
		case f.sock != nil:
			return failed("EINVAL")
		}
		if !f.bound.IsValid() {
			f.bound = netip.AddrPortFrom(r.unspecified(), 0)
		}
		// Systems take one more than they are asked for.
		f.backlog = int(min(max(backlog, 0), 1<<16)) + 1
		return r.listen(f)
	}
}

// listen opens the listener with the socket's present options.
func (r *run) listen(f *file) outcome {
	cfg := f.config()
	server := r.profile.fastOpen
	cfg.FastOpen = server&fastOpenServer != 0 && (f.fastOpen || server&fastOpenListeners != 0)
	l, err := r.stack.ListenTCP(f.bound, stack.TCPOptions{Config: cfg, Backlog: f.backlog, TTL: f.ttl, DSCP: f.tos >> 2})
	if err != nil {
		return failed(errnoOf(err))
	}
	f.listener = l
	return ok(0)
}

// config is a copy of the socket's configuration, which connections may keep.
func (f *file) config() *tcp.Config {
	c := f.cfg
	c.KeepAlive = f.keepAlive
	return &c
}

func (r *run) callAccept(c *call, f *file) func() outcome {
	return func() outcome {
		if f.listener == nil {
			return failed("EINVAL")
		}
		s, err := f.listener.Accept()
		if errors.Is(err, tcp.ErrWouldBlock) {
			return wait()
		}
		if err != nil {
			return failed(errnoOf(err))
		}
		n := &file{
			tcp: true, sock: s, connected: true, linger: f.linger, cfg: f.cfg, keepAlive: f.keepAlive, sndLimit: f.sndLimit,
			ttl: f.ttl, tos: f.tos,
			options: make(map[string]int64),
		}
		for k, v := range f.options {
			n.options[k] = v
		}
		n.nonblock = slices.Contains(names(c.arg(3)), "SOCK_NONBLOCK") || c.name == "accept" && r.profile.name == "freebsd" && f.nonblock
		fd, known := r.number(c.result)
		if !known || fd < 0 {
			return wrong("a connection")
		}
		if r.files[fd] != nil {
			r.bad("descriptor %d is open", fd)
		}
		r.files[fd] = n
		r.connOf(s.LocalAddr(), s.RemoteAddr()).sock = s
		return outcome{ret: fd}
	}
}

func (r *run) callConnect(c *call, f *file) func() outcome {
	to := r.sockaddr(c.arg(1), netip.AddrPortFrom(r.remote, servicePort))
	waiting := false
	return func() outcome {
		switch {
		case !f.tcp:
			return r.connectUDP(f, to)
		case f.listener != nil:
			return failed("EISCONN")
		case f.sock == nil:
			if f.fastOpen && r.cookies.known && r.profile.fastOpen&fastOpenClient != 0 {
				f.deferred = to
				return ok(0)
			}
			if o := r.dial(f, to, f.fastOpen); o.errno != "" {
				return o
			}
			if f.nonblock {
				return failed("EINPROGRESS")
			}
			waiting = true
			return wait()
		}
		if errno := f.takeErr(); errno != "" {
			return failed(errno)
		}
		switch s := f.sock.State(); {
		case s == tcp.SynSent || s == tcp.SynReceived:
			if f.nonblock {
				return failed("EALREADY")
			}
			waiting = true
			return wait()
		case s == tcp.Closed:
			return failed("ECONNABORTED")
		case waiting || !f.connected && r.profile.name == "linux":
			f.connected = true
			return ok(0)
		}
		return failed("EISCONN")
	}
}

func (r *run) connectUDP(f *file, to netip.AddrPort) outcome {
	if f.udp == nil {
		u, err := r.stack.ListenUDP(netip.AddrPortFrom(r.unspecified(), 0), stack.UDPOptions{})
		if err != nil {
			return failed(errnoOf(err))
		}
		f.udp = u
	}
	if err := f.udp.Connect(to); err != nil {
		return failed(errnoOf(err))
	}
	return ok(0)
}

// udpLocal is where the script's first UDP socket is.
func (r *run) udpLocal() (a netip.AddrPort) {
	first := int64(-1)
	for fd, f := range r.files {
		if f.udp != nil && (first < 0 || fd < first) {
			first, a = fd, f.udp.LocalAddr()
		}
	}
	return a
}

// takeErr gives, once, why the connection ended.
func (f *file) takeErr() string {
	if f.sock == nil || f.errTaken {
		return ""
	}
	err := f.sock.Err()
	if err == nil || errors.Is(err, tcp.ErrClosed) {
		return ""
	}
	f.errTaken = true
	return errnoOf(err)
}

// errnoOf is the number of an operating system for the stack's error, by its name.
func errnoOf(err error) string {
	for _, e := range []struct {
		err   error
		errno string
	}{
		{stack.ErrWouldBlock, "EAGAIN"}, {stack.ErrRefused, "ECONNREFUSED"}, {stack.ErrReset, "ECONNRESET"},
		{stack.ErrTimeout, "ETIMEDOUT"}, {stack.ErrClosed, "EPIPE"}, {stack.ErrNoRoute, "ENETUNREACH"},
		{stack.ErrHostUnreachable, "EHOSTUNREACH"}, {stack.ErrNetUnreachable, "ENETUNREACH"},
		{stack.ErrProtoUnreach, "ENOPROTOOPT"}, {stack.ErrMessageSize, "EMSGSIZE"}, {stack.ErrInvalidAddr, "EINVAL"},
		{stack.ErrNotOurs, "EADDRNOTAVAIL"}, {stack.ErrAddrInUse, "EADDRINUSE"}, {stack.ErrNoPorts, "EADDRNOTAVAIL"},
		{stack.ErrNotConnected, "ENOTCONN"}, {stack.ErrIsConnected, "EISCONN"}, {stack.ErrTooMany, "ENOBUFS"},
		{stack.ErrTimeExceeded, "EHOSTUNREACH"}, {stack.ErrParameter, "EPROTO"},
		{stack.ErrProhibited, "EACCES"},
	} {
		if errors.Is(err, e.err) {
			return e.errno
		}
	}
	return "EIO"
}

func (r *run) callShutdown(c *call, f *file) func() outcome {
	how := r.intArg(c, 1)
	return func() outcome {
		switch {
		case how < 0 || how > 2:
			return failed("EINVAL")
		case f.listener != nil:
			if how != 1 {
				f.listener.Close()
				f.listener = nil
			}
			return ok(0)
		case f.sock == nil || f.sock.State() == tcp.Closed:
			return failed("ENOTCONN")
		}
		if how != 1 {
			f.shutRead = true
		}
		if how != 0 && !f.shutWrite {
			f.shutWrite = true
			if err := f.sock.CloseWrite(); err != nil {
				return failed(errnoOf(err))
			}
		}
		return ok(0)
	}
}

func (r *run) callClose(c *call, f *file) func() outcome {
	closed := false
	return func() outcome {
		if !closed {
			closed = true
			delete(r.files, r.intArg(c, 0))
			switch {
			case f.listener != nil:
				f.listener.Close()
			case f.udp != nil:
				f.udp.Close()
			case f.sock != nil:
				if f.linger >= 0 {
					f.sock.SetLinger(true, time.Duration(f.linger)*time.Second)
				}
				f.sock.Close()
			}
		}
		if f.sock != nil && f.linger > 0 && !f.nonblock {
			switch f.sock.State() {
			case tcp.FinWait2, tcp.TimeWait, tcp.Closed:
			default:
				return wait()
			}
		}
		return ok(0)
	}
}

func (r *run) callFcntl(c *call, f *file) func() outcome {
	flags := int64(2)
	if f.nonblock {
		flags |= r.profile.nonblockFlag
	}
	switch c.arg(1).text {
	case "F_GETFL":
		return func() outcome {
			// The number of O_NONBLOCK differs between systems.
			if want, known := r.number(c.result); known && f.nonblock && (want == 2|0x800 || want == 2|0x4) {
				return outcome{ret: want}
			}
			return outcome{ret: flags}
		}
	case "F_SETFL":
		want, known := r.number(c.arg(2))
		if !known {
			r.skip("flags %s", c.arg(2))
		}
		return func() outcome {
			f.nonblock = want&(0x800|0x4) != 0
			return ok(0)
		}
	}
	r.skip("fcntl %s", c.arg(1))
	return nil
}

func (r *run) callIoctl(c *call, f *file) func() outcome {
	return func() outcome {
		n := int64(0)
		switch name := c.arg(1).text; name {
		case "SIOCINQ", "FIONREAD":
			switch {
			case f.listener != nil:
				return failed("EINVAL")
			case f.sock != nil:
				n = int64(f.sock.Readable())
			}
		case "SIOCOUTQ", "TIOCOUTQ", "FIONWRITE":
			if f.sock != nil {
				i := f.sock.Info()
				n = int64(i.Unacked + i.Unsent)
			}
		case "SIOCOUTQNSD":
			if f.sock != nil {
				n = int64(f.sock.Info().Unsent)
			}
		default:
			r.skip("ioctl %s", name)
		}
		if want, known := r.number(c.arg(2)); known && want != n {
			return wrong("[%d]", n)
		} else if !known && c.arg(2).kind != valueEllipsis {
			r.skip("argument 3 of %s", callText(c))
		}
		return ok(0)
	}
}
