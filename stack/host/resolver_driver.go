package host

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"smoltcp/stack"
	"smoltcp/stack/dns"
)

// resolverDriver is what package dns asks of whoever runs its resolver: sockets, a clock, and somebody to give the results to. All of it runs
// inside the loop or under the lock.
type resolverDriver struct {
	r       *Resolver
	cfg     dns.Config
	alarm   *stack.Alarm
	flows   map[dns.Flow]*dnsFlow
	waiting map[dns.ID]*dnsLookup
	buf     []byte
	busy    bool          // drive is running
	gone    chan struct{} // closed at the end
	ended   bool
}

// dnsFlow is a socket of the resolver's: one of the two.
type dnsFlow struct {
	id   dns.Flow
	to   netip.AddrPort
	udp  *stack.UDPSocket
	tcp  *stack.TCPSocket
	out  []byte // still to be written to tcp
	many bool   // to a group, by every interface
}

// dnsLookup is a lookup whose results are awaited.
type dnsLookup struct {
	want    int
	results []dns.Result
	done    func([]dns.Result)
}

// dnsBuffer holds any message.
const dnsBuffer = 1 << 16

// newResolver makes a resolver. The lock is held.
func (h *Host) newResolver(cfg dns.Config) *Resolver {
	r := &Resolver{host: h, rand: cfg.Rand}
	r.machine = dns.NewResolver(cfg)
	d := &r.driver
	*d = resolverDriver{r: r, cfg: cfg, flows: map[dns.Flow]*dnsFlow{}, waiting: map[dns.ID]*dnsLookup{}, gone: make(chan struct{})}
	d.alarm = h.stack.NewAlarm(d.advance)
	if h.register(r) != nil {
		d.end()
		return r
	}
	d.namesChanged()
	h.resolvers = append(h.resolvers, r)
	return r
}

// hostEnded is for the end of the host. Part of waker.
func (r *Resolver) hostEnded() { r.driver.end() }

// end closes everything.
func (d *resolverDriver) end() {
	if d.ended {
		return
	}
	d.ended = true
	for _, f := range d.flows {
		f.close()
	}
	clear(d.flows)
	clear(d.waiting)
	d.alarm.Close()
	close(d.gone)
}

// namesChanged takes over what the host knows of name servers now.
func (d *resolverDriver) namesChanged() {
	if d.ended {
		return
	}
	h := d.r.host
	servers, search := d.cfg.Servers, d.cfg.Search
	if len(servers) == 0 {
		servers = h.names.present.Servers
	}
	if len(search) == 0 {
		for _, text := range h.names.present.Search {
			if name, err := dns.ParseName(text); err == nil {
				search = append(search, name)
			}
		}
	}
	servers = slices.Clone(servers)
	for i, s := range servers {
		// Answers of a link-local server come with its zone, and so it has to be known by that.
		if a := s.Addr(); a.Is6() && a.IsLinkLocalUnicast() && a.Zone() == "" {
			servers[i] = netip.AddrPortFrom(a.WithZone(h.ifc.Name()), s.Port())
		}
	}
	d.r.machine.SetServers(h.stack.Now(), servers, search)
	d.drive()
}

// start begins a lookup. done is called when all of its results are there.
func (d *resolverDriver) start(name string, done func([]dns.Result), types []dns.Type) (dns.ID, error) {
	if d.ended {
		return 0, net.ErrClosed
	}
	h := d.r.host
	var links []netip.Prefix
	for _, ifc := range h.stack.Interfaces() {
		links = append(links, ifc.Addrs()...)
	}
	d.r.machine.SetLinks(links)
	id, err := d.r.machine.Lookup(h.stack.Now(), name, types...)
	if err != nil {
		return 0, err
	}
	d.waiting[id] = &dnsLookup{want: len(types), done: done}
	d.drive()
	return id, nil
}

// cancel ends a lookup that nobody waits for any more.
func (d *resolverDriver) cancel(id dns.ID) {
	if d.ended {
		return
	}
	delete(d.waiting, id)
	d.r.machine.Cancel(id)
	d.drive()
}

// advance is the alarm's handler.
func (d *resolverDriver) advance() {
	if !d.ended {
		d.r.machine.Advance(d.r.host.stack.Now())
		d.drive()
	}
}

// drive does what the machine wants done, and gives its results out, until there is nothing more.
func (d *resolverDriver) drive() {
	if d.busy || d.ended {
		return
	}
	d.busy = true
	m := d.r.machine
	for more := true; more && !d.ended; {
		more = false
		if a, ok := m.Action(); ok {
			more = true
			d.act(a)
		}
		if res, ok := m.Result(); ok {
			more = true
			d.result(res)
		}
	}
	d.busy = false
	if d.ended {
		return
	}
	at, ok := m.Deadline()
	if !ok {
		at = stack.Never
	}
	d.alarm.Set(at)
}

