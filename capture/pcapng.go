package capture

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"

	"smoltcp/dissect"
)

// Block types of pcapng (draft-ietf-opsawg-pcapng). Every block has the same frame, whose two lengths count
// all of it and are multiples of 4:
//
//	 0     3 4     7 8                         n-4   n-1
//	+-------+-------+---------------------------+-------+
//	| Type  |Length |      Body, Options        |Length |
//	+-------+-------+---------------------------+-------+
const (
	ngSection        = 0x0a0d0d0a // a palindrome, since the byte order is not known yet
	ngInterface      = 1
	ngObsoletePacket = 2
	ngSimplePacket   = 3
	ngNameResolution = 4
	ngStatistics     = 5
	ngEnhancedPacket = 6
	ngJournal        = 9
	ngSecrets        = 10
	ngCustom         = 0xbad
	ngCustomNoCopy   = 0x40000bad

	ngMinBlock       = 12 // bytes of a block without a body
	ngByteOrderMagic = 0x1a2b3c4d
)

var ngMagic = magicBytes{0x0a, 0x0d, 0x0d, 0x0a}

// Options, by the block they belong to. Codes of one block mean something else in another.
const (
	ngOptEnd     = 0
	ngOptComment = 1

	ngSectionHardware    = 2
	ngSectionOS          = 3
	ngSectionApplication = 4

	ngInterfaceName        = 2
	ngInterfaceDescription = 3
	ngInterfaceResolution  = 9
	ngInterfaceFilter      = 11
	ngInterfaceTimeOffset  = 14

	ngPacketFlags     = 2
	ngPacketDropCount = 4

	ngStatsStart    = 2
	ngStatsEnd      = 3
	ngStatsReceived = 4 // by the interface
	ngStatsDropped  = 5 // by the interface
	ngStatsAccepted = 6 // by the filter
	ngStatsOSDrops  = 7 // by the operating system, after the filter
)

// Bounds of what a file may make the reader remember: interfaces in all sections together, and bytes of a
// name or description, which are cut there.
const (
	maxInterfaces    = 16384
	maxInterfaceText = 256
)

// ngBlockName names a type of block in errors.
func ngBlockName(t uint32) string {
	switch t {
	case ngSection:
		return "section header block"
	case ngInterface:
		return "interface description block"
	case ngObsoletePacket:
		return "packet block"
	case ngSimplePacket:
		return "simple packet block"
	case ngNameResolution:
		return "name resolution block"
	case ngStatistics:
		return "interface statistics block"
	case ngEnhancedPacket:
		return "enhanced packet block"
	case ngJournal:
		return "journal export block"
	case ngSecrets:
		return "decryption secrets block"
	case ngCustom, ngCustomNoCopy:
		return "custom block"
	}
	return "block"
}

// ngWhere is what an error says about a block that cannot be read: the packet it holds, or its name.
func ngWhere(t uint32) string {
	switch t {
	case ngEnhancedPacket, ngSimplePacket, ngObsoletePacket:
		return ""
	}
	return ngBlockName(t)
}

// ngFile is what the blocks so far say about those to come.
type ngFile struct {
	big   bool               // the byte order of the current section
	table []ngInterfaceState // the interfaces of the current section
	// known gives the index, in the reader's list, of an interface that an earlier section has described in the
	// same place, so that a file put together from many sections does not grow the list without need.
	known    map[ngInterfaceKey]int
	comments []byte // buffer for a packet with more than one comment
	before   Stats  // of the sections before the current one
}

// ngInterfaceKey says which interface of a section it is and what it looks like.
type ngInterfaceKey struct {
	place int
	Interface
}

// ngInterfaceState is an interface of the current section.
type ngInterfaceState struct {
	index    int // in the reader's list
	link     dissect.LinkType
	cut      int // longest captured part of a packet, as described
	limit    int // a longer one is damage
	clock    ngClock
	hasStats bool // the block of statistics has been seen; otherwise stats has the packets' drop counts
	stats    Stats
}

// stats sums over all interfaces.
func (f *ngFile) stats() Stats {
	s := f.before
	for i := range f.table {
		s.Received += f.table[i].stats.Received
		s.Dropped += f.table[i].stats.Dropped
	}
	return s
}

func (f *ngFile) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if f.big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (f *ngFile) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if f.big {
		v = bits.ReverseBytes16(v)
	}
	return v
}

