package capture

import (
	"bytes"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ring is memory that the kernel fills with packets and the program reads them from (TPACKET_V3). It is divided
// into blocks of equal size, which the kernel fills one after the other, round and round. A word in the header of each
// says whose it is:
//
//	kernel  fills it with packets until it is full or has been open for a while
//	user    reads it, and gives it back
//
// When the kernel comes to a block that is not its own, it drops packets until it is. So that few packets in many blocks
// do not use the ring up while the program cannot read (its output may be a pipe to a pager), blocks that have been
// open for long without filling up are copied and given back: one when it is read, and by makeRoom any number of them.
//
// All methods but read need a lock against each other; read is for one goroutine, which also calls moveOn and release.
type ring struct {
	mem    []byte // all blocks; nil when there is no ring
	size   int    // of a block, in bytes
	retire time.Duration

	next int // the block that the kernel hands over next
	held int // the block that is being read, or -1

	spare  []byte   // for the copy of a block that is being read
	behind [][]byte // copies that are to be read before block next
	copied int      // their length together, in bytes

	// The block that is being read: what is left of it.
	block  []byte
	offset uint64 // of the next packet, in bytes; as long as the sum of what the kernel says may be
	left   uint32
}

const (
	// defaultRing is the size of a ring in bytes unless options say otherwise: at a million short packets per second
	// it holds those of a fifth of a second.
	defaultRing = 32 << 20

	// minRingBlocks is the number of blocks below which a ring is no good: one to fill, one to read and some in between.
	minRingBlocks = 4

	// minRingBlock is the size of the smallest block, in bytes. With smaller ones there is more waking up than reading.
	minRingBlock = 32 << 10

	// maxRingBlock keeps blocks to what a kernel may have in one piece, in bytes; longer packets are cut.
	maxRingBlock = 1 << 20

	// ringOverhead is more than what is in front of a block's first packet, in bytes.
	ringOverhead = 256

	// ringRetire is how long a block stays with the kernel after the first packet in it, at most twice that:
	// long enough to gather packets where they are many, and too short to be noticed where they are few.
	ringRetire = 10 * time.Millisecond

	// ringRetireImmediate is the least that the kernel knows.
	ringRetireImmediate = time.Millisecond
)

// Offsets in a block and in what is stored of a packet, in bytes.
const (
	blockHeader  = int(unsafe.Offsetof(unix.TpacketBlockDesc{}.Hdr))
	ringAddress  = (unix.SizeofTpacket3Hdr + unix.TPACKET_ALIGNMENT - 1) &^ (unix.TPACKET_ALIGNMENT - 1)
	packetHeader = ringAddress + unix.SizeofSockaddrLinklayer
)

// open sets up a ring of about total bytes on a packet socket that is not bound yet, for packets of up to frame bytes. If
// the kernel does not give so much, it takes less; false means that there is no ring.
func (r *ring) open(fd, total, frame int, immediate bool) bool {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return false
	}
	r.retire = ringRetire
	if immediate {
		r.retire = ringRetireImmediate
	}
	r.size = max(minRingBlock, unix.Getpagesize())
	for r.size < frame+ringOverhead && r.size < maxRingBlock {
		r.size *= 2
	}
	for blocks := total / r.size; blocks >= minRingBlocks; blocks /= 2 {
		if r.mmap(fd, blocks) {
			r.held = -1
			r.spare = make([]byte, r.size/2)
			return true
		}
	}
	return false
}

// mmap asks for a ring of so many blocks.
func (r *ring) mmap(fd, blocks int) bool {
	req := unix.TpacketReq3{
		Block_size:     uint32(r.size),
		Block_nr:       uint32(blocks),
		Frame_size:     uint32(r.size), // must be there but means nothing: packets take the space that they need
		Frame_nr:       uint32(blocks),
		Retire_blk_tov: uint32(r.retire.Milliseconds()),
	}
	if err := unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return false
	}
	length := r.size * blocks
	p, err := unix.MmapPtr(fd, 0, nil, uintptr(length), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		_ = unix.SetsockoptTpacketReq3(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{}) // as if there had been none
		return false
	}
	r.mem = unsafe.Slice((*byte)(p), length)
	return true
}

// header gives the header of block i.
func (r *ring) header(i int) *unix.TpacketHdrV1 {
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&r.mem[i*r.size+blockHeader]))
}

// filled reports whether the kernel has handed over block i. What it wrote before is there for whoever sees that.
func (r *ring) filled(i int) bool {
	return atomic.LoadUint32(&r.header(i).Block_status)&unix.TP_STATUS_USER != 0
}

// giveBack lets the kernel write to block i: all that was to be read has been.
func (r *ring) giveBack(i int) {
	atomic.StoreUint32(&r.header(i).Block_status, unix.TP_STATUS_KERNEL)
}

// bytes gives block i up to the end of its last packet.
func (r *ring) bytes(i int) []byte {
	length := int(min(r.header(i).Blk_len, uint32(r.size)))
	return r.mem[i*r.size:][:length:length]
}

// advance makes the following block the next one.
func (r *ring) advance() {
	if r.next++; r.next*r.size == len(r.mem) {
		r.next = 0
	}
}

