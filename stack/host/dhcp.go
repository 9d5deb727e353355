package host

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/dhcp"
)

// DHCPConfig says how a host asks for an IPv4 address. The zero value is usual.
type DHCPConfig struct {
	// Interface is where: an Ethernet one. Nil is the device's.
	Interface *stack.Interface

	// Client is what the messages say. HardwareAddr and MTU are the interface's, Rand is the stack's unless it is set, and Events is
	// called inside the loop: it must not call the host.
	Client dhcp.Config4

	// QuickProbe has an address probed within a second instead of seven (RFC 5227 says for what), for a program that somebody waits
	// for.
	QuickProbe bool

	// Metric of the routes that the lease brings: 512 by default, behind those that were added without a metric.
	Metric int

	// Trouble, if set, is called inside the loop with what of a lease could not be configured, and is as bound as Client.Events.
	Trouble func(error)
}

// leaseMetric is the usual metric of a lease's routes.
const leaseMetric = 512

// minLeaseMTU is the smallest MTU that is taken from a server. Nothing that is called a network has a smaller one.
const minLeaseMTU = 576

// DHCP is a DHCP client of a host: it has a lease, or is about to get one, until Release or the end of the host.
type DHCP struct {
	host  *Host
	cfg   DHCPConfig
	ifc   *stack.Interface
	mac   dissect.MAC // that the client was made for
	mtu   int         // of the interface without a lease
	links uint64      // of Interface.LinkChanges that were seen

	client *dhcp.Client4
	port   *stack.DHCPPort
	alarm  *stack.Alarm
	watch  *stack.Watch
	probe  *stack.AddrProbe // nil unless one is under way
	buf    []byte

	lease  dhcp.Lease4   // as it is configured; with an invalid Addr if none is
	routes []stack.Route // of it
	byHand bool          // the leased address was the interface's already
	names  *nameVoice

	changed chan struct{} // closed and replaced when the lease comes or goes
	reason  string        // why there was no lease last
	ended   bool
}

// StartDHCP begins to ask for an IPv4 address, and configures the host as the answer
// says: address, routes, MTU, name servers. It goes on doing so. Errors: stack.ErrBadInterface, dhcp.ErrConfig, stack.ErrAddrInUse.
func (h *Host) StartDHCP(cfg DHCPConfig) (*DHCP, error) {
	h.lock()
	defer h.unlock()
	if cfg.Metric == 0 {
		cfg.Metric = leaseMetric
	}
	if cfg.Client.Rand == nil {
		cfg.Client.Rand = h.rand
	}
	if cfg.Interface == nil {
		cfg.Interface = h.ifc
	}
	d := &DHCP{host: h, cfg: cfg, ifc: cfg.Interface, mtu: cfg.Interface.MTU(), links: cfg.Interface.LinkChanges(), changed: make(chan struct{})}
	if err := d.open(); err != nil {
		return nil, err
	}
	d.client.Start(h.stack.Now())
	d.names = h.nameVoice(namesByDHCP4)
	d.alarm = h.stack.NewAlarm(d.run)
	d.alarm.Set(h.stack.Now())
	d.watch = h.stack.Watch(d.look)
	h.partings = append(h.partings, d)
	return d, nil
}

// open makes the client, for the hardware address that the interface has now, and opens its port.
func (d *DHCP) open() error {
	cfg := d.cfg.Client
	d.mac = d.ifc.HardwareAddr()
	cfg.HardwareAddr, cfg.MTU, cfg.Events = d.mac, d.mtu, d.event
	if d.mtu < minLeaseMTU {
		cfg.Broadcast = true // an answer may come in fragments
	}
	if d.port == nil {
		port, err := d.host.stack.OpenDHCP(d.ifc)
		if err != nil {
			return err
		}
		port.SetHandler(d.run)
		d.port, d.buf = port, make([]byte, 1<<16)
	}
	client, err := dhcp.New4(cfg)
	if err != nil {
		d.port.Close()
		return err
	}
	d.client = client
	return nil
}

// Lease gives the lease that is in use; ok is false if there is none.
func (d *DHCP) Lease() (l dhcp.Lease4, ok bool) {
	d.host.lock()
	defer d.host.unlock()
	if d.ended || !d.lease.Addr.IsValid() {
		return dhcp.Lease4{}, false
	}
	return d.lease.Clone(), true
}

// State is where the client is.
func (d *DHCP) State() dhcp.State4 {
	d.host.lock()
	defer d.host.unlock()
	return d.client.State()
}

