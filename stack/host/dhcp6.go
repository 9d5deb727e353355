package host

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/dhcp"
)

// dhcp6 asks DHCPv6 servers for what routers do not say, where routers say that they should be (RFC 8415 section 18.2.6), and hands on
// what both say of name servers.
type dhcp6 struct {
	host   *Host
	ifc    *stack.Interface
	client *dhcp.Client6
	sock   *stack.UDPSocket // nil while there is no link-local address to send from
	alarm  *stack.Alarm
	buf    []byte
	asking bool   // routers say that there is something to ask for
	links  uint64 // of Interface.LinkChanges that were seen
	watch  *stack.Watch

	routers, servers *nameVoice
}

// startDHCP6 listens to what routers on an interface say, as long as it is there. The lock is held, or nobody else knows the host yet.
func (h *Host) startDHCP6(ifc *stack.Interface) {
	d := &dhcp6{host: h, ifc: ifc, links: ifc.LinkChanges(), routers: h.nameVoice(namesByRouters), servers: h.nameVoice(namesByDHCP6)}
	d.alarm = h.stack.NewAlarm(d.run)
	ifc.SetRouterHandler(d.news)
	d.watch = h.stack.Watch(d.look)
}

// news is called when routers may have said something new.
func (d *dhcp6) news() {
	d.host.say(d.routers, NameServers{serversAt(d.ifc.DNSServers()), d.ifc.SearchDomains()})
	asking := d.ifc.OtherConfig()
	if asking && !d.asking {
		d.start()
	}
	if !asking && d.asking {
		d.stop()
	}
	d.asking = asking
}

// start asks, for the first time or anew.
func (d *dhcp6) start() {
	s := d.host.stack
	if d.client == nil {
		client, err := dhcp.New6(dhcp.Config6{HardwareAddr: d.ifc.HardwareAddr(), Rand: d.host.rand, Events: d.event})
		if err != nil {
			return // no Ethernet, and so nothing to be named by
		}
		d.client, d.buf = client, make([]byte, 1<<16)
	}
	d.client.Start(s.Now())
	d.alarm.Set(d.client.Deadline())
}

// stop forgets everything.
func (d *dhcp6) stop() {
	if d.client != nil {
		d.client.Stop()
	}
	d.close()
	d.alarm.Set(stack.Never)
	d.host.say(d.servers, NameServers{})
}

func (d *dhcp6) close() {
	if d.sock != nil {
		d.sock.Close()
		d.sock = nil
	}
}

// look is the watch: in another network there may be other servers.
func (d *dhcp6) look() {
	if !slices.Contains(d.host.stack.Interfaces(), d.ifc) {
		d.stop()
		d.alarm.Close()
		d.watch.Close()
		d.host.silence(d.routers)
		d.host.silence(d.servers)
		return
	}
	came := d.ifc.Link() && d.links != d.ifc.LinkChanges()
	if d.links = d.ifc.LinkChanges(); came && d.asking {
		d.start()
	}
}

// run gives the client what came, and sends what it wants sent. It is the handler of the socket and of the alarm.
func (d *dhcp6) run() {
	if d.client == nil || !d.asking {
		return
	}
	now := d.host.stack.Now()
	if !d.open() {
		d.alarm.Set(now.Add(addrRetry))
		return
	}
	for d.sock.Readable() {
		if n, _, err := d.sock.Recv(d.buf); err == nil {
			d.client.Input(now, d.buf[:n])
		}
	}
	servers := netip.AddrPortFrom(dhcp.Servers6.WithZone(d.ifc.Name()), dhcp.ServerPort6)
	for b := d.client.Output(now); b != nil; b = d.client.Output(now) {
		if d.sock.SendTo(b, servers) != nil {
			d.close() // perhaps the address has gone; the client will ask again
			break
		}
	}
	d.alarm.Set(d.client.Deadline())
}

// addrRetry is how soon it is looked again whether there is an address to send from.
const addrRetry = 200 * time.Millisecond

// open makes sure that there is a socket on the link-local address.
func (d *dhcp6) open() bool {
	if d.sock != nil {
		return true
	}
	for _, p := range d.ifc.Addrs() {
		if a := p.Addr(); a.Is6() && a.IsLinkLocalUnicast() {
			sock, err := d.host.stack.ListenUDP(netip.AddrPortFrom(a.WithZone(d.ifc.Name()), dhcp.ClientPort6), stack.UDPOptions{Interface: d.ifc})
			if err == nil {
				sock.SetHandler(d.run)
				d.sock = sock
				return true
			}
		}
	}
	return false
}

// event takes over what a server says.
func (d *dhcp6) event(e dhcp.Event6) {
	if e.Kind == dhcp.EventBound {
		var servers []netip.AddrPort
		for _, a := range e.Information.DNS {
			if a.IsLinkLocalUnicast() {
				a = a.WithZone(d.ifc.Name())
			}
			servers = append(servers, netip.AddrPortFrom(a, dnsPort))
		}
		d.host.say(d.servers, NameServers{servers, e.Information.Search})
	}
	if f := d.host.information; f != nil {
		f(e)
	}
}
