package capture

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// Live is a [Source] of the packets that pass an interface, or all of them, from now on.
//
// Next, Interfaces and SetReadDeadline are for one goroutine; Stop, Close and Stats may be called from any. To end a
// capture with a context, hand Stop or Close to context.AfterFunc.
type Live struct {
	conn *packet.Conn
	raw  syscall.RawConn
	opts LiveOptions
	link dissect.LinkType

	// ring is where packets are, unless it has no memory: then they are received one at a time.
	ring   ring
	ringed bool
	tend   *time.Timer // calls makeRoom again and again

	// buf holds a packet behind room for a VLAN tag and the cooked header: of the ring or for receiving.
	buf  []byte
	msg  message
	seen Seen // for opts.Accept

	// ready is tryRing or tryReceive as a func value, made once since every making allocates.
	ready func(fd uintptr) bool
	// look puts what ready gives into looked, for one look without waiting.
	look   func(fd uintptr)
	looked bool
	errno  syscall.Errno // what it ended with
	down   bool          // the interface went down, and what came before it is still to be read

	ifaces  []Interface
	byIndex map[int32]int // position in ifaces

	ending error     // what will be err when everything received before it has been returned
	since  time.Time // when that began
	err    error     // how the capture ended

	closed atomic.Bool
	mu     sync.Mutex // guards what follows, and which blocks of the ring are whose
	stats  Stats
	stop   bool
	drops  *interfaceDrops
	began  int64 // nanoseconds since 1970
	ended  int64 // the same; 0 until then
}

// headroom is what is kept free in front of a received packet, in bytes.
const headroom = cookedHeader + vlanTag

// maxLinkHeader is the longest link-layer header that gives way to a cooked one, in bytes. (The longest are those of
// 802.11 behind a radiotap header.)
const maxLinkHeader = 256

// NewLive starts a capture. Packets count from the moment it returns; the filter is in place before the first.
func NewLive(opts LiveOptions) (*Live, error) { return openLive(opts, true) }

// openLive starts a capture, with a ring if there may be one and the kernel has it.
func openLive(opts LiveOptions, ringed bool) (*Live, error) {
	if opts.Snaplen <= 0 || opts.Snaplen > DefaultSnaplen {
		opts.Snaplen = DefaultSnaplen
	}
	opts.Buffer = max(0, opts.Buffer)
	l := &Live{opts: opts, link: dissect.LinkSLL2, byIndex: make(map[int32]int)}
	index, loopback := 0, false
	if opts.Interface != AnyInterface {
		ifi, err := interfaceByName(opts.Interface)
		if err != nil {
			return nil, err
		}
		index, loopback = ifi.Index, ifi.Flags&net.FlagLoopback != 0
		if err := withSocket(func(fd int) error {
			arphrd, err := hardwareType(fd, opts.Interface)
			if err == nil {
				l.link, _ = linkOf(arphrd)
			}
			return err
		}); err != nil {
			return nil, packetSocketError(opts.Interface, err)
		}
	}
	keep := opts.Snaplen
	if l.link == dissect.LinkSLL2 {
		keep += maxLinkHeader // the header that is taken away does not count against the snaplen
	}
	socket := packetSocketOptions{
		promiscuous:    index != 0 && !opts.NotPromiscuous,
		ignoreOutgoing: opts.Direction == DirIn || loopback,
		timestamps:     true,
		buffer:         cmp.Or(opts.Buffer, defaultBuffer),
		filter:         cutFilter(opts.Filter, keep),
	}
	if ringed {
		socket.ring = func(fd int) bool {
			l.ringed = l.ring.open(fd, cmp.Or(opts.Buffer, defaultRing), min(keep, largestPacket(index)), opts.Immediate)
			return l.ringed
		}
	}
	conn, err := openPacketSocket(opts.Interface, index, socket)
	if err == nil {
		l.conn = conn
		if l.raw, err = conn.SyscallConn(); err != nil {
			conn.Close()
			err = fmt.Errorf("%s: %w", opts.Interface, err)
		}
	}
	if err != nil {
		l.ring.close()
		return nil, err
	}
	if l.ringed {
		l.ready = l.tryRing
		l.mu.Lock()
		l.tend = time.AfterFunc(l.ring.lap()/2, l.makeRoom)
		l.mu.Unlock()
	} else {
		l.ready = l.tryReceive
		l.buf = make([]byte, headroom+keep)
		l.msg.init(l.buf[headroom:])
	}
	l.look = func(fd uintptr) { l.looked = l.ready(fd) }
	l.addInterface(opts.Interface, index)
	l.drops, l.ifaces[0].Description = openInterfaceDrops(index)
	l.began = time.Now().UnixNano()
	return l, nil
}

