package stack

import (
	"bufio"
	"crypto/rand"
	"net/netip"
	"time"

	"smoltcp/stack/tcp"
)

// Stack is a TCP/IP host. See the package comment for how it is driven.
type Stack struct {
	cfg      Config
	now      Time
	counters Counters
	random   random

	interfaces []*Interface
	lastIndex  int                       // of the interface added last
	locals     map[netip.Addr]*Interface // our addresses
	routes     []Route                   // best first
	routeGen   uint32                    // changes whenever cached paths may be wrong

	timers timers
	pool   pool
	notify []*socket // sockets whose handler has to be called
	spare  []*socket // the slice of notify that is not in use

	watches []*Watch // see watch.go

	reassembly reassembler
	icmpLimit  icmpLimiter
	udp        udpTable
	echoes     map[uint16]*EchoSocket // by identifier
	raws       []*RawSocket
	taps       []*Tap
	tcp        tcpTable
	paths      pathMTUs

	// Scratch space of the frame in hand, so that sending allocates nothing.
	header    [128]byte // link, IP and transport header
	transport [64]byte  // a transport header while the ones before it are not known
	control   [64]byte  // an ARP packet
	ipOptions [40]byte  // IPv4 options
	pieces    [6][]byte // a frame for the device
	frame     [5][]byte // a fragment before that
	out, one  tcp.Out
	segment   tcp.Segment
}

// New makes a stack with a loopback interface and nothing else.
func New(cfg Config) *Stack {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	def(&cfg.TTL, 64)
	def(&cfg.TCPMemory, 256<<20)
	def(&cfg.Backlog, 128)
	def(&cfg.MaxConns, 1<<20)
	def(&cfg.MaxTimeWait, 65536)
	def(&cfg.UDPRcvBuf, 256<<10)
	def(&cfg.UDPSndBuf, 256<<10)
	def(&cfg.Neighbors, 512)
	def(&cfg.NeighborReachable, 30*time.Second)
	def(&cfg.NeighborQueue, 256)
	def(&cfg.NeighborQueueBytes, 1<<20)
	def(&cfg.DADTransmits, 1)
	def(&cfg.Groups, 64)
	def(&cfg.ReassemblyMemory, 2<<20)
	def(&cfg.ReassemblyTimeout, 60*time.Second)
	def(&cfg.ICMPRate, 1000)
	def(&cfg.ICMPBurst, 50)
	def(&cfg.ICMPPeerRate, 20)
	def(&cfg.ICMPPeerBurst, 20)
	def(&cfg.Burst, 64)
	def(&cfg.TxQueue, 256)
	def(&cfg.PathMTUs, 4096)
	def(&cfg.PathMTUAge, 10*time.Minute)
	def(&cfg.MinPathMTU, 552)
	cfg.MinPathMTU = max(cfg.MinPathMTU, minMTU4)
	s := &Stack{cfg: cfg, locals: make(map[netip.Addr]*Interface)}
	s.random.init(bufio.NewReaderSize(cfg.Rand, 256))
	s.reassembly.init(s)
	s.icmpLimit.init(s)
	s.udp.init()
	s.tcp.init(s)
	s.paths.init(s)
	s.addLoopback()
	return s
}

// Advance tells the stack the present time without doing any work, for calls on sockets between polls. A time before
// the last one is ignored.
func (s *Stack) Advance(now Time) { s.now = max(s.now, now) }

// Now is the time of the last Poll or Advance.
func (s *Stack) Now() Time { return s.now }

// Poll does the work that is due at now: it takes frames from the devices, runs timers, calls handlers, and sends
// what may be sent. It does a bounded amount of each and reports whether there is more to do at once.
func (s *Stack) Poll(now Time) bool {
	s.Advance(now)
	s.paths.prune()
	for _, ifc := range s.interfaces {
		ifc.checkLink()
		ifc.flush()
		ifc.receive(s.cfg.Burst)
	}
	s.timers.run(s.now, 4*s.cfg.Burst)
	s.tcp.prune(4 * s.cfg.Burst)
	s.callHandlers()
	for _, ifc := range s.interfaces {
		ifc.serve(s.cfg.Burst)
	}
	s.callHandlers() // for what timers and sending did
	return s.NextPoll() <= s.now
}

// NextPoll is when Poll has to be called next if nothing else happens before. A time that is not after the last
// Poll's means at once.
func (s *Stack) NextPoll() Time {
	if len(s.notify) > 0 {
		return s.now
	}
	for _, ifc := range s.interfaces {
		if ifc.backlog || ifc.ready.len() > 0 && !ifc.Stalled() || ifc.reroutes() {
			return s.now
		}
	}
	if s.interfaces[0].dev.(*loopDevice).waiting() {
		return s.now
	}
	return s.timers.next()
}

// Close aborts every connection and closes every socket. The RSTs leave with the following Poll.
func (s *Stack) Close() {
	s.udp.closeAll()
	s.closeEchoes()
	s.closeRaws()
	s.closeTaps()
	s.tcp.closeAll()
}

// socket is what all kinds of sockets have in common.
type socket struct {
	stack    *Stack
	handler  func()
	notified bool // in stack.notify
}

// sender is a socket that can have something to send.
type sender interface {
	// emit sends a few packets by ifc and reports whether there are more. It returns early when ifc stalls.
	emit(ifc *Interface) bool
}

// SetHandler makes f the socket's handler, see the package comment; nil takes it away. f is called once in the
// following Poll, whatever there is.
func (k *socket) SetHandler(f func()) {
	k.handler = f
	k.wake()
}

// wake has the handler called.
func (k *socket) wake() {
	if k.handler != nil && !k.notified {
		k.notified = true
		k.stack.notify = append(k.stack.notify, k)
	}
}

// callHandlers calls the handlers that are due now. What they cause is left for the next round.
func (s *Stack) callHandlers() {
	if len(s.notify) == 0 {
		return
	}
	list := s.notify
	s.notify = s.spare[:0]
	for i, k := range list {
		list[i] = nil
		k.notified = false
		if k.handler != nil {
			k.handler()
		}
	}
	s.spare = list[:0]
}