// Counters gives what the client sent, received and dropped so far.
func (d *DHCP) Counters() dhcp.Counters4 {
	d.host.lock()
	defer d.host.unlock()
	return d.client.Counters()
}

// ErrNoLease is wrapped by Wait's error.
var ErrNoLease = errors.New("no lease")

// Wait waits until there is a lease. Its error wraps ErrNoLease and says what is known of why there is none when ctx is done, or the
// client is.
func (d *DHCP) Wait(ctx context.Context) (dhcp.Lease4, error) {
	for {
		d.host.lock()
		l, changed, ended, reason := d.lease.Clone(), d.changed, d.ended || d.host.err != nil, d.reason
		state := d.client.State()
		d.host.unlock()
		switch {
		case ended:
			return dhcp.Lease4{}, fmt.Errorf("%w: the client has ended", ErrNoLease)
		case l.Addr.IsValid():
			return l, nil
		}
		select {
		case <-changed:
		case <-d.host.done:
		case <-ctx.Done():
			switch {
			case reason != "":
			case state == dhcp.Checking:
				reason = "the offered address is still being probed"
			default:
				reason = "no DHCP server answers"
			}
			return l, fmt.Errorf("%w: %s", ErrNoLease, reason)
		}
	}
}

// Release gives the lease back to the server, takes away what it brought, and ends the client.
func (d *DHCP) Release() {
	d.host.lock()
	defer d.host.unlock()
	d.part()
	d.withdraw()
}

// part tells the server that the lease ends, and ends the client. What the lease brought stays, since the message has to leave.
func (d *DHCP) part() {
	if d.ended {
		return
	}
	var m dhcp.Message4
	if d.client.Release(d.host.stack.Now(), &m) && d.reopen() == nil {
		d.send(&m)
	}
	d.end()
}

// end ends the client without a word.
func (d *DHCP) end() {
	d.ended = true
	d.host.forget(d)
	d.alarm.Close()
	d.watch.Close()
	d.stopProbe()
	d.port.Close()
	d.tell()
}

// reopen opens the port again if somebody closed it, as stack.Stack.Shutdown does with all of UDP.
func (d *DHCP) reopen() error {
	if !d.port.Closed() {
		return nil
	}
	port, err := d.host.stack.OpenDHCP(d.ifc)
	if err == nil {
		d.port = port
	}
	return err
}

// look is the watch: something has changed that is not DHCP's doing.
func (d *DHCP) look() {
	now := d.host.stack.Now()
	came := d.ifc.Link() && d.links != d.ifc.LinkChanges()
	d.links = d.ifc.LinkChanges()
	switch {
	case !slices.Contains(d.host.stack.Interfaces(), d.ifc):
		d.end()
		d.withdraw()
		return
	case d.ifc.HardwareAddr() != d.mac:
		// Another client, as servers see it: the lease is not its.
		d.stopProbe()
		d.withdraw()
		if err := d.open(); err != nil {
			d.trouble(err)
			return
		}
		d.client.Start(now)
	case came:
		d.client.Link(now)
	default:
		return
	}
	d.run()
}

// run gives the client what came, and sends what it wants sent. It is the handler of the port and of the alarm.
func (d *DHCP) run() {
	if d.ended {
		return
	}
	now := d.host.stack.Now()
	for {
		n, _, err := d.port.Recv(d.buf)
		if errors.Is(err, stack.ErrWouldBlock) || errors.Is(err, stack.ErrClosed) {
			break
		}
		if err == nil { // an ICMP error about a message says nothing that its silence will not
			d.client.Input(now, d.buf[:n])
		}
	}
	var m dhcp.Message4
	for d.client.Output(now, &m) {
		d.send(&m)
	}
	d.alarm.Set(d.client.Deadline())
}

// send sends a message. One that cannot be sent is as good as lost: the client repeats those that matter.
func (d *DHCP) send(m *dhcp.Message4) {
	if err := d.port.Send(m.Data, m.Src, m.Dst); err != nil {
		d.trouble(fmt.Errorf("%s to %s: %w", m.Type, m.Dst, err))
	}
}

func (d *DHCP) trouble(err error) {
	if d.cfg.Trouble != nil {
		d.cfg.Trouble(err)
	}
}

