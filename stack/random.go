package stack

import (
	"encoding/binary"
	"io"
	"math/bits"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// random makes what must not be guessed. All of it comes from Config.Rand: keys once, ports each time.
type random struct {
	src io.Reader

	issKey, tsKey, idKey, slotKey sipKey

	ids [1024]uint16 // packet ID counters, see packetID
}

func (r *random) init(src io.Reader) {
	r.src = src
	for _, k := range []*sipKey{&r.issKey, &r.tsKey, &r.idKey, &r.slotKey} {
		k.k0, k.k1 = r.uint64(), r.uint64()
	}
	for i := range r.ids {
		r.ids[i] = uint16(r.uint64())
	}
}

// uint64 reads eight bytes of the source. One that fails leaves zeros: a source that is not there is for whoever
// gave it to see.
func (r *random) uint64() uint64 {
	var b [8]byte
	_, _ = io.ReadFull(r.src, b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// below gives a random time from 0 on and below d.
func (r *random) below(d time.Duration) time.Duration {
	return time.Duration(r.uint64() % uint64(max(d, 1)))
}

// Ephemeral ports are taken from all that an ordinary program may use (RFC 6056 section 3.2).
const (
	firstPort = 1024
	numPorts  = 65536 - firstPort
)

// port finds a free ephemeral port by Simple Port Randomization, Algorithm 1 of RFC 6056 (section 3.3.1): a random
// one, else the next free one after it.
func (r *random) port(free func(uint16) bool) (uint16, bool) {
	const tries = 16
	for range tries {
		if p := firstPort + uint16(r.uint64()%numPorts); free(p) {
			return p, true
		}
	}
	at := r.uint64() % numPorts
	for i := range uint64(numPorts) {
		if p := firstPort + uint16((at+i)%numPorts); free(p) {
			return p, true
		}
	}
	return 0, false
}

// iss is the initial sequence number of a connection: a clock of 4 us plus a keyed hash of its addresses and ports (RFC
// 6528 section 3), so that those of one connection after another grow and those of others tell nothing.
func (r *random) iss(now Time, local, remote netip.AddrPort) uint32 {
	t := makeTuple(local, remote)
	return uint32(now/Time(4*time.Microsecond)) + r.issBase(&t)
}

// issBase is F of RFC 6528: what belongs to the addresses and ports.
func (r *random) issBase(t *tuple) uint32 { return uint32(r.issKey.hash(t[:])) }

// tsOffset is added to a connection's timestamp clock (RFC 7323 section 5.4).
func (r *random) tsOffset(local, remote netip.AddrPort) uint32 {
	t := makeTuple(local, remote)
	return uint32(r.tsKey.hash(t[:]))
}

// packetID gives the ID for a packet that may be fragmented: one that does not come again for the same source,
// destination and protocol before 65536 others (RFC 6864 section 4.3). The counters are shared by whoever falls
// into the same slot, but what goes on the wire is the counter under a permutation that belongs to source,
// destination and protocol alone, so that nobody learns from the IDs that he gets how many others got.
func (r *random) packetID(src, dst netip.Addr, proto dissect.IPProto) uint16 {
	var b [33]byte
	a, d := src.As16(), dst.As16()
	copy(b[:], a[:])
	copy(b[16:], d[:])
	b[32] = byte(proto)
	key := r.idKey.hash(b[:])
	slot := &r.ids[key%uint64(len(r.ids))]
	*slot++
	// A Feistel network of four rounds: a permutation whatever the round function.
	left, right := uint32(*slot>>8), uint32(*slot&0xff)
	for range 4 {
		key = bits.RotateLeft64(key, 16)
		f := (right ^ uint32(key>>24)&0xff) * 0x9e3779b1
		f = (f ^ f>>15 ^ uint32(key)) * 0x85ebca6b
		left, right = right, left^f>>24
	}
	return uint16(left<<8 | right)
}

// slot spreads addresses over a table of n places, differently in each stack.
func (r *random) slot(a netip.Addr, n int) int {
	b := a.As16()
	return int(r.slotKey.hash(b[:]) % uint64(n))
}

// sipKey is a key of SipHash-2-4 (Aumasson and Bernstein 2012), a hash that nobody can predict without the key.
type sipKey struct{ k0, k1 uint64 }

func (k *sipKey) hash(b []byte) uint64 {
	v0, v1 := k.k0^0x736f6d6570736575, k.k1^0x646f72616e646f6d
	v2, v3 := k.k0^0x6c7967656e657261, k.k1^0x7465646279746573
	round := func() {
		v0 += v1
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v3
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 += v3
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 += v1
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v2 = bits.RotateLeft64(v2, 32)
	}
	last := uint64(len(b)) << 56
	for ; len(b) >= 8; b = b[8:] {
		m := binary.LittleEndian.Uint64(b)
		v3 ^= m
		round()
		round()
		v0 ^= m
	}
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	v3 ^= last
	round()
	round()
	v0 ^= last
	v2 ^= 0xff
	round()
	round()
	round()
	round()
	return v0 ^ v1 ^ v2 ^ v3
}
