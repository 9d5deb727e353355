package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// Live is a [Source] of the packets that pass an interface, or all of them, from now on.
//
// Next, Interfaces and SetReadDeadline are for one goroutine; Close and Stats may be called from any. To end a capture
// with a context, hand Close to context.AfterFunc.
type Live struct {
	conn *packet.Conn
	raw  syscall.RawConn
	opts LiveOptions
	link dissect.LinkType

	// buf has room in front of what is received, for a VLAN tag and the cooked header.
	buf []byte
	msg message

	// receive is the method of that name as a func value, made once since every making allocates.
	receive func(fd uintptr) bool
	errno   syscall.Errno // what receive returned with
	down    bool          // the interface went down, and what came before it is still to be read

	ifaces  []Interface
	byIndex map[int32]int // position in ifaces
	err     error         // how the capture ended

	mu     sync.Mutex
	stats  Stats
	closed bool
}

// headroom is what is kept free in front of a received packet, in bytes.
const headroom = cookedHeader + vlanTag

// maxLinkHeader is the longest link-layer header that gives way to a cooked one, in bytes. (The longest are those of
// 802.11 behind a radiotap header.)
const maxLinkHeader = 256

// NewLive starts a capture. Packets count from the moment it returns; the filter is in place before the first.
func NewLive(opts LiveOptions) (*Live, error) {
	if opts.Snaplen <= 0 || opts.Snaplen > DefaultSnaplen {
		opts.Snaplen = DefaultSnaplen
	}
	if opts.Buffer <= 0 {
		opts.Buffer = defaultBuffer
	}
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
	conn, err := openPacketSocket(opts.Interface, index, packetSocketOptions{
		promiscuous:    index != 0 && !opts.NotPromiscuous,
		ignoreOutgoing: opts.Direction == DirIn || loopback,
		timestamps:     true,
		buffer:         opts.Buffer,
		filter:         opts.Filter,
	})
	if err != nil {
		return nil, err
	}
	l.conn = conn
	if l.raw, err = conn.SyscallConn(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", opts.Interface, err)
	}
	l.receive = l.tryReceive
	l.buf = make([]byte, headroom+opts.Snaplen)
	if l.link == dissect.LinkSLL2 {
		// The header that is taken away does not count against the snaplen.
		l.buf = make([]byte, headroom+maxLinkHeader+opts.Snaplen)
	}
	l.msg.init(l.buf[headroom:])
	l.addInterface(opts.Interface, index)
	return l, nil
}

// Next returns the next packet. The end is net.ErrClosed after Close, or an error that says what happened to the
// interface, once everything received before it has been returned. With a read deadline it may also be
// os.ErrDeadlineExceeded, after which Next can be called again.
func (l *Live) Next() (Packet, error) {
	for l.err == nil {
		if err := l.raw.Read(l.receive); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return Packet{}, os.ErrDeadlineExceeded
			}
			l.err = net.ErrClosed
			break
		}
		if l.errno != 0 {
			l.err = l.ended(l.errno)
			break
		}
		if l.wanted() {
			return l.packet(), nil
		}
	}
	return Packet{}, l.err
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

// packet makes a Packet of what was received.
func (l *Live) packet() Packet {
	m := &l.msg
	p := Packet{Time: m.time, Link: l.link, Direction: DirIn, Interface: l.interfaceOf(m.from.Ifindex)}
	if m.from.Pkttype == unix.PACKET_OUTGOING {
		p.Direction = DirOut
	}
	end := headroom + m.captured
	tpid, tci, tagged := m.tag()
	switch {
	case l.link == dissect.LinkSLL2:
		p.Data = l.cook(end)
	case l.link == dissect.LinkEthernet && tagged:
		p.Data = insertTag(l.buf[headroom-vlanTag:end], tpid, tci)
	default:
		p.Data = l.buf[headroom:end]
	}
	p.Len = m.length + len(p.Data) - m.captured
	p.Data = p.Data[:min(len(p.Data), l.opts.Snaplen)]
	return p
}

// cook puts the header of LINKTYPE_LINUX_SLL2 in the place of the packet's own, which ends at buf[end]. A VLAN tag goes
// where it would have been: its type is the header's protocol, the rest comes before the packet.
//
// The kernel would take link-layer headers off itself (SOCK_DGRAM), but then what becomes of the tags within depends on
// its version.
func (l *Live) cook(end int) []byte {
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
	if tpid, tci, tagged := l.msg.tag(); tagged {
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
	name := ""
	_ = l.raw.Control(func(fd uintptr) { name, _ = interfaceName(int(fd), int(index)) })
	return l.addInterface(name, int(index))
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

// ended makes the error with which the capture ends.
func (l *Live) ended(errno syscall.Errno) error {
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
// the deadline away.
func (l *Live) SetReadDeadline(t time.Time) error { return l.conn.SetReadDeadline(t) }

// Stats tells how many packets the filter has accepted since the capture began, the kernel's drops included. It goes on
// working after Close.
func (l *Live) Stats() (Stats, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.count()
	return l.stats, err
}

// count adds what the kernel has counted since the last time. l.mu is held.
func (l *Live) count() error {
	if l.closed {
		return nil
	}
	s, err := l.conn.Stats()
	if err != nil {
		return fmt.Errorf("%s: statistics: %w", l.opts.Interface, err)
	}
	l.stats.Received += uint64(s.Packets)
	l.stats.Dropped += uint64(s.Drops)
	return nil
}

// Close ends the capture: a Next that is waiting returns at once.
func (l *Live) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	_ = l.count()
	l.closed = true
	return l.conn.Close()
}

// probeInterface adds what only the kernel knows.
func probeInterface(i *InterfaceInfo) {
	for _, dir := range [...]string{"wireless", "phy80211"} {
		if _, err := os.Stat("/sys/class/net/" + i.Name + "/" + dir); err == nil {
			i.Wireless = true
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
