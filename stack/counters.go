package stack

import (
	"fmt"
	"reflect"
	"strings"

	"smoltcp/stack/tcp"
)

// Counters count what happened since the stack was made. Everything that is dropped is counted in the field
// named for the reason.
//
// Each frame that a device delivers, and each packet that is put together from fragments, ends in exactly one of
// the fields marked rx:"end": RxFrames + Reassembled is their sum.
type Counters struct {
	RxFrames uint64 // frames that the devices delivered
	RxErrors uint64 // errors of Device.Recv

	RxShort       uint64 `rx:"end"` // link header or its tags cut off
	RxNotForUs    uint64 `rx:"end"` // sent to another station, or to a group that nobody joined
	RxVLAN        uint64 `rx:"end"` // of a VLAN that no interface serves
	RxUnknownType uint64 `rx:"end"` // EtherType, LLC protocol or IP version that nothing here reads

	ARPReceived  uint64 `rx:"end"` // ARP packets processed
	ARPMalformed uint64 `rx:"end"` // cut off, or not about Ethernet and IPv4
	ARPBadSender uint64 `rx:"end"` // the sender is a group, a broadcast or no address
	ARPConflicts uint64 `rx:"end"` // another station claims our address

	IPv4Malformed     uint64 `rx:"end"` // header or lengths make no sense, or bytes are missing
	IPv4Checksum      uint64 `rx:"end"` // header checksum wrong
	IPv4Martian       uint64 `rx:"end"` // source or destination that cannot come by this interface
	IPv4LinkBroadcast uint64 `rx:"end"` // unicast packet in a broadcast or multicast frame
	IPv4NotOurs       uint64 `rx:"end"` // destination is not ours, and this host forwards nothing
	IPv4BadOption     uint64 `rx:"end"` // an option contradicts itself
	IPv4SourceRoute   uint64 `rx:"end"` // wants to be routed on, or to be answered by a source route
	IPv4UnknownProto  uint64 `rx:"end"` // no such transport protocol here

	IPv6Malformed      uint64 `rx:"end"` // header or lengths make no sense, or bytes are missing
	IPv6Martian        uint64 `rx:"end"` // source or destination that cannot come by this interface
	IPv6LinkMulticast  uint64 `rx:"end"` // unicast packet in a broadcast or multicast frame
	IPv6NotOurs        uint64 `rx:"end"` // destination is not ours, and this host forwards nothing
	IPv6BadHeader      uint64 `rx:"end"` // an extension header is cut off or out of place
	IPv6BadOption      uint64 `rx:"end"` // an option contradicts itself, or wants packets dropped by who does not know it
	IPv6SourceRoute    uint64 `rx:"end"` // wants to be routed on
	IPv6TooManyHeaders uint64 `rx:"end"` // more extension headers than anybody needs
	IPv6NoNext         uint64 `rx:"end"` // nothing behind the headers
	IPv6UnknownProto   uint64 `rx:"end"` // no such transport protocol here

	Fragments         uint64 `rx:"end"` // kept until the rest of the datagram comes
	FragmentDuplicate uint64 `rx:"end"` // there already
	FragmentBad       uint64 `rx:"end"` // impossible offset or length
	FragmentOverlap   uint64 `rx:"end"` // overlaps another, or belongs to a datagram that was dropped for that
	Reassembled       uint64 // packets put together from fragments
	ReassemblyTimeout uint64 // datagrams dropped because fragments were missing for too long
	ReassemblyEvicted uint64 // datagrams dropped to make room for newer ones

	ICMPReceived  uint64 `rx:"end"` // ICMP messages acted on
	ICMPMalformed uint64 `rx:"end"` // message cut off
	ICMPChecksum  uint64 `rx:"end"` // checksum wrong
	ICMPIgnored   uint64 `rx:"end"` // of a type or code that a host leaves alone, or sent to a broadcast address
	ICMPUnmatched uint64 `rx:"end"` // an error that quotes nothing of ours
	ICMPQueueFull uint64 `rx:"end"` // echo replies and errors whose socket had its queue full

	IGMPReceived uint64 `rx:"end"` // IGMP messages processed
	IGMPInvalid  uint64 `rx:"end"` // cut off, of no version, or not as a router's must come

	NDPReceived uint64 `rx:"end"` // Neighbor Discovery messages processed
	NDPInvalid  uint64 `rx:"end"` // not from this link, or they contradict themselves
	MLDReceived uint64 `rx:"end"` // Multicast Listener Discovery messages processed
	MLDInvalid  uint64 `rx:"end"` // not from a router on this link

	UDPReceived  uint64 `rx:"end"` // datagrams given to at least one socket
	UDPMalformed uint64 `rx:"end"` // lengths make no sense
	UDPChecksum  uint64 `rx:"end"` // checksum wrong
	UDPNoSocket  uint64 `rx:"end"` // nobody has the port
	UDPQueueFull uint64 `rx:"end"` // every socket that it was for had its queue full

	RawReceived uint64 `rx:"end"` // packets of protocols that only raw sockets know
	RawCopies   uint64 // copies of packets given to raw sockets
	RawFull     uint64 // copies that a raw socket had no room for
	RawSent     uint64 // packets sent by raw sockets

	TCPReceived    uint64 `rx:"end"` // segments given to a connection or a listener
	TCPMalformed   uint64 `rx:"end"` // header makes no sense, or port 0
	TCPChecksum    uint64 `rx:"end"` // checksum wrong
	TCPNotUnicast  uint64 `rx:"end"` // to or from a broadcast or multicast address
	TCPNoSocket    uint64 `rx:"end"` // for no connection; answered by RST unless it is one
	TCPBacklogFull uint64 `rx:"end"` // SYNs dropped because the listener's backlog was full
	TCPTooMany     uint64 `rx:"end"` // SYNs dropped because of Config.MaxConns

	TxFrames    uint64 // frames that the devices took
	TxErrors    uint64 // frames lost by an error of Device.Send
	TxStalls    uint64 // how often a device was full
	TxQueueFull uint64 // frames of the stack's own dropped because too many waited for a full device
	TxBlackhole uint64 // RSTs of connections that gave up on a device that stayed full for over a second
	TxNoRoute   uint64 // packets without a way to their destination
	TxTooBig    uint64 // packets that exceed the MTU and must not be fragmented
	TxFragments uint64 // fragments sent

	ARPRequests            uint64 // requests sent, announcements and probes of neighbors included
	ARPReplies             uint64 // replies sent
	ARPLimited             uint64 // requests not sent, to keep within one a second for each address
	RouterSolicitations    uint64 // sent
	NeighborSolicitations  uint64 // sent, for neighbors and for addresses of our own
	NeighborAdvertisements uint64 // sent
	NDPLimited             uint64 // solicitations not sent, to keep within one a second for each address
	NDPConflicts           uint64 // claims of other stations to our IPv6 addresses
	MLDReports             uint64 // reports sent
	IGMPReports            uint64 // IGMP reports and leaves sent

	NeighborsEvicted   uint64 // entries that made room for others
	NeighborsFailed    uint64 // neighbors that did not answer
	NeighborQueueDrops uint64 // packets that newer ones replaced in a neighbor's queue
	NeighborUnsent     uint64 // packets dropped because their neighbor did not answer

	EchoRequests   uint64 // echo requests sent
	EchoReplies    uint64 // echo requests answered
	ICMPTimestamps uint64 // timestamp requests answered
	ICMPErrorsSent uint64 // ICMP errors sent
	ICMPLimited    uint64 // ICMP errors not sent, to keep within the rate limits

	UDPSent       uint64 // datagrams sent
	UDPLooped     uint64 // datagrams to a group that sockets of this host got too
	UDPLoopFull   uint64 // those that no socket of this host had room for
	UDPSocketFull uint64 // copies of broadcast datagrams dropped because one socket's queue was full

	TCPSegmentsSent   uint64 // segments sent
	TCPResets         uint64 // RSTs sent for segments without a connection
	TCPConnects       uint64 // connections opened by this host
	TCPAccepts        uint64 // connections established by peers
	TCPTimeWaitRecent uint64 // TIME-WAITs ended early by a new SYN, the peer's or ours (RFC 6191)
	TCPTimeWaitFull   uint64 // TIME-WAITs ended early because of Config.MaxTimeWait

	TCPCookiesSent       uint64 // SYNs answered by a SYN cookie, the backlog being full
	TCPCookiesAccepted   uint64 // connections established by one
	TCPCookiesBad        uint64 // segments that could have brought one and did not
	TCPFastOpenGranted   uint64 // SYNs that asked for a Fast Open cookie and got one (RFC 7413)
	TCPFastOpenAccepted  uint64 // SYNs with a right cookie
	TCPFastOpenBadCookie uint64 // SYNs with a wrong or outdated one
	TCPFastOpenFull      uint64 // SYNs with a right one whose text was not taken, because too many were half open
	TCPFastOpenBlackhole uint64 // servers that only an ordinary SYN reached

	TCPHalfOpenEvicted uint64 // half-open connections that made room, their SYN-ACK unanswered three times

	// TCPDrops counts the segments that connections did not take, by reason. They are among TCPReceived.
	TCPDrops tcp.Counters
}

