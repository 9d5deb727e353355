// Package stack is a TCP/IP host that somebody else drives: frames come from a [Device], time comes as an
// argument, and everything happens inside [Stack.Poll].
//
//	Device ─▶ ingress.go ─▶ arp.go · ipv4.go · ipv6.go · reassembly.go ─▶ icmp.go · icmpv6.go · udp.go · tcptable.go ─▶ socket ─▶ handler
//	Device ◀─ egress.go  ◀─ neighbor.go · route.go ◀─────────────────────── TCPSocket · UDPSocket · EchoSocket ◀┘
//
// What IPv4 has beside those is in ipv4opt.go (options) and redirect4.go. Copies of packets go to the sockets of raw.go, copies of frames to the taps
// of tap.go.
//
// For protocols that run above there are dhcpport.go and origin.go (what a DHCP client needs; see package dhcp), routernews.go (what routers say
// to programs), alarm.go and watch.go (to be called back).
//
// Multicast is in group.go (which groups are received) and membership.go, with igmp.go and mld.go (what routers are told of them).
//
// IPv4 addresses are in addr4.go, probed and defended by acd.go, or chosen by linklocal4.go. What may happen to an interface while it runs is
// in link.go, VLANs are in vlan.go.
//
// IPv6 has beside those: ndp.go with nud.go (neighbors), addr6.go (our addresses, duplicates), routers.go, slaac.go and redirect.go
// (what routers say), source6.go and scope.go (which address, which link). Everywhere an address without a zone is meant; programs
// give and get link-local ones with the zone, the interface's name.
//
// A device that is an [Offloader] computes TCP checksums and cuts text into segments, see offload.go; what goes over the wire is the same.
//
// Poll does a bounded amount of work, never blocks and reads no clock. It says whether there is more to do at
// once; if not, [Stack.NextPoll] says when there will be. Whoever drives it polls earlier when a frame arrives, when
// a socket was called, and when a device that was full ([Interface.Stalled]) has room again. Calls on sockets do no
// input or output: they queue work for the following Poll. All randomness comes from Config.Rand, so the same calls
// with the same arguments send the same frames.
//
// # Readiness
//
// A socket has one handler, a func() without arguments. Poll calls it after something happened that a program may
// wait for: data or a datagram came, the peer finished, room for sending came back, a connection was established,
// accepted, reset or timed out, an error was reported. The handler looks at the socket to learn what. It is called
// once for all that happened since it ran last, and again only when something else happens (it is triggered by edges):
// one that leaves data unread is not reminded of it. It may call any method of any socket, Close included, and never
// runs inside such a call. A new handler is called once in the following Poll, whatever there is.
//
// # Threads
//
// A Stack, its interfaces and its sockets are not safe for concurrent use: whoever owns the stack holds a lock, or uses
// one goroutine. Handlers run in the goroutine that calls Poll, under its lock.
//
// Time passes between polls. A program that calls a socket long after the last Poll first calls [Stack.Advance]
// with the present time, so that what it does is stamped with that.
package stack