func (f *ngFile) uint64(b []byte) uint64 {
	v := binary.LittleEndian.Uint64(b)
	if f.big {
		v = bits.ReverseBytes64(v)
	}
	return v
}

// startPcapng reads the first section header, and goes on until an interface is known or nothing follows.
func (r *Reader) startPcapng() error {
	r.ng.known = make(map[ngInterfaceKey]int)
	var p Packet
	if _, err := r.block(&p); err != nil {
		return err
	}
	r.started = true
	r.info.Snaplen = DefaultSnaplen
	for len(r.interfaces) == 0 && r.err == nil {
		// There can be no packet yet, since it would belong to an interface.
		if _, err := r.block(&p); err != nil {
			r.err = r.last(err)
		}
	}
	if len(r.interfaces) > 0 {
		first := r.interfaces[0]
		r.info.Link, r.info.Nano = first.Link, first.Nano
		r.info.Snaplen, _ = snapLimits(first.Link, uint32(first.Snaplen))
	}
	return nil
}

// nextPcapng reads blocks up to the next packet.
func (r *Reader) nextPcapng(p *Packet) error {
	for {
		if found, err := r.block(p); found || err != nil {
			return err
		}
	}
}

// block reads one block, and reports whether it held a packet, which is then in p.
func (r *Reader) block(p *Packet) (found bool, err error) {
	f, at := &r.ng, r.in.offset()
	b, err := r.in.peek(ngMinBlock)
	if err != nil {
		return false, r.ended(at, "", len(b), ngMinBlock, err)
	}
	kind := f.uint32(b)
	if kind == ngSection {
		switch binary.LittleEndian.Uint32(b[8:]) {
		case ngByteOrderMagic:
			f.big = false
		case bits.ReverseBytes32(ngByteOrderMagic):
			f.big = true
		default:
			return false, r.damage(at, ngWhere(kind), "pcapng byte-order magic is % x", b[8:12])
		}
	}
	size := f.uint32(b[4:])
	if size < ngMinBlock || size%4 != 0 {
		return false, r.damage(at, ngWhere(kind), "block length of %d bytes is not a multiple of 4, at least %d", size, ngMinBlock)
	}
	switch kind {
	case ngEnhancedPacket, ngSection, ngInterface, ngSimplePacket, ngObsoletePacket, ngStatistics:
		if size > maxRecord {
			return false, r.hugeBlock(at, kind, size)
		}
	default:
		return false, r.skipBlock(at, kind, size)
	}
	if len(b) < int(size) {
		if b, err = r.in.peek(int(size)); err != nil {
			return false, r.ended(at, ngWhere(kind), len(b), int64(size), err)
		}
	}
	if end := f.uint32(b[size-4:]); end != size {
		return false, r.damage(at, ngWhere(kind), "block length is %d at its start and %d at its end", size, end)
	}
	r.in.take(int(size))
	body := b[8 : size-4 : size-4]
	switch kind {
	case ngEnhancedPacket:
		return r.enhancedPacket(at, body, p), nil
	case ngSimplePacket:
		return r.simplePacket(at, body, p), nil
	case ngObsoletePacket:
		return r.obsoletePacket(at, body, p), nil
	case ngSection:
		return false, r.section(at, body)
	case ngInterface:
		return false, r.describe(at, body)
	}
	r.statistics(at, body)
	return false, nil
}

// hugeBlock does without a block that is too large to be read, unless what follows cannot be understood without it.
func (r *Reader) hugeBlock(at int64, kind, size uint32) error {
	const reason = "block of %d bytes exceeds the limit of %d"
	if kind == ngSection || kind == ngInterface {
		return r.damage(at, ngBlockName(kind), reason, size, maxRecord)
	}
	r.stepOver(at, ngBlockName(kind), reason, size, maxRecord)
	return r.skipBlock(at, kind, size)
}

// skipBlock takes a block of size bytes that is not interpreted, however long it is.
func (r *Reader) skipBlock(at int64, kind, size uint32) error {
	err := r.in.skip(int64(size) - 4)
	var b []byte
	if err == nil {
		b, err = r.in.peek(4)
	}
	if err != nil {
		return r.ended(at, ngWhere(kind), int(r.in.offset()-at)+len(b), int64(size), err)
	}
	if end := r.ng.uint32(b); end != size {
		return r.damage(at, ngWhere(kind), "block length is %d at its start and %d at its end", size, end)
	}
	r.in.take(4)
	return nil
}