// Each calls f for every counter, in the order of the declaration. Names are those of the fields; of TCPDrops, reasons
// that occurred are given as "TCPDrop out of window".
func (c *Counters) Each(f func(name string, n uint64)) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Uint64 {
			f(v.Type().Field(i).Name, v.Field(i).Uint())
		}
	}
	c.TCPDrops.Each(func(r tcp.Reason, n uint64) { f("TCPDrop "+r.String(), n) })
}

// String lists the counters that are not zero, one a line.
func (c *Counters) String() string {
	var b strings.Builder
	c.Each(func(name string, n uint64) {
		if n != 0 {
			fmt.Fprintf(&b, "%-40s %12d\n", name, n)
		}
	})
	return b.String()
}

// name is the name of the counter that p points to.
func (c *Counters) name(p *uint64) string {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if f, ok := v.Field(i).Addr().Interface().(*uint64); ok && f == p {
			return v.Type().Field(i).Name
		}
	}
	return ""
}

// Counters gives the stack's counters. They are live: a copy is a snapshot.
func (s *Stack) Counters() *Counters { return &s.counters }

// drop counts something dropped on ifc (nil if no interface is concerned) and reports it.
func (s *Stack) drop(ifc *Interface, counter *uint64) {
	*counter++
	if s.cfg.Events != nil {
		s.event(Event{Kind: EventDrop, Interface: ifc, Reason: s.counters.name(counter)})
	}
}