// cutFilter makes a program that keeps no more than keep bytes of any packet.
func cutFilter(filter []bpf.RawInstruction, keep int) []bpf.RawInstruction {
	const retK = 0x06 // BPF_RET | BPF_K
	if len(filter) == 0 {
		return []bpf.RawInstruction{{Op: retK, K: uint32(keep)}}
	}
	filter = slices.Clone(filter)
	for i := range filter {
		if filter[i].Op == retK {
			filter[i].K = min(filter[i].K, uint32(keep))
		}
	}
	return filter
}

// Next returns the next packet. The end is net.ErrClosed after Stop or Close, or an error that says what happened to the
// interface; everything received before it has been returned, except after Close. With a read deadline it may
// also be os.ErrDeadlineExceeded, after which Next can be called again.
func (l *Live) Next() (Packet, error) {
	for l.err == nil {
		if l.closed.Load() {
			l.end(net.ErrClosed)
			break
		}
		if l.ringed {
			l.buf = l.ring.read(&l.msg)
		}
		if !l.ringed || l.buf == nil {
			if err := l.wait(); err != nil {
				return Packet{}, err
			}
			if l.ringed {
				continue
			}
		}
		if l.wanted() {
			if p, ok := l.packet(); ok {
				return p, nil
			}
		}
	}
	return Packet{}, l.err
}

// tryNext is Next without waiting: false means that Next may have to wait, or has an error to give.
func (l *Live) tryNext() (Packet, bool) {
	for l.err == nil && l.ending == nil && !l.closed.Load() {
		if l.ringed {
			l.buf = l.ring.read(&l.msg)
		}
		if !l.ringed || l.buf == nil {
			if err := l.raw.Control(l.look); err != nil || !l.looked {
				return Packet{}, false
			}
			if l.errno != 0 {
				// The socket tells of an error once: Next goes on from here.
				l.ending, l.since = l.failure(l.errno), time.Now()
				return Packet{}, false
			}
			if l.ringed {
				continue
			}
		}
		if l.wanted() {
			if p, ok := l.packet(); ok {
				return p, true
			}
		}
	}
	return Packet{}, false
}

// wait waits for a packet, or a block of them.
func (l *Live) wait() error {
	if l.ending == nil {
		err := l.raw.Read(l.ready)
		switch {
		case err == nil && l.errno == 0:
			return nil
		case err == nil:
			l.ending = l.failure(l.errno)
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return l.end(net.ErrClosed)
		case !l.stopped():
			return os.ErrDeadlineExceeded
		default:
			l.ending = net.ErrClosed
		}
		l.since = time.Now()
	}
	// No packet comes any more, but some may be in a block that the kernel has not handed over yet.
	for {
		last := !l.ringed || time.Since(l.since) > 2*l.ring.retire+ringGrace
		ok := false
		if err := l.raw.Control(func(fd uintptr) { ok = l.ready(fd) && l.errno == 0 }); err != nil {
			return l.end(net.ErrClosed)
		}
		if ok {
			return nil
		}
		if last {
			return l.end(l.ending)
		}
		time.Sleep(time.Millisecond)
	}
}

// ringGrace is how much longer than it should a kernel may take to hand over a block.
const ringGrace = 30 * time.Millisecond

// end ends the capture.
func (l *Live) end(err error) error {
	l.err = err
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring.release()
	if l.closed.Load() {
		l.ring.close()
	}
	if l.ended == 0 {
		l.ended = time.Now().UnixNano()
	}
	return err
}

// tryRing takes the next block of packets from the ring; false means that there is none yet, and no error.
func (l *Live) tryRing(fd uintptr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errno = 0
	if l.closed.Load() || l.ring.moveOn() {
		return true
	}
	if errno, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); err == nil {
		l.errno = syscall.Errno(errno)
	}
	return l.errno != 0
}

// makeRoom keeps the ring from being used up by few packets while Next is not called.
func (l *Live) makeRoom() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return
	}
	l.ring.makeRoom()
	l.tend.Reset(l.ring.lap() / 2)
}

// tryReceive receives one packet or an error; false means that there is neither yet.
func (l *Live) tryReceive(fd uintptr) bool {
	for {
		l.errno = l.msg.recv(int(fd))
		switch l.errno {
		case unix.EINTR:
		case unix.ENETDOWN:
			// The socket reports errors before packets that came earlier: read those first.
			l.down = true
		case unix.EAGAIN:
			if l.down {
				l.errno = unix.ENETDOWN
			}
			return l.down
		default:
			return true
		}
	}
}