// section starts a section: interfaces are counted from 0 again. Its length is not needed, nor trusted.
func (r *Reader) section(at int64, body []byte) error {
	f := &r.ng
	if len(body) < 16 {
		return r.damage(at, ngBlockName(ngSection), "body of %d bytes is too short", len(body))
	}
	major, minor := f.uint16(body[4:]), f.uint16(body[6:])
	if major != 1 || minor != 0 && minor != 2 { // 1.2 is 1.0 by another number
		return r.damage(at, ngBlockName(ngSection), "pcapng version %d.%d is not supported", major, minor)
	}
	if !r.started {
		r.info.BigEndian, r.info.Major, r.info.Minor = f.big, major, minor
	}
	f.before = f.stats()
	f.table = f.table[:0]
	return nil
}

// describe adds an interface to the section.
func (r *Reader) describe(at int64, body []byte) error {
	const fixed = 8
	f, name := &r.ng, ngBlockName(ngInterface)
	if len(body) < fixed {
		return r.damage(at, name, "body of %d bytes is too short", len(body))
	}
	link := canonicalLink(dissect.LinkType(f.uint16(body)))
	s := ngInterfaceState{link: link}
	desc := Interface{Link: link}
	snaplen := f.uint32(body[4:])
	s.cut, s.limit = snapLimits(link, snaplen)
	if snaplen <= math.MaxInt32 {
		desc.Snaplen = int(snaplen)
	}
	resolution, offset := byte(6), int64(0)
	for o := f.options(body[fixed:]); r.option(&o, at, name); {
		switch v := o.value; {
		case o.code == ngInterfaceName:
			desc.Name = string(v[:min(len(v), maxInterfaceText)])
		case o.code == ngInterfaceDescription:
			desc.Description = string(v[:min(len(v), maxInterfaceText)])
		case o.code == ngInterfaceResolution && len(v) == 1:
			resolution = v[0]
		case o.code == ngInterfaceTimeOffset && len(v) == 8:
			offset = int64(f.uint64(v))
		}
	}
	var ok bool
	if s.clock, ok = makeNgClock(resolution, offset); !ok {
		r.stepOver(at, name, "time stamp resolution %#02x is too fine, its packets have no time", resolution)
	}
	desc.Nano = s.clock.perSecond > 1e6

	key := ngInterfaceKey{len(f.table), desc}
	if s.index, ok = f.known[key]; !ok {
		if len(r.interfaces) == maxInterfaces {
			return r.damage(at, name, "more than %d interfaces", maxInterfaces)
		}
		s.index = len(r.interfaces)
		f.known[key] = s.index
		r.interfaces = append(r.interfaces, desc)
	}
	if len(f.table) == maxInterfaces {
		return r.damage(at, name, "more than %d interfaces", maxInterfaces)
	}
	f.table = append(f.table, s)
	return nil
}

// enhancedPacket reads an Enhanced Packet Block.
func (r *Reader) enhancedPacket(at int64, body []byte, p *Packet) bool {
	const fixed = 20
	f := &r.ng
	if len(body) < fixed {
		r.stepOver(at, ngBlockName(ngEnhancedPacket), "body of %d bytes is too short", len(body))
		return false
	}
	ticks := uint64(f.uint32(body[4:]))<<32 | uint64(f.uint32(body[8:]))
	return r.packet(at, ngEnhancedPacket, f.uint32(body), ticks, f.uint32(body[12:]), f.uint32(body[16:]), body[fixed:], p)
}

// obsoletePacket reads a Packet Block, from before there were enhanced ones. Its drop count has 16 bits.
func (r *Reader) obsoletePacket(at int64, body []byte, p *Packet) bool {
	const fixed = 20
	f := &r.ng
	if len(body) < fixed {
		r.stepOver(at, ngBlockName(ngObsoletePacket), "body of %d bytes is too short", len(body))
		return false
	}
	id := uint32(f.uint16(body))
	if n := f.uint16(body[2:]); n != math.MaxUint16 && int(id) < len(f.table) {
		f.table[id].dropped(uint64(n))
	}
	ticks := uint64(f.uint32(body[4:]))<<32 | uint64(f.uint32(body[8:]))
	return r.packet(at, ngObsoletePacket, id, ticks, f.uint32(body[12:]), f.uint32(body[16:]), body[fixed:], p)
}

