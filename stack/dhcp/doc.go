// Package dhcp asks a network for an address and for what else a host needs: [Client4] speaks DHCP for IPv4 (RFC 2131), all
// states of it, and [Client6] the stateless part of DHCPv6 (RFC 8415 section 18.2.6), which fetches DNS servers and the like beside
// addresses that come from router advertisements.
//
// Both are machines and nothing else: messages and time go in; messages, deadlines and events come out. They know no sockets,
// read no clock and start no goroutine, and all their random numbers come from Config4.Rand and Config6.Rand; the same calls
// with the same arguments give the same output. None of the calls blocks, and none may run beside another of the same client.
// Memory is bounded whatever servers say: there is one lease at most, and its lists end at [MaxServers], [MaxRoutes] and [MaxSearch].
//
// # How a driver uses Client4
//
// It opens UDP port 68 on one interface, so that it gets what is sent to 255.255.255.255 and, as long as there is no address,
// what is sent to any address in a frame for this host (a driver that cannot sets Config4.Broadcast). Then:
//
//	Start(now)        or Reboot(now, lease) with a lease from before
//	Input(now, data)  for each datagram to port 68
//	Output(now, &m)   until it reports false: m goes from m.Src port 68 to m.Dst port 67, by this interface and no other;
//	                  where m.Src is not 0.0.0.0 it is the address of the lease
//	Deadline()        when Output, or Input, is to be called again at the latest
//	Link(now)         the link came up: the lease is kept and asked about
//	Release(now, &m)  the end: m is sent while there still is an address
//
// and it acts on what Config4.Events is told:
//
//	EventProbe    probe Lease.Addr (RFC 5227 section 2.1.1), then call Probed
//	EventBound    configure Lease: address, routes, MTU, servers; announce the address (RFC 5227 section 2.3)
//	EventRenewed  the same address goes on; the rest of Lease may differ from what it was, the prefix length included
//	EventLost     take away what Lease brought, and nothing else: not what another interface, or IPv6, has
//
// Once the lease is configured, a conflict that address defence finds (RFC 5227 section 2.4) is told by Conflict. The hook may
// call any method of its client: what comes of it is told afterwards.
//
// Client6 is driven the same way, without probes: from the link-local address, port 546, to [Servers6], port 547. Whoever processes
// router advertisements calls Start when one has the flag "other configuration" (RFC 4861 section 4.2).
//
// Where to look:
//
//	client4.go   the states of RFC 2131 figure 5: what is sent when, and what an answer does
//	config4.go   Config4, and what is refused in it; event4.go what the driver is told
//	message4.go  messages written, and read with suspicion
//	lease4.go    what a lease holds, and when it is to be renewed
//	options.go   options joined from where they are spread (RFC 3396), and values that several of them share
//	client6.go   INFORMATION-REQUEST
//	identity.go  names of clients: DUIDs (RFC 8415 section 11), client identifiers (RFC 4361)
//	clock.go     time, random numbers, and events on their way
package dhcp