// wanted reports whether a packet passed in the direction asked for. On a loopback interface every packet passes twice, and
// the time when it is sent does not count.
func (l *Live) wanted() bool {
	if l.msg.from.Pkttype == unix.PACKET_OUTGOING {
		return l.opts.Direction != DirIn && l.msg.from.Hatype != unix.ARPHRD_LOOPBACK
	}
	return l.opts.Direction != DirOut
}

// packet makes a Packet of what was received; ok is false for one that the program's own filter drops.
func (l *Live) packet() (p Packet, ok bool) {
	m := &l.msg
	end := headroom + m.captured
	tpid, tci, tagged := m.tag()
	if l.opts.Accept != nil {
		s := &l.seen
		*s = Seen{Data: l.buf[headroom:end], PacketType: m.from.Pkttype, Index: m.from.Ifindex, Tagged: tagged, TCI: tci}
		if l.link == dissect.LinkSLL2 {
			s.Data = l.cook(end, false)
		}
		s.Len = m.length + len(s.Data) - m.captured
		if !l.opts.Accept(s) {
			return p, false
		}
	}
	p = Packet{Time: m.time, Link: l.link, Direction: DirIn, Interface: l.interfaceOf(m.from.Ifindex)}
	if m.from.Pkttype == unix.PACKET_OUTGOING {
		p.Direction = DirOut
	}
	switch {
	case l.link == dissect.LinkSLL2:
		p.Data = l.cook(end, tagged)
	case l.link == dissect.LinkEthernet && tagged:
		p.Data = insertTag(l.buf[headroom-vlanTag:end], tpid, tci)
	default:
		p.Data = l.buf[headroom:end]
	}
	p.Len = m.length + len(p.Data) - m.captured
	p.Data = p.Data[:min(len(p.Data), l.opts.Snaplen)]
	return p, true
}

// cook puts the header of LINKTYPE_LINUX_SLL2 in the place of the packet's own, which ends at buf[end]. A VLAN tag that
// the kernel has set aside goes where it would have been, if withTag: its type is the header's protocol, the rest comes
// before the packet. Nothing is written behind the header, so that it can be done again.
//
// The kernel would take link-layer headers off itself (SOCK_DGRAM), but then what becomes of the tags within depends on
// its version.
func (l *Live) cook(end int, withTag bool) []byte {
	from := &l.msg.from
	header := l.msg.network
	if link, _ := linkOf(from.Hatype); link == dissect.LinkEthernet {
		header = dissect.EthernetHeaderLen // of a tagged packet that is sent, the network header may be behind the tag
	}
	if header > l.msg.captured {
		header = 0
	}
	at := headroom + header
	// The kernel keeps the protocol in network byte order and everything else in its own.
	protocol := networkOrder(from.Protocol)
	if tpid, tci, tagged := l.msg.tag(); tagged && withTag {
		at -= vlanTag
		binary.BigEndian.PutUint16(l.buf[at:], tci)
		binary.BigEndian.PutUint16(l.buf[at+2:], protocol)
		protocol = uint16(tpid)
	}
	at -= cookedHeader
	h := l.buf[at : at+cookedHeader]
	binary.BigEndian.PutUint16(h[0:], protocol)
	binary.BigEndian.PutUint16(h[2:], 0) // reserved
	binary.BigEndian.PutUint32(h[4:], uint32(from.Ifindex))
	binary.BigEndian.PutUint16(h[8:], from.Hatype)
	h[10] = from.Pkttype
	h[11] = from.Halen
	clear(h[12:])
	copy(h[12:], from.Addr[:min(int(from.Halen), len(from.Addr))])
	return l.buf[at:end]
}

// maxLiveInterfaces bounds the list of interfaces where they come and go, as on a host of containers. Later ones are
// reported as the first, AnyInterface itself.
const maxLiveInterfaces = 4096

// interfaceOf gives the position of an interface in the list, which grows by those that are new.
func (l *Live) interfaceOf(index int32) int {
	if l.opts.Interface != AnyInterface {
		return 0
	}
	if i, ok := l.byIndex[index]; ok {
		return i
	}
	if len(l.ifaces) == maxLiveInterfaces {
		return 0
	}
	return l.addInterface(l.InterfaceName(int(index)), int(index))
}

func (l *Live) addInterface(name string, index int) int {
	i := len(l.ifaces)
	l.ifaces = append(l.ifaces, Interface{Name: name, Link: l.link, Snaplen: l.opts.Snaplen, Nano: true, Index: index})
	l.byIndex[int32(index)] = i
	return i
}