// packet reads what enhanced and obsolete blocks have in common: caplen bytes at the start of rest, padding and
// options.
func (r *Reader) packet(at int64, kind, id uint32, ticks uint64, caplen, wire uint32, rest []byte, p *Packet) bool {
	f := &r.ng
	if uint64(id) >= uint64(len(f.table)) {
		r.stepOver(at, ngBlockName(kind), "interface %d is not among the %d of the section", id, len(f.table))
		return false
	}
	s := &f.table[id]
	switch {
	case caplen > uint32(s.limit):
		r.stepOver(at, ngBlockName(kind), "packet of %d bytes exceeds the limit of %d", caplen, s.limit)
		return false
	case uint64(caplen) > uint64(len(rest)):
		r.stepOver(at, ngBlockName(kind), "packet of %d bytes does not fit into the %d of its block", caplen, len(rest))
		return false
	}
	p.Time = s.clock.nanos(ticks)
	p.Data = rest[:caplen:caplen]
	p.Len = wireLen(wire)
	p.Link = s.link
	p.Interface = s.index
	if options := rest[(caplen+3)&^3:]; len(options) > 0 {
		r.packetOptions(at, s, options, p)
	}
	return true
}

// packetOptions reads the options of a packet. Damage in them leaves the packet as it is.
func (r *Reader) packetOptions(at int64, s *ngInterfaceState, options []byte, p *Packet) {
	f, comments := &r.ng, 0
	for o := f.options(options); r.option(&o, at, ""); {
		switch v := o.value; {
		case o.code == ngOptComment:
			// One comment is lent in place; more are joined, a line each.
			switch comments++; comments {
			case 1:
				p.Comment = v
			case 2:
				f.comments = append(f.comments[:0], p.Comment...)
				fallthrough
			default:
				f.comments = append(append(f.comments, '\n'), v...)
				p.Comment = f.comments
			}
		case o.code == ngPacketFlags && len(v) == 4:
			switch f.uint32(v) & 3 {
			case 1:
				p.Direction = DirIn
			case 2:
				p.Direction = DirOut
			}
		case o.code == ngPacketDropCount && len(v) == 8:
			s.dropped(f.uint64(v))
		}
	}
}

// dropped counts what a packet says was dropped before it. The block of statistics knows better.
func (s *ngInterfaceState) dropped(n uint64) {
	if !s.hasStats {
		s.stats.Dropped += n
	}
}

// simplePacket reads a Simple Packet Block: of interface 0, without a time, cut at the interface's snaplen.
func (r *Reader) simplePacket(at int64, body []byte, p *Packet) bool {
	const fixed = 4
	f, name := &r.ng, ngBlockName(ngSimplePacket)
	if len(body) < fixed {
		r.stepOver(at, name, "body of %d bytes is too short", len(body))
		return false
	}
	if len(f.table) == 0 {
		r.stepOver(at, name, "the section has no interface")
		return false
	}
	s, wire, data := &f.table[0], f.uint32(body), body[fixed:]
	caplen := min(wire, uint32(s.cut))
	switch {
	case caplen > uint32(s.limit):
		r.stepOver(at, name, "packet of %d bytes exceeds the limit of %d", caplen, s.limit)
		return false
	case uint64(caplen) > uint64(len(data)):
		r.stepOver(at, name, "packet of %d bytes does not fit into the %d of its block", caplen, len(data))
		return false
	}
	*p = Packet{Time: NoTime, Data: data[:caplen:caplen], Len: max(wireLen(wire), int(caplen)), Link: s.link, Interface: s.index}
	return true
}