// result gives the results of a lookup to whoever waits for them.
func (d *resolverDriver) result(res dns.Result) {
	l := d.waiting[res.ID]
	if l == nil {
		return
	}
	if l.results = append(l.results, res); len(l.results) == l.want {
		delete(d.waiting, res.ID)
		l.done(l.results)
	}
}

// act does one thing that the machine wants.
func (d *resolverDriver) act(a dns.Action) {
	f := d.flows[a.Flow]
	if f == nil {
		if a.Op == dns.Close || a.Op == dns.Again {
			return
		}
		f = &dnsFlow{id: a.Flow, to: a.To}
		if err := d.open(f, a); err != nil {
			f.close()
			d.fail(f, err)
			return
		}
		d.flows[a.Flow] = f
	}
	if a.Op == dns.Close {
		delete(d.flows, a.Flow)
		f.close()
		return
	}
	if err := d.send(f, a.Data); err != nil {
		d.fail(f, err)
	}
}

// fail tells the machine of an error. What it wants then is done by drive, which is running or called next.
func (d *resolverDriver) fail(f *dnsFlow, err error) {
	d.r.machine.Fail(d.r.host.stack.Now(), f.id, err)
}

// open makes the socket of a flow.
func (d *resolverDriver) open(f *dnsFlow, a dns.Action) (err error) {
	s := d.r.host.stack
	switch a.Op {
	case dns.OpenUDP:
		if f.udp, err = s.DialUDP(a.To, stack.UDPOptions{}); err != nil {
			return err
		}
		f.udp.SetHandler(func() { d.readUDP(f) })
	case dns.OpenMulticast:
		any := netip.IPv6Unspecified()
		if a.To.Addr().Is4() {
			any = netip.IPv4Unspecified()
		}
		if f.udp, err = s.ListenUDP(netip.AddrPortFrom(any, 0), stack.UDPOptions{V6Only: true}); err != nil {
			return err
		}
		f.many = true
		f.udp.SetHandler(func() { d.readUDP(f) })
	case dns.OpenTCP:
		if f.tcp, err = s.DialTCP(a.To, stack.TCPOptions{}); err != nil {
			return err
		}
		f.tcp.SetHandler(func() { d.serveTCP(f) })
	}
	return nil
}

// send sends a message on a flow.
func (d *resolverDriver) send(f *dnsFlow, b []byte) error {
	switch {
	case f.tcp != nil:
		f.out = append(f.out, b...)
		return f.write()
	case !f.many:
		return notFull(f.udp.Write(b))
	}
	sent, err := false, error(stack.ErrNoRoute)
	for _, ifc := range d.r.host.stack.Interfaces() {
		if ifc.Loopback() {
			continue
		}
		// RFC 6762 section 11.
		if serr := notFull(f.udp.Send(b, stack.UDPMessage{Remote: f.to, Interface: ifc, TTL: 255})); serr == nil {
			sent = true
		} else {
			err = serr
		}
	}
	if sent {
		return nil
	}
	return err
}

// notFull passes over a full queue: the message is lost, and the machine sends another one.
func notFull(err error) error {
	if errors.Is(err, stack.ErrWouldBlock) {
		return nil
	}
	return err
}

// readUDP is the handler of a UDP socket.
func (d *resolverDriver) readUDP(f *dnsFlow) {
	for !d.ended && d.flows[f.id] == f {
		n, m, err := f.udp.Recv(d.buffer())
		if errors.Is(err, stack.ErrWouldBlock) {
			return
		}
		d.read(f, m.Remote, d.buf[:n], err)
	}
}

// read gives the machine what came on a flow, or the error that did.
func (d *resolverDriver) read(f *dnsFlow, from netip.AddrPort, b []byte, err error) {
	if err != nil {
		d.fail(f, err)
	} else {
		d.r.machine.Receive(d.r.host.stack.Now(), f.id, from, b)
	}
	d.drive()
}

// buffer is where a message is read to. The machine keeps nothing of it.
func (d *resolverDriver) buffer() []byte {
	if d.buf == nil {
		d.buf = make([]byte, dnsBuffer)
	}
	return d.buf
}

// serveTCP is the handler of a TCP socket.
func (d *resolverDriver) serveTCP(f *dnsFlow) {
	for !d.ended && d.flows[f.id] == f {
		if err := f.write(); err != nil {
			d.fail(f, err)
			d.drive()
			return
		}
		n, err := f.tcp.Read(d.buffer())
		if errors.Is(err, stack.ErrWouldBlock) {
			return
		}
		if d.read(f, f.to, d.buf[:n], err); err != nil {
			return
		}
	}
}

// write writes what there is to be written, as far as there is room.
func (f *dnsFlow) write() error {
	for len(f.out) > 0 {
		n, err := f.tcp.Write(f.out)
		f.out = f.out[n:]
		if err != nil {
			return notFull(err)
		}
	}
	return nil
}

func (f *dnsFlow) close() {
	if f.udp != nil {
		f.udp.Close()
	}
	if f.tcp != nil {
		f.tcp.Abort()
	}
}