// Interfaces lists the interface, or AnyInterface followed by those that packets have come from. One that was gone
// before it could be asked for its name has none.
func (l *Live) Interfaces() []Interface { return l.ifaces }

// latency is how much later than it was captured a packet may come here, as long as the program keeps up.
func (l *Live) latency() time.Duration {
	if !l.ringed {
		return time.Millisecond
	}
	return 2*l.ring.retire + 10*time.Millisecond
}

// InterfaceName gives the name of an interface by the kernel's number, or "". It asks where the capture is, which may be another
// network namespace, and may be called from any goroutine.
func (l *Live) InterfaceName(index int) (name string) {
	_ = l.raw.Control(func(fd uintptr) { name, _ = interfaceName(int(fd), index) })
	return name
}

// failure makes the error with which the capture ends.
func (l *Live) failure(errno syscall.Errno) error {
	name := l.opts.Interface
	if errno != unix.ENETDOWN {
		return fmt.Errorf("%s: receive: %w", name, errno)
	}
	// An interface that is deleted is first switched off, and we may be faster than who does it.
	for range 5 {
		gone := false
		_ = l.raw.Control(func(fd uintptr) {
			_, err := interfaceName(int(fd), l.ifaces[0].Index)
			gone = err != nil
		})
		if gone {
			return fmt.Errorf("%s: %w", name, ErrGone)
		}
		time.Sleep(2 * time.Millisecond)
	}
	return fmt.Errorf("%s: the interface went down", name)
}

// SetReadDeadline sets the time at which Next returns os.ErrDeadlineExceeded rather than wait on; the zero time takes
// the deadline away. It may return a little later while packets arrive.
func (l *Live) SetReadDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop {
		return nil // Next waits for nothing any more
	}
	return l.conn.SetReadDeadline(t)
}

// Stats tells how many packets the filter has accepted since the capture began, the kernel's drops included. It goes on
// working after Close.
func (l *Live) Stats() (Stats, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.count()
	return l.stats, err
}

// Span tells when the capture began and when it ended, which is now if it has not; nanoseconds since 1970-01-01 UTC.
func (l *Live) Span() (start, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != 0 {
		return l.began, l.ended
	}
	return l.began, time.Now().UnixNano()
}

// count adds what the kernel has counted since the last time. l.mu is held.
func (l *Live) count() error {
	if l.closed.Load() {
		return nil
	}
	s, err := l.conn.Stats()
	if err != nil {
		return fmt.Errorf("%s: statistics: %w", l.opts.Interface, err)
	}
	l.stats.Received += uint64(s.Packets)
	l.stats.Dropped += uint64(s.Drops)
	l.stats.Missed = l.drops.since()
	return nil
}

// Stop ends the capture gently: no more packets are received from now on, and Next returns those that were, then
// net.ErrClosed. A Next that is waiting returns soon. Close is still to be called.
func (l *Live) Stop() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop || l.closed.Load() {
		return nil
	}
	// What no filter lets through is not counted either.
	if err := l.conn.SetBPF(cutFilter(nil, 0)); err != nil {
		return fmt.Errorf("%s: %w", l.opts.Interface, err)
	}
	l.stop = true
	l.ended = time.Now().UnixNano()
	return l.conn.SetReadDeadline(time.Unix(1, 0))
}

func (l *Live) stopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stop
}

// Close ends the capture: a Next that is waiting returns at once. A packet that is lent remains so until the following
// Next.
func (l *Live) Close() error {
	l.mu.Lock()
	if l.closed.Load() {
		l.mu.Unlock()
		return nil
	}
	_ = l.count()
	l.closed.Store(true)
	l.drops.close()
	l.ring.close()
	if l.tend != nil {
		l.tend.Stop()
	}
	l.mu.Unlock() // Next may want it before it lets go of the socket
	return l.conn.Close()
}

// probeInterface adds what only the kernel knows.
func probeInterface(i *InterfaceInfo) {
	sys := "/sys/class/net/" + i.Name + "/"
	// It shows the namespace in which it was mounted, which need not be the one that is asked about.
	if index, err := os.ReadFile(sys + "ifindex"); err == nil && strings.TrimSpace(string(index)) == strconv.Itoa(i.Index) {
		for _, dir := range [...]string{"wireless", "phy80211"} {
			if _, err := os.Stat(sys + dir); err == nil {
				i.Wireless = true
			}
		}
	}
	if i.Loopback {
		return
	}
	_ = withSocket(func(fd int) error {
		i.Carrier, i.CarrierKnown = linkState(fd, i.Name)
		return nil
	})
}