// statistics reads an Interface Statistics Block. Of several for one interface the last counts.
func (r *Reader) statistics(at int64, body []byte) {
	const fixed = 12
	f, name := &r.ng, ngBlockName(ngStatistics)
	if len(body) < fixed {
		r.stepOver(at, name, "body of %d bytes is too short", len(body))
		return
	}
	id := f.uint32(body)
	if uint64(id) >= uint64(len(f.table)) {
		r.stepOver(at, name, "interface %d is not among the %d of the section", id, len(f.table))
		return
	}
	var counts [ngStatsOSDrops + 1]uint64
	var has [ngStatsOSDrops + 1]bool
	for o := f.options(body[fixed:]); r.option(&o, at, name); {
		if int(o.code) < len(counts) && len(o.value) == 8 {
			counts[o.code], has[o.code] = f.uint64(o.value), true
		}
	}
	s := &f.table[id]
	s.hasStats = true
	// dumpcap writes what the kernel dropped as the interface's drops.
	s.stats = Stats{Received: counts[ngStatsReceived], Dropped: counts[ngStatsDropped]}
	if has[ngStatsAccepted] {
		s.stats.Received = counts[ngStatsAccepted]
	}
	if has[ngStatsOSDrops] {
		s.stats.Dropped = counts[ngStatsOSDrops]
	}
}

// ngOptions walks the options of a block:
//
//	 0  1 2  3 4
//	+----+----+---------------- - - ---+
//	|Code|Len |  Value, padded to 32 bits
//	+----+----+---------------- - - ---+
type ngOptions struct {
	f     *ngFile
	rest  []byte
	code  uint16
	value []byte
}

func (f *ngFile) options(b []byte) ngOptions { return ngOptions{f: f, rest: b} }

// option goes to the next option of a block that starts at offset at; false after the last. Damage
// ends the options.
func (r *Reader) option(o *ngOptions, at int64, where string) bool {
	b := o.rest
	if len(b) == 0 {
		return false
	}
	// The rest of a block is a multiple of 4 bytes, so there is room for code and length.
	o.code = o.f.uint16(b)
	n := int(o.f.uint16(b[2:]))
	if o.code == ngOptEnd {
		return false
	}
	if n > len(b)-4 {
		r.stepOver(at, where, "option %d of %d bytes does not fit into the %d that are left of its block", o.code, n, len(b)-4)
		return false
	}
	o.value = b[4 : 4+n : 4+n]
	o.rest = b[4+(n+3)&^3:]
	return true
}

// ngClock turns an interface's time stamps into nanoseconds.
type ngClock struct {
	perSecond uint64 // 0: no time can be told
	offset    int64  // seconds to add
	nanosEach uint64 // nanoseconds in a unit where that is all there is to it, up to stamps of simple
	simple    uint64
}

// makeNgClock reads if_tsresol, a negative power of 10, or of 2 if the top bit is set, and if_tsoffset; ok is false
// if a second has more units than 64 bits can count.
func makeNgClock(resolution byte, offset int64) (c ngClock, ok bool) {
	c.offset = offset
	switch power := resolution & 0x7f; {
	case resolution&0x80 != 0 && power < 64:
		c.perSecond = 1 << power
	case resolution&0x80 == 0 && power < 20:
		c.perSecond = 1
		for range power {
			c.perSecond *= 10
		}
	default:
		return c, false
	}
	if offset == 0 && uint64(time.Second)%c.perSecond == 0 {
		c.nanosEach = uint64(time.Second) / c.perSecond
		c.simple = math.MaxInt64 / c.nanosEach
	}
	return c, true
}

// nanos gives the nanoseconds since 1970 of a time stamp, rounded down; times before 1678 or after 2262 become
// the first or last that 64 bits can say.
func (c *ngClock) nanos(ticks uint64) int64 {
	if ticks <= c.simple && c.nanosEach != 0 {
		return int64(ticks * c.nanosEach)
	}
	if c.perSecond == 0 {
		return NoTime
	}
	// The quotient is below 10^9 since the rest is below perSecond.
	hi, lo := bits.Mul64(ticks%c.perSecond, uint64(time.Second))
	nanos, _ := bits.Div64(hi, lo, c.perSecond)

	const last = math.MaxInt64 / int64(time.Second) // in seconds
	sec, carry := bits.Add64(ticks/c.perSecond, uint64(c.offset), 0)
	switch negative := c.offset < 0; {
	case !negative && (carry != 0 || sec >= uint64(last)):
		return math.MaxInt64
	case negative && carry != 0 && sec >= uint64(last): // the sum is not negative
		return math.MaxInt64
	case negative && carry == 0 && int64(sec) <= -last:
		return NoTime + 1
	}
	return int64(sec)*int64(time.Second) + int64(nanos)
}