// moveOn gives back the block that was being read, if there is one, and takes the next; false if the kernel still
// has it. What was read before is gone either way.
func (r *ring) moveOn() bool {
	if r.held >= 0 {
		r.giveBack(r.held)
	}
	r.release()
	switch {
	case len(r.behind) > 0:
		r.block, r.behind[0] = r.behind[0], nil
		r.behind = r.behind[1:]
		r.copied -= len(r.block)
	case !r.filled(r.next):
		return false
	default:
		r.block = r.bytes(r.next)
		if len(r.block) <= len(r.spare) {
			r.block = r.spare[:copy(r.spare, r.block)]
			r.giveBack(r.next)
		} else {
			r.held = r.next
		}
		r.advance()
	}
	if len(r.block) < blockHeader+int(unsafe.Sizeof(unix.TpacketHdrV1{})) {
		return true // not from a kernel that we know, and without packets
	}
	h := (*unix.TpacketHdrV1)(unsafe.Pointer(&r.block[blockHeader]))
	r.offset, r.left = uint64(h.Offset_to_first_pkt), h.Num_pkts
	return true
}

// makeRoom copies blocks with few packets and gives them back if the kernel has filled half of the ring. The copies hold
// no more than the ring does.
func (r *ring) makeRoom() {
	if r.mem == nil || !r.filled((r.next+len(r.mem)/r.size/2)%(len(r.mem)/r.size)) {
		return
	}
	for r.filled(r.next) {
		b := r.bytes(r.next)
		if len(b) > len(r.spare) || // such as the one that is being read, when the others have been copied
			r.copied+len(b) > len(r.mem) {
			return
		}
		r.behind = append(r.behind, bytes.Clone(b))
		r.copied += len(b)
		r.giveBack(r.next)
		r.advance()
	}
}

// lap is how long the kernel takes at least to hand over half of the blocks if each has few packets.
func (r *ring) lap() time.Duration { return r.retire * time.Duration(len(r.mem)/r.size/2) }

// read tells m of the next packet in the block and returns the packet, with room for headers in front of it; nil if
// there is none left. The room is where the kernel's own header was.
func (r *ring) read(m *message) []byte {
	if r.left == 0 {
		return nil
	}
	r.left--
	stored := r.block[min(r.offset, uint64(len(r.block))):]
	if len(stored) < packetHeader {
		r.left = 0
		return nil // not from a kernel that we know
	}
	h := (*unix.Tpacket3Hdr)(unsafe.Pointer(&stored[0]))
	if h.Mac < headroom || uint64(h.Mac)+uint64(h.Snaplen) > uint64(len(stored)) {
		r.left = 0
		return nil
	}
	start, end := int(h.Mac), int(h.Mac)+int(h.Snaplen)
	m.captured, m.length = int(h.Snaplen), int(h.Len)
	m.time = int64(h.Sec)*int64(time.Second) + int64(h.Nsec)
	m.status, m.network = h.Status, max(0, int(h.Net)-start)
	m.tci, m.tpid = uint16(h.Hv1.Vlan_tci), h.Hv1.Vlan_tpid
	m.from = *(*unix.RawSockaddrLinklayer)(unsafe.Pointer(&stored[ringAddress]))
	if r.offset += uint64(h.Next_offset); h.Next_offset < packetHeader {
		r.left = 0 // the last: packets do not overlap
	}
	return stored[start-headroom : end : end]
}

// close gives the memory back, but for a block that is being read: its packets are lent. When that is over, close is
// called once more. The kernel has no part in it: what it writes to the ring goes nowhere.
func (r *ring) close() {
	if r.mem == nil {
		return
	}
	if r.held < 0 {
		unmap(r.mem)
		r.mem = nil
		return
	}
	if len(r.mem) == r.size {
		return // no more than the block
	}
	at := r.held * r.size
	unmap(r.mem[:at])
	unmap(r.mem[at+r.size:])
	r.mem, r.held, r.next = r.mem[at:at+r.size], 0, 0
}

// release forgets the block that is being read.
func (r *ring) release() {
	r.block, r.left, r.held = nil, 0, -1
}

func unmap(mem []byte) {
	if len(mem) > 0 {
		_ = unix.MunmapPtr(unsafe.Pointer(&mem[0]), uintptr(len(mem)))
	}
}

// largestPacket is the length in bytes of the longest packet that an interface may show, or any of them if index is zero,
// with its headers: segments may be put together before they come to us, and taken apart after they left.
func largestPacket(index int) int {
	longest := 1 << 16
	add := func(l netlink.Link) {
		a := l.Attrs()
		longest = max(longest, a.MTU, int(a.GSOMaxSize), int(a.GROMaxSize), int(a.GSOIPv4MaxSize), int(a.GROIPv4MaxSize))
	}
	if index != 0 {
		if l, err := netlink.LinkByIndex(index); err == nil {
			add(l)
		}
	} else if all, err := netlink.LinkList(); err == nil {
		for _, l := range all {
			add(l)
		}
	}
	return longest + maxLinkHeader
}
