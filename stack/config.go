package stack

import (
	"io"
	"time"

	"smoltcp/stack/tcp"
)

// Time is an instant on the clock of the stack's owner, in nanoseconds since an origin of its choice. It must be
// monotonic and never go back.
type Time = tcp.Time

// Never is later than every deadline.
const Never = tcp.Never

// Config holds the limits and habits of a stack. Every zero field takes its documented default.
type Config struct {
	// Rand is the source of everything that must not be guessed: sequence numbers (RFC 6528), ports (RFC 6056), packet
	// IDs, timestamp offsets. Default crypto/rand.Reader; a seeded math/rand/v2.ChaCha8 makes a run repeatable.
	Rand io.Reader

	// TTL is the default time to live of packets, in IPv6 the hop limit if no router names one: 64.
	TTL uint8

	// TCP is what connections get that name no configuration of their own. Its MSS is lowered to
	// what the interface carries, and Events, if set here, is called before Config.Events.
	TCP tcp.Config

	// TCPMemory bounds the buffers of all TCP connections together, in bytes: 256 MiB. When three quarters are taken, buffers that may
	// grow (tcp.Config.RcvBufMax and SndBufMax) stay as they are and windows promise less; when all are, what came out of
	// order is given up, and each connection is left with 2 KiB each way. Connections with a tcp.Config.Memory of their own do not
	// count. Negative for no bound.
	TCPMemory int

	// Backlog is how many connections of a listener may wait for Accept, and how many more may be half open: 128. SYNs
	// beyond those half open are answered by SYN cookies (RFC 4987), unless NoSynCookies is set, and dropped while
	// the others are too many.
	Backlog      int
	NoSynCookies bool
	// MaxConns bounds the TCP connections in all states together: 1<<20. One in TIME-WAIT makes room for another; else
	// SYNs beyond it are dropped.
	MaxConns int
	// MaxTimeWait bounds the connections that the program has closed and that are in TIME-WAIT: 65536. The oldest
	// goes first.
	MaxTimeWait int

	// UDPRcvBuf and UDPSndBuf bound the memory of the datagrams that wait in a UDP socket: 256 KiB each. A datagram
	// takes 320 bytes, 2112 above 256 bytes of payload, and 64 more than its payload above 2048. One always fits.
	UDPRcvBuf, UDPSndBuf int

	// Neighbors bounds the resolved entries of an interface's neighbor cache for IPv4, and, apart from those, the ones that are
	// being resolved: 512. The cache for IPv6 has the same bounds, and so have the two that follow.
	Neighbors int
	// NeighborReachable is how long an answer is trusted: 30 s. After that the entry is asked again by
	// unicast while it is in use, and dropped at twice that time. In IPv6 the time varies from half to one and a half of
	// that, if no router names another, and a quiet entry stays (RFC 4861 section 7.3).
	NeighborReachable time.Duration
	// NeighborQueue bounds the packets that wait for one neighbor to answer: 256. The newest replaces the oldest.
	NeighborQueue int
	// NeighborQueueBytes bounds the memory of all packets of an interface that wait for neighbors: 1 MiB.
	NeighborQueueBytes int

	// DADTransmits is how often an IPv6 address is asked for before it is ours: 1 (RFC 4862 section 5.1). Negative: never,
	// addresses are used at once.
	DADTransmits int
	// StableSecret is the key of the addresses that are formed for IPv6 (RFC 7217 section 5): with the same one an interface has
	// the same addresses again in the same networks. Default: one that lasts as long as the stack.
	StableSecret []byte
	// Groups bounds the multicast groups that programs join on an interface: 64. Those that the stack needs come on top.
	Groups int

	// ReassemblyMemory bounds the bytes that fragments waiting for others hold: 2 MiB. The oldest datagram goes first.
	ReassemblyMemory int
	// ReassemblyTimeout is how long fragments wait: 60 s (RFC 1122 section 3.3.2).
	ReassemblyTimeout time.Duration

	// PathMTUs bounds the destinations whose path MTU is remembered: 4096; the one learnt longest ago goes first.
	// PathMTUAge is how long it counts: 10 minutes (RFC 1191 section 6.3). MinPathMTU is the smallest that is believed,
	// in IPv4: 552, at least 68; packets to destinations behind a smaller one may be fragmented.
	PathMTUs   int
	PathMTUAge time.Duration
	MinPathMTU int

	// ICMPRate and ICMPBurst limit the ICMP errors sent: 1000 a second with bursts of 50.
	// ICMPPeerRate and ICMPPeerBurst limit those to one peer: 20 a second with bursts of 20.
	ICMPRate, ICMPBurst         int
	ICMPPeerRate, ICMPPeerBurst int

	// Epoch is when the stack's clock was 0, for the time that ICMP timestamp requests and IP timestamp options ask for. If it is the
	// zero Time they get the stack's own, marked as not being that of the day (RFC 792). NoTimestamps leaves ICMP timestamp
	// requests unanswered.
	Epoch        time.Time
	NoTimestamps bool

	// Redirects has routers' ICMP redirects believed, for ten minutes each (RFC 1122 section 3.2.2.2): from the router in use, to a
	// neighbor. Who is on the link can forge them. Those of IPv6 belong to InterfaceConfig.Autoconf.
	Redirects bool

	// EchoBroadcast answers echo requests that were sent to a broadcast address (RFC 1122 section 3.2.2.6).
	EchoBroadcast bool

	// Burst is how many frames one Poll takes from each interface, and how many it sends on each: 64.
	Burst int
	// TxQueue bounds the frames that the stack itself (ARP, ICMP, RST) has waiting for a full device, for each
	// interface: 256.
	TxQueue int

	// Events, if set, is called for every decision worth a line in a trace, inside Poll or the socket call
	// that made it. It must not call into the stack.
	Events func(Event)
}

// def gives v the value d if it is zero.
func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
