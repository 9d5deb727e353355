// Package dns has the machines by which a host resolves names and answers for its own: [Resolver] asks name servers (RFC 1035, with
// EDNS, RFC 6891, and TCP, RFC 7766) and the hosts of the link (RFC 6762 section 5.1), with a cache (RFC 2308) and a search list;
// [Responder] is multicast DNS for the host's own name (RFC 6762). They know no sockets, no clock and no goroutine: messages, time
// and random numbers go in, messages, deadlines and results come out. The same calls with the same arguments give the same.
//
// # Driving a Resolver
//
//	id, err := r.Lookup(now, "www", dissect.DNSTypeA, dissect.DNSTypeAAAA)
//	for a, ok := r.Action(); ok; a, ok = r.Action() { … }     // after every call, until there is none
//	for res, ok := r.Result(); ok; res, ok = r.Result() { … } // likewise
//	at, ok := r.Deadline()                                    // then call r.Advance(at), or later
//
// Each flow is a socket of its own, named by [Action.Flow]; the resolver numbers them and no number comes again. What to do:
//
//   - [OpenUDP]: a UDP socket connected to Action.To, its port chosen at random by the stack for every flow (stack.DialUDP does
//     that); send Action.Data. Hand each datagram to [Resolver.Receive] with the address that it came from, and errors of
//     the socket, those of ICMP included, to [Resolver.Fail].
//   - [OpenTCP]: connect to Action.To, write Action.Data when that is possible (it has the length in front already), and hand what is
//     read to Receive in pieces of any size. A refused or reset connection and its end (io.EOF) go to Fail.
//   - [OpenMulticast]: a UDP socket of To's family with a port of its own (not 5353), not connected; send Action.Data to the
//     group To by every interface that does multicast, with a hop limit of 255. No group need be joined: answers come to
//     the port. Fail it if no interface could send.
//   - [Again]: send Action.Data once more where the flow's first message went.
//   - [Close]: close, or abort, the flow's socket and forget the flow. What still comes on it is ignored by the resolver.
//
// A driver may call Fail within the loop over Action, and goes on with the loop. Deadlines are set when the action is made, so the
// actions should be done at once. Nothing else has to be timed: a context that ends calls [Resolver.Cancel], which gives no Result.
// When an interface gets or loses addresses, [Resolver.SetLinks] gets the prefixes of all of them; when a lease or a router brings
// servers or domains, [Resolver.SetServers]. Addresses of servers on a link carry their zone.
//
// Results of a lookup come together, one for each type, in the order of the types. [Result.Err] is nil, or [ErrNoName] or [ErrNoData]
// (these are answers), or a failure.
//
// # Driving a Responder
//
// There is one for each interface with multicast. The driver has UDP sockets on port [MulticastPort], shared with others, for each
// family, bound to the interface and joined to [Group4] and [Group6] there, which send with a hop limit of 255 and do not hear
// themselves (no harm is done if they do). Every datagram goes to [Responder.Receive] with its source. After every call, and at
// [Responder.Deadline], when [Responder.Advance] is due, each [Datagram] of [Responder.Output] is sent from port 5353 by
// that interface, to the group or the host in To; one that cannot be sent is dropped. [Responder.SetAddrs] gets the interface's addresses
// with their prefixes whenever they change, [Responder.Restart] is for a link that came up, and [Responder.Close], with what Output
// gives then, for the end. An event [Renamed] says that another host had the name: [Responder.Name] is the new one. A host
// that wants one name everywhere makes new responders for its other interfaces then.
//
// # Memory
//
// Everything is bounded: the cache by Config.CacheSize, lookups by Config.Lookups, flows by those and the number of servers, TCP by
// one message for each flow, aliases by MaxChain; the responder by the number of addresses.
package dns
