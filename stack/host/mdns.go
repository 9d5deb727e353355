package host

import (
	"errors"
	"net/netip"
	"slices"

	"smoltcp/stack"
	"smoltcp/stack/dns"
)

// MulticastDNS says how a host answers for its name on the link (RFC 6762).
type MulticastDNS struct {
	// Name is one label: a host called "printer" is printer.local.
	Name string

	// Event, if set, is called in the loop, with the name that the host has on an interface since then: dns.Claimed when nobody else
	// had it, dns.Renamed when another host has the one before, dns.Conflict when another host uses it and it is probed again.
	Event func(on *stack.Interface, e dns.ResponderEvent, name string)
}

// Responder has a host answer for its name: its addresses can be looked up by the name, and the name by the addresses, by every host on its links
// that knows multicast DNS.
type Responder struct {
	host  *Host
	cfg   MulticastDNS
	watch *stack.Watch
	links []*responderLink
	buf   []byte

	parted bool // the name was taken back
	ended  bool
}

// responderLink is a responder on one interface.
type responderLink struct {
	r       *Responder
	ifc     *stack.Interface
	machine *dns.Responder
	alarm   *stack.Alarm
	socks   [2]*stack.UDPSocket // of IPv4 and IPv6, nil where the interface has none
	changes uint64              // of the link, as far as is known
	busy    bool
}

// Respond begins to answer for a name, on every interface but the loopback. It is claimed first, which takes a second. Shutdown takes
// it back. Errors: dns.ErrBadName, or those of a UDP socket on port 5353.
func (h *Host) Respond(cfg MulticastDNS) (*Responder, error) {
	h.lock()
	defer h.unlock()
	if _, err := dns.NewResponder(dns.ResponderConfig{Name: cfg.Name}); err != nil {
		return nil, err
	}
	r := &Responder{host: h, cfg: cfg, buf: make([]byte, dnsBuffer)}
	if err := h.register(r); err != nil {
		return nil, err
	}
	r.watch = h.stack.Watch(func() { _ = r.follow() })
	if err := r.follow(); err != nil {
		r.end()
		delete(h.open, r)
		return nil, err
	}
	h.partings = append(h.partings, r)
	return r, nil
}

// Name is the name that the host has now on an interface, with .local and a dot at its end; empty if it does not answer there.
func (r *Responder) Name(on *stack.Interface) string {
	r.host.lock()
	defer r.host.unlock()
	for _, l := range r.links {
		if l.ifc == on {
			return l.machine.Name().String()
		}
	}
	return ""
}

// Close takes the name back: the hosts of the link are told.
func (r *Responder) Close() {
	r.host.lock()
	defer r.host.unlock()
	r.part()
	r.end()
	delete(r.host.open, r)
}

// part says goodbye (RFC 6762 section 10.1). The stack may have closed the sockets before: see Host.Shutdown.
func (r *Responder) part() {
	r.parted = true
	for _, l := range r.links {
		l.closeSockets()
		_ = l.listen(false) // what cannot be said is found out by others when the records expire
		l.machine.Close()
		l.drive()
	}
}

// hostEnded is for the end of the host. Part of waker.
func (r *Responder) hostEnded() { r.end() }

func (r *Responder) end() {
	if r.ended {
		return
	}
	r.ended = true
	r.host.forget(r)
	r.watch.Close()
	for _, l := range r.links {
		l.close()
	}
	r.links = nil
}

// follow has a link for each interface, and tells its machine the addresses that there are now. It is called again whenever they change.
func (r *Responder) follow() (err error) {
	if r.parted {
		return nil
	}
	all := r.host.stack.Interfaces()
	r.links = slices.DeleteFunc(r.links, func(l *responderLink) bool {
		gone := !slices.Contains(all, l.ifc)
		if gone {
			l.close()
		}
		return gone
	})
	for _, ifc := range all {
		if ifc.Loopback() || slices.ContainsFunc(r.links, func(l *responderLink) bool { return l.ifc == ifc }) {
			continue
		}
		l := &responderLink{r: r, ifc: ifc, changes: ifc.LinkChanges()}
		if oerr := l.open(); oerr != nil {
			l.close()
			err = oerr
			continue
		}
		r.links = append(r.links, l)
	}
	for _, l := range r.links {
		l.machine.SetAddrs(r.host.stack.Now(), l.ifc.Addrs())
		if n := l.ifc.LinkChanges(); n != l.changes && l.ifc.Link() {
			l.changes = n
			l.machine.Restart(r.host.stack.Now()) // it may be another link, where the name is another's
		}
		l.drive()
	}
	return err
}

// open makes a link's machine and its sockets.
func (l *responderLink) open() (err error) {
	h := l.r.host
	if l.machine, err = dns.NewResponder(dns.ResponderConfig{Name: l.r.cfg.Name, Rand: h.dns.Rand}); err != nil {
		return err
	}
	l.alarm = h.stack.NewAlarm(func() {
		l.machine.Advance(h.stack.Now())
		l.drive()
	})
	return l.listen(true)
}

// listen opens the sockets of a link, to hear what is said to the groups or to send alone.
func (l *responderLink) listen(hear bool) error {
	for i, group := range [...]netip.AddrPort{dns.Group4, dns.Group6} {
		any := netip.IPv4Unspecified()
		if i == 1 {
			any = netip.IPv6Unspecified()
		}
		u, err := l.r.host.stack.ListenUDP(netip.AddrPortFrom(any, dns.MulticastPort), stack.UDPOptions{
			Interface: l.ifc, V6Only: true, Shared: true, NoLoop: true, TTL: 255,
		})
		if err != nil {
			return err
		}
		l.socks[i] = u
		if !hear {
			continue
		}
		err = u.JoinGroup(group.Addr(), l.ifc)
		switch {
		case err == nil:
			u.SetHandler(func() { l.read(u) })
		case i == 1 && errors.Is(err, stack.ErrBadGroup): // the MTU is too small for IPv6
			u.Close()
			l.socks[i] = nil
		default:
			return err
		}
	}
	return nil
}

// close closes what open made, as far as it came. What is queued still leaves.
func (l *responderLink) close() {
	if l.alarm != nil {
		l.alarm.Close()
	}
	l.closeSockets()
}

func (l *responderLink) closeSockets() {
	for i, u := range l.socks {
		if u != nil {
			u.Close()
		}
		l.socks[i] = nil
	}
}

// read is the handler of a socket.
func (l *responderLink) read(u *stack.UDPSocket) {
	for {
		n, m, err := u.Recv(l.r.buf)
		if err != nil {
			return
		}
		l.machine.Receive(l.r.host.stack.Now(), m.Remote, l.r.buf[:n])
		l.drive()
	}
}

// drive sends what the machine wants sent, tells of what it found out, and sets the alarm.
func (l *responderLink) drive() {
	if l.busy || l.r.ended {
		return
	}
	l.busy = true
	defer func() { l.busy = false }()
	for d, ok := l.machine.Output(); ok; d, ok = l.machine.Output() {
		u := l.socks[0]
		if d.To.Addr().Is6() {
			u = l.socks[1]
		}
		if u != nil {
			_ = u.Send(d.Data, stack.UDPMessage{Remote: d.To, Interface: l.ifc, TTL: 255}) // one that cannot be sent is lost, as on the wire
		}
	}
	for e, ok := l.machine.Event(); ok; e, ok = l.machine.Event() {
		if l.r.cfg.Event != nil {
			l.r.cfg.Event(l.ifc, e, l.machine.Name().String())
		}
	}
	at, ok := l.machine.Deadline()
	if !ok {
		at = stack.Never
	}
	l.alarm.Set(at)
}