// event does what the client has decided.
func (d *DHCP) event(e dhcp.Event4) {
	switch e.Kind {
	case dhcp.EventState:
		if e.From == dhcp.Checking {
			d.stopProbe()
		}
	case dhcp.EventProbe:
		d.check(e.Lease.Addr.Addr())
	case dhcp.EventBound:
		d.apply(e.Lease)
		d.tell()
	case dhcp.EventRenewed:
		d.apply(e.Lease)
	case dhcp.EventLost:
		d.reason = e.Reason
		d.withdraw()
		d.tell()
	case dhcp.EventRefused:
		d.reason = e.Reason
	}
	if f := d.cfg.Client.Events; f != nil {
		f(e)
	}
}

// tell wakes whoever waits.
func (d *DHCP) tell() {
	close(d.changed)
	d.changed = make(chan struct{})
}

// check finds out whether another station has an address, and tells the client.
func (d *DHCP) check(a netip.Addr) {
	d.stopProbe()
	now := d.host.stack.Now()
	if _, ours := d.ifc.Origin(a); ours {
		d.client.Probed(now, a, false) // it was given by hand as well, and is being defended
		return
	}
	probe, err := d.ifc.ProbeAddr(a, func(taken bool, by dissect.MAC) {
		d.probe = nil
		d.client.Probed(d.host.stack.Now(), a, taken)
		d.run()
	})
	if err != nil {
		d.trouble(err)
		d.client.Probed(now, a, true)
		return
	}
	if d.probe = probe; d.cfg.QuickProbe {
		probe.Hurry()
	}
}

func (d *DHCP) stopProbe() {
	if d.probe != nil {
		d.probe.Stop()
		d.probe = nil
	}
}

// apply configures a lease in place of the one before, if there was one.
func (d *DHCP) apply(l dhcp.Lease4) {
	s, a := d.host.stack, l.Addr.Addr()
	if d.lease.Addr.IsValid() && d.lease.Addr.Addr() != a {
		d.withdraw()
	}
	origin, ours := d.ifc.Origin(a)
	if d.byHand = ours && origin != stack.AddrLeased; !d.byHand {
		err := d.ifc.AddLease(l.Addr, func(dissect.MAC) {
			d.client.Conflict(s.Now(), a)
			d.run()
		})
		if err != nil {
			// Another interface of this host came by the address meanwhile.
			d.trouble(err)
			d.client.Conflict(s.Now(), a)
			return
		}
	}
	d.setMTU(l.MTU)
	d.setRoutes(l.Routes)
	search := l.Search
	if len(search) == 0 && l.Domain != "" {
		search = []string{l.Domain}
	}
	d.host.say(d.names, NameServers{serversAt(l.DNS), search})
	d.lease = l
}

// setMTU sets the interface's MTU to what a lease says, 0 for nothing, if that is not more than it was without one.
func (d *DHCP) setMTU(mtu int) {
	if mtu < minLeaseMTU || mtu > d.mtu {
		mtu = d.mtu
	}
	if mtu == d.ifc.MTU() {
		return
	}
	if err := d.ifc.SetMTU(mtu); err != nil {
		d.trouble(err)
	}
}

// setRoutes makes these the routes of the lease. Those that the host has from elsewhere are left to whom they are.
func (d *DHCP) setRoutes(list []dhcp.Route) {
	s := d.host.stack
	var want []stack.Route
	for _, r := range list {
		want = append(want, stack.Route{Prefix: r.Prefix, Gateway: r.Via, Interface: d.ifc, Metric: d.cfg.Metric})
	}
	if slices.Equal(want, d.routes) {
		return
	}
	for _, r := range d.routes {
		s.RemoveRoute(r)
	}
	d.routes = nil
	for _, r := range want {
		if slices.ContainsFunc(s.Routes(), func(o stack.Route) bool {
			return o.Prefix == r.Prefix && o.Gateway == r.Gateway && o.Interface == r.Interface
		}) {
			continue
		}
		if err := s.AddRoute(r); err != nil {
			d.trouble(err)
			continue
		}
		d.routes = append(d.routes, r)
	}
}

// withdraw takes away what the lease brought, and nothing else.
func (d *DHCP) withdraw() {
	if d.ended {
		d.host.silence(d.names)
	}
	if !d.lease.Addr.IsValid() {
		return
	}
	d.setRoutes(nil)
	if !d.byHand {
		d.ifc.RemoveAddr(d.lease.Addr.Addr())
	}
	d.setMTU(0)
	d.host.say(d.names, NameServers{})
	d.lease = dhcp.Lease4{}
}
